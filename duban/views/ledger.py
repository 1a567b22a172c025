"""Receipts and standings: values for templates, and their JSON contracts."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from duban.rendering import Renderer
from duban.views.agenda import iso
from duban.views.problems import problem_json

if TYPE_CHECKING:
    from duban.console import Console
    from duban.services.receiving import Receipt


def receipt_json(receipt: Receipt, texts: Renderer) -> dict[str, Any]:
    """A receipt with every mistake in words and in parts."""
    return {
        "receipt": receipt.number, "campaign": receipt.campaign, "unit": receipt.unit,
        "duty": receipt.duty, "period": receipt.period, "version": receipt.version, "valid": receipt.valid,
        "zero": receipt.zero, "received_at": receipt.received_at.isoformat(),
        "due_at": iso(receipt.due_at), "subject": receipt.subject,
        "attachments": list(receipt.attachments), "copies": list(receipt.copies),
        "copied_to": list(receipt.copied_to), "repeated": receipt.repeated, "seq": receipt.seq,
        "chain": receipt.chain, "problems": [problem_json(p, texts) for p in receipt.problems],
    }  # fmt: skip


def status_view(app: Console, campaign: str, as_of: datetime | None) -> dict[str, Any]:
    """Phases, periods that have come, and events."""
    from duban.ledger.queries import Scope
    from duban.services.watching import phase_progress, standings
    from duban.services.witnessing import legs
    from duban.standing import rates

    plan = app.deployed(campaign, as_of)
    with app.ledger.read() as conn:
        now = app.ledger.now(as_of)
        phases = [phase_progress(conn, plan, p, now) for p in plan.stages]
        found = standings(conn, plan, Scope(plan.slug), now)
        awaited = [leg for leg in legs(conn, plan, Scope(plan.slug), now) if leg.at is None]
    periodic = [
        s for s in found if s.first_due is not None and (s.state != "not-due" or s.came_in != "nothing")
    ]
    periods = []
    for (duty, period), group in groupby(periodic, key=lambda s: (s.owed.duty, s.owed.period)):
        mine = list(group)
        periods.append(
            {"duty_id": duty, "duty": plan.duty[duty].name, "period": period, "due_at": mine[0].first_due,
             "rates": rates(mine), "standings": mine}
        )  # fmt: skip
    events = [s for s in found if s.first_due is None]
    return {
        "plan": plan, "now": now.astimezone(plan.zone), "phases": phases, "periods": periods,
        "events": events, "awaited": awaited,
    }  # fmt: skip


def status_json(view: dict[str, Any]) -> dict[str, Any]:
    """The status for machines; rates as exact fractions `met/expected`."""
    return {
        "campaign": view["plan"].slug,
        "as_of": view["now"].isoformat(),
        "phases": [
            {"phase": p.id, "expected": p.opened.expected, "met": p.opened.met,
             "on_time": p.opened.on_time, "overdue": p.opened.overdue}
            for p in view["phases"]
        ],
        "periods": [
            {
                "duty": row["duty_id"], "period": row["period"], "due_at": iso(row["due_at"]),
                "expected": row["rates"].expected, "met": row["rates"].met,
                "on_time": row["rates"].on_time, "missing": list(row["rates"].missing),
                "obligations": [
                    {"unit": s.owed.unit, "subject": s.owed.subject or None, "state": s.state,
                     "came_in": s.came_in, "on_time": s.on_time,
                     "due_at": iso(s.due_at), "first_received": iso(s.first_received),
                     "first_valid": iso(s.first_valid), "last_revised": iso(s.last_revised),
                     "accepted": iso(s.accepted), "version": s.version}
                    for s in row["standings"]
                ],
            }
            for row in view["periods"]
        ],
        "events": [
            {"duty": s.owed.duty, "unit": s.owed.unit, "period": s.owed.period,
             "subject": s.owed.subject or None, "came_in": s.came_in}
            for s in view["events"]
        ],
        "awaited": [
            {"kind": leg.kind, "duty": leg.duty, "unit": leg.unit, "period": leg.period or None,
             "due_at": iso(leg.due_at), "late": leg.is_late(view["now"])}
            for leg in view["awaited"]
        ],
    }  # fmt: skip
