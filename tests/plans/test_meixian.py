"""Meixian's 假冒伪劣重点领域治理 2019-2021 (seed 004), worked out by hand from the notice and the calendar.

Printed: 19 tasks with lead and cooperating sections; 联络员信息表 and 实施方案 by 21 June 2019 from
各所、各股（室）、执法大队; 每月2号前 a table and a narrative for the month before from 各所、各有关股（室）、
执法大队; three targets.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from duban import agenda
from duban.plan import Plan
from duban.plan.model import WHOLE
from duban.plan.warnings import warnings
from tests.support.plans import load_shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")

TASKS = """
1 g1 加大农村市场监管力度 | 质量发展股 | 食品生产股、食品流通股、食品餐饮股、应急宣传股、执法协调股、执法大队
2 g1 集中开展农资及农产品专项执法 | 市场管理股 | 执法协调股、标准化股、计量股、科技信息股、应急宣传股、
    知识产权股、执法大队
3 g1 大力加强“山寨食品”治理 | 食品生产股 | 食品流通股、食品餐饮股、价监竞争股、广告股、
    知识产权股、应急宣传股、执法协调股、执法大队
4 g1 严厉查处虚假违法广告 | 广告股 | 执法协调股、执法大队
5 g2 开展特殊食品监管专项行动 | 特殊食品股 | 广告股、食品流通股、执法协调股、应急宣传股、消保中心、执法大队
6 g2 加强校园食品安全专项治理 | 食品餐饮股 | 食品流通股、食品生产股、应急宣传股、消保中心、执法大队
7 g2 推进餐饮质量安全提升行动 | 食品餐饮股 | 市场管理股、应急宣传股
8 g2 强化食品安全预警和标准工作 | 食品生产股 | 食品流通股、食品餐饮股、标准化股、特殊食品股、信用风险股
9 g3 严厉查处网络违法经营行为 | 市场管理股 | 知识产权股、执法协调股、执法大队
10 g3 强化对网络交易平台的监督 | 市场管理股 | 消保中心、执法大队
11 g3 着力提升网络交易监管能力 | 市场管理股 | 执法大队
12 g3 大力推动网络市场综合治理 | 市场管理股 | 政策法规股
13 g4 严厉查处无证CCC认证产品 | 质量发展股 | 执法协调股、执法大队
14 g4 加大认证检测市场监管力度 | 质量发展股 | 执法协调股、执法大队
15 g4 开展认证实施机构专项监督 | 质量发展股 | 执法协调股、执法大队
16 g4 加强CCC认证产品在线核查 | 市场管理股、质量发展股 |
17 g5 完善投诉举报受理处置机制 | 消保中心 | 应急宣传股
18 g5 建立跨区域执法办案协作机制 | 执法协调股 | 执法大队、应急宣传股
19 g5 加快构建新型市场监管机制 | 信用风险股 | 相关业务股
"""
"""Number, heading, name, lead and cooperating units in the words of the brackets; long rows go on below."""

HEADINGS = {
    "g1": "集中开展农村市场专项治理",
    "g2": "集中开展食品安全专项治理",
    "g3": "集中开展电商平台专项治理",
    "g4": "集中开展认证领域专项治理",
    "g5": "建立健全治理假冒伪劣制度机制",
}

CONCERNED = {
    "政策法规股": "政策法规股",
    "执法协调股": "执法协调股",
    "应急宣传股": "协调应急与新闻宣传股",
    "信用风险股": "信用风险监管股",
    "价监竞争股": "价格监督与反不正当竞争股",
    "标准化股": "标准化股",
    "市场管理股": "市场规范管理股",
    "广告股": "广告监督管理股",
    "知识产权股": "知识产权管理股",
    "质量发展股": "质量发展监管股",
    "食品生产股": "食品生产安全监督管理股",
    "食品流通股": "食品流通安全监督管理股",
    "食品餐饮股": "食品餐饮安全监督管理股",
    "特殊食品股": "特殊食品安全监督管理股",
    "计量股": "计量股",
    "科技信息股": "科技与信息化股",
}
"""The 16 sections that some task names: short name in its brackets, full name in the list of members."""

UNCONCERNED = {"办公室", "登记注册与行政许可股", "药品化妆品监督管理股", "医疗器械监督管理股"}
"""The other four sections of the list of members."""

OFFICES = {
    "程江所", "南口所", "畲江所", "水车所", "梅南所", "丙村所", "雁洋所", "松口所", "白渡所",
    "隆文所", "桃尧所", "松源所", "梅西所", "石扇所", "城东所", "大坪所", "石坑所", "扶大所",
}  # fmt: skip
"""各市场监督管理所: not printed, the coordinator's, one a town."""

