"""Copies 抄送 of returns: what a unit reports for one duty meets its duties that are a copy of it, and is
returned there too when it is returned here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, func, select

from duban.agenda import Obligation
from duban.ledger import Writer, journal
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services import storing
from duban.services.addresses import Address, copied
from duban.services.booking import Book
from duban.services.watching import standings
from duban.standing import Standing

COPY = "copy"
"""The door of a submission that another one has made."""


def copy_return(book: Book, to: Address, row: Mapping[str, Any]) -> None:
    """The same return meets every duty of the unit that is a copy of this one, for the same period."""
    for other in copied(book.plan, to):
        _copy(book, other, row)


def copy_where_lacking(book: Book, to: Address, row: Mapping[str, Any]) -> None:
    """The same for copies that nothing has met: returned by hand, or wanted only since."""
    for other in copied(book.plan, to):
        if _is_lacking(book.standing(other.obligation)):
            _copy(book, other, row)


def copy_what_is_here(w: Writer, plan: Plan, planned: Iterable[Obligation]) -> None:
    """Obligations that an amendment adds as copies are met by what came in before."""
    addresses = [Address(x.campaign, x.unit, x.duty, x.period or "", x.subject) for x in planned]
    pairs = [(to, replace(to, duty=d)) for to in addresses if (d := plan.duty[to.duty].copy_of) is not None]
    book = Book(w, plan)
    book.read(to.obligation for pair in pairs for to in pair)
    for to, original in pairs:
        stands = book.standing(original.obligation)
        if stands is not None and stands.met and _is_lacking(book.standing(to.obligation)):
            _copy(book, to, book.booked(f"{stands.owed.key}@{stands.version}").row)
    book.close()


def return_copies(w: Writer, plan: Plan, to: Address, ruling: Mapping[str, Any]) -> None:
    """A return of the original is one of its copies: they are met again when it is answered."""
    for other in copied(plan, to):
        stands = _standing(w, plan, other)
        if stands is None or stands.version is None or stands.accepted is not None:
            continue
        counting = f"{other.obligation}@{stands.version}"
        if counting in copies_of(w.conn, other, to, f"{to.obligation}@{ruling['version']}"):
            record_ruling(w, other, dict(ruling) | {"version": stands.version})


def copies_of(conn: Connection, copy: Address, of: Address, submission: str) -> list[str]:
    """The versions for one address that a version for another has made, at once or when a copy was lacking;
    what the unit has sent for it itself is nobody's copy."""
    mine = (t.submission.c.obligation == copy.obligation) & (t.submission.c.door == COPY)
    rows = conn.execute(select(t.submission).where(mine)).all()
    return [row.id for row in rows if original_of(conn, of, row) == submission]


def original_of(conn: Connection, of: Address, row: Row[Any]) -> str | None:
    """Which version for an address a copy was made of: the last one then with the same file."""
    s = t.submission.c
    same = (s.obligation == of.obligation) & (s.file == row.file) & (s.recorded_at <= row.recorded_at)
    return conn.scalar(select(s.id).where(same, s.valid).order_by(s.version.desc()).limit(1))


def record_ruling(w: Writer, to: Address, ruling: Mapping[str, Any]) -> str:
    """A decision about an obligation takes its place in the journal, with its number. Returns its id."""
    count = w.conn.scalar(select(func.count()).where(t.decision.c.obligation == to.obligation)) or 0
    named = {"id": f"{to.obligation}#{count + 1:03d}", "campaign": to.campaign, "obligation": to.obligation}
    w.record("decision", to.campaign, [{**ruling, **named, "decided_at": w.micros}])
    return named["id"]


def _is_lacking(stands: Standing | None) -> bool:
    return stands is None or stands.came_in in ("nothing", "returned")


def _standing(w: Writer, plan: Plan, to: Address) -> Standing | None:
    return next(iter(standings(w.conn, plan, Scope(to.campaign, key=to.obligation), w.at)), None)


def _copy(book: Book, to: Address, row: Mapping[str, Any]) -> None:
    book.make_owed(to)
    empty = {"cells_digest": storing.Contents().digest, "problems": journal.canonical([])}
    book.enter(to, {**row, **empty, "door": COPY})
