"""The typed plan. Field names are the keys a coordinator writes in plan.yaml and units.csv."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictStr,
    Tag,
)

from duban import calendars
from duban.plan.forms import Form
from duban.plan.stated import Clock, Day, DayCount, DayOfMonth, Id, Month, Origin, Stated, Text


class PrintedDate(Stated):
    """A date as resolved, with how exactly it was printed."""

    date: Day
    precision: Literal["day", "xun", "month", "year"] = "day"


def _printed(value: object) -> object:
    return value if isinstance(value, dict) else {"date": value}


Printed = Annotated[PrintedDate, BeforeValidator(_printed)]


class Phase(Stated):
    """A phase 阶段; both ends belong to it."""

    id: Id
    kind: Literal["survey", "action", "guidance", "consolidation"]
    name: Text
    start: Printed
    end: Printed

    def touches(self, first: date, last: date) -> bool:
        """Whether the phase has a day in common with first…last."""
        return self.start.date <= last and self.end.date >= first


class Monthly(Stated):
    """`every: month`: one obligation per month from `first` to `last`, due on day `on`."""

    every: Literal["month"]
    on: DayOfMonth
    """Day of the month; 29 to 31 mean the last day of a shorter month."""
    in_: Annotated[Literal["next", "same"], Field(alias="in")]
    """`next`: due in the month after the one covered; `same`: within it."""
    at: Clock | None = None
    """Stated clock time on the due day; None: until the day's end."""
    first: Month
    last: Month

    def due_day(self, period: str) -> date:
        """The day the return of a month is due."""
        month = period if self.in_ == "same" else calendars.following_month(period)
        year, number = calendars.parse_month(month)
        return calendars.day_in_month(year, number, 31 if self.on == "last" else self.on)


class Event(Stated):
    """`when: event` 随时上报: owed when something happens; no due time."""

    when: Literal["event"]


def _rhythm_kind(value: Any) -> str:
    keys = value if isinstance(value, dict) else {}
    return "event" if "when" in keys else "monthly"


Rhythm = Annotated[
    Annotated[Monthly, Tag("monthly")] | Annotated[Event, Tag("event")], Discriminator(_rhythm_kind)
]


class Moments(Stated):
    """When a duty's units are reminded and chased, in days around the due day."""

    remind: tuple[DayCount, ...] = ()
    """Days before; on a day off, the working day before it."""
    chase: tuple[DayCount, ...] = ()
    """Days after; on a day off, the working day after it."""
    escalate: DayCount | None = None
    """Days after which the coordinator is told to take it up in person."""


class Duty(Stated):
    """A duty 报送要求: which group reports what to whom, and when."""

    id: Id
    name: Text
    by: Id
    to: Id
    rhythm: Rhythm
    form: Id | None = None
    zero_report: StrictBool = False
    """Whether 零报告 is a valid answer: every flow figure is stated to be zero."""
    moments: Moments = Moments()


class Group(Stated):
    """A group of units such as 各分局: open, so members come from units.csv."""

    id: Id
    name: Text


class Office(Stated):
    """Office hours as far as messages need them."""

    morning: Clock = time(8, 30)
    """When reminders and chases leave, on working days."""


class Coordinator(Stated):
    """The unit that runs the campaign and hears of escalations."""

    unit: Id


class Channel(BaseModel):
    """How to reach somebody: the kind names a transport in the settings, the address is the unit's."""

    model_config = ConfigDict(frozen=True)
    kind: Id
    address: Annotated[StrictStr, Field(min_length=1, max_length=254, pattern=r"^[^\s<>\"'{}]+$")]


class Unit(BaseModel):
    """A unit 单位, one row of units.csv."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    name: Text
    short: Text
    groups: tuple[Id, ...] = ()
    parent: Id | None = None
    channels: tuple[Channel, ...] = ()
    """In the order the unit prefers them."""
    opens: Day | None = None
    closes: Day | None = None
    """Last day it exists, inclusive."""
    origin: Origin

    def is_open(self, first: date, last: date) -> bool:
        """Whether it exists on some day of first…last."""
        return (self.opens is None or self.opens <= last) and (self.closes is None or self.closes >= first)


class PlanFile(Stated):
    """plan.yaml as written."""

    slug: Id
    title: Text
    short: Annotated[Text, Field(max_length=20)]
    issuer: Text
    issued: Day
    zone: Text = "Asia/Shanghai"
    start: Printed
    end: Printed
    office: Office = Office()
    groups: tuple[Group, ...]
    coordinator: Coordinator
    phases: tuple[Phase, ...]
    duties: tuple[Duty, ...]


class Plan(BaseModel):
    """A whole campaign: plan.yaml with its units and forms, checked against each other."""

    model_config = ConfigDict(frozen=True)

    file: PlanFile
    units: tuple[Unit, ...]
    forms: tuple[Form, ...]

    @property
    def slug(self) -> str:
        """The campaign's name in commands and keys."""
        return self.file.slug

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where the campaign's clocks are."""
        return ZoneInfo(self.file.zone)

    @cached_property
    def phase(self) -> dict[str, Phase]:
        """Phases by id."""
        return {p.id: p for p in self.file.phases}

    @cached_property
    def duty(self) -> dict[str, Duty]:
        """Duties by id."""
        return {d.id: d for d in self.file.duties}

    @cached_property
    def unit(self) -> dict[str, Unit]:
        """Units by id."""
        return {u.id: u for u in self.units}

    @cached_property
    def form(self) -> dict[str, Form]:
        """Forms by id."""
        return {f.id: f for f in self.forms}

    def form_of(self, duty: str) -> Form | None:
        """The form a duty is answered with."""
        name = self.duty[duty].form
        return self.form[name] if name else None

    def members(self, group: str) -> tuple[Unit, ...]:
        """The units of a group, in the order of units.csv."""
        return tuple(u for u in self.units if group in u.groups)

    def local(self, micros: int) -> datetime:
        """A ledger instant on the campaign's clocks."""
        return calendars.from_micros(micros, self.zone)
