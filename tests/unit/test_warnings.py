"""What `duban check` asks a person to look at; nothing is ever moved because of it."""

from __future__ import annotations

from datetime import date

import pytest

from duban import agenda
from duban.errors import Problem
from duban.plan import Plan, parse
from duban.plan.warnings import warnings
from duban.rendering import renderer
from tests.support.plans import changed


def due_days(plan: Plan) -> list[tuple[str, str, date]]:
    """(duty, period, day) of every due day, in order of time."""
    found = {(o.due_day, o.duty, o.period or "") for o in agenda.obligations(plan) if o.due_day}
    return [(duty, period, day) for day, duty, period in sorted(found)]


def about(day: date) -> list[Problem]:
    """The warnings about one due day."""
    return [w for w in warnings(parse(changed()), [("monthly", "2018-09", day)]) if w.key == "monthly"]


def test_haian_has_three_due_days_that_nobody_works_on(haian: Plan) -> None:
    # 5 October 2018 lies in the National Day week, 31 December is given off for New Year's Day, 5 January
    # 2019 is a Saturday
    off = (w for w in warnings(haian, due_days(haian)) if w.code.startswith("due-on-"))
    found = sorted(off, key=lambda w: w.value)
    assert [(w.code, w.key, w.value, w.params["period"]) for w in found] == [
        ("due-on-holiday", "monthly", "2018-10-05", "2018-09"),
        ("due-on-holiday", "commendation", "2018-12-31", ""),
        ("due-on-weekend", "monthly", "2019-01-05", "2018-12"),
    ]
    assert found[0].params["holiday"] == "国庆节"
    assert (
        renderer()
        .problem(found[0])
        .endswith("2018-09 应报日 2018-10-05 10月5日（周五）是国庆节放假，时限不自动顺延")
    )
    assert "1月5日（周六）不上班" in renderer().problem(found[2])


def test_a_warning_moves_no_due_day(haian: Plan) -> None:
    assert [str(day) for _, _, day in due_days(haian)] == [
        "2018-10-05", "2018-11-05", "2018-12-05", "2018-12-31", "2019-01-05",
    ]  # fmt: skip


@pytest.mark.parametrize("day", [date(2018, 9, 29), date(2018, 9, 30), date(2018, 12, 29)])
def test_a_make_up_day_on_a_weekend_is_a_due_day_like_any_other(day: date) -> None:
    # 国务院办公厅: 9月29日（周六）、30日（周日）上班; 12月29日（周六）上班
    assert day.weekday() >= 5
    assert about(day) == []


@pytest.mark.parametrize(
    ("day", "code", "holiday"),
    [
        (date(2022, 1, 2), "due-on-holiday", "元旦"),  # 004's due day: 1 to 3 January 2022 were off
        (date(2018, 12, 31), "due-on-holiday", "元旦"),  # a Monday, given against 29 December
        (date(2018, 11, 4), "due-on-weekend", None),
        (date(2099, 1, 5), "year-not-announced", None),
    ],
)
def test_a_due_day_on_a_day_off_says_why(day: date, code: str, holiday: str | None) -> None:
    (found,) = about(day)
    assert (found.code, found.params.get("holiday")) == (code, holiday)
    assert str(day) in renderer().problem(found)


PLAN = "plan.yaml"


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        (
            [(PLAN, "    form: major-case\n", ""), (PLAN, "{id: coordinator, form: coordinator}", "{}")],
            {("duty-without-form", PLAN, "major-case"),
             ("form-without-duty", "forms/major-case.yaml", "major-case")},
        ),
        (
            [(PLAN, "name: 机关各科室}", "name: 机关各科室}\n  - {id: towns, name: 各镇}")],
            {("group-without-units", PLAN, "towns")},
        ),
        (
            [("units.csv", "email=haian@haian.example", "")],
            {("unit-without-channel", "units.csv", "haian")},
        ),
        # the bureau owes nothing, so nobody has to reach it
        ([("units.csv", "email=shiju@haian.example", "")], set()),
    ],
)  # fmt: skip
def test_what_is_left_unused_or_out_of_reach_is_named(
    edits: list[tuple[str, str, str]], expected: set[tuple[str, str, str]]
) -> None:
    before = {(w.code, w.file, w.key) for w in warnings(parse(changed()), [])}
    found = [w for w in warnings(parse(changed(*edits)), []) if (w.code, w.file, w.key) not in before]
    assert {(w.code, w.file, w.key) for w in found} == expected
    assert all(w.code not in renderer().problem(w) for w in found)
