"""Moments 节点: when something has to be said about a due day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from duban import calendars
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
    reminder, the longer chase. Colours 三色督办 are kept all: they go one after another.
    """
    coloured = is_coloured(plan, duty, unit)
    key = ("moments", due_day, duty.id, coloured)
    return plan.memo(key, lambda: _moments_around(due_day, duty, coloured, plan))


def is_coloured(plan: Plan, duty: Duty, unit: str) -> bool:
    """Whether a unit's returns for a duty are escalated by colours."""
    rule = duty.escalation
    return rule is not None and (not rule.for_ or unit in plan.ids(rule.for_))


def _moments_around(due_day: date, duty: Duty, coloured: bool, plan: Plan) -> tuple[Moment, ...]:
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
    if rule.escalate:
        moment = Moment("escalate", rule.escalate, at(after(due_day + timedelta(days=rule.escalate))))
        found["escalate", moment.at] = moment
    for colour, late in duty.escalation.steps if duty.escalation and coloured else ():
        moment = Moment(colour, late, at(after(due_day + timedelta(days=late))))
        found[colour, moment.at] = moment
    return tuple(sorted(found.values(), key=lambda m: (m.at, m.kind)))
