"""Chongming's 近期食品安全重点工作安排 (seed 003): its one table typed out, and an agenda worked out by hand.

The annex prints tasks, 牵头单位 and 责任单位, and nothing else: no day, no phase, no way of reporting.
The monthly progress report and the span of October 2019 to March 2020 are the coordinator's.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from duban import agenda
from duban.plan import Plan, parse
from duban.plan.model import WHOLE
from duban.plan.origins import statements
from duban.plan.source import read_yaml
from duban.plan.warnings import warnings
from tests.support.plans import changed, load_shipped, mistakes, shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")

TABLE = """
1.1.1 | 食品经营科 | 执法监督科、执法大队、各市场所
1.1.2 | 网监科 | 执法监督科、执法大队、各市场所
1.1.3 | 执法监督科 | 网监科、执法大队、各市场所
1.1.4 | 食品经营科 | 执法监督科、执法大队、各市场所
1.1.5 | 食品生产科、食品经营科 |
1.1.6 | 食品经营科 | 执法监督科、执法大队、各市场所
1.1.7 | 食品经营科、食品生产科 | 执法监督科、执法大队、各市场所
1.1.8 | 食品经营科 | 执法监督科、执法大队、各市场所
1.2 | 食品生产科、食品经营科 | 执法监督科、执法大队、各市场所
1.3 | |
1.4 | |
1.5 | 食品经营科 | 执法监督科、网监科、执法大队、各市场所
1.6 | 食品协调科 | 执法监督科、食品生产科、食品经营科、认证科
1.7 | 执法监督科 | 食品生产科、食品经营科
1.8.1 | 信用监管科 | 食品生产科、食品经营科
1.8.2 | 食品生产科、食品经营科 | 信用监管科、执法大队、各市场所
1.8.3 | 执法监督科 | 食品生产科、食品经营科
2.1.1 | 执法监督科 | 食品生产科、食品经营科、执法大队、各市场所
2.1.2 | 执法监督科 | 食品生产科、食品经营科、执法大队、各市场所
2.2 | 执法监督科 | 食品生产科、食品经营科、执法大队、各市场所
3.1 | 消保科 | 食品生产科、食品经营科、执法大队、各市场所
3.2 | 食品协调科 | 消保科、执法大队、各市场所
4.1 | 办公室、食品协调科 | 食品生产科、食品经营科、执法大队、各市场所
4.2 | 食品协调科 | 执法大队、各市场所
5.1 | 执法监督科 | 食品协调科、食品生产科、食品经营科、执法大队
5.2 | 食品协调科 | 执法监督科、食品生产科、食品经营科、执法大队
5.3 | 办公室 | 食品协调科、食品生产科、食品经营科、网监科、执法大队、各市场所
5.4 | 执法监督科 | 食品协调科、食品生产科、食品经营科、执法大队
5.5 | 执法监督科 | 食品生产科、食品经营科、执法大队、各市场所
5.6 | 食品协调科 | 执法监督科、食品生产科、食品经营科、执法大队、各市场所
5.7 | 执法监督科 | 食品生产科、食品经营科、执法大队、各市场所
"""
"""The printed rows that are no heading: number, 牵头单位, 责任单位; two names on two lines joined by 、."""

HEADINGS = {"1": None, "1.1": "1", "1.8": "1", "2": None, "2.1": "2", "3": None, "4": None, "5": None}

FILES = {
    "食品经营科": ["1.1.1", "1.1.4", "1.1.6", "1.1.7", "1.1.8", "1.5"],
    "网监科": ["1.1.2"],
    "执法监督科": ["1.1.3", "1.7", "1.8.3", "2.1.1", "2.1.2", "2.2", "5.1", "5.4", "5.5", "5.7"],
    "食品生产科": ["1.1.5", "1.2", "1.8.2"],
    "食品协调科": ["1.6", "3.2", "4.2", "5.2", "5.6"],
    "信用监管科": ["1.8.1"],
    "消保科": ["3.1"],
    "办公室": ["4.1", "5.3"],
}
"""Who files the report on which task: the lead, of two the one printed first."""

DUE = {
    "2019-10": date(2019, 11, 5),
    "2019-11": date(2019, 12, 5),
    "2019-12": date(2020, 1, 5),
    "2020-01": date(2020, 2, 5),
    "2020-02": date(2020, 3, 5),
    "2020-03": date(2020, 4, 5),
}
"""The 5th of the month after the one reported on."""


@pytest.fixture(scope="module")
def chongming() -> Plan:
    return load_shipped("chongming-food")


def rows() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Number → names in the lead cell, names in the 责任单位 cell."""
    lines = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    return {n: (tuple(filter(None, a.split("、"))), tuple(filter(None, b.split("、")))) for n, a, b in lines}


