"""Commands that look at the ledger: status, totals, report, verify."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from duban.cli.options import WORDS, campaign_argument, cli, of_period, reading, to_folder
from duban.console import Console, emit_json, instant


@cli.command(help=WORDS["status"])
@campaign_argument
@reading
@click.option("--fail", is_flag=True, help=WORDS["fail"])
@click.pass_obj
def status(app: Console, campaign: str, as_of: str | None, as_json: bool, fail: bool) -> None:
    """Show who has reported and who has not."""
    from duban import views

    view = views.status_view(app, campaign, instant(as_of))
    if as_json:
        emit_json(views.status_json(view))
    else:
        click.echo(app.texts.render("cli/status.txt", **view))
    if fail and any(row["rates"].overdue for row in view["periods"]):
        sys.exit(1)


@cli.command(help=WORDS["totals"])
@campaign_argument
@of_period
@click.option("--by", metavar="unit|parent|group|ATTRIBUTE", help=WORDS["totals_by"])
@click.option("--under", metavar="UNIT", help=WORDS["under"])
@reading
@click.pass_obj
def totals(
    app: Console, campaign: str, duty: str, period: str, by: str | None, under: str | None,
    as_of: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Show totals with n/N: of a period, to date, or by groups of units."""
    from duban import views

    if by or under:
        grouped = views.groups_view(app, campaign, duty, by, under, instant(as_of))
        if as_json:
            emit_json(views.groups_json(grouped))
        else:
            click.echo(app.texts.render("cli/groups.txt", **grouped))
        return
    view = views.totals_view(app, campaign, duty, period, instant(as_of))
    if as_json:
        emit_json(views.totals_json(view["totals"]))
    else:
        click.echo(app.texts.render("cli/totals.txt", **view))


@cli.command(help=WORDS["targets"])
@campaign_argument
@reading
@click.pass_obj
def targets(app: Console, campaign: str, as_of: str | None, as_json: bool) -> None:
    """Show how far each target is reached."""
    from duban import views

    view = views.targets_view(app, campaign, instant(as_of))
    if as_json:
        emit_json(views.targets_json(view["verdicts"]))
    else:
        click.echo(app.texts.render("cli/targets.txt", **view))


@cli.command(help=WORDS["report"])
@campaign_argument
@of_period
@click.option("--as-of", help=WORDS["as_of"])
@click.option("--out", type=to_folder, help=WORDS["out"])
@click.pass_obj
def report(app: Console, campaign: str, duty: str, period: str, as_of: str | None, out: Path | None) -> None:
    """Draft a period's documents."""
    from duban.services.reporting import draft_documents

    plan = app.deployed(campaign)
    drafted = draft_documents(
        app.ledger, plan.slug, duty, period, texts=app.texts,
        folder=out or app.settings.documents, as_of=instant(as_of),
    )  # fmt: skip
    click.echo(app.texts.say("cli.drafted", d=drafted, duty=plan.duty[duty]))


@cli.command(help=WORDS["verify"])
@campaign_argument
@click.pass_obj
def verify(app: Console, campaign: str) -> None:
    """Walk the journal; exit 1 when it is broken."""
    from duban.ledger.journal import INSTALLATION
    from duban.ledger.proof import verify as walk

    slug = app.deployed(campaign).slug
    with app.ledger.read() as conn:
        verdicts = [walk(conn, slug), walk(conn, INSTALLATION)]
    for verdict in verdicts:
        broken = verdict.broken_at is not None
        click.echo(app.texts.say("cli.broken" if broken else "cli.verified", v=verdict), err=broken)
    if any(v.broken_at is not None for v in verdicts):
        sys.exit(1)
