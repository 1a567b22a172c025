"""Proof that nothing was rewritten: walks a campaign's journal and compares it with the records."""

from __future__ import annotations

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
        if entry.kind == "submission" and record["cells_digest"] != _cells(conn, record["id"]):
            return Verdict(campaign, len(entries), head.digest, entry.seq, "cells-changed")
        head = moved
    stored = conn.execute(select(t.head).where(t.head.c.campaign == campaign)).one_or_none()
    if stored is not None and (stored.seq, stored.digest) != (head.seq, head.digest):
        return Verdict(campaign, len(entries), head.digest, head.seq, "tail-missing")
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


def _cells(conn: Connection, submission: str) -> str:
    rows = conn.execute(select(t.cell).where(t.cell.c.submission == submission)).all()
    return journal.cells_digest(
        {r.indicator: r.value for r in rows if r.value is not None},
        {r.indicator: r.text for r in rows if r.text is not None},
    )


def _unjournalled(conn: Connection, campaign: str) -> str:
    """The kind of a record that stands in its table without a journal entry, or nothing."""
    for kind, table in journal.KINDS.items():
        if "campaign" not in table.c:
            continue
        stored = conn.scalar(select(func.count()).select_from(table).where(table.c.campaign == campaign))
        written = conn.scalar(
            select(func.count()).where(t.journal.c.campaign == campaign, t.journal.c.kind == kind)
        )
        if stored != written:
            return f"unjournalled-{kind}"
    return ""
