"""What becomes owed only by being reported: events 随时上报, and more than a quota wants. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from duban import agenda, calendars
from duban.agenda import Obligation
from duban.debtors import rhythm_of
from duban.plan import Plan
from duban.plan.rhythm import Event, Within

HAPPENED = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T([01]\d|2[0-3])([0-5]\d))?", re.ASCII)
"""`2018-10-10`, or `2018-10-10T1520` where the clock matters."""


def happened(period: str) -> tuple[date, time | None]:
    """The day of an event, and its clock time where its name has one; ValueError for any other name."""
    match = HAPPENED.fullmatch(period)
    if match is None:
        raise ValueError(period)
    clock = time(int(match[2]), int(match[3])) if match[2] else None
    return date.fromisoformat(match[1]), clock


def is_event(plan: Plan, duty: str, unit: str) -> bool:
    """Whether a unit owes a duty only when something happens."""
    return isinstance(rhythm_of(plan, plan.duty[duty], plan.unit[unit]), Event)


def event(plan: Plan, duty: str, unit: str, period: str, subject: str | None = None) -> Obligation | None:
    """The obligation that an event makes; None for a unit that does not owe the duty."""
    day, clock = happened(period)
    rule, debtor = plan.duty[duty], plan.unit[unit]
    standing = [o for o in agenda.of_duty(plan, duty) if o.unit == unit and o.subject in (None, subject)]
    rhythm = rhythm_of(plan, rule, debtor)
    if not standing or not isinstance(rhythm, Event):
        return None
    due_at = _due_at(plan, rhythm.within, day, clock) if rhythm.within else None
    return replace(
        standing[0],
        phases=agenda.phases_of(plan, rule, debtor, (day, day)),
        period=period,
        covers=(day, day),
        opens_at=calendars.at_local(day, clock or time(), plan.zone),
        due_at=due_at,
        due_day=agenda.day_before(due_at) if due_at else None,
        subject=subject,
    )


def _due_at(plan: Plan, within: Within, day: date, clock: time | None) -> datetime:
    """Hours count from the clock time of the finding, or from its day's end; days end at midnight."""
    if within.hours is not None:
        found = calendars.at_local(day, clock, plan.zone) if clock else calendars.end_of(day, plan.zone)
        return (found.astimezone(UTC) + timedelta(hours=within.hours)).astimezone(plan.zone)
    if within.working_days is not None:
        return calendars.end_of(plan.days.after(day, within.working_days), plan.zone)
    return calendars.end_of(day + timedelta(days=within.days or 0), plan.zone)


def beyond_quota(plan: Plan, duty: str, unit: str, period: str, subject: str | None) -> Obligation | None:
    """One more than a quota wants: nobody owes it, so it has no due time. None for anything else."""
    quota = plan.duty[duty].quota
    if quota is None or not re.fullmatch(r"[1-9][0-9]{0,3}", subject or ""):
        return None
    if int(subject or 0) <= quota.at_least:
        return None
    wanted = (o for o in agenda.of_duty(plan, duty) if o.unit == unit and (o.period or "") == period)
    first = next(wanted, None)
    return first and replace(first, subject=subject, due_at=None, due_day=None, moments=(), is_event=True)
