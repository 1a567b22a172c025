"""Zhanjiang's “清网行动” (seed 000), worked out by hand from the notice and the calendar of 2017.

Printed: 月报表自2017年6月份起于每月30日前上报至市局稽查局; 总结报告于2017年12月20日前上报. The coordinator's:
a month is cut off on its 25th, and the bureau's own sections and stations report three working days
before the monthly table, five before the final report.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from duban import agenda
from duban.ledger import open_ledger
from duban.plan import Plan
from duban.plan.origins import statements
from duban.plan.source import read_yaml
from duban.questions import questions
from duban.rendering import renderer
from duban.services.campaigns import read_bundle
from duban.services.deploying import deploy
from duban.services.running import Run, run_campaign
from duban.settings import ROOT
from tests.support.plans import load_shipped, shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")
ISSUED = date(2017, 6, 12)
BUREAU, CITY = "kaifaqu", "shijicha"
SECTIONS = ("jicha", "zonghe", "shengchan", "liutong", "canyin", "yaoxie")
STATIONS = ("lehua", "quanzhuang", "dongshan", "minan", "naozhou")
OWN = {*SECTIONS, *STATIONS}
KINDS = ("食品", "药品", "保健食品", "化妆品", "医疗器械")
"""The five kinds of 二、打击重点, in its order."""

FROM_26_TO_25 = {
    "2017-06": (date(2017, 5, 26), date(2017, 6, 25)),
    "2017-07": (date(2017, 6, 26), date(2017, 7, 25)),
    "2017-08": (date(2017, 7, 26), date(2017, 8, 25)),
    "2017-09": (date(2017, 8, 26), date(2017, 9, 25)),
    "2017-10": (date(2017, 9, 26), date(2017, 10, 25)),
    "2017-11": (date(2017, 10, 26), date(2017, 11, 25)),
    "2017-12": (date(2017, 11, 26), date(2017, 12, 25)),
}
BUREAU_DUE = {
    "2017-06": date(2017, 6, 30),  # Friday
    "2017-07": date(2017, 7, 30),  # Sunday: a warning, never moved
    "2017-08": date(2017, 8, 30),  # Wednesday
    "2017-09": date(2017, 9, 30),  # Saturday, worked: made up for the National Day week
    "2017-10": date(2017, 10, 30),  # Monday
    "2017-11": date(2017, 11, 30),  # Thursday
    "2017-12": date(2017, 12, 30),  # Saturday, not worked: 1 January 2018 made no day up
}
OWN_DUE = {
    "2017-06": date(2017, 6, 27),  # back from Friday the 30th: Thu 29, Wed 28, Tue 27
    "2017-07": date(2017, 7, 26),  # from Sunday the 30th: Fri 28, Thu 27, Wed 26; Saturday counts for nothing
    "2017-08": date(2017, 8, 25),  # from Wednesday the 30th: Tue 29, Mon 28, over the weekend Fri 25
    "2017-09": date(2017, 9, 27),  # from Saturday the 30th: Fri 29, Thu 28, Wed 27
    "2017-10": date(2017, 10, 25),  # from Monday the 30th: Fri 27, Thu 26, Wed 25
    "2017-11": date(2017, 11, 27),  # from Thursday the 30th: Wed 29, Tue 28, Mon 27
    "2017-12": date(2017, 12, 27),  # from Saturday the 30th: Fri 29, Thu 28, Wed 27
}
PHASES = {
    **dict.fromkeys(("2017-06", "2017-07", "2017-08", "2017-09", "2017-10", "2017-11"), ("action",)),
    "2017-12": ("action", "consolidation"),  # 26 to 30 November are still 集中整治
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_shipped("zhanjiang-2017")


def owed(plan: Plan, duty: str) -> dict[tuple[str, str | None], agenda.Obligation]:
    """A duty's obligations by unit and period, each of them there once."""
    found = agenda.of_duty(plan, duty)
    by_key = {(o.unit, o.period): o for o in found}
    assert len(by_key) == len(found)
    return by_key


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=1)


def test_the_three_phases_are_the_months_printed(plan: Plan) -> None:
    assert [(s.name, s.start, s.end) for s in plan.stages] == [
        ("调查摸底阶段", date(2017, 5, 1), date(2017, 5, 31)),
        ("集中整治阶段", date(2017, 6, 1), date(2017, 11, 30)),
        ("巩固提升阶段", date(2017, 12, 1), date(2017, 12, 31)),
    ]
    assert (plan.start, plan.end, plan.file.issued) == (date(2017, 5, 1), date(2017, 12, 31), ISSUED)
    assert {p.start.precision for p in plan.file.phases if p.start} == {"month"}


def test_the_whole_agenda_is_ninety_six_returns(plan: Plan) -> None:
    # 7 tables and 1 report of the bureau; 7 tables and 1 report of each of 6 sections and 5 stations
    assert len(agenda.obligations(plan)) == 7 + 1 + 11 * (7 + 1)
    assert len({o.key for o in agenda.obligations(plan)}) == 96
    assert {u.id for u in plan.units} == {BUREAU, CITY, *OWN}


