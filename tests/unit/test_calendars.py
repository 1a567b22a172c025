"""Instants, months and Chinese working days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban import calendars

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")  # a zone with summer time
ANNOUNCED = st.dates(date(2004, 1, 1), date(2026, 12, 31))
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
PUBLISHED = calendars.Days()
A_DAY = timedelta(days=1)


# --- instants -------------------------------------------------------------------------------------


def test_the_due_boundary_of_5_november_is_the_first_instant_of_the_6th_in_shanghai() -> None:
    # "X日前" includes day X; Shanghai is 8 hours ahead of UTC
    assert calendars.end_of(date(2018, 11, 5), SHANGHAI) == datetime(2018, 11, 5, 16, tzinfo=UTC)


def test_an_instant_in_the_ledger_is_utc_microseconds() -> None:
    # 2018-11-05T16:00Z: 17840 days and 16 hours after 1970-01-01 (48 years with 12 leap days, 308 days)
    assert (
        calendars.to_micros(calendars.end_of(date(2018, 11, 5), SHANGHAI))
        == ((48 * 365 + 12 + 308) * 86_400 + 16 * 3600) * 10**6
    )


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        calendars.to_micros(datetime(2018, 11, 5))


@given(INSTANTS)
def test_an_instant_survives_the_ledger_to_the_microsecond(instant: datetime) -> None:
    micros = calendars.to_micros(instant)
    assert calendars.from_micros(micros, SHANGHAI) == instant
    assert calendars.to_micros(calendars.from_micros(micros, NEW_YORK)) == micros


@given(DAYS, st.sampled_from([SHANGHAI, NEW_YORK, ZoneInfo("Asia/Urumqi")]))
def test_the_end_of_a_day_is_the_first_instant_of_the_next(day: date, zone: ZoneInfo) -> None:
    end = calendars.from_micros(calendars.to_micros(calendars.end_of(day, zone)), zone)
    before = (end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone)
    assert end.date() == day + A_DAY
    assert before.date() == day
    assert end == calendars.at_local(day + A_DAY, time(), zone)


# --- months ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "last"), [("2018-02", 28), ("2020-02", 29), ("2100-02", 28), ("2018-04", 30), ("2018-12", 31)]
)
def test_a_month_ends_on_its_last_day(month: str, last: int) -> None:
    first, end = calendars.month_span(month)
    assert (first.day, end.day) == (1, last)
    assert str(end).startswith(month)


@given(st.from_regex(r"[0-9W-]{5,9}", fullmatch=True) | st.text(max_size=8))
def test_only_a_year_and_a_month_are_a_month(text: str) -> None:
    looks_like_one = re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) and not text.startswith("0000")
    try:
        found = calendars.parse_month(text)
    except ValueError:
        assert not looks_like_one
    else:
        assert looks_like_one
        assert calendars.month_text(*found) == text


@given(DAYS, st.integers(1, 31))
def test_a_day_of_the_month_is_that_day_or_the_last_of_a_shorter_month(month: date, number: int) -> None:
    found = calendars.day_in_month(month.year, month.month, number)
    assert (found.year, found.month) == (month.year, month.month)
    assert found.day == number or (found.day < number and (found + A_DAY).day == 1)


@given(DAYS)
def test_a_xun_ends_on_the_10th_the_20th_or_the_last_day(day: date) -> None:
    end = calendars.last_day_of_xun(day)
    assert end >= day
    assert end.day in (10, 20) or (end + A_DAY).day == 1
    assert (end - day).days <= 10
    assert [d for d in (10, 20) if day.day <= d < end.day] == []


# --- working days ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "works", "holiday"),
    [
        # 国务院办公厅关于2018年部分节假日安排的通知: 国庆节 1 to 7 October off, 29 and 30 September worked
        (date(2018, 9, 29), True, None),
        (date(2018, 9, 30), True, None),
        (date(2018, 10, 1), False, "国庆节"),
        (date(2018, 10, 5), False, "国庆节"),
        (date(2018, 10, 8), True, None),
        # …关于2019年…: 30 December 2018 to 1 January 2019 off, 29 December (a Saturday) worked
        (date(2018, 12, 29), True, None),
        (date(2018, 12, 30), False, "元旦"),
        (date(2019, 1, 1), False, "元旦"),
        (date(2019, 1, 2), True, None),
        (date(2019, 1, 5), False, None),  # a Saturday
        (date(2018, 11, 5), True, None),  # a Monday
        (date(2022, 1, 2), False, "元旦"),
    ],
)  # fmt: skip
def test_offices_work_as_the_state_council_announced(day: date, works: bool, holiday: str | None) -> None:
    assert PUBLISHED.is_working(day) is works
    if holiday or not works:
        assert calendars.holiday_name(day) == holiday


def test_the_years_of_all_our_notices_are_announced_and_a_far_one_is_not() -> None:
    assert calendars.FIRST_YEAR <= 2018
    assert calendars.LAST_YEAR >= 2026
    assert not calendars.is_announced(date(2099, 1, 1))


@given(st.dates(date(2090, 1, 1), date(2099, 12, 31)))
def test_a_year_not_yet_announced_counts_monday_to_friday_and_no_holiday(day: date) -> None:
    assert PUBLISHED.is_working(day) == (day.isoweekday() <= 5)
    assert calendars.holiday_name(day) is None


@given(ANNOUNCED)
def test_a_day_off_is_moved_to_the_nearest_working_day_and_a_working_day_stays(day: date) -> None:
    before, after = PUBLISHED.on_or_before(day), PUBLISHED.on_or_after(day)
    assert before <= day <= after
    assert PUBLISHED.is_working(before)
    assert PUBLISHED.is_working(after)
    between = [before + n * A_DAY for n in range(1, (after - before).days)]
    assert not any(PUBLISHED.is_working(d) for d in between)
    assert (before == after == day) == PUBLISHED.is_working(day)
    assert (after - before).days <= 12  # no Spring Festival ever closed offices for longer


def test_a_day_is_said_with_its_weekday() -> None:
    assert calendars.day_words(date(2018, 11, 5)) == "11月5日（周一）"
    assert calendars.day_words(date(2019, 1, 6)) == "1月6日（周日）"


@given(ANNOUNCED, st.integers(0, 30))
def test_so_many_working_days_before_a_day_are_counted_back_without_it(day: date, count: int) -> None:
    found = PUBLISHED.before(day, count)
    between = [found + n * A_DAY for n in range((day - found).days)]
    assert sum(map(PUBLISHED.is_working, between)) == count
    assert found == day or PUBLISHED.is_working(found)


@given(ANNOUNCED, st.integers(0, 30))
def test_so_many_working_days_after_a_day_are_counted_on_without_it(day: date, count: int) -> None:
    found = PUBLISHED.after(day, count)
    between = [found - n * A_DAY for n in range((found - day).days)]
    assert sum(map(PUBLISHED.is_working, between)) == count


def test_a_plan_s_own_days_come_before_the_published_ones() -> None:
    # 3 March 2027 is a Wednesday, 6 March a Saturday; 2027 is not announced by the library's end
    days = calendars.Days(off=frozenset({date(2027, 3, 3)}), working=frozenset({date(2027, 3, 6)}))
    assert not days.is_working(date(2027, 3, 3))
    assert days.is_working(date(2027, 3, 6))
    assert days.is_known(date(2027, 3, 6))
    assert days.after(date(2027, 3, 2), 1) == date(2027, 3, 4)
    assert days.before(date(2027, 3, 8), 1) == date(2027, 3, 6)
