"""What a story adds up to, against sums made by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from duban.plan import Indicator, Plan
from duban.services.receiving import Address
from duban.story import Act, Said, Story
from duban.story.sums import expectation, fold_periods, fold_units


def told(plan: Plan, *said: tuple[str, str, dict[str, Any] | None]) -> Story:
    """(unit, month, what its monthly return says, None for one that is refused), in order of time."""
    at = datetime(2018, 10, 1, 9, tzinfo=plan.zone)
    acts = [
        Act(
            at + timedelta(hours=n), "submit", Address(plan.slug, unit, "monthly", month),
            said=None if values is None else Said(values),
        )
        for n, (unit, month, values) in enumerate(said)
    ]  # fmt: skip
    return Story(plan, tuple(acts))


def test_the_last_fit_return_of_each_month_counts(haian: Plan) -> None:
    sums = expectation(
        told(
            haian,
            ("qutang", "2018-09", {"sellers": 12, "cases_filed": 3, "fines": Decimal("1.20")}),
            ("nanmo", "2018-09", None),  # refused
            ("nanmo", "2018-09", {"sellers": 7, "cases_filed": 0, "fines": Decimal("0.05")}),
            ("qutang", "2018-10", {"sellers": 14, "cases_filed": 2, "fines": Decimal("0.30")}),
            ("qutang", "2018-09", {"sellers": 12, "cases_filed": 4, "fines": Decimal("1.20")}),  # corrected
            ("libao", "2018-10", None),  # refused, and never sent again
        )
    )
    assert sums["monthly", "cases_filed"] == 4 + 2 + 0
    assert sums["monthly", "fines"] == Decimal("1.20") + Decimal("0.30") + Decimal("0.05")
    assert sums["monthly", "sellers"] == 14 + 7, (
        "of a stock the last month of each branch, whatever came last"
    )
    assert sums["monthly", "ads"] is None, "nobody has said anything about adverts"


def indicator(**more: Any) -> Indicator:
    return Indicator.model_validate({"code": "x", "name": "指标", "unit_of_measure": "件", **more})


@pytest.mark.parametrize(
    ("operator", "value"),
    [("sum", 9), ("last", 4), ("min", 2), ("max", 4), ("count", 3), ("avg", 3), ("none", None)],
)
def test_two_three_and_four_in_order_of_time(operator: str, value: int | None) -> None:
    figures = [Decimal(3), Decimal(2), Decimal(4)]
    assert fold_periods(indicator(periods=operator), figures) == value


def test_an_average_is_rounded_half_up_once() -> None:
    halves = indicator(periods="avg", units="avg")
    months = fold_periods(halves, [Decimal(1), Decimal(2)])
    assert months == Fraction(3, 2)
    assert fold_units(halves, [Fraction(3, 2), Decimal(1)]) == Decimal(1)  # 1.25
    assert fold_units(halves, [Fraction(3, 2), Fraction(3, 2)]) == Decimal(2)  # 1.5
