"""The typed plan: what a campaign folder says, and what its names mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from duban import calendars
from duban.plan.duties import PARENT, Copy, Duty
from duban.plan.forms import Form
from duban.plan.plan_file import Phase, PlanFile
from duban.plan.tasks import Task
from duban.plan.units import Channel, Group, Unit

T = TypeVar("T")


class Stage(NamedTuple):
    """A phase as runs go by it; a plan without phases has one, the whole campaign."""

    id: str
    name: str
    start: date
    end: date


WHOLE = "campaign"
"""Id of the one stage of a plan without phases."""


class Plan(BaseModel):
    """A whole campaign: plan.yaml with its units and forms, checked against each other."""

    model_config = ConfigDict(frozen=True)

    file: PlanFile
    units: tuple[Unit, ...]
    forms: tuple[Form, ...]
    determined: dict[str, date] = {}
    """Due days of undetermined duties (待定) that a person has set since."""
    templates: tuple[tuple[str, str], ...] = ()
    """Texts of messages in the place of ours, by name in the folder."""

    @property
    def slug(self) -> str:
        """The campaign's name in commands and keys."""
        return self.file.slug

    @property
    def start(self) -> date:
        """The campaign's first day."""
        return self.file.start.date

    @property
    def end(self) -> date:
        """The campaign's last day, inclusive."""
        return self.file.end.date

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where the campaign's clocks are."""
        return ZoneInfo(self.file.zone)

    @cached_property
    def days(self) -> calendars.Days:
        """Working days as this campaign counts them."""
        return self.file.days.calendar()

    @cached_property
    def phase(self) -> dict[str, Phase]:
        """Phases by id."""
        return {p.id: p for p in self.file.phases}

    @cached_property
    def duty(self) -> dict[str, Duty]:
        """Duties by id."""
        return {d.id: d for d in self.file.duties}

    @cached_property
    def task(self) -> dict[str, Task]:
        """Tasks by number."""
        return {t.id: t for t in self.file.tasks}

    @cached_property
    def unit(self) -> dict[str, Unit]:
        """Units by id."""
        return {u.id: u for u in self.units}

    @cached_property
    def form(self) -> dict[str, Form]:
        """Forms by id."""
        return {f.id: f for f in self.forms}

    @cached_property
    def coordinator(self) -> Unit:
        """The unit that runs the campaign."""
        return self.who((self.file.coordinator.unit,))[0]

    @cached_property
    def named(self) -> dict[str, tuple[Unit, ...]]:
        """Units by everything they and their groups are called: id, name, short name, alias."""
        known = names(self.file.groups, self.units)
        return {name: found[0] for name, found in known.items() if len(found) == 1}

    @cached_property
    def outside(self) -> frozenset[str]:
        """Ids of the units that do not work with this system."""
        groups = {g.id for g in self.file.groups if g.outside}
        return frozenset(u.id for u in self.units if groups & set(u.groups))

    @cached_property
    def peers(self) -> frozenset[str]:
        """Ids of the units that are asked 商请 and not supervised 督办."""
        groups = {g.id for g in self.file.groups if g.peer}
        return frozenset(u.id for u in self.units if groups & set(u.groups))

    @cached_property
    def _memory(self) -> dict[Any, Any]:
        return {}

    def memo(self, key: Any, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this plan: agendas are long and asked for often."""
        if key not in self._memory:
            self._memory[key] = make()
        found: T = self._memory[key]
        return found

    def form_of(self, duty: str) -> Form | None:
        """The form a duty is answered with."""
        name = self.duty[duty].form
        return self.form[name] if name else None

    def form_for(self, duty: str, unit: str) -> Form | None:
        """A duty's form as one unit sees it: without the sections of others."""
        form = self.form_of(duty)
        return form and self.memo(("form", form.id, unit), lambda: form.without(self._unseen(form, unit)))

    def _unseen(self, form: Form, unit: str) -> Iterable[str]:
        return (s.id for s in form.sections if s.for_ and self.unit[unit] not in self.who(s.for_))

    def members(self, group: str) -> tuple[Unit, ...]:
        """The units of a group, in the order of units.csv."""
        return tuple(u for u in self.units if group in u.groups)

    def who(self, named: Iterable[str]) -> tuple[Unit, ...]:
        """The units that names stand for, in the order of units.csv."""
        wanted = tuple(named)
        return self.memo(("who", wanted), lambda: self._who(wanted))

    def _who(self, named: tuple[str, ...]) -> tuple[Unit, ...]:
        ids = self.ids(named)
        return tuple(u for u in self.units if u.id in ids)

    def ids(self, named: Iterable[str]) -> frozenset[str]:
        """The ids of the units that names stand for."""
        wanted = tuple(named)
        return self.memo(("ids", wanted), lambda: frozenset(u.id for n in wanted for u in self.named[n]))

    def by(self, duty: Duty) -> tuple[Unit, ...]:
        """Every unit that a duty without tasks speaks to."""
        excepted = self.ids(duty.except_)
        return tuple(u for u in self.who(duty.by) if u.id not in excepted)

    def recipient(self, duty: Duty, unit: Unit) -> Unit | None:
        """Whom a unit owes a duty to; None for a unit that has no superior."""
        if duty.to == PARENT:
            return self.unit[unit.parent] if unit.parent else None
        return self.who((duty.to,))[0]

    def copies(self, duty: Duty, unit: Unit) -> tuple[Unit, ...]:
        """Who gets a copy of what a unit reports."""
        found = [u for copy in duty.cc for u in self._copied(copy, unit)]
        return tuple(dict.fromkeys(u for u in found if u.id != unit.id))

    def _copied(self, copy: Copy, unit: Unit) -> Iterable[Unit]:
        mine = unit.attribute(copy.same) if copy.same else None
        return (u for u in self.who(copy.to) if not copy.same or (mine and u.attribute(copy.same) == mine))

    def subject_name(self, duty: Duty, subject: str) -> str:
        """What a subject is called: a task's number and name, an inspected body's name, or its number."""
        if duty.per == "task":
            return f"{subject} {self.task[subject].name}" if subject in self.task else subject
        lists = {s.id: s for s in self.file.subjects}
        items = {i.id: i.name for i in lists[duty.per].items} if duty.per in lists else {}
        return items.get(subject, subject)

    def children(self, unit: str) -> tuple[Unit, ...]:
        """The units whose superior it is."""
        return tuple(u for u in self.units if u.parent == unit)

    def leader_of(self, unit: Unit) -> tuple[Channel, ...]:
        """How the leader in charge of a unit is reached: its own, or that of the unit above it."""
        above = self.unit.get(unit.parent or "")
        return unit.leader if unit.leader or above is None or above.id in self.outside else above.leader

    def phase_span(self, phase: Phase) -> tuple[date, date]:
        """First and last day of a phase, its open sides taken from around it. One printed from a month on
        in which the campaign begins later (8-11月 from 9 August) begins with the campaign."""
        around = (self.start, self.end)
        if phase.within and phase.within in self.phase:
            around = self.phase_span(self.phase[phase.within])
        start, end = phase.start, phase.end
        first = max(start.date, around[0]) if start else around[0]
        return first, end.date if end else around[1]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The phases with their spans, in the plan's order; or the whole campaign."""
        found = tuple(Stage(p.id, p.name, *self.phase_span(p)) for p in self.file.phases)
        return found or (Stage(WHOLE, self.file.short, self.start, self.end),)

    @cached_property
    def stage(self) -> dict[str, Stage]:
        """Stages by id."""
        return {s.id: s for s in self.stages}

    def local(self, micros: int) -> datetime:
        """A ledger instant on the campaign's clocks."""
        return calendars.from_micros(micros, self.zone)


def names(groups: Iterable[Group], units: Iterable[Unit]) -> dict[str, list[tuple[Unit, ...]]]:
    """Everything units and groups are called, with each meaning; more than one is ambiguous."""
    found: dict[str, list[tuple[Unit, ...]]] = defaultdict(list)
    units = tuple(units)
    for group in groups:
        members = tuple(u for u in units if group.id in u.groups)
        for name in dict.fromkeys((group.id, group.name, *group.aliases)):
            found[name].append(members)
    for unit in units:
        for name in dict.fromkeys((unit.id, unit.name, unit.short, *unit.aliases)):
            found[name].append((unit,))
    return found
