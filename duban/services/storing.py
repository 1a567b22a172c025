"""What a submission holds goes on record: files, cells, notes, rows, attachments; personal answers apart."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Table, bindparam, select

from duban.errors import Problem
from duban.intake.attachments import Attached
from duban.intake.file_kinds import extension
from duban.intake.submission import Parsed
from duban.ledger import Ledger, Writer, insert_many, insert_once_each, journal
from duban.ledger import tables as t
from duban.ledger.journal import Extras
from duban.plan.forms import Form, Indicator

Salt = Callable[[str], str]
"""The salt of the answer at a place of a submission."""
Files = dict[str, tuple[bytes, bool]]
"""By digest: bytes, and whether they hold personal answers."""
HELD = (t.cell, t.note, t.attachment, t.entry, t.entry_cell)
"""What hangs on a submission, in the order in which it can be inserted."""
_EMPTY = select(t.file.c.digest).where(
    t.file.c.digest.in_(bindparam("digests", expanding=True)), t.file.c.content == b""
)


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


def keep_files(w: Writer, files: Files) -> None:
    """Keep files under their digests; those of forms with personal answers, and what came with them, where
    they can be erased."""
    # in one order, so that two writers at once cannot wait in a ring
    rows = [
        {"digest": digest, "size": len(data), "content": b"" if personal else data}
        for digest, (data, personal) in sorted(files.items())
    ]
    ours = insert_once_each(w.conn, t.file, rows)
    elsewhere = {d for d, (data, personal) in files.items() if personal and data and d in ours}
    # known: what was erased since and is sent again is held again
    known = sorted(d for d, (data, _) in files.items() if data and d not in ours)
    elsewhere |= set(w.conn.scalars(_EMPTY, {"digests": known})) if known else set()
    held = [{"digest": d, "content": files[d][0]} for d in sorted(elsewhere)]
    insert_once_each(w.conn, t.held_file, held)


def keep_contents(w: Writer, entered: Iterable[tuple[str, Contents]]) -> None:
    """Insert what hangs on submissions that have just been recorded."""
    found: dict[Table, list[dict[str, Any]]] = {table: [] for table in HELD}
    personal: list[dict[str, str]] = []
    for submission, held in entered:
        mine = {"submission": submission}
        answers: dict[str, int | str] = {**held.cells, **held.texts}
        found[t.cell] += [mine | {"indicator": c} | _either(v) for c, v in answers.items()]
        found[t.note] += [mine | {"indicator": c, "text": x} for c, x in held.more.notes.items()]
        found[t.attachment] += [
            mine | {"n": n, "id": i, "name": name, "file": f} for n, i, name, f in held.more.attachments
        ]
        for n, key, closed, row in held.more.entries:
            found[t.entry].append(mine | {"n": n, "key": key, "closed": closed})
            found[t.entry_cell] += [mine | {"n": n, "column": c} | _either(v) for c, v in row.items()]
        personal += held.personal
    for table, rows in found.items():
        insert_many(w.conn, table, rows)
    insert_once_each(w.conn, t.personal, sorted(personal, key=lambda row: row["digest"]))


def _either(value: int | str) -> dict[str, Any]:
    return {"value": None, "text": value} if isinstance(value, str) else {"value": value, "text": None}


def without_personal(problems: Sequence[Problem], form: Form | None) -> list[Problem]:
    """Problems as they go on record: of a form with personal answers nothing is quoted there, since a
    number may well stand in the row of another."""
    if form is None or not form.is_personal:
        return list(problems)
    return [replace(p, value="", file="", params={}) for p in problems]
