"""The table of annex 2 (seed 002), written down from the notice: 58 rows in eight sections."""

from __future__ import annotations

from collections import Counter

import pytest

from duban.plan import Plan
from duban.plan.origins import statements
from duban.plan.source import read_yaml
from tests.plans.sanming import SYSTEMS, WITHOUT_ROWS
from tests.support.plans import load_shipped, shipped

ANNEX_2 = {
    "网信部门": (
        ("清理网上违法违规信息", "万条"),
        ("处置网站平台违法违规账号", "个"),
    ),
    "电信主管部门": (("处置违法违规互联网应用（网站、APP等）", "家"),),
    "公安局": (
        ("查处网络违法案件", "件"),
        ("督促互联网企业关停违法违规账号", "个"),
        ("查处不履行网络安全管理主体责任的网站和APP", "个"),
        ("清理网上违法有害信息", "条"),
    ),
    "海关": (
        ("寄递渠道查获侵权货物", "批次"),
        ("寄递渠道查获侵权货物", "件"),
        ("进口环节查获含金银箔粉食品", "吨"),
    ),
    "林业部门": (
        ("向公安机关、市场监管部门、网信部门和邮政部门提交网上非法交易野生动植物线索数量", "条"),
        ("配合公安机关、市场监管部门、网信部门和邮政部门查处网上非法交易野生动植物案件数量", "件"),
    ),
    "邮政管理部门": (("查处违法违规行为", "次"),),
    "药品监管部门": (
        ("屏蔽或关闭网站", "个次"),
        ("查处网售药品违法案件", "件"),
        ("查处网售医疗器械违法案件", "件"),
        ("查处网售化妆品违法案件", "件"),
        ("网售药品违法案件处罚金额", "万元"),
        ("网售医疗器械违法案件处罚金额", "万元"),
        ("网售化妆品违法案件处罚金额", "万元"),
        ("移送公安机关的网售药品违法案件", "件"),
        ("移送公安机关的网售医疗器械违违法案件", "件"),
        ("移送公安机关的网售化妆品违法案件", "件"),
    ),
    "市场监管部门": (
        ("督促网络交易平台删除违法商品信息", "条"),
        ("责令整改网站", "个次"),
        ("已提请关闭网站", "个次"),
        ("已责令停止平台服务的网店", "个次"),
        ("检查网络餐饮服务第三方平台", "个次"),
        ("线上监测入网餐饮服务提供者", "个次"),
        ("线下检查入网餐饮服务提供者", "个次"),
        ("办结网络餐饮服务第三方平台问题线索", "件"),
        ("办结线上监测入网餐饮服务提供者问题线索", "件"),
        ("办结线下检查入网餐饮服务提供者问题线索", "件"),
        ("办结网络餐饮服务投诉举报", "件"),
        ("督促网络餐饮服务第三方平台“下线”违法违规入网餐饮服务提供者", "个次"),
        ("查处网络餐饮服务案件", "件"),
        ("网络餐饮服务案件罚没款", "万元"),
        ("“回头看”检查网络餐饮服务第三平台和入网餐饮服务提供者", "个次"),
        ("开展“每月一周查网红”执法行动", "次"),
        ("检查餐饮“网红店”", "个次"),
        ("办结餐饮“网红店”问题线索", "件"),
        ("督促网络餐饮服务第三方平台“下线”违法违规餐饮“网红店”", "个次"),
        ("查处餐饮“网红店”案件", "件"),
        ("餐饮“网红店”案件罚没款", "万元"),
        ("“回头看”检查餐饮“网红店”", "个次"),
        ("发布入网餐饮服务提供者红黑榜", "期"),
        ("通报曝光网络餐饮服务典型案例", "件"),
        ("查处网售特殊食品案件", "件"),
        ("查处网售非法食品添加剂案件", "件"),
        ("查处网售儿童和学生用品质量案件", "件"),
        ("查处网络不正当价格行为案件", "件"),
        ("查处网络不正当竞争案件", "件"),
        ("查处网络虚假违法广告案件", "件"),
        ("查处非法交易野生动植物案件", "件"),
        ("查处网络拍卖案件", "件"),
        ("查处其他违法违规案件", "件"),
        ("移送公安机关案件", "件"),
        ("列入严重违法失信名单经营主体", "户"),
    ),
}
"""The printed rows with their unit of measure, by printed section; 违违法 and 第三平台 are printed so."""
SECTION = {
    "网信部门": "cyber", "电信主管部门": "telecom", "公安局": "police", "海关": "customs",
    "林业部门": "forestry", "邮政管理部门": "post", "药品监管部门": "drug", "市场监管部门": "market",
}  # fmt: skip
"""Whose system a printed section is for."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_shipped("sanming-2023")


def test_the_statistics_are_the_printed_rows_with_their_units_of_measure(plan: Plan) -> None:
    form = plan.form["statistics"]
    printed = {s.name: tuple((i.name, i.unit_of_measure) for i in s.indicators) for s in form.sections[:-1]}
    assert list(printed) == list(ANNEX_2)
    assert printed == ANNEX_2
    assert [len(rows) for rows in ANNEX_2.values()] == [2, 1, 4, 3, 2, 1, 10, 35]
    assert len({i.code for i in form.indicators}) == 58 + 1


def test_the_rows_are_counted_in_twelve_units_of_measure(plan: Plan) -> None:
    # 件: 1 police, 1 customs, 1 forestry, 3 and 3 drug, 18 market; 个次: 1 drug, 11 market; 万元: 3 and 2
    numbers = [i for i in plan.form["statistics"].indicators if i.is_number]
    assert Counter(i.unit_of_measure for i in numbers) == {
        "件": 27, "个次": 12, "万元": 5, "条": 3, "个": 3, "次": 2,
        "万条": 1, "家": 1, "批次": 1, "吨": 1, "期": 1, "户": 1,
    }  # fmt: skip


def test_figures_go_on_from_the_midterm_return_to_the_final_one(plan: Plan) -> None:
    numbers = [i for i in plan.form["statistics"].indicators if i.is_number]
    assert {(i.is_stock, i.units) for i in numbers} == {(True, "sum")}
    assert [plan.duty[d].form for d in ("midterm", "final")] == ["statistics", "statistics"]
    assert not any(d.zero_report for d in plan.file.duties)  # 零报告 says nothing about cumulative figures


def test_shares_of_ten_thousand_and_of_a_ton_have_decimals(plan: Plan) -> None:
    scales = {i.unit_of_measure: i.scale for i in plan.form["statistics"].indicators if i.scale}
    assert scales == {"万条": 4, "吨": 3, "万元": 2}  # one item, one kilogram, a hundred yuan


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_each_department_sees_its_own_section_and_the_words(plan: Plan, system: str) -> None:
    own = [name for name, of in SECTION.items() if of == system]
    assert bool(own) is (system not in WITHOUT_ROWS)
    for unit in plan.members(system):
        form = plan.form_for("midterm", unit.id)
        assert form is not None
        assert [s.name for s in form.sections] == [*own, "工作情况"]


@pytest.mark.parametrize("unit", ["sm-commerce", "sm-culture", "sm-tax", "sanyuan-commerce", "datian-tax"])
def test_departments_without_a_section_report_in_words_only(plan: Plan, unit: str) -> None:
    form = plan.form_for("final", unit)
    assert form is not None
    assert [(i.type, i.required) for i in form.indicators] == [("text", True)]


def test_the_rows_are_the_notices_and_how_they_are_counted_the_coordinators() -> None:
    form = read_yaml("forms/statistics.yaml", shipped("sanming-2023")["forms/statistics.yaml"])
    origins: dict[str, set[str | None]] = {}
    for s in statements(form):
        if ".indicators[" in s.key and not s.key.startswith("sections[8]"):
            origins.setdefault(s.key.rpartition(".")[2], set()).add(s.origin)
    assert origins == {
        "name": {"notice"}, "unit_of_measure": {"notice"}, "code": {"coordinator"}, "type": {"coordinator"},
        "scale": {"coordinator"}, "periods": {"coordinator"}, "cumulative": {"coordinator"},
    }  # fmt: skip
