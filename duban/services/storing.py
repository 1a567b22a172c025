"""What a submission holds goes on record: files, cells, notes, rows, attachments; personal answers apart."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from duban.errors import Problem
from duban.intake.attachments import Attached
from duban.intake.file_kinds import extension
from duban.intake.submission import Parsed
from duban.ledger import Ledger, Writer, insert_once, journal
from duban.ledger import tables as t
from duban.ledger.journal import Extras
from duban.plan.forms import Form, Indicator

Salt = Callable[[str], str]
"""The salt of the answer at a place of a submission."""


def salt_of(ledger: Ledger) -> Salt:
    """Chance, so that an erased answer cannot be found by trying all of them. On a virtual ledger nobody's
    answers are real, and the same story has to leave the same journal."""
    if ledger.kind == "virtual":
        return lambda place: hashlib.sha256(place.encode()).hexdigest()[:32]
    return lambda _: secrets.token_hex(16)


@dataclass
class Contents:
    """What one submission holds, as its digest covers it."""

    cells: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    more: Extras = field(default_factory=Extras)
    personal: list[dict[str, str]] = field(default_factory=list)
    """The answers behind the digests that stand in their places."""

    @property
    def digest(self) -> str:
        """What the journal covers of it."""
        return journal.cells_digest(self.cells, self.texts, self.more)


def contents(
    submission: str, form: Form | None, parsed: Parsed, attached: Sequence[Attached], salt: Salt
) -> Contents:
    """A return with every personal answer replaced by its salted digest."""
    personal: list[dict[str, str]] = []

    def kept(known: Mapping[str, Indicator], texts: Mapping[str, str], place: str) -> dict[str, str]:
        return {
            code: _apart(text, salt(f"{submission}/{place}{code}"), personal)
            if code in known and known[code].personal
            else text
            for code, text in texts.items()
        }

    columns = form.register_.by_code if form and form.register_ else {}
    entries: list[tuple[int, str, bool, Mapping[str, int | str]]] = []
    for n, row in enumerate(parsed.rows, start=1):
        entries.append((n, row.key, row.closed, {**row.cells, **kept(columns, row.texts, f"{n}/")}))
    files = tuple((n, f.id, f.name, digest_of(f.data)) for n, f in enumerate(attached, start=1))
    known = form.by_code if form else {}
    texts, notes = kept(known, parsed.texts, ""), kept(known, parsed.notes, "note/")
    return Contents(parsed.cells, texts, Extras(files, notes, tuple(entries)), personal)


def _apart(text: str, salt: str, personal: list[dict[str, str]]) -> str:
    digest = digest_of(f"{salt}{text}".encode())
    personal.append({"digest": digest, "salt": salt, "text": text})
    return digest


def neutral_name(name: str, file_name: str) -> str:
    """A file's name that says only what kind it is."""
    ending = extension(file_name)
    return f"{name}.{ending}" if ending.isascii() and ending.isalnum() and len(ending) <= 5 else name


def digest_of(data: bytes) -> str:
    """SHA-256, by which files are kept and known."""
    return hashlib.sha256(data).hexdigest()


def keep_files(w: Writer, data: bytes, attached: Sequence[Attached], *, personal: bool) -> None:
    """Keep a return's bytes under their digests; those of a form with personal answers, and what came with
    it, where they can be erased."""
    files = {digest_of(content): content for content in (data, *(f.data for f in attached))}
    for digest in sorted(files):  # in one order, so that two returns at once cannot wait in a ring
        _keep(w, digest, files[digest], personal)


def _keep(w: Writer, digest: str, data: bytes, personal: bool) -> None:
    row = {"digest": digest, "size": len(data), "content": b"" if personal else data}
    f = t.file.c
    if insert_once(w.conn, t.file, row) or not data:
        elsewhere = personal and bool(data)
    else:  # known: what was erased since and is sent again is held again
        elsewhere = w.conn.scalar(select(f.content).where(f.digest == digest)) == b""
    if elsewhere:
        insert_once(w.conn, t.held_file, {"digest": digest, "content": data})


def keep_contents(w: Writer, submission: str, held: Contents) -> None:
    """Insert what hangs on a submission that has just been recorded."""
    mine = {"submission": submission}
    answers: dict[str, int | str] = {**held.cells, **held.texts}
    cells = [mine | {"indicator": c} | _either(v) for c, v in answers.items()]
    notes = [mine | {"indicator": c, "text": x} for c, x in held.more.notes.items()]
    files = [mine | {"n": n, "id": i, "name": name, "file": f} for n, i, name, f in held.more.attachments]
    entries = [mine | {"n": n, "key": k, "closed": closed} for n, k, closed, _ in held.more.entries]
    columns = [
        mine | {"n": n, "column": c} | _either(v)
        for n, _, _, row in held.more.entries
        for c, v in row.items()
    ]
    for table, rows in (
        (t.cell, cells), (t.note, notes), (t.attachment, files), (t.entry, entries), (t.entry_cell, columns),
    ):  # fmt: skip
        if rows:
            w.conn.execute(table.insert(), rows)
    for row in held.personal:
        insert_once(w.conn, t.personal, row)


def _either(value: int | str) -> dict[str, Any]:
    return {"value": None, "text": value} if isinstance(value, str) else {"value": value, "text": None}


def without_personal(problems: Sequence[Problem], form: Form | None) -> list[Problem]:
    """Problems as they go on record: of a form with personal answers nothing is quoted there, since a
    number may well stand in the row of another."""
    if form is None or not form.is_personal:
        return list(problems)
    return [replace(p, value="", file="", params={}) for p in problems]
