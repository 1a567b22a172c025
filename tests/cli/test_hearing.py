"""Who hears, deputies and preferences on the command line."""

from __future__ import annotations

from typing import Any

from tests.cli.shell import Shell

HAIAN = "haian-2018"
WHEN = ("--as-of", "2018-09-10T09:00")
DEPUTY = (
    "deputy", HAIAN, "--unit", "libao", "--name", "代理甲", "--phone", "0000-1", "--address",
    "daili@haian.example", "--from", "2018-09-10", "--until", "2018-10-07", "--by", "信息科",
)  # fmt: skip


def told(shipped: Shell, unit: str, *more: str) -> list[dict[str, Any]]:
    """How the unit itself is reached; its head and leader stand after it."""
    found = shipped.json("contacts", HAIAN, "--unit", unit, *more)
    assert [x["recipient"] for x in found][-2:] == [f"head:{unit}", f"leader:{unit}"]
    return [x for x in found if x["recipient"] == f"unit:{unit}"]


def test_who_hears_is_shown_masked_and_in_full_when_asked_for(shipped: Shell) -> None:
    found = told(shipped, "qutang")
    assert [(x["recipient"], x["rank"], x["is"], x["channel"], x["address"]) for x in found] == [
        ("unit:qutang", 0, "channel", "webhook", "q***"),
        ("unit:qutang", 1, "channel", "email", "qut***@haian.example"),
    ]
    shown = shipped("contacts", HAIAN, "--unit", "qutang")
    assert "qutang@haian.example" not in shown
    assert "qutang@haian.example" in shipped("contacts", HAIAN, "--unit", "qutang", "--full")
    assert shipped.json("contacts", HAIAN)[0]["recipient"] == "coordinator"
    assert "没有单位 nobody" in shipped("contacts", HAIAN, "--unit", "nobody", code=2)


def test_a_deputy_is_named_listed_and_taken_out(shipped: Shell) -> None:
    assert "代理（编号1），9月10日（周一）至10月7日（周日）" in shipped(*DEPUTY, *WHEN)
    (first, second) = told(shipped, "libao")
    assert first == {
        "recipient": "unit:libao", "unit": "libao", "rank": 0, "is": "deputy", "until": "2018-10-07",
        "channel": "email", "address": "dai***@haian.example", "name": None,
    }  # fmt: skip
    assert second["is"] == "channel"
    (full, _) = told(shipped, "libao", "--full")
    assert (full["address"], full["name"]) == ("daili@haian.example", "代理甲")
    shown = shipped("contacts", HAIAN, "--full")
    assert "代理（至10月7日）　代理甲" in shown
    assert "已删除" in shipped("deputy", HAIAN, "--unit", "libao", "--remove", "1", *WHEN)
    assert [x["is"] for x in told(shipped, "libao")] == ["channel"]
    assert "没有编号为1的代理" in shipped("deputy", HAIAN, "--unit", "libao", "--remove", "1", *WHEN, code=2)
    assert "记录前后相接" in shipped("verify", HAIAN)


def test_a_dry_run_keeps_nothing(shipped: Shell) -> None:
    assert "代理（编号1）" in shipped(*DEPUTY, *WHEN, "--dry-run")
    shipped("prefer", HAIAN, "--unit", "qutang", "--channel", "email", *WHEN, "--dry-run")
    assert [x["is"] for x in told(shipped, "libao")] == ["channel"]
    assert told(shipped, "qutang")[0]["channel"] == "webhook"


def test_what_a_deputy_lacks_is_said_by_option(shipped: Shell) -> None:
    said = shipped("deputy", HAIAN, "--unit", "libao", "--name", "甲", "--from", "2018-09-10", *WHEN, code=2)
    assert "登记代理须写明 --address、--until" in said
    wrong = [*DEPUTY]
    wrong[wrong.index("--until") + 1] = "10月7日"
    assert "“10月7日”不是日期" in shipped(*wrong, *WHEN, code=2)
    wrong[wrong.index("--until") + 1] = "2018-09-09"
    assert "代理的最后一天不能早于第一天" in shipped(*wrong, *WHEN, code=2)


def test_a_channel_is_preferred_and_given_up(shipped: Shell) -> None:
    assert "先用邮箱（email）发送" in shipped(
        "prefer", HAIAN, "--unit", "qutang", "--channel", "email", *WHEN
    )
    assert [x["channel"] for x in told(shipped, "qutang")] == ["email", "webhook"]
    assert "按名册中的顺序" in shipped("prefer", HAIAN, "--unit", "qutang", "--channel", "none", *WHEN)
    assert [x["channel"] for x in told(shipped, "qutang")] == ["webhook", "email"]
    said = shipped("prefer", HAIAN, "--unit", "qutang", "--channel", "wecom", *WHEN, code=2)
    assert "不能用渠道“wecom”，可用的有：webhook、email" in said


def test_links_say_what_each_is(shipped: Shell) -> None:
    shipped(*DEPUTY, *WHEN)
    found = shipped.json("links", HAIAN, "--unit", "libao")
    assert [(x["is"], x["until"], x["name"]) for x in found] == [
        ("deputy", "2018-10-07", "代理甲"), ("channel", None, ""), ("head", None, ""),
    ]  # fmt: skip
    assert "代理（至10月7日） email daili@haian.example　代理甲" in shipped("links", HAIAN)
