"""Rhythms: when a duty is due, and which days a return covers (DESIGN, Time)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StrictInt, Tag

from duban import calendars, periods
from duban.periods import Length
from duban.plan.dates import Printed, PrintedDate, Span
from duban.plan.stated import WEEKDAYS, DayCount, DueClock, DueDays, Id, PeriodName, Stated

WorkingDayCount = Annotated[StrictInt, Field(ge=0, le=250)]


class _Rhythm(Stated):
    at: DueClock | None = None
    """Stated clock time on the due day; None: until the day's end ("X日前" includes day X)."""
    roll: Literal["none", "previous", "next"] = "none"
    """Where a due day goes that is no working day; by default it stays."""
    opens: DayCount | None = None
    """Days before the due day from which it can be reported. None: from the day after the covered
    span; within it where the return is due before it ends."""


def _covers_kind(value: Any) -> str:
    return "~word" if isinstance(value, str) else "~span"


Covers = Annotated[
    Annotated[Literal["period", "previous", "to-date", "whole"], Tag("~word")]
    | Annotated[Span, Tag("~span")],
    Discriminator(_covers_kind),
]
"""`period`: the report period itself; `previous`: since the due day before; `to-date`: from the
campaign's first day to the period's end; `whole`: the whole campaign."""


class Every(_Rhythm):
    """One return a period, from `first` to `last`: `every: month, on: 5, in: next`."""

    every: Length
    on: DueDays | None = None
    """Day of the due month (29 to 31 and `last` mean the last day of a shorter one), weekday of the
    due week, or n-th day of the due half-month. Several days of a month or week make a return each,
    named by its day. Not for `every: day`."""
    month: Annotated[StrictInt, Field(ge=1, le=12)] | None = None
    """Which month of the due quarter, half-year or year, the first being 1."""
    in_: Annotated[Literal["next", "same"], Field(alias="in")]
    """`next`: due in the period after the one reported on; `same`: within it."""
    covers: Covers = "period"
    cutoff: Annotated[StrictInt, Field(ge=1, le=28)] | None = None
    """Months only: covers from the day after it in the month before up to it in the named month
    (上月26日至本月25日)."""
    first: PeriodName | None = None
    """None: the period of the campaign's first day."""
    last: PeriodName | None = None
    """None: the period of the campaign's last day."""
    skip: Literal["none", "holidays", "weekends"] = "none"
    """Due days that make no return: `weekends` Saturdays and Sundays that are not worked, `holidays`
    every day off."""


class OnDate(Stated):
    """One of several printed due days."""

    date: Printed
    period: PeriodName | None = None
    """Its name; None: its day."""


def _on_date(value: object) -> object:
    plain = not isinstance(value, dict) or not ("period" in value or isinstance(value.get("date"), dict))
    return {"date": value} if plain else value


class Dates(_Rhythm):
    """Returns due on listed days."""

    dates: tuple[Annotated[OnDate, BeforeValidator(_on_date, json_schema_input_type=str | OnDate)], ...]
    covers: Covers = "previous"


def _due(value: object) -> object:
    return value if value == "undetermined" or isinstance(value, dict) else {"date": value}


class Once(_Rhythm):
    """One return: `due: 2017-12-20`, or `due: undetermined` (待定, 另行通知, 定期) until a person sets it."""

    due: Annotated[
        Annotated[Literal["undetermined"], Tag("~word")] | Annotated[PrintedDate, Tag("~span")],
        Discriminator(_covers_kind),
        BeforeValidator(_due, json_schema_input_type=str | PrintedDate),
    ]
    covers: Covers = "to-date"


class EndOfPhase(_Rhythm):
    """One return, due with a phase's last day or some days after it."""

    end_of: Id
    days: Annotated[StrictInt, Field(ge=0, le=365)] = 0
    covers: Covers = "period"
    """`period` is the phase."""


class Within(Stated):
    """How soon an event is to be reported; exactly one of them."""

    hours: Annotated[StrictInt, Field(ge=1, le=8760)] | None = None
    days: DayCount | None = None
    working_days: WorkingDayCount | None = None


class Event(Stated):
    """`when: event` 随时上报: owed when something happens."""

    when: Literal["event"]
    within: Within | None = None
    """Counted from the finding: hours from its clock time, or from its day's end where none is given;
    days end at midnight. None: no due time."""


class Chained(_Rhythm):
    """A return for each one of another duty, some days before or after it: what the lower level sends
    so that the upper one can report. Exactly one of `before` and `after`, and of the two counts."""

    before: Id | None = None
    after: Id | None = None
    days: Annotated[StrictInt, Field(ge=0, le=365)] | None = None
    working_days: WorkingDayCount | None = None

    @property
    def duty(self) -> str:
        """The duty it is chained to."""
        return self.before or self.after or ""


KINDS = {
    "every": "~every", "dates": "~dates", "due": "~once", "end_of": "~end-of-phase", "when": "~event",
    "before": "~chained", "after": "~chained",
}  # fmt: skip
"""The key that says what kind of rhythm it is. Tags begin with ~, which no key of a file does."""


def _kind(value: Any) -> str:
    keys = value if isinstance(value, dict) else {}
    return next((tag for key, tag in KINDS.items() if key in keys), "~every")


Rhythm = Annotated[
    Annotated[Every, Tag("~every")]
    | Annotated[Dates, Tag("~dates")]
    | Annotated[Once, Tag("~once")]
    | Annotated[EndOfPhase, Tag("~end-of-phase")]
    | Annotated[Event, Tag("~event")]
    | Annotated[Chained, Tag("~chained")],
    Discriminator(_kind),
]


def due_days(rhythm: Every, period: str) -> list[date]:
    """The due days within a period, in order of time."""
    first, last = periods.span(period)
    if rhythm.every == "day":
        return [first]
    days: set[date] = set()
    for on in rhythm.on or ("last",):
        if rhythm.every == "week":
            days.add(last if on == "last" else first + timedelta(days=WEEKDAYS.index(str(on))))
        elif rhythm.every == "half-month":
            days.add(last if on == "last" else min(first + timedelta(days=int(on) - 1), last))
        else:
            month = rhythm.month or (periods.MONTHS[rhythm.every] if on == "last" else 1)
            number = 31 if on == "last" else int(on)
            days.add(calendars.day_in_month(first.year, first.month + month - 1, number))
    return sorted(days)
