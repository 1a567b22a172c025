"""One pass over a worksheet's XML: how far it reaches, and which cells a reader would get wrong.

calamine gives '' for `#REF!` and for a formula nobody computed; what it cannot tell is told here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from xml.etree import ElementTree
from xml.parsers import expat

from duban.intake.refusal import refusal

REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
ROW = re.compile(r"[0-9]{1,7}")
INDEX = 2**20
"""Bytes of the workbook's own lists of sheets, which become trees in memory."""
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True)
class Fault:
    """Why a cell's value cannot be taken: `cell-error` or `cell-formula-uncached`."""

    code: str
    value: str


Faults = dict[tuple[int, int], Fault]
"""By (row, column), both from 0."""


@dataclass
class Survey:
    """What one worksheet asks of a reader."""

    ROWS: ClassVar[int] = 5000
    COLUMNS: ClassVar[int] = 200
    ELEMENTS: ClassVar[int] = 500_000
    """Of any kind: what bounds the time of a pass."""
    MERGES: ClassVar[int] = 2000
    MERGED: ClassVar[int] = 10_000
    """Cells under one merge."""

    elements: int = 0
    merges: int = 0
    faults: Faults = field(default_factory=dict)

    def reach(self, row: int, column: int) -> None:
        """Note a position, from 0; refuses one out of bounds."""
        if row >= self.ROWS or column >= self.COLUMNS:
            raise _too_large()

    def count(self) -> None:
        """Note an element."""
        self.elements += 1
        if self.elements > self.ELEMENTS:
            raise _too_large()

    def merge(self, area: str) -> None:
        """Note a merged range."""
        self.merges += 1
        (top, left), (bottom, right) = corners(area)
        self.reach(bottom, right)
        if self.merges > self.MERGES or (bottom - top + 1) * (right - left + 1) > self.MERGED:
            raise _too_large()


def survey(xml: bytes, recalculates: bool) -> Survey:
    """Survey one worksheet; `recalculates`: its workbook asks to be computed on opening, so that a
    formula's stored 0 is a placeholder. SubmissionInvalid when it reaches too far, ExpatError when broken."""
    found = Survey()
    pass_ = _Pass(found, recalculates)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = pass_.start
    parser.EndElementHandler = pass_.end
    parser.CharacterDataHandler = pass_.text
    parser.Parse(xml, True)
    return found


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
    except (KeyError, ElementTree.ParseError) as error:
        raise refusal("workbook-broken") from error
    target = {link.get("Id"): posixpath.join("/xl", link.get("Target", "")) for link in links}
    sheets = [e for e in book.iter() if e.tag.rpartition("}")[2] == "sheet"]
    named = {s.get("name", ""): target.get(s.get(RELATION) or s.get(STRICT_RELATION), "") for s in sheets}
    return {name: posixpath.normpath(path).lstrip("/") for name, path in named.items()}


def _tree(xml: bytes) -> ElementTree.Element:
    if len(xml) > INDEX:
        raise _too_large()
    return ElementTree.fromstring(xml)


def _too_large() -> Exception:
    return refusal("workbook-too-large", limit_rows=Survey.ROWS, limit_columns=Survey.COLUMNS)


class _Pass:
    """The parser's memory between two elements."""

    def __init__(self, found: Survey, recalculates: bool) -> None:
        self.found = found
        self.recalculates = recalculates
        self.row = self.column = -1
        self.kind = ""
        self.texts: dict[str, str] = {}
        self.inside = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.found.count()
        name = tag.rpartition(":")[2]
        if name == "c":
            self._cell(attributes)
        elif name in ("v", "f"):
            self.inside = name
            self.texts.setdefault(name, "")
        elif name == "row":
            stated = ROW.fullmatch(attributes.get("r", ""))
            self.row = int(stated[0]) - 1 if stated else self.row + 1
            self.column = -1
        elif name == "dimension":
            self.found.reach(*corners(attributes.get("ref", "A1"))[1])
        elif name == "mergeCell":
            self.found.merge(attributes.get("ref", "A1"))

    def _cell(self, attributes: dict[str, str]) -> None:
        if "r" in attributes:
            self.row, self.column = position(attributes["r"])
        else:
            self.column += 1
        self.found.reach(self.row, self.column)
        self.kind = attributes.get("t", "")
        self.texts = {}

    def text(self, data: str) -> None:
        if self.inside:
            self.texts[self.inside] += data

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == self.inside:
            self.inside = ""
        elif name == "c":
            fault = self._fault()
            if fault:
                self.found.faults[self.row, self.column] = fault

    def _fault(self) -> Fault | None:
        value = self.texts.get("v", "").strip()
        if self.kind == "e":
            return Fault("cell-error", value)
        if "f" not in self.texts:
            return None
        # a formula that truly yields "" is stored as a string with an empty value
        uncomputed = not value and not (self.kind == "str" and "v" in self.texts)
        if uncomputed or (self.recalculates and value == "0"):
            return Fault("cell-formula-uncached", "=" + self.texts["f"])
        return None
