"""The audit trail of one obligation: everything that was sent, decided, asked, witnessed and said on the
telephone about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from duban import calendars
from duban.ledger import tables as t
from duban.plan import Plan
from duban.services.called import calls_made
from duban.services.receipts import receipt_number


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened."""

    at: datetime
    """When it was recorded."""
    kind: str
    """`submission`, `request`, `expunged`, `original`, `sent`, `message`, `call`, or a decision's kind."""
    by: str = ""
    """Who did it; of a submission, the door it came through."""
    reason: str = ""
    """Of a message its kind, of a call its outcome."""
    version: int | None = None
    until: datetime | None = None
    valid: bool = True
    """Of a submission: whether it passed validation."""
    number: str = ""
    """Of a submission: its receipt's number."""
    happened_at: datetime | None = None
    """Where it is told apart from when it was recorded: receipt, paper, sending, call."""
    person: str = ""
    """Of a call: who answered."""
    note: str = ""
    """Of a call: what they said."""


def trail(conn: Connection, plan: Plan, key: str, now: datetime) -> list[Step]:
    """Every step recorded until `now`, in order."""
    until = calendars.to_micros(now)
    steps = [
        *_submissions(conn, plan, key, until), *_decisions(conn, plan, key, until),
        *_requests(conn, plan, key, until), *_evidence(conn, plan, key, until),
        *_messages(conn, plan, key, until), *_expunged(conn, plan, key, until),
        *_calls(conn, plan, key, now),
    ]  # fmt: skip
    return sorted(steps, key=lambda step: step.at)


def _rows(conn: Connection, table: Any, key: str, recorded: str, until: int) -> list[Any]:
    at = table.c[recorded]
    wanted = select(table).where(table.c.obligation == key, at <= until).order_by(at, table.c.id)
    return list(conn.execute(wanted))


def _submissions(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    return [
        Step(
            plan.local(r.recorded_at), "submission", r.door, version=r.version, valid=r.valid,
            number=receipt_number(plan.slug, r.receipt_no), happened_at=plan.local(r.received_at),
        )
        for r in _rows(conn, t.submission, key, "recorded_at", until)
    ]  # fmt: skip


def _decisions(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    return [
        Step(
            plan.local(r.decided_at), r.kind, r.by, r.reason, r.version,
            None if r.until is None else plan.local(r.until),
        )
        for r in _rows(conn, t.decision, key, "decided_at", until)
    ]  # fmt: skip


def _requests(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    return [
        Step(plan.local(r.requested_at), "request", r.by, r.reason, until=plan.local(r.until))
        for r in _rows(conn, t.request, key, "requested_at", until)
    ]


def _evidence(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    return [
        Step(plan.local(r.recorded_at), r.kind, r.by, r.note, happened_at=plan.local(r.happened_at))
        for r in _rows(conn, t.evidence, key, "recorded_at", until)
    ]


def _messages(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    return [
        Step(plan.local(r.decided_at), "message", reason=r.kind, valid=r.verdict == "send")
        for r in _rows(conn, t.message, key, "decided_at", until)
    ]


def _expunged(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    x, s = t.expunged.c, t.submission.c
    rows = conn.execute(
        select(t.expunged, s.version)
        .join(t.submission, s.id == x.submission)
        .where(s.obligation == key, x.recorded_at <= until)
    )
    return [Step(plan.local(r.recorded_at), "expunged", r.by, r.reason, r.version) for r in rows]


def _calls(conn: Connection, plan: Plan, key: str, now: datetime) -> list[Step]:
    return [
        Step(
            x.recorded_at, "call", x.by, x.outcome, until=x.until, happened_at=x.called_at, person=x.person,
            note=x.note,
        )
        for x in calls_made(conn, plan, now, about=key)
    ]  # fmt: skip
