"""Filled forms as units really return them, and files made to do harm."""

from __future__ import annotations

import io
import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest

from duban.documents.blank import WORDS, blank_form
from duban.errors import Problem, SubmissionInvalid
from duban.intake import reader
from duban.intake.guard import guard
from duban.intake.submission import Parsed, read_submission
from tests.support.plans import load

PLAN = load("haian-2018")
MONTHLY = PLAN.form["monthly"]
TO: dict[str, Any] = {"plan": PLAN, "duty": "monthly", "unit": "qutang", "period": "2018-10"}
MARKS = {key: key for key in WORDS} | {"sheet": "填报"}
ZEROS = {i.code: 0 for i in MONTHLY.indicators if i.is_number}
SHEET1 = "xl/worksheets/sheet1.xml"

Edit = Callable[[Any], None]


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


def filled(**values: Any) -> bytes:
    """Qutang's October form, every figure 0 but `values`."""
    return blank_form(**TO, words=MARKS, values={**ZEROS, **values})


def edited(data: bytes, edit: Edit) -> bytes:
    """The workbook after somebody opened, changed and saved it."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    edit(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def rezipped(data: bytes, part: str = "", old: bytes = b"", new: bytes = b"", **more: bytes) -> bytes:
    """The same archive with `old` once replaced by `new` in a part, and more parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            body = source.read(name)
            if name == part:
                assert re.search(old, body)
                body = re.sub(old, lambda _: new, body, count=1)
            target.writestr(name, body)
        for name, body in more.items():
            target.writestr(name.replace("__", "/").replace("_", "."), body)
    return out.getvalue()


def read(data: bytes, **to: Any) -> Parsed:
    return read_submission(data, "表.xlsx", **{**TO, **to})


def problems(data: bytes, **to: Any) -> tuple[Problem, ...]:
    with pytest.raises(SubmissionInvalid) as caught:
        read(data, **to)
    assert all(p.file == "表.xlsx" for p in caught.value.problems)
    return caught.value.problems


def row_of(sheet: Any, code: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 6).value == code)


def setting(code: str, value: Any, number_format: str = "") -> Edit:
    """An edit that puts `value` into the indicator's cell."""

    def edit(book: Any) -> None:
        cell = book["填报"].cell(row_of(book["填报"], code), 4)
        cell.value = value
        cell.number_format = number_format or cell.number_format

    return edit


# --- honest files ---------------------------------------------------------------------------------


def test_the_same_form_is_the_same_bytes() -> None:
    assert filled() == filled()


def test_only_cells_to_be_filled_are_open_and_what_is_ours_is_hidden() -> None:
    book = openpyxl.load_workbook(io.BytesIO(filled()))
    sheet = book["填报"]
    row = row_of(sheet, "fines")
    assert sheet.protection.sheet
    assert [sheet.cell(row, column).protection.locked for column in range(1, 6)] == [True] * 3 + [False] * 2
    assert sheet.cell(row, 4).number_format == "#,##0.00"
    assert sheet.column_dimensions["F"].hidden
    assert sheet.row_dimensions[1].hidden
    assert book["_duban"].sheet_state == "veryHidden"
    rules = {str(r.sqref): (r.type, r.formula1, r.formula2) for r in sheet.data_validations.dataValidation}
    assert rules[f"D{row}"] == ("decimal", "0", "10000000000")


def test_a_form_made_by_us_passes_the_guard_and_reads_back() -> None:
    guard(filled(), "表.xlsx")
    parsed = read(filled(clues=7, fines=12.5, summary="=不是公式"))
    assert parsed.cells == {**ZEROS, "clues": 7, "fines": 1250}
    assert parsed.texts == {"summary": "=不是公式"}
    assert parsed.form_version == 1


def test_an_empty_form_names_every_required_cell_where_it_stands() -> None:
    found = problems(blank_form(**TO, words=MARKS))
    assert [p.key for p in found] == list(ZEROS)
    assert {p.code for p in found} == {"cell-missing"}
    # row 1 marks, 2 title, 3 unit, 4 hint, 5 zero report, 6 head, 7 section, so the first figure is in row 8
    assert found[0].place == "填报!D8"
    assert found[0].params["name"] == "辖区互联网药品经营主体（期末数）"


