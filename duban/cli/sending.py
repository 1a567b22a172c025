"""Commands about what is sent: the outbox of a campaign."""

from __future__ import annotations

import click

from duban.cli.options import WORDS, campaign_argument, cli, json_option
from duban.console import Console, emit_json


@cli.command(help=WORDS["outbox"])
@campaign_argument
@click.option("--undelivered", is_flag=True, help=WORDS["undelivered"])
@json_option
@click.pass_obj
def outbox(app: Console, campaign: str, undelivered: bool, as_json: bool) -> None:
    """Show every message that was decided, and what became of it."""
    from duban.services.outgoing import PROBLEMS, counts, messages

    plan = app.deployed(campaign)
    with app.ledger.read() as conn:
        found = messages(conn, plan)
    totals = counts(found)
    if undelivered:
        found = [m for m in found if m.state in PROBLEMS]
    if not as_json:
        click.echo(app.texts.render("cli/outbox.txt", plan=plan, messages=found, totals=totals))
        return
    emit_json([
        {
            "id": m.id, "campaign": plan.slug, "kind": m.kind, "days": m.days, "unit": m.unit,
            "recipient": m.recipient, "hearer": m.hearer, "duty": m.duty or None, "period": m.period,
            "subject": m.subject or None, "proposed": m.proposed or None,
            "acknowledged_at": m.acknowledged_at.isoformat() if m.acknowledged_at else None,
            "acknowledged_by": m.acknowledged_by or None,
            "decided_at": m.decided_at.isoformat(), "state": m.state, "why": m.why or None,
            "channel": m.channel, "at": m.at.isoformat() if m.at else None, "tries": m.tries,
            "unclear": m.unclear, "detail": m.detail or None,
        }
        for m in found
    ])  # fmt: skip
