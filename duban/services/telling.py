"""What a person decides and a unit must know goes at once, outside the day's digest (rule 6)."""

from __future__ import annotations

from typing import get_args

from duban import notices
from duban.calendars import to_micros
from duban.ledger import Writer, speaking
from duban.ledger import tables as t
from duban.notices import COORDINATOR, Prompt
from duban.plan import Plan
from duban.services.chasing import NO_CHANNEL
from duban.standing import Standing

AT_ONCE: frozenset[str] = frozenset(get_args(Prompt))


def tell_at_once(w: Writer, plan: Plan, stands: Standing, kind: str, occasion: str) -> None:
    """Decide the message about a decision or a request, whose id is its occasion: to the unit that has to
    act, or of a request to the coordinator. Decisions that nobody has to act on are not announced."""
    if kind not in AT_ONCE:
        return
    day = w.at.astimezone(plan.zone).date()
    unit = notices.speaker(plan, stands.owed.unit, day)
    recipient = COORDINATOR if kind == "request" else f"unit:{unit}"
    contact, channel = speaking.first_contacts(w.conn, plan.slug).get(recipient, (None, NO_CHANNEL))
    due = to_micros(stands.limit or w.at)
    row = {
        "id": f"{stands.owed.key}~{kind}0~{due}~{recipient}~{channel}~{occasion}", "campaign": plan.slug,
        "obligation": stands.owed.key, "kind": kind, "days": 0, "moment_at": w.micros, "due_at": due,
        "recipient": recipient, "channel": channel, "occasion": occasion, "verdict": "send",
        "decided_at": w.micros,
    }  # fmt: skip
    w.record("message", plan.slug, [row])
    if contact is not None:
        w.conn.execute(t.unsealed.insert(), {"message": row["id"], "contact": contact})
