"""Rules between the figures of a form, and between them and what a unit has reported before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.errors import Problem
from duban.intake.validate import validate
from duban.past import Past
from duban.plan import Form
from duban.plan.source import read_yaml
from duban.rendering import renderer

CASES = """
id: cases
title: 案件情况
origin: coordinator
sections:
  - id: cases
    name: 案件
    indicators:
      - {code: filed, name: 立案, unit_of_measure: 件, required: false, outliers: false}
      - {code: closed, name: 办结, unit_of_measure: 件, required: false}
      - {code: open, name: 在办, unit_of_measure: 件, required: false, periods: last}
      - {code: trained, name: 累计培训, unit_of_measure: 人次, periods: last, cumulative: true,
         required: false}
      - {code: fines, name: 罚没金额, unit_of_measure: 万元, type: decimal, scale: 2, required: false}
      - {code: sites, name: 网站, unit_of_measure: 个, required: false, min: 2, max: 9}
      - {code: state, name: 进展, type: choice, choices: [进行中, 已完成], required: false}
      - {code: day, name: 完成日期, type: date, required: false}
"""


def form(checks: str = "", more: str = "") -> Form:
    rules = f"checks:\n  - {{{checks}}}\n" if checks else ""
    return Form.model_validate(read_yaml("forms/cases.yaml", CASES + more + rules).data)


def found(of: Form, **stated: Any) -> list[tuple[str, str, str]]:
    """(grade, code, indicator) of everything there is to say."""
    return [(p.grade, p.code, p.key) for p in judged(of, **stated)]


def judged(
    of: Form, *, past: tuple[Past, ...] = (), notes: dict[str, str] | None = None, zero: bool = False,
    counted: dict[str, int] | None = None, **stated: int | str,
) -> tuple[Problem, ...]:  # fmt: skip
    cells = {code: v for code, v in stated.items() if isinstance(v, int)}
    texts = {code: v for code, v in stated.items() if isinstance(v, str)}
    return validate(
        of, zero=zero, zero_allowed=True, cells=cells, texts=texts, notes=notes, past=past, counted=counted
    ).problems


def said(of: Form, **stated: Any) -> list[str]:
    return [renderer().problem(p) for p in judged(of, **stated)]


BALANCE = "left: [open, closed], is: equal, right: filed, because: 每件立案或在办或办结"


def test_two_sums_that_differ_are_told_with_every_figure() -> None:
    assert found(form(BALANCE), filed=9, closed=3, open=6) == []
    assert said(form(BALANCE), filed=9, closed=3, open=5) == [
        "open  “在办”5 + “办结”3，合计 8，应等于“立案”9（件）：每件立案或在办或办结，请核对。"
    ]


@pytest.mark.parametrize(
    ("relation", "closed", "filed", "broken"),
    [
        ("at-most", 3, 3, False), ("at-most", 4, 3, True), ("at-most", 2, 3, False),
        ("at-least", 3, 3, False), ("at-least", 2, 3, True), ("at-least", 4, 3, False),
        ("equal", 3, 3, False), ("equal", 2, 3, True), ("equal", 4, 3, True),
    ],
)  # fmt: skip
def test_a_relation_holds_or_is_an_error(relation: str, closed: int, filed: int, broken: bool) -> None:
    rule = form(f"left: closed, is: {relation}, right: filed")
    expected = [("error", "figures-disagree", "closed")] if broken else []
    assert found(rule, closed=closed, filed=filed) == expected


@pytest.mark.parametrize(
    ("stated", "broken"),
    [
        ({"open": 6, "closed": 4}, False),  # filed may be 10
        ({"filed": 9, "closed": 3}, False),  # open may be 6
        ({"filed": 9, "closed": 10}, True),  # whatever is open, it is too much
        ({"filed": 9}, False),
        ({}, False),
    ],
)
def test_a_blank_is_some_figure_and_only_what_certainly_breaks_a_rule_is_told(
    stated: dict[str, int], broken: bool
) -> None:
    assert bool(found(form(BALANCE), **stated)) == broken


figure = st.none() | st.integers(0, 20)


@given(figure, figure, figure, st.sampled_from(["at-most", "at-least", "equal"]))
def test_a_rule_is_broken_just_when_no_filling_of_the_blanks_keeps_it(
    one: int | None, two: int | None, three: int | None, relation: str
) -> None:
    rule = form(f"left: [open, closed], is: {relation}, right: filed")
    stated = {k: v for k, v in (("open", one), ("closed", two), ("filed", three)) if v is not None}
    keeps = {"at-most": lambda a, b: a <= b, "at-least": lambda a, b: a >= b, "equal": lambda a, b: a == b}
    tried = [range(61) if v is None else [v] for v in (one, two, three)]
    possible = any(keeps[relation](a + b, c) for a in tried[0] for b in tried[1] for c in tried[2])
    assert bool(found(rule, **stated)) == (not possible)


def test_decimals_are_compared_exactly() -> None:
    more = "      - {code: seized, name: 没收, unit_of_measure: 万元, type: decimal, scale: 1}\n"
    rule = form("left: fines, is: at-most, right: seized", more)
    assert found(rule, fines=30, seized=3) == []  # 0.30 and 0.3
    assert found(rule, fines=31, seized=3) == [("error", "figures-disagree", "fines")]


def test_a_query_refuses_nothing_and_a_note_on_any_of_its_figures_answers_it() -> None:
    rule = form(f"{BALANCE}, grade: query")
    assert found(rule, filed=9, closed=3, open=5) == [("query", "figures-disagree", "open")]
    for code in ("open", "closed", "filed"):
        notes = {code: "撤案1件"}
        assert found(rule, filed=9, closed=3, open=5, notes=notes) == [("note", "figures-disagree", "open")]
    (answered,) = said(rule, filed=9, closed=3, open=5, notes={"filed": "撤案1件"})
    assert answered.endswith("（已说明：撤案1件）")
    (asked,) = said(rule, filed=9, closed=3, open=5, notes={"trained": "撤案1件"})
    assert asked.endswith("属实的，请在“备注”栏说明原因后再报一次。")


def test_a_note_does_not_answer_an_error() -> None:
    notes = {"open": "撤案1件"}
    assert found(form(BALANCE), filed=9, closed=3, open=5, notes=notes)[0][0] == "error"


CARRIED = "left: [open, closed], is: equal, right: filed, before: open, grade: query"


def test_closing_figures_follow_from_the_opening_ones_of_the_return_before() -> None:
    september = Past("2018-09", {"open": 4}, adjoins=True)
    # 4 open, 9 filed and 3 closed leave 10
    assert found(form(CARRIED), filed=9, closed=3, open=10, past=(september,)) == []
    (asked,) = said(form(CARRIED), filed=9, closed=3, open=6, past=(september,))
    assert "“在办”6 + “办结”3，合计 9，应等于“立案”9 + 上期“在办”4，合计 13（件）" in asked


@pytest.mark.parametrize(
    "past",
    [
        (),
        (Past("2018-08", {"open": 4}),),  # September's is missing
        (Past("2018-09", {"closed": 4}, adjoins=True),),  # does not say
    ],
)
def test_without_the_return_before_there_are_no_opening_figures(past: tuple[Past, ...]) -> None:
    assert found(form(CARRIED), filed=9, closed=3, open=20, past=past) == []


def test_too_little_is_told_even_when_the_opening_figure_is_not_known() -> None:
    # 3 closed and 5 open cannot be less than the 9 that were filed alone
    past = (Past("2018-09", {"closed": 4}, adjoins=True),)
    assert found(form(CARRIED), filed=9, closed=3, open=5, past=past) == [
        ("query", "figures-disagree", "open")
    ]


FINED = "if: {fines: positive}, needs: [filed, closed], grade: query"


@pytest.mark.parametrize(
    ("stated", "asked"),
    [
        ({"fines": 0}, False),
        ({}, False),
        ({"fines": 325, "closed": 1}, False),
        ({"fines": 325, "filed": 1, "closed": 0}, False),
        ({"fines": 325, "filed": 0, "closed": 0}, True),
        ({"fines": 325}, True),
    ],
)
def test_a_fine_needs_a_case(stated: dict[str, int], asked: bool) -> None:
    assert found(form(FINED), **stated) == ([("query", "figure-needs-another", "filed")] if asked else [])


def test_what_is_done_has_a_day() -> None:
    rule = form("if: {state: [已完成]}, needs: day")
    assert found(rule, state="进行中") == found(rule, state="已完成", day="2018-10-08") == []
    assert said(rule, state="已完成") == ["day  “进展”填的是 已完成，“完成日期”应当填写，请核对。"]


def test_several_conditions_hold_together() -> None:
    rule = form("if: {state: filled, fines: positive}, needs: day")
    assert found(rule, state="进行中") == found(rule, fines=1) == []
    assert found(rule, state="进行中", fines=1) == [("error", "figure-needs-another", "day")]


def test_a_required_blank_is_told_once() -> None:
    more = "      - {code: number, name: 文号, type: text}\n"
    rule = form("if: {fines: positive}, needs: number", more)
    assert found(rule, fines=1) == [("error", "cell-missing", "number")]


def test_a_zero_report_keeps_the_rules_with_its_zeros() -> None:
    assert found(form(BALANCE), zero=True, open=0) == []
    assert found(form(BALANCE), zero=True, open=2) == [("error", "figures-disagree", "open")]
    assert found(form(FINED), zero=True) == []


def test_figures_lie_within_their_bounds() -> None:
    assert found(form(), sites=2) == found(form(), sites=9) == []
    assert said(form(), sites=1) == ["sites  “网站”填的是 1个，低于最小值 2，请核对数字和计量单位。"]
    assert found(form(), sites=10) == [("error", "above-maximum", "sites")]
    assert found(form(), zero=True) == []  # nothing to report is below no bound


# --- the register's counts ------------------------------------------------------------------------

REGISTER = """      - {code: pending, name: 未销号, unit_of_measure: 个, required: false, within: problems}
register:
  name: 问题台账
  key: [number]
  columns:
    - {code: number, name: 编号, type: text}
  counts:
    - {code: problems, name: 问题, unit_of_measure: 个}