DUE = {
    "2019-06": "2019-07-02", "2019-07": "2019-08-02", "2019-08": "2019-09-02", "2019-09": "2019-10-02",
    "2019-10": "2019-11-02", "2019-11": "2019-12-02", "2019-12": "2020-01-02",
    "2020-01": "2020-02-02", "2020-02": "2020-03-02", "2020-03": "2020-04-02", "2020-04": "2020-05-02",
    "2020-05": "2020-06-02", "2020-06": "2020-07-02", "2020-07": "2020-08-02", "2020-08": "2020-09-02",
    "2020-09": "2020-10-02", "2020-10": "2020-11-02", "2020-11": "2020-12-02", "2020-12": "2021-01-02",
    "2021-01": "2021-02-02", "2021-02": "2021-03-02", "2021-03": "2021-04-02", "2021-04": "2021-05-02",
    "2021-05": "2021-06-02", "2021-06": "2021-07-02", "2021-07": "2021-08-02", "2021-08": "2021-09-02",
    "2021-09": "2021-10-02", "2021-10": "2021-11-02", "2021-11": "2021-12-02", "2021-12": "2022-01-02",
}  # fmt: skip
"""每月2号前报送上个月的工作情况: 7 months of 2019, 12 of 2020, 12 of 2021."""

OFF = {
    "2019-10-02": "holiday",  # 国庆节, 1 to 7 October
    "2019-11-02": "weekend",  # Saturday
    "2020-02-02": "holiday",  # 春节, prolonged to 2 February
    "2020-05-02": "holiday",  # 劳动节, 1 to 5 May
    "2020-08-02": "weekend",  # Sunday
    "2020-10-02": "holiday",  # 国庆节 and 中秋节, 1 to 8 October
    "2021-01-02": "holiday",  # 元旦, 1 to 3 January
    "2021-05-02": "holiday",  # 劳动节, 1 to 5 May
    "2021-10-02": "holiday",  # 国庆节, 1 to 7 October
    "2022-01-02": "holiday",  # 元旦, 1 to 3 January; a Sunday
}
"""Due days that nobody works on, by the State Council's notices of the four years."""


@pytest.fixture(scope="module")
def meixian() -> Plan:
    return load_shipped("meixian-2019")


def tasks() -> list[tuple[str, str, str, tuple[str, ...], tuple[str, ...]]]:
    """Number, heading, name, leads, cooperating units of every printed task."""
    found = []
    for line in TASKS.strip().replace("\n    ", "").splitlines():
        head, lead, cooperating = (cell.strip() for cell in line.split("|"))
        number, under, name = head.split(" ")
        found.append(
            (number, under, name, tuple(lead.split("、")), tuple(filter(None, cooperating.split("、"))))
        )
    return found


def names(plan: Plan, duty: str) -> set[str]:
    """Full names of those who owe a duty."""
    return {plan.unit[o.unit].name for o in agenda.of_duty(plan, duty)}


def shorts(plan: Plan, duty: str) -> list[str]:
    """Short names of those who owe a duty's first return, in the order of units.csv."""
    found = agenda.of_duty(plan, duty)
    return [plan.unit[o.unit].short for o in found if o.period == found[0].period]


def test_nineteen_tasks_in_five_groups_keep_the_units_of_their_brackets(meixian: Plan) -> None:
    found = meixian.file.tasks
    assert [(t.id, t.under, t.name, t.lead, t.cooperating) for t in found if t.under] == tasks()
    assert {t.id: t.name for t in found if not t.under} == HEADINGS
    assert len(tasks()) == 19


def test_every_name_in_the_brackets_is_the_unit_of_the_member_list(meixian: Plan) -> None:
    full = {**CONCERNED, "消保中心": "区消保中心", "执法大队": "执法大队"}
    for short, name in full.items():
        (unit,) = meixian.who([short])
        assert (unit.name, unit.short) == (name, short)
    named = {n for *_, lead, cooperating in tasks() for n in (*lead, *cooperating)} - {"相关业务股"}
    assert named == set(full)


def test_a_section_is_the_same_unit_under_its_short_and_its_full_name(meixian: Plan) -> None:
    assert meixian.who(["质量发展股"]) == meixian.who(["质量发展监管股"]) == (meixian.unit["zhiliang"],)
    assert meixian.who(["各所"]) == meixian.who(["各市场监管所"]) == meixian.members("stations")


def test_two_sections_lead_the_sixteenth_task_together(meixian: Plan) -> None:
    task = meixian.task["16"]
    assert (task.lead, task.leads, task.cooperating) == (("市场管理股", "质量发展股"), "joint", ())


