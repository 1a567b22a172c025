"""A form filled in and not yet sent, as its JSON document with its files; shared by the people of a unit.

Drafts are working state: gone once sent, erasable at any time, and never part of a figure.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from duban import calendars
from duban.errors import BadInput, NotAllowed, Problem
from duban.intake.attachments import MOST, TOGETHER, Attached
from duban.ledger import Ledger, Writer, insert_once, journal
from duban.ledger import admission as t
from duban.plan import Plan
from duban.services.addresses import Address
from duban.services.arriving import Arrival, expect, read_all
from duban.services.campaigns import deployed_plan

FILES = 3 * TOGETHER
"""Bytes of files that may lie with all drafts of a unit."""
ALL = 4 * TOGETHER
"""Bytes of all drafts of a unit; what is typed has room where files have none."""


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file that lies with a draft."""

    n: int
    id: str
    """The plan's name for what it is."""
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class SavedForm:
    """A draft as it was last saved."""

    document: Mapping[str, Any]
    """As `intake/document.py` reads it, and whatever else a page wants to keep."""
    by: str
    at: datetime
    mark: int
    """Which saving this was: whoever saves next names the one they began with."""
    files: tuple[SavedFile, ...] = ()


def saved_form(conn: Connection, plan: Plan, to: Address) -> SavedForm | None:
    """The draft for an obligation; None where there is none."""
    f = t.saved_form.c
    row = conn.execute(select(t.saved_form).where(f.obligation == to.obligation)).one_or_none()
    if row is None:
        return None
    files = _files(conn, to.obligation)
    return SavedForm(json.loads(row.content), row.saved_by, plan.local(row.saved_at), row.saved_at, files)


def saved_files(conn: Connection, to: Address) -> tuple[Attached, ...]:
    """The files that lie with a draft, with what is in them, in the order they came."""
    f = t.saved_file.c
    rows = conn.execute(
        select(f.id, f.name, f.content).where(f.obligation == to.obligation).order_by(f.n)
    ).tuples()
    return tuple(Attached(id_, name, bytes(content)) for id_, name, content in rows)


def save_form(
    ledger: Ledger,
    to: Address,
    document: Mapping[str, Any] | None,
    *,
    by: str,
    files: Sequence[Attached] = (),
    dropped: Collection[int] = (),
    began: int | None = None,
    as_of: datetime | None = None,
) -> SavedForm:
    """Save a draft, add files to it and drop some; without a document only the files change. `began` is
    the mark of the saving that the page began with, 0 for none; without it the last one wins.

    Files are kept whatever happens. Raises NotAllowed "draft-changed" when somebody else has saved
    something else since, or has sent the draft, after which this one is a new one; "draft-too-large" when
    the files are more than a return may bring; "drafts-too-large" when they are more than may lie with all
    drafts of the unit, "drafts-full" when not even what was typed can be kept.
    """
    content = None if document is None else journal.canonical(dict(document))
    with ledger.write(as_of=as_of) as w:
        changed = _save(w, to, content, by, began)
        _drop(w, to, dropped)
        if content is not None and _held(w.conn, to) > ALL:
            raise NotAllowed("drafts-full", limit=ALL >> 20)
        full = _add(w, to, files)
        saved = saved_form(w.conn, deployed_plan(w.conn, to.campaign), to)
    if changed is not None:
        raise NotAllowed("draft-changed", by=changed.by, at=changed.at)
    if full is not None:
        raise full
    assert saved is not None
    return saved


def look_over(
    ledger: Ledger, to: Address, data: bytes | None, file_name: str = "", *, files: Sequence[Attached] = (),
    as_of: datetime | None = None,
) -> tuple[Problem, ...]:  # fmt: skip
    """What receiving would find in a return, without taking it. Raises BadInput as that does."""
    arrival = Arrival(to, data, file_name, door="portal", attachments=files)
    with ledger.read() as conn:
        plan = deployed_plan(conn, to.campaign)
        expected = expect(conn, plan, [arrival], ledger.now(as_of))
    [read] = read_all(plan, expected)
    if isinstance(read, BadInput):
        raise read
    return read.problems


