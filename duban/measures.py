"""What totals are held against: groupings of units, targets, rankings. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from duban import periods
from duban.figures import Source, Total
from duban.plan import Plan
from duban.plan.tasks import Target

BY = ("unit", "parent", "group")
"""How units can be grouped, besides by any of their attributes."""
NOBODY = "-"
"""Label of units without a superior, a group or the attribute."""


def labels(plan: Plan, by: str) -> dict[str, str]:
    """Unit → label: itself, its superior, its first group, or the value of its attribute `by`."""
    found = {}
    for unit in plan.units:
        if by == "unit":
            found[unit.id] = unit.id
        elif by == "parent":
            found[unit.id] = unit.parent or NOBODY
        elif by == "group":
            found[unit.id] = unit.groups[0] if unit.groups else NOBODY
        else:
            found[unit.id] = unit.attribute(by) or NOBODY
    return found


def label_name(plan: Plan, by: str, label: str) -> str:
    """What a label is called."""
    if by in ("unit", "parent"):
        return plan.unit[label].name if label in plan.unit else label
    groups = {g.id: g.name for g in plan.file.groups}
    return groups.get(label, label) if by == "group" else label


def below(plan: Plan, unit: str) -> dict[str, str]:
    """A unit and everybody under it → itself (本级), or the child of its that they stand under."""
    found = {unit: unit}
    for child in plan.children(unit):
        if child.id not in found:
            found |= dict.fromkeys(below(plan, child.id), child.id)
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a target stands."""

    target: Target
    year: int | None
    """The calendar year it is to be reached in; None: the campaign."""
    numerator: Total | None = None
    denominator: Total | None = None
    final: bool = False
    """Nothing that could change it is owed any more."""

    @property
    def value(self) -> Fraction | None:
        """The reported ratio or count, exactly; None while nobody has stated it."""
        if self.numerator is None or self.numerator.value is None:
            return None
        above = Fraction(self.numerator.value)
        if self.target.denominator is None:
            return above
        if self.denominator is None or not self.denominator.value:
            return None
        return above / Fraction(self.denominator.value)

    @property
    def state(self) -> Literal["words", "unknown", "reached", "not-reached"]:
        """`words`: no figure measures it; `unknown`: nobody has reported it yet."""
        goal = self.target.above if self.target.above is not None else self.target.at_least
        if goal is None or self.target.numerator is None:
            return "words"
        if self.value is None:
            return "unknown"
        reached = self.value > goal if self.target.above is not None else self.value >= goal
        return "reached" if reached else "not-reached"


def year_of(plan: Plan, source: Source) -> int:
    """The calendar year a return is about: that of its period's last day, or of the campaign's."""
    if periods.is_period(source.period):
        return periods.span(source.period)[1].year
    return int(source.period[:4]) if source.period else plan.end.year


Figure = Fraction | Decimal | None


@dataclass(frozen=True, slots=True)
class Place:
    """A unit's place in a ranking; ties share one."""

    place: int
    unit: str
    values: tuple[Figure, ...]
    """In the order of the ranking's measures; None where nothing was reported."""


def ranked(values: Mapping[str, Sequence[Figure]], lowest_first: Sequence[bool]) -> list[Place]:
    """Units by their measures, the first one first; who reported nothing comes last."""

    def key(unit: str) -> tuple[tuple[bool, Fraction], ...]:
        measured = zip(values[unit], lowest_first, strict=True)
        return tuple((v is None, Fraction(v or 0) if low else -Fraction(v or 0)) for v, low in measured)

    found: list[Place] = []
    ordered = sorted(values, key=key)
    for n, unit in enumerate(ordered, 1):
        tied = bool(found) and key(found[-1].unit) == key(unit)
        found.append(Place(found[-1].place if tied else n, unit, tuple(values[unit])))
    return found
