"""Receiving submissions: read, validate, store, answer with a receipt. Every door ends here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from duban import calendars
from duban.errors import BadInput, Problem
from duban.intake.attachments import Attached
from duban.ledger import Ledger, Writer, journal
from duban.plan import Plan
from duban.services import storing
from duban.services.acting import record_act
from duban.services.addresses import Address, check_address, copied, resolved
from duban.services.arriving import Arrival, Sent, Stated, expect, fitting, read_all, wanted_files
from duban.services.booking import Book, Last
from duban.services.campaigns import deployed_plan
from duban.services.copying import copy_return, copy_where_lacking
from duban.services.liaisons import name_liaisons, people
from duban.services.receipting import tell_receipts
from duban.services.receipts import Receipt, late_by, receipt, receipt_number

__all__ = [
    "Address", "Arrival", "Attached", "Outcome", "Receipt", "Stated", "check_address", "late_by",
    "receipt_number", "receive", "receive_many", "resolved", "wanted_files",
]  # fmt: skip

Outcome = Receipt | Exception
"""What became of an arrival: its receipt; BadInput when it answers nothing owed, or is of a future time;
any other error that kept this one out and no other."""


def receive(
    ledger: Ledger,
    to: Address,
    data: bytes | None,
    file_name: str = "",
    *,
    door: str,
    attachments: Sequence[Attached] = (),
    received_at: datetime | None = None,
    stated: Stated | None = None,
    as_of: datetime | None = None,
) -> Receipt:
    """Take one return for one obligation: its form, or nothing where a duty has none, and the files that
    belong to it. A bad return is stored as a refused submission, its receipt listing every mistake.
    Raises BadInput when there is no such obligation, or for a future time.

    `received_at` decides timeliness; without it the file was received now. What an officer has `stated`
    about a return that counts goes on record together with it.
    """
    arrival = Arrival(to, data, file_name, attachments, received_at, stated, door=door)
    (outcome,) = receive_many(ledger, [arrival], as_of=as_of)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def receive_many(
    ledger: Ledger, arrivals: Sequence[Arrival], *, as_of: datetime | None = None
) -> list[Outcome]:
    """Take returns as if one after another, each judged by itself, in few transactions. Every receipt of
    the answer is stored when it comes, whatever became of the others."""
    outcomes: dict[int, Outcome] = {}
    for campaign in dict.fromkeys(a.to.campaign for a in arrivals):
        mine = [n for n, a in enumerate(arrivals) if a.to.campaign == campaign]
        while mine:
            found = _take(ledger, [arrivals[n] for n in mine], as_of)
            outcomes |= zip(mine, found, strict=False)
            mine = mine[len(found) :]
    return [outcomes[n] for n in range(len(arrivals))]


def _take(ledger: Ledger, arrivals: Sequence[Arrival], as_of: datetime | None) -> list[Outcome]:
    """The first of a campaign's arrivals: those that can be taken together, else one by one."""
    some = fitting(arrivals)
    try:
        return _take_together(ledger, some, as_of)
    except Exception as error:  # whatever it is, it may be the fault of one of them
        if len(some) == 1:
            return [error]
    return [outcome for one in some for outcome in _take(ledger, [one], as_of)]


def _take_together(ledger: Ledger, arrivals: Sequence[Arrival], as_of: datetime | None) -> list[Outcome]:
    """As many of the first as can be read before one of them is stored."""
    campaign = arrivals[0].to.campaign
    while True:
        with ledger.read() as conn:
            plan = deployed_plan(conn, campaign)
            expected = expect(conn, plan, arrivals, ledger.now(as_of))
        found = read_all(plan, expected)
        hopeless = [x for x in found if isinstance(x, BadInput)]
        if len(hopeless) == len(found):
            return list(hopeless)
        with ledger.write(campaign, as_of=as_of) as w:
            if deployed_plan(w.conn, campaign) is plan:
                return _store_all(w, plan, found, storing.salt_of(ledger))
        # amended since they were read