def drop_form(ledger: Ledger, to: Address, *, as_of: datetime | None = None) -> None:
    """The draft was sent, or is not wanted any more."""
    with ledger.write(as_of=as_of) as w:
        drop_form_of(w, to.obligation)


def drop_form_of(w: Writer, obligation: str) -> None:
    """The same within a transaction that does more."""
    f, s = t.saved_form.c, t.saved_file.c
    w.conn.execute(t.saved_file.delete().where(s.obligation == obligation))
    w.conn.execute(t.saved_form.delete().where(f.obligation == obligation))


@dataclass(frozen=True, slots=True)
class _Changed:
    """What happened to a draft meanwhile."""

    by: str = ""
    """Who has saved it; "": it is gone, sent or thrown away."""
    at: datetime | None = None


def _save(w: Writer, to: Address, content: str | None, by: str, began: int | None) -> _Changed | None:
    """Write the draft, unless another one has written something else since; what happened meanwhile."""
    f = t.saved_form.c
    row = {"content": content or "{}", "saved_by": by, "saved_at": w.micros}
    named = {"obligation": to.obligation, "campaign": to.campaign, "unit": to.unit}
    if insert_once(w.conn, t.saved_form, {**named, **row}):
        return _Changed() if began else None
    wanted = select(f.saved_at, f.content, f.saved_by).where(f.obligation == to.obligation)
    last = w.conn.execute(wanted.with_for_update()).one()
    if content is None or last.content == content:
        return None
    if began is not None and last.saved_at != began:
        at = calendars.from_micros(last.saved_at, deployed_plan(w.conn, to.campaign).zone)
        return _Changed(last.saved_by, at)
    row["saved_at"] = max(w.micros, last.saved_at + 1)  # a mark never names two savings
    w.conn.execute(update(t.saved_form).where(f.obligation == to.obligation).values(**row))
    return None


def _drop(w: Writer, to: Address, dropped: Collection[int]) -> None:
    f = t.saved_file.c
    if dropped:
        w.conn.execute(t.saved_file.delete().where(f.obligation == to.obligation, f.n.in_(dropped)))


def _add(w: Writer, to: Address, files: Sequence[Attached]) -> NotAllowed | None:
    """Add files that are not there yet; why none was added, if they would be too much."""
    known = {(f.id, f.name, f.data) for f in saved_files(w.conn, to)} if files else set()
    new = [f for f in files if (f.id, f.name, f.data) not in known]
    more = sum(len(f.data) for f in new)
    if new and (
        sum(len(data) for _, _, data in known) + more > TOGETHER or len(known) + len(new) > MOST
    ):  # fmt: skip
        return NotAllowed("draft-too-large", most=MOST, limit=TOGETHER >> 20)
    if new and _held(w.conn, to) + more > FILES:
        return NotAllowed("drafts-too-large", limit=FILES >> 20)
    last = w.conn.scalar(select(func.max(t.saved_file.c.n)).where(t.saved_file.c.obligation == to.obligation))
    for n, file in enumerate(new, start=(last or 0) + 1):
        row = {"obligation": to.obligation, "n": n, "id": file.id, "name": file.name, "content": file.data}
        w.conn.execute(t.saved_file.insert(), row)
    return None


def _held(conn: Connection, to: Address) -> int:
    """How much the drafts of a unit are together."""
    f, s = t.saved_form.c, t.saved_file.c
    mine = (f.campaign == to.campaign) & (f.unit == to.unit)
    typed = select(func.sum(func.length(f.content))).where(mine)
    files = select(func.sum(func.length(s.content))).join_from(t.saved_form, t.saved_file).where(mine)
    return int(conn.scalar(typed) or 0) + int(conn.scalar(files) or 0)


def _files(conn: Connection, obligation: str) -> tuple[SavedFile, ...]:
    f = t.saved_file.c
    rows = conn.execute(
        select(f.n, f.id, f.name, func.length(f.content)).where(f.obligation == obligation).order_by(f.n)
    )
    return tuple(SavedFile(*r) for r in rows.tuples())
