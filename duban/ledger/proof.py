"""Proof that nothing was rewritten: walks a campaign's journal and compares it with the records."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select

from duban.ledger import journal
from duban.ledger import tables as t
from duban.ledger.journal import Extras, Head


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the walk found; `broken_at` is the first seq that does not fit, None if all fit."""

    campaign: str
    entries: int
    head: str
    broken_at: int | None = None
    reason: str = ""


def verify(conn: Connection, campaign: str) -> Verdict:
    """Walk the chain from its first link; stop at the first that does not fit."""
    head = Head()
    entries = conn.execute(
        select(t.journal).where(t.journal.c.campaign == campaign).order_by(t.journal.c.seq)
    ).all()
    for entry in entries:
        record = _record(conn, journal.KINDS[entry.kind], entry.ref)
        if record is None:
            return Verdict(campaign, len(entries), head.digest, entry.seq, "record-missing")
        moved = journal.link(head, campaign, entry.recorded_at, entry.kind, record)
        if (entry.seq, entry.digest, entry.previous) != (moved.seq, moved.digest, head.digest):
            return Verdict(campaign, len(entries), head.digest, entry.seq, "record-changed")
        reason = _contents(conn, entry.kind, record)
        if reason:
            return Verdict(campaign, len(entries), head.digest, entry.seq, reason)
        head = moved
    stored = conn.execute(select(t.head).where(t.head.c.campaign == campaign)).one_or_none()
    if stored is not None and (stored.seq, stored.digest) != (head.seq, head.digest):
        return Verdict(campaign, len(entries), head.digest, head.seq, "tail-missing")
    if stored is None and entries:
        return Verdict(campaign, len(entries), head.digest, head.seq, "head-missing")
    extra = _unjournalled(conn, campaign)
    return Verdict(campaign, len(entries), head.digest, head.seq if extra else None, extra)


def _record(conn: Connection, table: Table, ref: str) -> dict[str, Any] | None:
    columns = list(table.primary_key.columns)
    parts: list[Any] = ref.split("|")
    wanted = select(table)
    for column, part in zip(columns, parts, strict=True):
        wanted = wanted.where(column == (int(part) if column.type.python_type is int else part))
    row = conn.execute(wanted).mappings().one_or_none()
    return dict(row) if row is not None else None


def _contents(conn: Connection, kind: str, record: dict[str, Any]) -> str:
    """What a record names by digest is still what the digest says: cells, terms, files, plan text."""
    if kind == "submission":
        return _submission(conn, record)
    if kind == "schedule":
        terms = conn.execute(select(t.term).where(t.term.c.schedule == record["id"])).mappings()
        known = journal.terms_digest([dict(r) for r in terms])
        return "" if known == record["terms_digest"] else "terms-changed"
    if kind == "plan":
        text = conn.scalar(select(t.bundle.c.content).where(t.bundle.c.digest == record["bundle"])) or ""
        return "" if hashlib.sha256(text.encode()).hexdigest() == record["bundle"] else "plan-changed"
    return ""


def _submission(conn: Connection, record: dict[str, Any]) -> str:
    if conn.scalar(select(t.expunged.c.submission).where(t.expunged.c.submission == record["id"])):
        return _expunged(conn, record["id"])
    more = extras(conn, record["id"])
    if record["cells_digest"] != _cells(conn, record["id"], more):
        return "cells-changed"
    files = [record["file"], *(digest for _, _, _, digest in more.attachments)]
    return "" if all(_file_holds(conn, digest) for digest in files) else "file-changed"


def _expunged(conn: Connection, submission: str) -> str:
    """Of what is on record as expunged nothing may be left."""
    left = (
        conn.scalar(select(func.count()).where(table.c.submission == submission))
        for table in (t.cell, t.note, t.entry, t.entry_cell)
    )
    return "expunged-still-there" if any(left) else ""


def _file_holds(conn: Connection, digest: str) -> bool:
    """The bytes are those of the digest; those of a file with personal answers may have been erased."""
    stored = conn.execute(select(t.file.c.size, t.file.c.content).where(t.file.c.digest == digest)).one()
    content = stored.content
    if not content and stored.size:
        content = conn.scalar(select(t.held_file.c.content).where(t.held_file.c.digest == digest))
    if content is None:
        return True
    raw = content if isinstance(content, bytes) else str(content).encode()
    return hashlib.sha256(raw).hexdigest() == digest


def extras(conn: Connection, submission: str) -> Extras:
    """What a submission holds besides its cells, as its digest covers it."""
    a, e, c, note = t.attachment.c, t.entry.c, t.entry_cell.c, t.note.c
    attached = select(a.n, a.id, a.name, a.file).where(a.submission == submission).order_by(a.n)
    noted = select(note.indicator, note.text).where(note.submission == submission)
    columns: dict[int, dict[str, int | str]] = defaultdict(dict)
    for r in conn.execute(select(c.n, c.column, c.value, c.text).where(c.submission == submission)):
        columns[r.n][r.column] = r.text if r.value is None else r.value
    entries = conn.execute(select(e.n, e.key, e.closed).where(e.submission == submission).order_by(e.n))
    return Extras(
        attachments=tuple((r.n, r.id, r.name, r.file) for r in conn.execute(attached)),
        notes={r.indicator: r.text for r in conn.execute(noted)},
        entries=tuple((r.n, r.key, r.closed, columns[r.n]) for r in entries),
    )


def _cells(conn: Connection, submission: str, more: Extras) -> str:
    rows = conn.execute(select(t.cell).where(t.cell.c.submission == submission)).all()
    return journal.cells_digest(
        {r.indicator: r.value for r in rows if r.value is not None},
        {r.indicator: r.text for r in rows if r.text is not None},
        more,
    )


def _unjournalled(conn: Connection, campaign: str) -> str:
    """The kind of a record that stands in its table without a journal entry, or nothing."""
    for kind, table in journal.KINDS.items():
        stored = select(func.count()).select_from(table)
        if "campaign" in table.c:
            stored = stored.where(table.c.campaign == campaign)
        elif kind == "fate":
            mine = table.join(t.message, t.message.c.id == table.c.message)
            stored = select(func.count()).select_from(mine).where(t.message.c.campaign == campaign)
        elif campaign != journal.INSTALLATION:
            continue
        written = select(func.count()).where(t.journal.c.campaign == campaign, t.journal.c.kind == kind)
        if conn.scalar(stored) != conn.scalar(written):
            return f"unjournalled-{kind}"
    return ""
