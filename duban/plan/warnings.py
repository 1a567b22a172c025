"""What is not wrong in a plan but wants a person's eye before it is deployed.

What has to be asked about its obligations stands in `duban.questions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from duban import calendars
from duban.errors import Problem
from duban.plan import unheard
from duban.plan.duties import COOPERATING, LEAD, RESERVED, Duty
from duban.plan.model import Plan
from duban.plan.plan_file import Phase
from duban.plan.rhythm import Once
from duban.plan.units import Unit

PLAN = "plan.yaml"
FEW, FEW_UNKNOWN = 24, 6
"""Up to so many due days of a duty, on days off or of years not announced, each get a line of their own;
more are one line."""


def warnings(plan: Plan, due_days: Iterable[tuple[str, str, date]]) -> list[Problem]:
    """Warnings of `duban check`; `due_days` are (duty, period, day) of the agenda. Nothing is ever
    moved because of them (DESIGN, Time)."""
    return [
        *_due_days(plan, due_days),
        *(w for phase in plan.file.phases for w in _phase(phase)),
        *_milestones(plan),
        *_tasks(plan),
        *(w for duty in plan.file.duties for w in _duty(plan, duty)),
        *_forms(plan),
        *_targets(plan),
        *_units(plan),
        *unheard.quiet_questions(plan),
    ]


def _due_days(plan: Plan, due_days: Iterable[tuple[str, str, date]]) -> Iterator[Problem]:
    """Days nobody works on, and days of which nobody knows yet."""
    found = [problem for duty, period, day in due_days for problem in _due_day(plan, duty, period, day)]
    by_duty: dict[tuple[str, bool], list[Problem]] = {}
    for problem in found:
        by_duty.setdefault((problem.key, problem.code == "year-not-announced"), []).append(problem)
    few = {False: FEW, True: FEW_UNKNOWN}
    many = {key: problems for key, problems in by_duty.items() if len(problems) > few[key[1]]}
    yield from (p for p in found if (p.key, p.code == "year-not-announced") not in many)
    for (duty, is_unknown), problems in many.items():
        days = sorted(p.value for p in problems)
        params = {"count": len(days), "first": days[0], "last": days[-1], "name": plan.duty[duty].name}
        yield Problem(
            "many-due-days-not-announced" if is_unknown else "many-due-days-off",
            PLAN, key=duty, value=days[0], params=params,
        )  # fmt: skip


def _due_day(plan: Plan, duty: str, period: str, day: date) -> Iterator[Problem]:
    params = {"duty": duty, "period": period, "day": calendars.day_words(day)}
    name = calendars.holiday_name(day)
    if not plan.days.is_known(day):
        yield Problem("year-not-announced", PLAN, key=duty, value=str(day), params=params)
    elif name and not plan.days.is_working(day):
        params["holiday"] = name
        yield Problem("due-on-holiday", PLAN, key=duty, value=str(day), params=params)
    elif not plan.days.is_working(day):
        yield Problem("due-on-weekend", PLAN, key=duty, value=str(day), params=params)


def _phase(phase: Phase) -> Iterator[Problem]:
    if phase.ends_with:
        params = {"event": phase.ends_with}
        yield Problem("phase-ends-with-event", PLAN, key=phase.id, value=phase.name, params=params)
    elif phase.start is None and phase.end is None:
        yield Problem("phase-undated", PLAN, key=phase.id, value=phase.name)


def _milestones(plan: Plan) -> Iterator[Problem]:
    for milestone in plan.file.milestones:
        if milestone.on.soft:
            params = {"day": calendars.day_words(milestone.on.date)}
            yield Problem("soft-milestone", PLAN, key=milestone.id, value=milestone.name, params=params)


def _tasks(plan: Plan) -> Iterator[Problem]:
    """Tasks whose lead the notice leaves out: who owes?"""
    headings = {t.under for t in plan.file.tasks}
    for task in plan.file.tasks:
        if task.id not in headings and not task.lead:
            params = {"name": task.name, "cooperating": "、".join(task.cooperating)}
            yield Problem("task-without-lead", PLAN, key=f"tasks.{task.id}", value=task.id, params=params)


def _duty(plan: Plan, duty: Duty) -> Iterator[Problem]:
    if duty.form is None and not duty.attachments and not duty.copy_of:
        yield Problem("duty-without-form", PLAN, key=duty.id, value=duty.name)
    yield from unheard.circular_questions(duty)
    yield from unheard.escalation_questions(plan, duty, _owing(plan, duty))
    for rhythm in (duty.rhythm, *(v.rhythm for v in duty.variants)):
        waits = isinstance(rhythm, Once) and rhythm.due == "undetermined"
        if waits and duty.id not in plan.determined:
            params = {"source": rhythm.source or ""}
            yield Problem("undetermined-due", PLAN, key=duty.id, value=duty.name, params=params)


def _forms(plan: Plan) -> Iterator[Problem]:
    used = {d.form for d in plan.file.duties}
    for form in plan.forms:
        if form.id not in used:
            yield Problem("form-without-duty", f"forms/{form.id}.yaml", key=form.id, value=form.title)


def _targets(plan: Plan) -> Iterator[Problem]:
    for target in plan.file.targets:
        if target.numerator is None and not target.words:
            yield Problem("target-without-measure", PLAN, key=target.id, value=target.name)


def _units(plan: Plan) -> Iterator[Problem]:
    for group in plan.file.groups:
        if not plan.members(group.id):
            called = {group.id, group.name, *group.aliases}
            duties = [d.name for d in plan.file.duties if called & {*d.by, *d.except_}]
            params = {"duties": "、".join(duties)}
            yield Problem("group-without-units", PLAN, key=group.id, value=group.name, params=params)
    owing = {u.id for duty in plan.file.duties for u in _owing(plan, duty)}
    involved = owing | _involved(plan)
    for unit in plan.units:
        if unit.id in owing and not unit.channels and unit.id not in plan.outside:
            yield Problem("unit-without-channel", "units.csv", key=unit.id, value=unit.name)
        yield from unheard.unit_questions(unit)
        if unit.id not in involved:
            yield Problem("unit-without-part", "units.csv", key=unit.id, value=unit.name)


def _owing(plan: Plan, duty: Duty) -> tuple[Unit, ...]:
    """Every unit that a duty speaks to, by name or by its role in a task."""
    roles = {LEAD: "lead", COOPERATING: "cooperating"}
    by_role = [n for t in plan.file.tasks for r, k in roles.items() if r in duty.by for n in getattr(t, k)]
    excepted = plan.ids(duty.except_)
    found = plan.who((*(n for n in duty.by if n not in RESERVED), *by_role))
    return tuple(u for u in found if u.id not in excepted)


def _involved(plan: Plan) -> set[str]:
    """Ids of the units that have some other part: they receive, lead, stand above or take over."""
    file = plan.file
    named = [file.coordinator.unit, *(d.to for d in file.duties if d.to not in RESERVED)]
    named += [n for d in file.duties for c in d.cc for n in c.to]
    named += [n for t in file.tasks for n in (*t.lead, *t.cooperating)]
    named += [n for m in file.milestones for n in m.by]
    named += [n for d in file.duties if d.ranking for n in d.ranking.units]
    return {*plan.ids(named), *(i for u in plan.units for i in (u.parent, u.successor) if i)}
