"""三明's 网络市场监管 campaign (seed 002), worked out by hand from the notice and the calendar of 2023.

Printed: 8月20日前 and 11月20日前 to the superior with a copy to 同级市场监管部门, and of the municipal
departments a copy to 市局网监科 by 8月25日 and 11月25日. The coordinator's: who the counties are, that
figures count from the first day, and how many typical cases others than market supervision send.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from duban import agenda
from duban.plan import Plan
from duban.plan.origins import statements
from duban.plan.source import read_yaml
from duban.plan.warnings import warnings
from tests.plans.sanming import ADDRESSED, BEGIN, COUNTIES, COUNTY, MUNICIPAL, OFFICE, system_of
from tests.support.plans import load_shipped, shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_shipped("sanming-2023")


def owed(plan: Plan, duty: str) -> dict[str, agenda.Obligation]:
    """A duty's obligations by unit, one for each."""
    found = {o.unit: o for o in agenda.of_duty(plan, duty)}
    assert len(found) == len(agenda.of_duty(plan, duty))
    return found


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=1)


def test_the_whole_agenda(plan: Plan) -> None:
    # 11 + 88 report twice, 11 copy twice, and anything major is told by each of them at any time
    assert Counter((o.duty, o.due_day) for o in agenda.obligations(plan)) == {
        ("midterm", date(2023, 8, 20)): 99,
        ("midterm-copy", date(2023, 8, 25)): 11,
        ("final", date(2023, 11, 20)): 99,
        ("final-copy", date(2023, 11, 25)): 11,
        ("major-county", None): 88,
        ("major-municipal", None): 11,
    }


@pytest.mark.parametrize(
    ("duty", "due_day", "opens_on"),
    [
        # 30 days before 20 August lies before the campaign: open from its first day
        ("midterm", date(2023, 8, 20), BEGIN),
        # from 20 November back: 20 days to 31 October, 10 more to the 21st
        ("final", date(2023, 11, 20), date(2023, 10, 21)),
    ],
)
def test_everybody_reports_to_the_superior_by_the_printed_day(
    plan: Plan, duty: str, due_day: date, opens_on: date
) -> None:
    found = owed(plan, duty)
    assert set(found) == MUNICIPAL | COUNTY
    for unit, o in found.items():
        assert (o.due_day, o.due_at, o.period, o.subject) == (due_day, midnight_after(due_day), None, None)
        assert o.covers == (BEGIN, due_day)
        assert o.opens_at == midnight_after(opens_on) - timedelta(days=1)
        assert o.phases == ("consolidation",)
        level = "sm" if unit in COUNTY else "fj"
        assert o.to == f"{level}-{system_of(unit)}"


@pytest.mark.parametrize("duty", ["midterm", "final"])
def test_county_bodies_copy_to_the_market_supervision_of_their_county(plan: Plan, duty: str) -> None:
    found = owed(plan, duty)
    assert (found["sanyuan-police"].to, found["sanyuan-police"].copies) == ("sm-police", ("sanyuan-market",))
    for county in COUNTIES:
        for system in ADDRESSED:
            expected = () if system == "market" else (f"{county}-market",)  # none to itself
            assert found[f"{county}-{system}"].copies == expected
    assert {found[unit].copies for unit in MUNICIPAL} == {()}  # their copy is a duty with its own day


@pytest.mark.parametrize(
    ("duty", "original", "due_day"),
    [
        ("midterm-copy", "midterm", date(2023, 8, 25)),
        ("final-copy", "final", date(2023, 11, 25)),
    ],
)
def test_municipal_departments_copy_to_the_office_five_days_later(
    plan: Plan, duty: str, original: str, due_day: date
) -> None:
    found = owed(plan, duty)
    assert set(found) == MUNICIPAL
    assert plan.duty[duty].copy_of == original
    for o in found.values():
        assert (o.due_day, o.due_at, o.period) == (due_day, midnight_after(due_day), None)
        assert (o.to, o.copies, o.attachments, o.phases) == (OFFICE, (), (), ("consolidation",))


def test_only_20_august_and_25_november_are_days_off_and_said_to_be(plan: Plan) -> None:
    # 2023-08-20 is a Sunday, 08-25 a Friday, 11-20 a Monday, 11-25 a Saturday
    days = {(o.duty, o.period or "", o.due_day) for o in agenda.obligations(plan) if o.due_day}
    given = [(duty, period, day) for duty, period, day in sorted(days, key=str) if day]
    found = {(w.key, w.value) for w in warnings(plan, given) if w.code == "due-on-weekend"}
    assert found == {("midterm", "2023-08-20"), ("final-copy", "2023-11-25")}


