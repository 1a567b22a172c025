"""Moments 节点: when something has to be said about a due day. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from duban import calendars
from duban.plan import Plan
from duban.plan.duties import Moments

MomentKind = Literal["remind", "chase", "escalate"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment 节点: an instant at which something about an obligation must be said."""

    kind: MomentKind
    days: int
    """Days before (remind) or after (chase, escalate) the due day, as the plan states them."""
    at: datetime


def moments_around(due_day: date, rule: Moments, plan: Plan) -> tuple[Moment, ...]:
    """When to remind and chase about a due day: mornings of working days, in order of time.

    Where days off push two of a kind onto one morning, the one nearer its day is kept: the shorter
    reminder, the longer chase.
    """
    key = ("moments", due_day, rule.remind, rule.chase, rule.escalate)
    return plan.memo(key, lambda: _moments_around(due_day, rule, plan))


def _moments_around(due_day: date, rule: Moments, plan: Plan) -> tuple[Moment, ...]:
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
    return tuple(sorted(found.values(), key=lambda m: (m.at, m.kind)))