def test_a_tick_makes_a_zero_report() -> None:
    form = blank_form(**TO, words=MARKS, values={"sellers": 41, "cases_open": 2}, zero=True)
    parsed = read(form)
    assert parsed.zero
    assert parsed.cells == {**ZEROS, "sellers": 41, "cases_open": 2}


def test_a_tick_cell_with_anything_else_is_asked_about() -> None:
    form = edited(filled(), setting("#zero", "否"))
    (problem,) = problems(form)
    assert (problem.code, problem.place, problem.value) == ("zero-unclear", "填报!D5", "否")


def test_the_form_of_an_event_has_no_tick_and_no_period() -> None:
    to = {**TO, "duty": "major-case", "period": ""}
    form = blank_form(**to, words=MARKS, values={"case_name": "甲案", "narrative": "略", "suspects": 3})
    parsed = read_submission(form, "表.xlsx", **to)
    assert parsed.cells == {"suspects": 3}
    assert parsed.texts == {"case_name": "甲案", "narrative": "略"}


def test_a_form_saved_by_another_program_reads_the_same() -> None:
    assert read(edited(filled(clues=7), setting("ads", 3))).cells == {**ZEROS, "clues": 7, "ads": 3}


@pytest.mark.parametrize(("typed", "clues"), [("1,234", 1234), ("１２", 12), (" 5 ", 5)])
def test_figures_typed_as_text_are_read(typed: str, clues: int) -> None:
    assert read(edited(filled(), setting("clues", typed))).cells["clues"] == clues


def test_a_figure_with_its_unit_of_measure_is_returned_with_cell_and_value() -> None:
    (problem,) = problems(edited(filled(), setting("fines", "3万元")))
    assert (problem.code, problem.value, problem.key) == ("not-a-number", "3万元", "fines")
    assert problem.place == "填报!D20"
    assert problem.params["name"] == "罚没金额"


def test_a_renamed_sheet_is_understood() -> None:
    def rename(book: Any) -> None:
        book["填报"].title = "十月 (终稿)"

    assert read(edited(filled(clues=7), rename)).cells["clues"] == 7
    (problem,) = problems(edited(edited(filled(), setting("clues", "x")), rename))
    assert problem.place.startswith("十月 (终稿)!D")


def test_moved_rows_and_columns_are_understood() -> None:
    def move(book: Any) -> None:
        sheet = book["填报"]
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        sheet.insert_rows(3, 4)
        sheet.insert_cols(5, 2)
        first, second = (next(r for r in sheet.iter_rows() if r[7].value == c) for c in ("clues", "fines"))
        for a, b in zip(first, second, strict=True):
            a.value, b.value = b.value, a.value

    parsed = read(edited(filled(clues=7, fines=12.5), move))
    assert (parsed.cells["clues"], parsed.cells["fines"]) == (7, 1250)


def test_a_missing_row_and_a_doubled_row_are_named() -> None:
    def spoil(book: Any) -> None:
        sheet = book["填报"]
        sheet.cell(row_of(sheet, "ads"), 6).value = "clues"

    found = problems(edited(filled(), spoil))
    assert [(p.code, p.key) for p in found] == [("row-missing", "ads"), ("row-doubled", "clues")]
    assert found[1].params["places"] == "D11、D21"


def test_a_row_we_never_printed_is_not_passed_over() -> None:
    def add(book: Any) -> None:
        book["填报"].cell(40, 6).value = "bribes"

    assert [(p.code, p.key) for p in problems(edited(filled(), add))] == [("row-unknown", "bribes")]


def test_two_copies_of_the_form_sheet_are_not_chosen_between() -> None:
    def copy(book: Any) -> None:
        book.copy_worksheet(book["填报"])

    assert [p.code for p in problems(edited(filled(), copy))] == ["form-sheet-doubled"]


def test_a_workbook_without_our_marks_is_told_so() -> None:
    def strip(book: Any) -> None:
        book["填报"].delete_rows(1)

    assert [p.code for p in problems(edited(filled(), strip))] == ["form-sheet-missing"]


# --- whose form -----------------------------------------------------------------------------------


