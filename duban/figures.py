"""Cells → totals on two axes, exactly (DESIGN, Figures). Pure; pandas does the folding.

Scaled 64-bit integers go in, exact decimals come out. Sums are bounded: cells by 10^12, a frame by
9 million rows of one indicator, past which pandas would wrap around without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    folds = _per_unit(cells)
    return [
        _total(indicator, section.name, folds.get(indicator.code, {}), expected)
        for section in form.sections
        for indicator in section.indicators
        if indicator.is_number
    ]


Fold = dict[str, int]
"""sum, count, min, max and last of some values."""


def _per_unit(cells: pd.DataFrame) -> dict[str, dict[str, Fold]]:
    """Indicator → unit → every fold over its periods, in one pass."""
    grouped = cells.sort_values("period").groupby(["indicator", "unit"], sort=False)["value"]
    folded = grouped.agg(["sum", "count", "min", "max", "last"])
    found: dict[str, dict[str, Fold]] = {}
    for (indicator, unit), row in zip(folded.index, folded.to_dict("records"), strict=True):
        found.setdefault(indicator, {})[unit] = {str(k): int(v) for k, v in row.items()}
    return found


def _total(indicator: Indicator, section: str, units: dict[str, Fold], expected: Sequence[str]) -> Total:
    per_unit = [_fold(indicator.periods, units[u]) for u in expected if u in units]
    values = [v for v in per_unit if v is not None]
    value = None
    if values:
        across = {"sum": sum(values), "count": len(values), "min": min(values), "max": max(values)}
        value = _fold(indicator.units, across)
    missing = tuple(u for u in expected if u not in units)
    return Total(
        indicator, section, _exact(value, indicator), len(expected) - len(missing), len(expected), missing
    )


def _fold(operator: str, fold: Mapping[str, int | Fraction]) -> int | Fraction | None:
    """One operator's value; `none` and what an axis has not (units have no last) give None."""
    if operator == "avg":
        return Fraction(fold["sum"]) / Fraction(fold["count"])
    return fold.get(operator)


def _exact(value: int | Fraction | None, indicator: Indicator) -> Decimal | None:
    """The value in its unit of measure; averages are rounded half up once, at the printed scale."""
    if value is None:
        return None
    if "count" in (indicator.units, indicator.periods):
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
