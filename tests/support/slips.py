"""Slips of the pen: a generator of wrong plans, each with the line on which it went wrong.

Two kinds: a word of a campaign's own files is changed, or a wrong piece is written into them. The line
is counted in the changed text, by nobody but the one who changed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from random import Random
from typing import NamedTuple

from tests.support.wrong_words import HERE, LATE, PIECES, PLAN, ROWS, UNITS, WORDS, Piece, Word


class Slip(NamedTuple):
    """One wrong plan: which file was changed into what, and what must be said about which line."""

    name: str
    file: str
    text: str
    at: str
    """The file in which the mistake shows; a unit renamed in units.csv shows where a duty names it."""
    line: int
    code: str


def slips(slug: str, files: Mapping[str, str], seed: int, most: int) -> Iterator[Slip]:
    """Wrong versions of a campaign: of each kind, at most so many places of those there are."""
    random = Random(f"{slug}{seed}")
    for word in WORDS:
        found = [s for f in sorted(files) if re.fullmatch(word.files, f) for s in _changed(word, f, files[f])]
        yield from random.sample(found, min(most, len(found)))
    for piece in PIECES:
        yield _written(piece, files[PLAN])
    for name, cells, code in ROWS:
        yield _appended(name, cells, code, files[UNITS])
    yield _renamed(files)


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1


def _changed(word: Word, file: str, text: str) -> Iterator[Slip]:
    for match in re.finditer(word.pattern, text, re.MULTILINE):
        begin, end = match.span(1)
        line_begins = text.rfind("\n", 0, begin) + 1
        if "#" not in text[line_begins:begin]:
            wrong = text[:begin] + word.new(match[1]) + text[end:]
            line = _line(text, begin) + (word.code in LATE)
            yield Slip(word.name, file, wrong, file, line, word.code)


def _written(piece: Piece, text: str) -> Slip:
    """The piece as the first item of its list, which is begun at the file's end where there is none."""
    group = _first(r"^groups:\n(?: *#.*\n)*  - \{id: ([a-z-]+)", text)
    values = {"group": group, "unit": _first(r"^coordinator: \{unit: ([^,}]+)", text),
              "duty": _first(r"^duties:\n(?: *#.*\n)*  - id: ([a-z-]+)", text)}  # fmt: skip
    if f"\n{piece.section}:\n" not in text:
        text = f"{text.rstrip()}\n\n{piece.section}:\n"
    item = "  - " + piece.text.format(**values).replace("\n", "\n    ").replace("\n    - ", "\n  - ")
    at = text.index(f"\n{piece.section}:\n") + len(piece.section) + 3
    wrong = f"{text[:at]}{item}\n{text[at:]}"
    if HERE in item:
        line = _line(wrong, wrong.index(HERE))
    else:  # what stood there before is the second of that id
        line = _line(wrong, wrong.index(f"id: {group}", at + len(item)))
    return Slip(piece.name, PLAN, wrong.replace(f" {HERE}", ""), PLAN, line, piece.code)


def _first(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    assert match, pattern
    return match[1]


def _appended(name: str, cells: dict[str, str], code: str, text: str) -> Slip:
    """A unit at the table's end, in columns that are added where it has them not."""
    head, *rows = text.rstrip("\n").split("\n")
    columns = head.split(",")
    new = [c for c in cells if c not in columns]
    rows = [",".join([row, *("" for _ in new)]) for row in rows]
    known = {"id": "slip", "name": "笔误", "short": "笔误", "origin": "coordinator", **cells}
    last = [known.get(c, "").format(id=rows[0].split(",")[0]) for c in (*columns, *new)]
    table = [",".join([*columns, *new]), *rows, ",".join(last)]
    return Slip(name, UNITS, "\n".join(table) + "\n", UNITS, len(table), code)


def _renamed(files: Mapping[str, str]) -> Slip:
    """Another unit is given the coordinator's name, so that the plan names two."""
    name = _first(r"^coordinator: \{unit: ([^,}]+)", files[PLAN])
    rows = files[UNITS].split("\n")
    other = next(n for n, row in enumerate(rows) if n and name not in row.split(","))
    cells = rows[other].split(",")
    cells[2] = name
    rows[other] = ",".join(cells)
    line = _line(files[PLAN], files[PLAN].index("\ncoordinator:") + 1)
    return Slip("a name of two units", UNITS, "\n".join(rows), PLAN, line, "ambiguous-reference")
