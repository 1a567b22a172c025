"""Receiving a submission: read, validate, store, answer with a receipt. Every door ends here."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from duban import agenda, calendars
from duban.errors import BadInput, Problem, SubmissionInvalid
from duban.intake.submission import Parsed, read_submission
from duban.ledger import Ledger, Writer, insert_once, journal
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.plan.model import Event, Monthly
from duban.services.campaigns import deployed_plan
from duban.services.deploying import obligation_row
from duban.services.watching import standings
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class Address:
    """What a submission answers."""

    campaign: str
    unit: str
    duty: str
    period: str
    subject: str | None = None

    @property
    def obligation(self) -> str:
        """The obligation's key."""
        return agenda.obligation_key(self.campaign, self.duty, self.unit, self.period, self.subject)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt 回执: what was stored, and its place in the journal."""

    number: str
    campaign: str
    unit: str
    duty: str
    period: str
    version: int
    valid: bool
    zero: bool
    received_at: datetime
    due_at: datetime | None
    seq: int
    chain: str
    """The journal's digest with this submission in it; the next receipt's chains to it."""
    problems: tuple[Problem, ...] = ()
    repeated: bool = False
    """The same file had been stored already; this is its receipt."""


def receive(
    ledger: Ledger,
    to: Address,
    data: bytes,
    file_name: str,
    *,
    door: str,
    received_at: datetime | None = None,
    as_of: datetime | None = None,
) -> Receipt:
    """Take one file for one obligation. A bad file is stored as a refused submission, its receipt
    listing every mistake. Raises BadInput when there is no such obligation, or for a future time.

    `received_at` decides timeliness; without it the file was received now.
    """
    with ledger.read() as conn:
        plan = deployed_plan(conn, to.campaign)
    check_address(plan, to)
    problems: tuple[Problem, ...] = ()
    parsed = Parsed(zero=False, cells={}, texts={}, signed={}, form_version=0)
    try:
        parsed = read_submission(data, file_name, plan=plan, duty=to.duty, unit=to.unit, period=to.period)
    except SubmissionInvalid as error:
        problems = error.problems
    with ledger.write(to.campaign, as_of=as_of) as w:
        received = received_at or min(w.clock_at, w.at)
        if received > w.clock_at:
            raise BadInput("received-in-future", received_at=received.isoformat())
        stored = _store(w, plan, to, data, file_name, parsed, problems, door, received)
    return stored


def check_address(plan: Plan, to: Address) -> None:
    """Raises BadInput with every part of the address that names nothing owed."""
    problems = []
    duty, unit = plan.duty.get(to.duty), plan.unit.get(to.unit)
    if duty is None:
        problems.append(Problem("unknown-duty", key="duty", value=to.duty, params={"known": list(plan.duty)}))
    elif duty.form is None:
        problems.append(Problem("duty-has-no-form", key="duty", value=to.duty))
    if unit is None:
        known = [u.id for u in plan.members(duty.by)] if duty else list(plan.unit)
        problems.append(Problem("unknown-unit", key="unit", value=to.unit, params={"known": known}))
    elif duty and duty.by not in unit.groups:
        problems.append(Problem("unit-does-not-owe", key="unit", value=unit.name, params={"duty": duty.name}))
    if duty and isinstance(duty.rhythm, Event):
        problems += _event_period(plan, to)
    elif duty and isinstance(duty.rhythm, Monthly):
        if to.subject:
            problems.append(Problem("subject-not-wanted", key="subject", value=to.subject))
        known = list(calendars.months(duty.rhythm.first, duty.rhythm.last))
        if to.period not in known:
            problems.append(Problem("unknown-period", key="period", value=to.period, params={"known": known}))
    if problems:
        raise BadInput("bad-address", tuple(problems), count=len(problems))


def _event_period(plan: Plan, to: Address) -> list[Problem]:
    """An event's period is the day it happened."""
    span = f"{plan.file.start.date} … {plan.file.end.date}"
    try:
        day = date.fromisoformat(to.period)
    except ValueError:
        return [Problem("bad-event-day", key="period", value=to.period, params={"span": span})]
    # One spelling for one day, or it would be several obligations.
    if day.isoformat() != to.period or not plan.file.start.date <= day <= plan.file.end.date:
        return [Problem("bad-event-day", key="period", value=to.period, params={"span": span})]
    return []


