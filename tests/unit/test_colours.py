"""Which colour may be said when: one after another, none skipped, each with its days after the one before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.colours import ordered, own_moments, upcoming
from duban.plan import Plan
from duban.plan.duties import Colour
from tests.support.plans import load
from tests.support.stands import SHANGHAI, at

STEPS = ordered((("red", 14), ("blue", 3), ("orange", 7)))
DUE_DAY = date(2018, 11, 5)  # a Monday; the working days around it are Mondays to Fridays
MORNING = time(8, 30)


def coming(haian: Plan, said: dict[Colour, datetime], held: tuple[Colour, ...] = ()) -> tuple[str, datetime]:
    found = upcoming(haian, DUE_DAY, STEPS, said, held)
    assert found is not None
    return found.colour, found.at


def test_colours_have_one_order_however_they_are_stored() -> None:
    assert STEPS == (("blue", 3), ("orange", 7), ("red", 14))


def test_as_planned_each_colour_has_its_morning(haian: Plan) -> None:
    # Thursday the 8th; Monday the 12th; Monday the 19th.
    assert coming(haian, {}) == ("blue", at("11-08 08:30"))
    assert coming(haian, {"blue": at("11-08 08:30")}) == ("orange", at("11-12 08:30"))
    assert coming(haian, {"blue": at("11-08 08:30"), "orange": at("11-12 17:00")}) == (
        "red", at("11-19 08:30"),
    )  # fmt: skip


def test_what_is_said_late_puts_off_what_follows_by_as_many_days(haian: Plan) -> None:
    # Blue on the 20th: orange four days later is Saturday the 24th, so Monday the 26th.
    assert coming(haian, {"blue": at("11-20 11:00")}) == ("orange", at("11-26 08:30"))
    # Orange approved on Friday the 30th: red seven days later.
    said: dict[Colour, datetime] = {"blue": at("11-20 11:00"), "orange": at("11-30 16:00")}
    assert coming(haian, said) == ("red", at("12-07 08:30"))


def test_what_is_said_early_does_not_bring_the_next_one_before_its_own_day(haian: Plan) -> None:
    said: dict[Colour, datetime] = {"blue": at("11-08 08:30"), "orange": at("11-08 09:00")}
    assert coming(haian, said) == ("red", at("11-19 08:30"))


def test_nothing_follows_a_colour_that_is_held_and_nothing_follows_red(haian: Plan) -> None:
    blue: dict[Colour, datetime] = {"blue": at("11-08 08:30")}
    held: tuple[Colour, ...] = ("orange",)
    assert upcoming(haian, DUE_DAY, STEPS, blue, held) is None
    all_: dict[Colour, datetime] = {**blue, "orange": at("11-12 09:00"), "red": at("11-19 09:00")}
    assert upcoming(haian, DUE_DAY, STEPS, all_) is None
    assert upcoming(haian, DUE_DAY, (), {}) is None


def test_colours_that_days_off_would_push_together_stay_apart(haian: Plan) -> None:
    # Due on Sunday 30 September 2018: blue a day later and orange two days later both lie in the holidays of
    # 1 to 7 October. Blue is said on Monday the 8th, and orange a day after it.
    steps = ordered((("blue", 1), ("orange", 2)))
    assert own_moments(haian, date(2018, 9, 30), steps) == {
        "blue": at("10-08 08:30"), "orange": at("10-09 08:30"),
    }  # fmt: skip


@pytest.mark.parametrize(("days", "morning"), [(26, "2019-01-02"), (25, "2019-01-02")])
def test_a_year_may_end_in_between(haian: Plan, days: int, morning: str) -> None:
    # 26 days after Wednesday 5 December 2018 is Monday the 31st, 25 days after it Sunday the 30th. Saturday
    # the 29th was worked instead; 30 December to 1 January were days off.
    found = own_moments(haian, date(2018, 12, 5), ordered((("blue", days),)))
    assert found["blue"] == datetime.combine(date.fromisoformat(morning), MORNING, SHANGHAI)


@dataclass
class Desk:
    """Plays what colouring does with what `upcoming` says, with a person who answers when they like."""

    plan: Plan
    steps: tuple[tuple[Colour, int], ...]
    said: dict[Colour, datetime] = field(default_factory=dict)
    open: Colour | None = None
    refused: set[Colour] = field(default_factory=set)

    def run(self, now: datetime) -> None:
        held = self.refused | ({self.open} if self.open else set())
        found = upcoming(self.plan, DUE_DAY, self.steps, self.said, held)
        if found is None or found.at > now:
            return
        if found.colour == "blue":
            assert "blue" not in self.said
            self.said["blue"] = now
        else:
            self.open = found.colour

    def answer(self, now: datetime, yes: bool) -> None:
        if self.open is not None:
            assert self.open not in self.said
            if yes:
                self.said[self.open] = now
            else:
                self.refused.add(self.open)
            self.open = None


RULES = st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True).map(
    lambda days: ordered(zip(("blue", "orange", "red"), sorted(days), strict=False))
)
ACTS = st.lists(st.tuples(st.integers(0, 90 * 24), st.sampled_from(["run", "yes", "yes", "no"])), max_size=60)


@given(RULES, ACTS, st.integers(0, 90 * 24))
def test_no_colour_is_skipped_said_twice_too_early_or_after_the_return(
    steps: tuple[tuple[Colour, int], ...], acts: list[tuple[int, str]], reported: int
) -> None:
    desk = Desk(load("haian-2018"), steps)
    start = datetime.combine(DUE_DAY, time(), SHANGHAI)
    for hours, act in sorted(acts):
        now = start + timedelta(hours=hours)
        if hours >= reported:  # what is reported is not open, and neither looked at nor answered
            break
        if act == "run":
            desk.run(now)
        else:
            desk.answer(now, act == "yes")
    days = dict(steps)
    order = [c for c, _ in steps]
    assert list(desk.said) == order[: len(desk.said)]
    for colour, when in desk.said.items():
        assert when.date() >= DUE_DAY + timedelta(days=days[colour])
        assert when < start + timedelta(hours=reported)
    for one, two in zip(desk.said, list(desk.said)[1:], strict=False):
        assert (desk.said[two].date() - desk.said[one].date()).days >= days[two] - days[one]
