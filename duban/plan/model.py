"""The typed plan. Field names are the keys a coordinator writes in plan.yaml, units.csv and forms/*.yaml."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
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
    StrictInt,
    StrictStr,
    Tag,
)
from pydantic_core import PydanticCustomError

from duban import calendars

Origin = Literal["notice", "coordinator"]
"""Who stated a value: the printed notice, or the coordinator who filled a gap it leaves."""

LIMIT = 10**12
"""No scaled value may exceed this (DESIGN, The ledger): sums of 9 million of them still fit 64 bits."""

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]


def _clock(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise PydanticCustomError("bad-clock", "HH:MM")


def _month(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", value):
        return value
    raise PydanticCustomError("bad-month", "YYYY-MM")


def _day(value: object) -> object:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("bad-date", "YYYY-MM-DD")


def _day_of_month(value: object) -> object:
    if value == "last" or (type(value) is int and 1 <= value <= 31):
        return value
    raise PydanticCustomError("bad-day-of-month", "1 to 31, or last")


def _printed(value: object) -> object:
    return value if isinstance(value, dict) else {"date": value}


Clock = Annotated[time, BeforeValidator(_clock)]
Month = Annotated[str, BeforeValidator(_month)]
Day = Annotated[date, BeforeValidator(_day)]
DayOfMonth = Annotated[int | Literal["last"], BeforeValidator(_day_of_month)]
DayCount = Annotated[StrictInt, Field(ge=1, le=365)]


class Stated(BaseModel):
    """Anything written in a plan: frozen, no unknown keys, with who said it and in which words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: Origin | None = None
    """Holds for this block and everything in it; None: as the block around it."""
    origins: dict[str, Origin] = {}
    """Single keys of this block that differ."""
    source: Text | None = None
    """The notice's own words."""


class PrintedDate(Stated):
    """A date as resolved, with how exactly it was printed."""

    date: Day
    precision: Literal["day", "xun", "month", "year"] = "day"


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


Axis = Literal["sum", "last", "avg", "min", "max", "count", "none"]


class Indicator(Stated):
    """An indicator 指标: one row of a form."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    name: Text
    unit_of_measure: Text | None = None
    """件, 个次, 万元 …; none for text."""
    type: Literal["integer", "decimal", "text"] = "integer"
    scale: Annotated[StrictInt, Field(ge=0, le=6)] = 0
    """Decimal places; a cell holds value x 10^scale as an integer."""
    required: StrictBool = True
    periods: Axis = "sum"
    """How values of several periods become one: `last` for stock figures (期末数)."""
    units: Axis = "sum"
    """How values of several units become one."""
    within: str | None = None
    """Code of the indicator this one is a part of (其中): never larger."""
    max: Annotated[StrictInt, Field(gt=0)] | None = None
    """Largest plausible value, in the unit of measure."""

    @property
    def is_number(self) -> bool:
        """Whether its cells are figures and not text."""
        return self.type != "text"

    @property
    def is_stock(self) -> bool:
        """A stock or cumulative figure, which a zero report says nothing about."""
        return self.periods == "last"

    def scaled(self, value: Decimal) -> int:
        """The integer a cell stores; ValueError when `value` has more decimal places than `scale`."""
        shifted = value.scaleb(self.scale)
        if shifted != shifted.to_integral_value():
            raise ValueError("scale")
        return int(shifted)

    def decimal(self, scaled: int) -> Decimal:
        """The exact value of a stored integer."""
        return Decimal(scaled).scaleb(-self.scale)


class Section(Stated):
    """A section of a form."""

    id: Id
    name: Text
    indicators: tuple[Indicator, ...]


class Form(Stated):
    """A form 报表: sections of indicators."""

    id: Id
    title: Text
    version: StrictInt = 1
    sections: tuple[Section, ...]

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators in printed order."""
        return tuple(i for section in self.sections for i in section.indicators)

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Indicators by code."""
        return {i.code: i for i in self.indicators}


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
    short: Annotated[str, Field(min_length=1, max_length=20)]
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
