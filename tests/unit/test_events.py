"""What becomes owed only by being reported."""

from __future__ import annotations

from datetime import date

import pytest

from duban import events
from tests.support.harbour import at
from tests.support.harbour_plan import harbour


def test_hours_count_from_the_clock_time_of_the_finding() -> None:
    found = events.event(harbour(), "finding", "east", "2024-03-01T1520")
    assert found is not None
    assert (found.opens_at, found.due_at) == (at("2024-03-01 15:20"), at("2024-03-02 15:20"))
    assert (found.key, found.covers) == (
        "harbour-2024/finding/east/2024-03-01T1520", (date(2024, 3, 1), date(2024, 3, 1)),
    )  # fmt: skip


def test_hours_count_from_the_days_end_where_no_clock_is_given() -> None:
    found = events.event(harbour(), "finding", "east", "2024-03-01")
    assert found is not None
    # the first of March ends at midnight; a day of 24 hours later is the end of the second
    assert (found.opens_at, found.due_at) == (at("2024-03-01 00:00"), at("2024-03-03 00:00"))
    assert found.due_day == date(2024, 3, 2)


def test_working_days_end_at_midnight() -> None:
    found = events.event(harbour(), "accident", "west", "2024-04-03T0900")
    assert found is not None
    # Qingming 2024: 4 to 6 April off, Sunday the 7th worked; so the 7th and Monday the 8th are counted
    assert found.due_at == at("2024-04-09 00:00")


@pytest.mark.parametrize("name", ["2024-3-1", "2024-03-01T15:20", "2024-03-01T2460", "2024-02-30", "", "x"])
def test_an_event_is_named_by_its_day_and_perhaps_its_clock(name: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        events.happened(name)


def test_a_unit_that_does_not_owe_the_duty_has_no_such_event() -> None:
    assert events.event(harbour(), "finding", "office", "2024-03-01") is None


@pytest.mark.parametrize(
    ("subject", "is_more"), [("1", False), ("2", False), ("3", True), ("03", False), (None, False)]
)
def test_one_more_than_the_quota_is_taken_and_owed_by_nobody(subject: str | None, is_more: bool) -> None:
    found = events.beyond_quota(harbour(), "briefs", "east", "2024-02", subject)
    assert (found is not None) is is_more
    if found is not None:
        assert (found.key, found.due_at) == ("harbour-2024/briefs/east/2024-02/3", None)
    assert events.beyond_quota(harbour(), "briefs", "east", "2024-07", "3") is None
