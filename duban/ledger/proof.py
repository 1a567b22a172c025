"""Proof that nothing was rewritten: walks a campaign's journal and compares it with the records."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select

from duban.ledger import journal
from duban.ledger import tables as t
from duban.ledger.journal import Head


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
    """What a record names by digest is still what the digest says: cells, file, plan text."""
    if kind == "submission":
        if record["cells_digest"] != _cells(conn, record["id"]):
            return "cells-changed"
        content = conn.scalar(select(t.file.c.content).where(t.file.c.digest == record["file"])) or b""
        raw = content if isinstance(content, bytes) else str(content).encode()
        return "" if hashlib.sha256(raw).hexdigest() == record["file"] else "file-changed"
    if kind == "plan":
        text = conn.scalar(select(t.bundle.c.content).where(t.bundle.c.digest == record["bundle"])) or ""
        return "" if hashlib.sha256(text.encode()).hexdigest() == record["bundle"] else "plan-changed"
    return ""


def _cells(conn: Connection, submission: str) -> str:
    rows = conn.execute(select(t.cell).where(t.cell.c.submission == submission)).all()
    return journal.cells_digest(
        {r.indicator: r.value for r in rows if r.value is not None},
        {r.indicator: r.text for r in rows if r.text is not None},
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
