"""Moments 节点: when something has to be said about a due day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from duban import calendars
from duban.colours import own_moments
from duban.plan import Duty, Plan

MomentKind = Literal["remind", "chase", "escalate", "blue", "orange", "red"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment 节点: an instant at which something about an obligation must be said."""

    kind: MomentKind
    days: int
    """Days before (remind) or after (all others) the due day, as the plan states them."""
    at: datetime


def moments_around(due_day: date, duty: Duty, unit: str, plan: Plan) -> tuple[Moment, ...]:
    """When to remind, chase and escalate about a due day of a unit: mornings of working days, in order of
    time.

    Where days off push two of a kind onto one morning, the one nearer its day is kept: the shorter
    reminder, the longer chase. Colours 三色督办 are kept all: they go one after another. The coordinator is
    not told to take up what it owes itself.
    """
    is_own, coloured = unit == plan.coordinator.id, is_coloured(plan, duty, unit)
    key = ("moments", due_day, duty.id, is_own, coloured)
    return plan.memo(key, lambda: _moments_around(due_day, duty, is_own, coloured, plan))


def is_coloured(plan: Plan, duty: Duty, unit: str) -> bool:
    """Whether a unit's returns for a duty are escalated by colours; nobody supervises its own."""
    rule = duty.escalation
    return rule is not None and unit != plan.coordinator.id and (not rule.for_ or unit in plan.ids(rule.for_))


def _moments_around(
    due_day: date, duty: Duty, is_own: bool, coloured: bool, plan: Plan
) -> tuple[Moment, ...]:  # fmt: skip
    rule = duty.moments

    def at(day: date) -> datetime:
        return calendars.at_local(day, plan.file.office.morning, plan.zone)

    before, after = plan.days.on_or_before, plan.days.on_or_after
    found: dict[tuple[str, datetime], Moment] = {}
    for days in sorted(rule.remind, reverse=True):
        moment = Moment("remind", days, at(before(due_day - timedelta(days=days))))
        found["remind", moment.at] = moment
    for days in sorted(rule.chase):
        moment = Moment("chase", days, at(after(due_day + timedelta(days=days))))
        found["chase", moment.at] = moment
    if rule.escalate and not is_own:
        moment = Moment("escalate", rule.escalate, at(after(due_day + timedelta(days=rule.escalate))))
        found["escalate", moment.at] = moment
    steps = duty.escalation.steps if duty.escalation and coloured else ()
    for (colour, late), morning in zip(steps, own_moments(plan, due_day, steps).values(), strict=True):
        found[colour, morning] = Moment(colour, late, morning)
    return tuple(sorted(found.values(), key=lambda m: (m.at, m.kind)))