def test_the_business_sections_of_the_last_task_are_concerned_ones_that_inspect(meixian: Plan) -> None:
    others = {"政策法规股", "执法协调股", "应急宣传股", "信用风险股", "科技信息股"}
    assert {u.short for u in meixian.who(["相关业务股"])} == set(CONCERNED) - others


@pytest.mark.parametrize("duty", ["liaison", "plan"])
def test_every_office_every_section_and_the_brigade_owe_a_liaison_and_a_plan(
    meixian: Plan, duty: str
) -> None:
    found = agenda.of_duty(meixian, duty)
    offices = {f"{short.removesuffix('所')}市场监督管理所" for short in OFFICES}
    assert names(meixian, duty) == {*CONCERNED.values(), *UNCONCERNED, *offices, "执法大队"}
    assert len(found) == 18 + 20 + 1
    for o in found:
        assert (o.period, o.due_day, o.to) == (None, date(2019, 6, 21), "zhifa")
        assert o.opens_at == datetime(2019, 6, 19, tzinfo=SHANGHAI)
        assert o.due_at == datetime(2019, 6, 22, tzinfo=SHANGHAI)
    assert found[0].key == f"meixian-2019/{duty}/bangongshi/"


def test_the_implementation_plan_comes_as_a_document(meixian: Plan) -> None:
    for o in agenda.of_duty(meixian, "plan"):
        assert [(a.id, a.at_least, a.kinds) for a in o.attachments] == [("plan", 1, ("document",))]
    assert not any(o.attachments for o in agenda.of_duty(meixian, "liaison"))


def test_every_office_every_concerned_section_and_the_brigade_report_each_month(meixian: Plan) -> None:
    owed = shorts(meixian, "monthly")
    assert set(owed) == {*CONCERNED, *OFFICES, "执法大队"}
    assert len(owed) == 18 + 16 + 1


def test_the_complaints_centre_leads_a_task_and_owes_no_return(meixian: Plan) -> None:
    # it is no 所, no 股（室） and not the brigade, and the notice is not addressed to it
    assert meixian.task["17"].lead == ("消保中心",)
    assert "xiaobao" not in {o.unit for o in agenda.obligations(meixian)}


def test_thirty_one_months_are_reported_on_by_the_second_of_the_next(meixian: Plan) -> None:
    found = agenda.of_duty(meixian, "monthly")
    days = {period: date.fromisoformat(day) for period, day in DUE.items()}
    assert {(o.period, o.due_day) for o in found} == set(days.items())
    assert list(dict.fromkeys(o.period for o in found)) == list(DUE)
    assert len(DUE) == 31
    assert Counter(o.period for o in found) == dict.fromkeys(DUE, 35)


def test_the_first_return_is_about_june_2019_and_the_last_due_on_a_holiday(meixian: Plan) -> None:
    found = agenda.of_duty(meixian, "monthly")
    first, last = found[0], found[-1]
    assert first.covers == (date(2019, 6, 1), date(2019, 6, 30))
    assert first.opens_at == datetime(2019, 7, 1, tzinfo=SHANGHAI)
    assert first.due_at == datetime(2019, 7, 3, tzinfo=SHANGHAI)
    assert last.covers == (date(2021, 12, 1), date(2021, 12, 31))
    assert last.due_at == datetime(2022, 1, 3, tzinfo=SHANGHAI)
    assert {o.due_at.day for o in found if o.due_at} == {3}


def test_check_names_every_due_day_that_is_off_and_moves_none(meixian: Plan) -> None:
    days = [("monthly", period, date.fromisoformat(day)) for period, day in DUE.items()]
    found = warnings(meixian, days)
    assert {w.value: w.code.removeprefix("due-on-") for w in found if w.code.startswith("due-on-")} == OFF
    assert not [w for w in found if w.code == "year-not-announced"]


def test_the_whole_agenda_is_1163_obligations_without_phases(meixian: Plan) -> None:
    # 39 liaisons, 39 plans and 31 x 35 monthly returns
    found = agenda.obligations(meixian)
    assert Counter(o.duty for o in found) == {"liaison": 39, "plan": 39, "monthly": 1085}
    assert len(found) == 1163
    assert {o.phases for o in found} == {()}
    assert [(s.id, s.start, s.end) for s in meixian.stages] == [(WHOLE, date(2019, 1, 1), date(2021, 12, 31))]


