"""What the commands show: values for templates, and the JSON contracts of DESIGN section 10."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from duban.agenda import Obligation, obligations
from duban.plan import Plan, parse
from duban.plan.model import Monthly
from duban.plan.origins import statements
from duban.plan.source import read_yaml
from duban.plan.warnings import warnings
from duban.rendering import Renderer
from duban.services.campaigns import folder_of, read_bundle

if TYPE_CHECKING:
    from duban.console import Console
    from duban.documents.period import PeriodFigures
    from duban.services.receiving import Receipt


def check_view(app: Console, campaign: str) -> dict[str, Any]:
    """A good plan in summary, with its warnings. Raises PlanInvalid for a bad one."""
    bundle = read_bundle(folder_of(campaign, app.settings.campaigns))
    plan = parse(bundle)
    found = obligations(plan)
    due = dict.fromkeys((o.duty, o.period or "", o.due_day) for o in found if o.due_day)
    warned = warnings(plan, [(d, p, day) for d, p, day in due if day])
    stated = Counter(
        s.origin for name, text in bundle.files if name.endswith(".yaml")
        for s in statements(read_yaml(name, text))
    )  # fmt: skip
    stated.update(u.origin for u in plan.units)
    text = {
        "plan": plan, "duties": [_duty_view(plan, d.id, app.texts) for d in plan.file.duties],
        "obligations": sum(o.due_at is not None for o in found), "warnings": warned, "stated": stated,
    }  # fmt: skip
    as_json = {
        "campaign": plan.slug,
        "warnings": [
            {"code": p.code, "file": p.file, "key": p.key, "value": p.value, "text": app.texts.problem(p)}
            for p in warned
        ],
    }
    return {"text": text, "json": as_json}


def _duty_view(plan: Plan, duty_id: str, texts: Renderer) -> dict[str, Any]:
    duty = plan.duty[duty_id]
    group = next(g.name for g in plan.file.groups if g.id == duty.by)
    monthly = isinstance(duty.rhythm, Monthly)
    return {
        "id": duty.id, "name": duty.name, "by": group, "to": plan.unit[duty.to].name,
        "when": texts.say("form.monthly-when" if monthly else "form.event-when", r=duty.rhythm),
        "form": plan.form_of(duty.id), "remind": duty.moments.remind, "chase": duty.moments.chase,
        "escalate": duty.moments.escalate,
    }  # fmt: skip


def agenda_json(found: Iterable[Obligation]) -> list[dict[str, Any]]:
    """The agenda's contract: `due_at` is the exclusive boundary, ISO 8601 with offset."""
    return [
        {
            "campaign": o.campaign, "phases": list(o.phases), "duty": o.duty, "unit": o.unit,
            "subject": o.subject, "period": o.period, "covers": [day.isoformat() for day in o.covers],
            "opens_at": o.opens_at.isoformat(), "due_at": _iso(o.due_at),
            "due_day": o.due_day.isoformat() if o.due_day else None,
            "moments": [{"kind": m.kind, "at": m.at.isoformat()} for m in o.moments],
        }
        for o in found
    ]  # fmt: skip


def agenda_rows(plan: Plan, found: Iterable[Obligation]) -> list[dict[str, Any]]:
    """The agenda as a table: one row per duty and period."""
    rows = []
    for (duty, period), group in groupby(found, key=lambda o: (o.duty, o.period)):
        mine = list(group)
        rows.append(
            {"period": period or "—", "duty": plan.duty[duty].name, "units": len(mine),
             "due_at": mine[0].due_at, "moments": mine[0].moments}
        )  # fmt: skip
    return rows


def receipt_json(receipt: Receipt, texts: Renderer) -> dict[str, Any]:
    """A receipt with every mistake in words and in parts."""
    problems = [
        {"code": p.code, "file": p.file, "place": p.place, "key": p.key, "value": p.value,
         "text": texts.problem(p)}
        for p in receipt.problems
    ]  # fmt: skip
    return {
        "receipt": receipt.number, "campaign": receipt.campaign, "unit": receipt.unit,
        "duty": receipt.duty, "period": receipt.period, "version": receipt.version, "valid": receipt.valid,
        "zero": receipt.zero, "received_at": receipt.received_at.isoformat(),
        "due_at": _iso(receipt.due_at), "repeated": receipt.repeated, "seq": receipt.seq,
        "chain": receipt.chain, "problems": problems,
    }  # fmt: skip


def status_view(app: Console, campaign: str, as_of: datetime | None) -> dict[str, Any]:
    """Phases, periods that have come, and events."""
    from duban.ledger.queries import Scope
    from duban.services.watching import phase_progress, standings
    from duban.standing import rates

    plan = app.deployed(campaign, as_of)
    with app.ledger.read() as conn:
        now = app.ledger.now(as_of)
        phases = [phase_progress(conn, plan, p, now) for p in plan.file.phases]
        found = standings(conn, plan, Scope(plan.slug), now)
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
        "events": events,
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
                "duty": row["duty_id"], "period": row["period"], "due_at": _iso(row["due_at"]),
                "expected": row["rates"].expected, "met": row["rates"].met,
                "on_time": row["rates"].on_time, "missing": list(row["rates"].missing),
                "obligations": [
                    {"unit": s.owed.unit, "state": s.state, "came_in": s.came_in, "on_time": s.on_time,
                     "due_at": _iso(s.due_at), "first_received": _iso(s.first_received),
                     "first_valid": _iso(s.first_valid), "last_revised": _iso(s.last_revised),
                     "accepted": _iso(s.accepted), "version": s.version}
                    for s in row["standings"]
                ],
            }
            for row in view["periods"]
        ],
        "events": [
            {"duty": s.owed.duty, "unit": s.owed.unit, "period": s.owed.period, "came_in": s.came_in}
            for s in view["events"]
        ],
    }  # fmt: skip


def totals_json(figures: PeriodFigures) -> list[dict[str, Any]]:
    """The totals' contract: values as exact decimal strings."""
    return [
        {
            "indicator": t.indicator.code, "name": t.indicator.name,
            "unit_of_measure": t.indicator.unit_of_measure,
            "value": None if t.value is None else format(t.value, "f"), "reported": t.reported,
            "expected": t.expected, "missing": list(t.missing),
        }
        for t in figures.totals
    ]  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
