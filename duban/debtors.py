"""Who owes a duty, about what, to whom and with what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from duban.plan import Duty, Plan, Unit
from duban.plan.duties import COOPERATING, LEAD, Attachment
from duban.plan.rhythm import Rhythm
from duban.plan.tasks import Task


@dataclass(frozen=True, slots=True)
class Debtor:
    """One unit that owes a duty about one subject."""

    unit: Unit
    subject: str | None
    """A task's number, an inspected body, or which of a quota it is."""
    to: str | None
    """The unit it is owed to; None where a unit has no superior."""
    copies: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    rhythm: Rhythm


def debtors(plan: Plan, duty: Duty) -> tuple[Debtor, ...]:
    """Everybody who owes a duty: its units, or the units of each task or subject."""
    return plan.memo(("debtors", duty.id), lambda: tuple(_debtors(plan, duty)))


def _debtors(plan: Plan, duty: Duty) -> Iterator[Debtor]:
    seen = set()
    for unit, subject in _owing(plan, duty):
        if (unit.id, subject) in seen:
            continue
        seen.add((unit.id, subject))
        to = plan.recipient(duty, unit)
        yield Debtor(
            unit=unit,
            subject=subject,
            to=to.id if to else None,
            copies=tuple(u.id for u in plan.copies(duty, unit)),
            attachments=attachments_of(plan, duty, unit),
            rhythm=rhythm_of(plan, duty, unit),
        )


def _owing(plan: Plan, duty: Duty) -> Iterator[tuple[Unit, str | None]]:
    if duty.per == "task":
        yield from ((unit, task.id) for task in tasks_of(plan, duty) for unit in _of_task(plan, duty, task))
    elif duty.per:
        items = next(s.items for s in plan.file.subjects if s.id == duty.per)
        for item in items:
            yield from ((u, item.id) for u in plan.by(duty) if not item.by or u.id in plan.ids(item.by))
    elif duty.quota:
        numbers = [str(n + 1) for n in range(duty.quota.at_least)]
        yield from ((unit, number) for unit in plan.by(duty) for number in numbers)
    else:
        yield from ((unit, None) for unit in plan.by(duty))


def tasks_of(plan: Plan, duty: Duty) -> tuple[Task, ...]:
    """The tasks a duty is about: those it names, or every one that is no heading."""
    headings = {t.under for t in plan.file.tasks}
    return tuple(t for t in plan.file.tasks if (t.id in duty.tasks if duty.tasks else t.id not in headings))


def _of_task(plan: Plan, duty: Duty, task: Task) -> Iterator[Unit]:
    """A task's units of the roles that owe the duty. Of joint leads the first one reports."""
    named: list[str] = []
    if LEAD in duty.by:
        named += task.lead if task.leads == "each" else task.lead[:1]
    if COOPERATING in duty.by:
        named += task.cooperating
    involved = (*task.lead, *task.cooperating)
    others = plan.who(n for n in duty.by if n not in (LEAD, COOPERATING))
    found = [*plan.who(named), *(u for u in others if u.id in plan.ids(involved))]
    yield from (u for u in found if u.id not in plan.ids(duty.except_))


def rhythm_of(plan: Plan, duty: Duty, unit: Unit) -> Rhythm:
    """The rhythm that holds for a unit: a variant's, or the duty's own."""
    return next((v.rhythm for v in duty.variants if unit.id in plan.ids(v.for_)), duty.rhythm)


def attachments_of(plan: Plan, duty: Duty, unit: Unit) -> tuple[Attachment, ...]:
    """The attachments a unit has to send with a duty."""
    return tuple(a for a in duty.attachments if not a.for_ or unit.id in plan.ids(a.for_))
