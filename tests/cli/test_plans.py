"""Commands about plans: check, agenda, explain, new, schema, and what is given beside a plan."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from duban.settings import ROOT
from tests.cli.shell import Shell
from tests.support.town import HAIAN

CAMPAIGNS = ROOT / "data" / "campaigns"


def copied(shell: Shell, slug: str, *edits: tuple[str, str]) -> Path:
    """A folder of its own with a changed plan.yaml."""
    folder = shell.var / "mine"
    shutil.copytree(CAMPAIGNS / slug, folder)
    plan = folder / "plan.yaml"
    text = plan.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    plan.write_text(text, "utf-8")
    return folder


def test_check_says_rhythms_recipients_attachments_tasks_and_targets(shell: Shell) -> None:
    sanming = shell("check", "sanming-2023")
    assert "2023年8月20日前" in sanming
    assert "行政处罚决定书（每份“典型案例”一份）" in sanming
    assert "与“中期行动总结报告和统计表”所报相同" in sanming
    zhanjiang = shell("check", "zhanjiang-2017")
    assert "每月30日前（上月26日至本月25日）" in zhanjiang
    assert "“打击互联网食品药品违法犯罪专项行动月报表”前3个工作日" in zhanjiang
    assert "原文：2017年6月—11月" in zhanjiang
    meixian = shell("check", "meixian-2019")
    assert "超过80%" in meixian
    assert "19 加快构建新型市场监管机制　牵头：信用风险监管股　配合：相关业务股" in meixian
    assert "通知未分阶段" in meixian


def test_check_against_a_folder_says_what_an_amendment_does(shell: Shell) -> None:
    folder = copied(shell, HAIAN, ("on: 5", "on: 10"), ("last: 2018-12", "last: 2018-11"))
    words = ("check", str(folder), "--against", HAIAN, "--on", "2018-10-20")
    text = shell(*words)
    # September's return was due on 5 October; November's moves from 5 to 10 December.
    assert (
        "2018年9月：10个单位的时限由 2018年10月5日（周五）24时前"
        " 改为 2018年10月10日（周三）24时前（已到期，按原规定）" in text
    )
    assert (
        "2018年11月：10个单位的时限由 2018年12月5日（周三）24时前 改为 2018年12月10日（周一）24时前\n" in text
    )
    assert "取消的应报事项" in text
    found = shell.json(*words)
    assert set(found) == {"added", "moved", "dropped", "changed"}
    assert [(m["period"], m["past"], len(m["units"])) for m in found["moved"]] == [
        ("2018-09", True, 10), ("2018-10", False, 10), ("2018-11", False, 10),
    ]  # fmt: skip
    assert [(m["period"], m["before"], m["after"]) for m in found["dropped"]] == [
        ("2018-12", "2019-01-06T00:00:00+08:00", None)
    ]
    assert [(c["part"], c["id"], c["field"]) for c in found["changed"]] == [("duty", "monthly", "rhythm")]


def test_check_against_a_slug_takes_the_plan_in_force(shipped: Shell) -> None:
    assert "没有差别" in shipped("check", HAIAN, "--against", HAIAN)
    folder = copied(shipped, HAIAN, ("on: 5", "on: 10"))
    as_of = ("--ledger-only", "--as-of", "2018-10-20T09:00", "--reason", "时限推迟")
    shipped("deploy", str(folder), *as_of)
    found = shipped.json("check", HAIAN, "--against", HAIAN, "--on", "2018-10-21")
    # The folder of the repository still says the 5th: going back would move what is not yet due.
    assert [(m["period"], m["past"]) for m in found["moved"]] == [
        ("2018-09", True), ("2018-10", False), ("2018-11", False), ("2018-12", False),
    ]  # fmt: skip


def test_the_agenda_is_grouped_by_duty_and_can_be_narrowed(shell: Shell) -> None:
    text = shell("agenda", "meixian-2019")
    assert len(text.splitlines()) < 60
    assert "中间7期从略" in text
    assert "2022年1月2日（周日）24时前" in text
    whole = shell("agenda", "meixian-2019", "--duty", "monthly")
    assert "从略" not in whole
    assert whole.count("35个单位") == 31  # June 2019 to December 2021
    mine = shell.json("agenda", HAIAN, "--unit", "海安分局", "--duty", "monthly")
    assert [(o["unit"], o["period"]) for o in mine] == [
        ("haian", "2018-09"), ("haian", "2018-10"), ("haian", "2018-11"), ("haian", "2018-12"),
    ]  # fmt: skip
    text = shell("agenda", "chongming-food")
    assert "8个单位，29项" in text  # eight sections lead the 29 tasks that name one


def test_a_calendar_file_has_every_due_day_and_milestone(shell: Shell) -> None:
    milestone = "milestones:\n  - {id: done, name: 完成排查, on: 2018-09-20, origin: coordinator}\n"
    folder = copied(shell, HAIAN, ("\nduties:", f"\n{milestone}\nduties:"))
    shell("agenda", str(folder), "--duty", "monthly", "--ics", "mine.ics")
    text = (shell.var / "mine.ics").read_text("utf-8")
    assert text.count("BEGIN:VEVENT") == 5
    assert "节点：完成排查" in text
    assert text.count("DTSTART;VALUE=DATE:20180920") == 1
    assert "节点" in shell("agenda", str(folder))


def test_explain_says_the_plan_back_with_its_source_words(shell: Shell) -> None:
    text = shell("explain", HAIAN)
    assert "自2018年9月6日起，至2018年12月底止" in text
    assert "〔原文：9月下旬 / 至11月〕" in text
    # First and last due day, by hand: the 5th after September and after December.
    assert (
        "首次应于2018年10月5日（周五）24时前报2018年9月，末次应于2019年1月5日（周六）24时前报2018年12月"
        in text
    )
    assert "到期前5、1天和到期当日提醒，逾期后1、3、7天催报，逾期10天报牵头科室。（牵头科室确定）" in text
    assert "\n消息\n  行动启动时，向各单位告知其任务和报送时限。（牵头科室确定）\n" in text
    assert "逾期12天仍未报的，橙色督办送单位负责人" in text
    assert "时限后10天拟写通报，经稽查科批准后发出。（牵头科室确定）" in text
    assert "10个单位有负责人的联系渠道，11个单位有分管领导的联系渠道。" in text
    assert "“自查报告”的时限待定" in text
    only = shell.json("explain", HAIAN, "--duty", "monthly")
    assert [p["title"] for p in only["parts"]] == ["报送要求：专项行动情况月报（monthly）"]
    when = next(s for s in only["parts"][0]["said"] if s["text"].startswith("时限"))
    assert when["source"] == "各分局每月5日前报前一个月情况"
    assert when["stated"] == "both"
    assert "尚未确定" in shell("explain", "chongming-food")


def test_explain_says_what_figures_and_files_are_held_against(shell: Shell) -> None:
    monthly = shell("explain", HAIAN, "--duty", "monthly")
    assert (
        "校核：“罚没金额”大于0的，“办结案件”应大于0，不符的须说明（罚没金额一般在办结时计）。（牵头科室确定）"
        in monthly
    )
    final = shell("explain", "sanming-2023", "--duty", "final")
    assert "58项数字都是累计数，少于上次所报的须在备注中说明原因。" in final
    assert (
        "典型案例（2份以上）（份数不多于所报“查处网络餐饮服务案件”与“查处餐饮“网红店”案件”等11项之和，不符的须说明）"
        "（市场监管部门）" in final
    )


def test_explain_says_subjects_days_and_amendments_too(shell: Shell) -> None:
    more = (
        "\nsubjects:\n  - {id: markets, name: 重点市场, origin: coordinator,"
        " items: [{id: m1, name: 第一市场, by: 海安分局}, {id: m2, name: 第二市场}]}\n"
        "days: {origin: coordinator, off: [2018-10-08], working: [2018-10-06]}\n"
        "amendments:\n  - {on: 2018-10-20, reason: 国庆后统一推迟, origin: coordinator}\n\nduties:\n"
    )
    text = shell("explain", str(copied(shell, HAIAN, ("\nduties:\n", more))))
    assert "重点市场：第一市场（海安镇分局）、第二市场。（牵头科室确定）" in text
    assert "2018年10月8日另外放假；2018年10月6日上班。（牵头科室确定）" in text
    assert "工作日08:30发出提醒和催报。（牵头科室确定）" in text
    assert "2018年10月20日：国庆后统一推迟。（牵头科室确定）" in text


def test_explain_says_what_a_return_named_by_its_day_covers(shell: Shell) -> None:
    edit = ("      on: 5\n      in: next", "      on: [10, 20]\n      in: same")
    text = shell("explain", str(copied(shell, HAIAN, edit)), "--duty", "monthly")
    # the campaign's months are whole: from 1 September to the first due day
    assert "首次应于2018年9月10日（周一）24时前报2018年9月1日至2018年9月10日" in text


def test_a_new_campaign_is_made_once_and_checked_at_once(shell: Shell) -> None:
    words = ("new", "haian-2027", "--from", HAIAN, "--start", "2027-03-01", "--out", "made/haian-2027")
    text = shell(*words)
    assert "phases[0].end.date  2018-09-20 → 2027-03-20" in text
    assert "2027-04-05 所在年份的放假安排尚未公布" in text
    assert "已存在，未作改动" in shell(*words, code=2)
    made = shell.var / "made" / "haian-2027"
    assert "# 请核对：原为 2018-09-20；文字涉及时间，未作改动" in (made / "plan.yaml").read_text("utf-8")
    due = {o["due_day"] for o in shell.json("agenda", str(made), "--duty", "monthly")}
    assert due == {"2027-04-05", "2027-05-05", "2027-06-05", "2027-07-05"}


def test_a_schema_is_printed_or_written(shell: Shell) -> None:
    assert json.loads(shell("schema", "form"))["properties"]["sections"]["type"] == "array"
    shell("schema", "--write", "out")
    assert {p.name for p in (shell.var / "out").iterdir()} == {
        "plan.schema.json", "given.schema.json", "form.schema.json",
    }  # fmt: skip
    shell("schema", "--check", "out")
    (shell.var / "out" / "plan.schema.json").write_text("{}")
    shell("schema", "--check", "out", code=1)


def test_what_a_notice_leaves_open_is_given(shell: Shell) -> None:
    found = shell.json("agenda", "chongming-food", "--start", "2027-03-01", "--end", "2027-04-30")
    assert {o["due_day"] for o in found} == {"2027-04-05", "2027-05-05"}
    given = ("--due", "self-check=2018-11-30")
    for command in ("check", "explain"):  # tried before it is deployed
        assert "现定为2018年11月30日前" in shell(command, HAIAN, *given)
    due = (*given, "--ledger-only")
    assert "已启用" in shell("deploy", HAIAN, *due)
    assert "现定为2018年11月30日前" in shell("explain", HAIAN, "--duty", "self-check")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("check", HAIAN, "--start", "2018-09-07"), "方案已写明 start"),
        (("check", HAIAN, "--start", "9月"), "“9月”不是日期"),
        (("check", HAIAN, "--against", "nowhere"), "没有名为“nowhere”的专项行动"),
        (("agenda", HAIAN, "--duty", "weekly"), "没有报送要求“weekly”"),
        (("agenda", HAIAN, "--unit", "x"), "没有单位“x”"),
        (("explain", HAIAN, "--duty", "weekly"), "没有报送要求“weekly”"),
        (("new", "Haian", "--from", HAIAN, "--start", "2027-03-01"), "“Haian”不能用作名称"),
        (("new", "x", "--from", "nowhere", "--start", "2027-03-01"), "没有名为“nowhere”的专项行动"),
        (("new", "x", "--from", HAIAN, "--start", "9999-12-31"), "不在1950年至2150年之间"),
        (("deploy", HAIAN, "--due", "2018-11-30"), "应写成 报送要求编号=日期"),
    ],
)
def test_bad_input_is_told_in_a_sentence(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in shell(*words, code=2)
