"""Targets, rankings and groupings of units."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from duban.figures import Source, Total
from duban.measures import NOBODY, Verdict, below, label_name, labels, ranked, year_of
from duban.plan import Indicator, Plan
from duban.plan.tasks import Target
from tests.support.plans import load

KITCHENS = Indicator.model_validate({"code": "k", "name": "餐饮单位", "unit_of_measure": "家"})


def total(value: str | None, reported: int = 1, expected: int = 1) -> Total:
    return Total(KITCHENS, "节", None if value is None else Decimal(value), reported, expected, ())


def verdict(top: str | None, bottom: str | None = None, **target: Any) -> Verdict:
    ratio = {"denominator": "all"} if bottom is not None else {}
    made = Target.model_validate({"id": "t", "name": "目标", "numerator": "k", **ratio, **target})
    return Verdict(made, None, total(top), total(bottom) if bottom is not None else None)


@pytest.mark.parametrize(
    ("open_", "all_", "state"),
    [("81", "100", "reached"), ("80", "100", "not-reached"), ("801", "1000", "reached")],
)
def test_over_eighty_percent_is_more_than_eighty(open_: str, all_: str, state: str) -> None:
    assert verdict(open_, all_, above="80%").state == state


@pytest.mark.parametrize(("checked", "state"), [("5", "reached"), ("4.9999", "not-reached")])
def test_five_percent_are_reached_with_five(checked: str, state: str) -> None:
    assert verdict(checked, "100", at_least="5%").state == state


def test_a_ratio_is_exact() -> None:
    assert verdict("1", "3", at_least="5%").value == Fraction(1, 3)


def test_a_count_has_no_denominator() -> None:
    assert verdict("3", at_least=3).state == "reached"
    assert verdict("2", at_least=3).state == "not-reached"


def test_what_nobody_reported_or_cannot_be_divided_is_not_known() -> None:
    assert verdict(None, "100", above="80%").state == "unknown"
    assert verdict("0", "0", above="80%").state == "unknown"


def test_a_target_in_words_is_for_a_person() -> None:
    made = Target.model_validate({"id": "t", "name": "目标", "words": "明显好转"})
    assert Verdict(made, None).state == "words"


def test_ties_share_a_place_and_the_next_one_counts_them() -> None:
    values = {
        "a": [Fraction(1), Decimal(3)], "b": [Fraction(1), Decimal(7)], "c": [Fraction(1), Decimal(3)],
        "d": [Fraction(1, 2), Decimal(99)],
    }  # fmt: skip
    found = [(p.place, p.unit) for p in ranked(values, [False, False])]
    assert found == [(1, "b"), (2, "a"), (2, "c"), (4, "d")]


def test_lowest_first_turns_a_measure_round_and_nothing_reported_comes_last() -> None:
    values = {"a": [Decimal(5)], "b": [None], "c": [Decimal(2)]}
    assert [p.unit for p in ranked(values, [True])] == ["c", "a", "b"]
    assert [p.unit for p in ranked(values, [False])] == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("period", "year"), [("2019-12", 2019), ("2020-Q1", 2020), ("2018-10-22T1520", 2018), ("", 2018)]
)
def test_a_return_is_about_the_year_its_period_ends_in(haian: Plan, period: str, year: int) -> None:
    # a return of a single date is about the campaign, which ends in December 2018
    assert year_of(haian, Source("haian", period)) == year


def test_units_are_grouped_by_superior_group_and_attribute() -> None:
    plan = load("sanming-2023")
    assert labels(plan, "县区")["sanyuan-police"] == "三元区"
    assert labels(plan, "县区")["sm-police"] == NOBODY
    assert labels(plan, "parent")["sanyuan-police"] == "sm-police"
    assert labels(plan, "group")["sanyuan-police"] == "county"
    assert labels(plan, "unit")["sanyuan-police"] == "sanyuan-police"
    assert label_name(plan, "parent", "sm-police") == "三明市公安局"


def test_under_a_department_are_itself_and_its_county_bodies() -> None:
    plan = load("sanming-2023")
    found = below(plan, "sm-police")
    assert found["sm-police"] == "sm-police"
    assert found["sanyuan-police"] == "sanyuan-police"
    assert "sanyuan-cyber" not in found
    assert below(plan, "fj-police")["sanyuan-police"] == "sm-police", "a grandchild counts with its parent"
