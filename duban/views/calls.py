"""The telephone list: values for its template, and its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from duban.plan import Plan
from duban.rendering import Renderer
from duban.telephone import Logged
from duban.views.agenda import iso

if TYPE_CHECKING:
    from duban.console import Console
    from duban.services.calling import Call, Item


def calls_view(app: Console, campaign: str, as_of: datetime | None) -> dict[str, Any]:
    """Whom to ring, and when that was asked."""
    from duban.services.calling import call_list

    plan = app.deployed(campaign, as_of)
    now = app.ledger.now(as_of).astimezone(plan.zone)
    with app.ledger.read() as conn:
        calls = call_list(conn, plan, now)
    return {"plan": plan, "now": now, "calls": calls, "asked": asked_words(app.texts, plan)}


def asked_words(texts: Renderer, plan: Plan) -> Any:
    """How a template says what some items of a line are."""

    def words(line: Sequence[Item]) -> str:
        owed = line[0].standing.owed
        duty = plan.duty.get(owed.duty)
        subjects = [x.standing.owed.subject for x in line if x.standing.owed.subject]
        named = [plan.subject_name(duty, s) if duty else s for s in subjects]
        return texts.say("calls.what", owed=owed, plan=plan, subjects=named)

    return words


def calls_json(texts: Renderer, view: dict[str, Any]) -> list[dict[str, Any]]:
    """The list for machines; who answered and what they said come along, as far as they are kept."""
    return [_call_json(texts, call, view["now"]) for call in view["calls"]]


def _call_json(texts: Renderer, call: Call, now: datetime) -> dict[str, Any]:
    return {
        "unit": call.unit.id, "name": call.unit.name, "days": call.days, "escalated": call.escalated,
        "colour": call.colour,
        "promised_until": iso(call.promised(now)),
        "items": [_item_json(texts, item) for item in call.items],
        "people": [
            {
                "name": p.name, "position": p.position, "phone": p.phone,
                "deputy_until": p.until.isoformat() if p.until else None,
            }
            for p in call.people
        ],
        "ways": [{"channel": channel, "address": address} for channel, address in call.ways],
        "calls": [logged_json(x) for x in call.made],
    }  # fmt: skip


def _item_json(texts: Renderer, item: Item) -> dict[str, Any]:
    s = item.standing
    return {
        "unit": s.owed.unit, "duty": s.owed.duty, "period": s.owed.period or None,
        "subject": s.owed.subject or None, "due_at": iso(s.limit), "days": item.days,
        "escalated": item.escalated, "colour": item.colour, "came_in": s.came_in,
        "reason": item.reason or None,
        "problems": [texts.sentence(p) for p in item.problems],
    }  # fmt: skip


def logged_json(x: Logged) -> dict[str, Any]:
    """One call that was made."""
    return {
        "id": x.id, "unit": x.unit, "called_at": iso(x.called_at), "by": x.by, "outcome": x.outcome,
        "until": iso(x.until), "person": x.person or None, "note": x.note or None, "about": list(x.about),
    }  # fmt: skip
