"""Totals on two axes, exactly. Missing is not zero."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.figures import MOST_ROWS, CellRow, Column, Source, Total, figure_columns, frame, matrix, totals
from duban.plan import Indicator, Plan
from duban.plan.forms import LIMIT

UNITS = ("a", "b", "c")
PERIODS = ("2018-09", "2018-10", "2018-11")


def column(asked: tuple[str, ...] | None = None, **indicator: Any) -> Column:
    """A column of figures."""
    row = {"code": "x", "name": "指标", "unit_of_measure": "件", **indicator}
    return Column(Indicator.model_validate(row), "节", None if asked is None else frozenset(asked))


def total(cells: dict[tuple[str, str], int], **indicator: Any) -> Total:
    """The total of (period, unit) → scaled value; each of the three units owes the periods that are there."""
    rows = [CellRow(period, unit, "x", value) for (period, unit), value in cells.items()]
    periods = sorted({period for period, _ in cells}) or [PERIODS[0]]
    expected = [Source(unit, period) for unit in UNITS for period in periods]
    (found,) = totals(frame(rows), [column(**indicator)], expected)
    return found


# two periods of two units: a had 1 then 2, b had 10 in the first only; c never reported
TWO_BY_TWO = {("2018-09", "a"): 1, ("2018-10", "a"): 2, ("2018-09", "b"): 10}


@pytest.mark.parametrize(
    ("periods", "units", "value"),
    [
        ("sum", "sum", "13"),  # (1 + 2) + 10
        ("last", "sum", "12"),  # 2 + 10
        ("sum", "max", "10"),  # max of 3 and 10
        ("min", "min", "1"),  # min of 1 and 10
        ("max", "sum", "12"),  # 2 + 10
        ("sum", "count", "2"),  # a and b
        ("count", "sum", "3"),  # two returns of a, one of b
        ("avg", "avg", "6"),  # (1.5 + 10) / 2 = 5.75
        ("none", "sum", None),
        ("sum", "none", None),
    ],
)
def test_periods_are_folded_per_unit_and_then_units(periods: str, units: str, value: str | None) -> None:
    found = total(TWO_BY_TWO, periods=periods, units=units)
    assert found.value == (None if value is None else Decimal(value))


def test_a_total_names_the_units_behind_the_gap() -> None:
    # three units owe two periods each; b lacks the second, c both
    found = total(TWO_BY_TWO)
    assert (found.reported, found.expected, found.missing) == (3, 6, ("b", "c"))
    assert found.section == "节"


def test_a_unit_that_is_not_asked_is_not_missing() -> None:
    rows = [CellRow("2018-10", "a", "x", 4)]
    expected = [Source(unit, "2018-10") for unit in UNITS]
    (found,) = totals(frame(rows), [column(asked=("a", "b"))], expected)
    assert (found.value, found.reported, found.expected, found.missing) == (Decimal(4), 1, 2, ("b",))


def test_a_units_returns_about_several_tasks_are_series_of_their_own() -> None:
    # a has two tasks: of the first 5 then 3 are left, of the second 10; stocks are 3 + 10, and 1.2 is missing
    rows = [
        CellRow("2018-09", "a", "x", 5, "1.1"),
        CellRow("2018-10", "a", "x", 3, "1.1"),
        CellRow("2018-09", "a", "x", 10, "1.2"),
    ]
    expected = [Source("a", period, subject) for period in PERIODS[:2] for subject in ("1.1", "1.2")]
    (found,) = totals(frame(rows), [column(periods="last")], expected)
    assert (found.value, found.reported, found.expected, found.missing) == (Decimal(13), 3, 4, ("a",))


def test_the_latest_of_periods_of_several_lengths_is_the_one_that_ends_last() -> None:
    # by name 2018-Q4 comes after 2018-12; both end on 31 December, 2019-01 ends later than either
    rows = [CellRow("2018-Q4", "a", "x", 1), CellRow("2019-01", "a", "x", 2), CellRow("2018-11", "a", "x", 3)]
    expected = [Source("a", r.period) for r in rows]
    (found,) = totals(frame(rows), [column(periods="last")], expected)
    assert found.value == Decimal(2)


def test_a_zero_is_reported_and_a_blank_is_missing() -> None:
    zero = total({("2018-10", "a"): 0})
    assert (zero.value, zero.reported, zero.missing) == (Decimal(0), 1, ("b", "c"))
    nothing = total({})
    assert (nothing.value, nothing.reported, nothing.missing) == (None, 0, UNITS)


def test_a_blank_does_not_lower_an_average_and_a_zero_does() -> None:
    assert total({("2018-10", "a"): 4}, periods="avg", units="avg").value == Decimal(4)
    assert total({("2018-10", "a"): 4, ("2018-10", "b"): 0}, periods="avg", units="avg").value == Decimal(2)


def test_the_last_period_is_the_latest_one_whatever_the_order_of_the_rows() -> None:
    cells = {("2018-12", "a"): 7, ("2018-09", "a"): 1, ("2019-01", "a"): 3, ("2018-10", "a"): 9}
    assert total(cells, periods="last").value == Decimal(3)


def test_an_average_is_rounded_half_up_once_at_the_printed_scale() -> None:
    # 1.00, 1.01 万元: 1.005 → 1.01; averages of averages are kept exact in between
    assert total({("2018-09", "a"): 100, ("2018-09", "b"): 101}, type="decimal", scale=2,
                 periods="avg", units="avg").value == Decimal("1.01")  # fmt: skip
    # a: (1 + 2) / 2 = 1.5; b: 1; the mean of 1.5 and 1 is 1.25 → 1, where rounding twice would give 2
    cells = {("2018-09", "a"): 1, ("2018-10", "a"): 2, ("2018-09", "b"): 1}
    assert total(cells, periods="avg", units="avg").value == Decimal(1)


def test_money_is_printed_with_its_decimal_places() -> None:
    found = total({("2018-09", "a"): 1250, ("2018-09", "b"): 0}, type="decimal", scale=2)
    assert str(found.value) == "12.50"


def test_texts_have_no_total(haian: Plan) -> None:
    codes = [c.indicator.code for c in figure_columns(haian, haian.form["monthly"], [Source("qutang")])]
    assert "summary" not in codes
    assert codes == [i.code for i in haian.form["monthly"].indicators if i.is_number]


def test_the_largest_sum_that_is_let_in_fits_64_bits() -> None:
    assert MOST_ROWS * LIMIT < 2**63
    cells = {("2018-10", unit): LIMIT for unit in UNITS}
    assert total(cells, type="decimal", scale=2).value == Decimal(30_000_000_000)


def test_a_consolidated_table_keeps_blank_and_zero_apart(haian: Plan) -> None:
    rows = [CellRow("2018-10", "qutang", "fines", 1250), CellRow("2018-10", "nanmo", "fines", 0)]
    sources = [Source(unit, "2018-10") for unit in ("qutang", "nanmo", "haian")]
    found = matrix(rows, figure_columns(haian, haian.form["monthly"], sources), sources)
    assert [found[source]["fines"] for source in sources] == [
        Decimal("12.50"), Decimal("0.00"), None,
    ]  # fmt: skip
    assert found[sources[0]]["clues"] is None


# --- against Decimal arithmetic -------------------------------------------------------------------

CELLS = st.dictionaries(
    st.tuples(st.sampled_from(PERIODS), st.sampled_from(UNITS)), st.integers(0, LIMIT), max_size=9
)
SCALES = st.integers(0, 6)


def decimal(scaled: int, scale: int) -> Decimal:
    return Decimal(scaled) / (Decimal(10) ** scale)


@given(CELLS, SCALES)
def test_a_sum_is_what_decimals_add_up_to(cells: dict[tuple[str, str], int], scale: int) -> None:
    found = total(cells, type="decimal", scale=scale)
    expected = sum((decimal(v, scale) for v in cells.values()), Decimal(0))
    assert found.value == (expected if cells else None)


@given(CELLS, SCALES)
def test_a_stock_figure_is_the_sum_of_each_units_last(cells: dict[tuple[str, str], int], scale: int) -> None:
    last = {unit: cells[period, unit] for period, unit in sorted(cells)}
    found = total(cells, type="decimal", scale=scale, periods="last")
    assert found.value == (sum(decimal(v, scale) for v in last.values()) if cells else None)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=3), SCALES)
def test_an_average_of_units_is_rounded_half_up(values: list[int], scale: int) -> None:
    cells = {("2018-10", unit): value for unit, value in zip(UNITS, values, strict=False)}
    found = total(cells, type="decimal", scale=scale, periods="avg", units="avg")
    exact = decimal(sum(values), scale) / len(values)
    assert found.value == exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


@given(CELLS, st.permutations(range(9)))
def test_the_order_of_the_rows_changes_no_total(cells: dict[tuple[str, str], int], order: list[int]) -> None:
    rows = list(cells.items())
    shuffled = dict(rows[n] for n in order if n < len(rows))
    for operators in ({}, {"periods": "last"}, {"periods": "avg", "units": "avg"}, {"periods": "min"}):
        assert total(cells, **operators) == total(shuffled, **operators)


@given(CELLS, st.lists(st.sampled_from(UNITS), unique=True))
def test_reported_and_missing_make_up_the_expected(
    cells: dict[tuple[str, str], int], expected: list[str]
) -> None:
    rows = [CellRow(period, unit, "x", value) for (period, unit), value in cells.items()]
    wanted = [Source(unit, PERIODS[0]) for unit in expected]
    (found,) = totals(frame(rows), [column()], wanted)
    here = {unit for period, unit in cells if period == PERIODS[0]}
    assert found.missing == tuple(u for u in expected if u not in here)
    assert found.reported + len(found.missing) == found.expected == len(expected)
