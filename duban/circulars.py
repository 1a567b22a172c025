"""Circulars 通报: who has reported for a period of a duty, on time or late, and who has not. As JSON they
wait for a person to approve them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from duban.agenda import day_before
from duban.calendars import from_micros, to_micros
from duban.measures import Figure, Place, ranked
from duban.plan import Plan
from duban.standing import Standing

State = Literal["on-time", "late", "pending", "missing", "waived"]
"""pending: not in, and need not be yet: it was given more time, or was returned with a day to answer by."""
WORST_FIRST: tuple[State, ...] = ("missing", "pending", "late", "on-time")
Why = Literal["", "extended", "returned", "refused"]
"""extended: it was given more time; returned, refused: what it sent does not count."""


@dataclass(frozen=True, slots=True)
class Row:
    """How one unit stands in a circular."""

    unit: str
    name: str
    expected: int
    """Returns expected of it; 0 where all are waived."""
    met: int
    on_time: int
    state: State
    days: int = 0
    """Calendar days late, of several returns the latest; 0: on its due day, after the clock time."""
    why: Why = ""
    until: datetime | None = None
    """pending: until when it has time, exclusive."""
    reason: str = ""
    """Why it is waived 免报."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit's place; ties share one."""

    place: int
    unit: str
    name: str
    values: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Circular:
    """A circular as its draft has frozen it."""

    duty: str
    name: str
    """The duty's."""
    period: str
    due_at: datetime
    """Exclusive; the time that holds for all who were not given more."""
    as_of: datetime
    seq: int
    head: str
    """The journal's place and digest that the figures stand on."""
    expected: int
    met: int
    on_time: int
    rows: tuple[Row, ...]
    """In the plan's order of units."""
    measures: tuple[tuple[str, str], ...]
    """What units are ranked by: the kind of measure, and the indicator's name."""
    places: tuple[Ranked, ...]
    whole: bool
    """Whether the ranking is that of the campaign so far, as the plan states it, or of this period."""

    def of(self, state: State) -> list[Row]:
        """The units in a state."""
        return [r for r in self.rows if r.state == state]

    @property
    def reporting(self) -> Fraction | None:
        """Met ÷ expected."""
        return Fraction(self.met, self.expected) if self.expected else None

    @property
    def punctuality(self) -> Fraction | None:
        """On time ÷ expected."""
        return Fraction(self.on_time, self.expected) if self.expected else None

    @property
    def late(self) -> int:
        """Returns that came late."""
        return self.met - self.on_time

    @property
    def several(self) -> bool:
        """Whether somebody owes more than one return."""
        return any(r.expected > 1 for r in self.rows)


def row(plan: Plan, unit: str, found: Sequence[Standing], days: int, now: datetime) -> Row:
    """How a unit stands with its counted returns for one period; `days` is how late its latest one is."""
    waived = [s for s in found if not s.expected]
    mine = [s for s in found if s.expected]
    name = plan.unit[unit].name
    if not mine:
        return Row(unit, name, 0, 0, 0, "waived", reason=waived[0].owed.waived or "")
    states = [_state(s, now) for s in mine]
    state = next(x for x in WORST_FIRST if x in states)
    worst = [s for s, x in zip(mine, states, strict=True) if x == state]
    limits = [s.limit for s in worst if state == "pending" and s.limit]
    return Row(
        unit, name, len(mine), sum(s.met for s in mine), sum(s.met and s.on_time for s in mine), state,
        days if state == "late" else 0, _why(worst), max(limits) if limits else None,
    )  # fmt: skip


def _state(s: Standing, now: datetime) -> State:
    if s.met:
        return "on-time" if s.on_time else "late"
    return "pending" if s.open and s.limit is not None and now < s.limit else "missing"


def _why(worst: Sequence[Standing]) -> Why:
    for s in worst:
        if not s.met and s.came_in in ("returned", "refused"):
            return "returned" if s.came_in == "returned" else "refused"
    return "extended" if any(s.due_at != s.first_due for s in worst) else ""


def days_late(received: datetime, due_at: datetime) -> int:
    """Calendar days from the due day to the day on which something came."""
    return (received.astimezone(due_at.tzinfo).date() - day_before(due_at)).days


def places(rows: Iterable[Row]) -> list[Place]:
    """Units by their reporting and on-time rates of a period; who still has time has none."""
    values = {
        r.unit: (Fraction(r.met, r.expected), Fraction(r.on_time, r.expected))
        for r in rows
        if r.expected and r.state != "pending"
    }
    return ranked(values, (False, False))


def content(circular: Circular) -> dict[str, Any]:
    """A circular as JSON."""
    found = {k: v for k, v in _plainly(circular).items() if k not in ("rows", "places")}
    return found | {
        "rows": [asdict(r) | {"until": r.until and to_micros(r.until)} for r in circular.rows],
        "places": [asdict(p) | {"values": [_said(v) for v in p.values]} for p in circular.places],
    }


def circular_from(plan: Plan, content: Mapping[str, Any]) -> Circular:
    """A circular as its JSON has it."""
    values = {k: v for k, v in content.items() if k in Circular.__dataclass_fields__}
    return Circular(**values | {
        "due_at": from_micros(content["due_at"], plan.zone),
        "as_of": from_micros(content["as_of"], plan.zone),
        "rows": tuple(
            Row(**r | {"until": r["until"] and from_micros(r["until"], plan.zone)}) for r in content["rows"]
        ),
        "measures": tuple((by, name) for by, name in content["measures"]),
        "places": tuple(
            Ranked(p["place"], p["unit"], p["name"], tuple(_read(v) for v in p["values"]))
            for p in content["places"]
        ),
    })  # fmt: skip


def _plainly(circular: Circular) -> dict[str, Any]:
    found = {name: getattr(circular, name) for name in Circular.__dataclass_fields__}
    return found | {"due_at": to_micros(circular.due_at), "as_of": to_micros(circular.as_of)}


def _said(value: Figure) -> str | None:
    """A share as `9/10`, a figure as `3.25`; what nobody has stated as nothing."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return None if value is None else f"{value:f}"


def _read(value: str | None) -> Figure:
    if value is None:
        return None
    return Fraction(value) if "/" in value else Decimal(value)
