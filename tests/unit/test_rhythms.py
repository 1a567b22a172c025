"""What holds of every rhythm, over random plans; and each rhythm once by hand."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban import agenda, calendars
from duban.agenda import Obligation
from duban.plan import Plan
from duban.plan.dates import LocalDays
from duban.plan.duties import Moments
from tests.support.rhythms import CLOCKS, COUNTS, dated, made, periodic, several_days, spans

A_DAY = timedelta(days=1)
ROLLS = st.sampled_from(["none", "previous", "next"])


@st.composite
def any_rhythm(draw: st.DrawFn, span: tuple[date, date]) -> dict[str, Any]:
    rhythm = draw(st.one_of(periodic(), several_days(), dated(span)))
    return rhythm | {"at": draw(CLOCKS), "roll": draw(ROLLS)}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    span = draw(spans())
    chained = {"before": "first", "working_days": draw(st.integers(0, 12))}
    moments = Moments(remind=draw(COUNTS), chase=draw(COUNTS), escalate=draw(st.none() | st.integers(1, 60)))
    off = tuple(draw(st.lists(st.dates(*span), max_size=5)))
    return made(
        span, draw(any_rhythm(span)), chained, moments=moments, days=LocalDays.model_construct(off=off)
    )


def first_of(plan: Plan, unit: str = "qutang") -> list[Obligation]:
    return [o for o in agenda.of_duty(plan, "first") if o.unit == unit]


@given(plans())
def test_every_obligation_has_exactly_one_due_boundary_and_one_name(plan: Plan) -> None:
    found = agenda.obligations(plan)
    assert len({o.key for o in found}) == len(found)
    for o in found:
        assert o.due_day is not None
        assert o.due_at is not None
        rhythm: Any = plan.duty[o.duty].rhythm
        clock = plan.file.office.closing if rhythm.at == "closing" else rhythm.at
        boundary = calendars.end_of(o.due_day, plan.zone) if clock is None else None
        assert o.due_at == (boundary or calendars.at_local(o.due_day, clock or time(), plan.zone))


@given(plans())
def test_moments_are_in_order_and_lie_on_their_side_of_the_due_day(plan: Plan) -> None:
    for o in agenda.obligations(plan):
        assert o.due_day
        assert [m.at for m in o.moments] == sorted(m.at for m in o.moments)
        for moment in o.moments:
            assert (moment.at.date() < o.due_day) == (moment.kind == "remind")
            assert plan.days.is_working(moment.at.date())


@given(plans())
def test_nothing_can_be_reported_only_after_it_is_due(plan: Plan) -> None:
    for o in agenda.obligations(plan):
        assert o.due_at
        assert o.opens_at <= o.due_at
        assert o.covers[0] <= o.covers[1]


@given(spans(), st.one_of(periodic(), several_days()))
def test_the_spans_of_a_rhythm_cover_every_day_once_over_month_ends_leap_days_and_year_ends(
    span: tuple[date, date], rhythm: dict[str, Any]
) -> None:
    found = first_of(made(span, rhythm))
    days = [o.covers for o in found]
    assert all(after[0] - before[1] == A_DAY for before, after in itertools.pairwise(days))
    dues = [o.due_at for o in found if o.due_at]
    assert all(before < after for before, after in itertools.pairwise(dues))


@given(st.data(), spans(), st.integers(-400, 400), CLOCKS, st.integers(0, 40))
def test_a_plan_moved_by_some_days_has_its_agenda_moved_by_as_many(
    data: st.DataObject, span: tuple[date, date], k: int, clock: str | None, before: int
) -> None:
    rhythm = data.draw(dated(span)) | {"at": clock}
    assert_moves(span, rhythm, {"before": "first", "days": before}, timedelta(days=k))


@given(
    spans(), st.integers(-60, 60), st.sampled_from(["next", "same"]), st.sampled_from(["mon", "fri", "sun"])
)
def test_a_weekly_plan_moved_by_whole_weeks_has_its_agenda_moved_by_as_many(
    span: tuple[date, date], k: int, due_in: str, on: str
) -> None:
    rhythm = {"every": "week", "in": due_in, "on": on}
    assert_moves(span, rhythm, {"after": "first", "days": 3}, timedelta(weeks=k))


def assert_moves(
    span: tuple[date, date], rhythm: dict[str, Any], chained: dict[str, Any], by: timedelta
) -> None:
    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(v) for v in value]
        return (date.fromisoformat(value) + by).isoformat()

    later = {k: moved(v) if k in ("due", "dates") else v for k, v in rhythm.items()}
    there = agenda.obligations(made(span, rhythm, chained))
    here = agenda.obligations(made((span[0] + by, span[1] + by), later, chained))

    def days(found: tuple[Obligation, ...], shift: timedelta) -> list[Any]:
        return [
            (o.duty, o.unit, local(o.due_at) + shift, local(o.opens_at) + shift, o.covers[0] + shift,
             o.covers[1] + shift)
            for o in found
        ]  # fmt: skip

    assert days(there, by) == days(here, timedelta())


def local(at: datetime | None) -> datetime:
    """Clock time: the same day's midnight before and after summer time of decades ago."""
    assert at
    return at.replace(tzinfo=None)


# --- each rhythm once, by hand -----------------------------------------------------------------------

SPAN = (date(2018, 9, 6), date(2018, 12, 31))


def due(rhythm: dict[str, Any], span: tuple[date, date] = SPAN) -> list[tuple[str | None, str, str, str]]:
    """(period, first covered day, last covered day, due day) of one unit."""
    return [
        (o.period, str(o.covers[0]), str(o.covers[1]), str(o.due_day)) for o in first_of(made(span, rhythm))
    ]


