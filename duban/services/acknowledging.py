"""Acknowledging 签收: a unit confirms that a colour of supervision has reached it, letters to its head and to
the leader in charge among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from duban import notices
from duban.calendars import from_micros, to_micros
from duban.errors import NotAllowed
from duban.ledger import Ledger
from duban.ledger import tables as t
from duban.plan import Plan
from duban.plan.duties import COLOURS


@dataclass(frozen=True, slots=True)
class Asked:
    """A colour that has left for a unit and that it is asked to acknowledge."""

    message: str
    kind: str
    obligation: str
    sent_at: datetime
    """When it was sealed."""
    acknowledged: datetime | None
    by: str = ""


def to_acknowledge(conn: Connection, plan: Plan, unit: str, now: datetime) -> list[Asked]:
    """The colours said to a unit, its head or the leader in charge until `now`, the last first; one of each
    for an obligation and due time, however many have heard it."""
    found: dict[tuple[str, str, int], Asked] = {}
    for row in _said(conn, plan, unit, to_micros(now)):
        key = (row.obligation, row.kind, row.due_at)
        first = found.get(key)
        if first is None or (row.acknowledged_at is not None and first.acknowledged is None):
            found[key] = _asked(plan, row)
    return sorted(found.values(), key=lambda x: (x.sent_at, x.message), reverse=True)


def _said(conn: Connection, plan: Plan, unit: str, until: int) -> list[Row[Any]]:
    m, o, g, a = t.message.c, t.obligation.c, t.digest.c, t.acknowledgement.c
    # By obligation, where there is an index: a unit answers for its own, and for those of who closed.
    mine = [u.id for u in plan.units if u.id == unit or u.successor]
    rows = conn.execute(
        select(
            m.id, m.kind, m.obligation, m.due_at, m.recipient, g.sealed_at, a.acknowledged_at, a.by,
        )
        .join(t.obligation, o.id == m.obligation)
        .join(t.fate, t.fate.c.message == m.id)
        .join(t.digest, g.id == t.fate.c.digest)
        .outerjoin(t.acknowledgement, (a.message == m.id) & (a.acknowledged_at <= until))
        .outerjoin(t.turn, _taken_back(until))
        .where(t.turn.c.message.is_(None))
        .where(o.campaign == plan.slug, o.unit.in_(mine), m.kind.in_(COLOURS), m.verdict == "send")
        .where(g.sealed_at <= until)
        .order_by(m.decided_at, m.id)
    ).all()  # fmt: skip
    return [r for r in rows if notices.unit_of(r.recipient) == unit]


def _taken_back(until: int) -> ColumnElement[bool]:
    """Of a message whose digest was withdrawn once sealed, as its return came in before it could leave."""
    u, f = t.turn.c, t.fate.c
    return (u.digest == f.digest) & (u.message == f.message) & (u.reason == "withdrawn") & (u.at <= until)


def _asked(plan: Plan, row: Row[Any]) -> Asked:
    at = row.acknowledged_at
    return Asked(
        row.id, row.kind, row.obligation, from_micros(row.sealed_at, plan.zone),
        None if at is None else from_micros(at, plan.zone), row.by or "",
    )  # fmt: skip


def acknowledge(
    ledger: Ledger, campaign: str, message: str, *, by: str, as_of: datetime | None = None
) -> None:
    """Put on record that a message has reached its unit; once more is as once. Raises NotAllowed for what
    asks for no acknowledgement or has not left."""
    with ledger.write(campaign, as_of=as_of) as w:
        m, a, f = t.message.c, t.acknowledgement.c, t.fate.c
        row = w.conn.execute(
            select(m.recipient, f.digest, a.message.label("known"))
            .outerjoin(t.fate, f.message == m.id)
            .outerjoin(t.acknowledgement, a.message == m.id)
            .outerjoin(t.turn, _taken_back(w.micros))
            .where(t.turn.c.message.is_(None))
            .where(m.id == message, m.campaign == campaign, m.kind.in_(COLOURS), m.verdict == "send")
        ).one_or_none()
        if row is None or row.digest is None:
            raise NotAllowed("nothing-to-acknowledge")
        if row.known is None:
            said = {"message": message, "campaign": campaign, "by": by, "acknowledged_at": w.micros}
            w.record("acknowledgement", campaign, [said])
