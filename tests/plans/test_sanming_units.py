"""Units, phases and tasks of seed 002. The counties are the coordinator's, by the map of 2023."""

from __future__ import annotations

from datetime import date

import pytest

from duban.plan import Plan
from tests.plans.sanming import ADDRESSED, BEGIN, COUNTIES, COUNTY, END, MUNICIPAL, OFFICE, SYSTEMS, system_of
from tests.support.plans import load_shipped


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_shipped("sanming-2023")


def test_eleven_departments_and_eight_kinds_of_body_in_eleven_counties(plan: Plan) -> None:
    assert {u.id for u in plan.members("municipal")} == MUNICIPAL
    assert {u.id for u in plan.members("county")} == COUNTY
    assert (len(MUNICIPAL), len(COUNTY)) == (11, 88)
    # and the office itself, a superior for each department, a government for the city and each county
    assert len(plan.units) == 11 + 88 + 1 + 11 + 12


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_drug_telecom_and_customs_have_no_county_arm(plan: Plan, system: str) -> None:
    expected = 0 if system in ("drug", "telecom", "customs") else 11
    assert len([u for u in plan.members(system) if "county" in u.groups]) == expected
    assert len([u for u in plan.members(system) if "municipal" in u.groups]) == 1


def test_a_body_belongs_to_its_county_and_reports_to_its_system(plan: Plan) -> None:
    for county, name in COUNTIES.items():
        for system in ADDRESSED:
            unit = plan.unit[f"{county}-{system}"]
            assert (unit.parent, unit.attribute("县区")) == (f"sm-{system}", name)
            assert name in unit.short
    for unit in plan.members("municipal"):
        assert (unit.parent, unit.attribute("县区")) == (f"fj-{system_of(unit.id)}", None)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("省药监局三明办", "sm-drug"),
        ("省药监局三明稽查办", "sm-drug"),
        ("三明药品稽查办公室", "sm-drug"),
        ("市通信管理办", "sm-telecom"),
        ("市通管", "sm-telecom"),
        ("三明市通信发展管理办公室", "sm-telecom"),
        ("市委网信办", "sm-cyber"),
        ("国家税务总局三明市税务局", "sm-tax"),
        ("市税务局", "sm-tax"),
        ("网监科", OFFICE),
        ("市市场监管局网监科", OFFICE),
        ("三元区公安局", "sanyuan-police"),
        ("明溪县委宣传部（网信办）", "mingxi-cyber"),
    ],
)
def test_every_name_the_notice_uses_is_known(plan: Plan, name: str, unit: str) -> None:
    assert [u.id for u in plan.named[name]] == [unit]


def test_superiors_and_governments_are_outside_and_all_others_can_be_reached(plan: Plan) -> None:
    governments = {f"{place}-government" for place in ("sm", *COUNTIES)}
    assert plan.outside == {f"fj-{system}" for system in SYSTEMS} | governments
    assert {u.id for u in plan.units if not u.channels} == plan.outside
    assert plan.coordinator.id == OFFICE


def test_the_three_phases_overlap(plan: Plan) -> None:
    assert [(s.name, s.start, s.end) for s in plan.stages] == [
        ("集中治理阶段", BEGIN, END),  # 即日起至11月
        ("督促指导阶段", date(2023, 9, 1), END),  # 9-11月
        ("总结提升阶段", BEGIN, END),  # 8-11月, cut to the campaign's first day
    ]
    assert [p.kind for p in plan.file.phases] == ["action", "guidance", "consolidation"]
    assert (plan.start, plan.end, plan.file.issued) == (BEGIN, END, BEGIN)


@pytest.mark.parametrize(
    ("task", "leads"),
    [
        ("1", {"market", "police"}),
        ("2", {"market", "cyber", "police", "telecom"}),
        ("3", {"market", "police", "drug", "telecom"}),
        ("4", {"market", "police", "culture", "telecom"}),
        ("5", SYSTEMS),  # 各部门
        ("6", {"cyber", "police", "commerce", "market", "culture", "telecom"}),
        ("7", SYSTEMS),
    ],
)
def test_each_task_is_for_the_departments_in_its_brackets(plan: Plan, task: str, leads: set[str]) -> None:
    assert {u.id for u in plan.who(plan.task[task].lead)} == {f"sm-{system}" for system in leads}
    assert (plan.task[task].leads, plan.task[task].cooperating) == ("each", ())
    assert len(plan.file.tasks) == 7
