"""The workbook that is handed out: what stands on it, and that nothing of it disturbs the reading."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from duban.documents.blank import blank_form
from duban.intake import reader
from duban.intake.formats import misleads
from duban.rendering import renderer
from tests.support.harbour_plan import harbour
from tests.support.workbooks import PLAN, TO, ZEROS, edited, problems, read

WORDS = renderer().words["blank"]
DUE = datetime(2018, 11, 6, tzinfo=ZoneInfo("Asia/Shanghai"))
BEFORE = {"sellers": 1234, "cases_open": 2, "fines": 325}


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


def opened(**more: Any) -> Any:
    """Qutang's October form in the shipped words."""
    return openpyxl.load_workbook(io.BytesIO(blank_form(**TO, words=WORDS, **more)))


def guide(book: Any) -> str:
    return "\n".join(str(row[0].value) for row in book["填报说明"].iter_rows())


def test_a_sheet_of_instructions_says_until_when_and_whom_to_ask() -> None:
    said = guide(opened(due_at=DUE))
    # the boundary is exclusive: midnight at the end of Monday 5 November
    assert "报送时限：2018年11月5日（周一）24时前" in said
    assert f"有疑问请与{PLAN.coordinator.name}联系" in said
    assert "“√”" in said
    assert "严禁填写国家秘密" in said
    assert "台账" not in said
    assert "上期数" not in said


def test_the_instructions_speak_of_what_the_form_has() -> None:
    data = blank_form(harbour(), "hazards", "east", "2024-01", words=WORDS)
    said = guide(openpyxl.load_workbook(io.BytesIO(data)))
    assert "此前未办结的已列在前面" in said
    assert "填报人、负责人" in said
    assert "报送时限" not in said
    data = blank_form(harbour(), "summary", "east", "", words=WORDS)
    said = guide(openpyxl.load_workbook(io.BytesIO(data)))
    assert "须附：典型案例、处罚决定书。" in said  # pictures may be left out
    assert "零报告" not in said


def test_figures_of_last_time_stand_beside_and_are_locked() -> None:
    sheet = opened(before=BEFORE)["填报"]
    assert [c.value for c in sheet[6]][:6] == ["序号", "指标", "计量单位", "上期数", "本期数", "备注"]
    # marks, title, unit, hint, zero report, head, section: sellers stand in row 8, clues in 11, fines in 20
    assert [sheet[f"D{row}"].value for row in (8, 11, 19, 20)] == [1234, None, 2, 3.25]
    assert sheet["D8"].protection.locked
    assert not sheet["E8"].protection.locked
    assert "上期数" in guide(opened(before=BEFORE))


def test_figures_of_last_time_are_never_taken_for_those_of_now() -> None:
    data = blank_form(**TO, words=WORDS, values={**ZEROS, "clues": 7}, notes={"clues": "甲"}, before=BEFORE)
    parsed = read(data)
    assert parsed.cells == {**ZEROS, "clues": 7}
    assert parsed.notes == {"clues": "甲"}
    blank = problems(blank_form(**TO, words=WORDS, before=BEFORE))
    assert {p.code for p in blank if p.refuses} == {"cell-missing"}
    assert [p.place for p in blank][:1] == ["填报!E8"]


def test_the_same_form_is_the_same_bytes_whatever_stands_beside() -> None:
    once, again = (blank_form(**TO, words=WORDS, before=BEFORE, due_at=DUE) for _ in range(2))
    assert once == again


def test_a_unit_that_writes_on_the_sheet_of_instructions_does_no_harm() -> None:
    def write(book: Any) -> None:
        book["填报说明"]["A30"] = "#value"
        book["填报说明"]["B30"] = "#code"

    data = blank_form(**TO, words=WORDS, values=ZEROS)
    assert [p.code for p in problems(edited(data, write))] == ["form-sheet-doubled"]
    assert read(edited(data, lambda book: book.remove(book["填报说明"]))).cells == ZEROS


def test_a_form_prints_on_upright_a4_one_page_wide() -> None:
    book = opened()
    for name in ("填报", "填报说明"):
        setup = book[name].page_setup
        assert book[name].sheet_properties.pageSetUpPr.fitToPage
        # one page wide, which is what nothing means, and as many high as it takes
        assert (setup.paperSize, setup.orientation, setup.fitToWidth, setup.fitToHeight) == (
            9,
            "portrait",
            None,
            0,
        )
    assert "盖章" in [str(r[0].value) for r in book["填报"].iter_rows()][-1]


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("General", False), ("0.00", False), ("#,##0", False), ("#,##0.00_);(#,##0.00)", False), ("@", False),
        ("yyyy-mm-dd", False), ("[DBNum1][$-804]General", False), ('0.0"百分点"', False), ("", False),
        ("0%", True), ("0.00%", True), ("#,##0,", True), ("0.0,,", True), ('0!.0,"万"', True),
        ('0"万元"', True), (";;;", True), ('"—"', True), (r"0.0\千", True),
    ],
)  # fmt: skip
def test_a_number_format_misleads_when_it_shows_another_figure(code: str, wrong: bool) -> None:
    assert misleads(code) is wrong