def test_the_bureau_owes_the_citys_inspection_bureau_seven_tables_by_the_30th(plan: Plan) -> None:
    found = owed(plan, "monthly-up")
    assert set(found) == {(BUREAU, period) for period in BUREAU_DUE}
    for (_, period), o in found.items():
        assert period is not None
        assert (o.covers, o.due_day, o.phases) == (
            FROM_26_TO_25[period], BUREAU_DUE[period], PHASES[period]
        )  # fmt: skip
        assert o.due_at == midnight_after(BUREAU_DUE[period])  # 30日前 includes the 30th
        assert o.opens_at == midnight_after(FROM_26_TO_25[period][1])  # the 26th, once the month is cut off
        assert (o.to, o.copies, o.feeds, o.attachments, o.subject) == (CITY, (), None, (), None)


def test_sections_and_stations_owe_the_bureau_theirs_three_working_days_before(plan: Plan) -> None:
    found = owed(plan, "monthly")
    assert set(found) == {(unit, period) for unit in OWN for period in OWN_DUE}
    for (_, period), o in found.items():
        assert period is not None
        assert (o.covers, o.due_day, o.phases) == (FROM_26_TO_25[period], OWN_DUE[period], PHASES[period])
        assert o.due_at == midnight_after(OWN_DUE[period])
        assert o.feeds == f"zhanjiang-2017/monthly-up/{BUREAU}/{period}"
        assert (o.to, o.copies, o.attachments) == (BUREAU, (), ())


def test_a_sections_table_can_be_sent_from_five_days_before_it_is_due(plan: Plan) -> None:
    # Due on 25 August, the day of the cutoff itself: open from the 20th, and not from July on.
    assert owed(plan, "monthly")["lehua", "2017-08"].opens_at == datetime(2017, 8, 20, tzinfo=SHANGHAI)
    assert owed(plan, "monthly")["lehua", "2017-06"].opens_at == datetime(2017, 6, 22, tzinfo=SHANGHAI)


def test_the_final_report_is_due_on_20_december_and_covers_the_campaign_until_then(plan: Plan) -> None:
    (o,) = owed(plan, "final-up").values()
    assert (o.unit, o.period, o.to) == (BUREAU, None, CITY)
    assert (o.due_day, o.due_at) == (date(2017, 12, 20), midnight_after(date(2017, 12, 20)))
    assert o.covers == (date(2017, 5, 1), date(2017, 12, 20))
    assert (o.phases, o.attachments, o.copies) == (("consolidation",), (), ())


def test_sections_and_stations_sum_up_five_working_days_before_it(plan: Plan) -> None:
    # From Wednesday 20 December: Tue 19, Mon 18, over the weekend Fri 15, Thu 14, Wed 13.
    found = owed(plan, "final")
    assert set(found) == {(unit, None) for unit in OWN}
    for o in found.values():
        assert (o.due_day, o.to) == (date(2017, 12, 13), BUREAU)
        assert o.opens_at == datetime(2017, 11, 13, tzinfo=SHANGHAI)  # thirty days before
        assert o.feeds == f"zhanjiang-2017/final-up/{BUREAU}/"
        # a summary to date ends with its own due day
        assert (o.covers, o.phases) == ((date(2017, 5, 1), date(2017, 12, 13)), ("consolidation",))


def test_only_the_days_in_july_and_december_are_days_off(plan: Plan) -> None:
    # 国办发明电〔2016〕17号: 30 September 2017 (Saturday) is worked
    off = {o.due_day for o in agenda.obligations(plan) if o.due_day and not plan.days.is_working(o.due_day)}
    assert off == {date(2017, 7, 30), date(2017, 12, 30)}


def test_whether_decembers_table_is_owed_after_the_final_report_is_asked(plan: Plan) -> None:
    # The final report is due on 20 December, December's table on the 30th.
    asked = [q for q in questions(plan) if q.code == "periodic-after-final"]
    assert [(q.key, q.value) for q in asked] == [("monthly-up", "2017-12-30")]


def test_reminders_of_the_first_table_leave_on_mornings_that_are_worked(plan: Plan) -> None:
    # Due on Tuesday 27 June: three days before is Saturday the 24th, so Friday the 23rd; one day before
    # is Monday the 26th. Chased on the 28th and 29th, taken up on the 30th, when the bureau has to send.
    moments = owed(plan, "monthly")["naozhou", "2017-06"].moments
    assert [(m.kind, m.at.replace(tzinfo=None).isoformat(" ", "minutes")) for m in moments] == [
        ("remind", "2017-06-23 08:30"),
        ("remind", "2017-06-26 08:30"),
        ("remind", "2017-06-27 08:30"),
        ("chase", "2017-06-28 08:30"),
        ("chase", "2017-06-29 08:30"),
        ("escalate", "2017-06-30 08:30"),
    ]
    # 稽查科 itself runs the campaign: it is not told to ring itself up
    assert owed(plan, "monthly")["jicha", "2017-06"].moments == moments[:-1]


