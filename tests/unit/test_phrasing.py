"""Rhythms, names and targets in words. Expected sentences are those a notice would print."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from duban.phrasing import attachments_words, copies_words, date_words, duty_rhythm_words, names_words
from duban.plan import Plan
from duban.plan.dates import PrintedDate
from duban.plan.duties import Attachment, Copy, Duty
from duban.plan.tasks import Target
from duban.rendering import renderer
from tests.support.plans import load

TEXTS = renderer()
HAIAN = load("haian-2018")


def duty(rhythm: dict[str, Any], **others: Any) -> Duty:
    data = {"id": "x", "name": "某报告", "by": "branches", "to": "jicha", "rhythm": rhythm, **others}
    return Duty.model_validate(data)


def with_duty(made: Duty, determined: dict[str, date] | None = None) -> Plan:
    file = HAIAN.file.model_copy(update={"duties": (*HAIAN.file.duties, made)})
    return Plan(file=file, units=HAIAN.units, forms=HAIAN.forms, determined=determined or {})


@pytest.mark.parametrize(
    ("rhythm", "words"),
    [
        ({"every": "month", "on": 5, "in": "next"}, "每月5日前报上月"),
        ({"every": "month", "on": "last", "in": "same"}, "每月最后一天前报当月"),
        ({"every": "month", "on": 30, "in": "same", "cutoff": 25}, "每月30日前（上月26日至本月25日）"),
        ({"every": "month", "on": [10, 20], "in": "same"}, "每月10日、20日前"),
        ({"every": "week", "on": "fri", "in": "same", "at": "17:00"}, "每周五17:00前报本周"),
        ({"every": "week", "on": "mon", "in": "next", "at": "closing"}, "每周一下班（17:30）前报上周"),
        ({"every": "day", "in": "next", "at": "09:00", "skip": "weekends"}, "次日09:00前报前一日，周末不报"),
        ({"every": "half-month", "on": 3, "in": "next"}, "每半月第3天前报上一半月"),
        ({"every": "quarter", "on": 5, "in": "next"}, "每季度后第一个月5日前报上季度"),
        ({"every": "quarter", "on": "last", "in": "next"}, "下一季度最后一天前报上季度"),
        ({"every": "half-year", "on": "last", "in": "next"}, "下一半年最后一天前报上一半年"),
        ({"every": "half-year", "on": 10, "month": 2, "in": "next"}, "每半年后第二个月10日前报上一半年"),
        ({"every": "year", "on": 15, "month": 1, "in": "next", "roll": "next"},
         "每年1月15日前报上年，遇休息日顺延"),
        ({"every": "month", "on": 5, "in": "next", "first": "2018-09", "last": "2018-12"},
         "每月5日前报上月（2018年9月至2018年12月）"),
        ({"every": "month", "on": 5, "in": "next", "covers": "to-date"}, "每月5日前报上月（报累计至当期）"),
        ({"dates": ["2018-11-15", "2018-10-15"]}, "2018年10月15日、2018年11月15日前"),
        ({"due": "2017-12-20"}, "2017年12月20日前"),
        ({"due": {"date": "2018-12-31", "precision": "month", "soft": True}, "at": "12:00"},
         "原则上2018年12月底12:00前"),
        ({"due": "undetermined"}, "待定"),
        ({"end_of": "action"}, "“集中打击阶段”结束时"),
        ({"end_of": "action", "days": 5}, "“集中打击阶段”结束后5天内"),
        ({"when": "event"}, "随时"),
        ({"when": "event", "within": {"hours": 24}}, "随时（24小时内）"),
        ({"when": "event", "within": {"working_days": 2}}, "随时（2个工作日内）"),
        ({"before": "monthly", "working_days": 3}, "“专项行动情况月报”前3个工作日"),
        ({"after": "monthly", "days": 2}, "“专项行动情况月报”后2天"),
    ],
)  # fmt: skip
def test_a_rhythm_reads_as_a_notice_prints_it(rhythm: dict[str, Any], words: str) -> None:
    made = duty(rhythm)
    assert duty_rhythm_words(TEXTS, with_duty(made), made) == words


def test_a_determined_day_and_other_rhythms_are_said_too() -> None:
    other = {"for": "haian", "rhythm": {"every": "month", "on": 10, "in": "next"}}
    made = duty({"due": "undetermined"}, variants=[other])
    plan = with_duty(made, {"x": date(2018, 11, 30)})
    said = duty_rhythm_words(TEXTS, plan, made)
    assert said == "待定（现定为2018年11月30日前）；海安镇分局：每月10日前报上月"


@pytest.mark.parametrize(
    ("day", "precision", "words"),
    [
        ("2018-09-20", "xun", "2018年9月中旬"),
        ("2018-09-21", "xun", "2018年9月下旬"),
        ("2018-09-30", "xun", "2018年9月下旬"),
        ("2018-10-31", "xun", "2018年10月下旬"),
        ("2018-12-01", "month", "2018年12月初"),
        ("2018-12-31", "month", "2018年12月底"),
        ("2018-09-30", "quarter", "2018年第三季度末"),
        ("2018-07-01", "half-year", "2018年下半年初"),
        ("2018-12-31", "year", "2018年底"),
    ],
)
def test_a_date_is_said_as_exactly_as_it_was_printed(day: str, precision: Any, words: str) -> None:
    assert date_words(TEXTS, PrintedDate.model_validate({"date": day, "precision": precision})) == words


def test_units_and_groups_are_named_in_full_whatever_they_are_called_by() -> None:
    assert names_words(TEXTS, HAIAN, ["branches", "海安分局", "jicha", "parent"]) == (
        "各分局、海安镇分局、稽查科、上级单位"
    )
    copy = Copy.model_validate({"to": "branches", "same": "县区"})
    assert copies_words(TEXTS, HAIAN, [copy]) == "同县区的各分局"


def test_attachments_say_how_many_and_for_each_of_which() -> None:
    cases = {"id": "case", "name": "典型案例", "at_least": 2, "for": "branches"}
    decisions = {"id": "decision", "name": "处罚决定书", "per": "case"}
    made = duty({"due": "2018-12-20"}, attachments=[cases, decisions])
    found = [Attachment.model_validate(a) for a in (cases, decisions)]
    assert attachments_words(TEXTS, with_duty(made), found) == (
        "典型案例（2份以上）（各分局）、处罚决定书（每份“典型案例”一份）"
    )


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ({"denominator": "clues", "above": "80%"}, "立案查处网售药品违法案件 ÷ 收集违法线索超过80%"),
        ({"denominator": "clues", "at_least": "2.5%", "horizon": "year"},
         "立案查处网售药品违法案件 ÷ 收集违法线索不低于2.5%（每年）"),
        ({"at_least": 30}, "立案查处网售药品违法案件不低于30"),
    ],
)  # fmt: skip
def test_a_target_says_what_is_measured(goal: dict[str, Any], words: str) -> None:
    from duban.phrasing import target_words

    of_duty = {"id": "t", "name": "某目标", "duty": "monthly", "numerator": "cases_filed"}
    said = target_words(TEXTS, HAIAN, Target.model_validate({**of_duty, **goal}))
    assert said == f"{words}（按“专项行动情况月报”所报计算）"


def test_a_target_measured_by_the_rows_of_a_register_says_what_is_counted() -> None:
    from duban.phrasing import target_words

    goal = {"id": "t", "name": "某目标", "duty": "commendation", "numerator": "persons", "at_least": 3}
    said = target_words(TEXTS, HAIAN, Target.model_validate(goal))
    assert said == "建议表扬个人不低于3（按“通报表扬建议名单”所报计算）"