@pytest.mark.parametrize(
    ("duty", "period", "moments"),
    [
        # due Fri 21 Jun: Thu 20; Sat 22 goes on to Mon 24; Wed 26; Mon 1 Jul
        ("liaison", None, "remind 1 06-20, remind 0 06-21, chase 1 06-24, chase 5 06-26, escalate 10 07-01"),
        # due Tue 2 Jul: Sat 29 Jun goes back to Fri 28; Tue 2; Wed 3; Fri 5; blue on Sun 7 to Mon 8;
        # Tue 9; orange five days after blue, Sat 13 to Mon 15; red six days after orange, Sun 21 to Mon 22
        ("monthly", "2019-06", "remind 3 06-28, remind 0 07-02, "
                               "chase 1 07-03, chase 3 07-05, blue 5 07-08, escalate 7 07-09, "
                               "orange 10 07-15, red 16 07-22"),
        # due Sun 2 Jan, 1 to 3 Jan off: Thu 30 Dec; the day itself to Fri 31 Dec; Mon 3 on to Tue 4; Wed 5;
        # Fri 7; Sun 9 to Mon 10; Wed 12; Tue 18
        ("monthly", "2021-12", "remind 3 12-30, remind 0 12-31, chase 1 01-04, chase 3 01-05, blue 5 01-07, "
                               "escalate 7 01-10, orange 10 01-12, red 16 01-18"),
    ],
)  # fmt: skip
def test_units_are_reminded_and_chased_on_working_mornings(
    meixian: Plan, duty: str, period: str | None, moments: str
) -> None:
    mine = [o for o in agenda.of_duty(meixian, duty) if o.period == period]
    found = {o.moments for o in mine if o.unit != "zhifa"}  # the coordinator does not supervise itself
    assert [", ".join(f"{m.kind} {m.days} {m.at:%m-%d}" for m in ms) for ms in found] == [moments]


def test_the_deployment_lives_90_days_beyond_the_last_due_day(meixian: Plan) -> None:
    # 2 January 2022 + 29 days of January, 28 of February, 31 of March, 2 of April
    assert agenda.life(meixian) == (date(2019, 1, 1), date(2022, 4, 2))


def test_three_targets_keep_their_printed_goals(meixian: Plan) -> None:
    found = {t.task: t for t in meixian.file.targets if t.numerator == "kitchens_open"}
    assert (found["7"].above, found["7"].at_least) == (Fraction(4, 5), None)
    checks, results = [t for t in meixian.file.targets if t.task == "19"]
    assert (checks.above, checks.at_least) == (None, Fraction(1, 20))
    assert (results.above, results.at_least) == (None, Fraction(1))
    assert [t.horizon for t in (found["7"], checks, results)] == ["campaign", "year", "year"]
    assert len(meixian.file.targets) == 3


def test_targets_are_ratios_of_what_the_offices_report_month_by_month(meixian: Plan) -> None:
    ratios = [(t.duty, t.numerator, t.denominator) for t in meixian.file.targets]
    assert ratios == [
        ("monthly", "kitchens_open", "kitchens"),
        ("monthly", "random_covered", "businesses"),
        ("monthly", "results_published", "results_due"),
    ]
    form = meixian.form["monthly"]
    (section,) = [s for s in form.sections if s.id == "targets"]
    assert meixian.who(section.for_) == meixian.members("stations")
    # stocks are taken as they last stood; what happens in a month adds up
    assert {i.code: i.periods for i in section.indicators} == {
        "kitchens": "last", "kitchens_open": "last", "businesses": "last",
        "random_checks": "sum", "random_covered": "sum", "results_due": "sum", "results_published": "sum",
    }  # fmt: skip


def test_the_narrative_has_the_five_printed_parts(meixian: Plan) -> None:
    narrative = meixian.form["monthly"].sections[-1]
    assert [(i.name, i.type, i.required) for i in narrative.indicators] == [
        (name, "text", True) for name in ("打假统计数据", "重点案件", "经验做法", "存在问题", "下步打算")
    ]
    assert narrative.for_ == ()


def test_the_liaison_form_fills_the_liaisons_and_all_its_answers_are_personal(meixian: Plan) -> None:
    form = meixian.form["liaison"]
    assert form.fills == "liaisons"
    assert [(i.code, i.personal) for i in form.indicators] == [
        ("liaison_name", True),
        ("liaison_position", True),
        ("liaison_phone", True),
        ("liaison_email", True),
    ]


def test_every_return_arrives_in_the_ftp_folder(meixian: Plan) -> None:
    assert {d.id: d.through for d in meixian.file.duties} == {
        "liaison": ("folder",), "plan": ("folder",), "monthly": ("folder",),
    }  # fmt: skip
    assert [d.id for d in meixian.file.duties if d.zero_report] == ["monthly"]
