"""Zones, instants, days and Chinese working days.

Instants are aware datetimes in the core and UTC microseconds in the ledger (DESIGN, Time).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = "一二三四五六日"
A_DAY = timedelta(days=1)
FIRST_YEAR = min(chinese_calendar.constants.holidays).year
LAST_YEAR = max(chinese_calendar.constants.holidays).year


def to_micros(instant: datetime) -> int:
    """UTC microseconds since 1970 of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a zone: {instant!r}")
    return (instant - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int, zone: tzinfo) -> datetime:
    """The instant `micros` after 1970, shown in `zone`."""
    return (EPOCH + timedelta(microseconds=micros)).astimezone(zone)


def at_local(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in `zone` show `moment` on `day`."""
    return datetime.combine(day, moment, zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant that no longer belongs to `day`: "X日前" includes day X."""
    return at_local(day + timedelta(days=1), time(), zone)


def parse_month(text: str) -> tuple[int, int]:
    """Year and month of `2018-09`; ValueError for anything else."""
    if len(text) != 7:
        raise ValueError(text)
    day = date.fromisoformat(f"{text}-01")
    return day.year, day.month


def month_text(year: int, month: int) -> str:
    """`2018-09`."""
    return f"{year:04d}-{month:02d}"


def month_span(text: str) -> tuple[date, date]:
    """First and last day of the month, both inclusive."""
    year, month = parse_month(text)
    return date(year, month, 1), day_in_month(year, month, 31)


def day_in_month(year: int, month: int, day: int) -> date:
    """That day of the month; 29 to 31 mean the last day where the month is shorter."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def last_day_of_xun(day: date) -> date:
    """The last day of the ten-day span (旬) that `day` lies in: the 10th, the 20th or month's end."""
    return day_in_month(day.year, day.month, 10 if day.day <= 10 else 20 if day.day <= 20 else 31)


@lru_cache(maxsize=8192)
def _published(day: date) -> bool:
    """Whether the State Council's notices make `day` a working day; Monday to Friday in a year they do
    not know yet. Source: the chinesecalendar library."""
    return bool(chinese_calendar.is_workday(day)) if is_announced(day) else day.weekday() < 5


def is_announced(day: date) -> bool:
    """Whether the holidays of that day's year are known."""
    return bool(FIRST_YEAR <= day.year <= LAST_YEAR)


@lru_cache(maxsize=8192)
def holiday_name(day: date) -> str | None:
    """The Chinese name of the public holiday on `day`, if it is one."""
    if not is_announced(day) or day not in chinese_calendar.constants.holidays:
        return None
    holiday = chinese_calendar.Holiday(chinese_calendar.constants.holidays[day])
    return str(holiday.chinese)


@dataclass(frozen=True, slots=True)
class Days:
    """Working days as a campaign counts them: the published ones, make-up days (调休) included, but
    for the days its plan states otherwise (local holidays, years not announced yet)."""

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`."""
        return day in self.working or (day not in self.off and _published(day))

    def is_known(self, day: date) -> bool:
        """Whether anybody has said what `day` is."""
        return is_announced(day) or day in self.off or day in self.working

    def on_or_before(self, day: date) -> date:
        """`day`, or the last working day before it."""
        while not self.is_working(day):
            day -= A_DAY
        return day

    def on_or_after(self, day: date) -> date:
        """`day`, or the first working day after it."""
        while not self.is_working(day):
            day += A_DAY
        return day

    def before(self, day: date, count: int) -> date:
        """The `count`th working day before `day`, which is not counted itself."""
        for _ in range(count):
            day = self.on_or_before(day - A_DAY)
        return day

    def after(self, day: date, count: int) -> date:
        """The `count`th working day after `day`, which is not counted itself."""
        for _ in range(count):
            day = self.on_or_after(day + A_DAY)
        return day


def day_words(day: date) -> str:
    """How an office writes a day: `11月5日（周一）`."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"
