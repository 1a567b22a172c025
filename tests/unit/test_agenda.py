"""Hai'an's agenda, worked out by hand from the notice and the calendar."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from duban import agenda
from duban.plan import Plan, parse
from duban.plan.rhythm import Every
from tests.support.plans import changed, remade

SHANGHAI = ZoneInfo("Asia/Shanghai")
BRANCHES = [
    "haian",
    "chengdong",
    "jiaoxie",
    "libao",
    "dagong",
    "qutang",
    "yazhou",
    "nanmo",
    "duntou",
    "baidian",
]
DUE = {
    "2018-09": "2018-10-06T00:00:00+08:00",
    "2018-10": "2018-11-06T00:00:00+08:00",
    "2018-11": "2018-12-06T00:00:00+08:00",
    "2018-12": "2019-01-06T00:00:00+08:00",
}
"""每月5日前 includes the 5th, so the first late instant is midnight after it."""


def dated(plan: Plan) -> list[agenda.Obligation]:
    return [o for o in agenda.of_duty(plan, "monthly") if o.due_at]


def of(plan: Plan, unit: str, period: str | None) -> agenda.Obligation:
    (found,) = [o for o in agenda.of_duty(plan, "monthly") if (o.unit, o.period) == (unit, period)]
    return found


def test_ten_branches_owe_four_monthly_returns_each(haian: Plan) -> None:
    assert {(o.duty, o.unit, o.period) for o in dated(haian)} == {
        ("monthly", unit, period) for unit in BRANCHES for period in DUE
    }
    assert len(dated(haian)) == 40


def test_each_return_is_due_at_midnight_after_the_fifth_of_the_next_month(haian: Plan) -> None:
    assert {(o.period, o.due_at.isoformat() if o.due_at else "") for o in dated(haian)} == set(DUE.items())
    assert {o.due_day for o in dated(haian)} == {
        date(2018, 10, 5), date(2018, 11, 5), date(2018, 12, 5), date(2019, 1, 5),
    }  # fmt: skip


def test_a_return_covers_its_whole_month_and_can_be_sent_from_the_next_first(haian: Plan) -> None:
    october = of(haian, "qutang", "2018-10")
    assert october.covers == (date(2018, 10, 1), date(2018, 10, 31))
    assert october.opens_at == datetime(2018, 11, 1, tzinfo=SHANGHAI)
    assert october.key == "haian-2018/monthly/qutang/2018-10"


def test_september_belongs_to_two_phases_and_every_later_month_to_one(haian: Plan) -> None:
    # 排查部署 ends on 20 September, 集中打击 begins on the 21st and ends with November
    assert {(o.period, o.phases) for o in dated(haian)} == {
        ("2018-09", ("survey", "action")),
        ("2018-10", ("action",)),
        ("2018-11", ("action",)),
        ("2018-12", ("consolidation",)),
    }


def test_major_cases_are_owed_at_any_time_and_have_no_moments(haian: Plan) -> None:
    standing = agenda.of_duty(haian, "major-case")
    assert all(o.is_event and o.due_at is None for o in standing)
    assert [(o.duty, o.unit) for o in standing] == [("major-case", unit) for unit in BRANCHES]
    assert {(o.period, o.due_day, o.moments, o.phases) for o in standing} == {
        (None, None, (), ("survey", "action", "consolidation"))
    }
    assert standing[0].covers == (date(2018, 9, 6), date(2018, 12, 31))


def test_obligations_come_by_due_time_and_then_in_the_order_of_the_units(haian: Plan) -> None:
    found = agenda.obligations(haian)
    dues = [o.due_at for o in found if o.due_at]
    assert dues == sorted(dues)
    assert all(o.due_at is None for o in found[len(dues) :])
    assert [(o.period, o.unit) for o in dated(haian)] == [
        (period, unit) for period in DUE for unit in BRANCHES
    ]


@pytest.mark.parametrize(
    ("period", "moments"),
    [
        # due Fri 5 Oct: 5 and 1 days before both fall on the last working day before the holiday, Sun 30 Sep
        # (make-up day), where the nearer one stands; 6 to 7 Oct are off, so 1 and 3 days after both fall on
        # Mon 8 Oct, where the longer chase stands; 12 Oct is a Friday, 15 Oct a Monday
        ("2018-09", "remind 1 09-30, chase 3 10-08, chase 7 10-12, escalate 10 10-15"),
        # due Mon 5 Nov: Wed 31 Oct; Sun 4 Nov goes back to Fri 2 Nov; Tue 6, Thu 8, Mon 12, Thu 15 Nov
        ("2018-10", "remind 5 10-31, remind 1 11-02, chase 1 11-06, chase 3 11-08, chase 7 11-12, "
                    "escalate 10 11-15"),
        # due Wed 5 Dec: Fri 30 Nov, Tue 4 Dec; Thu 6; Sat 8 goes on to Mon 10; Wed 12; Sat 15 to Mon 17 Dec
        ("2018-11", "remind 5 11-30, remind 1 12-04, chase 1 12-06, chase 3 12-10, chase 7 12-12, "
                    "escalate 10 12-17"),
        # due Sat 5 Jan: Mon 31 Dec is off, so the make-up Sat 29 Dec; Fri 4 Jan; Sun 6 goes on to Mon 7;
        # Tue 8; Sat 12 to Mon 14; Tue 15 Jan
        ("2018-12", "remind 5 12-29, remind 1 01-04, chase 1 01-07, chase 3 01-08, chase 7 01-14, "
                    "escalate 10 01-15"),
    ],
)  # fmt: skip
def test_haian_is_reminded_before_and_chased_after_on_working_mornings(
    haian: Plan, period: str, moments: str
) -> None:
    found = of(haian, "baidian", period).moments
    assert ", ".join(f"{m.kind} {m.days} {m.at:%m-%d}" for m in found) == moments
    assert {m.at.time() for m in found} == {time(8, 30)}


def test_the_deployment_lives_90_days_beyond_the_last_due_day(haian: Plan) -> None:
    # 5 January 2019 + 26 days of January, 28 of February, 31 of March, 5 of April
    assert agenda.life(haian) == (date(2018, 9, 6), date(2019, 4, 5))


def test_a_run_follows_every_deadline_by_five_minutes(haian: Plan) -> None:
    found = [at.isoformat() for at in agenda.after_deadlines(haian)]
    assert found == sorted(set(found))
    # besides the monthly ones: the commendation list, due with the last phase on 31 December
    monthly = [due.replace("T00:00:00", "T00:05:00") for due in DUE.values()]
    assert found == [*monthly[:3], "2019-01-01T00:05:00+08:00", monthly[3]]


def test_runs_are_every_morning_and_just_after_each_deadline_up_to_the_last_day(haian: Plan) -> None:
    found = agenda.runs(haian, date(2018, 10, 6))
    # 25 mornings of September, 6 of October, one deadline
    assert len(found) == 32
    assert found[0] == datetime(2018, 9, 6, 8, 30, tzinfo=SHANGHAI)
    assert found[-2:] == (
        datetime(2018, 10, 6, 0, 5, tzinfo=SHANGHAI), datetime(2018, 10, 6, 8, 30, tzinfo=SHANGHAI),
    )  # fmt: skip
    assert len(agenda.runs(haian, date(2018, 10, 5))) == 30


def test_a_unit_owes_only_what_was_while_it_existed(haian: Plan) -> None:
    dates = {"haian": {"closes": date(2018, 10, 31)}, "nanmo": {"opens": date(2018, 12, 31)}}
    units = [u.model_copy(update=dates.get(u.id, {})) for u in haian.units]
    counts = Counter(o.unit for o in dated(remade(haian, units=units)))
    # 海安 closes with October: September and October; 南莫 opens on the last day of December: December
    assert (counts["haian"], counts["nanmo"], counts["qutang"]) == (2, 1, 4)


def test_a_return_due_within_its_month_opens_with_it(haian: Plan) -> None:
    rhythm = Every.model_validate(
        {"every": "month", "on": "last", "in": "same", "at": "12:00", "first": "2018-09", "last": "2018-12"}
    )
    november = of(remade(haian, rhythm=rhythm), "haian", "2018-11")
    assert november.opens_at == datetime(2018, 11, 1, tzinfo=SHANGHAI)
    assert november.due_day == date(2018, 11, 30)
    assert november.due_at == datetime(2018, 11, 30, 12, tzinfo=SHANGHAI)  # a stated clock is the boundary


def test_a_subject_is_the_last_part_of_an_obligations_name() -> None:
    assert agenda.obligation_key("c", "d", "u", "2018-10") == "c/d/u/2018-10"
    assert agenda.obligation_key("c", "d", "u", "2018-10", "2") == "c/d/u/2018-10/2"


def test_the_day_before_a_boundary_is_the_day_it_closes() -> None:
    midnight = datetime(2018, 11, 6, tzinfo=SHANGHAI)
    assert agenda.day_before(midnight) == date(2018, 11, 5)
    assert agenda.day_before(midnight + timedelta(hours=12)) == date(2018, 11, 6)


def test_a_unit_closed_before_a_dutys_phase_begins_owes_nothing_of_it() -> None:
    # 总结提高阶段 is December; its list covers the phase, a summary of it everything to date
    summary = (
        "  - id: commendation\n",
        "  - {id: closing, name: 总结, by: branches, to: jicha, rhythm: {due: 2018-12-25}, "
        "phases: [consolidation], form: materials, origin: coordinator}\n  - id: commendation\n",
    )
    row = "email=haian@haian.example,,,coordinator"
    for closes, owed in (("2018-11-30", False), ("2018-12-01", True)):
        bundle = changed(
            ("plan.yaml", *summary), ("units.csv", row, f"email=haian@haian.example,,{closes},coordinator")
        )
        found = agenda.of_duty(parse(bundle), "closing")
        assert ("haian" in {o.unit for o in found}) is owed
        assert len(found) == 9 + owed
