"""Filled forms as units really return them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest

from duban.documents.blank import blank_form
from duban.intake import reader
from duban.intake.guard import guard
from duban.intake.submission import read_submission
from tests.support.workbooks import (
    MARKS,
    SHEET1,
    TO,
    ZEROS,
    edited,
    filled,
    problems,
    read,
    rezipped,
    row_of,
    setting,
)


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


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