def test_the_midterm_return_is_reminded_of_on_mornings_that_are_worked(plan: Plan) -> None:
    # Due on Sunday the 20th: five days before is Tuesday; one day before and the day itself are a weekend's,
    # so Friday the 18th, where the nearer one is kept. Chased on Monday, Wednesday and the Sunday after, so
    # Monday the 28th; taken up on Wednesday the 30th. Blue eight days after, orange twelve, red sixteen.
    assert [
        (m.kind, m.at.date(), m.at.hour, m.at.minute) for m in owed(plan, "midterm")["sm-tax"].moments
    ] == [
        ("remind", date(2023, 8, 15), 8, 30),
        ("remind", date(2023, 8, 18), 8, 30),
        ("chase", date(2023, 8, 21), 8, 30),
        ("chase", date(2023, 8, 23), 8, 30),
        ("blue", date(2023, 8, 28), 8, 30),
        ("chase", date(2023, 8, 28), 8, 30),
        ("escalate", date(2023, 8, 30), 8, 30),
        ("orange", date(2023, 9, 1), 8, 30),
        ("red", date(2023, 9, 5), 8, 30),
    ]


def test_the_midterm_return_comes_with_its_report(plan: Plan) -> None:
    for o in owed(plan, "midterm").values():
        assert [(a.name, a.at_least) for a in o.attachments] == [("专项行动中期行动总结报告", 1)]


def test_the_final_return_of_market_supervision_has_two_cases_each_with_its_decision(plan: Plan) -> None:
    found = owed(plan, "final")
    for unit in ("sm-market", *(f"{county}-market" for county in COUNTIES)):
        attachments = found[unit].attachments
        assert [(a.name, a.at_least) for a in attachments if a.per is None] == [
            ("专项行动总结报告", 1),
            ("图片视频资料", 1),
            ("典型案例", 2),
            ("先进经验做法", 1),
        ]
        (decisions,) = [a for a in attachments if a.per]
        (cases,) = [a for a in attachments if a.id == decisions.per]
        assert (decisions.name, cases.name) == ("行政处罚决定书", "典型案例")


def test_the_final_return_of_all_others_has_a_case_and_no_decision(plan: Plan) -> None:
    found = owed(plan, "final")
    others = [unit for unit in found if system_of(unit) != "market"]
    assert len(others) == 10 + 7 * 11
    for unit in others:
        assert [(a.name, a.at_least, a.per) for a in found[unit].attachments] == [
            ("专项行动总结报告", 1, None),
            ("图片视频资料", 1, None),
            ("典型案例", 1, None),
            ("先进经验做法", 1, None),
        ]
    media = found["sm-tax"].attachments[1]
    assert media.kinds == ("image", "video")


def test_major_matters_go_to_the_superior_and_the_local_leadership_at_any_time(plan: Plan) -> None:
    county, municipal = owed(plan, "major-county"), owed(plan, "major-municipal")
    assert (set(county), set(municipal)) == (COUNTY, MUNICIPAL)
    for unit, o in {**county, **municipal}.items():
        place = "sm" if unit in MUNICIPAL else unit.partition("-")[0]
        assert (o.is_event, o.due_at, o.copies) == (True, None, (f"{place}-government",))
        assert o.to == plan.unit[unit].parent


@pytest.mark.parametrize(
    ("key", "origin"),
    [
        ("start.date", "notice"),
        ("end.date", "notice"),
        ("phases[1].start.date", "notice"),
        ("phases[2].start.date", "notice"),
        ("coordinator.unit", "coordinator"),
        ("tasks[0].name", "notice"),
        ("tasks[0].lead", "coordinator"),
        ("tasks[0].leads", "coordinator"),
        ("duties[0].to", "notice"),
        ("duties[0].rhythm.due.date", "notice"),
        ("duties[1].rhythm.due.date", "notice"),
        ("duties[2].attachments[2].at_least", "notice"),
        ("duties[2].attachments[4].at_least", "coordinator"),
        ("duties[0].zero_report", "coordinator"),
        ("duties[0].moments.remind", "coordinator"),
    ],
)
def test_who_stated_it_is_said(key: str, origin: str) -> None:
    found = {
        s.key: s.origin for s in statements(read_yaml("plan.yaml", shipped("sanming-2023")["plan.yaml"]))
    }
    assert found[key] == origin