"""


def test_a_stated_figure_is_held_against_the_rows() -> None:
    with_rows = form("left: pending, is: equal, right: problems", REGISTER)
    assert found(with_rows, pending=3, counted={"problems": 3}) == []
    assert found(with_rows, pending=2, counted={"problems": 3}) == [("error", "figures-disagree", "pending")]
    # a part of the rows cannot be more than all of them
    assert ("error", "part-exceeds-total", "pending") in found(with_rows, pending=4, counted={"problems": 3})


def test_rows_that_could_not_be_read_are_held_against_nothing() -> None:
    assert found(form("left: pending, is: equal, right: problems", REGISTER), pending=2) == []


# --- what was reported before ---------------------------------------------------------------------


def line(code: str, *values: int) -> tuple[Past, ...]:
    return tuple(Past(f"2018-{n:02d}", {code: value}) for n, value in enumerate(values, start=5))


def test_a_cumulative_figure_does_not_fall() -> None:
    before = line("trained", 100, 150)
    assert found(form(), trained=150, past=before) == found(form(), trained=151, past=before) == []
    assert said(form(), trained=120, past=before) == [
        "trained  “累计培训”是累计数，本次填的是 120人次，少于上次（2018年6月）的 150人次，请核对；"
        "上次报错了的，请先更正上次的报表；上次已审核、不能更正或确需核减的，请在本行“备注”栏写明原因后重新报送。"
    ]


def test_it_is_measured_by_the_last_return_that_states_it() -> None:
    before = (*line("trained", 100, 150), Past("2018-07", {}))
    assert found(form(), trained=149, past=before) == [("error", "cumulative-fell", "trained")]


def test_with_a_reason_a_cumulative_figure_may_be_corrected_downward() -> None:
    before = line("trained", 150)
    assert found(form(), trained=120, past=before, notes={"trained": "上月多计30人次"}) == [
        ("note", "cumulative-fell", "trained")
    ]
    assert found(form(), trained=120, past=before, notes={"open": "上月多计"})[0][0] == "error"


def test_a_first_return_is_measured_by_nothing() -> None:
    assert found(form(), trained=0, closed=10**9) == []


def test_a_figure_out_of_the_units_line_is_a_query_with_the_line() -> None:
    before = line("fines", 325, 120, 510, 280)
    # the median of 1.20, 2.80, 3.25, 5.10 is 3.025
    assert said(form(), fines=3_250_000, past=before) == [
        "fines  “罚没金额”填的是 32500.00万元，与本单位此前 4 次所报（1.20 至 5.10，中位数 3.025）相差悬殊，"
        "请核对小数点和计量单位。属实的，请在“备注”栏说明原因后再报一次。"
    ]
    assert found(form(), fines=3_250_000, past=before, notes={"fines": "大案"})[0][0] == "note"
    assert found(form(), fines=3_250_000, past=before[1:]) == []


def test_a_figure_may_be_excepted_from_such_questions() -> None:
    assert found(form(), filed=10**6, past=line("filed", 10, 12, 9, 11)) == []


def test_a_form_of_texts_looks_back_at_nothing() -> None:
    texts = [i for i in form().indicators if not i.is_number]
    section = form().sections[0].model_copy(update={"indicators": tuple(texts)})
    of_texts = Form.model_construct(**{**dict(form()), "sections": (section,)})
    assert form().looks_back
    assert not of_texts.looks_back
