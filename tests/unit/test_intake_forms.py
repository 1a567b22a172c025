"""A form as one unit sees it, and the kinds of answers it may ask for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from duban.errors import Problem, SubmissionInvalid
from duban.intake import reader
from duban.intake.submission import Parsed, read_submission
from duban.plan.identity import answers_for, checksum, identity
from duban.rendering import renderer
from tests.support.harbour import SIGNED, document, form
from tests.support.harbour_plan import harbour
from tests.support.workbooks import edited, row_of

WEST = {"stores": 4, "report": "已查"}
EAST = {"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"}


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


def read(data: bytes, unit: str = "east", duty: str = "summary", period: str = "", **more: Any) -> Parsed:
    return read_submission(data, "表", plan=harbour(), duty=duty, unit=unit, period=period, **more)


def problems(data: bytes, unit: str = "east", duty: str = "summary", **more: Any) -> list[Problem]:
    """What is wrong, each with a sentence to say it."""
    with pytest.raises(SubmissionInvalid) as caught:
        read(data, unit, duty, **more)
    for problem in caught.value.problems:
        assert f"（{problem.code}）" not in renderer().problem(problem)
    return list(caught.value.problems)


def codes(data: bytes, unit: str = "east", duty: str = "summary", **more: Any) -> list[tuple[str, str]]:
    return [(p.code, p.key) for p in problems(data, unit, duty, **more)]


# --- sections -------------------------------------------------------------------------------------


def test_a_unit_sees_its_own_sections_and_those_of_all() -> None:
    seen = [harbour().form_for("summary", unit) for unit in ("east", "west", "north")]
    assert [list(f.by_code) for f in seen if f] == [
        ["ships", "ships_big", "ships_small", "report", "finished", "grade"],
        ["stores", "report", "finished", "grade"],
        ["report", "finished", "grade"],
    ]


def test_a_section_of_others_is_neither_printed_nor_asked_for_nor_taken() -> None:
    data = form("summary", "west", values=WEST)
    printed = [c.value for c in openpyxl.load_workbook(io.BytesIO(data))["填报"]["F"]]
    assert "stores" in printed
    assert "ships" not in printed
    assert read(data, "west").cells == {"stores": 4}
    assert codes(document(WEST | {"ships": 1}), "west") == [("unknown-code", "ships")]


def test_another_units_form_is_not_taken_for_ones_own() -> None:
    found = codes(form("summary", "east", values=EAST), "west")
    assert ("wrong-identity", "unit") in found


# --- dates, choices, sums -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["2024-03-09", "2024/3/9", "2024.3.9", "2024年3月9日", "２０２４年３月９日", " 2024-3-09 "]
)
def test_a_day_is_read_as_an_office_writes_it(typed: str) -> None:
    assert read(document(EAST | {"finished": typed})).texts["finished"] == "2024-03-09"


@pytest.mark.parametrize(
    "typed",
    [
        "2024-02-30",
        "2024-3-9日",
        "24-3-9",
        "3月9日",
        "2024年3月",
        "2024-3/9",
        "2024-03-09 10:00",
        20240309,
        True,
    ],
)
def test_what_is_not_plainly_a_day_is_refused(typed: object) -> None:
    assert codes(document(EAST | {"finished": typed})) == [("not-a-date", "finished")]


def test_a_date_cell_of_the_workbook_is_a_day() -> None:
    data = form("summary", "east", values=EAST | {"finished": "2024-03-09"})
    sheet = openpyxl.load_workbook(io.BytesIO(data))["填报"]
    assert sheet.cell(row_of(sheet, "finished"), 4).value == datetime(2024, 3, 9)
    assert read(data).texts["finished"] == "2024-03-09"


def test_a_date_cell_with_a_clock_time_is_asked_about() -> None:
    def clock(book: Any) -> None:
        sheet = book["填报"]
        sheet.cell(row_of(sheet, "finished"), 4).value = datetime(2024, 3, 9, 15, 20)

    data = edited(form("summary", "east", values=EAST | {"finished": "2024-03-09"}), clock)
    assert codes(data) == [("not-a-date", "finished")]


def test_a_choice_is_one_of_its_choices_and_a_comma_in_one_is_no_border() -> None:
    data = form("summary", "east", values=EAST | {"grade": "优, 良"})
    assert read(data).texts["grade"] == "优, 良"
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["填报"]
    rules = {str(r.sqref): (r.type, r.formula1) for r in sheet.data_validations.dataValidation}
    assert rules[f"D{row_of(sheet, 'grade')}"] == ("list", "_duban!$D$1:$D$2")
    assert [book["_duban"][name].value for name in ("D1", "D2")] == ["优, 良", "中"]
    (problem,) = problems(document(EAST | {"grade": "优"}))
    assert (problem.code, problem.params["choices"]) == ("not-a-choice", "优, 良、中")


def test_a_total_that_is_not_the_sum_names_its_parts() -> None:
    (problem,) = problems(document(EAST | {"ships": 6}))
    assert (problem.code, problem.key, problem.value) == ("sum-differs", "ships", "6")
    assert (problem.params["parts"], problem.params["summed"]) == ("大船、小船", "5")


def test_a_part_left_blank_may_be_what_is_missing_from_the_total() -> None:
    blank = {k: v for k, v in EAST.items() if k != "ships_small"}
    assert read(document(blank)).cells == {"ships": 5, "ships_big": 2}
    # but the parts that are stated cannot be more than the total
    assert codes(document(blank | {"ships": 1})) == [("sum-differs", "ships")]


# --- notes, signatures, names ---------------------------------------------------------------------


def test_a_note_is_kept_with_its_row() -> None:
    data = form("summary", "east", values=EAST, notes={"ships": "含=渔船"})
    assert read(data).notes == {"ships": "含=渔船"}
    assert read(document(EAST, notes={"ships": "含渔船", "report": " "})).notes == {"ships": "含渔船"}


def test_a_note_may_not_be_longer_than_a_text_or_belong_to_nothing() -> None:
    assert codes(document(EAST, notes={"ships": "长" * 4001})) == [("text-too-long", "ships")]
    assert codes(document(EAST, notes={"boats": "x"})) == [("unknown-code", "boats")]


def test_a_form_printed_before_there_were_notes_is_still_read() -> None:
    def unmark(book: Any) -> None:
        book["填报"]["E1"].value = None

    assert read(edited(form("summary", "east", values=EAST, notes={"ships": "x"}), unmark)).notes == {}


def test_everybody_who_has_to_sign_has_signed() -> None:
    rows = {"values": {"visits": 1}}
    missing = form("hazards", "east", "2024-01", **rows, signed={"filler": "填报员", "head": " "})
    (problem,) = problems(missing, duty="hazards", period="2024-01")
    # marks, title, unit, hint, zero report, head, section, visits; then 填报人 in row 9, 审核人, 负责人
    assert (problem.code, problem.key, problem.place) == ("signature-missing", "head", "填报!D11")
    assert read(
        form("hazards", "east", "2024-01", **rows, signed=SIGNED), duty="hazards", period="2024-01"
    ).signed
    assert codes(document({"visits": 1}), duty="hazards", period="2024-01") == [
        ("signature-missing", "filler"),
        ("signature-missing", "head"),
    ]


@pytest.mark.parametrize("name", ["east", "东站", "东港站"])
def test_a_return_may_call_the_unit_by_any_of_its_names(name: str) -> None:
    assert read(document(EAST, unit=name)).cells["ships"] == 5


def test_a_group_or_another_unit_is_not_the_unit() -> None:
    assert codes(document(EAST, unit="各站")) == [("wrong-identity", "unit")]
    assert codes(document(EAST, unit="west")) == [("wrong-identity", "unit")]


def test_a_workbook_that_names_the_unit_by_an_alias_is_taken() -> None:
    def rename(book: Any) -> None:
        said = identity(harbour(), "summary", "east", "") | {"unit": "东港站"}
        seen = harbour().form_for("summary", "east")
        assert seen is not None
        book["_duban"]["B3"].value = said["unit"]
        book["_duban"]["B7"].value = checksum(said, seen)

    assert read(edited(form("summary", "east", values=EAST), rename)).cells["ships"] == 5


def test_a_successor_may_answer_for_the_unit_it_took_over() -> None:
    assert answers_for(harbour(), "东站", "north")
    assert not answers_for(harbour(), "north", "east")
    assert read(document({"narrative": "甲"}, unit="east"), "north", "finding", "2024-02-01").texts


def test_a_form_says_which_task_it_is_about() -> None:
    data = form("progress", "east", subject="1.1", values={"narrative": "已查"})
    assert "1.1 查船舶" in str(openpyxl.load_workbook(io.BytesIO(data))["填报"]["A4"].value)
    assert read(data, duty="progress", subject="1.1").texts == {"narrative": "已查"}
    (problem,) = problems(data, duty="progress", subject="1.2")
    assert (problem.code, problem.key, problem.value) == ("wrong-identity", "subject", "1.1")
    assert codes(document({"narrative": "x"}, subject="1.2"), duty="progress", subject="1.1") == [
        ("wrong-identity", "subject")
    ]


def test_a_mailbox_that_no_message_could_reach_is_asked_about() -> None:
    cells = {"liaison_name": "甲", "liaison_position": "乙", "liaison_phone": "1", "deputies": 0}
    assert read(document(cells | {"liaison_email": "a@harbour.example"}), duty="liaison").texts
    for wrong in ("a@b@c", "甲 a@harbour.example", "harbour.example", "a@x.example,b@x.example"):
        assert codes(document(cells | {"liaison_email": wrong}), duty="liaison") == [
            ("not-a-mailbox", "liaison_email")
        ]


def test_a_day_in_the_past_or_future_is_a_day() -> None:
    assert (
        read(document(EAST | {"finished": date(1999, 12, 31).isoformat()})).texts["finished"] == "1999-12-31"
    )
