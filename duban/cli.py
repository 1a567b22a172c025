"""The command line: thin. It parses, calls one service, and prints a template or one JSON document."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from duban import views
from duban.console import Console, boundary, emit_json, instant, show_problems
from duban.errors import BadInput, DubanError
from duban.rendering import renderer
from duban.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
WORDS = renderer().words["help"]


def campaign_argument(function: F) -> F:
    """Every command is about one campaign: a slug or a folder."""
    return click.argument("campaign")(function)


def reading(function: F) -> F:
    """Options of every reading command."""
    function = click.option("--as-of", help=WORDS["as_of"])(function)
    return click.option("--json", "as_json", is_flag=True, help=WORDS["json"])(function)


def addressed(function: F) -> F:
    """Options that name one obligation."""
    function = click.option("--subject", help=WORDS["subject"])(function)
    for name in ("period", "duty", "unit"):
        function = click.option(f"--{name}", required=True, help=WORDS[name])(function)
    return function


@click.group(help=WORDS["group"])
@click.version_option(package_name="duban")
@click.pass_context
def cli(context: click.Context) -> None:
    """The `duban` command."""
    context.obj = Console(Settings.from_env(os.environ))


@cli.command(help=WORDS["check"])
@campaign_argument
@click.option("--json", "as_json", is_flag=True, help=WORDS["json"])
@click.pass_obj
def check(app: Console, campaign: str, as_json: bool) -> None:
    """Check the files of a campaign."""
    view = views.check_view(app, campaign)
    if as_json:
        emit_json(view["json"])
    else:
        click.echo(app.texts.render("cli/check.txt", **view["text"]))


@cli.command(help=WORDS["agenda"])
@campaign_argument
@reading
@click.option("--ics", type=click.Path(dir_okay=False, path_type=Path), help=WORDS["ics"])
@click.pass_obj
def agenda(app: Console, campaign: str, as_of: str | None, as_json: bool, ics: Path | None) -> None:
    """List obligations and moments."""
    from duban.agenda import obligations

    plan = app.plan(campaign, instant(as_of))
    found = obligations(plan)
    if ics is not None:
        from duban.documents.calendar_file import calendar_file

        ics.write_bytes(calendar_file(plan, found, app.texts))
        click.echo(
            app.texts.say(
                "cli.ics-written", path=ics, n=len({(o.duty, o.due_day) for o in found if o.due_day})
            ),
            err=True,
        )
    if as_json:
        emit_json(views.agenda_json(found))
    elif ics is None:
        click.echo(app.texts.render("cli/agenda.txt", plan=plan, rows=views.agenda_rows(plan, found)))


@cli.command(help=WORDS["form"])
@campaign_argument
@addressed
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help=WORDS["out"])
@click.pass_obj
def form(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None, out: Path | None
) -> None:
    """Write the blank form of one obligation."""
    from duban.documents.blank import blank_form
    from duban.services.receiving import Address, check_address

    plan = app.plan(campaign)
    check_address(plan, Address(plan.slug, unit, duty, period, subject))
    path = out or Path(f"{plan.unit[unit].short}-{period}.xlsx")
    path.write_bytes(blank_form(plan, duty, unit, period, words=app.texts.words["blank"]))
    click.echo(app.texts.say("cli.form-written", path=path))


@cli.command(help=WORDS["submit"])
@campaign_argument
@addressed
@click.option("--received-at", help=WORDS["received_at"])
@click.option("--as-of", help=WORDS["as_of"])
@click.option("--json", "as_json", is_flag=True, help=WORDS["json"])
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def submit(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None,
    received_at: str | None, as_of: str | None, as_json: bool, file: Path,
) -> None:  # fmt: skip
    """Take one filled form; exit 2 when it is refused."""
    from duban.services.receiving import Address, late_by, receive

    plan = app.deployed(campaign)
    receipt = receive(
        app.ledger, Address(plan.slug, unit, duty, period, subject), app.read(file), file.name,
        door="officer" if received_at else "workbook", received_at=instant(received_at), as_of=instant(as_of),
    )  # fmt: skip
    if as_json:
        emit_json(views.receipt_json(receipt, app.texts))
    else:
        values = {"r": receipt, "plan": plan, "unit": plan.unit[unit], "duty": plan.duty[duty]}
        click.echo(app.texts.render("cli/receipt.txt", period=period, late=bool(late_by(receipt)), **values))
    if not receipt.valid:
        sys.exit(2)


@cli.command(help=WORDS["status"])
@campaign_argument
@reading
@click.option("--fail", is_flag=True, help=WORDS["fail"])
@click.pass_obj
def status(app: Console, campaign: str, as_of: str | None, as_json: bool, fail: bool) -> None:
    """Show who has reported and who has not."""
    view = views.status_view(app, campaign, instant(as_of))
    if as_json:
        emit_json(views.status_json(view))
    else:
        click.echo(app.texts.render("cli/status.txt", **view))
    if fail and any(row["rates"].overdue for row in view["periods"]):
        sys.exit(1)


@cli.command(help=WORDS["totals"])
@campaign_argument
@click.option("--duty", required=True, help=WORDS["duty"])
@click.option("--period", required=True, help=WORDS["period"])
@reading
@click.pass_obj
def totals(app: Console, campaign: str, duty: str, period: str, as_of: str | None, as_json: bool) -> None:
    """Show a period's totals with n/N."""
    from duban.services.reporting import period_figures

    plan = app.deployed(campaign, instant(as_of))
    with app.ledger.read() as conn:
        now = app.ledger.now(instant(as_of))
        figures = period_figures(conn, plan, duty, period, now)
    if as_json:
        emit_json(views.totals_json(figures))
    else:
        click.echo(app.texts.render("cli/totals.txt", f=figures))


