"""What an amendment changes. Hai'an's ten branches owe their return on the 5th of October to January."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from duban.amendments import Amendment, compare
from duban.plan import parse
from duban.rendering import renderer
from duban.views.comparison import difference_words
from tests.support.plans import changed, load

OLD = load("haian-2018")
ON = datetime(2018, 10, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


def amended(*edits: tuple[str, str, str]) -> tuple[Amendment, list[str]]:
    new = parse(changed(*edits))
    found = compare(OLD, new, ON)
    return found, [difference_words(renderer(), OLD, new, d) for d in found.differences]


def test_a_plan_compared_with_itself_has_no_difference() -> None:
    assert compare(OLD, OLD, ON) == Amendment()


def test_a_moved_due_day_moves_every_period_and_spares_what_was_due() -> None:
    found, said = amended(("plan.yaml", "on: 5", "on: 10"))
    assert {s.kind for s in found.shifts} == {"moved"}
    # September's was due on 5 October, before the 20th: its rule stays.
    assert [(s.period, s.past, len(s.units)) for s in found.of("moved")] == [
        ("2018-09", True, 10), ("2018-10", False, 10), ("2018-11", False, 10), ("2018-12", False, 10),
    ]  # fmt: skip
    november = found.of("moved")[2]
    # From the end of 5 December to the end of 10 December.
    assert november.before == datetime(2018, 12, 6, tzinfo=ON.tzinfo)
    assert november.after == datetime(2018, 12, 11, tzinfo=ON.tzinfo)
    assert any("由 每月5日前报上月" in s and "改为 每月10日前报上月" in s for s in said)


def test_a_shorter_campaign_drops_and_a_longer_one_adds_periods() -> None:
    dropped, _ = amended(("plan.yaml", "last: 2018-12", "last: 2018-11"))
    assert [(s.kind, s.period, s.count) for s in dropped.shifts] == [("dropped", "2018-12", 10)]
    later = parse(changed(("plan.yaml", "first: 2018-09", "first: 2018-10")))
    # September's would have been due on 5 October: past on the 20th, so outside the count.
    added = compare(later, OLD, ON).shifts
    assert [(s.kind, s.period, s.past) for s in added] == [("added", "2018-09", True)]


def test_a_new_recipient_is_said_by_name() -> None:
    _, said = amended(("plan.yaml", "to: jicha", "to: yaoxie"))
    assert "报送要求“专项行动情况月报”的收件单位由 稽查科 改为 药品医疗器械监管科" in said


def test_rows_of_a_form_come_and_go() -> None:
    row = "      - {code: sites_closed, name: 提请关闭违法售药网站, unit_of_measure: 个}\n"
    new = "      - {code: seized, name: 扣押药品, unit_of_measure: 盒}\n"
    _, said = amended(("forms/monthly.yaml", row, new), ("forms/monthly.yaml", "办结案件", "已办结案件"))
    assert said == [
        "报表的行“已办结案件”的名称由 办结案件 改为 已办结案件",
        "取消报表的行“提请关闭违法售药网站”",
        "增加报表的行“扣押药品”",
    ]


def test_a_moved_phase_and_other_hours_are_said() -> None:
    moved = (
        "plan.yaml",
        "end: {date: 2018-11-30, precision: month",
        "end: {date: 2018-11-20, precision: xun",
    )
    _, said = amended(moved, ("plan.yaml", "escalate: 10", "escalate: 12"))
    assert "阶段“集中打击阶段”的结束由 2018年11月底 改为 2018年11月中旬" in said
    assert any(s.startswith("报送要求“专项行动情况月报”的提醒与催报由") for s in said)


def test_waivers_signers_and_phases_of_a_duty_are_said_in_words() -> None:
    waiver = (
        "waivers:\n  - {units: 海安分局, duty: monthly, reason: 无此业务, origin: coordinator}\n\nduties:"
    )
    sign = "form: monthly\n    sign: [filler, head]\n    phases: [action]\n    origin: coordinator\n"
    _, said = amended(("plan.yaml", "duties:", waiver), ("plan.yaml", "form: monthly\n", sign))
    assert "增加免报“海安镇分局 专项行动情况月报”" in said
    of_october = waiver.replace("reason", "periods: [2018-10], reason")
    _, said_of_one = amended(("plan.yaml", "duties:", of_october))
    assert said_of_one == ["增加免报“海安镇分局 专项行动情况月报 2018年10月”"]
    assert "报送要求“专项行动情况月报”的签署由 无 改为 填报人、负责人" in said
    assert "报送要求“专项行动情况月报”的所属阶段由 无 改为 集中打击阶段" in said


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (("plan.yaml", 'morning: "08:30"', 'morning: "09:00"'),
         "方案的办公时间由 早间发出时间：08:30，下班时间：17:30 改为 早间发出时间：09:00，下班时间：17:30"),
        (("plan.yaml", "form: monthly\n", "form: monthly\n    quota: {at_least: 2, unit_of_measure: 期}\n"
          "    origin: coordinator\n"),
         "报送要求“专项行动情况月报”的数量要求由 无 改为 最低要求：2，计量单位：期"),
        (("plan.yaml", "indicator: cases_filed", "indicator: cases_closed"),
         "报送要求“通报表扬建议名单”的排名由 排名单位：各分局，排名依据：专项行动情况月报按时率；"
         "专项行动情况月报报送率；专项行动情况月报立案查处网售药品违法案件 改为 排名单位：各分局，"
         "排名依据：专项行动情况月报按时率；专项行动情况月报报送率；专项行动情况月报办结案件"),
        (("forms/commendation.yaml", "key: [kind, rank]", "key: [kind]"),
         "台账“通报表扬建议名单”的区分各行的列由 类别、排序 改为 类别"),
        (("forms/monthly.yaml", "name: 宣传教育\n", "name: 宣传教育\n    for: 海安分局\n"),
         "报表的部分“宣传教育”的填报单位由 无 改为 海安镇分局"),
        (("forms/monthly.yaml", "within: samples", "within: inspected"),
         "报表的行“其中：不合格”的所属由 网络抽检药品 改为 检查互联网药品经营主体"),
    ],
)  # fmt: skip
def test_no_key_and_no_code_is_shown_where_there_is_a_name(edit: tuple[str, str, str], sentence: str) -> None:
    _, said = amended(edit)
    assert sentence in said


def test_rules_between_figures_are_said_by_their_names() -> None:
    rule = "  - {if: {fines: positive}, needs: cases_closed, grade: query, because: 罚没金额一般在办结时计}\n"
    new = "  - {left: ads, is: at-most, right: clues, because: 广告线索也是线索}\n"
    sums = "期末在办与本期办结之和，应等于上期在办与本期立案之和，移送、撤案等除外"
    first = (
        "“在办案件（期末数）”与“办结案件”之和应等于上期“在办案件（期末数）”与“立案查处网售药品违法案件”之和，"
        f"不符的须说明（{sums}）"
    )
    _, said = amended(("forms/monthly.yaml", rule, new))
    assert said == [
        "报表“药品“净网2018”专项行动情况月报表”的校核规则由 "
        f"{first}；“罚没金额”大于0的，“办结案件”应大于0，不符的须说明（罚没金额一般在办结时计） 改为 "
        f"{first}；“查处违法药品广告和虚假信息”应不大于“收集违法线索”（广告线索也是线索）"
    ]


def test_how_a_figure_is_judged_is_said() -> None:
    sellers = "辖区互联网药品经营主体（期末数）, unit_of_measure: 家, periods: last"
    _, said = amended(
        ("forms/monthly.yaml", sellers, f"{sellers}, cumulative: true, min: 1, outliers: false")
    )
    row = "报表的行“辖区互联网药品经营主体（期末数）”"
    assert said == [
        f"{row}的最小值由 无 改为 1", f"{row}的是否累计数由 否 改为 是", f"{row}的是否核对异常由 是 改为 否",
    ]  # fmt: skip


def test_a_number_of_files_is_said_with_the_figures_it_is_held_against() -> None:
    files = (
        "form: monthly\n    attachments:\n      - {id: pack, name: 案卷, origin: coordinator, "
        "count: {figures: [cases_closed, cases_filed], is: at-most, grade: query}}\n"
    )
    _, said = amended(("plan.yaml", "form: monthly\n", files))
    assert said == [
        "报送要求“专项行动情况月报”的附件由 无 改为 "
        "案卷（份数不多于所报“办结案件”与“立案查处网售药品违法案件”之和，不符的须说明）"
    ]


def test_words_of_origin_are_no_difference() -> None:
    found, said = amended(("plan.yaml", "source: 从即日起}", "source: 即日起}"))
    assert found == Amendment()
    assert said == []


def test_a_unit_that_closes_leaves_what_it_owes_afterwards() -> None:
    columns = "id,name,short,groups,parent,channels,opens,closes,origin"
    row = "duntou,墩头镇分局,墩头分局,branches,,email=duntou@haian.example,,,coordinator"
    assert columns in changed().text
    closed = row.replace(",,,coordinator", ",,2018-11-15,coordinator")
    found, said = amended(("units.csv", row, closed))
    # Open on some day of November, not of December; the standing duties remain.
    assert [(s.kind, s.period, s.units) for s in found.shifts] == [("dropped", "2018-12", ("duntou",))]
    assert said == ["单位“墩头镇分局”的停用日期由 无 改为 2018年11月15日"]
