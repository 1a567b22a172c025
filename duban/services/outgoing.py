"""What was said, is due, did not arrive, was put aside or taken back, and why: a campaign's messages as they
stand in the outbox. No address is in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select

from duban import calendars, notices
from duban.ledger import tables as t
from duban.notices import COORDINATOR
from duban.plan import Plan

State = Literal["due", "sending", "again", "sent", "undelivered", "superseded", "withdrawn"]
"""due: waits for its digest or to be sent; again: was tried and will be; undelivered: no channel took it."""
PROBLEMS: tuple[State, ...] = ("undelivered", "again")


@dataclass(frozen=True, slots=True)
class Message:
    """One message and what became of it."""

    id: str
    kind: str
    days: int
    unit: str
    """Whom it is about."""
    recipient: str
    """Whom it is for: a unit's id."""
    hearer: str
    """Who of them: `unit:libao`, `unit:libao/2`, `head:libao`, `leader:libao`, `coordinator`."""
    duty: str
    """"": it is about no single return."""
    period: str
    subject: str
    proposed: str
    """Kind of what waits for a person, where the message asks for an answer to that."""
    acknowledged_at: datetime | None
    acknowledged_by: str
    decided_at: datetime
    state: State
    why: str
    """Code of the reason: `no-longer-owed`, `no-channel`, `refused`, `spent`, … or nothing."""
    channel: str
    at: datetime | None
    """When it arrived, or will be tried next."""
    tries: int
    unclear: int
    """Tries that left and were never answered: so many times it may have arrived besides."""
    detail: str
    """What the channel said to the last try that failed."""

    @property
    def answer(self) -> str:
        """The number in it, which is what a provider's own help explains."""
        numbers: list[str] = re.findall(r"-?\d+", self.detail)
        return numbers[-1] if numbers else ""


@dataclass(frozen=True, slots=True)
class _Digest:
    channel: str
    sealed_at: int
    state: str
    """As `delivery` says; "" where it is no longer on its way."""
    next_at: int
    tries: int
    unclear: int
    arrived_at: int | None
    refused: bool
    detail: str


def messages(conn: Connection, plan: Plan) -> list[Message]:
    """Every message that was decided, newest first."""
    m, o, f, u = t.message.c, t.obligation.c, t.fate.c, t.unsealed.c
    p, a = t.proposal.c, t.acknowledgement.c
    rows = conn.execute(
        select(
            m.id, m.kind, m.days, m.recipient, m.channel, m.verdict, m.decided_at, o.unit, o.duty, o.period,
            o.subject, f.digest, f.reason, u.message.label("waits"), p.kind.label("proposed"), p.about,
            a.by, a.acknowledged_at,
        )
        .outerjoin(t.proposal, (p.id == m.occasion) & m.kind.in_(("approve", "circular")))
        .outerjoin(t.obligation, o.id == func.coalesce(m.obligation, p.obligation))
        .outerjoin(t.fate, f.message == m.id)
        .outerjoin(t.unsealed, u.message == m.id)
        .outerjoin(t.acknowledgement, a.message == m.id)
        .where(m.campaign == plan.slug)
        .order_by(m.decided_at.desc(), m.id)
    ).all()  # fmt: skip
    digests, turns = _digests(conn, plan.slug), _turns(conn, plan.slug)
    return [_message(plan, row, digests, turns) for row in rows]


def counts(found: list[Message]) -> Counter[State]:
    """How many messages there are of each state."""
    return Counter(m.state for m in found)


def _mine(campaign: str) -> Any:
    """The digests that carry messages of a campaign."""
    m = t.message.c
    sealed = select(t.fate.c.digest).join(t.message, m.id == t.fate.c.message).where(m.campaign == campaign)
    turned = (
        select(t.turn.c.successor).join(t.message, m.id == t.turn.c.message).where(m.campaign == campaign)
    )
    return sealed.union(turned)


