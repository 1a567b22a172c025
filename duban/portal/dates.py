"""Days that a person enters in a form, as the exclusive instants that the ledger keeps. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from duban.calendars import end_of


def limit_of(text: str, zone: ZoneInfo) -> datetime | None:
    """The end of the day `2018-11-06`, as "before the end of" means it; None for what is no day."""
    try:
        return end_of(date.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        return None


def last_day(limit: datetime | None) -> str:
    """The last day before an exclusive limit, as a date field holds it."""
    return (limit - timedelta(microseconds=1)).date().isoformat() if limit else ""


def clock_of(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant at which clocks in `zone` show `2018-11-06T09:30`; None for what is no time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone) if len(text) > len("2018-11-06") else None
    except ValueError:
        return None
