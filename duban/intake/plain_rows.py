"""Rows of a worksheet that hold figures, references to shared strings and blanks in the spelling of office
programs, and nothing that could be read in two ways.

Nearly every row of a form is one. Looked at as bytes they take a sixth of the time of an XML parser's
callbacks; whatever is written in another way is left to the parser, which sees a bare row in place of each.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from duban.intake.sheets import COLUMNS, ROWS, cell_name

BEGIN, END, ROW_END = b"<sheetData>", b"</sheetData>", b"</row>"
DECLARED = re.compile(
    rb'(?:\xef\xbb\xbf)?(?:<\?xml version="1\.0"(?: encoding="(?i:utf-8)")?'
    rb'(?: standalone="(?:yes|no)")?\?>)?\s*<\w'
)
"""In any other encoding these bytes would be other characters."""
CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,4})"(?: s="([0-9]{1,5})")?(?: t="([nsb])")?'
    rb"(?:/>|></c>|><v>([-+.0-9Ee]{1,40})</v></c>)"
)
WHOLE = re.compile(rb"[0-9]{1,9}")
ATTRIBUTES = (
    b"spans|s|customFormat|ht|customHeight|hidden|outlineLevel|collapsed|thickTop|thickBot|x14ac:dyDescent"
)
# Each part can be matched in one way only, so that what does not match is soon given up.
ROW = re.compile(
    rb'<row r="([1-9][0-9]{0,3})"((?: (?:' + ATTRIBUTES + rb')="[-.: 0-9A-Za-z]*")*)>((?:'
    + re.sub(rb"\((?!\?)", b"(?:", CELL.pattern) + rb")+)</row>"
)  # fmt: skip
"""None of the attributes says where the row is."""
COLUMN = {cell_name(0, n)[:-1].encode(): n for n in range(COLUMNS)}


class Rest(NamedTuple):
    """A worksheet without its plain rows, and how far these reached."""

    xml: bytes
    cells: int = 0
    rows: int = 0
    columns: int = 0


def without_plain_rows(xml: bytes, misleading: Collection[int]) -> Rest:
    """What is left for the parser; `misleading` are the styles whose figures show something else."""
    begin = xml.find(BEGIN)
    end = xml.find(END, begin)
    odd = b"<!" in xml or xml.count(b"<?") > 1 or not DECLARED.match(xml)
    if begin < 0 or end < 0 or odd:
        return Rest(xml)
    at = begin + len(BEGIN)
    pieces, cells, rows, columns = [xml[:at]], 0, 0, 0
    while at < end:
        found = ROW.match(xml, at, end)
        width = _width(found, misleading) if found else None
        if found and width:
            pieces.append(b'<row r="%b"%b/>' % (found[1], found[2]))
            cells, rows, columns = cells + width[0], max(rows, int(found[1])), max(columns, width[1])
            at = found.end()
        else:
            stop = xml.find(ROW_END, at, end)
            stop = end if stop < 0 else stop + len(ROW_END)
            pieces.append(xml[at:stop])
            at = stop
    return Rest(b"".join([*pieces, xml[end:]]), cells, rows, columns)


def _width(row: re.Match[bytes], misleading: Collection[int]) -> tuple[int, int] | None:
    """How many cells a row has and how far they reach; None when it is not plain after all."""
    number, last, count = row[1], -1, 0
    if int(number) > ROWS:
        return None
    for name, line, style, kind, value in CELL.findall(row[3]):
        column = COLUMN.get(name, -1)
        if column <= last or line != number:
            return None
        if (kind == b"s" and not WHOLE.fullmatch(value)) or int(style or 0) in misleading:
            return None
        last, count = column, count + 1
    return count, last + 1