def test_another_units_form_for_another_period_is_refused_with_both_names() -> None:
    form = blank_form(**{**TO, "unit": "nanmo", "period": "2018-09"}, words=MARKS, values=ZEROS)
    found = problems(form)
    assert [(p.code, p.params["field"]) for p in found] == [
        ("wrong-identity", "unit"),
        ("wrong-identity", "period"),
    ]
    assert (found[0].params["expected"], found[0].params["found"]) == ("曲塘镇分局", "南莫镇分局")
    assert (found[1].params["expected"], found[1].params["found"]) == ("2018-10", "2018-09")


def test_another_dutys_form_is_refused_without_judging_its_rows() -> None:
    form = blank_form(**{**TO, "duty": "major-case"}, words=MARKS)
    assert [(p.code, p.key) for p in problems(form)] == [
        ("wrong-identity", "duty"),
        ("wrong-identity", "form"),
    ]


def test_a_wrong_form_does_not_hide_a_wrong_figure() -> None:
    form = blank_form(**{**TO, "unit": "nanmo"}, words=MARKS, values={**ZEROS, "clues": "x"})
    assert [p.code for p in problems(form)] == ["wrong-identity", "not-a-number"]


@pytest.mark.parametrize(
    ("row", "value", "code"),
    [(3, "nanmo", "identity-tampered"), (6, "0", "form-version"), (7, "x", "identity-tampered")],
)
def test_an_identity_that_was_changed_by_hand_is_noticed(row: int, value: str, code: str) -> None:
    def change(book: Any) -> None:
        book["_duban"].cell(row, 2).value = value

    assert code in [p.code for p in problems(edited(filled(), change))]


def test_a_workbook_without_identity_is_refused() -> None:
    assert [p.code for p in problems(edited(filled(), lambda book: book.remove(book["_duban"])))] == [
        "identity-missing"
    ]


# --- cells that readers get wrong -----------------------------------------------------------------


def test_an_error_cell_is_not_a_blank() -> None:
    xml = b'<c r="D20" t="e"><f>Sheet9!A1</f><v>#REF!</v></c>'
    form = rezipped(filled(), SHEET1, rb'<c r="D20"[^>]*>.*?</c>', xml)
    (problem,) = problems(form)
    assert (problem.code, problem.value, problem.place) == ("cell-error", "#REF!", "填报!D20")


def test_a_formula_nobody_computed_is_not_a_blank_and_not_a_zero() -> None:
    (unsaved,) = problems(edited(filled(), setting("clues", "=SUM(1,2)")))
    assert (unsaved.code, unsaved.value) == ("cell-formula-uncached", "=SUM(1,2)")
    # as xlsxwriter leaves it: a 0 in a workbook that asks to be computed when opened
    xml = b'<c r="D20"><f>SUM(1,2)</f><v>0</v></c>'
    (placeholder,) = problems(rezipped(filled(), SHEET1, rb'<c r="D20"[^>]*>.*?</c>', xml))
    assert placeholder.code == "cell-formula-uncached"


def test_a_formula_that_was_computed_counts_by_its_value() -> None:
    xml = b'<c r="D20"><f>SUM(1,2)</f><v>3</v></c>'
    assert read(rezipped(filled(), SHEET1, rb'<c r="D20"[^>]*>.*?</c>', xml)).cells["fines"] == 300


def test_a_number_shown_as_a_date_is_never_silently_converted() -> None:
    for value in (1234, date(2018, 10, 1)):
        (problem,) = problems(edited(filled(), setting("clues", value, "yyyy-mm-dd")))
        assert (problem.code, problem.key) == ("cell-is-date", "clues")


# --- files made to do harm, or sent by mistake ----------------------------------------------------

DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
FAR = b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
MERGES = b"<mergeCells>" + b'<mergeCell ref="A1:B1"/>' * 2001


