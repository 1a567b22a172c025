"""What an amended plan changes for each unit: its due times, its duties, its forms, its tasks. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from duban.agenda import obligations
from duban.amendments import Amendment, Difference, Shift, compare
from duban.assignments import Owes, Part, owes, parts
from duban.plan import Duty, Form, Plan
from duban.plan.rhythm import Event
from duban.plan.tasks import Task

FIELDS = frozenset(
    {"name", "to", "form", "attachments", "through", "sign", "paper", "zero_report", "quota", "cc"}
)
"""What of a duty matters to who owes it, besides when it is due. Who else owes it does not."""


@dataclass(frozen=True, slots=True)
class Altered:
    """A duty that a unit goes on owing, and that is asked for in another way."""

    duty: Duty
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A form that a unit goes on filling in, with other rows or columns; each by its name."""

    title: str
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Touched:
    """What is other for one unit."""

    new: tuple[Owes, ...] = ()
    """Duties that it did not owe before."""
    gone: tuple[Duty, ...] = ()
    """Duties that it owes no more."""
    shifts: tuple[Shift, ...] = ()
    """Single returns of the duties that it goes on owing."""
    altered: tuple[Altered, ...] = ()
    forms: tuple[Rewritten, ...] = ()
    gained: tuple[Part, ...] = ()
    """Parts in tasks that it did not have in this role."""
    lost: tuple[Task, ...] = ()
    inherited: tuple[tuple[str, date], ...] = ()
    """Units whose work it carries on, with the last day of each."""

    @property
    def anything(self) -> bool:
        """Whether there is anything to tell."""
        return self != Touched()

    def without(self, is_settled: Callable[[str, str], bool]) -> Touched:
        """The same without new due times of what is settled already, by duty and period."""
        kept = (s for s in self.shifts if s.kind == "dropped" or not is_settled(s.duty, s.period))
        return replace(self, shifts=tuple(kept))


def touches(old: Plan, new: Plan, now: datetime) -> Mapping[str, Touched]:
    """What differs, by unit that works with this system, for who deploys `new` at `now`; who is not touched
    is not among them. What is past by then is left out."""
    found = _Found(old, new, now, compare(old, new, now))
    each = ((u.id, found.of(u.id)) for u in new.units if u.id not in new.outside)
    return {unit: touched for unit, touched in each if touched.anything}


class _Found:
    """An amendment, looked at unit by unit."""

    def __init__(self, old: Plan, new: Plan, now: datetime, amendment: Amendment) -> None:
        self.old, self.new, self.now = old, new, now
        self.shifts: dict[str, list[Shift]] = defaultdict(list)
        for shift in amendment.shifts:
            for unit in () if shift.past else shift.units:
                self.shifts[unit].append(shift)
        self.parts: dict[str, list[Difference]] = defaultdict(list)
        for difference in amendment.differences:
            self.parts[difference.part].append(difference)
        self.owing = [_owing(plan, now) for plan in (old, new)]

    def of(self, unit: str) -> Touched:
        """What differs for one unit."""
        before, after = (o.get(unit, frozenset()) for o in self.owing)
        come = after - before
        tasks = list(self._tasks(unit))
        return Touched(
            new=tuple(o for o in owes(self.new, unit, self.now) if o.duty.id in come) if come else (),
            gone=tuple(d for d in self.old.file.duties if d.id in before - after),
            shifts=tuple(s for s in self.shifts[unit] if s.duty in before & after),
            altered=tuple(self._altered(before & after)),
            forms=tuple(self._forms(unit, before & after)),
            gained=tuple(p for was, p in tasks if p is not None),
            lost=tuple(was.task for was, p in tasks if p is None and was is not None),
            inherited=tuple(self._inherited(unit)),
        )  # fmt: skip

    def _altered(self, duties: frozenset[str]) -> Iterator[Altered]:
        fields: dict[str, list[str]] = defaultdict(list)
        for d in self.parts["duty"]:
            if d.id in duties and (d.field in FIELDS or self._is_event(d)):
                fields[d.id].append(d.field)
        yield from (Altered(self.new.duty[duty], tuple(mine)) for duty, mine in fields.items())

    def _is_event(self, d: Difference) -> bool:
        """No due time of it is shifted when its rhythm changes."""
        return d.field == "rhythm" and isinstance(d.after, Event)

    def _forms(self, unit: str, duties: frozenset[str]) -> Iterator[Rewritten]:
        """A form that two duties share is told of once."""
        rows = [d for part in ("section", "indicator", "column") for d in self.parts[part]]
        pairs: dict[str, tuple[Form | None, Form]] = {}
        for duty in self.new.file.duties if rows else ():
            if duty.id in duties and (comes := self.new.form_for(duty.id, unit)):
                pairs.setdefault(comes.id, (self.old.form_for(duty.id, unit), comes))
        for was, comes in pairs.values():
            if was is not None and was.id == comes.id and (found := self._rewritten(was, comes, rows)):
                yield found

    def _rewritten(self, was: Form, comes: Form, rows: Sequence[Difference]) -> Rewritten | None:
        before, after = _rows(was), _rows(comes)
        changed = {d.id for d in rows if d.field}
        found = Rewritten(
            comes.title,
            tuple(name for code, name in after.items() if code not in before),
            tuple(name for code, name in before.items() if code not in after),
            tuple(name for code, name in after.items() if code in before and f"{comes.id}.{code}" in changed),
        )  # fmt: skip
        return found if found.added or found.dropped or found.changed else None

    def _tasks(self, unit: str) -> Iterator[tuple[Part | None, Part | None]]:
        """Parts of old and new, where they are not the same part of the same task."""
        if not self.parts["task"]:
            return
        was, comes = ({p.task.id: p for p in parts(plan, unit)} for plan in (self.old, self.new))
        for task in dict.fromkeys([*comes, *was]):
            before, after = was.get(task), comes.get(task)
            if before is None or after is None or _told(before) != _told(after):
                yield before, after

    def _inherited(self, unit: str) -> Iterator[tuple[str, date]]:
        for d in self.parts["unit"]:
            gone = self.new.unit.get(d.id)
            if d.field in ("closes", "successor") and gone and gone.successor == unit and gone.closes:
                yield gone.name, gone.closes


def _told(part: Part) -> tuple[str, str, tuple[str, ...]]:
    return part.role, part.task.name, part.leads


def _owing(plan: Plan, now: datetime) -> dict[str, frozenset[str]]:
    """The duties that each unit still owes something for."""
    found: dict[str, set[str]] = defaultdict(set)
    for o in obligations(plan):
        if not o.waived and (o.due_at is None or o.due_at > now):
            found[o.unit].add(o.duty)
    return {unit: frozenset(duties) for unit, duties in found.items()}


def _rows(form: Form) -> dict[str, str]:
    """The rows and columns of a form by code; figures counted from a register are nobody's to fill in."""
    columns = form.register_.columns if form.register_ else ()
    return {x.code: x.name for x in (*form.indicators, *columns)}
