"""What the figures of a story come to in the end, in plain arithmetic: no table, no frame, no query.

A rehearsal is held against it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from duban.plan import Form, Indicator, Plan
from duban.plan.forms import Count, Register
from duban.story.acts import Act, Said, Story, Value

Sums = dict[tuple[str, str], Decimal | None]
"""(duty, indicator) → figure over all units and periods; None where nobody states it."""


def expectation(story: Story) -> Sums:
    """Every final figure of a story: of each obligation the last fit return, periods folded per unit and
    subject by the indicator's `periods` operator, then those by its `units` operator."""
    counting: dict[tuple[str, str, str, str], Act] = {}
    for act in story.acts:
        if act.said is not None:
            counting[act.to.duty, act.to.unit, act.to.subject or "", act.to.period] = act
    found: Sums = {}
    for duty in story.plan.file.duties:
        form = story.plan.form_of(duty.id)
        if form is not None:
            mine = {key[1:]: act.said for key, act in counting.items() if key[0] == duty.id and act.said}
            found |= {(duty.id, code): value for code, value in _sums(story.plan, form, mine).items()}
    return found


def _sums(plan: Plan, form: Form, said: Mapping[tuple[str, str, str], Said]) -> dict[str, Decimal | None]:
    asked: list[Indicator] = [i for i in form.indicators if i.is_number]
    counts = form.register_.counts if form.register_ else ()
    found = {}
    for indicator in (*asked, *counts):
        series: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
        for (unit, subject, period), what in said.items():
            figure = _figure(form, indicator, what)
            if figure is not None:
                series[unit, subject][period] = figure
        folded = [fold_periods(indicator, [one[p] for p in sorted(one)]) for one in series.values()]
        found[indicator.code] = fold_units(indicator, [f for f in folded if f is not None])
    return found


def _figure(form: Form, indicator: Indicator, said: Said) -> Decimal | None:
    if isinstance(indicator, Count) and form.register_:
        return Decimal(sum(_counts(form.register_, indicator, row) for row in said.rows))
    value = said.values.get(indicator.code)
    return Decimal(value) if value is not None else None


def _counts(register: Register, count: Count, row: Mapping[str, Value]) -> bool:
    closing = register.closed
    closed = closing is not None and str(row.get(closing.column, "")) in closing.values
    fits = all(str(row.get(column, "")) in values for column, values in count.where.items())
    return fits and (count.open is None or count.open != closed)


def fold_periods(indicator: Indicator, figures: Sequence[Decimal]) -> Decimal | Fraction | None:
    """Figures of one series in order of time as one; averages stay exact."""
    return _folded(indicator.periods, figures)


def fold_units(indicator: Indicator, figures: Sequence[Decimal | Fraction]) -> Decimal | None:
    """Figures of several units as one, averages rounded half up at the printed scale."""
    value = _folded(indicator.units, figures)
    if value is None or isinstance(value, Decimal):
        return value
    shifted = value * 10**indicator.scale
    return Decimal(int((shifted + Fraction(1, 2)) // 1)).scaleb(-indicator.scale)


def _folded(operator: str, figures: Iterable[Decimal | Fraction]) -> Decimal | Fraction | None:
    known = list(figures)
    if not known or operator == "none":
        return None
    if operator == "count":
        return Decimal(len(known))
    if operator == "last":
        return known[-1]
    if operator in ("min", "max"):
        return min(known) if operator == "min" else max(known)
    total = sum((Fraction(f) for f in known), Fraction(0))
    if operator == "avg":
        return total / len(known)
    exact = [f for f in known if isinstance(f, Decimal)]
    return sum(exact, Decimal(0)) if len(exact) == len(known) else total
