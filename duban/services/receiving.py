"""Receiving a submission: read, validate, store, answer with a receipt. Every door ends here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row as Record
from sqlalchemy import select

from duban import calendars
from duban.debtors import attachments_of
from duban.errors import BadInput, Problem, SubmissionInvalid
from duban.intake.attachments import Attached, attachment_problems, names, sound
from duban.intake.file_kinds import plain_name
from duban.intake.submission import Parsed, read_submission
from duban.ledger import Ledger, Writer, journal
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.plan.duties import Attachment
from duban.registers import Row
from duban.services import storing
from duban.services.addresses import Address, check_address, check_owed, resolved
from duban.services.campaigns import deployed_plan
from duban.services.carrying import carried_rows
from duban.services.copying import copy_return, copy_where_lacking, make_owed, record_submission
from duban.services.liaisons import name_liaisons, people
from duban.services.receipts import Receipt, late_by, receipt, receipt_number, repeated_receipt
from duban.services.watching import standings

__all__ = [
    "Address", "Attached", "Receipt", "check_address", "late_by", "receipt_number", "receive", "resolved",
]  # fmt: skip

LIST = "attachments.json"
"""What the file is called that stands for a return of attachments alone: the list of them."""


@dataclass(frozen=True, slots=True)
class _Return:
    """What came in for an obligation, read and checked."""

    to: Address
    data: bytes
    file_name: str
    parsed: Parsed
    problems: tuple[Problem, ...]
    attached: tuple[Attached, ...]
    door: str
    received_at: datetime
    salt: storing.Salt


def receive(
    ledger: Ledger,
    to: Address,
    data: bytes | None,
    file_name: str = "",
    *,
    door: str,
    attachments: Sequence[Attached] = (),
    received_at: datetime | None = None,
    as_of: datetime | None = None,
) -> Receipt:
    """Take one return for one obligation: its form, or nothing where a duty has none, and the files that
    belong to it. A bad return is stored as a refused submission, its receipt listing every mistake.
    Raises BadInput when there is no such obligation, or for a future time.

    `received_at` decides timeliness; without it the file was received now.
    """
    while True:
        with ledger.read() as conn:
            plan = deployed_plan(conn, to.campaign)
            named = resolved(plan, to)
            now = ledger.now(as_of)
            check_owed(conn, plan, named, now)
            carried = carried_rows(conn, plan, named, now)
        content, name, files = _alone(plan, named, data, plain_name(file_name), attachments)
        parsed, problems = _read(plan, named, content, name, files, carried)
        kept = sound(_wanted(plan, named), files)
        with ledger.write(to.campaign, as_of=as_of) as w:
            if deployed_plan(w.conn, to.campaign) is not plan:
                continue  # amended since it was read
            received = received_at or min(w.clock_at, w.at)
            if received > w.clock_at:
                raise BadInput("received-in-future", received_at=received.isoformat())
            salt = storing.salt_of(ledger)
            sent = _Return(named, content, name, parsed, problems, kept, door, received, salt)
            return _store(w, plan, _discreet(plan, sent))


def _discreet(plan: Plan, sent: _Return) -> _Return:
    """Files with personal answers are not put on record by names that may tell whose they are."""
    form = plan.form_for(sent.to.duty, sent.to.unit)
    if form is None or not form.is_personal:
        return sent
    files = (replace(f, file_name=storing.neutral_name(f.id, f.file_name)) for f in sent.attached)
    name = storing.neutral_name(sent.to.duty, sent.file_name)
    return replace(sent, file_name=name, attached=tuple(files))


def _wanted(plan: Plan, to: Address) -> tuple[Attachment, ...]:
    return attachments_of(plan, plan.duty[to.duty], plan.unit[to.unit])


def _alone(
    plan: Plan, to: Address, data: bytes | None, file_name: str, attachments: Sequence[Attached]
) -> tuple[bytes, str, Sequence[Attached]]:
    """A duty without a form is answered by files alone; a single kind of file needs not be named."""
    if plan.duty[to.duty].form is not None:
        return data or b"", file_name, attachments
    if data:
        wanted = _wanted(plan, to)
        if len(wanted) != 1:
            problem = Problem("attachments-only", file_name, params={"known": names(wanted)})
            raise BadInput("bad-address", (problem,), count=1)
        attachments = [Attached(wanted[0].id, file_name, data), *attachments]
    listed = [[f.id, f.name, storing.digest_of(f.data)] for f in attachments]
    return journal.canonical(listed).encode(), LIST, attachments


def _read(
    plan: Plan, to: Address, data: bytes, file_name: str, attachments: Sequence[Attached],
    carried: Sequence[Row],
) -> tuple[Parsed, tuple[Problem, ...]]:  # fmt: skip
    """What a return says, and everything wrong with its form and files."""
    parsed = Parsed(zero=False, cells={}, texts={}, signed={}, form_version=0)
    problems = attachment_problems(_wanted(plan, to), attachments)
    if plan.duty[to.duty].form is None:
        return parsed, tuple(problems if attachments or problems else [Problem("file-empty")])
    try:
        found = read_submission(
            data, file_name, plan=plan, duty=to.duty, unit=to.unit, period=to.period, subject=to.subject,
            carried=carried,
        )  # fmt: skip
    except SubmissionInvalid as error:
        return parsed, (*error.problems, *problems)
    return (parsed if problems else found), tuple(problems)


def _store(w: Writer, plan: Plan, sent: _Return) -> Receipt:
    key, form = sent.to.obligation, plan.form_for(sent.to.duty, sent.to.unit)
    make_owed(w, plan, sent.to)
    found = standings(w.conn, plan, Scope(sent.to.campaign, key=key), w.at)
    stands = found[0] if found else None  # without a due time it does not stand before its first report
    last = _last(w, key)
    if last and stands and _is_same(w, sent, last) and (not last.valid or stands.version == last.version):
        if last.valid:
            copy_where_lacking(w, plan, sent.to, _row(sent, storing.Contents().digest))
        return repeated_receipt(w, plan, sent.to, last.id, stands, sent.problems)
    version = last.version + 1 if last else 1
    held = storing.contents(f"{key}@{version}", form, sent.parsed, sent.attached, sent.salt)
    storing.keep_files(w, sent.data, sent.attached, personal=form is not None and form.is_personal)
    problems = storing.without_personal(sent.problems, form)
    row = record_submission(w, sent.to, _row(sent, held.digest, problems))
    storing.keep_contents(w, row["id"], held)
    if form and form.fills and row["valid"]:
        name_liaisons(w, plan, sent.to.unit, row["id"], people(form, sent.parsed))
    head = w.heads[sent.to.campaign]
    if row["valid"]:
        copy_return(w, plan, sent.to, row)
    return receipt(
        plan, sent.to, row, (head.seq, head.digest), limit=stands.limit if stands else None,
        problems=sent.problems, attachments=[f.name for f in sent.attached],
    )  # fmt: skip


def _last(w: Writer, key: str) -> Record[Any] | None:
    s = t.submission.c
    wanted = select(s.version, s.file, s.id, s.valid).where(s.obligation == key)
    return w.conn.execute(wanted.order_by(s.version.desc())).first()


def _is_same(w: Writer, sent: _Return, last: Record[Any]) -> bool:
    """Whether the last version is what was sent now. A file that was returned, or that a mended plan now
    reads otherwise, is a new version of itself."""
    a = t.attachment.c
    files = w.conn.execute(select(a.id, a.name, a.file).where(a.submission == last.id).order_by(a.n)).all()
    same = [tuple(r) for r in files] == [(f.id, f.name, storing.digest_of(f.data)) for f in sent.attached]
    return same and last.file == storing.digest_of(sent.data) and last.valid == (not sent.problems)


def _row(sent: _Return, cells_digest: str, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """What a submission says of itself, whichever obligation it is for."""
    return {
        "valid": not problems, "zero": sent.parsed.zero,
        "received_at": calendars.to_micros(sent.received_at), "door": sent.door,
        "file": storing.digest_of(sent.data), "file_name": sent.file_name,
        "signed": journal.canonical(sent.parsed.signed),
        "problems": journal.canonical([asdict(p) for p in problems]), "cells_digest": cells_digest,
    }  # fmt: skip
