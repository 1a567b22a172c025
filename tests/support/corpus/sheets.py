"""What may be wrong with the XML of a sheet, and with what it hangs on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from tests.support.corpus.case import (
    BOOK,
    BROKEN,
    LARGE,
    LINKS,
    STRINGS,
    STYLES,
    Case,
    Refused,
    Understood,
    Verdict,
    outset,
    packed,
    parts_of,
    rows_of,
    sheet,
)
from tests.support.workbooks import SHEET1, rezipped

DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet'
FAR = b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
UNICODE = {"utf-16": "UTF-16", "utf-16 big": "UTF-16", "utf-32": "UTF-32"}


def sheets() -> dict[str, tuple[Callable[[], bytes], Verdict]]:
    """What may be wrong with the XML."""
    far = {
        "last cell of all": FAR,
        "last column": b'<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row>',
        "row 5001": b'<sheetData><row r="5001"><c r="A5001"><v>1</v></c></row>',
        "column beyond all": b'<sheetData><row r="1"><c r="ZZZ1"><v>1</v></c></row>',
        "row of nine digits": b'<sheetData><row r="1"><c r="A999999999"><v>1</v></c></row>',
    }
    return {
        **{
            name: (partial(sheet, rb"<sheetData>", xml), BROKEN if "nine" in name else LARGE)
            for name, xml in far.items()
        },
        "false dimension": (
            lambda: sheet(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"'),
            LARGE,
        ),
        "dimension that is none": (lambda: sheet(rb'<dimension ref="[^"]*"', b'<dimension ref="x"'), BROKEN),
        "dimension too small": (
            lambda: sheet(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"'),
            Understood(),
        ),
        "600,000 rows": (
            lambda: sheet(
                rb"<sheetData>",
                b"<sheetData>" + b"".join(b'<row r="%d"/>' % n for n in range(1, 600_000)),
            ),
            LARGE,
        ),
        "merge of everything": (
            lambda: sheet(rb'<mergeCell ref="[^"]*"', b'<mergeCell ref="A1:XFD1048576"'),
            LARGE,
        ),
        "merge upside down": (
            lambda: sheet(rb'<mergeCell ref="[^"]*"', b'<mergeCell ref="E2:A2"'),
            Understood(),
        ),
        "2,001 merges": (
            lambda: sheet(rb"<mergeCells[^>]*>", b"<mergeCells>" + b'<mergeCell ref="A1:B1"/>' * 2001),
            LARGE,
        ),
        "merges of 20,000 cells": (
            lambda: sheet(rb"<mergeCells[^>]*>", b"<mergeCells>" + b'<mergeCell ref="H1:L1000"/>' * 4),
            LARGE,
        ),
        "25,000 errors": (lambda: _table(1250, 20, '<c r="{0}" t="e"><v>#REF!</v></c>'), LARGE),
        "outside entity": (lambda: sheet(rb"(?s)^.*?<worksheet", DOCTYPE), Refused("workbook-has-doctype")),
        "entities of entities": (
            lambda: sheet(rb"(?s)^.*?<worksheet", LAUGHS),
            Refused("workbook-has-doctype"),
        ),
        "entity in the strings": (
            lambda: rezipped(outset(), STRINGS, rb"(?s)^.*?<sst", DOCTYPE.replace(b"worksheet", b"sst")),
            Refused("workbook-has-doctype"),
        ),
        "entity in the book": (
            lambda: rezipped(
                outset(), BOOK, rb"(?s)^.*?<workbook", DOCTYPE.replace(b"worksheet", b"workbook")
            ),
            Refused("workbook-has-doctype"),
        ),
        **{name: (partial(_encoded, name), BROKEN) for name in ("utf-16", "utf-16 big", "utf-32")},
        "said to be GBK": (lambda: sheet(rb'encoding="UTF-8"', b'encoding="GBK"'), BROKEN),
        "said to be UTF-7": (lambda: sheet(rb'encoding="UTF-8"', b'encoding="UTF-7"'), BROKEN),
        "byte order mark": (lambda: sheet(rb"^", b"\xef\xbb\xbf"), Understood()),
        "no declaration": (lambda: sheet(rb"<\?xml[^>]*>\s*", b""), Understood()),
        "no XML": (lambda: sheet(rb"(?s)^.*$", b"sheetData"), BROKEN),
        "a tag not closed": (lambda: sheet(rb"</sheetData>", b"</sheetData"), BROKEN),
        "half of it": (lambda: sheet(rb"(?s)<row r=\"15\".*$", b""), BROKEN),
        "half a character": (lambda: sheet(rb"<sheetData>", b"<sheetData>\xe4\xb8"), BROKEN),
        "100,000 deep": (lambda: sheet(rb"<sheetData>", b"<sheetData>" + b"<x>" * 100_000), BROKEN),
        "100,000 deep in the book": (
            lambda: rezipped(outset(), BOOK, rb"<sheets>", b"<x>" * 100_000),
            BROKEN,
        ),
        "rows out of order": (lambda: _moved_row(b"20"), BROKEN),
        "a row twice": (lambda: _row_twice(b"20"), BROKEN),
        "rows without numbers": (lambda: _unnumbered(rb'<row r="\d+"', b"<row"), Understood()),
        "cells without names": (
            # blank cells are not stored, so that those behind them have moved
            lambda: _unnumbered(rb'<c r="[A-Z]+\d+"', b"<c"),
            Refused("row-missing", "填报", alone=False),
        ),
        "sheet named by another path": (
            lambda: rezipped(outset(), LINKS, rb"worksheets/sheet1.xml", b"/xl/worksheets/sheet1.xml"),
            Understood(),
        ),
        "sheet named in capitals": (
            lambda: rezipped(outset(), LINKS, rb"worksheets/sheet1.xml", b"Worksheets/Sheet1.xml"),
            BROKEN,
        ),
        "sheet outside the archive": (
            lambda: rezipped(outset(), LINKS, rb"worksheets/sheet1.xml", b"../../../etc/passwd"),
            BROKEN,
        ),
        "sheet on the network": (
            lambda: rezipped(outset(), LINKS, rb"worksheets/sheet1.xml", b"http://evil.example/s.xml"),
            BROKEN,
        ),
        "comment among the strings": (
            lambda: rezipped(outset(), STRINGS, rb"<si><t>", b"<si><t><!-- x -->"),
            BROKEN,
        ),
        "comment before the sheet": (
            lambda: sheet(rb"<worksheet", b"<!-- Apache POI --><worksheet"),
            Understood(),
        ),
        "link to the web": (
            lambda: sheet(
                rb"</worksheet>", b'<hyperlinks><hyperlink ref="A1" location="x"/></hyperlinks></worksheet>'
            ),
            Understood(),
        ),
        "70,000 styles": (
            lambda: rezipped(outset(), STYLES, rb"<cellXfs[^>]*>", b"<cellXfs>" + b"<xf/>" * 70_000),
            LARGE,
        ),
        "styles of WPS, 30,000": (
            lambda: rezipped(
                outset(), STYLES, rb"</cellXfs>", b'<xf numFmtId="0"/>' * 30_000 + b"</cellXfs>"
            ),
            Understood(),
        ),
    }


def cases() -> Iterator[Case]:
    """All of them."""
    for name, (make, verdict) in sheets().items():
        yield Case("sheet", name, make, verdict)


def _table(rows: int, columns: int, xml: str) -> bytes:
    return rezipped(outset(), SHEET1, rb"(?s)^.*$", rows_of(rows, columns, xml))


def _encoded(name: str) -> bytes:
    codec = {"utf-16": "utf-16", "utf-16 big": "utf-16-be", "utf-32": "utf-32"}[name]
    xml = parts_of(outset())[SHEET1].decode().replace("UTF-8", UNICODE[name])
    return packed({**parts_of(outset()), SHEET1: xml.encode(codec)})


def _row_xml(number: bytes) -> bytes:
    found = re.search(rb'<row r="%s".*?</row>' % number, parts_of(outset())[SHEET1])
    assert found
    return found[0]


def _moved_row(number: bytes) -> bytes:
    row = _row_xml(number)
    xml = parts_of(outset())[SHEET1].replace(row, b"").replace(b"</sheetData>", row + b"</sheetData>")
    return packed({**parts_of(outset()), SHEET1: xml})


def _row_twice(number: bytes) -> bytes:
    row = _row_xml(number)
    xml = parts_of(outset())[SHEET1].replace(row, row + row.replace(b"<v>3.25</v>", b"<v>9</v>"))
    return packed({**parts_of(outset()), SHEET1: xml})


def _unnumbered(old: bytes, new: bytes) -> bytes:
    return packed({**parts_of(outset()), SHEET1: re.sub(old, new, parts_of(outset())[SHEET1])})
