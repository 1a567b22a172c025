"""One pass over a worksheet's XML: how far it reaches, and which cells a reader would get wrong.

calamine gives '' for `#REF!` and for a formula nobody computed, drops what stands after a comment or behind
a character reference in a figure, and takes the last of two cells of one name; what it cannot tell is told
here, and what no office program writes is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from xml.parsers import expat

from duban.intake.plain_rows import without_plain_rows
from duban.intake.refusal import refusal
from duban.intake.sheets import COLUMNS, ROWS, Fault, Faults, corners, position, too_large

ROW = re.compile(r"[0-9]{1,7}")
INDEX = re.compile(r"\s*[0-9]{1,9}\s*")
ENOUGH = 80
"""Characters of a cell that its fault can depend on or show."""
KINDS = frozenset(("", "n", "s", "str", "inlineStr", "b", "e", "d"))
FIGURES = frozenset(("", "n"))
BETWEEN = {"v": "", "f": ""}
"""What stands between two cells; one value too many is refused there as in a cell."""
AREA = 1_000_000
"""Cells of all sheets together, blank ones too: what a reader reserves."""


@dataclass
class Survey:
    """What one worksheet asks of a reader."""

    ELEMENTS: ClassVar[int] = 500_000
    """Of any kind: what bounds the time of a pass."""
    MERGES: ClassVar[int] = 2000
    MERGED: ClassVar[int] = 10_000
    """Cells under all merges."""
    FAULTS: ClassVar[int] = 20_000

    elements: int = 0
    merges: int = 0
    merged: int = 0
    rows: int = 0
    columns: int = 0
    faults: Faults = field(default_factory=dict)

    @property
    def area(self) -> int:
        """Cells from A1 to the last."""
        return self.rows * self.columns

    def reach(self, row: int, column: int) -> None:
        """Note a position, from 0; refuses one out of bounds."""
        if row >= ROWS or column >= COLUMNS or row < 0 or column < 0:
            raise too_large()

    def cell(self, row: int, column: int) -> None:
        """Note a cell."""
        self.reach(row, column)
        self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)

    def count(self) -> None:
        """Note an element."""
        self.elements += 1
        if self.elements > self.ELEMENTS:
            raise too_large()

    def merge(self, area: str) -> None:
        """Note a merged range. What stands under it is not seen; and of a figure that stands over several
        rows nobody can tell which of them it is for."""
        self.merges += 1
        (top, left), (bottom, right) = corners(area)
        self.reach(bottom, right)
        self.merged += (bottom - top + 1) * (right - left + 1)
        if self.merges > self.MERGES or self.merged > self.MERGED:
            raise too_large()
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if bottom > top or column > left:
                    self.fault(row, column, Fault("cell-merged" if bottom > top else "cell-covered", area))

    def fault(self, row: int, column: int, found: Fault) -> None:
        """Note a cell whose value cannot be taken; its first fault is the one that is told."""
        self.faults.setdefault((row, column), found)
        if len(self.faults) > self.FAULTS:
            raise too_large()


def survey(xml: bytes, recalculates: bool, misleading: Mapping[int, str] | None = None) -> Survey:
    """Survey one worksheet; `recalculates`: its workbook asks to be computed on opening, so that a
    formula's stored 0 is a placeholder; `misleading`: number formats, by style, that show something else
    than is stored. SubmissionInvalid when it reaches too far, ExpatError when broken."""
    xml, cells, rows, columns = without_plain_rows(xml, misleading or {})
    found, parser = Survey(elements=2 * cells, rows=rows, columns=columns), expat.ParserCreate()
    pass_ = _Pass(found, recalculates, misleading or {}, parser, xml if b"&#" in xml else b"")
    parser.buffer_text = True
    parser.StartElementHandler = pass_.start
    parser.EndElementHandler = pass_.end
    parser.CharacterDataHandler = pass_.text
    parser.CommentHandler = parser.ProcessingInstructionHandler = pass_.odd
    parser.StartCdataSectionHandler = pass_.odd
    parser.Parse(xml, True)
    return found


class _Pass:
    """The parser's memory between two elements."""

    def __init__(
        self, found: Survey, recalculates: bool, misleading: Mapping[int, str], parser: expat.XMLParserType,
        referring: bytes,
    ) -> None:  # fmt: skip
        self.found = found
        self.recalculates = recalculates
        self.misleading = misleading
        self.parser = parser
        self.referring = referring
        """The XML where it has character references, else nothing."""
        self.row = self.column = -1
        self.kind = self.inside = ""
        self.style = 0
        self.begin = 0
        self.texts = BETWEEN
        self.in_data = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.found.count()
        name = tag.rpartition(":")[2]
        if self.inside:
            raise refusal("workbook-broken")  # a value is text and nothing else
        if name == "c":
            self._cell(attributes)
        elif name in ("v", "f") and self.in_data:  # validation and charts have formulas too
            self._value(name)
        elif name == "row":
            self._row(attributes.get("r", ""))
        elif name == "sheetData":
            self.in_data = True
        elif name == "dimension":
            self.found.reach(*corners(attributes.get("ref", "A1"))[1])
        elif name == "mergeCell":
            self.found.merge(attributes.get("ref", "A1"))

    def _row(self, stated: str) -> None:
        row = int(stated) - 1 if ROW.fullmatch(stated) else self.row + 1
        # two rows of one number: readers differ in which they take
        if row <= self.row:
            raise refusal("workbook-broken")
        self.row, self.column, self.texts = row, -1, BETWEEN

    def _cell(self, attributes: dict[str, str]) -> None:
        row, column = position(attributes["r"]) if "r" in attributes else (self.row, self.column + 1)
        if row != self.row or column <= self.column:
            raise refusal("workbook-broken")
        self.column = column
        self.found.cell(row, column)
        self.kind = attributes.get("t", "")
        style = attributes.get("s", "0")
        self.style = int(style) if ROW.fullmatch(style) else 0
        self.texts = {}
        if self.kind not in KINDS:
            raise refusal("workbook-broken")

    def _value(self, name: str) -> None:
        if name in self.texts:
            raise refusal("workbook-broken")
        self.inside = name
        self.texts[name] = ""
        self.begin = self.parser.CurrentByteIndex if self.referring else 0

    def odd(self, *_: object) -> None:
        """Nothing that an office program would put among cells."""
        if self.in_data:
            raise refusal("workbook-broken")

    def text(self, data: str) -> None:
        if self.inside and len(self.texts[self.inside]) < ENOUGH:
            self.texts[self.inside] += data[:ENOUGH]

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == self.inside:
            self.inside = ""
            referring = self.referring[self.begin : self.parser.CurrentByteIndex]
            if name == "v" and self.kind != "str" and b"&" in referring:
                raise refusal("workbook-broken")
        elif name == "c":
            fault = self._fault()
            if fault:
                self.found.fault(self.row, self.column, fault)
            self.texts = BETWEEN
        elif name == "sheetData":
            self.in_data = False

    def _fault(self) -> Fault | None:
        value = self.texts.get("v", "").strip()
        if self.kind == "e":
            return Fault("cell-error", value)
        if self.kind == "s" and not INDEX.fullmatch(value):
            raise refusal("workbook-broken")
        # a formula that truly yields "" is stored as a string with an empty value
        uncomputed = not value and not (self.kind == "str" and "v" in self.texts)
        if "f" in self.texts and (uncomputed or (self.recalculates and value == "0")):
            return Fault("cell-formula-uncached", "=" + self.texts["f"])
        if value and self.style in self.misleading and self.kind in FIGURES:
            return Fault("cell-format", self.misleading[self.style])
        return None
