"""Commands about telephone calls: calls, call."""

from __future__ import annotations

from typing import Any

import click

from duban.cli.options import WORDS, campaign_argument, cli, reading, trying
from duban.cli.people import acting
from duban.console import Console, boundary, emit_json, instant
from duban.telephone import OUTCOMES


@cli.command(help=WORDS["calls"])
@campaign_argument
@reading
@click.pass_obj
def calls(app: Console, campaign: str, as_of: str | None, as_json: bool) -> None:
    """Whom to ring about what is overdue."""
    from duban import views

    view = views.calls_view(app, campaign, instant(as_of))
    if as_json:
        emit_json(views.calls_json(app.texts, view))
    else:
        click.echo(app.texts.render("cli/calls.txt", **view))


@cli.command(help=WORDS["call"])
@campaign_argument
@click.option("--unit", required=True, help=WORDS["call_unit"])
@click.option("--outcome", required=True, type=click.Choice(OUTCOMES), help=WORDS["call_outcome"])
@click.option("--until", help=WORDS["call_until"])
@click.option("--person", default="", help=WORDS["call_person"])
@click.option("--note", default="", help=WORDS["call_note"])
@click.option("--at", "called_at", help=WORDS["called_at"])
@acting
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
@trying
def call(
    app: Console, campaign: str, unit: str, outcome: Any, until: str | None, person: str, note: str,
    called_at: str | None, by: str, as_of: str | None,
) -> None:  # fmt: skip
    """Log one call."""
    from duban.services.calling import log_call

    plan = app.deployed(campaign)
    logged = log_call(
        app.ledger, plan.slug, unit, by, outcome, note, instant(called_at), instant(as_of),
        until=boundary(until), person=person,
    )  # fmt: skip
    click.echo(app.texts.say("calls.logged", x=logged, unit=plan.unit[logged.unit]))
