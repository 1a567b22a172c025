"""What a unit may write in a cell, what it means, and the rules between cells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duban.documents.blank import WORDS, blank_form
from duban.errors import SubmissionInvalid
from duban.intake import reader
from duban.intake.submission import Parsed, read_submission
from duban.intake.validate import validate
from duban.intake.values import number, text
from duban.plan.forms import Form, Indicator
from duban.plan.identity import SIGNERS
from tests.support.plans import load

PLAN = load("haian-2018")
MONTHLY = PLAN.form["monthly"]
FINES = MONTHLY.by_code["fines"]  # 万元, two decimals
CLUES = MONTHLY.by_code["clues"]  # whole numbers
MARKS = {key: key for key in WORDS}
TO = {"plan": PLAN, "duty": "monthly", "unit": "qutang", "period": "2018-10"}
PARTS = {"clues_police": "clues", "clues_telecom": "clues", "samples_failed": "samples"}
FIGURES = {i.code: 0 for i in MONTHLY.indicators if i.is_number}


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


def code_of(raw: object, indicator: Indicator) -> str:
    """The code under which `raw` is refused."""
    with pytest.raises(SubmissionInvalid) as caught:
        number(raw, indicator)
    return caught.value.problems[0].code


def send(cells: dict[str, Any], **members: Any) -> Parsed:
    """A JSON return of Qutang for October."""
    return read_submission(json.dumps({"cells": cells, **members}).encode(), "r.json", **TO)


def codes(cells: dict[str, Any], **members: Any) -> list[tuple[str, str]]:
    """(code, key) of every problem of a JSON return."""
    with pytest.raises(SubmissionInvalid) as caught:
        send(cells, **members)
    return [(p.code, p.key) for p in caught.value.problems]


def form_of(row: dict[str, Any]) -> Form:
    """A form of one indicator."""
    section = {"id": "s", "name": "s", "indicators": [row]}
    return Form.model_validate({"id": "f", "title": "f", "sections": [section]})


@pytest.mark.parametrize(
    ("raw", "scaled"),
    [
        ("12.5", 1250),
        ("１２．５", 1250),
        ("1,234", 123400),
        ("１，２３４．５６", 123456),
        ("\u3000 7 ", 700),
        ("12.500", 1250),
        ("-0", 0),
        (12.5, 1250),
        (0.1 + 0.2, 30),
        (Decimal("0.30"), 30),
        (7, 700),
        ("10,000,000,000", 10**12),
    ],
)
def test_a_figure_is_read_as_an_office_writes_it(raw: object, scaled: int) -> None:
    assert number(raw, FINES) == scaled


@pytest.mark.parametrize(
    "raw",
    [
        *("3万元", "约3", "1,23", "12,34,567", "1e3", "1 234", "5²", "①", "٣", "=1+1", ".5", "--"),
        *(True, float("nan"), float("inf"), Decimal("NaN"), [1], {"a": 1}, date(2018, 10, 1)),
    ],
)
def test_what_is_not_plainly_a_figure_is_refused_and_not_guessed(raw: object) -> None:
    assert code_of(raw, FINES) == "not-a-number"


@pytest.mark.parametrize(
    "raw", ["1.234", 1.234, Decimal("1.234"), Decimal("0." + "9" * 40), Decimal("1e-9999")]
)
def test_more_decimals_than_the_indicator_has_are_never_rounded_away(raw: object) -> None:
    assert code_of(raw, FINES) == "too-many-decimals"


@pytest.mark.parametrize("raw", ["-1", -1, -0.01, "－３"])
def test_a_negative_figure_is_refused(raw: object) -> None:
    assert code_of(raw, FINES) == "negative"


@pytest.mark.parametrize("raw", ["10,000,000,000.01", 1e300, Decimal("1e999999"), "9" * 5000])
def test_a_figure_that_would_not_fit_is_refused(raw: object) -> None:
    assert code_of(raw, FINES) == "figure-too-large"


def test_a_text_keeps_its_lines_and_loses_only_the_blanks_around_it() -> None:
    assert text("  一\r\n二\n") == "一\n二"
    assert text(20181001.0) == "20181001"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("字" * 4001, "text-too-long"),
        ("a\x00b", "text-unprintable"),
        ("\ud800", "text-unprintable"),
        (True, "cell-not-text"),
    ],
)
def test_a_text_no_database_or_printer_could_take_is_refused(raw: object, code: str) -> None:
    with pytest.raises(SubmissionInvalid) as caught:
        text(raw)
    assert caught.value.problems[0].code == code


def test_a_blank_stays_a_blank_and_a_zero_is_stored() -> None:
    parsed = send({**FIGURES, "summary": None}, signed={"filler": " 张三 ", "head": ""})
    assert parsed.cells == FIGURES
    assert parsed.texts == {}
    assert parsed.signed == {"filler": "张三"}
    assert not parsed.zero


def test_every_missing_required_figure_is_named() -> None:
    assert codes({c: 0 for c in FIGURES if c not in ("clues", "fines")}) == [
        ("cell-missing", "clues"),
        ("cell-missing", "fines"),
    ]


def test_a_figure_that_cannot_be_read_is_not_also_called_missing() -> None:
    assert codes({**FIGURES, "fines": "3万元"}) == [("not-a-number", "fines")]


def test_a_part_larger_than_its_total_names_both() -> None:
    with pytest.raises(SubmissionInvalid) as caught:
        send({**FIGURES, "clues": 3, "clues_police": 4})
    (problem,) = caught.value.problems
    assert (problem.code, problem.place, problem.value) == ("part-exceeds-total", "cells.clues_police", "4")
    assert problem.params["name"] == "其中：移送公安机关"
    assert (problem.params["total"], problem.params["total_value"]) == ("收集违法线索", "3")


def test_a_part_equal_to_its_total_is_right() -> None:
    assert send({**FIGURES, "clues": 3, "clues_police": 3}).cells["clues_police"] == 3


def test_a_zero_report_states_zero_for_flow_figures_only() -> None:
    parsed = send({"sellers": 41, "cases_open": 2}, zero=True)
    assert parsed.zero
    assert parsed.cells == {**FIGURES, "sellers": 41, "cases_open": 2}


def test_a_zero_report_still_owes_the_stock_figures() -> None:
    assert codes({"sellers": 41}, zero=True) == [("cell-missing", "cases_open")]


def test_a_zero_report_with_a_figure_contradicts_itself() -> None:
    assert codes({"sellers": 1, "cases_open": 0, "events": 2, "clues": 0}, zero=True) == [
        ("zero-report-contradicted", "events")
    ]


def test_a_duty_without_zero_report_takes_none() -> None:
    with pytest.raises(SubmissionInvalid) as caught:
        read_submission(
            json.dumps({"zero": True, "cells": {"case_name": "甲案", "narrative": "略"}}).encode(), "r.json",
            plan=PLAN, duty="major-case", unit="qutang", period="",
        )  # fmt: skip
    assert [p.code for p in caught.value.problems] == ["zero-not-allowed"]


def test_a_zero_report_waives_required_texts() -> None:
    form = form_of({"code": "story", "name": "s", "type": "text"})
    empty: dict[str, Any] = {"zero_allowed": True, "cells": {}, "texts": {}}
    assert validate(form, zero=True, **empty).problems == ()
    assert [p.code for p in validate(form, zero=False, **empty).problems] == ["cell-missing"]


def test_a_figure_above_its_stated_maximum_is_refused() -> None:
    row = {"code": "rate", "name": "率", "type": "decimal", "scale": 1, "unit_of_measure": "%", "max": 100}
    form = form_of(row)
    rules: dict[str, Any] = {"zero": False, "zero_allowed": False, "texts": {}}
    assert validate(form, cells={"rate": 1000}, **rules).problems == ()
    (problem,) = validate(form, cells={"rate": 1001}, **rules).problems
    assert (problem.code, problem.value, problem.params["maximum"]) == ("above-maximum", "100.1", 100)


def test_json_decimals_never_pass_through_a_float() -> None:
    body = json.dumps(FIGURES)[:-1].replace('"fines": 0', '"fines": 9999999999.99')
    parsed = read_submission(f'\ufeff {{"cells": {body}}}}}'.encode(), "r.json", **TO)
    assert parsed.cells["fines"] == 999_999_999_999


def test_unknown_and_doubled_members_are_refused_by_name() -> None:
    body = '{"cells": {"clues": 1, "clues": 2, "secret": 1}, "units": "x", "zero": 1}'
    with pytest.raises(SubmissionInvalid) as caught:
        read_submission(body.encode(), "r.json", **TO)
    found = [(p.code, p.place) for p in caught.value.problems if p.code != "cell-missing"]
    assert found == [
        ("duplicate-member", "clues"),
        ("unknown-member", "units"),
        ("wrong-member", "zero"),
        ("unknown-code", "cells.secret"),
    ]


def test_a_json_return_that_says_it_is_another_units_is_refused() -> None:
    assert codes(FIGURES, unit="nanmo", campaign="haian-2018") == [("wrong-identity", "unit")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "json-syntax"),
        (b'{"cells": {} } x', "json-syntax"),
        (b'{"\xff": 1}', "json-not-utf8"),
        (b'{"cells":' + b"[" * 400_000, "json-too-deep"),
        (b"{" + b" " * 2**20, "file-too-large"),
        (b"", "file-empty"),
    ],
)
def test_a_broken_json_return_is_refused_in_one_problem(body: bytes, code: str) -> None:
    with pytest.raises(SubmissionInvalid) as caught:
        read_submission(body, "r.json", **TO)
    assert [p.code for p in caught.value.problems] == [code]
    assert caught.value.problems[0].file == "r.json"


def _values(indicator: Indicator) -> st.SearchStrategy[Any]:
    if indicator.is_number:
        return st.integers(0, 10**12).map(indicator.decimal)
    letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.just(
        "\n"
    )
    return st.text(letters, max_size=60).map(str.strip)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries({i.code: _values(i) for i in MONTHLY.indicators}),
    st.dictionaries(st.sampled_from(SIGNERS), st.sampled_from(["张三", "=SUM(A1)", "007"])),
)
def test_whatever_a_form_can_hold_is_read_back_exactly(
    values: dict[str, Any], signed: dict[str, str]
) -> None:
    for part, total in (("clues_police", "clues"), ("clues_telecom", "clues"), ("samples_failed", "samples")):
        values[part] = min(values[part], values[total])
    form = blank_form(**TO, words=MARKS, values=values, signed=signed)
    parsed = read_submission(form, "f.xlsx", **TO)
    assert parsed.cells == {c: int(values[c] * 10 ** MONTHLY.by_code[c].scale) for c in FIGURES}
    assert parsed.texts == ({"summary": values["summary"]} if values["summary"] else {})
    assert parsed.signed == signed
