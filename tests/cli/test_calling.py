"""The telephone list, messages to come and dry runs as they are called for."""

from __future__ import annotations

import hashlib

import pytest

from tests.cli.shell import Shell
from tests.support.plans import changed
from tests.support.town import HAIAN

NOON = ("--as-of", "2018-10-12T12:00")
TOLD = ("call", HAIAN, "--unit", "白甸分局", "--by", "稽查科", "--as-of", "2018-10-12T11:00")
WAIVE = (
    "decide", HAIAN, "--duty", "monthly", "--unit", "baidian", "--period", "2018-09", "--kind", "waive",
    "--by", "稽查科", "--reason", "停业", "--as-of", "2018-10-12T11:00",
)  # fmt: skip


def test_the_list_is_printed_and_a_call_logged_stands_in_it(running: Shell) -> None:
    before = running("calls", HAIAN, *NOON)
    assert "电话催报单　截至2018-10-12 12:00" in before
    assert "10. 白甸镇分局　逾期7天" in before
    assert "应报　2018年9月专项行动情况月报，应于10月5日（周五）24时前报" in before
    said = running(
        *TOLD, "--outcome", "promised", "--until", "2018-10-13", "--person", "内勤甲", "--note", "正在汇总"
    )
    assert "已记录：白甸镇分局　2018-10-12 11:00　答应10月13日（周六）24时前报送" in said
    after = running("calls", HAIAN, *NOON)
    assert "10. 白甸镇分局　逾期7天　（已答应10月13日（周六）24时前报送）" in after
    assert (
        "上次　2018-10-12 11:00　答应10月13日（周六）24时前报送　接话人内勤甲　正在汇总　（稽查科）" in after
    )


def test_the_list_as_json(running: Shell) -> None:
    running(*TOLD, "--outcome", "no-answer", "--at", "2018-10-12T10:50")
    found = {call["unit"]: call for call in running.json("calls", HAIAN, *NOON)}
    assert len(found) == 10
    mine = found["baidian"]
    assert (mine["name"], mine["days"], mine["escalated"], mine["promised_until"]) == (
        "白甸镇分局", 7, False, None,
    )  # fmt: skip
    assert mine["items"] == [
        {
            "unit": "baidian", "duty": "monthly", "period": "2018-09", "subject": None,
            "due_at": "2018-10-06T00:00:00+08:00", "days": 7, "escalated": False, "colour": None,
            "came_in": "nothing", "reason": None, "problems": [],
        }
    ]  # fmt: skip
    (call,) = mine["calls"]
    assert (call["called_at"], call["outcome"], call["note"]) == (
        "2018-10-12T10:50:00+08:00", "no-answer", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--outcome", "promised"), "答应报送的，须写明哪天以前；其他结果不写日期"),
        (("--outcome", "told", "--at", "2018-10-12T11:01"), "晚于现在"),
        (("--outcome", "told", "--note", "忙" * 501), "答复最多500个字"),
    ],
)
def test_a_call_that_cannot_be_is_refused_in_words(running: Shell, more: tuple[str, ...], said: str) -> None:
    assert said in running(*TOLD, *more, code=2)


def test_nobody_is_to_be_rung_while_nothing_is_overdue(running: Shell) -> None:
    assert "没有逾期未报的单位，不用打电话" in running("calls", HAIAN, "--as-of", "2018-10-05T12:00")
    assert running.json("calls", HAIAN, "--as-of", "2018-10-05T12:00") == []


def test_messages_to_come_of_a_folder_are_those_of_its_plan(shell: Shell) -> None:
    found = shell.json("agenda", HAIAN, "--messages", "--unit", "baidian", "--duty", "monthly")
    october = [x for x in found if x["period"] == "2018-10"]
    assert [(x["kind"], x["at"][:16], x["to"]) for x in october] == [
        ("remind", "2018-10-31T08:30", "baidian"), ("remind", "2018-11-02T08:30", "baidian"),
        ("remind", "2018-11-05T08:30", "baidian"), ("chase", "2018-11-06T08:30", "baidian"),
        ("chase", "2018-11-08T08:30", "baidian"), ("chase", "2018-11-12T08:30", "baidian"),
        ("blue", "2018-11-13T08:30", "baidian"), ("escalate", "2018-11-15T08:30", "jicha"),
        # 12 days after the 5th is a Saturday; five more days than that Monday's are a Saturday again.
        ("orange", "2018-11-19T08:30", "baidian"), ("red", "2018-11-26T08:30", "baidian"),
    ]  # fmt: skip
    assert not (shell.var / "ledger.sqlite").exists()


def test_messages_to_come_of_a_deployed_campaign_are_those_of_its_ledger(running: Shell) -> None:
    running(*WAIVE)
    found = running.json("agenda", HAIAN, "--messages", *NOON)
    september = {x["unit"] for x in found if x["period"] == "2018-09" and x["kind"] != "circular"}
    assert len(september) == 9
    assert "baidian" not in september
    printed = running("agenda", HAIAN, "--messages", "--duty", "monthly", *NOON)
    assert "下一次运行时（时间已到）" in printed
    assert "2018-10-31 08:30\n  提醒          10个单位" in printed
    assert "上报牵头单位  稽查科" in printed


def test_a_wrong_name_is_said(running: Shell) -> None:
    assert "没有报送要求" in running("agenda", HAIAN, "--messages", "--duty", "weekly", code=2)


def fingerprint(shell: Shell) -> dict[str, str]:
    """Every file of the installation, byte for byte."""
    files = (path for path in shell.var.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((*WAIVE,), "专项行动情况月报（免报）"),
        ((*TOLD, "--outcome", "told"), "已记录：白甸镇分局"),
        (("run", HAIAN, *NOON), "将发出10封"),
        (("deploy", "quiet", *NOON), "未作改动"),
    ],
    ids=["decide", "call", "run", "deploy"],
)
def test_a_dry_run_leaves_the_ledger_byte_for_byte_as_it_was(
    running: Shell, command: tuple[str, ...], said: str
) -> None:
    before = fingerprint(running)
    assert said in running(*command, "--dry-run")
    assert fingerprint(running) == before


def test_what_a_run_would_say_is_printed_in_full(running: Shell) -> None:
    said = running("run", HAIAN, "--dry-run", *NOON)
    assert "邮箱 baidian@haian.example" in said or "系统接口 baidian" in said
    assert "应于10月5日（周五）24时前" in said
    assert "[[duban" not in said


def test_a_first_deployment_can_be_tried_without_making_a_ledger(shell: Shell) -> None:
    assert "将启用 haian-2018 第1版方案，应报事项41项" in shell("deploy", HAIAN, "--dry-run")
    assert fingerprint(shell) == {}


def test_an_amendment_can_be_tried_and_says_what_it_would_change(running: Shell) -> None:
    folder = running.var / "haian-new"
    for name, text in changed(("units.csv", "baidian,白甸镇分局,", "baidian,白甸中心分局,")).files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    before = fingerprint(running)
    said = running("deploy", str(folder), "--dry-run", *NOON)
    assert "将启用 haian-2018 第2版方案" in said
    assert "白甸中心分局" in said
    assert fingerprint(running) == before


def test_a_run_by_hand_says_what_a_dry_run_foretold(running: Shell) -> None:
    assert "催报" in running("run", HAIAN, *NOON)
    assert "现在没有要发的通知" in running("run", HAIAN, "--dry-run", "--as-of", "2018-10-12T12:01")
