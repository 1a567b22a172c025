"""The agenda as its JSON contract and as a table grouped by duty and period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from duban.agenda import Obligation, obligations
from duban.errors import BadInput, Problem
from duban.phrasing import copies_words, debtors_words, duty_rhythm_words
from duban.plan import Plan
from duban.rendering import Renderer, period_words

LINES_OF_A_DUTY = 24
"""How many periods of a duty the whole agenda prints before it leaves the middle out."""
LINES = 400
"""The same when a duty or a unit was asked for."""
LAST_LINES = 3


def chosen(plan: Plan, duty: str | None, unit: str | None) -> tuple[Obligation, ...]:
    """The agenda, or that of a duty, of a unit, of both. Raises BadInput for one the plan has not."""
    problems = []
    if duty is not None and duty not in plan.duty:
        problems.append(Problem("unknown-duty", key="duty", value=duty, params={"known": list(plan.duty)}))
    units = plan.named.get(unit or "", ())
    if unit is not None and not units:
        known = [u.id for u in plan.units][:60]
        problems.append(Problem("unknown-unit", key="unit", value=unit, params={"known": known}))
    if problems:
        raise BadInput("bad-address", tuple(problems), count=len(problems))
    ids = {u.id for u in units}
    return tuple(
        o for o in obligations(plan) if (duty is None or o.duty == duty) and (unit is None or o.unit in ids)
    )


def agenda_json(found: Iterable[Obligation]) -> list[dict[str, Any]]:
    """The agenda's contract: `due_at` is the exclusive boundary, ISO 8601 with offset."""
    return [
        {
            "campaign": o.campaign, "phases": list(o.phases), "duty": o.duty, "unit": o.unit, "to": o.to,
            "copies": list(o.copies), "subject": o.subject, "period": o.period,
            "covers": [day.isoformat() for day in o.covers],
            "opens_at": o.opens_at.isoformat(), "due_at": iso(o.due_at),
            "due_day": o.due_day.isoformat() if o.due_day else None, "feeds": o.feeds,
            "attachments": [
                {"id": a.id, "name": a.name, "at_least": a.at_least, "kinds": list(a.kinds), "per": a.per}
                for a in o.attachments
            ],
            "waived": o.waived,
            "moments": [{"kind": m.kind, "at": m.at.isoformat()} for m in o.moments],
        }
        for o in found
    ]  # fmt: skip


def iso(at: datetime | None) -> str | None:
    """ISO 8601 with offset, as every JSON contract writes instants."""
    return at.isoformat() if at else None


def agenda_view(texts: Renderer, plan: Plan, found: Sequence[Obligation], limit: int) -> dict[str, Any]:
    """The agenda by duty; of a duty with more than `limit` periods the middle is left out."""
    order = {d.id: rank for rank, d in enumerate(plan.file.duties)}
    ordered = sorted(found, key=lambda o: order[o.duty])
    duties = []
    for duty_id, group in groupby(ordered, key=lambda o: o.duty):
        rows = _rows(plan, list(group))
        left_out = max(0, len(rows) - limit)
        head = rows[: limit - LAST_LINES] if left_out else rows
        duty = plan.duty[duty_id]
        duties.append(
            {
                "duty": duty, "by": debtors_words(texts, plan, duty), "rows": head, "left_out": left_out,
                "when": duty_rhythm_words(texts, plan, duty), "cc": copies_words(texts, plan, duty.cc),
                "last_rows": rows[-LAST_LINES:] if left_out else [],
            }
        )  # fmt: skip
    return {"plan": plan, "duties": duties, "total": len(found)}


def _rows(plan: Plan, found: list[Obligation]) -> list[dict[str, Any]]:
    def when(o: Obligation) -> tuple[str, str]:
        return (o.due_at.isoformat() if o.due_at else "9", o.period or "")

    return [_row(plan, list(group)) for _, group in groupby(sorted(found, key=when), key=when)]


def _row(plan: Plan, found: list[Obligation]) -> dict[str, Any]:
    first = found[0]
    to = {o.to for o in found}
    return {
        "period": period_words(first.period) if first.period else "—", "due_at": first.due_at,
        "units": len({o.unit for o in found}), "returns": len(found) if any(o.subject for o in found) else 0,
        "to": plan.unit[first.to].name if len(to) == 1 and first.to else "", "superiors": len(to - {None}),
        "undetermined": first.due_at is None and not first.is_event, "soft": first.soft,
        "moments": first.moments, "waived": sum(o.waived is not None for o in found),
        "copied": len({c for o in found for c in o.copies}),
    }  # fmt: skip
