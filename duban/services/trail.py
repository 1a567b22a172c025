"""The audit trail of one obligation: everything that was sent, decided, asked, witnessed and said on the
telephone about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from duban import calendars
from duban.ledger import tables as t
from duban.plan import Plan
from duban.services.called import calls_made
from duban.services.receipts import receipt_number

CHUNK = 500
"""Obligations looked up by one statement."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened."""

    at: datetime
    """When it was recorded."""
    kind: str
    """`submission`, `request`, `expunged`, `original`, `sent`, `message`, `call`, `proposed`, `approved`,
    `not-approved`, `acknowledged`, or a decision's kind."""
    by: str = ""
    """Who did it; of a submission, the door it came through."""
    reason: str = ""
    """Of a message, and of what is about one, its kind; of a call its outcome, of a submission how an officer
    says that it came."""
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
    """Of a call: what they said; of an answer to a proposal: why."""


def trail(conn: Connection, plan: Plan, key: str, now: datetime) -> list[Step]:
    """Every step recorded until `now`, in order."""
    until = calendars.to_micros(now)
    steps = [
        *_submissions(conn, plan, key, until), *_decisions(conn, plan, key, until),
        *_requests(conn, plan, key, until), *_evidence(conn, plan, key, until),
        *_proposals(conn, plan, key, until), *_messages(conn, plan, key, until),
        *_expunged(conn, plan, key, until), *_calls(conn, plan, key, now),
        *_acknowledged(conn, plan, key, until),
    ]  # fmt: skip
    return sorted(steps, key=lambda step: step.at)


def _rows(conn: Connection, table: Any, key: str, recorded: str, until: int) -> list[Any]:
    at = table.c[recorded]
    wanted = select(table).where(table.c.obligation == key, at <= until).order_by(at, table.c.id)
    return list(conn.execute(wanted))


def _submissions(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    return [
        Step(
            plan.local(r.recorded_at), "submission", r.door, _stated(conn, plan, number), r.version,
            valid=r.valid, number=number, happened_at=plan.local(r.received_at),
        )
        for r in _rows(conn, t.submission, key, "recorded_at", until)
        for number in (receipt_number(plan.slug, r.receipt_no),)
    ]  # fmt: skip


def _stated(conn: Connection, plan: Plan, number: str) -> str:
    """What an officer said of a return that they put in for its unit, and who it was."""
    a = t.act.c
    about = a.about.startswith(f"{number} ", autoescape=True)
    said = (a.campaign == plan.slug) & (a.kind == "received-for") & about
    act = conn.execute(select(a.about, a.by).where(said)).first()
    return f"{act.about.removeprefix(number).strip()}（{act.by}）" if act else ""


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


def said_about(conn: Connection, plan: Plan, keys: Sequence[str], now: datetime) -> dict[str, list[Step]]:
    """What was said about each of several obligations, in order; each thing once, whoever heard it."""
    m, found = t.message.c, dict[str, dict[tuple[object, ...], Step]]()
    until = calendars.to_micros(now)
    for start in range(0, len(keys), CHUNK):
        mine = m.obligation.in_(keys[start : start + CHUNK])
        rows = conn.execute(
            select(m.obligation, m.kind, m.decided_at)
            .where(mine, m.verdict == "send", m.decided_at <= until)
            .order_by(m.decided_at, m.id)
        )
        for r in rows:
            step = Step(plan.local(r.decided_at), "message", reason=r.kind)
            found.setdefault(r.obligation, {}).setdefault((r.kind, r.decided_at), step)
    return {key: list(steps.values()) for key, steps in found.items()}


def _messages(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    return [
        Step(plan.local(r.decided_at), "message", reason=r.kind, valid=r.verdict == "send")
        for r in _rows(conn, t.message, key, "decided_at", until)
    ]


def _proposals(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    """What was laid before a person, and how they answered."""
    steps = [
        Step(plan.local(r.proposed_at), "proposed", r.by, r.kind)
        for r in _rows(conn, t.proposal, key, "proposed_at", until)
    ]
    a, p = t.approval.c, t.proposal.c
    answers = conn.execute(
        select(t.approval, p.kind)
        .join(t.proposal, p.id == a.proposal)
        .where(p.obligation == key, a.approved_at <= until)
    )
    for r in answers:
        verdict = "approved" if r.verdict == "approve" else "not-approved"
        steps.append(Step(plan.local(r.approved_at), verdict, r.by, r.kind, note=r.reason))
    return steps


def _acknowledged(conn: Connection, plan: Plan, key: str, until: int) -> list[Step]:
    a, m = t.acknowledgement.c, t.message.c
    rows = conn.execute(
        select(t.acknowledgement, m.kind)
        .join(t.message, m.id == a.message)
        .where(m.obligation == key, a.acknowledged_at <= until)
    )
    return [Step(plan.local(r.acknowledged_at), "acknowledged", r.by, r.kind) for r in rows]


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