def test_every_printed_row_keeps_its_lead_and_responsible_units(chongming: Plan) -> None:
    found = {t.id: (t.lead, t.cooperating) for t in chongming.file.tasks if t.id not in HEADINGS}
    assert found == rows()
    assert len(found) == 31
    assert list(found) == list(rows())


def test_a_row_hangs_under_the_heading_its_number_begins_with(chongming: Plan) -> None:
    assert {t.id: t.under for t in chongming.file.tasks if t.id in HEADINGS} == HEADINGS
    assert {t.id: t.under for t in chongming.file.tasks if t.id not in HEADINGS} == {
        number: number.rpartition(".")[0] for number in rows()
    }
    assert all(not t.lead and not t.cooperating for t in chongming.file.tasks if t.id in HEADINGS)


def test_rows_with_two_names_in_the_lead_cell_have_joint_leads(chongming: Plan) -> None:
    two = {t.id: t.leads for t in chongming.file.tasks if len(t.lead) > 1}
    assert two == dict.fromkeys(["1.1.5", "1.1.7", "1.2", "1.8.2", "4.1"], "joint")


def test_the_names_are_the_printed_ones(chongming: Plan) -> None:
    assert [chongming.task[n].name for n in ("1.1.5", "1.3", "1.8", "3.2", "5.2")] == [
        "查办其他婴幼儿食品案件",
        "群众反映强烈、社会影响恶劣、舆论高度关注的危害食品安全案件",
        "统一“处罚到人”的执行标准",
        "落实举报奖励制度",
        "与检察院、区公安分局联合开展业务培训",
    ]


def test_the_market_offices_are_an_open_group_that_tasks_name_as_a_whole(chongming: Plan) -> None:
    offices = chongming.who(["各市场所"])
    assert {u.groups for u in offices} == {("stations",)}
    assert {u.origin for u in offices} == {"coordinator"}
    assert [u.short for u in offices[:3]] == ["城桥所", "堡镇所", "新河所"]
    # the other ten are in the printed table
    named = {u.name for u in chongming.units if u.origin == "notice"}
    assert named == {n for cells in rows().values() for cell in cells for n in cell} - {"各市场所"}
    assert len(named) == 10


def test_a_month_has_one_report_on_each_task_that_has_a_lead(chongming: Plan) -> None:
    october = [o for o in agenda.obligations(chongming) if o.period == "2019-10"]
    assert [(chongming.unit[o.unit].name, o.subject) for o in october] == [
        (unit, n) for n in rows() for unit, tasks in FILES.items() if n in tasks
    ]
    assert len(october) == 29
    for o in october:
        assert (o.duty, o.to, o.copies, o.feeds) == ("progress", "xietiao", (), None)
        assert o.covers == (date(2019, 10, 1), date(2019, 10, 31))
        assert o.opens_at == datetime(2019, 11, 1, tzinfo=SHANGHAI)
        assert o.due_at == datetime(2019, 11, 6, tzinfo=SHANGHAI)
        assert [(a.id, a.at_least) for a in o.attachments] == [("evidence", 0)]
    assert october[0].key == "chongming-food/progress/jingying/2019-10/1.1.1"


def test_six_months_are_reported_on_by_the_fifth_of_the_next(chongming: Plan) -> None:
    found = agenda.obligations(chongming)
    assert {(o.period, o.due_day) for o in found} == set(DUE.items())
    assert Counter(o.period for o in found) == dict.fromkeys(DUE, 29)
    assert len(found) == 174


def test_nobody_reports_on_the_two_tasks_without_a_unit_and_check_asks_who(chongming: Plan) -> None:
    reported = {o.subject for o in agenda.obligations(chongming)}
    assert rows().keys() - reported == {"1.3", "1.4"}
    asked = {w.value for w in warnings(chongming, ()) if w.code == "task-without-lead"}
    assert asked == {"1.3", "1.4"}