def _store(
    w: Writer,
    plan: Plan,
    to: Address,
    data: bytes,
    file_name: str,
    parsed: Parsed,
    problems: tuple[Problem, ...],
    door: str,
    received_at: datetime,
) -> Receipt:
    key = to.obligation
    _ensure_event(w, plan, to)
    s = t.submission.c
    digest = hashlib.sha256(data).hexdigest()
    last = w.conn.execute(
        select(s.version, s.file, s.id, s.valid).where(s.obligation == key).order_by(s.version.desc())
    ).first()
    found = standings(w.conn, plan, Scope(to.campaign, key=key), w.at)
    stands = found[0] if found else None  # an event reported for the first time does not stand yet
    same = last is not None and last.file == digest and last.valid == (not problems)
    # A file that was returned, or that a mended plan now reads otherwise, is a new version of itself.
    if last and stands and same and (not last.valid or stands.version == last.version):
        return _repeated(w, plan, last.id, stands, problems)
    insert_once(w.conn, t.file, {"digest": digest, "size": len(data), "content": data})
    version = last.version + 1 if last else 1
    number = (w.conn.scalar(select(func.max(s.receipt_no)).where(s.campaign == to.campaign)) or 0) + 1
    received = calendars.to_micros(received_at)
    row = {
        "id": f"{key}@{version}", "campaign": to.campaign, "receipt_no": number, "obligation": key,
        "version": version, "valid": not problems, "zero": parsed.zero, "received_at": received,
        "recorded_at": w.micros, "door": door, "file": digest, "file_name": file_name,
        "signed": journal.canonical(parsed.signed),
        "problems": journal.canonical([asdict(p) for p in problems]),
        "cells_digest": journal.cells_digest(parsed.cells, parsed.texts),
        "plan_version": _plan_version(w, to.campaign),
    }  # fmt: skip
    w.record("submission", to.campaign, [row])
    cells = [
        {"submission": row["id"], "indicator": c, "value": v, "text": None} for c, v in parsed.cells.items()
    ]
    cells += [
        {"submission": row["id"], "indicator": c, "value": None, "text": v} for c, v in parsed.texts.items()
    ]
    if cells:
        w.conn.execute(t.cell.insert(), cells)
    head = w.heads[to.campaign]
    return Receipt(
        receipt_number(to.campaign, number), to.campaign, to.unit, to.duty, to.period, version, not problems,
        parsed.zero, plan.local(received), stands.limit if stands else None, head.seq, head.digest, problems,
    )  # fmt: skip


def _ensure_event(w: Writer, plan: Plan, to: Address) -> None:
    """An event makes its own obligation when it is first reported."""
    if not isinstance(plan.duty[to.duty].rhythm, Event):
        return
    if w.conn.scalar(select(t.obligation.c.id).where(t.obligation.c.id == to.obligation)):
        return
    day = date.fromisoformat(to.period)
    phases = tuple(p.id for p in agenda.phases_of(plan, (day, day)))
    opens_at = calendars.at_local(day, time(), plan.zone)
    made = agenda.Obligation(
        to.campaign, phases, to.duty, to.unit, to.period, (day, day), opens_at, None, None, (), to.subject
    )
    w.conn.execute(t.obligation.insert(), obligation_row(made, 0))


def _plan_version(w: Writer, campaign: str) -> int:
    p = t.plan_version.c
    return w.conn.scalar(select(func.max(p.version)).where(p.campaign == campaign)) or 1


def _repeated(
    w: Writer, plan: Plan, submission: str, stands: Standing, problems: tuple[Problem, ...]
) -> Receipt:
    """The receipt of a file that is here already: sending it twice is sending it once."""
    s, j = t.submission.c, t.journal.c
    row = w.conn.execute(select(t.submission).where(s.id == submission)).one()
    entry = w.conn.execute(
        select(j.seq, j.digest).where(j.campaign == row.campaign, j.kind == "submission", j.ref == submission)
    ).one()
    owed = stands.owed
    return Receipt(
        receipt_number(row.campaign, row.receipt_no), row.campaign, owed.unit, owed.duty, owed.period,
        row.version, row.valid, row.zero, plan.local(row.received_at), stands.limit, entry.seq, entry.digest,
        problems, repeated=True,
    )  # fmt: skip


def receipt_number(campaign: str, number: int) -> str:
    """`haian-2018-000012`."""
    return f"{campaign}-{number:06d}"


def late_by(receipt: Receipt) -> timedelta:
    """How long after its due time a submission came; zero when it was on time."""
    if receipt.due_at is None or receipt.received_at < receipt.due_at:
        return timedelta()
    return receipt.received_at - receipt.due_at
