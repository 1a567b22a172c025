"""Hai'an's 药品“净网2018” (seed 001), worked out by hand from the notice and the calendar of 2018.

Printed: 各分局每月5日前报前一个月情况, 重大违法犯罪案件随时上报, 及时将行动情况和资料上报稽查科,
定期上报自查报告, and a commendation in the last phase. The monthly return has
its own tests beside the agenda's.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from duban import agenda
from duban.plan import Plan
from duban.plan.origins import statements
from duban.plan.rhythm import Event, Once
from duban.plan.source import read_yaml
from duban.plan.warnings import warnings
from tests.support.plans import load_shipped, shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")
BRANCHES = {
    "haian", "chengdong", "jiaoxie", "libao", "dagong", "qutang", "yazhou", "nanmo", "duntou", "baidian",
}  # fmt: skip
COORDINATOR, DRUGS, CREDIT, BUREAU = "jicha", "yaoxie", "xinyong", "shiju"

MONTHLY = {
    "2018-09": ((date(2018, 9, 1), date(2018, 9, 30)), date(2018, 10, 5), ("survey", "action")),
    "2018-10": ((date(2018, 10, 1), date(2018, 10, 31)), date(2018, 11, 5), ("action",)),
    "2018-11": ((date(2018, 11, 1), date(2018, 11, 30)), date(2018, 12, 5), ("action",)),
    "2018-12": ((date(2018, 12, 1), date(2018, 12, 31)), date(2019, 1, 5), ("consolidation",)),
}
"""Period → covered days, due day, phases. 每月5日前报前一个月: due in the month after the covered one."""


@pytest.fixture(scope="module")
def haian() -> Plan:
    return load_shipped("haian-2018")


WHOLE = (date(2018, 9, 6), date(2018, 12, 31))
"""从即日起到12月底, for what can happen at any time."""


def test_ten_branches_owe_the_inspection_section_four_monthly_returns(haian: Plan) -> None:
    found = agenda.of_duty(haian, "monthly")
    assert {(o.unit, o.period) for o in found} == {(b, p) for b in BRANCHES for p in MONTHLY}
    assert len(found) == 40
    for o in found:
        assert o.period is not None
        assert (o.covers, o.due_day, o.phases) == MONTHLY[o.period]
        assert (o.to, o.copies, o.feeds, o.attachments) == (COORDINATOR, (), None, ())


def test_the_whole_agenda_is_forty_returns_one_list_and_what_may_happen(haian: Plan) -> None:
    count = {d.id: len(agenda.of_duty(haian, d.id)) for d in haian.file.duties}
    # Materials: the ten branches and two sections; the third one collects them. Nobody has named an
    # institution, an association or a regulated party.
    assert count == {"monthly": 40, "major-case": 10, "materials": 12, "self-check": 0, "commendation": 1}


@pytest.mark.parametrize(
    ("duty", "units"), [("major-case", BRANCHES), ("materials", BRANCHES | {DRUGS, CREDIT})]
)
def test_cases_and_materials_are_owed_at_any_time_without_a_day(
    haian: Plan, duty: str, units: set[str]
) -> None:
    found = agenda.of_duty(haian, duty)
    assert {o.unit for o in found} == units
    for o in found:
        assert o.is_event
        assert (o.period, o.due_at, o.due_day, o.moments) == (None, None, None, ())
        assert (o.covers, o.phases) == (WHOLE, ("survey", "action", "consolidation"))
        assert o.to == COORDINATOR


def test_materials_come_with_files_where_there_are_any(haian: Plan) -> None:
    for o in agenda.of_duty(haian, "materials"):
        assert [(a.name, a.at_least) for a in o.attachments] == [("资料", 0)]
    assert [i.type for i in haian.form["materials"].indicators] == ["text"] * 3


def test_all_addressees_of_the_notice_owe_materials_also_those_nobody_has_named(haian: Plan) -> None:
    assert haian.duty["materials"].by == ("各分局", "机关各科室", "各直属事业单位", "各社会团体")
    assert [g.id for g in haian.file.groups if not haian.members(g.id)] == [
        "institutions", "associations", "regulated",
    ]  # fmt: skip


def test_self_checks_are_owed_by_outsiders_to_the_branch_of_their_place_on_no_day_yet(haian: Plan) -> None:
    duty = haian.duty["self-check"]
    assert isinstance(duty.rhythm, Once)
    assert (duty.rhythm.due, duty.rhythm.source) == ("undetermined", "定期")
    assert (duty.by, duty.to) == (("regulated",), "parent")
    assert {g.id for g in haian.file.groups if g.outside} == {"regulated"}


def test_what_the_notice_leaves_open_is_asked(haian: Plan) -> None:
    asked = {(w.code, w.key) for w in warnings(haian, [])}
    assert asked >= {
        ("undetermined-due", "self-check"),
        ("group-without-units", "institutions"),
        ("group-without-units", "associations"),
        ("group-without-units", "regulated"),
    }


def test_the_commendation_list_is_due_with_the_last_phases_last_day(haian: Plan) -> None:
    (o,) = agenda.of_duty(haian, "commendation")
    assert (o.unit, o.to, o.period) == (COORDINATOR, BUREAU, None)
    # 31 December 2018, a Monday off for New Year's Day: said by a warning, not moved
    assert o.due_day == date(2018, 12, 31)
    assert not haian.days.is_working(o.due_day)
    assert o.due_at == datetime(2019, 1, 1, tzinfo=SHANGHAI)
    assert o.covers == (date(2018, 12, 1), date(2018, 12, 31))
    assert (o.phases, o.opens_at) == (("consolidation",), datetime(2018, 12, 1, tzinfo=SHANGHAI))
    # reminded five days before, on Wednesday the 26th; chased two days after, on Wednesday 2 January
    assert [(m.kind, m.at.date()) for m in o.moments] == [
        ("remind", date(2018, 12, 26)),
        ("chase", date(2019, 1, 2)),
    ]


def test_the_list_is_of_branches_and_persons_and_asks_for_no_personal_name(haian: Plan) -> None:
    register = haian.form["commendation"].register_
    assert register is not None
    assert {c.code: c.choices for c in register.columns}["kind"] == ("分局", "个人")
    assert not any(c.personal for c in register.columns)
    assert {c.code: c.where for c in register.counts} == {
        "branches": {"kind": ("分局",)},
        "persons": {"kind": ("个人",)},
    }
    assert (register.key, register.closed) == (("kind", "rank"), None)


def test_branches_are_ranked_by_what_they_reported_and_the_cases_they_filed(haian: Plan) -> None:
    ranking = haian.duty["commendation"].ranking
    assert ranking is not None
    assert {u.id for u in haian.who(ranking.units)} == BRANCHES
    assert [(m.by, m.duty, m.indicator) for m in ranking.measures] == [
        ("on-time", "monthly", None),
        ("reporting", "monthly", None),
        ("indicator", "monthly", "cases_filed"),
    ]


def test_the_three_sections_lead_the_tasks_and_branches_cooperate_where_they_are_guided(haian: Plan) -> None:
    # 五、任务分工: one sentence of the first section, six matters of the second, two of the third
    found = {
        t.id: ([u.id for u in haian.who(t.lead)], len(haian.who(t.cooperating))) for t in haian.file.tasks
    }
    assert found == {
        "1": ([COORDINATOR], 0),
        "2.1": ([DRUGS], 0),
        "2.2": ([DRUGS], 10),  # 指导分局加强日常监管
        "2.3": ([DRUGS], 0),
        "2.4": ([DRUGS], 0),
        "2.5": ([DRUGS], 0),
        "2.6": ([DRUGS], 0),
        "3.1": ([CREDIT], 0),
        "3.2": ([CREDIT], 10),  # 督促、指导分局依法查处
    }


def test_three_due_days_are_days_off_and_stay_where_they_are(haian: Plan) -> None:
    # 5 October: National Day week; 31 December: New Year's holiday; 5 January 2019: a Saturday
    days = {o.due_day for o in agenda.obligations(haian) if o.due_day}
    assert {d for d in days if not haian.days.is_working(d)} == {
        date(2018, 10, 5), date(2018, 12, 31), date(2019, 1, 5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "origin"),
    [
        ("duties[2].by", "notice"),
        ("duties[2].to", "notice"),
        ("duties[2].rhythm.when", "notice"),
        ("duties[2].except", "coordinator"),
        ("duties[2].form", "coordinator"),
        ("duties[3].by", "notice"),
        ("duties[3].rhythm.due", "notice"),
        ("duties[4].rhythm.end_of", "coordinator"),
        ("duties[4].by", "coordinator"),
        ("duties[4].ranking.measures[0].by", "coordinator"),
        ("tasks[0].lead", "notice"),
        ("tasks[0].id", "coordinator"),
        ("tasks[2].cooperating", "notice"),
        ("groups[2].name", "notice"),
    ],
)
def test_who_stated_it_is_said(key: str, origin: str) -> None:
    found = {s.key: s.origin for s in statements(read_yaml("plan.yaml", shipped("haian-2018")["plan.yaml"]))}
    assert found[key] == origin


def test_events_have_no_limit_in_time_where_the_notice_only_says_promptly(haian: Plan) -> None:
    for duty in ("major-case", "materials"):  # 随时, 及时
        rhythm = haian.duty[duty].rhythm
        assert isinstance(rhythm, Event)
        assert rhythm.within is None