@pytest.mark.parametrize(
    ("rhythm", "expected"),
    [
        # 下一季度第一个月的5日前
        ({"every": "quarter", "in": "next", "month": 1, "on": 5}, [
            ("2018-Q3", "2018-07-01", "2018-09-30", "2018-10-05"),
            ("2018-Q4", "2018-10-01", "2018-12-31", "2019-01-05"),
        ]),
        # 每季度末月25日前
        ({"every": "quarter", "in": "same", "month": 3, "on": 25, "last": "2018-Q3"}, [
            ("2018-Q3", "2018-07-01", "2018-09-30", "2018-09-25"),
        ]),
        # 每月10日、20日前: the first one since the month's first day
        ({"every": "month", "in": "same", "on": [10, 20], "last": "2018-10"}, [
            ("2018-09-10", "2018-09-01", "2018-09-10", "2018-09-10"),
            ("2018-09-20", "2018-09-11", "2018-09-20", "2018-09-20"),
            ("2018-10-10", "2018-09-21", "2018-10-10", "2018-10-10"),
            ("2018-10-20", "2018-10-11", "2018-10-20", "2018-10-20"),
        ]),
        # 每月30日前, 上月26日至本月25日
        ({"every": "month", "in": "same", "on": 30, "cutoff": 25, "last": "2018-10"}, [
            ("2018-09", "2018-08-26", "2018-09-25", "2018-09-30"),
            ("2018-10", "2018-09-26", "2018-10-25", "2018-10-30"),
        ]),
        # 每周五前: 6 September 2018 is the Thursday of week 36
        ({"every": "week", "in": "same", "on": "fri", "last": "2018-W37"}, [
            ("2018-W36", "2018-09-03", "2018-09-09", "2018-09-07"),
            ("2018-W37", "2018-09-10", "2018-09-16", "2018-09-14"),
        ]),
        # 每半月: on the 3rd day of the half-month that follows
        ({"every": "half-month", "in": "next", "on": 3, "last": "2018-09-H2"}, [
            ("2018-09-H1", "2018-09-01", "2018-09-15", "2018-09-18"),
            ("2018-09-H2", "2018-09-16", "2018-09-30", "2018-10-03"),
        ]),
        ({"every": "half-year", "in": "next", "on": "last"}, [
            ("2018-H2", "2018-07-01", "2018-12-31", "2019-06-30"),
        ]),
        ({"every": "year", "in": "next", "on": 15}, [("2018", "2018-01-01", "2018-12-31", "2019-01-15")]),
        ({"every": "day", "in": "same", "first": "2018-12-30"}, [
            ("2018-12-30", "2018-12-30", "2018-12-30", "2018-12-30"),
            ("2018-12-31", "2018-12-31", "2018-12-31", "2018-12-31"),
        ]),
        # 28 and 29 September 2018 are a Friday and a worked Saturday, 30 September a worked Sunday;
        # 1 to 7 October are National Day
        ({"every": "day", "in": "same", "first": "2018-09-28", "last": "2018-10-08", "skip": "holidays"}, [
            (d, d, d, d) for d in ("2018-09-28", "2018-09-29", "2018-09-30", "2018-10-08")
        ]),
        ({"every": "month", "in": "next", "on": 5, "covers": "to-date", "last": "2018-10"}, [
            ("2018-09", "2018-09-06", "2018-09-30", "2018-10-05"),
            ("2018-10", "2018-09-06", "2018-10-31", "2018-11-05"),
        ]),
        # 5 October 2018 is a holiday: the last working day before is 30 September, the next 8 October
        ({"every": "month", "in": "next", "on": 5, "last": "2018-09", "roll": "next"}, [
            ("2018-09", "2018-09-01", "2018-09-30", "2018-10-08"),
        ]),
        ({"every": "month", "in": "next", "on": 5, "last": "2018-09", "roll": "previous"}, [
            ("2018-09", "2018-09-01", "2018-09-30", "2018-09-30"),
        ]),
        ({"dates": ["2018-10-10", {"date": "2018-12-20", "period": "2018"}]}, [
            ("2018-10-10", "2018-09-06", "2018-10-10", "2018-10-10"),
            ("2018", "2018-10-11", "2018-12-20", "2018-12-20"),
        ]),
        ({"due": "2018-12-20"}, [(None, "2018-09-06", "2018-12-20", "2018-12-20")]),
        ({"due": "2018-12-20", "covers": "whole"}, [(None, "2018-09-06", "2018-12-31", "2018-12-20")]),
        ({"due": "undetermined"}, [(None, "2018-09-06", "2018-12-31", "None")]),
        ({"end_of": "all", "days": 5}, [(None, "2018-09-06", "2018-12-31", "2019-01-05")]),
    ],
)  # fmt: skip
def test_a_rhythm_by_hand(rhythm: dict[str, Any], expected: list[tuple[str | None, str, str, str]]) -> None:
    assert due(rhythm) == expected


def test_a_chained_return_is_due_so_many_working_days_before_what_it_feeds() -> None:
    # 三个工作日 before 5 November 2018 (Monday): 2, 1 November, 31 October (Wednesday)
    plan = made(
        SPAN,
        {"every": "month", "in": "next", "on": 5, "last": "2018-10"},
        {"before": "first", "working_days": 3},
    )
    chained = [o for o in agenda.of_duty(plan, "duty-1") if o.unit == "qutang"]
    assert [(o.period, str(o.due_day)) for o in chained] == [
        ("2018-09", "2018-09-28"),
        ("2018-10", "2018-10-31"),
    ]


def test_before_closing_time_is_the_office_s_closing_clock() -> None:
    (o,) = first_of(made(SPAN, {"due": "2018-12-20", "at": "closing"}))
    assert o.due_at
    assert o.due_at.isoformat() == "2018-12-20T17:30:00+08:00"