def test_deployed_on_the_day_of_the_notice_nothing_is_stale(plan: Plan) -> None:
    deployed_at = datetime(2017, 6, 12, 8, 30, tzinfo=SHANGHAI)
    for o in agenda.obligations(plan):
        assert "survey" not in o.phases  # May was over
        assert o.due_at is not None
        assert o.due_at > deployed_at
        assert o.opens_at > deployed_at
        assert all(m.at > deployed_at for m in o.moments)
    assert agenda.runs(plan, ISSUED, since=ISSUED) == (deployed_at,)


def test_its_first_runs_open_only_the_phase_of_the_day_and_say_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}", kind="virtual")
    bundle = read_bundle(ROOT / "data" / "campaigns" / "zhanjiang-2017")

    def run(when: datetime) -> Run:
        documents = tmp_path / "documents"
        return run_campaign(
            ledger, "zhanjiang-2017", texts=renderer(), documents=documents, owner="test", as_of=when
        )

    deploy(ledger, bundle, reason="test", as_of=datetime(2017, 6, 12, 8, 30, tzinfo=SHANGHAI))
    for day in range(12, 23):
        done = run(datetime(2017, 6, day, 8, 30, tzinfo=SHANGHAI))
        assert [p.id for p in done.phases] == ["action"]
        assert sum(s.remind + s.chase + s.escalate + s.superseded for s in done.said) == 0
    # The first word is the reminder of Friday 23 June, one for each section and station.
    done = run(datetime(2017, 6, 23, 8, 30, tzinfo=SHANGHAI))
    assert sum(s.remind for s in done.said) == len(OWN)
    ledger.close()


def test_the_city_is_outside_and_every_other_unit_can_be_reached(plan: Plan) -> None:
    assert plan.outside == {CITY}
    assert {u.id for u in plan.units if not u.channels} == {CITY}
    assert plan.coordinator.id == "jicha"  # 湛开食药监稽〔2017〕8号


def test_upward_reports_are_signed_by_the_head_and_zero_tables_are_answers(plan: Plan) -> None:
    for duty in ("monthly-up", "final-up"):
        assert plan.duty[duty].sign == ("filler", "reviewer", "head")
    assert {d.id for d in plan.file.duties if d.zero_report} == {"monthly-up", "monthly"}
    assert {d.id for d in plan.file.duties if d.paper} == {"final-up"}


@pytest.mark.parametrize(("code", "scale"), [("inspected", 0), ("cases", 0), ("fines", 2)])
def test_the_monthly_table_is_broken_down_by_the_five_kinds_of_product(
    plan: Plan, code: str, scale: int
) -> None:
    form = plan.form["monthly"]
    total = form.by_code[code]
    parts = [form.by_code[c] for c in total.sum_of]
    assert tuple(p.name.rpartition("：")[2] for p in parts) == KINDS
    assert {p.unit_of_measure for p in parts} == {total.unit_of_measure}
    assert {p.scale for p in (total, *parts)} == {scale}


def test_what_there_is_at_a_months_end_is_not_added_up_over_months(plan: Plan) -> None:
    stocks = {i.code for i in plan.form["monthly"].indicators if i.is_stock}
    assert stocks == {"operators", "platforms", "own_sites", "caterers", "cases_open"}


def test_the_final_report_has_the_five_printed_parts(plan: Plan) -> None:
    form = plan.form["final"]
    assert [s.name for s in form.sections] == [
        "专项行动总体情况及分析",
        "违法案件查处情况",
        "大案要案及典型案例情况",
        "涉嫌犯罪案件侦办情况",
        "涉嫌犯罪案件监督情况",
    ]
    assert {(i.type, i.required) for i in form.indicators} == {("text", True)}
    assert (plan.duty["final-up"].form, plan.duty["final"].form) == ("final", "final")


@pytest.mark.parametrize(
    ("key", "origin"),
    [
        ("duties[0].rhythm.on", "notice"),
        ("duties[0].rhythm.first", "notice"),
        ("duties[0].to", "notice"),
        ("duties[1].rhythm.due", "notice"),
        ("phases[1].end.date", "notice"),
        ("duties[0].rhythm.cutoff", "coordinator"),
        ("duties[0].rhythm.last", "coordinator"),
        ("duties[0].sign", "coordinator"),
        ("duties[2].rhythm.working_days", "coordinator"),
        ("duties[3].rhythm.working_days", "coordinator"),
        ("duties[1].paper.days", "coordinator"),
        ("coordinator.unit", "coordinator"),
    ],
)
def test_who_stated_it_is_said(key: str, origin: str) -> None:
    found = {
        s.key: s.origin for s in statements(read_yaml("plan.yaml", shipped("zhanjiang-2017")["plan.yaml"]))
    }
    assert found[key] == origin


def test_the_table_is_not_printed_so_its_rows_are_the_coordinators() -> None:
    source = read_yaml("forms/monthly.yaml", shipped("zhanjiang-2017")["forms/monthly.yaml"])
    assert {s.origin for s in statements(source)} == {"coordinator"}
