"""Grace and waivers that a plan grants: Qutang's October return, due before 2018-11-06 00:00."""

from __future__ import annotations

import pytest

from duban.standing import rates, standing
from tests.support.stands import at, owed, sent, stands


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("11-05 23:59:59", "due"),
        ("11-06 00:00:00", "late"),
        # two days of grace past 5 November: the 6th and the 7th
        ("11-07 23:59:59", "late"),
        ("11-08 00:00:00", "overdue"),
    ],
)
def test_a_return_within_its_grace_is_late_and_not_yet_overdue(now: str, state: str) -> None:
    found = standing(owed(), (), (), at(now), grace=2)
    assert (found.state, found.open) == (state, True)
    assert rates([found]).overdue == (state == "overdue")


def test_grace_after_a_clock_time_lasts_until_the_day_is_over() -> None:
    # due on 5 November at noon, one day of grace: all of the 6th
    noon = owed(due_at=at("11-05 12:00"))
    assert standing(noon, (), (), at("11-05 12:00"), grace=1).state == "late"
    assert standing(noon, (), (), at("11-06 23:59:59"), grace=1).state == "late"
    assert standing(noon, (), (), at("11-07 00:00"), grace=1).state == "overdue"


def test_a_return_that_comes_within_the_grace_is_late_all_the_same() -> None:
    found = standing(owed(), sent("11-06 09:00:00"), (), at("11-06 10:00"), grace=2)
    assert (found.met, found.on_time) == (True, False)


def test_a_return_that_the_plan_waives_is_not_expected() -> None:
    found = stands(waived="机构改革")
    assert (found.came_in, found.expected, found.open) == ("waived", False, False)
    assert rates([found]).expected == 0
