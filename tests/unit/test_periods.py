"""Names and spans of report periods."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban import periods

A_DAY = timedelta(days=1)
DAYS = st.dates(date(1990, 1, 1), date(2089, 12, 31))
LENGTHS = st.sampled_from(periods.LENGTHS)


@pytest.mark.parametrize(
    ("name", "length", "first", "last"),
    [
        ("2018-09-06", "day", date(2018, 9, 6), date(2018, 9, 6)),
        # ISO 8601: the week of 1 January 2021 (a Friday) is the 53rd of 2020
        ("2020-W53", "week", date(2020, 12, 28), date(2021, 1, 3)),
        ("2020-02-H2", "half-month", date(2020, 2, 16), date(2020, 2, 29)),
        ("2019-02-H1", "half-month", date(2019, 2, 1), date(2019, 2, 15)),
        ("2100-02", "month", date(2100, 2, 1), date(2100, 2, 28)),
        ("2018-Q4", "quarter", date(2018, 10, 1), date(2018, 12, 31)),
        ("2018-H1", "half-year", date(2018, 1, 1), date(2018, 6, 30)),
        ("2018", "year", date(2018, 1, 1), date(2018, 12, 31)),
    ],
)
def test_a_name_tells_its_length_and_its_days(name: str, length: str, first: date, last: date) -> None:
    assert periods.length_of(name) == length
    assert periods.span(name) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "2018-13", "2018-9", "2018-W00", "2019-W53", "2018-Q5", "2018-H3", "2018-02-30", "18", "2018-09-H3"],
)
def test_what_names_no_period_is_none(text: str) -> None:
    assert not periods.is_period(text)


@given(LENGTHS, DAYS)
def test_every_day_lies_in_the_one_period_that_is_named_after_it(length: periods.Length, day: date) -> None:
    name = periods.name_of(length, day)
    first, last = periods.span(name)
    assert first <= day <= last
    assert periods.length_of(name) == length
    assert {periods.name_of(length, d) for d in (first, last)} == {name}
    assert periods.name_of(length, first - A_DAY) != name
    assert periods.name_of(length, last + A_DAY) == periods.following(name)


@given(LENGTHS, DAYS, st.integers(0, 400))
def test_periods_follow_each_other_over_month_and_year_ends_without_gap_or_overlap(
    length: periods.Length, day: date, days: int
) -> None:
    first = periods.name_of(length, day)
    last = periods.name_of(length, day + timedelta(days=days))
    found = list(periods.between(first, last))
    assert (found[0], found[-1]) == (first, last)
    spans = [periods.span(name) for name in found]
    assert all(after[0] - before[1] == A_DAY for before, after in itertools.pairwise(spans))
    assert len(set(found)) == len(found)
