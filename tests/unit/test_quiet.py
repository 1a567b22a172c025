"""When a campaign keeps quiet, to the second. Days off are those of the State Council's notices."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban import quiet
from duban.plan import Plan
from duban.plan.speech import Speech
from tests.support.plans import load

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = {"start": "21:00", "end": "07:30"}
NOON = {"start": "12:00", "end": "14:00"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def plan(hours: dict[str, str] | None = None, off: bool = False, **file: Any) -> Plan:
    """Hai'an, whose morning is 08:30, keeping quiet."""
    told = {"origin": "coordinator", "working_days": off} | ({"quiet": hours} if hours else {})
    haian = load("haian-2018")
    changed = haian.file.model_copy(update={"messages": Speech.model_validate(told), **file})
    # a plan of its own: a copy would keep what others have had it work out
    return Plan(file=changed, units=haian.units, forms=haian.forms, determined=haian.determined)


def end(plan: Plan, now: str) -> str | None:
    found = quiet.until(plan, at(now))
    return None if found is None else f"{found:%Y-%m-%d %H:%M:%S}"


def test_a_plan_that_says_nothing_of_it_is_never_quiet() -> None:
    assert not quiet.keeps_quiet(load("haian-2018"))
    assert quiet.keeps_quiet(plan(NIGHT))
    assert quiet.keeps_quiet(plan(off=True))
    assert end(plan(), "2018-10-01 03:00") is None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2018-09-12 20:59:59", None),
        ("2018-09-12 21:00:00", "2018-09-13 07:30:00"),
        ("2018-09-12 23:59:59", "2018-09-13 07:30:00"),
        ("2018-09-13 00:00:00", "2018-09-13 07:30:00"),
        ("2018-09-13 07:29:59.999999", "2018-09-13 07:30:00"),
        ("2018-09-13 07:30:00", None),
        ("2018-12-31 22:00:00", "2019-01-01 07:30:00"),
    ],
)
def test_a_night_is_quiet_from_its_start_to_before_its_end(now: str, until: str | None) -> None:
    assert end(plan(NIGHT), now) == until


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2018-09-12 11:59:59", None), ("2018-09-12 12:00:00", "2018-09-12 14:00:00"),
        ("2018-09-12 13:59:59", "2018-09-12 14:00:00"), ("2018-09-12 14:00:00", None),
    ],
)  # fmt: skip
def test_hours_within_a_day_are_quiet_too(now: str, until: str | None) -> None:
    assert end(plan(NOON), now) == until


def test_hours_that_end_as_they_begin_are_none() -> None:
    assert end(plan({"start": "12:00", "end": "12:00"}), "2018-09-12 12:00") is None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        # Friday the 28th of September 2018 is a working day; Saturday the 29th and Sunday the 30th are
        # worked in exchange for the National Day holiday of 1 to 7 October.
        ("2018-09-28 23:59:59", None),
        ("2018-09-29 00:00:00", None),
        ("2018-09-30 23:59:59", None),
        ("2018-10-01 00:00:00", "2018-10-08 08:30:00"),
        ("2018-10-07 23:59:59", "2018-10-08 08:30:00"),
        ("2018-10-08 00:00:00", "2018-10-08 08:30:00"),  # a day off lasts until the next morning
        ("2018-10-08 08:29:59", "2018-10-08 08:30:00"),
        ("2018-10-08 08:30:00", None),
        ("2018-10-09 03:00:00", None),
        # an ordinary weekend
        ("2018-10-13 00:00:00", "2018-10-15 08:30:00"),
        # 31 December 2018 is a Monday off, and 1 January 2019; Saturday the 29th of December is worked
        ("2018-12-29 12:00:00", None),
        ("2018-12-30 12:00:00", "2019-01-02 08:30:00"),
        # Golden Week of 2025: 1 to 8 October; Sunday 28 September and Saturday 11 October are worked
        ("2025-09-28 10:00:00", None),
        ("2025-10-01 00:00:00", "2025-10-09 08:30:00"),
        ("2025-10-11 10:00:00", None),
        ("2025-10-12 10:00:00", "2025-10-13 08:30:00"),
    ],
)
def test_days_off_are_quiet_and_days_made_up_for_are_not(now: str, until: str | None) -> None:
    assert end(plan(off=True), now) == until


def test_of_a_year_that_nobody_has_announced_weekends_are_off_and_days_that_the_plan_gives() -> None:
    assert end(plan(off=True), "2040-10-01 12:00") is None  # a Monday
    assert end(plan(off=True), "2040-10-06 12:00") == "2040-10-08 08:30:00"
    haian = load("haian-2018").file.days
    given = haian.model_copy(update={"off": (*haian.off, date(2040, 10, 8)), "working": (date(2040, 10, 6),)})
    assert end(plan_with(given), "2040-10-06 12:00") is None
    assert end(plan_with(given), "2040-10-07 12:00") == "2040-10-09 08:30:00"


def plan_with(days: Any) -> Plan:
    return plan(off=True, days=days)


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        (NIGHT, "2018-10-12 21:00", "2018-10-15 08:30:00"),  # Friday night leads into the weekend
        (NIGHT, "2018-10-14 22:00", "2018-10-15 08:30:00"),
        (NIGHT, "2018-10-15 21:00", "2018-10-16 07:30:00"),
        ({"start": "21:00", "end": "09:15"}, "2018-10-13 12:00", "2018-10-15 09:15:00"),
        ({"start": "08:00", "end": "10:00"}, "2018-10-13 12:00", "2018-10-15 10:00:00"),
    ],
)
def test_quiet_hours_and_days_off_follow_one_upon_the_other(
    hours: dict[str, str], now: str, until: str
) -> None:
    assert end(plan(hours, off=True), now) == until


def test_an_instant_on_other_clocks_is_looked_at_on_the_plans() -> None:
    found = quiet.until(plan(NIGHT), datetime(2018, 9, 12, 13, 0, tzinfo=ZoneInfo("UTC")))
    assert found == at("2018-09-13 07:30")


@given(
    st.datetimes(datetime(2017, 1, 1), datetime(2027, 12, 31)), st.times(), st.times(), st.booleans()
)  # fmt: skip
def test_when_quiet_ends_it_is_over_and_not_a_moment_earlier(
    now: datetime, start: Any, stop: Any, days: bool
) -> None:
    says = {"start": f"{start:%H:%M}", "end": f"{stop:%H:%M}"}
    discreet = plan(says, off=days)
    instant = now.replace(tzinfo=ZONE)
    found = quiet.until(discreet, instant)
    if found is None:
        return
    assert instant < found
    assert quiet.until(discreet, found) is None
    assert quiet.until(discreet, max(instant, found - timedelta(microseconds=1))) == found
