"""Figures out of a unit's own line. The lines are what a branch may have reported month by month."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.outliers import ENOUGH, Outlier, outlier

LINE = [30, 42, 25, 38, 51]
"""Inspections of five months."""
FINES = [325, 120, 510, 0, 280]
"""万元 with two decimals: 3.25, 1.20, 5.10, none, 2.80."""


@pytest.mark.parametrize(
    ("value", "side"), [(420, "high"), (256, "high"), (255, None), (51, None), (0, None)]
)
def test_five_times_the_largest_is_far(value: int, side: str | None) -> None:
    # 5 x 51 = 255 is not above; 256 is
    found = outlier(value, LINE)
    assert (found.side if found else None) == side


def test_yuan_written_for_wan_yuan_is_asked_about_with_the_line() -> None:
    # 3.25 万元 are 32500 元, stored as 3250000; the median of 0, 120, 280, 325, 510 is 280
    assert outlier(3_250_000, FINES) == Outlier("high", Fraction(280), 0, 510, 5)


def test_wan_yuan_written_for_yuan_is_asked_about() -> None:
    found = outlier(3, [32_500, 12_000, 51_000, 28_000])
    assert found is not None
    assert (found.side, found.middle) == ("low", Fraction(30_250))


def test_a_flow_may_be_small_or_nothing_and_a_stock_may_not() -> None:
    line = [400, 410, 405, 420]
    assert outlier(0, line) is None
    assert outlier(40, line) is None
    assert outlier(1, line) is None
    for value in (0, 40, 79):  # a fifth of 400 is 80
        found = outlier(value, line, is_stock=True)
        assert found is not None
        assert found.side == "low"
    assert outlier(80, line, is_stock=True) is None


@pytest.mark.parametrize("line", [[], [30], [30, 42, 25], [0, 0, 0, 0, 0]])
def test_too_short_a_line_and_one_of_zeros_say_nothing(line: list[int]) -> None:
    assert outlier(10**9, line) is None


def test_small_counts_are_left_alone() -> None:
    assert outlier(12, [1, 0, 2, 1]) is None
    assert outlier(21, [1, 0, 2, 1]) is None  # 19 more than the largest
    assert outlier(22, [1, 0, 2, 1]) is not None


def test_one_slip_that_got_through_does_not_make_the_line() -> None:
    assert outlier(420, [*LINE, 300_000]) is not None
    assert outlier(420, [*LINE, 300]) is None  # one busy month may be followed by another
    assert outlier(70, [0, 400, 410, 405, 420], is_stock=True) is not None


values = st.integers(1, 10**8)
lines = st.lists(values, min_size=ENOUGH, max_size=12)


@given(lines, st.data(), st.sampled_from([1_000, 10_000]))
def test_a_slip_of_a_thousand_or_more_is_caught_on_a_line_of_one_size(
    line: list[int], data: st.DataObject, factor: int
) -> None:
    near = [min(line) + x % (min(line) * 9 + 1) for x in line]  # none ten times another
    slipped = data.draw(st.sampled_from(near)) * factor
    assert outlier(slipped, near) is not None


@given(st.integers(5, 10**8), st.integers(ENOUGH, 12))
def test_a_slipped_decimal_point_is_caught_on_a_steady_line(usual: int, count: int) -> None:
    assert outlier(usual * 10, [usual] * count) is not None
    assert outlier(usual * 10 // 100, [usual * 10] * count, is_stock=True) is not None


@given(lines, st.data(), st.booleans())
def test_what_lies_within_the_line_is_never_asked_about(
    line: list[int], data: st.DataObject, is_stock: bool
) -> None:
    usual = sorted(line)[1:-1]  # an end may be the slip itself
    value = data.draw(st.integers(usual[0], usual[-1]))
    assert outlier(value, line, is_stock=is_stock) is None


@given(values, lines, st.booleans(), st.randoms())
def test_the_order_of_what_came_before_does_not_matter(
    value: int, line: list[int], is_stock: bool, random: object
) -> None:
    shuffled = list(line)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert outlier(value, shuffled, is_stock=is_stock) == outlier(value, line, is_stock=is_stock)


@given(values, values, lines)
def test_above_an_outlier_everything_is_one(value: int, more: int, line: list[int]) -> None:
    found = outlier(value, line)
    if found is not None and found.side == "high":
        assert outlier(value + more, line) is not None
