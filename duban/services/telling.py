"""What a person decides and a unit must know goes at once, outside the day's digest (rule 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_args

from sqlalchemy import select

from duban import notices
from duban.calendars import to_micros
from duban.ledger import Writer, insert_many, speaking
from duban.ledger import tables as t
from duban.ledger.speaking import Hearer
from duban.notices import Prompt
from duban.plan import Plan
from duban.standing import Standing

PROMPTS: frozenset[str] = frozenset(get_args(Prompt))


def tell_at_once(w: Writer, plan: Plan, stands: Standing, kind: str, occasion: str) -> None:
    """Decide the message about a decision, a request or a return, whose id is its occasion: to the unit that
    has to act, or of a request to the coordinator. Decisions that nobody has to act on are not announced."""
    if kind not in PROMPTS:
        return
    unit = notices.speaker(plan, stands.owed.unit, w.at.astimezone(plan.zone).date())
    tell(
        w, plan, notices.recipient_of(kind, unit), kind, occasion, obligation=stands.owed.key,
        due_at=to_micros(stands.limit or w.at),
    )  # fmt: skip


def tell(
    w: Writer, plan: Plan, recipient: str, kind: str, occasion: str, *, obligation: str | None = None,
    due_at: int | None = None,
) -> list[str]:  # fmt: skip
    """Decide a message that goes at once, to everybody who hears what is said to a recipient. An occasion
    names its campaign; one that was told already is not told again. Returns the ids of what is new."""
    contacts = speaking.contacts_of(w.conn, plan.slug, [recipient])
    return tell_all(w, plan, speaking.hearers(contacts, recipient), kind, occasion, obligation, due_at)


def tell_all(
    w: Writer, plan: Plan, hearers: Iterable[Hearer], kind: str, occasion: str, obligation: str | None = None,
    due_at: int | None = None,
) -> list[str]:  # fmt: skip
    """The same to hearers that are known already."""
    due = due_at or 0
    return tell_each(w, plan, kind, ((x, occasion, obligation, due) for x in hearers))


CHUNK = 500
"""Messages looked up by one statement."""


def tell_each(
    w: Writer, plan: Plan, kind: str, told: Iterable[tuple[Hearer, str, str | None, int]]
) -> list[str]:
    """The same of several occasions: who hears, which it is, the obligation it is about and its due time."""
    found = [(_row(w, plan, x, kind, occasion, about, due), x.contact) for x, occasion, about, due in told]
    known = _known(w, [row["id"] for row, _ in found])
    found = [(row, contact) for row, contact in found if row["id"] not in known]
    w.record("message", plan.slug, [row for row, _ in found])
    waiting = [{"message": row["id"], "contact": contact} for row, contact in found if contact is not None]
    insert_many(w.conn, t.unsealed, waiting)
    return [str(row["id"]) for row, _ in found]


def _known(w: Writer, ids: Sequence[str]) -> set[str]:
    m = t.message.c
    chunks = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    return {known for chunk in chunks for known in w.conn.scalars(select(m.id).where(m.id.in_(chunk)))}


def _row(
    w: Writer, plan: Plan, hearer: Hearer, kind: str, occasion: str, obligation: str | None, due: int
) -> dict[str, Any]:
    about = obligation or plan.slug
    return {
        "id": f"{about}~{kind}0~{due}~{hearer.recipient}~{hearer.channel}~{occasion}", "campaign": plan.slug,
        "obligation": obligation, "kind": kind, "days": 0, "moment_at": w.micros, "due_at": due,
        "recipient": hearer.recipient, "channel": hearer.channel, "occasion": occasion, "verdict": "send",
        "decided_at": w.micros,
    }  # fmt: skip
