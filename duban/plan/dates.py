"""Days as notices print them: how exactly, in which words, and what they mean."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, StrictBool

from duban import calendars, periods
from duban.plan.stated import Day, Stated

Precision = Literal["day", "xun", "month", "quarter", "half-year", "year"]


class PrintedDate(Stated):
    """A day as resolved, with how exactly it was printed."""

    date: Day
    precision: Precision = "day"
    soft: StrictBool = False
    """原则上: wished for, not demanded."""

    def resolved(self, *, is_start: bool) -> dt.date:
        """The day an imprecise date means: 上旬 ends on the 10th, 中旬 on the 20th, 下旬 on the last
        day; a month, quarter or year begins on its first day and ends on its last."""
        day = self.date
        if self.precision == "day":
            return day
        if self.precision == "xun":
            first = day.replace(day=1 if day.day <= 10 else 11 if day.day <= 20 else 21)
            return first if is_start else calendars.last_day_of_xun(day)
        first, last = periods.span(periods.name_of(self.precision, day))
        return first if is_start else last


def _printed(value: object) -> object:
    return value if isinstance(value, dict) else {"date": value}


Printed = Annotated[PrintedDate, BeforeValidator(_printed, json_schema_input_type=str | PrintedDate)]


class Span(Stated):
    """Two days; both belong to it."""

    start: Printed
    end: Printed


class LocalDays(Stated):
    """Days that are not what the published calendar says, or of a year it does not know yet."""

    off: tuple[Day, ...] = ()
    working: tuple[Day, ...] = ()

    def calendar(self) -> calendars.Days:
        """Working days with these exceptions."""
        return calendars.Days(frozenset(self.off), frozenset(self.working))
