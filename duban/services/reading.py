"""What a unit has sent, read back: its versions with what became of them, and each one as it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, select
from sqlalchemy import Row as Record

from duban import calendars
from duban.errors import Problem
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.plan.forms import Form
from duban.registers import Row
from duban.services import campaigns
from duban.services.addresses import Address, owed
from duban.services.contents import FiledFile, content_of, contents_of
from duban.services.copying import COPY, original_of
from duban.services.receipts import Receipt, receipt, receipt_number
from duban.services.watching import standings
from duban.standing import Standing

__all__ = [
    "Filed", "FiledFile", "Verdict", "Version", "content_of", "filed", "filed_before", "receipt_of",
    "versions",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one version, by whom and why."""

    kind: str
    """`return`, `accept`, `withdraw`, `endorse` or `recognise`."""
    at: datetime
    by: str
    reason: str
    until: datetime | None = None
    """return: resubmit before it; exclusive."""
    not_a_report: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a return."""

    version: int
    number: str
    """Of its receipt 回执."""
    received_at: datetime
    recorded_at: datetime
    door: str
    valid: bool
    zero: bool
    file_name: str
    file: str
    """Digest of what was sent."""
    problems: tuple[Problem, ...]
    """Also queries that the unit has answered and notes; of a refused one, its mistakes."""
    counts: bool = False
    """Whether it is the version that totals take."""
    verdicts: tuple[Verdict, ...] = ()
    """In the order they were given."""
    expunged: bool = False
    """Its bytes and texts have been taken out."""

    @property
    def returned(self) -> Verdict | None:
        """The return 退回 that sent it back; None where it was not returned."""
        return next((v for v in reversed(self.verdicts) if v.kind == "return"), None)

    @property
    def accepted(self) -> bool:
        """Whether it is the accepted one, the acceptance not withdrawn since."""
        last = [v.kind for v in self.verdicts if v.kind in ("accept", "withdraw")]
        return last[-1:] == ["accept"]


@dataclass(frozen=True)
class Filed:
    """One version as it was sent."""

    version: Version
    period: str
    plan: Plan
    """The plan under which it was received: its labels are those the unit saw."""
    form: Form | None
    signed: Mapping[str, str]
    """By filler, reviewer, head."""
    values: Mapping[str, Decimal | str]
    """By indicator; a personal answer that was erased since is "", a blank is not there."""
    notes: Mapping[str, str]
    rows: tuple[Row, ...]
    attachments: tuple[FiledFile, ...]
    seq: int
    chain: str
    """The journal's digest with it."""
    size: int = field(default=0)
    """Bytes of the file itself."""


def versions(conn: Connection, plan: Plan, to: Address, now: datetime) -> list[Version]:
    """Every version recorded up to `now` for an obligation, the newest first."""
    s, until = t.submission.c, calendars.to_micros(now)
    rows = conn.execute(
        select(t.submission)
        .where(s.obligation == to.obligation, s.recorded_at <= until)
        .order_by(s.version.desc())
    ).all()
    verdicts, stands = _verdicts(conn, plan, to, until), _standing(conn, plan, to, now)
    gone = _expunged(conn, to.obligation)
    return [
        replace(
            _version(plan, r, gone=r.id in gone), counts=stands is not None and stands.version == r.version,
            verdicts=tuple(verdicts.get(r.version, ())),
        )
        for r in rows
    ]  # fmt: skip


def filed(conn: Connection, plan: Plan, to: Address, version: int) -> Filed | None:
    """One version as it was sent; None when there is no such version. Of a copy 抄送, what the original
    says."""
    row = conn.execute(_one(to, version)).one_or_none()
    if row is None:
        return None
    then = campaigns.versions(conn, to.campaign)[row.plan_version - 1]
    original, duty = _original(conn, then, to, row)
    form = then.form_for(duty, to.unit) if duty in then.duty and to.unit in then.unit else None
    seq, chain = _place(conn, to.campaign, row.id)
    f, gone = t.file.c, bool(_expunged(conn, to.obligation) & {row.id, original})
    values, notes, rows, files = contents_of(conn, form, original)
    return Filed(
        _version(plan, row, gone=gone), to.period, then, form, json.loads(row.signed), values, notes, rows,
        () if gone else files, seq, chain,
        conn.scalar(select(f.size).where(f.digest == row.file)) or 0,
    )  # fmt: skip