def test_check_warns_of_the_two_due_days_that_are_sundays(chongming: Plan) -> None:
    # 5 January 2020 is a Sunday; 5 April 2020 is one too, within 清明 (4 to 6 April)
    days = [("progress", period, day) for period, day in DUE.items()]
    found = [(w.code, w.value) for w in warnings(chongming, days) if w.code.startswith("due-on")]
    assert found == [("due-on-weekend", "2020-01-05"), ("due-on-holiday", "2020-04-05")]


@pytest.mark.parametrize(
    ("period", "moments"),
    [
        # due Tue 5 Nov: Sat 2 goes back to Fri 1; the day itself; Wed 6; Sun 10 goes on to Mon 11; Fri 15
        ("2019-10", "remind 3 11-01, remind 0 11-05, chase 1 11-06, chase 5 11-11, escalate 10 11-15"),
        # due Sun 5 Jan: Thu 2, the first working day of the year; the day itself to Fri 3; Mon 6; Fri 10;
        # Wed 15
        ("2019-12", "remind 3 01-02, remind 0 01-03, chase 1 01-06, chase 5 01-10, escalate 10 01-15"),
    ],
)
def test_leads_are_reminded_and_chased_on_working_mornings(
    chongming: Plan, period: str, moments: str
) -> None:
    mine = [o for o in agenda.obligations(chongming) if o.period == period]
    found = {o.moments for o in mine if o.unit != "xietiao"}  # the coordinator is not told to ring itself up
    assert [", ".join(f"{m.kind} {m.days} {m.at:%m-%d}" for m in ms) for ms in found] == [moments]


def test_no_day_and_no_phase_is_printed_and_the_span_is_a_proposal(chongming: Plan) -> None:
    assert (chongming.file.issued, chongming.file.phases) == (None, ())
    assert (chongming.start, chongming.end) == (date(2019, 10, 1), date(2020, 3, 31))
    assert [s.id for s in chongming.stages] == [WHOLE]
    assert {o.phases for o in agenda.obligations(chongming)} == {()}
    plan = read_yaml("plan.yaml", shipped("chongming-food")["plan.yaml"]).data
    assert not {"start", "end", "issued", "phases"} & set(plan)
    assert (chongming.file.start.origin, chongming.file.end.origin) == ("coordinator", "coordinator")


def test_another_span_gives_the_same_tasks_other_months() -> None:
    # a deployment gives March to April 2027: two months of 29 reports
    given = shipped("chongming-food")["given.yaml"]
    moved = given.replace("2019-10-01", "2027-03-01").replace("2020-03-31", "2027-04-30")
    found = agenda.obligations(parse(changed(("given.yaml", given, moved), slug="chongming-food")))
    assert Counter((o.period, o.due_day) for o in found) == {
        ("2027-03", date(2027, 4, 5)): 29,
        ("2027-04", date(2027, 5, 5)): 29,
    }


def test_without_a_span_the_plan_asks_for_one() -> None:
    given = shipped("chongming-food")["given.yaml"]
    found = mistakes(changed(("given.yaml", given, "{}"), slug="chongming-food"))
    assert {p.key for p in found} >= {"start", "end"}


def test_only_the_table_is_the_notices_and_every_way_of_reporting_the_coordinators() -> None:
    source = read_yaml("plan.yaml", shipped("chongming-food")["plan.yaml"])
    origins = {(s.key.split("[")[0], s.origin) for s in statements(source)}
    assert {o for key, o in origins if key == "duties"} == {"coordinator"}
    of_tasks = [s for s in statements(source) if s.key.startswith("tasks")]
    assert {s.key.rpartition(".")[2] for s in of_tasks if s.origin == "coordinator"} == {"leads"}


def test_a_task_is_reported_on_by_state_narrative_count_and_evidence(chongming: Plan) -> None:
    (form,) = chongming.forms
    assert [(i.code, i.type, i.required) for i in form.indicators] == [
        ("state", "choice", True),
        ("narrative", "text", True),
        ("count", "integer", True),
        ("evidence", "text", False),
    ]
    assert form.by_code["state"].choices == ("未启动", "推进中", "已完成")
    assert (form.by_code["count"].unit_of_measure, form.by_code["count"].periods) == ("件", "sum")
