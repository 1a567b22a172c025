"""When a campaign keeps quiet: hours and days in which no message of it leaves. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from duban.calendars import A_DAY, at_local
from duban.plan import Plan
from duban.plan.speech import Quiet


def keeps_quiet(plan: Plan) -> bool:
    """Whether it ever does."""
    return plan.file.messages.quiet is not None or plan.file.messages.working_days


def until(plan: Plan, now: datetime) -> datetime | None:
    """The first instant from `now` on at which a message may leave; None: it may now.

    A day off lasts until the morning of the next working day, so that nothing held over a weekend leaves at
    midnight."""
    says = plan.file.messages
    found = now.astimezone(plan.zone)
    while True:
        later = _after_days_off(plan, found) if says.working_days else found
        later = _after_quiet(says.quiet, plan, later) if says.quiet else later
        if later == found:
            return found if found > now else None
        found = later


def _after_days_off(plan: Plan, at: datetime) -> datetime:
    """`at`, or the morning of the next working day."""
    morning = plan.file.office.morning
    since = at.date() if at.time() >= morning else at.date() - A_DAY  # the night before belongs to it
    if plan.days.is_working(since) and plan.days.is_working(at.date()):
        return at
    return max(at, at_local(plan.days.on_or_after(at.date()), morning, plan.zone))


def _after_quiet(quiet: Quiet, plan: Plan, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours that it lies in; `end` itself is quiet no longer."""
    clock, day = at.time(), at.date()
    overnight = quiet.end < quiet.start
    if not (clock >= quiet.start or clock < quiet.end if overnight else quiet.start <= clock < quiet.end):
        return at
    ends_tomorrow = overnight and clock >= quiet.start
    return at_local(day + timedelta(days=int(ends_tomorrow)), quiet.end, plan.zone)
