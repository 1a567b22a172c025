"""Words and colours of obligations, and how they are put into a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import get_args

import pytest

from duban.plan import Plan
from duban.portal.matrix import MOST_COLUMNS, Asked, matrix
from duban.portal.tags import FILTERS, TONES, shown, worst
from duban.rendering import renderer
from duban.standing import CameIn, Owed, Standing, State
from tests.support.town import at

NOW = at("2018-11-06 09:00")
DUE = at("2018-11-06 00:00")
EVERY = list(product(get_args(State), get_args(CameIn)))


def stands(
    unit: str = "libao", period: str = "2018-10", due_at: datetime | None = DUE,
    *, state: State = "overdue", came_in: CameIn = "nothing", on_time: bool = True, **owed: object,
) -> Standing:  # fmt: skip
    """The monthly return of a unit."""
    opens = (due_at or NOW) - timedelta(days=30)
    mine = Owed(f"haian-2018/monthly/{unit}/{period}", "monthly", unit, period, opens, due_at)
    mine = replace(mine, **owed)  # type: ignore[arg-type]
    return Standing(mine, state, came_in, due_at, on_time, None, None, None, None, None, due_at)


@pytest.mark.parametrize(("state", "came_in"), EVERY)
def test_every_state_has_a_word_and_a_colour(state: State, came_in: CameIn) -> None:
    for on_time in (True, False):
        word, tone = shown(stands(state=state, came_in=came_in, on_time=on_time))
        assert renderer().words["portal"]["board"]["shown"][word]
        assert tone in TONES


@pytest.mark.parametrize(("state", "came_in"), EVERY)
def test_red_is_what_is_overdue_with_nothing_valid_in_and_nothing_else(state: State, came_in: CameIn) -> None:
    one = stands(state=state, came_in=came_in)
    is_overdue = state == "overdue" and came_in in ("nothing", "refused", "returned")
    assert (shown(one).tone == "red") == is_overdue
    assert (shown(one).word in FILTERS["overdue"]) == is_overdue


def test_what_does_not_count_here_is_never_red() -> None:
    assert shown(stands(counted=False)) == ("uncounted", "grey")


def test_a_cell_of_several_subjects_shows_the_one_that_asks_for_attention(haian: Plan) -> None:
    found = [
        stands(subject="1", came_in="received"),
        stands(subject="2"),
        stands(subject="3", came_in="zero"),
    ]
    cell = matrix(haian, found, Asked(), NOW).lines[0].cells[0]
    assert cell is not None
    assert (cell.only, cell.met, len(cell.standings), cell.shown) == (None, 2, 3, ("overdue", "red"))
    assert worst(found[::2]).tone == "green"


def test_a_table_too_wide_to_be_read_keeps_the_newest_columns(haian: Plan) -> None:
    days = [at("2018-09-01 00:00") + timedelta(days=n) for n in range(30)]
    found = [stands(period=f"{day:%Y-%m-%d}", due_at=day) for day in days]
    table = matrix(haian, found, Asked(), NOW)
    assert (len(table.columns), table.hidden) == (MOST_COLUMNS, 30 - MOST_COLUMNS)
    assert [c.period for c in table.columns[:2]] == ["2018-09-30", "2018-09-29"]
    one = matrix(haian, found, Asked(period="2018-09-01"), NOW)
    assert [c.period for c in one.columns] == ["2018-09-01"]


def test_of_what_is_not_open_yet_only_the_next_is_shown(haian: Plan) -> None:
    found = [
        stands(period="2018-11", due_at=at("2018-12-06 00:00"), state="not-due"),
        stands(period="2018-12", due_at=at("2019-01-06 00:00"), state="not-due"),
    ]
    assert [c.period for c in matrix(haian, found, Asked(), NOW).columns] == ["2018-11"]
    asked = Asked(period="2018-12")
    assert [c.period for c in matrix(haian, found, asked, NOW).columns] == ["2018-12"]


def test_events_of_a_duty_stand_in_one_column_after_what_has_a_due_time(haian: Plan) -> None:
    event = {"duty": "major-case", "event": True}
    found = [
        stands(period="2018-10-22", due_at=None, came_in="received", state="due", **event),
        stands(period="2018-10-30", due_at=None, came_in="received", state="due", **event),
        stands(),
    ]
    table = matrix(haian, found, Asked(), NOW)
    assert [(c.duty, c.period) for c in table.columns] == [("monthly", "2018-10"), ("major-case", "")]
    assert table.lines[0].cells[1] is not None
    assert table.lines[0].cells[1].met == 2
