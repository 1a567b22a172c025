"""Report periods 报告期: their names, spans and order. Pure.

A name tells its length: `2018-09-06` a day, `2018-W36` an ISO week, `2018-09-H1` a half-month,
`2018-09` a month, `2018-Q3` a quarter, `2018-H1` a half-year, `2018` a year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, get_args

from duban import calendars

Length = Literal["day", "week", "half-month", "month", "quarter", "half-year", "year"]
LENGTHS: tuple[Length, ...] = get_args(Length)

A_DAY = timedelta(days=1)
YEAR = r"([12]\d{3})"
PATTERNS: dict[Length, str] = {
    "day": YEAR + r"-(\d{2})-(\d{2})",
    "week": YEAR + r"-W(\d{2})",
    "half-month": YEAR + r"-(0[1-9]|1[0-2])-H([12])",
    "month": YEAR + r"-(0[1-9]|1[0-2])",
    "quarter": YEAR + r"-Q([1-4])",
    "half-year": YEAR + r"-H([12])",
    "year": YEAR,
}
MONTHS: dict[Length, int] = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
"""How many months a period of whole months has."""


def is_period(text: str) -> bool:
    """Whether it names a period of any length."""
    try:
        span(text)
    except ValueError:
        return False
    return True


def length_of(name: str) -> Length:
    """What kind of period a name names; ValueError for anything else."""
    for length, pattern in PATTERNS.items():
        if re.fullmatch(pattern, name):
            return length
    raise ValueError(name)


def span(name: str) -> tuple[date, date]:
    """First and last day, both inclusive; ValueError for a name that names nothing."""
    length = length_of(name)
    if length == "day":
        return (date.fromisoformat(name),) * 2
    if length == "week":
        first = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
        return first, first + timedelta(days=6)
    if length == "half-month":
        start, end = calendars.month_span(name[:7])
        middle = start.replace(day=15)
        return (start, middle) if name.endswith("1") else (middle + A_DAY, end)
    if length == "month":
        return calendars.month_span(name)
    number = int(name[6:]) if length != "year" else 1
    months = MONTHS[length]
    year, last = int(name[:4]), number * months
    return date(year, last - months + 1, 1), calendars.day_in_month(year, last, 31)


def name_of(length: Length, day: date) -> str:
    """The period of that length in which `day` lies."""
    if length == "day":
        return day.isoformat()
    if length == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04d}-W{week:02d}"
    if length == "half-month":
        return f"{day.year:04d}-{day.month:02d}-H{1 if day.day <= 15 else 2}"
    if length == "month":
        return calendars.month_text(day.year, day.month)
    if length == "year":
        return f"{day.year:04d}"
    letter = "Q" if length == "quarter" else "H"
    return f"{day.year:04d}-{letter}{(day.month - 1) // MONTHS[length] + 1}"


def following(name: str) -> str:
    """The period of the same length after it."""
    return name_of(length_of(name), span(name)[1] + A_DAY)


def between(first: str, last: str) -> Iterator[str]:
    """Every period from `first` to `last`, both inclusive; they must be of one length."""
    end = span(last)[0]
    name = first
    while span(name)[0] <= end:
        yield name
        name = following(name)
