"""What a plan says that it will say, as `check`, `explain` and `check --against` put it."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from duban.amendments import compare
from duban.plan import Duty, parse
from duban.plan.duties import Moments
from duban.plan.renewing import renewed
from duban.plan.speech import Speech
from duban.rendering import renderer
from duban.spoken import escalation_words, moments_words, speech_words
from duban.views.check import check_view
from duban.views.comparison import difference_words
from duban.views.explanation import explanation
from tests.support.plans import changed, with_cells

PLAN, UNITS = "plan.yaml", "units.csv"
MONTHLY = "    form: monthly\n"
ALL = """messages:
  origin: coordinator
  kickoff: true
  amendments: true
  receipts: [paper, telephone]
  thanks: true
  forms: true
  liaisons: all
  quiet: {start: "21:00", end: "08:00"}
  working_days: true
"""
COLOURS = "    escalation: {blue: 3, orange: 7, red: 12, leader_approves: [red], origin: coordinator}\n"
FULL = [
    (PLAN, "groups:\n", f"{ALL}groups:\n"),
    (PLAN, MONTHLY, f"{MONTHLY}{COLOURS}    circular: 10\n"),
    (PLAN, "{id: branches, name: 各分局}", "{id: branches, name: 各分局, peer: true}"),
]


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ({"remind": [5, 1]}, "到期前5、1天提醒"),
        ({"remind": [5, 1, 0], "chase": [1]}, "到期前5、1天和到期当日提醒，逾期后1天催报"),
        ({"remind": [0]}, "到期当日提醒"),
        ({"chase": [1, 3], "escalate": 10}, "逾期后1、3天催报，逾期10天报牵头科室"),
        ({"escalate": 10}, "逾期10天报牵头科室"),
        ({}, ""),
    ],
)
def test_moments_are_said_in_words(moments: dict[str, object], words: str) -> None:
    assert moments_words(renderer(), Moments.model_validate(moments)) == words


def test_each_message_is_said_where_it_is_switched_on() -> None:
    assert speech_words(renderer(), parse(changed(FULL[0])).file.messages) == {
        "kickoff": "行动启动时，向各单位告知其任务和报送时限",
        "amendments": "方案调整的，向有关单位告知调整内容和理由",
        "receipts": "经纸质、电话收到的报送，另发回执",
        "thanks": "应报事项全部办结后，拟写致谢和表扬，经审定后发出",
        "forms": "要求报送的邮件附空白报表",
        "liaisons": "有几名联络员的，每名都发",
        "quiet": "21:00至次日08:00不发消息，登录验证码除外",
        "working_days": "休息日不发消息，登录验证码除外",
    }
    assert speech_words(renderer(), Speech(kickoff=False)) == {}


def test_quiet_hours_within_a_day_do_not_end_on_the_next() -> None:
    noon = Speech.model_validate({"quiet": {"start": "12:00", "end": "14:00"}})
    assert speech_words(renderer(), noon) == {"quiet": "12:00至14:00不发消息，登录验证码除外"}


def test_the_colours_say_who_is_written_to_when_and_who_approves() -> None:
    plan = parse(changed(*FULL))
    assert escalation_words(renderer(), plan, plan.duty["monthly"]) == (
        "三色督办：逾期3天仍未报的，蓝色督办送联络员；逾期7天仍未报的，橙色督办送单位负责人；"
        "逾期12天仍未报的，红色督办送单位分管领导；橙色经稽查科批准后发出；红色经分管领导批准后发出；"
        "对各分局以商请代督办"
    )


def test_peers_that_the_colours_do_not_touch_are_not_spoken_of() -> None:
    rule = "    escalation: {for: 药械科, blue: 3}\n"
    plan = parse(changed(*FULL[::2], (PLAN, MONTHLY, f"{MONTHLY}{rule}")))
    words = escalation_words(renderer(), plan, plan.duty["monthly"])
    assert words == "三色督办（药品医疗器械监管科）：逾期3天仍未报的，蓝色督办送联络员"


def explained(*edits: tuple[str, str, str]) -> dict[str, list[tuple[str, str]]]:
    """Statements with who stated them, by heading."""
    parts = explanation(renderer(), changed(*edits)).parts
    return {part.title: [(s.text, s.stated) for s in part.said] for part in parts}


def test_an_explanation_says_messages_colours_circulars_and_peers_as_the_coordinator_s() -> None:
    said = explained(*FULL)
    assert ("方案调整的，向有关单位告知调整内容和理由。", "coordinator") in said["消息"]
    assert len(said["消息"]) == 8
    duty = said["报送要求：专项行动情况月报（monthly）"]
    (colours,) = [text for text, stated in duty if text.startswith("三色督办") and stated == "coordinator"]
    assert colours.endswith("。")
    assert ("时限后10天拟写通报，经稽查科批准后发出。", "notice") in duty
    assert any(text.startswith("各分局（非隶属单位，以商请代督办）：10个") for text, _ in said["单位"])
    assert "消息" not in explained()


def test_an_explanation_counts_the_units_whose_heads_and_leaders_can_be_reached() -> None:
    ways = {"head": "email=a@haian.example"}
    cells = {"libao": ways | {"leader": "email=b@haian.example", "prefers": "email"}, "dagong": ways}
    found = explanation(renderer(), with_cells(changed(), cells)).parts
    (units,) = [part for part in found if part.title == "单位"]
    assert units.said[-1].text == (
        "2个单位有负责人的联系渠道，1个单位有分管领导的联系渠道，1个单位指定了优先渠道。"
    )


def test_check_sums_up_what_will_be_said() -> None:
    text = renderer().render("cli/check.txt", **check_view(renderer(), changed(*FULL))["text"])
    assert "\n消息\n  行动启动时，向各单位告知其任务和报送时限\n" in text
    assert "\n    时限后10天拟写通报，经稽查科批准后发出\n" in text


def against(*edits: tuple[str, str, str]) -> list[str]:
    """What a changed Hai'an changes, besides due times."""
    old, new = parse(changed()), parse(changed(*edits))
    found = compare(old, new, datetime(2018, 10, 20, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert not found.shifts
    return [difference_words(renderer(), old, new, d) for d in found.differences]


def test_changed_messages_are_a_difference() -> None:
    messages = "messages: {kickoff: true, quiet: {start: '12:00', end: '13:00'}}\n"
    assert against((PLAN, "groups:\n", f"{messages}groups:\n")) == [
        "方案的消息安排由 无 改为 行动启动时，向各单位告知其任务和报送时限；"
        "12:00至13:00不发消息，登录验证码除外"
    ]


def test_messages_said_to_be_off_are_no_difference() -> None:
    assert against((PLAN, "groups:\n", "messages: {kickoff: false, liaisons: first}\ngroups:\n")) == []


def test_colours_circulars_peers_and_ways_are_differences_in_words() -> None:
    said = against(
        (PLAN, MONTHLY, f"{MONTHLY}    escalation: {{blue: 3}}\n    circular: 10\n"),
        (PLAN, "{id: branches, name: 各分局}", "{id: branches, name: 各分局, peer: true}"),
        (PLAN, "remind: [5, 1]", "remind: [5, 1, 0]"),
    )
    assert said == [
        "单位组“各分局”的以商请代督办由 否 改为 是",
        "报送要求“专项行动情况月报”的提醒与催报由 到期前5、1天提醒，逾期后1、3、7天催报，逾期10天报牵头科室"
        " 改为 到期前5、1天和到期当日提醒，逾期后1、3、7天催报，逾期10天报牵头科室",
        "报送要求“专项行动情况月报”的三色督办由 无 改为 三色督办：逾期3天仍未报的，蓝色督办送联络员；"
        "对各分局以商请代督办",
        "报送要求“专项行动情况月报”的通报由 无 改为 时限后10天拟写通报，经稽查科批准后发出",
    ]


def test_next_year_s_campaign_says_what_this_one_says() -> None:
    made = renewed(changed(*FULL), "haian-2019", date(2019, 3, 1), lambda changes: "请核对")
    old, new = parse(changed(*FULL)), parse(made.bundle)
    assert new.file.messages == old.file.messages

    def spoken(duty: Duty) -> tuple[object, ...]:
        return duty.moments, duty.escalation, duty.circular

    assert [spoken(d) for d in new.file.duties] == [spoken(d) for d in old.file.duties]
    keys = [c.key for c in made.changes]
    assert not [k for k in keys if "messages" in k or "escalation" in k or "circular" in k]
