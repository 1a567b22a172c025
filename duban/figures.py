"""Cells → totals on two axes, exactly (DESIGN, Figures). Pure; pandas does the folding.

Scaled 64-bit integers go in, exact decimals come out. Sums are bounded: cells by 10^12, a frame by
9 million rows of one indicator, past which pandas would wrap around without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from duban.plan import Form, Indicator

MOST_ROWS = 9_000_000


@dataclass(frozen=True, slots=True)
class CellRow:
    """One figure of one unit's counting return."""

    period: str
    unit: str
    indicator: str
    value: int


@dataclass(frozen=True, slots=True)
class Total:
    """One indicator over units and periods. Missing is not zero: n/N says how much stands behind it."""

    indicator: Indicator
    section: str
    value: Decimal | None
    """None where nobody reported it."""
    reported: int
    expected: int
    missing: tuple[str, ...]
    """Expected units whose figure is not in the value, in the plan's order."""


def frame(rows: Iterable[CellRow]) -> pd.DataFrame:
    """Cells as a frame with one row per period, unit and indicator."""
    made = pd.DataFrame(
        [(r.period, r.unit, r.indicator, r.value) for r in rows],
        columns=["period", "unit", "indicator", "value"],
    ).astype({"value": "int64"})
    if len(made) > MOST_ROWS:
        raise OverflowError(f"{len(made)} cells: totals of so many cannot be trusted in 64 bits")
    return made


def totals(cells: pd.DataFrame, form: Form, expected: Sequence[str]) -> list[Total]:
    """Every number indicator of the form over all units and periods of `cells`.

    `expected` are the units that belong in the total. Periods are folded per unit first, by the
    indicator's `periods` operator, then units by its `units` operator.
    """
    by_indicator = dict(tuple(cells.groupby("indicator", sort=False)))
    found = []
    for section in form.sections:
        for indicator in section.indicators:
            if indicator.is_number:
                mine = by_indicator.get(indicator.code)
                found.append(_total(indicator, section.name, mine, expected))
    return found


def _total(indicator: Indicator, section: str, cells: pd.DataFrame | None, expected: Sequence[str]) -> Total:
    if cells is None or cells.empty:
        return Total(indicator, section, None, 0, len(expected), tuple(expected))
    per_unit = {
        str(unit): _fold(indicator.periods, [int(v) for v in rows.sort_values("period")["value"]])
        for unit, rows in cells.groupby("unit", sort=False)
    }
    value = _fold(indicator.units, [v for v in per_unit.values() if v is not None])
    missing = tuple(u for u in expected if u not in per_unit)
    return Total(
        indicator, section, _exact(value, indicator), len(expected) - len(missing), len(expected), missing
    )


def _fold(operator: str, values: Sequence[int | Fraction]) -> int | Fraction | None:
    """One operator over values in order of period (or, for units, in any order)."""
    if not values or operator == "none":
        return None
    if operator == "avg":
        return Fraction(sum(values), 1) / len(values)
    if operator == "count":
        return len(values)
    if operator == "last":
        return values[-1]
    if operator == "sum":
        return sum(values)
    return min(values) if operator == "min" else max(values)


def _exact(value: int | Fraction | None, indicator: Indicator) -> Decimal | None:
    """The value in its unit of measure; averages are rounded half up once, at the printed scale."""
    if value is None:
        return None
    if indicator.units == "count":
        return Decimal(int(value))
    scaled = value if isinstance(value, int) else int((value + Fraction(1, 2)) // 1)
    return indicator.decimal(scaled)


def matrix(cells: pd.DataFrame, form: Form, units: Sequence[str]) -> dict[str, dict[str, Decimal | None]]:
    """Unit → indicator → exact value, None for a blank: the body of a consolidated table."""
    known = {(str(r.unit), str(r.indicator)): int(r.value) for r in cells.itertuples(index=False)}  # type: ignore[arg-type]
    numbers = [i for i in form.indicators if i.is_number]
    return {
        unit: {i.code: i.decimal(known[unit, i.code]) if (unit, i.code) in known else None for i in numbers}
        for unit in units
    }
