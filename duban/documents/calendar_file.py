"""The agenda as an iCalendar file for the coordinator's calendar program."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time, timedelta
from itertools import groupby

from icalendar import Calendar, Event

from duban.agenda import Obligation
from duban.calendars import at_local
from duban.plan import Plan
from duban.plan.tasks import Milestone
from duban.rendering import Renderer


def calendar_file(plan: Plan, found: Iterable[Obligation], texts: Renderer) -> bytes:
    """One all-day event per duty and due day, and per milestone. Repeatable: of the same agenda the same."""
    calendar = Calendar()
    calendar.add("prodid", "-//Duban//duban.example//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", plan.file.title)
    due = (o for o in found if o.due_day is not None)
    for (duty, period, due_day), group in groupby(due, key=lambda o: (o.duty, o.period, o.due_day)):
        mine = list(group)
        event = Event()
        event.add("uid", f"{plan.slug}-{duty}-{period or due_day}@duban.example")
        values = {"plan": plan, "duty": plan.duty[duty], "period": period or "", "found": mine}
        event.add("summary", texts.say("calendar.summary", **values))
        event.add("description", texts.say("calendar.description", **values))
        event.add("dtstart", due_day)
        if due_day is not None:
            event.add("dtend", due_day + timedelta(days=1))
        event.add("dtstamp", mine[0].opens_at)
        calendar.add_component(event)
    for milestone in plan.file.milestones:
        calendar.add_component(_milestone(plan, milestone, texts))
    return bytes(calendar.to_ical())


def _milestone(plan: Plan, milestone: Milestone, texts: Renderer) -> Event:
    event = Event()
    event.add("uid", f"{plan.slug}-milestone-{milestone.id}@duban.example")
    event.add("summary", texts.say("calendar.milestone", m=milestone))
    event.add("dtstart", milestone.on.date)
    event.add("dtend", milestone.on.date + timedelta(days=1))
    event.add("dtstamp", at_local(plan.start, time(), plan.zone))
    return event
