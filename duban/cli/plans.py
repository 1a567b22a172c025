"""Commands about a plan itself: check, agenda, explain, new, schema."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from duban.cli.options import (
    WORDS,
    campaign_argument,
    cli,
    day,
    givens,
    giving,
    json_option,
    reading,
    to_file,
    to_folder,
)  # fmt: skip
from duban.console import Console, emit_json, instant


@cli.command(help=WORDS["check"])
@campaign_argument
@giving
@click.option("--against", metavar="OTHER", help=WORDS["against"])
@click.option("--on", "on", help=WORDS["on"])
@json_option
@click.pass_obj
def check(
    app: Console, campaign: str, start: str | None, end: str | None, due: tuple[str, ...],
    against: str | None, on: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Check the files of a campaign, or say what they change."""
    from duban import views
    from duban.plan.given import with_given

    bundle = with_given(app.files(campaign), givens(start, end, due))
    if against is not None:
        comparison = views.comparison(app, bundle, against, day(on))
        if as_json:
            emit_json(comparison["json"])
        else:
            click.echo(app.texts.render("cli/against.txt", **comparison["text"]))
        return
    view = views.check_view(app.texts, bundle)
    if as_json:
        emit_json(view["json"])
    else:
        click.echo(app.texts.render("cli/check.txt", **view["text"]))


@cli.command(help=WORDS["agenda"])
@campaign_argument
@giving
@click.option("--duty", help=WORDS["duty"])
@click.option("--unit", help=WORDS["unit"])
@reading
@click.option("--ics", type=to_file, help=WORDS["ics"])
@click.option("--messages", is_flag=True, help=WORDS["messages"])
@click.pass_obj
def agenda(
    app: Console, campaign: str, start: str | None, end: str | None, due: tuple[str, ...],
    duty: str | None, unit: str | None, as_of: str | None, as_json: bool, ics: Path | None, messages: bool,
) -> None:  # fmt: skip
    """List obligations and moments, or the messages to come."""
    from duban import views

    if messages:
        given = givens(start, end, due)
        plan, coming = views.messages(app, campaign, given, instant(as_of), duty, unit)
        if as_json:
            emit_json(views.messages_json(coming))
        else:
            click.echo(app.texts.render("cli/messages.txt", **views.messages_view(plan, coming)))
        return
    plan = app.plan(campaign, instant(as_of), givens(start, end, due))
    found = views.chosen(plan, duty, unit)
    if ics is not None:
        from duban.documents.calendar_file import calendar_file

        content = calendar_file(plan, found, app.texts)
        ics.write_bytes(content)
        n = content.count(b"BEGIN:VEVENT")
        click.echo(app.texts.say("cli.ics-written", path=ics, n=n), err=True)
    if as_json:
        emit_json(views.agenda_json(found))
    elif ics is None:
        limit = views.LINES if duty or unit else views.LINES_OF_A_DUTY
        click.echo(app.texts.render("cli/agenda.txt", **views.agenda_view(app.texts, plan, found, limit)))


@cli.command(help=WORDS["explain"])
@campaign_argument
@giving
@click.option("--duty", help=WORDS["duty"])
@reading
@click.pass_obj
def explain(
    app: Console, campaign: str, start: str | None, end: str | None, due: tuple[str, ...],
    duty: str | None, as_of: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Say the plan back in prose."""
    from duban import views

    bundle = app.bundle(campaign, instant(as_of), givens(start, end, due))
    explanation = views.explanation(app.texts, bundle, duty)
    if as_json:
        emit_json(views.explanation_json(explanation))
    else:
        click.echo(app.texts.render("cli/explain.txt", x=explanation))


@cli.command(help=WORDS["new"])
@click.argument("slug")
@click.option("--from", "old", required=True, help=WORDS["from"])
@click.option("--start", required=True, help=WORDS["new_start"])
@click.option("--out", type=to_folder, help=WORDS["new_out"])
@click.pass_obj
def new(app: Console, slug: str, old: str, start: str, out: Path | None) -> None:
    """Make a new campaign from an old one."""
    from duban import views

    first = day(start)
    assert first is not None
    made = views.made_anew(app, slug, app.files(old), first, out or app.settings.campaigns / slug)
    click.echo(app.texts.render("cli/new.txt", **made))
    if made["problems"]:
        sys.exit(1)


@cli.command(help=WORDS["schema"])
@click.option("--write", type=to_folder, help=WORDS["schema_write"])
@click.option("--check", "compare", type=to_folder, help=WORDS["schema_check"])
@click.argument("name", required=False, type=click.Choice(["plan", "given", "form"]))
@click.pass_obj
def schema(app: Console, write: Path | None, compare: Path | None, name: str | None) -> None:
    """Print, write or compare the JSON Schemas of a campaign's files; exit 1 where they are stale."""
    from duban.plan.schema import schema_texts, schemas

    if write is None and compare is None:
        emit_json(schemas()[name or "plan"])
    for file, text in schema_texts().items():
        if write is not None:
            write.mkdir(parents=True, exist_ok=True)
            (write / file).write_text(text, encoding="utf-8")
            click.echo(app.texts.say("cli.schema-written", path=write / file))
        elif compare is not None and not _holds(compare / file, text):
            click.echo(app.texts.say("cli.schema-stale", path=compare / file), err=True)
            sys.exit(1)


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text
