"""What a campaign asks of one unit: its phases, its tasks, what it owes and by when next. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from duban import agenda
from duban.agenda import Obligation
from duban.plan import Duty, Plan, Unit
from duban.plan.model import Stage
from duban.plan.tasks import Task


@dataclass(frozen=True, slots=True)
class Part:
    """A unit's part in a task."""

    role: Literal["lead", "cooperating"]
    task: Task
    leads: tuple[str, ...]
    """Names of those who lead it, the unit itself left out."""


@dataclass(frozen=True, slots=True)
class Next:
    """What falls due next of a duty."""

    due_at: datetime
    """Exclusive."""
    period: str
    subjects: tuple[str, ...]
    """Tasks or inspected bodies that it is about, by name."""
    count: int
    """Returns that are due then."""
    only: bool = False
    """Nothing of the duty falls due after it."""


@dataclass(frozen=True, slots=True)
class Owes:
    """A duty as one unit owes it."""

    duty: Duty
    to: str
    """Name of whom it is owed to; empty for a unit without a superior."""
    next: Next | None
    """None where no day is set: an event, or a day that is still to be determined."""
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """All that a campaign asks of a unit."""

    unit: Unit
    phases: tuple[Stage, ...]
    """Empty where the plan has none."""
    parts: tuple[Part, ...]
    owes: tuple[Owes, ...]


def concerned(plan: Plan) -> frozenset[str]:
    """Ids of the units that work with this system and have something to do or to report."""
    doing = {u for t in plan.file.tasks for u in plan.ids((*t.lead, *t.cooperating))}
    return frozenset((doing | set(_obligations(plan))) - plan.outside)


def assigned(plan: Plan, unit: str, now: datetime) -> Assigned:
    """What a unit is told when a campaign begins for it. What was due by `now` is not told any more."""
    mine = [p for p in plan.file.phases if not p.only or unit in plan.ids(p.only)]
    return Assigned(
        plan.unit[unit], tuple(plan.stage[p.id] for p in mine), tuple(parts(plan, unit)),
        tuple(owes(plan, unit, now)),
    )  # fmt: skip


def parts(plan: Plan, unit: str) -> Iterable[Part]:
    """A unit's parts in the tasks, those that it leads first."""
    for role in ("lead", "cooperating"):
        for task in plan.file.tasks:
            if unit in plan.ids(getattr(task, role)) and (role == "lead" or unit not in plan.ids(task.lead)):
                others = tuple(u.name for u in plan.who(task.lead) if u.id != unit)
                yield Part(role, task, others)


def owes(plan: Plan, unit: str, now: datetime) -> Iterable[Owes]:
    """Each duty that a unit still owes something for, once, in the order of the plan."""
    mine: dict[str, list[Obligation]] = defaultdict(list)
    for o in _obligations(plan).get(unit, ()):
        if not o.waived and (o.due_at is None or o.due_at > now):
            mine[o.duty].append(o)
    for duty in plan.file.duties:
        if duty.id in mine:
            yield _owes(plan, duty, unit, mine[duty.id])


def _owes(plan: Plan, duty: Duty, unit: str, found: list[Obligation]) -> Owes:
    to = plan.recipient(duty, plan.unit[unit])
    about = duty.per is not None
    subjects = dict.fromkeys(o.subject for o in found if o.subject) if about else {}
    return Owes(
        duty, to.name if to else "", _next(plan, duty, found),
        tuple(plan.subject_name(duty, s) for s in subjects),
    )  # fmt: skip


def _next(plan: Plan, duty: Duty, found: list[Obligation]) -> Next | None:
    due = min((o.due_at for o in found if o.due_at), default=None)
    if due is None:
        return None
    mine = [o for o in found if o.due_at == due]
    subjects = dict.fromkeys(o.subject for o in mine if o.subject) if duty.per else {}
    return Next(
        due, mine[0].period or "", tuple(plan.subject_name(duty, s) for s in subjects),
        sum(o.period == mine[0].period for o in mine), len(mine) == len(found),
    )  # fmt: skip


def _obligations(plan: Plan) -> dict[str, list[Obligation]]:
    def gather() -> dict[str, list[Obligation]]:
        found: dict[str, list[Obligation]] = defaultdict(list)
        for o in agenda.obligations(plan):
            found[o.unit].append(o)
        return found

    return plan.memo("obligations-of-units", gather)
