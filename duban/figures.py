"""Cells → totals on two axes, exactly (DESIGN, Figures). Pure; pandas does the folding.

Scaled 64-bit integers go in, exact decimals come out. Sums are bounded: cells by 10^12, a frame by
9 million rows of one indicator, past which pandas would wrap around without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pandas as pd

from duban import periods
from duban.plan import Form, Indicator, Plan

MOST_ROWS = 9_000_000


class Source(NamedTuple):
    """One return that figures come from."""

    unit: str
    period: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class CellRow:
    """One figure of one unit's counting return."""

    period: str
    unit: str
    indicator: str
    value: int
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """One indicator over units and periods. Missing is not zero: n/N says how much stands behind it."""

    indicator: Indicator
    section: str
    value: Decimal | None
    """None where nobody reported it."""
    reported: int
    """Returns that state it."""
    expected: int
    """Returns that should: of a section some units do not see, theirs are not among them."""
    missing: tuple[str, ...]
    """Units with an expected return that does not state it, in the plan's order."""


class Column(NamedTuple):
    """An indicator with the section it stands in, and who sees that section."""

    indicator: Indicator
    section: str
    units: frozenset[str] | None = None
    """None: everybody."""

    def seen_by(self, unit: str) -> bool:
        """Whether a unit is asked for it."""
        return self.units is None or unit in self.units


def columns(plan: Plan, form: Form) -> tuple[Column, ...]:
    """Everything a form asks for in printed order, then what its register counts."""
    return plan.memo(("columns", form.id), lambda: tuple(_columns(plan, form)))


def _columns(plan: Plan, form: Form) -> Iterator[Column]:
    for section in form.sections:
        units = frozenset(u.id for u in plan.who(section.for_)) if section.for_ else None
        yield from (Column(i, section.name, units) for i in section.indicators)
    if form.register_:
        yield from (Column(c, form.register_.name) for c in form.register_.counts)


def figure_columns(plan: Plan, form: Form, sources: Iterable[Source]) -> list[Column]:
    """The columns that hold figures and that one of the sources is asked for."""
    units = {s.unit for s in sources}
    return [
        c
        for c in columns(plan, form)
        if c.indicator.is_number and (c.units is None or not units or c.units & units)
    ]


def frame(rows: Iterable[CellRow]) -> pd.DataFrame:
    """Cells as a frame with one row per period, unit, subject and indicator."""
    made = pd.DataFrame(
        [(r.period, r.unit, r.subject, r.indicator, r.value) for r in rows],
        columns=["period", "unit", "subject", "indicator", "value"],
    ).astype({"value": "int64"})
    if len(made) > MOST_ROWS:
        raise OverflowError(f"{len(made)} cells: totals of so many cannot be trusted in 64 bits")
    return made


def totals(cells: pd.DataFrame, asked: Sequence[Column], expected: Sequence[Source]) -> list[Total]:
    """The total of every column over `expected`, the returns that belong in it.

    A unit's returns about one subject are a series: its periods are folded first, by the indicator's
    `periods` operator, then the series by its `units` operator.
    """
    folds = _series(cells)
    there = set(zip(cells["indicator"], cells["unit"], cells["period"], cells["subject"], strict=True))
    return [_total(column, folds.get(column.indicator.code, {}), there, expected) for column in asked]


Fold = dict[str, int]
"""sum, count, min, max and last of some values."""
Series = tuple[str, str]
"""Unit and subject."""


def _series(cells: pd.DataFrame) -> dict[str, dict[Series, Fold]]:
    """Indicator → series → every fold over its periods, in one pass."""
    order = {name: n for n, name in enumerate(sorted(cells["period"].unique(), key=_in_time))}
    ordered = cells.assign(order=cells["period"].map(order)).sort_values("order", kind="stable")
    grouped = ordered.groupby(["indicator", "unit", "subject"], sort=False)["value"]
    folded = grouped.agg(["sum", "count", "min", "max", "last"])
    found: dict[str, dict[Series, Fold]] = {}
    for (indicator, unit, subject), row in zip(folded.index, folded.to_dict("records"), strict=True):
        found.setdefault(indicator, {})[unit, subject] = {str(k): int(v) for k, v in row.items()}
    return found


def _in_time(period: str) -> tuple[str, str]:
    """Periods by their last day; an event's name begins with its day."""
    last = periods.span(period)[1].isoformat() if periods.is_period(period) else period[:10]
    return last, period


def _total(
    column: Column, folds: Mapping[Series, Fold], there: set[tuple[str, str, str, str]],
    expected: Sequence[Source],
) -> Total:  # fmt: skip
    indicator = column.indicator
    asked = [s for s in expected if column.seen_by(s.unit)]
    series = dict.fromkeys((s.unit, s.subject) for s in asked)
    folded = [_fold(indicator.periods, folds[one]) for one in series if one in folds]
    values = [v for v in folded if v is not None]
    value = None
    if values:
        across = {"sum": sum(values), "count": len(values), "min": min(values), "max": max(values)}
        value = _fold(indicator.units, across)
    gaps = [s for s in asked if (indicator.code, s.unit, s.period, s.subject) not in there]
    missing = tuple(dict.fromkeys(s.unit for s in gaps))
    return Total(
        indicator, column.section, exact(value, indicator), len(asked) - len(gaps), len(asked), missing
    )


def _fold(operator: str, fold: Mapping[str, int | Fraction]) -> int | Fraction | None:
    """One operator's value; `none` and what an axis has not (units have no last) give None."""
    if operator == "avg":
        return Fraction(fold["sum"]) / Fraction(fold["count"])
    return fold.get(operator)


def exact(value: int | Fraction | None, indicator: Indicator) -> Decimal | None:
    """The value in its unit of measure; averages are rounded half up once, at the printed scale."""
    if value is None:
        return None
    if "count" in (indicator.units, indicator.periods):
        return Decimal(int(value))
    scaled = value if isinstance(value, int) else int((value + Fraction(1, 2)) // 1)
    return indicator.decimal(scaled)


def matrix(
    cells: Iterable[CellRow], asked: Sequence[Column], sources: Sequence[Source]
) -> dict[Source, dict[str, Decimal | None]]:
    """Source → indicator → exact value, None for a blank: the body of a consolidated table."""
    known = {(Source(r.unit, r.period, r.subject), r.indicator): r.value for r in cells}
    return {
        s: {
            i.code: i.decimal(known[s, i.code]) if (s, i.code) in known else None
            for i in (c.indicator for c in asked)
        }
        for s in sources
    }
