"""Zones, instants, months and Chinese working days.

Instants are aware datetimes in the core and UTC microseconds in the ledger (DESIGN, Time).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WEEKDAYS = "一二三四五六日"
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


def months(first: str, last: str) -> Iterator[str]:
    """Every month from `first` to `last`, both inclusive."""
    year, month = parse_month(first)
    end = parse_month(last)
    while (year, month) <= end:
        yield month_text(year, month)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def following_month(text: str) -> str:
    """The month after."""
    year, month = parse_month(text)
    return month_text(year, month + 1) if month < 12 else month_text(year + 1, 1)


def day_in_month(year: int, month: int, day: int) -> date:
    """That day of the month; 29 to 31 mean the last day where the month is shorter."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def last_day_of_xun(day: date) -> date:
    """The last day of the ten-day span (旬) that `day` lies in: the 10th, the 20th or month's end."""
    return day_in_month(day.year, day.month, 10 if day.day <= 10 else 20 if day.day <= 20 else 31)


@lru_cache(maxsize=8192)
def is_working(day: date) -> bool:
    """Whether offices work on `day`, make-up days (调休) included.

    Source: the State Council's yearly notices, by the chinesecalendar library. A year it does not
    know yet counts Monday to Friday; `is_announced` tells.
    """
    if not is_announced(day):
        return day.weekday() < 5
    return bool(chinese_calendar.is_workday(day))


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


def working_on_or_before(day: date) -> date:
    """`day`, or the last working day before it."""
    while not is_working(day):
        day -= timedelta(days=1)
    return day


def working_on_or_after(day: date) -> date:
    """`day`, or the first working day after it."""
    while not is_working(day):
        day += timedelta(days=1)
    return day


def day_words(day: date) -> str:
    """How an office writes a day: `11月5日（周一）`."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"
