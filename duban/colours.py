"""Three-colour supervision 三色督办: which colour of an obligation may be said now, and when the next one.
Pure.

Colours go one after another and none is skipped, whatever happened in between. A colour belongs to a due
time: another limit, by an extension or a return, begins with blue again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from duban import calendars
from duban.plan import Plan
from duban.plan.duties import COLOURS, Colour

Steps = tuple[tuple[Colour, int], ...]
"""Colours with their days after the due day, in order."""


@dataclass(frozen=True, slots=True)
class Next:
    """The lowest colour that has not been said."""

    colour: Colour
    days: int
    """Days after the due day, as the plan states them."""
    at: datetime
    """Not before this instant."""


def ordered(steps: Iterable[tuple[str, int]]) -> Steps:
    """Colours in their order."""
    given = dict(steps)
    return tuple((colour, given[colour]) for colour in COLOURS if colour in given)


def own_moments(plan: Plan, due_day: date, steps: Steps) -> dict[Colour, datetime]:
    """When each colour is said if all goes as planned: a morning of a working day, and no fewer days after
    the colour before it than the plan has between the two."""
    found: dict[Colour, datetime] = {}
    said: tuple[date, int] | None = None
    for colour, days in steps:
        day = due_day + timedelta(days=days)
        if said is not None:
            day = max(day, said[0] + timedelta(days=days - said[1]))
        day = plan.days.on_or_after(day)
        found[colour], said = _morning(plan, day), (day, days)
    return found


def upcoming(
    plan: Plan, due_day: date, steps: Steps, said: Mapping[Colour, datetime], held: Collection[Colour] = ()
) -> Next | None:
    """The lowest colour not yet said and not before when; None where all are said, or where it is held: it
    waits for a person, or was refused by one, and then those above it do not follow either."""
    own = own_moments(plan, due_day, steps)
    before: tuple[int, datetime] | None = None
    for colour, days in steps:
        if colour in said:
            before = (days, said[colour])
            continue
        if colour in held:
            return None
        at = own[colour] if before is None else max(own[colour], _after(plan, before, days))
        return Next(colour, days, at)
    return None


def _after(plan: Plan, before: tuple[int, datetime], days: int) -> datetime:
    """So many days after the colour before was said as the plan has between the two."""
    day = before[1].astimezone(plan.zone).date() + timedelta(days=days - before[0])
    return _morning(plan, plan.days.on_or_after(day))


def _morning(plan: Plan, day: date) -> datetime:
    return calendars.at_local(day, plan.file.office.morning, plan.zone)
