"""Places on sheets, the faults of their cells, and which part of a workbook is which sheet."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from duban.errors import SubmissionInvalid
from duban.intake.refusal import refusal

ROWS, COLUMNS = 5000, 200
"""How far a sheet may reach."""
SHEETS = 100
INDEX = 2**20
"""Bytes of the workbook's own lists of sheets, which become trees in memory."""

REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
COVERED = "cell-covered"
"""A fault only where something stands in the cell: it lies under its neighbour in the same row."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a cell's value cannot be taken: `cell-error`, `cell-formula-uncached`, `cell-merged`,
    `cell-covered`, or `cell-format`."""

    code: str
    value: str


Faults = dict[tuple[int, int], Fault]
"""By (row, column), both from 0."""


def position(reference: str) -> tuple[int, int]:
    """`D7` → (6, 3)."""
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise refusal("workbook-broken")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def corners(area: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """`A1:D7` → ((0, 0), (6, 3)); a single cell is both its corners."""
    first, _, last = area.partition(":")
    return position(first), position(last or first)


def cell_name(row: int, column: int) -> str:
    """(6, 3) → `D7`."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"


def sheet_parts(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Sheet name → part name. The guard has seen to it that there is no DOCTYPE."""
    try:
        book, links = (_tree(parts[n]) for n in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    except (KeyError, ValueError, LookupError, ElementTree.ParseError) as error:
        raise refusal("workbook-broken") from error
    target = {link.get("Id"): posixpath.join("/xl", link.get("Target", "")) for link in links}
    sheets = [e for e in book.iter() if e.tag.rpartition("}")[2] == "sheet"]
    if len(sheets) > SHEETS:
        raise too_large()
    named = {s.get("name", ""): target.get(s.get(RELATION) or s.get(STRICT_RELATION), "") for s in sheets}
    if len(named) < len(sheets):
        raise refusal("workbook-broken")
    return {name: posixpath.normpath(path).lstrip("/") for name, path in named.items()}


def too_large() -> SubmissionInvalid:
    """The refusal of a sheet that reaches too far."""
    return refusal("workbook-too-large", limit_rows=ROWS, limit_columns=COLUMNS)


def _tree(xml: bytes) -> ElementTree.Element:
    if len(xml) > INDEX:
        raise too_large()
    return ElementTree.fromstring(xml)
