"""What holds of every agenda, whatever its rhythm and moments."""

from __future__ import annotations

import itertools
from datetime import time, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from duban import agenda, calendars, periods
from duban.agenda import Obligation
from duban.plan import Plan
from duban.plan.duties import Moments
from duban.plan.rhythm import Every
from tests.support.plans import load, remade

HAIAN = load("haian-2018")
ONE = tuple(u for u in HAIAN.units if u.id in ("jicha", "qutang"))
A_DAY = timedelta(days=1)

DAY_COUNTS = st.lists(st.integers(1, 60), max_size=5)


@st.composite
def rhythms(draw: st.DrawFn) -> Every:
    year, month = draw(st.integers(2004, 2026)), draw(st.integers(1, 12))
    count = draw(st.integers(1, 18)) + month - 1
    return Every.model_validate(
        {
            "every": "month",
            "on": draw(st.integers(1, 31) | st.just("last")),
            "in": draw(st.sampled_from(["next", "same"])),
            "at": draw(st.none() | st.sampled_from(["00:00", "08:00", "12:00", "17:30"])),
            "first": calendars.month_text(year, month),
            "last": calendars.month_text(year + count // 12, count % 12 + 1),
        }
    )


@st.composite
def moments(draw: st.DrawFn) -> Moments:
    return Moments(
        remind=tuple(draw(DAY_COUNTS)),
        chase=tuple(draw(DAY_COUNTS)),
        escalate=draw(st.none() | st.integers(1, 60)),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    return remade(HAIAN, units=ONE, alone=True, rhythm=draw(rhythms()), moments=draw(moments()))


def dated(plan: Plan) -> list[Obligation]:
    return [o for o in agenda.obligations(plan) if o.due_at]


def rhythm_of(plan: Plan) -> Any:
    return plan.file.duties[0].rhythm


@given(plans())
def test_the_periods_of_a_unit_follow_each_other_without_gap_or_overlap(plan: Plan) -> None:
    spans = [o.covers for o in dated(plan)]
    assert spans[0][0] == calendars.month_span(rhythm_of(plan).first)[0]
    assert spans[-1][1] == calendars.month_span(rhythm_of(plan).last)[1]
    assert all(after[0] - before[1] == A_DAY for before, after in itertools.pairwise(spans))


@given(plans())
def test_without_a_clock_a_return_is_late_from_the_first_instant_of_the_next_day(plan: Plan) -> None:
    for o in dated(plan):
        assert o.due_at
        assert o.due_day
        local = o.due_at.astimezone(plan.zone)
        if rhythm_of(plan).at is None:
            assert (local.date() - A_DAY, local.time()) == (o.due_day, time())
        else:
            assert (local.date(), local.time()) == (o.due_day, rhythm_of(plan).at)


@given(plans())
def test_a_return_is_due_on_its_day_of_the_next_or_the_same_month(plan: Plan) -> None:
    rhythm = rhythm_of(plan)
    for o in dated(plan):
        assert o.due_day
        assert o.period
        month = periods.following(o.period) if rhythm.in_ == "next" else o.period
        assert str(o.due_day)[:7] == month
        (on,) = rhythm.on
        is_last = (o.due_day + A_DAY).day == 1
        assert o.due_day.day == on or (is_last and (on == "last" or on > o.due_day.day))


@given(plans())
def test_reminders_lie_before_the_deadline_and_chases_after_all_on_working_mornings(plan: Plan) -> None:
    for o in dated(plan):
        assert o.due_at
        for moment in o.moments:
            assert (moment.at < o.due_at) == (moment.kind == "remind")
            assert moment.at.timetz() == time(8, 30, tzinfo=plan.zone)
            assert plan.days.is_working(moment.at.date())


@given(plans())
def test_every_kind_the_plan_wants_is_there_in_order_and_once_a_morning(plan: Plan) -> None:
    rule = plan.file.duties[0].moments
    wanted = {"remind": bool(rule.remind), "chase": bool(rule.chase), "escalate": bool(rule.escalate)}
    for o in dated(plan):
        assert {m.kind for m in o.moments} == {kind for kind, is_wanted in wanted.items() if is_wanted}
        assert [m.at for m in o.moments] == sorted(m.at for m in o.moments)
        assert len({(m.kind, m.at) for m in o.moments}) == len(o.moments)


@given(plans())
def test_of_two_of_a_kind_on_one_morning_the_one_nearer_its_day_is_kept(plan: Plan) -> None:
    rule = plan.file.duties[0].moments
    for o in dated(plan):
        kept = {kind: [m.days for m in o.moments if m.kind == kind] for kind in ("remind", "chase")}
        assert not rule.remind or min(rule.remind) in kept["remind"]
        assert not rule.chase or max(rule.chase) in kept["chase"]


@given(st.permutations(HAIAN.units))
@settings(max_examples=25)
def test_the_order_of_the_units_changes_no_obligation(units: list[Any]) -> None:
    shuffled = agenda.obligations(remade(HAIAN, units=units))
    assert set(shuffled) == set(agenda.obligations(HAIAN))
    assert [o.due_at for o in shuffled] == [o.due_at for o in agenda.obligations(HAIAN)]


@given(plans())
def test_no_two_obligations_share_a_name(plan: Plan) -> None:
    keys = [o.key for o in agenda.obligations(plan)]
    assert len(set(keys)) == len(keys)


@given(plans(), st.integers(0, 700))
def test_every_deadline_within_the_runs_has_its_run_just_after(plan: Plan, days: int) -> None:
    until = plan.file.start.date + timedelta(days=days)
    found = agenda.runs(plan, until)
    assert list(found) == sorted(set(found))
    end = calendars.end_of(until, plan.zone)
    assert {o.due_at + agenda.AFTER_DEADLINE for o in dated(plan) if o.due_at} >= set(found) - {
        calendars.at_local(plan.file.start.date + timedelta(days=n), time(8, 30), plan.zone)
        for n in range(days + 1)
    }
    assert all(at < end for at in found)