@cli.command(help=WORDS["report"])
@campaign_argument
@click.option("--duty", required=True, help=WORDS["duty"])
@click.option("--period", required=True, help=WORDS["period"])
@click.option("--as-of", help=WORDS["as_of"])
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help=WORDS["out"])
@click.pass_obj
def report(app: Console, campaign: str, duty: str, period: str, as_of: str | None, out: Path | None) -> None:
    """Draft a period's documents."""
    from duban.services.reporting import draft_documents

    drafted = draft_documents(
        app.ledger, app.deployed(campaign).slug, duty, period, texts=app.texts,
        folder=out or app.settings.documents, as_of=instant(as_of),
    )  # fmt: skip
    click.echo(app.texts.say("cli.drafted", d=drafted))


@cli.command(help=WORDS["decide"])
@campaign_argument
@addressed
@click.option("--kind", required=True, type=click.Choice(["waive", "give-up", "extend", "return", "accept"]), help=WORDS["kind"])  # fmt: skip  # noqa: E501
@click.option("--by", required=True, help=WORDS["by"])
@click.option("--reason", required=True, help=WORDS["reason"])
@click.option("--until", help=WORDS["until"])
@click.option("--not-a-report", is_flag=True, help=WORDS["not_a_report"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
def decide(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None, kind: Any, by: str,
    reason: str, until: str | None, not_a_report: bool, as_of: str | None,
) -> None:  # fmt: skip
    """Record a person's decision."""
    from duban.services.deciding import decide as record
    from duban.services.receiving import Address

    plan = app.deployed(campaign)
    stands = record(
        app.ledger, Address(plan.slug, unit, duty, period, subject), kind, by=by, reason=reason,
        until=boundary(until), not_a_report=not_a_report, as_of=instant(as_of),
    )  # fmt: skip
    values = {"s": stands, "unit": plan.unit[unit], "duty": plan.duty[duty], "period": period, "kind": kind}
    click.echo(app.texts.say("cli.decided", **values))


@cli.command(help=WORDS["deploy"])
@campaign_argument
@click.option("--reason", default="", help=WORDS["reason"])
@click.option("--ledger-only", is_flag=True, help=WORDS["ledger_only"])
@click.option("--as-of", help=WORDS["as_of"])
@click.pass_obj
def deploy(app: Console, campaign: str, reason: str, ledger_only: bool, as_of: str | None) -> None:
    """Put a plan in force and register its Prefect deployment."""
    from duban.services.campaigns import folder_of, read_bundle
    from duban.services.deploying import deploy as put_in_force

    bundle = read_bundle(folder_of(campaign, app.settings.campaigns))
    done = put_in_force(app.ledger, bundle, reason=reason, as_of=instant(as_of))
    click.echo(app.texts.say("cli.deployed" if done.changed else "cli.already-deployed", d=done))
    if not ledger_only:
        app.run_python("deployments.register", done.campaign)


@cli.command(help=WORDS["rehearse"])
@campaign_argument
@click.option("--seed", default=1, show_default=True, help=WORDS["seed"])
@click.option("--keep", type=click.Path(dir_okay=False, path_type=Path), help=WORDS["keep"])
@click.option("--json", "as_json", is_flag=True, help=WORDS["json"])
@click.pass_obj
def rehearse(app: Console, campaign: str, seed: int, keep: Path | None, as_json: bool) -> None:
    """Play the whole campaign without Prefect."""
    from duban.rehearsal import rehearse as play_through

    days = play_through(app.settings, campaign, app.texts, seed=seed, keep=keep)
    if as_json:
        emit_json([day.as_json() for day in days])
    else:
        click.echo(app.texts.render("cli/story.txt", days=days))


@cli.command(help=WORDS["demo"])
@click.argument("campaign", default="haian-2018")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help=WORDS["demo_dir"])
@click.pass_obj
def demo(app: Console, campaign: str, folder: Path | None) -> None:
    """Play the same story through real Prefect flows."""
    app.run_python("deployments.demo", campaign, str(folder or app.settings.var / "demo"))


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


def main() -> None:
    """Entry point: 0 done, 1 a finding, 2 bad input."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.Abort:
        sys.exit(130)
    except BadInput as error:
        show_problems(renderer(), error)
        sys.exit(2)
    except DubanError as error:
        click.echo(renderer().error(error), err=True)
        sys.exit(2)
    except OSError as error:
        path, detail = error.filename or "", error.strerror or str(error)
        click.echo(renderer().say("errors.file-unreadable-or-unwritable", path=path, detail=detail), err=True)
        sys.exit(2)
    except Exception as error:
        if not _about_the_database(error):
            raise
        click.echo(renderer().say("errors.ledger-unreachable", detail=type(error).__name__), err=True)
        sys.exit(2)


def _about_the_database(error: Exception) -> bool:
    """Whether the ledger's database refused or could not be reached; its own words may hold a password."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    return isinstance(error, ArgumentError | DBAPIError | NoSuchModuleError)
