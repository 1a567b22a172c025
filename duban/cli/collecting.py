"""Commands that hand out forms and take them in: form, submit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from duban.cli.options import WORDS, addressed, campaign_argument, cli, json_option, to_file, trying
from duban.cli.people import acting
from duban.console import Console, emit_json, instant
from duban.errors import BadInput

if TYPE_CHECKING:
    from duban.services.receiving import Attached


@cli.command(help=WORDS["form"])
@campaign_argument
@addressed
@click.option("--out", type=to_file, help=WORDS["out"])
@click.pass_obj
def form(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None, out: Path | None
) -> None:
    """Write the blank form of one obligation."""
    from duban.documents.blank import blank_form
    from duban.services.issuing import form_name, issue_form
    from duban.services.receiving import Address, check_address, resolved

    plan = app.plan(campaign)
    to = resolved(plan, Address(plan.slug, unit, duty, period, subject))
    words = app.texts.words["blank"]
    if app.is_deployed(campaign):
        data = issue_form(app.ledger, to, words=words)
    else:
        check_address(plan, to)
        data = blank_form(plan, duty, to.unit, period, words=words, subject=to.subject)
    path = out or Path(form_name(plan, to))
    path.write_bytes(data)
    click.echo(app.texts.say("cli.form-written", path=path))


@cli.command(help=WORDS["submit"])
@campaign_argument
@addressed
@click.option("--received-at", help=WORDS["received_at"])
@click.option("--statement", default="", help=WORDS["statement"])
@acting
@click.option("--as-of", help=WORDS["as_of"])
@json_option
@click.option("--attach", multiple=True, metavar="ID=PATH", help=WORDS["attach"])
@click.argument("file", type=to_file, required=False)
@click.pass_obj
@trying
def submit(
    app: Console, campaign: str, unit: str, duty: str, period: str, subject: str | None,
    received_at: str | None, statement: str, by: str, as_of: str | None, as_json: bool,
    attach: tuple[str, ...], file: Path | None,
) -> None:  # fmt: skip
    """Take one filled form with its attachments; exit 2 when it is refused."""
    from duban import views
    from duban.services.receiving import Address, Stated, late_by, receive

    plan, officer = app.deployed(campaign), bool(received_at or statement)
    stated = Stated(by, statement.strip()[:200] or app.texts.say("cli.unstated")) if officer else None
    receipt = receive(
        app.ledger, Address(plan.slug, unit, duty, period, subject), app.read(file) if file else None,
        file.name if file else "", door="officer" if officer else "workbook",
        attachments=[_attached(app, text) for text in attach], received_at=instant(received_at),
        stated=stated, as_of=instant(as_of),
    )  # fmt: skip
    if as_json:
        emit_json(views.receipt_json(receipt, app.texts))
    else:
        values = {"r": receipt, "plan": plan, "unit": plan.unit[receipt.unit], "duty": plan.duty[duty]}
        click.echo(app.texts.render("cli/receipt.txt", period=period, late=bool(late_by(receipt)), **values))
    if not receipt.valid:
        sys.exit(2)


def _attached(app: Console, text: str) -> Attached:
    """What `--attach ID=PATH` names. Raises BadInput."""
    from duban.services.receiving import Attached

    key, sign, path = text.partition("=")
    if not sign:
        raise BadInput("bad-attach", value=text)
    return Attached(key, Path(path).name, app.read(Path(path)))
