"""Registers in workbooks and JSON: rows, their mistakes, and what they count to."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duban import registers
from duban.errors import Problem, SubmissionInvalid
from duban.intake import reader
from duban.intake.submission import Parsed, read_submission
from duban.rendering import renderer
from tests.support.harbour import SIGNED, document, form, hazard
from tests.support.harbour_plan import harbour
from tests.support.workbooks import edited

REGISTER = harbour().form["hazards"].register_
assert REGISTER is not None
TO: dict[str, Any] = {"plan": harbour(), "duty": "hazards", "unit": "east", "period": "2024-01"}


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


def filled(*rows: dict[str, Any], **more: Any) -> bytes:
    return form("hazards", "east", "2024-01", values={"visits": 1}, rows=rows, signed=SIGNED, **more)


def sent(*rows: Any, **members: Any) -> bytes:
    return document({"visits": 1}, signed=SIGNED, rows=list(rows), **members)


def read(data: bytes, carried: tuple[registers.Row, ...] = ()) -> Parsed:
    return read_submission(data, "表", carried=carried, **TO)


def problems(data: bytes, carried: tuple[registers.Row, ...] = ()) -> list[Problem]:
    """What is wrong, each with a sentence to say it."""
    with pytest.raises(SubmissionInvalid) as caught:
        read(data, carried)
    for problem in caught.value.problems:
        assert f"（{problem.code}）" not in renderer().problem(problem)
    return list(caught.value.problems)


def codes(data: bytes, carried: tuple[registers.Row, ...] = ()) -> list[tuple[str, str, str]]:
    return [(p.code, p.key, p.place) for p in problems(data, carried)]


def opened(place: str) -> registers.Row:
    """A row that was open before."""
    assert REGISTER is not None
    return registers.row(REGISTER, {}, {"place": place, "hazard": "堆放", "state": "整改中"})


# --- the sheet ------------------------------------------------------------------------------------


def test_the_register_is_a_sheet_of_its_own_with_room_for_more_rows() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(filled(hazard("甲"), carried=1)))["台账"]
    assert [c.value for c in sheet[3]] == [
        "序号", "单位", "隐患", "等级", "发现日期", "整改资金 (万元)", "状态", "责任人",
    ]  # fmt: skip
    assert sheet.row_dimensions[4].hidden
    assert sheet.max_row == 4 + 1 + 30
    assert sheet.protection.sheet
    # what tells a row carried on from others is locked, the rest of it is not, nor is a new row
    assert [sheet.cell(5, c).protection.locked for c in range(1, 9)] == [True, True, True] + [False] * 5
    assert [sheet.cell(6, c).protection.locked for c in range(1, 9)] == [True] + [False] * 7
    rules = {str(r.sqref): r.type for r in sheet.data_validations.dataValidation}
    assert (rules["D6"], rules["E6"], rules["F6"], rules["G6"]) == ("list", "date", "decimal", "list")


def test_rows_are_read_with_every_kind_of_column_and_blank_ones_skipped() -> None:
    parsed = read(filled(hazard("甲") | {"cost": 2.5}, {}, hazard("=乙", "已整改", "重大")))
    assert [r.key for r in parsed.rows] == ["甲|堆放", "=乙|堆放"]
    assert [r.closed for r in parsed.rows] == [False, True]
    assert dict(parsed.rows[0].cells) == {"cost": 25}
    assert parsed.rows[0].texts["found"] == "2024-01-09"


def test_rows_become_cells_that_totals_can_be_made_of() -> None:
    rows = (hazard("甲"), hazard("乙", "已整改", "重大"))
    expected = {"visits": 1, "all_rows": 2, "open_rows": 1, "major_closed": 1}
    assert read(filled(*rows)).cells == read(sent(*rows)).cells == expected


def test_a_register_without_rows_counts_to_zero() -> None:
    assert read(filled()).cells == {"visits": 1, "all_rows": 0, "open_rows": 0, "major_closed": 0}


def test_moved_columns_and_a_renamed_sheet_are_understood() -> None:
    def move(book: Any) -> None:
        sheet = book["台账"]
        sheet.title = "一月 台账"
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        sheet.insert_cols(3, 2)
        sheet.insert_rows(2, 3)

    (row,) = read(edited(filled(hazard("甲")), move)).rows
    assert row.texts == hazard("甲")


def test_another_forms_workbook_or_one_without_the_register_is_told_so() -> None:
    def strip(book: Any) -> None:
        book["台账"].delete_rows(4)

    def copy(book: Any) -> None:
        book.copy_worksheet(book["台账"])

    assert codes(edited(filled(), strip)) == [("register-sheet-missing", "", "")]
    assert codes(edited(filled(), copy)) == [("register-sheet-doubled", "", "")]


def test_columns_that_are_missing_doubled_or_never_printed_are_named() -> None:
    def spoil(book: Any) -> None:
        marks = book["台账"]
        marks["F4"].value = "#col:level"  # where the cost stood
        marks["I4"].value = "#col:bribe"

    assert codes(edited(filled(), spoil)) == [
        ("column-doubled", "level", "台账!F4"),
        ("column-unknown", "bribe", "台账!I4"),
        ("column-missing", "cost", "台账"),
    ]


# --- rows -----------------------------------------------------------------------------------------


def test_a_row_has_to_say_what_it_is_and_everything_required() -> None:
    assert codes(sent(hazard("甲"), {"hazard": "堆放"})) == [
        ("cell-missing", "place", "rows[1]"),
        ("cell-missing", "level", "rows[1]"),
        ("cell-missing", "found", "rows[1]"),
        ("cell-missing", "state", "rows[1]"),
    ]


def test_a_wrong_cell_of_a_row_is_placed() -> None:
    assert codes(filled(hazard("甲", "拆了"))) == [("not-a-choice", "state", "台账!G5")]
    assert codes(sent(hazard("甲") | {"found": "昨天"})) == [("not-a-date", "found", "rows[0].found")]


def test_the_same_thing_twice_is_asked_about() -> None:
    (problem,) = problems(filled(hazard("甲"), hazard("乙"), hazard("甲", "已整改")))
    assert (problem.code, problem.value) == ("register-row-doubled", "甲|堆放")
    assert problem.params["places"] == "台账!B5、台账!B7"


def test_an_open_row_may_not_disappear_and_is_closed_by_its_column() -> None:
    carried = (opened("甲"), opened("乙"))
    (problem,) = problems(filled(hazard("乙")), carried)
    assert (problem.code, problem.value) == ("register-row-missing", "甲|堆放")
    said = renderer().problem(problem)
    assert "“状态”一栏填“已整改”" in said
    assert read(filled(hazard("乙"), hazard("甲", "已整改")), carried).cells["open_rows"] == 1


def test_what_cannot_be_read_is_not_also_called_missing() -> None:
    assert [p[0] for p in codes(filled(hazard("甲", "拆了")), (opened("乙"),))] == ["not-a-choice"]


def test_rows_of_json_are_checked_for_shape() -> None:
    assert codes(sent("x", hazard("甲") | {"bribe": 1})) == [
        ("wrong-member", "rows[0]", "rows[0]"),
        ("unknown-column", "bribe", "rows[1].bribe"),
    ]
    data = document({"visits": 1}, signed=SIGNED, rows={})
    assert codes(data) == [("wrong-member", "rows", "rows")]
    with pytest.raises(SubmissionInvalid) as caught:
        read_submission(
            document({"narrative": "x"}, rows=[{}]), "表", plan=harbour(), duty="finding", unit="east",
            period="2024-01-01",
        )  # fmt: skip
    assert [p.code for p in caught.value.problems] == ["register-not-wanted"]


def test_a_register_full_of_mistakes_is_told_about_two_hundred() -> None:
    rows = [{"hazard": str(n)} for n in range(300)]
    assert len(problems(sent(*rows))) == 200


LETTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
TEXTS = st.text(LETTERS, min_size=1, max_size=20).map(str.strip).filter(bool)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "place": TEXTS,
            "hazard": TEXTS,
            "level": st.sampled_from(["一般", "重大"]),
            "found": st.dates(date(1900, 3, 1), date(2999, 12, 31)).map(date.isoformat),
            "state": st.sampled_from(["整改中", "已整改"]),
        },
        optional={"cost": st.integers(0, 10**12).map(lambda n: Decimal(n).scaleb(-1)), "owner": TEXTS},
    ),
    max_size=4,
    unique_by=lambda row: (row["place"], row["hazard"]),
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_whatever_rows_a_register_can_hold_are_read_back_exactly(rows: list[dict[str, Any]]) -> None:
    assert REGISTER is not None
    parsed = read(filled(*rows))
    assert [row.values(REGISTER) for row in parsed.rows] == rows
