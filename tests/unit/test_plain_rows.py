"""Plain rows are read as bytes: with the same verdict as the XML parser's, or a stricter one."""

from __future__ import annotations

import random
import time
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from xml.parsers.expat import ExpatError

import pytest

from duban.errors import SubmissionInvalid
from duban.intake.plain_rows import without_plain_rows
from duban.intake.survey import survey
from tests.support.workbooks import SHEET1, filled

SHEET = b'<?xml version="1.0" encoding="UTF-8"?><worksheet><sheetData>%b</sheetData></worksheet>'
PLAIN = b'<row r="3" spans="1:2"><c r="A3" s="1" t="s"><v>7</v></c><c r="B3"><v>-1.5E3</v></c></row>'


def left(rows: bytes, misleading: tuple[int, ...] = ()) -> int:
    """Cells that the parser still has to see."""
    return without_plain_rows(SHEET % rows, misleading).xml.count(b"<c ")


def test_a_filled_form_has_plain_rows_only() -> None:
    with zipfile.ZipFile(BytesIO(filled(clues=3))) as archive:
        sheet = archive.read(SHEET1)
    found = without_plain_rows(sheet, ())
    assert found.xml.count(b"<c ") == 0
    assert found.cells == sheet.count(b"<c ")
    assert found.xml.count(b"<row ") == sheet.count(b"<row ")


def test_a_plain_row_leaves_its_number_and_reach() -> None:
    found = without_plain_rows(SHEET % PLAIN, ())
    assert found.xml == SHEET % b'<row r="3" spans="1:2"/>'
    assert found[1:] == (2, 3, 2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<v>7</v>", b""),  # a shared string without a number
        (b"<v>7</v>", b"<v>7.0</v>"),
        (b't="s"', b't="e"'),
        (b't="s"', b't="str"'),
        (b"<v>-1.5E3</v>", b"<f>A1</f><v>1</v>"),
        (b"<v>-1.5E3</v>", b"<v>&#49;</v>"),
        (b"<v>-1.5E3</v>", b"<v>1</v><v>2</v>"),
        (b'"B3"', b'"A3"'),
        (b'"B3"', b'"B4"'),
        (b'"B3"', b'"GS3"'),  # the 201st column
        (b'"B3"', b'"B3" r="C3"'),
        (b'"1:2"', b'"1:2" r="4"'),
        (b'"1:2"', b'"1:\xff2"'),
        (b'r="3"', b'r="5001"'),
        (b'r="3"', b"r='3'"),
        (b'r="3" spans', b"spans"),
        (b"<c", b"<x:c"),
    ],
)
def test_whatever_could_be_read_in_two_ways_is_left_to_the_parser(old: bytes, new: bytes) -> None:
    assert left(PLAIN) == 0
    row = PLAIN.replace(old, new)
    assert row != PLAIN
    assert without_plain_rows(SHEET % row, ()).xml == SHEET % row


def test_a_figure_in_a_misleading_format_is_left_to_the_parser() -> None:
    assert left(PLAIN, misleading=(1,)) == 2
    assert left(PLAIN, misleading=(0,)) == 2  # a cell that names no style has the first
    assert left(PLAIN, misleading=(2,)) == 0


@pytest.mark.parametrize("odd", [b"<!-- -->", b"<![CDATA[ ]]>", b"<?a?>"])
def test_nothing_is_taken_out_where_a_row_may_stand_in_something_else(odd: bytes) -> None:
    assert left(PLAIN + odd) == 2


def test_a_row_that_never_ends_is_given_up_at_once() -> None:
    sheet = SHEET % (b'<row r="3">' + b'<c r="A3"><v>1</v></c>' * 50_000 + b"<x/>")
    began = time.process_time()
    assert without_plain_rows(sheet, ()).cells == 0
    assert time.process_time() - began < 2


def test_in_another_encoding_bytes_mean_something_else() -> None:
    sheet = (SHEET % PLAIN).replace(b"UTF-8", b"cp037")
    assert without_plain_rows(sheet, ()).xml == sheet


PIECES = (
    b'<row r="7">', b"</row>", b'<c r="D8"/>', b"</c>", b"<v>5</v>", b"<!-- x -->", b"<![CDATA[", b"]]>",
    b"<?x?>", b' t="e"', b' t="s"', b' s="8"', b"<f>A1</f>", b"&#49;", b"&amp;", b'"', b"<", b">", b'r="B2"',
    b"<x>", b"</x>", b"<sheetData>", b"</sheetData>", b"\0", b"\xff", b"0", b" ", b"9999",
)  # fmt: skip
REFUSED = "refused"


def verdict(sheet: bytes, recalculates: bool, misleading: Mapping[int, str]) -> Any:
    try:
        found = survey(sheet, recalculates, misleading)
    except (ExpatError, SubmissionInvalid):
        return REFUSED
    return found.rows, found.columns, found.merged, found.faults


def test_a_changed_sheet_is_judged_as_by_the_parser_alone() -> None:
    with zipfile.ZipFile(BytesIO(filled(clues=3))) as archive:
        sheet = archive.read(SHEET1)
    chance = random.Random(4)
    declaration, root = b"?>\n<worksheet", b"?>\n<?whole?><worksheet"  # before which nothing is taken out
    assert declaration in sheet
    begin, end = sheet.index(b"<sheetData>"), sheet.index(b"</sheetData>")
    refused = 0
    for _ in range(600):
        at = chance.randrange(begin, end)
        cut = chance.choice((0, 0, 1, 7))
        changed = sheet[:at] + chance.choice((b"", *PIECES)) + sheet[at + cut :]
        recalculates, misleading = chance.random() < 0.5, chance.choice(({}, {8: "0%"}))
        alone = verdict(changed.replace(declaration, root), recalculates, misleading)
        assert verdict(changed, recalculates, misleading) == alone, changed[at - 200 : at + 200]
        refused += alone == REFUSED
    assert 30 < 600 - refused < 570
