"""Commands by which a person decides or testifies: decide, witness, expunge."""

from __future__ import annotations

from typing import Any, get_args

import click

from duban.cli.options import WORDS, addressed, campaign_argument, cli, trying
from duban.console import Console, boundary, instant
from duban.standing import DecisionKind


@cli.command(help=WORDS["decide"])
@campaign_argument
@addressed
@click.option("--kind", required=True, type=click.Choice(get_args(DecisionKind)), help=WORDS["kind"])
@click.option("--by", required=True, help=WORDS["by"])
@click.option("--reason", required=True, help=WORDS["reason"])
@click.option("--until", help=WORDS["until"])
@click.option("--not-a-report", is_flag=True, help=WORDS["not_a_report"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def decide(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None, kind: Any, by: str,
    reason: str, until: str | None, not_a_report: bool, as_of: str | None,
) -> None:  # fmt: skip
    """Record a person's decision."""
    from duban.services.deciding import decide as record
    from duban.services.receiving import Address, resolved

    plan = app.deployed(campaign)
    to = resolved(plan, Address(plan.slug, unit, duty, period, subject))
    stands = record(
        app.ledger, to, kind, by=by, reason=reason,
        until=boundary(until), not_a_report=not_a_report, as_of=instant(as_of),
    )  # fmt: skip
    values = {
        "s": stands, "unit": plan.unit[to.unit], "duty": plan.duty[duty], "period": period, "kind": kind,
    }  # fmt: skip
    click.echo(app.texts.say("cli.decided", **values))


@cli.command(help=WORDS["witness"])
@campaign_argument
@addressed
@click.option("--kind", required=True, type=click.Choice(["original", "sent"]), help=WORDS["leg"])
@click.option("--at", "happened_at", help=WORDS["happened_at"])
@click.option("--by", required=True, help=WORDS["by"])
@click.option("--note", default="", help=WORDS["witness_note"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def witness(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None, kind: Any,
    happened_at: str | None, by: str, note: str, as_of: str | None,
) -> None:  # fmt: skip
    """Put on record that a paper original arrived, or that a report went to a body outside."""
    from duban.services.receiving import Address, resolved
    from duban.services.witnessing import witness as record

    plan = app.deployed(campaign)
    to = resolved(plan, Address(plan.slug, unit, duty, period, subject))
    leg = record(app.ledger, to, kind, at=instant(happened_at), by=by, note=note, as_of=instant(as_of))
    values = {"leg": leg, "unit": plan.unit[to.unit], "duty": plan.duty[duty], "period": period}
    click.echo(app.texts.say("cli.witnessed", **values))


@cli.command(help=WORDS["expunge"])
@campaign_argument
@addressed
@click.option("--version", required=True, type=int, help=WORDS["version"])
@click.option("--by", required=True, help=WORDS["by"])
@click.option("--reason", required=True, help=WORDS["reason"])
@click.option("--until", required=True, help=WORDS["resubmit_by"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def expunge(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None, version: int,
    by: str, reason: str, until: str, as_of: str | None,
) -> None:  # fmt: skip
    """Take out what must never have been sent."""
    from duban.services.expunging import expunge as take_out
    from duban.services.receiving import Address, resolved

    plan = app.deployed(campaign)
    to = resolved(plan, Address(plan.slug, unit, duty, period, subject))
    limit = boundary(until)
    assert limit is not None
    take_out(app.ledger, to, version, by=by, reason=reason, until=limit, as_of=instant(as_of))
    values = {"unit": plan.unit[to.unit], "duty": plan.duty[duty], "period": period, "version": version}
    click.echo(app.texts.say("cli.expunged", **values))
