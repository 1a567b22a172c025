"""Commands about who hears what is said to a unit: contacts, deputy, prefer."""

from __future__ import annotations

import click

from duban.cli.options import WORDS, campaign_argument, cli, day, json_option, trying
from duban.cli.people import acting
from duban.console import Console, emit_json, instant
from duban.errors import BadInput


@cli.command(help=WORDS["contacts"])
@campaign_argument
@click.option("--unit", help=WORDS["contacts_unit"])
@click.option("--full", is_flag=True, help=WORDS["contacts_full"])
@json_option
@click.pass_obj
def contacts(app: Console, campaign: str, unit: str | None, full: bool, as_json: bool) -> None:
    """Show who hears, in order of preference."""
    from duban.services.hearing import hearers, masked

    plan = app.deployed(campaign)
    if unit is not None and unit not in plan.unit:
        raise BadInput("bad-unit", value=unit, known=list(plan.unit))
    with app.ledger.read() as conn:
        found = hearers(conn, plan, unit)
    if not as_json:
        values = {"hearers": found, "plan": plan, "full": full, "masked": masked}
        click.echo(app.texts.render("cli/contacts.txt", **values))
        return
    emit_json([
        {
            "recipient": x.recipient, "unit": x.unit, "rank": x.rank, "is": x.person.role,
            "until": x.person.until.isoformat() if x.person.until else None, "channel": x.channel,
            "address": x.address if full else masked(x.address),
            "name": x.person.name or None if full else None,
        }
        for x in found
    ])  # fmt: skip


@cli.command(help=WORDS["deputy"])
@campaign_argument
@click.option("--unit", required=True, help=WORDS["unit"])
@click.option("--name", default="", help=WORDS["deputy_name"])
@click.option("--phone", default="", help=WORDS["deputy_phone"])
@click.option("--channel", default="email", help=WORDS["deputy_channel"])
@click.option("--address", default="", help=WORDS["deputy_address"])
@click.option("--from", "since", help=WORDS["deputy_from"])
@click.option("--until", help=WORDS["deputy_until"])
@click.option("--remove", type=int, metavar="N", help=WORDS["deputy_remove"])
@acting
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def deputy(
    app: Console, campaign: str, unit: str, name: str, phone: str, channel: str, address: str,
    since: str | None, until: str | None, remove: int | None, by: str, as_of: str | None,
) -> None:  # fmt: skip
    """Let somebody stand in for a unit's liaisons, or no more."""
    from duban.services.deputising import drop_deputy, name_deputy

    plan, at = app.deployed(campaign), instant(as_of)
    if remove is not None:
        drop_deputy(app.ledger, plan.slug, unit, remove, by=by, as_of=at)
        whose = plan.unit[unit].name if unit in plan.unit else unit
        click.echo(app.texts.say("people.deputy-dropped", unit=whose, n=remove))
        return
    given = {"--name": name, "--address": address, "--from": since, "--until": until}
    first, last = day(since), day(until)
    if first is None or last is None or not all(given.values()):
        raise BadInput("deputy-incomplete", missing=[option for option, value in given.items() if not value])
    n = name_deputy(
        app.ledger, plan.slug, unit, name=name, phone=phone, channel=channel, address=address, since=first,
        until=last, by=by, as_of=at,
    )  # fmt: skip
    click.echo(app.texts.say("people.deputy-named", unit=plan.unit[unit], n=n, since=first, until=last))


@cli.command(help=WORDS["prefer"])
@campaign_argument
@click.option("--unit", required=True, help=WORDS["unit"])
@click.option("--channel", required=True, help=WORDS["prefer_channel"])
@acting
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def prefer(app: Console, campaign: str, unit: str, channel: str, by: str, as_of: str | None) -> None:
    """Let a kind of channel come first for a unit."""
    from duban.services.deputising import prefer as put_first

    plan, wanted = app.deployed(campaign), None if channel == "none" else channel
    put_first(app.ledger, plan.slug, unit, wanted, by, as_of=instant(as_of))
    click.echo(app.texts.say("people.preferred", unit=plan.unit[unit], channel=wanted))
