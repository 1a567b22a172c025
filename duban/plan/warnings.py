"""What is not wrong in a plan but wants a person's eye before it is deployed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from duban import calendars
from duban.errors import Problem
from duban.plan.model import Plan


def warnings(plan: Plan, due_days: Iterable[tuple[str, str, date]]) -> list[Problem]:
    """Warnings of `duban check`; `due_days` are (duty, period, day) of the agenda. Nothing is ever
    moved because of them (DESIGN, Time)."""
    return [
        *(w for duty, period, day in due_days for w in _due_day(duty, period, day)),
        *_duties(plan),
        *_units(plan),
    ]


def _due_day(duty: str, period: str, day: date) -> Iterable[Problem]:
    params = {"duty": duty, "period": period, "day": calendars.day_words(day)}
    name = calendars.holiday_name(day)
    if not calendars.is_announced(day):
        yield Problem("year-not-announced", "plan.yaml", key=duty, value=str(day), params=params)
    elif name:
        params["holiday"] = name
        yield Problem("due-on-holiday", "plan.yaml", key=duty, value=str(day), params=params)
    elif not calendars.is_working(day):
        yield Problem("due-on-weekend", "plan.yaml", key=duty, value=str(day), params=params)


def _duties(plan: Plan) -> Iterable[Problem]:
    for duty in plan.file.duties:
        if duty.form is None:
            yield Problem("duty-without-form", "plan.yaml", key=duty.id, value=duty.name)
    used = {d.form for d in plan.file.duties}
    for form in plan.forms:
        if form.id not in used:
            yield Problem("form-without-duty", f"forms/{form.id}.yaml", key=form.id, value=form.title)


def _units(plan: Plan) -> Iterable[Problem]:
    for group in plan.file.groups:
        if not plan.members(group.id):
            yield Problem("group-without-units", "plan.yaml", key=group.id, value=group.name)
    spoken_to = {d.by for d in plan.file.duties}
    for unit in plan.units:
        if not unit.channels and spoken_to & set(unit.groups):
            yield Problem("unit-without-channel", "units.csv", key=unit.id, value=unit.name)
