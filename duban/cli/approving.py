"""Commands about what waits for a person before it leaves: approvals, approve, escalate, circular,
acknowledge."""

from __future__ import annotations

from typing import Any

import click

from duban.cli.options import WORDS, addressed, campaign_argument, cli, of_period, reading, trying
from duban.cli.people import acting
from duban.console import Console, emit_json, instant


@cli.command(help=WORDS["approvals"])
@campaign_argument
@click.option("--all", "everything", is_flag=True, help=WORDS["approvals_all"])
@reading
@click.pass_obj
def approvals(app: Console, campaign: str, everything: bool, as_of: str | None, as_json: bool) -> None:
    """What waits for an answer."""
    from duban import views

    view = views.approvals_view(app, campaign, instant(as_of), everything)
    if as_json:
        emit_json(views.approvals_json(view["found"]))
    else:
        click.echo(app.texts.render("cli/approvals.txt", **view))


@cli.command(help=WORDS["approve"])
@campaign_argument
@click.argument("id")
@click.option("--by", required=True, help=WORDS["by"])
@click.option(
    "--role", type=click.Choice(["coordinator", "leader"]), default="coordinator", help=WORDS["approve_role"]
)
@click.option("--return", "sent_back", is_flag=True, help=WORDS["approve_return"])
@click.option("--reason", default="", help=WORDS["approve_reason"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def approve(
    app: Console, campaign: str, id: str, by: str, role: Any, sent_back: bool, reason: str,
    as_of: str | None,
) -> None:  # fmt: skip
    """Approve one, or return it."""
    from duban.services.approving import answer

    plan = app.deployed(campaign)
    name = id if "~" in id else f"{plan.slug}~{id}"
    verdict: Any = "return" if sent_back else "approve"
    answered = answer(
        app.ledger, plan.slug, name, verdict, by=by, role=role, reason=reason, as_of=instant(as_of)
    )
    click.echo(app.texts.say(f"approvals.done.{verdict}", plan=plan, x=answered))


@cli.command(help=WORDS["escalate"])
@campaign_argument
@addressed
@click.option("--by", required=True, help=WORDS["by"])
@click.option("--reason", required=True, help=WORDS["escalate_reason"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def escalate(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None, by: str,
    reason: str, as_of: str | None,
) -> None:  # fmt: skip
    """Propose the next colour of one obligation before its day, or once more."""
    from duban.services.addresses import Address, resolved
    from duban.services.colouring import propose_by_hand

    plan = app.deployed(campaign)
    to = resolved(plan, Address(plan.slug, unit, duty, period, subject))
    made = propose_by_hand(app.ledger, to, by=by, reason=reason, as_of=instant(as_of))
    click.echo(app.texts.say("approvals.laid", plan=plan, x=made))


@cli.command(help=WORDS["circular"])
@campaign_argument
@of_period
@acting
@click.option("--propose", is_flag=True, help=WORDS["circular_propose"])
@reading
@click.pass_obj
def circular(
    app: Console, campaign: str, duty: str, period: str, by: str, propose: bool, as_of: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Draft a circular as things stand, and lay it before its approver where that is asked for."""
    from duban import views

    plan, found, made = views.circular_view(app, campaign, duty, period, by, instant(as_of), propose)
    if as_json:
        emit_json(views.circular_json(plan, found, made, propose))
        return
    click.echo(app.texts.render("cli/circular.txt", plan=plan, c=made))
    said = "laid" if propose else "unlaid"
    click.echo(app.texts.say(f"approvals.{said}", plan=plan, x=found))


@cli.command(help=WORDS["acknowledge"])
@campaign_argument
@click.option("--unit", required=True, help=WORDS["unit"])
@acting
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def acknowledge(app: Console, campaign: str, unit: str, by: str, as_of: str | None) -> None:
    """Acknowledge all that a unit was told by colours and has not acknowledged."""
    from duban.errors import BadInput
    from duban.services.acknowledging import acknowledge as sign
    from duban.services.acknowledging import to_acknowledge

    plan, at = app.deployed(campaign), instant(as_of)
    if unit not in plan.unit:
        raise BadInput("bad-unit", value=unit, known=[u.id for u in plan.units][:60])
    with app.ledger.read() as conn:
        asked = [x for x in to_acknowledge(conn, plan, unit, app.ledger.now(at)) if x.acknowledged is None]
    for x in asked:
        sign(app.ledger, plan.slug, x.message, by=by, as_of=at)
    if not asked:
        click.echo(app.texts.say("approvals.nothing-to-sign", unit=plan.unit[unit]))
        return
    for kind in dict.fromkeys(x.kind for x in asked):
        mine = [x for x in asked if x.kind == kind]
        click.echo(app.texts.say("approvals.signed", unit=plan.unit[unit], plan=plan, x=mine[0], n=len(mine)))