def _digests(conn: Connection, campaign: str) -> dict[str, _Digest]:
    g, d, a, x = t.digest.c, t.delivery.c, t.attempt.c, t.outcome.c
    mine = _mine(campaign)
    tried = dict(
        conn.execute(select(a.digest, func.count()).where(a.digest.in_(mine)).group_by(a.digest))
        .tuples()
        .all()
    )
    said: dict[str, list[Row[Any]]] = {}
    for row in conn.execute(select(t.outcome).where(x.digest.in_(mine)).order_by(x.digest, x.n)):
        said.setdefault(row.digest, []).append(row)
    rows = conn.execute(
        select(g.id, g.channel, g.sealed_at, d.state, d.next_at)
        .outerjoin(t.delivery, d.digest == g.id)
        .where(g.id.in_(mine))
    )
    return {r.id: _digest(r, tried.get(r.id, 0), said.get(r.id, [])) for r in rows}


def _digest(row: Row[Any], tries: int, outcomes: list[Row[Any]]) -> _Digest:
    failed = [x for x in outcomes if x.result != "delivered"]
    arrived = [x.at for x in outcomes if x.result == "delivered"]
    under_way = 1 if row.state == "sending" else 0
    return _Digest(
        row.channel, row.sealed_at, row.state or "", row.next_at or 0, tries,
        max(0, tries - len(outcomes) - under_way), arrived[0] if arrived else None,
        any(x.result == "permanent" for x in failed), failed[-1].detail if failed else "",
    )  # fmt: skip


def _turns(conn: Connection, campaign: str) -> dict[tuple[str, str], Row[Any]]:
    m = t.message.c
    rows = conn.execute(
        select(t.turn).join(t.message, m.id == t.turn.c.message).where(m.campaign == campaign)
    )
    return {(r.digest, r.message): r for r in rows}


def _message(
    plan: Plan, row: Row[Any], digests: Mapping[str, _Digest], turns: Mapping[tuple[str, str], Row[Any]]
) -> Message:
    """Follows a message from digest to digest, to the one that carries it last."""
    tries = unclear = 0
    digest, turn = row.digest, None
    while digest is not None:
        tries, unclear = tries + digests[digest].tries, unclear + digests[digest].unclear
        turn = turns.get((digest, row.id))
        if turn is None or turn.successor is None:
            break
        digest = turn.successor
    last = digests[digest] if digest is not None else None
    state, why, at = _state(row, last, turn)
    named = notices.unit_of(row.recipient)
    to = plan.coordinator.id if named == COORDINATOR else named
    duty, period = row.duty or "", row.period or ""
    if row.proposed == "circular":
        duty, _, period = row.about.partition("/")
    return Message(
        row.id, row.kind, row.days, row.unit or to, to, row.recipient, duty, period, row.subject or "",
        row.proposed if row.kind == "approve" else "",
        None if row.acknowledged_at is None else plan.local(row.acknowledged_at), row.by or "",
        plan.local(row.decided_at), state, why,
        last.channel if last else row.channel, calendars.from_micros(at, plan.zone) if at else None, tries,
        unclear, last.detail if last and state != "sent" else "",
    )  # fmt: skip


def _state(row: Row[Any], last: _Digest | None, turn: Row[Any] | None) -> tuple[State, str, int | None]:
    if row.verdict == "superseded":
        return "superseded", "later-one", None
    if last is None:
        if row.reason is not None:
            return "withdrawn", row.reason, None
        return ("due", "", None) if row.waits is not None else ("undelivered", "no-channel", None)
    if last.arrived_at is not None:
        return "sent", "", last.arrived_at
    if turn is not None and turn.reason == "withdrawn":
        return "withdrawn", "no-longer-owed", turn.at
    if last.state == "failed" or turn is not None:
        return "undelivered", "refused" if last.refused else "spent", None
    if last.state == "sending":
        return "sending", "", None
    return ("again", "", last.next_at) if last.tries else ("due", "", last.next_at)
