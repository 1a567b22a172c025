"""What one submission holds, read back: figures and texts, notes, rows, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, select

from duban.ledger import queries
from duban.ledger import tables as t
from duban.plan.forms import Form, Indicator
from duban.registers import Row
from duban.services.carrying import revealed, rows_of


@dataclass(frozen=True, slots=True)
class FiledFile:
    """A file that came with a return."""

    n: int
    id: str
    """The plan's name for what it is."""
    name: str
    size: int
    digest: str


def content_of(conn: Connection, digest: str) -> bytes | None:
    """The bytes of a file; None when they have been erased or expunged, or were never here."""
    f, h = t.file.c, t.held_file.c
    row = conn.execute(select(f.size, f.content).where(f.digest == digest)).one_or_none()
    if row is None or (row.content == b"" and row.size):
        return conn.scalar(select(h.content).where(h.digest == digest))
    return bytes(row.content)


def contents_of(
    conn: Connection, form: Form | None, submission: str
) -> tuple[dict[str, Decimal | str], dict[str, str], tuple[Row, ...], tuple[FiledFile, ...]]:
    """Values, notes, rows and attachments of one submission."""
    a, f, n = t.attachment.c, t.file.c, t.note.c
    known: Mapping[str, Indicator] = {i.code: i for i in (*form.indicators, *form.numbers)} if form else {}
    personal = {code for code, i in known.items() if i.personal}
    cells = queries.values(conn, [submission])
    values = {code: _read(known.get(code), value, text) for _, code, value, text in cells}
    notes = dict(
        conn.execute(select(n.indicator, n.text).where(n.submission == submission).order_by(n.indicator))
        .tuples().all()
    )  # fmt: skip
    hidden = [str(said[c]) for said in (values, notes) for c in personal & said.keys()]
    answers = revealed(conn, hidden) if hidden else {}
    values |= {code: answers.get(str(values[code]), "") for code in personal & values.keys()}
    notes |= {code: answers.get(notes[code], "") for code in personal & notes.keys()}
    files = conn.execute(
        select(a.n, a.id, a.name, f.size, a.file)
        .join(t.file, f.digest == a.file)
        .where(a.submission == submission)
        .order_by(a.n)
    )
    rows = rows_of(conn, form.register_, submission) if form and form.register_ else []
    return values, notes, tuple(rows), tuple(FiledFile(*r) for r in files.tuples())


def _read(indicator: Indicator | None, value: int | None, text: str | None) -> Decimal | str:
    if value is None:
        return text or ""
    return indicator.decimal(value) if indicator else Decimal(value)
