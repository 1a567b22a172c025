"""The voice of letters 督办函, 商请函: orange to the head of a unit, red to the leader in charge of it. What
one unit is told by one colour is one letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, get_args

from sqlalchemy import Connection, select, union

from duban import calendars, notices
from duban.ledger import Writer
from duban.ledger import tables as t
from duban.ledger.speaking import Decided
from duban.notices import Letter, Line
from duban.plan import Plan
from duban.plan.duties import COLOURS
from duban.rendering import Renderer
from duban.services import sealing
from duban.services.lines import lines_of
from duban.services.turning import Plans, Stands, Voice

SAID_BEFORE = ("remind", "chase", *COLOURS)
"""Kinds of messages that a letter refers to, in this order."""


@dataclass(frozen=True, slots=True)
class Said:
    """Earlier messages of one kind about a return, and the days on which they arrived."""

    kind: str
    days: tuple[date, ...]


def voice(texts: Renderer) -> Voice:
    """How letters are looked at, and sealed."""

    def seal(w: Writer, plans: Plans, stands: Stands, kept: Sequence[Decided], occasion: str) -> str:
        return _seal(w, texts, plans, stands, kept, occasion)

    return Voice(frozenset(get_args(Letter)), _still_true, seal, shared=_letter)


def _letter(message: Decided) -> str:
    """What the returns of one letter have in common."""
    return f"{message.campaign}/{message.recipient}/{message.kind}"


def _still_true(w: Writer, plan: Plan, message: Decided, stands: Stands) -> bool:
    """Whether it is still owed, for the due time that it was proposed for."""
    found = stands.get(message.obligation)
    return found is not None and notices.still_owed(found, calendars.from_micros(message.due_at, UTC))


def _seal(
    w: Writer, texts: Renderer, plans: Plans, stands: Stands, kept: Sequence[Decided], occasion: str
) -> str:
    plan, contact = plans[kept[0].campaign], kept[0].contact
    found = lines_of(w.conn, kept, plans, stands, w.at)
    values = letter_values(w.conn, plan, kept, found, w.at)
    return sealing.record_digest(
        w, texts, "messages/escalation", values, kept, contact, values["day"], occasion
    )


def letter_values(
    conn: Connection, plan: Plan, kept: Sequence[Decided], found: Sequence[Line], now: datetime
) -> dict[str, Any]:
    """What the letter's templates say: a line for each of its messages, and what was said before."""
    first, before = kept[0], said_before(conn, plan, kept, now)
    lines = notices.together(sorted(found, key=lambda x: (x.due_at, x.key)))
    unit, day = plan.unit[notices.unit_of(first.recipient)], now.astimezone(plan.zone).date()
    return {
        "colour": first.kind, "peer": unit.id in plan.peers, "unit": unit.name, "title": plan.file.title,
        "short": plan.file.short, "lines": lines, "before": {x.key: before[x.key] for x in lines},
        "for_others": any(x.unit != unit.name for x in lines), "issuer": plan.file.issuer, "day": day,
        "until": min((x.until for x in lines if x.until), default=None), "year": day.year,
    }  # fmt: skip


def said_before(
    conn: Connection, plan: Plan, kept: Sequence[Decided], now: datetime
) -> dict[str, tuple[Said, ...]]:
    """What arrived about each return for the same due time until `now`: only that can be referred to."""
    found: dict[str, dict[str, set[date]]] = {m.obligation: defaultdict(set) for m in kept}
    due, mine = {m.obligation: m.due_at for m in kept}, {m.id for m in kept}
    for id_, key, kind, due_at, at in _arrived(conn, found, calendars.to_micros(now)):
        if due_at == due[key] and id_ not in mine:
            found[key][kind].add(plan.local(at).date())
    return {
        key: tuple(Said(kind, tuple(sorted(days[kind]))) for kind in SAID_BEFORE if days[kind])
        for key, days in found.items()
    }


def _arrived(
    conn: Connection, keys: Collection[str], until: int
) -> list[tuple[str, str, str, int, int]]:  # fmt: skip
    """Message, obligation, kind, due time and when it arrived, whichever digest brought it at last."""
    m, f, x, u = t.message.c, t.fate.c, t.outcome.c, t.turn.c
    mine = m.obligation.in_(sorted(keys)) & m.kind.in_(SAID_BEFORE) & (m.verdict == "send")
    carried = union(
        select(f.message, f.digest).join(t.message, m.id == f.message).where(mine),
        select(u.message, u.successor).join(t.message, m.id == u.message).where(mine),
    ).subquery()
    rows = conn.execute(
        select(m.id, m.obligation, m.kind, m.due_at, x.at)
        .join(carried, carried.c.message == m.id)
        .join(t.outcome, x.digest == carried.c.digest)
        .where(x.result == "delivered", x.at <= until)
    )
    return [(r.id, r.obligation, r.kind, r.due_at, r.at) for r in rows]