def _store_all(w: Writer, plan: Plan, found: Sequence[Sent | BadInput], salt: storing.Salt) -> list[Outcome]:
    book = Book(w, plan)
    book.read(a.obligation for x in found if isinstance(x, Sent) for a in (x.to, *copied(plan, x.to)))
    outcomes = [x if isinstance(x, BadInput) else _store(book, x, salt) for x in found]
    book.close()
    taken = [
        (sent, outcome)
        for sent, outcome in zip(found, outcomes, strict=True)
        if isinstance(sent, Sent) and isinstance(outcome, Receipt) and not outcome.repeated
    ]
    for sent, outcome in taken:
        _name_liaisons(w, plan, sent, outcome)
    tell_receipts(w, plan, taken)
    return outcomes


def _store(book: Book, sent: Sent, salt: storing.Salt) -> Outcome:
    w, plan, to, arrival = book.w, book.plan, sent.to, sent.arrival
    received = arrival.received_at or min(w.clock_at, w.at)
    if received > w.clock_at:
        return BadInput("received-in-future", received_at=received.isoformat())
    book.make_owed(to)
    stands, last = book.standing(to.obligation), book.last(to.obligation)
    limit = stands.limit if stands else None  # without a due time it stands from its first report on
    if last and stands and _is_same(book, sent, last) and not book.is_returned(to.obligation, last.version):
        if last.valid:
            copy_where_lacking(book, to, _row(sent, received, storing.Contents().digest))
        row, place, files = book.booked(last.id)
        return receipt(plan, to, row, place, limit=limit, problems=sent.problems, attachments=files,
                       repeated=True)  # fmt: skip
    form, version = plan.form_for(to.duty, to.unit), last.version + 1 if last else 1
    held = storing.contents(f"{to.obligation}@{version}", form, sent.parsed, sent.attached, salt)
    book.keep((sent.data, *(f.data for f in sent.attached)), personal=form is not None and form.is_personal)
    problems = storing.without_personal(sent.problems, form)
    names = [f.name for f in sent.attached]
    row, place, _ = book.enter(to, _row(sent, received, held.digest, problems), held, names)
    if sent.valid:
        copy_return(book, to, row)
        _put_on_record(w, plan, sent, row["receipt_no"])
    return receipt(plan, to, row, place, limit=limit, problems=sent.problems, attachments=names)


def _put_on_record(w: Writer, plan: Plan, sent: Sent, number: int) -> None:
    """Who of the bureau put a return in for a unit, and how it had come."""
    stated = sent.arrival.stated
    if stated is not None:
        about = f"{receipt_number(plan.slug, number)} {stated.how}"
        record_act(w, plan.slug, "received-for", about, stated.by)


def _name_liaisons(w: Writer, plan: Plan, sent: Sent, stored: Receipt) -> None:
    form = plan.form_for(sent.to.duty, sent.to.unit)
    if form and form.fills and stored.valid:
        submission = f"{sent.to.obligation}@{stored.version}"
        name_liaisons(w, plan, sent.to.unit, submission, people(form, sent.parsed))


def _is_same(book: Book, sent: Sent, last: Last) -> bool:
    """Whether the last version is what was sent now. A file that was returned, or that a mended plan now
    reads otherwise, is a new version of itself."""
    if last.file != storing.digest_of(sent.data) or last.valid != sent.valid:
        return False
    return book.attachments(last.id) == [(f.id, f.name, storing.digest_of(f.data)) for f in sent.attached]


def _row(
    sent: Sent, received: datetime, cells_digest: str, problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """What a submission says of itself, whichever obligation it is for."""
    return {
        "valid": sent.valid, "zero": sent.parsed.zero,
        "received_at": calendars.to_micros(received), "door": sent.arrival.door,
        "file": storing.digest_of(sent.data), "file_name": sent.file_name,
        "signed": journal.canonical(sent.parsed.signed),
        "problems": journal.canonical([asdict(p) for p in problems]), "cells_digest": cells_digest,
    }  # fmt: skip
