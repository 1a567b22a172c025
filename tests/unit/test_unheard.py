"""What `duban check` asks about a plan's messages: who would not be reached, what would be said too early."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from duban.errors import Problem
from duban.plan import parse
from duban.plan.warnings import warnings
from duban.rendering import renderer
from tests.support.plans import changed, with_cells
from tests.support.town import BRANCHES

PLAN, UNITS = "plan.yaml", "units.csv"
CODES = {
    "escalation-without-way", "approver-without-way", "escalation-before-chase", "escalation-in-grace",
    "circular-without-day", "prefers-without-way", "quiet-in-the-morning",
}  # fmt: skip

MONTHLY = "    form: monthly\n"
"""Where a key of Hai'an's monthly return can be written; its chases come 1, 3 and 7 days after."""
WAYS = {"head": "email=fuzeren@haian.example", "leader": "email=fenguan@haian.example"}
HEADS = dict.fromkeys(BRANCHES, WAYS)
LEADER = {"jicha": {"leader": "email=fenguan@haian.example"}}


def monthly(text: str) -> tuple[str, str, str]:
    """The monthly return with one more key."""
    return PLAN, MONTHLY, f"{MONTHLY}    {text}\n"


def speaking(text: str) -> tuple[str, str, str]:
    """Hai'an with messages."""
    return PLAN, "groups:\n", f"messages: {{{text}}}\ngroups:\n"


def asked(*edits: tuple[str, str, str], cells: Mapping[str, Mapping[str, str]] = {}) -> list[Problem]:
    """The questions about messages, each of which is also said in words."""
    found = [w for w in warnings(parse(with_cells(changed(*edits), cells)), []) if w.code in CODES]
    assert all(w.code not in renderer().problem(w) for w in found)
    return found


def test_a_plan_that_switches_nothing_on_is_asked_nothing() -> None:
    assert asked() == []


def test_orange_and_red_ask_for_the_ways_that_units_csv_lacks() -> None:
    orange, red = asked(monthly("escalation: {blue: 3, orange: 7, red: 12}"))
    assert [(w.code, w.key, w.value) for w in (orange, red)] == [
        ("escalation-without-way", "monthly", "orange"),
        ("escalation-without-way", "monthly", "red"),
    ]
    said = renderer().problem(orange)
    assert "橙色督办送单位负责人，但10个单位没有其联系渠道" in said
    assert "海安分局、城东分局、角斜分局、李堡分局、大公分局、曲塘分局等" in said
    assert "units.csv 的 head" in said
    assert "units.csv 的 leader" in renderer().problem(red)


def test_colours_with_every_way_are_asked_nothing() -> None:
    rule = "escalation: {blue: 3, orange: 7, red: 12, leader_approves: [red]}"
    assert asked(monthly(rule), cells=HEADS | LEADER) == []


def test_only_the_units_that_the_colours_are_for_need_a_way() -> None:
    (found,) = asked(monthly("escalation: {for: [李堡分局, 药械科], blue: 3, orange: 7}"))
    # 药械科 owes no monthly return
    assert found.params["units"] == ["李堡分局"]


def test_the_leader_of_the_unit_above_stands_for_one_s_own() -> None:
    rule = "escalation: {for: 李堡分局, blue: 3, orange: 7, red: 12}"
    cells = {"libao": {"head": "email=fuzeren@haian.example", "parent": "shiju"}}
    above = {"shiju": {"leader": "email=fenguan@haian.example"}}
    assert [w.value for w in asked(monthly(rule), cells=cells)] == ["red"]
    assert asked(monthly(rule), cells=cells | above) == []


def test_blue_goes_to_the_liaison_and_needs_no_other_way() -> None:
    assert asked(monthly("escalation: {blue: 3}")) == []


def test_a_leader_who_approves_has_to_be_reached() -> None:
    rule = "escalation: {blue: 3, orange: 7, red: 12, leader_approves: [red]}"
    (found,) = asked(monthly(rule), cells=HEADS)
    assert (found.code, found.key, found.value) == ("approver-without-way", "monthly", "稽查科")
    assert "红色督办由分管领导批准" in renderer().problem(found)


@pytest.mark.parametrize(("chase", "days", "is_asked"), [("[3, 7]", 2, True), ("[3, 7]", 3, False),
                                                         ("[]", 1, False)])  # fmt: skip
def test_colours_before_the_first_chase_are_asked_about(chase: str, days: int, is_asked: bool) -> None:
    found = asked((PLAN, "chase: [1, 3, 7]", f"chase: {chase}"), monthly(f"escalation: {{blue: {days}}}"))
    assert [w.code for w in found] == ["escalation-before-chase"] * is_asked


@pytest.mark.parametrize(("grace", "is_asked"), [(2, False), (3, True)])
def test_colours_within_the_grace_are_asked_about(grace: int, is_asked: bool) -> None:
    # on the third day a return is late with a grace of three days, and overdue with one of two
    found = asked(monthly(f"grace: {grace}\n    escalation: {{blue: 3}}"))
    assert [w.code for w in found] == ["escalation-in-grace"] * is_asked


def test_a_circular_needs_a_due_day() -> None:
    (found,) = asked((PLAN, "    form: major-case\n", "    form: major-case\n    circular: 5\n"))
    assert (found.code, found.key) == ("circular-without-day", "major-case")
    assert asked(monthly("circular: 5")) == []


def test_a_unit_is_asked_for_the_way_it_prefers() -> None:
    # 曲塘 has a webhook and a mailbox, 海安 only a mailbox
    (found,) = asked(cells={"haian": {"prefers": "webhook"}, "qutang": {"prefers": "webhook"}})
    assert (found.code, found.file, found.key) == ("prefers-without-way", UNITS, "haian")
    assert "优先用 webhook，但没有这一种联系渠道（现有：email）" in renderer().problem(found)


@pytest.mark.parametrize(
    ("quiet", "is_asked"),
    [
        # the office begins at half past eight
        ('start: "21:00", end: "08:00"', False),
        ('start: "21:00", end: "08:30"', False),
        ('start: "21:00", end: "09:00"', True),
        ('start: "08:30", end: "09:00"', True),
        ('start: "12:00", end: "14:00"', False),
        ('start: "07:00", end: "08:30"', False),
    ],
)
def test_quiet_hours_over_the_morning_are_asked_about(quiet: str, is_asked: bool) -> None:
    found = asked(speaking(f"quiet: {{{quiet}}}"))
    assert [(w.code, w.value) for w in found] == [("quiet-in-the-morning", "08:30")] * is_asked
