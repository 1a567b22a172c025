"""What a case of the corpus is: a file or message, and the only verdict it may get."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

from duban.intake.sheets import cell_name
from tests.support.workbooks import SHEET1, filled, rezipped

OUTSET = {
    "sellers": 41, "clues": 7, "cases_filed": 4, "cases_closed": 2, "cases_open": 2, "fines": Decimal("3.25"),
    "summary": "正常开展",
}  # fmt: skip
"""What the untouched return of every case says; all its other figures are 0."""
FIGURES = {
    "sellers": 41, "clues": 7, "cases_filed": 4, "cases_closed": 2, "cases_open": 2, "fines": 325,
}  # fmt: skip
"""The same as it is stored."""


@dataclass(frozen=True)
class Understood:
    """Taken, with exactly the figures of the outset but these (scaled), and these texts."""

    cells: Mapping[str, int | None] = field(default_factory=dict)
    """None where there is a blank and no figure."""
    texts: Mapping[str, str] = field(default_factory=lambda: {"summary": "正常开展"})
    notes: Mapping[str, str] = field(default_factory=dict)
    zero: bool = False


@dataclass(frozen=True)
class Refused:
    """Refused with a problem of this code at this place, which shows this value."""

    code: str
    place: str = ""
    value: str | None = None
    alone: bool = True
    """Whether this is all that is wrong with it."""


@dataclass(frozen=True)
class Spoiled:
    """Damaged at random: refused, or taken with exactly the figures of the outset."""


Verdict = Understood | Refused | Spoiled

BROKEN, LARGE, INFLATES = (
    Refused("workbook-broken"),
    Refused("workbook-too-large"),
    Refused("workbook-inflates"),
)
STRINGS, BOOK = "xl/sharedStrings.xml", "xl/workbook.xml"
LINKS, TYPES, STYLES = "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "xl/styles.xml"
MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@dataclass(frozen=True)
class Case:
    """One file for Qutang's October return."""

    theme: str
    name: str
    make: Callable[[], bytes]
    verdict: Verdict
    file_name: str = "表.xlsx"

    @property
    def title(self) -> str:
        """By which a test calls it."""
        return f"{self.theme}: {self.name}"


@cache
def outset() -> bytes:
    """Qutang's return as it was before somebody did something to it."""
    return filled(**OUTSET)


def parts_of(data: bytes) -> dict[str, bytes]:
    """The parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def cell(reference: str, xml: str) -> bytes:
    """The outset with a cell's XML replaced."""
    old = rb'<c r="%s"(?:[^>]*/>|[^>]*>.*?</c>)' % reference.encode()
    return rezipped(outset(), SHEET1, old, xml.encode("utf-8", "surrogatepass"))


def sheet(old: bytes, new: bytes) -> bytes:
    """The outset with something in its sheet's XML replaced."""
    return rezipped(outset(), SHEET1, old, new)


def rows_of(rows: int, columns: int, xml: str) -> bytes:
    lines = (
        f'<row r="{r + 1}">' + "".join(xml.format(cell_name(r, c)) for c in range(columns)) + "</row>"
        for r in range(rows)
    )
    return b"<worksheet " + MAIN + b"><sheetData>" + "".join(lines).encode() + b"</sheetData></worksheet>"


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)