def filed_before(conn: Connection, plan: Plan, to: Address, now: datetime) -> Filed | None:
    """What counts of the same unit, duty and subject for the last period before; None for the first."""
    scope, planned = Scope(to.campaign, duty=to.duty, unit=to.unit), owed(plan, to)
    mine = [s for s in standings(conn, plan, scope, now) if s.owed.subject == (to.subject or "")]
    due = next((s.first_due for s in mine if s.owed.key == to.obligation), planned and planned.due_at)
    earlier = [s for s in mine if s.version and due and s.first_due and s.first_due < due]
    if not earlier or earlier[-1].owed.event:
        return None
    last = earlier[-1]
    return filed(conn, plan, replace(to, period=last.owed.period), last.version or 0)


def receipt_of(conn: Connection, plan: Plan, to: Address, version: int) -> Receipt | None:
    """The receipt 回执 of a version, as it was given: by the due time that held then."""
    row = conn.execute(_one(to, version)).one_or_none()
    if row is None:
        return None
    a, recorded = t.attachment.c, plan.local(row.recorded_at)
    # What held just before it came in; an event's terms are as old as its first report.
    before = (_standing(conn, plan, to, at) for at in (recorded - timedelta(microseconds=1), recorded))
    stands = next((s for s in before if s is not None), None)
    gone = row.id in _expunged(conn, to.obligation)
    files = conn.scalars(select(a.name).where(a.submission == row.id).order_by(a.n)).all()
    return receipt(
        plan, to, row._asdict(), _place(conn, to.campaign, row.id), limit=stands.limit if stands else None,
        problems=() if gone else _problems(row.problems), attachments=() if gone else files,
    )  # fmt: skip


def _one(to: Address, version: int) -> Select[Any]:
    return select(t.submission).where(t.submission.c.id == f"{to.obligation}@{version}")


def _version(plan: Plan, row: Record[Any], *, gone: bool) -> Version:
    """Of what was expunged neither the file's name is told nor what was wrong with it, which quotes it."""
    return Version(
        row.version, receipt_number(row.campaign, row.receipt_no), plan.local(row.received_at),
        plan.local(row.recorded_at), row.door, row.valid, row.zero, "" if gone else row.file_name, row.file,
        () if gone else _problems(row.problems), expunged=gone,
    )  # fmt: skip


def _problems(text: str) -> tuple[Problem, ...]:
    return tuple(Problem(**said) for said in json.loads(text))


def _standing(conn: Connection, plan: Plan, to: Address, at: datetime) -> Standing | None:
    return next(iter(standings(conn, plan, Scope(to.campaign, key=to.obligation), at)), None)


def _verdicts(conn: Connection, plan: Plan, to: Address, until: int) -> dict[int, list[Verdict]]:
    d = t.decision.c
    rows = conn.execute(
        select(d.version, d.kind, d.decided_at, d.by, d.reason, d.until, d.not_a_report)
        .where(d.obligation == to.obligation, d.version.is_not(None), d.decided_at <= until)
        .order_by(d.decided_at, d.id)
    )
    found: dict[int, list[Verdict]] = {}
    for version, kind, at, by, reason, limit, not_a_report in rows.tuples():
        resubmit = None if limit is None else plan.local(limit)
        verdict = Verdict(kind, plan.local(at), by, reason, resubmit, not_a_report)
        found.setdefault(version or 0, []).append(verdict)
    return found


def _expunged(conn: Connection, obligation: str) -> set[str]:
    x, s = t.expunged.c, t.submission.c
    mine = select(s.id).where(s.obligation == obligation)
    return set(conn.scalars(select(x.submission).where(x.submission.in_(mine))))


def _original(conn: Connection, plan: Plan, to: Address, row: Record[Any]) -> tuple[str, str]:
    """The submission that holds what a version says, and its duty: itself, or what it is a copy of."""
    duty = plan.duty.get(to.duty)
    if row.door == COPY and duty is not None and duty.copy_of is not None:
        found = original_of(conn, replace(to, duty=duty.copy_of), row)
        if found is not None:
            return found, duty.copy_of
    return str(row.id), to.duty


def _place(conn: Connection, campaign: str, submission: str) -> tuple[int, str]:
    j = t.journal.c
    at = (j.campaign == campaign) & (j.kind == "submission") & (j.ref == submission)
    seq, digest = conn.execute(select(j.seq, j.digest).where(at)).one()
    return seq, digest