def hostile() -> dict[str, tuple[str, bytes]]:
    """Name → (expected code, file)."""
    good = filled()
    strings = "xl/sharedStrings.xml"
    return {
        "empty": ("file-empty", b""),
        "eleven megabytes": ("file-too-large", b"PK" + bytes(11 * 2**20)),
        "old xls": ("file-is-xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "with password": (
            "file-is-protected",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        ),
        "a pdf": ("file-not-a-workbook", b"%PDF-1.7"),
        "another archive": ("file-not-a-workbook", rezipped(_zip(), a_txt=b"a")),
        "cut short": ("workbook-broken", good[: len(good) // 2]),
        "one byte wrong": ("workbook-broken", _flipped(good)),
        "sheet not xml": ("workbook-broken", rezipped(good, SHEET1, rb"</sheetData>", b"</sheetData")),
        "bomb": ("workbook-inflates", rezipped(good, x_bin=bytes(30 * 2**20))),
        "many parts": ("workbook-inflates", rezipped(good, **{f"x{n}_bin": b"x" for n in range(600)})),
        "macro": ("workbook-has-macros", rezipped(good, xl__vbaProject_bin=b"x")),
        "macro sheet": ("workbook-has-macros", rezipped(good, xl__macrosheets__sheet1_xml=b"<x/>")),
        "doctype": ("workbook-has-doctype", rezipped(good, SHEET1, rb"(?s)^.*?<worksheet", DOCTYPE)),
        "last cell": ("workbook-too-large", rezipped(good, SHEET1, rb"<sheetData>", FAR)),
        "false dimension": (
            "workbook-too-large",
            rezipped(good, SHEET1, rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"'),
        ),
        "too many elements": (
            "workbook-too-large",
            rezipped(good, SHEET1, rb"<sheetData>", b"<sheetData>" + _rows(600_000)),
        ),
        "in utf-16": ("workbook-broken", rezipped(good, SHEET1, rb"(?s)^.*$", _utf16(good))),
        "giant merge": (
            "workbook-too-large",
            rezipped(good, SHEET1, rb'<mergeCell ref="[^"]*"', b'<mergeCell ref="A1:XFD1048576"'),
        ),
        "many merges": ("workbook-too-large", rezipped(good, SHEET1, rb"<mergeCells[^>]*>", MERGES)),
        "false count": (
            "workbook-too-large",
            rezipped(good, strings, rb'uniqueCount="\d+"', b'uniqueCount="4294967295"'),
        ),
        "false but smaller count": (
            "workbook-too-large",
            rezipped(good, strings, rb'uniqueCount="\d+"', b"uniqueCount='99999'"),
        ),
    }


def _rows(count: int) -> bytes:
    return b"".join(b'<row r="%d"/>' % n for n in range(count))


def _utf16(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(SHEET1).decode().replace("UTF-8", "UTF-16").encode("utf-16")


def _zip() -> bytes:
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    return out.getvalue()


def _flipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo(SHEET1).header_offset + 200
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_guard_stops(name: str) -> None:
    code, data = HOSTILE[name]
    began = time.process_time()
    assert [p.code for p in problems(data)] == [code]
    assert time.process_time() - began < 2


def test_two_parts_of_one_name_are_refused() -> None:
    out = io.BytesIO(filled())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(SHEET1, b"<worksheet/>")
    assert [p.code for p in problems(out.getvalue())] == ["workbook-broken"]


def test_what_kills_the_reader_kills_only_the_worker() -> None:
    for name in ("last cell", "false count", "cut short"):
        with pytest.raises(SubmissionInvalid) as caught:
            reader.read_sheets(HOSTILE[name][1])
        assert caught.value.problems[0].code == "workbook-broken"
        assert read(filled(clues=1)).cells["clues"] == 1


def test_a_reader_that_takes_too_long_is_ended_and_replaced() -> None:
    reader.close()  # so that the file waits for a new worker, which takes some 20 ms to start
    with pytest.raises(SubmissionInvalid):
        reader.read_sheets(filled(), seconds=0.0)
    assert "填报" in reader.read_sheets(filled())


def test_threads_that_read_at_once_get_each_their_own_file() -> None:
    found: dict[int, int] = {}

    def work(number: int) -> None:
        found[number] = read(filled(clues=number)).cells["clues"]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: n for n in range(16)}


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    out = io.BytesIO(filled())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/x.bin", bytes(50 * 2**20))
    data = out.getvalue()
    lying = data.replace((50 * 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert [p.code for p in problems(lying)] == ["workbook-broken"]
