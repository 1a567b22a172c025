"""A campaign's schedules, from its plan: the morning of each day of its life, and just after each
deadline. RRULE's UNTIL is inclusive and, like everything here, local to the plan's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from duban import agenda
from duban.plan import Plan

DELIVER_EVERY = "*/10 * * * *"
"""Cron of the installation-wide deliver flow."""
INTAKE_EVERY = "*/5 * * * *"
"""Cron of the installation-wide intake flow."""
JANITOR_EVERY = "17 * * * *"
"""Cron of the installation-wide janitor flow: runs that have died are to be seen as such within the hour."""


def rrules(plan: Plan, shift: timedelta = timedelta()) -> list[str]:
    """The RRULEs of a campaign, as local times of the plan's zone. `shift` (whole days) moves them:
    a demo's virtual clock runs as many days behind ours."""
    first, last = agenda.life(plan)
    morning = plan.file.office.morning
    start, until = datetime.combine(first, morning) + shift, datetime.combine(last, morning) + shift
    daily = f"DTSTART:{_local(start)}\nRRULE:FREQ=DAILY;UNTIL={_local(until)}"
    deadlines = [at.astimezone(plan.zone).replace(tzinfo=None) + shift for at in agenda.after_deadlines(plan)]
    dates = ",".join(_local(at) for at in deadlines)
    return [daily, f"RDATE:{dates}"] if dates else [daily]


def _local(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S")


def schedules(plan: Plan, shift: timedelta = timedelta()) -> list[dict[str, Any]]:
    """The schedules as prefect.yaml spells them."""
    return [{"rrule": rule, "timezone": plan.file.zone, "active": True} for rule in rrules(plan, shift)]
