"""What the five campaigns say besides their returns, as their coordinators would have it: worked out by hand
from the notices and the calendars. No notice states any of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from duban import agenda
from duban.calendars import at_local
from duban.moments import is_coloured
from duban.plan import Plan
from duban.plan.origins import statements
from duban.plan.source import read_yaml
from duban.plan.warnings import warnings
from duban.quiet import until
from duban.spoken import escalated
from tests.support.plans import load, load_shipped, shipped

SLUGS = ("zhanjiang-2017", "haian-2018", "sanming-2023", "chongming-food", "meixian-2019")
ESCALATING = {
    "haian-2018": {"monthly": (8, 12, 17)},
    "sanming-2023": {"midterm": (8, 12, 16), "final": (8, 12, 16)},
    "meixian-2019": {"monthly": (5, 10, 16)},
}
"""Days after the due day until blue, orange and red."""
UNHEARD = {
    "escalation-without-way", "approver-without-way", "escalation-before-chase", "escalation-in-grace",
    "circular-without-day", "prefers-without-way", "quiet-in-the-morning",
}  # fmt: skip


@pytest.fixture(scope="module", params=SLUGS)
def plan(request: pytest.FixtureRequest) -> Plan:
    return load_shipped(str(request.param))


def test_all_of_it_is_the_coordinator_s(plan: Plan) -> None:
    source = read_yaml("plan.yaml", shipped(plan.slug)["plan.yaml"])
    keys = ("messages.", ".escalation.", ".circular", ".peer", ".moments.")
    mine = [s for s in statements(source) if any(key in s.key for key in keys)]
    assert mine
    assert {s.origin for s in mine} == {"coordinator"}


def test_units_hear_of_the_beginning_and_of_changes_and_get_receipts(plan: Plan) -> None:
    says = plan.file.messages
    assert (says.kickoff, says.amendments) == (True, True)
    assert {"workbook", "portal", "paper"} <= set(says.receipts)
    # these two doors answer by themselves
    assert not {"mailbox", "folder"} & set(says.receipts)


def test_only_where_the_notice_wants_mail_do_blank_forms_come_with_it() -> None:
    # 002: 材料电子档 go to a mailbox; 004 has a folder, the others name no way
    assert [slug for slug in SLUGS if load_shipped(slug).file.messages.forms] == ["sanming-2023"]


def test_thanks_are_drafted_where_the_notice_commends_or_years_have_passed() -> None:
    # 001: 予以通报表扬
    assert [s for s in SLUGS if load_shipped(s).file.messages.thanks] == ["haian-2018", "meixian-2019"]


def test_nights_are_quiet_and_the_office_s_morning_is_not(plan: Plan) -> None:
    quiet, morning = plan.file.messages.quiet, plan.file.office.morning
    assert quiet is not None
    assert quiet.start in (time(20), time(21))
    assert time(7, 30) <= quiet.end <= morning
    weekday = plan.days.on_or_after(plan.start)
    assert until(plan, at_local(weekday, morning, plan.zone)) is None
    assert until(plan, at_local(weekday, time(23), plan.zone)) is not None


def test_every_reminded_duty_is_spoken_of_on_its_day_too(plan: Plan) -> None:
    for duty in plan.file.duties:
        # the coordinator's own list of who is commended is nobody's return
        if duty.moments.remind and duty.id != "commendation":
            assert min(duty.moments.remind) == 0, duty.id


def test_colours_come_where_the_coordinator_supervises(plan: Plan) -> None:
    rules = {d.id: d.escalation for d in plan.file.duties if d.escalation}
    days = {id_: (rule.blue, rule.orange, rule.red) for id_, rule in rules.items()}
    assert days == ESCALATING.get(plan.slug, {})
    assert {rule.leader_approves for rule in rules.values()} <= {("red",)}
    for id_, rule in rules.items():
        assert rule.blue > max(c for c in plan.duty[id_].moments.chase if c <= rule.blue)


def test_every_unit_under_colours_can_be_written_to_above_its_liaison(plan: Plan) -> None:
    assert not [w for w in warnings(plan, []) if w.code in UNHEARD]
    for duty in plan.file.duties:
        for unit in escalated(plan, duty):
            assert unit.head, unit.id
            assert plan.leader_of(unit), unit.id
            assert all(c.address.endswith(".example") for c in (*unit.head, *unit.leader))


def test_in_sanming_municipal_departments_and_market_supervision_are_pressed_and_no_others() -> None:
    plan = load_shipped("sanming-2023")
    found = escalated(plan, plan.duty["final"])
    # eleven municipal departments, and the market supervision of eleven counties
    assert len(found) == 11 + 11
    assert {u.id for u in found if u.id in plan.peers} == {
        "sm-cyber", "sm-police", "sm-commerce", "sm-culture", "sm-forestry", "sm-drug", "sm-telecom",
        "sm-post", "sm-customs", "sm-tax",
    }  # fmt: skip
    # market supervision stands under the bureau itself, in the city and in the counties
    assert "sm-market" not in plan.peers
    assert plan.leader_of(plan.unit["sanyuan-market"]) == plan.unit["sm-market"].leader
    assert not is_coloured(plan, plan.duty["final"], "sanyuan-police")


def test_in_meixian_the_section_that_runs_the_campaign_does_not_supervise_itself() -> None:
    plan = load_shipped("meixian-2019")
    found = {u.id for u in escalated(plan, plan.duty["monthly"])}
    assert plan.coordinator.id == "zhifa"
    # 35 report monthly: the stations, the sections concerned and the brigade
    assert len(found) == 35 - 1
    assert "zhifa" not in found


def test_circulars_are_drafted_about_what_comes_every_month() -> None:
    found = {(s, d.id): d.circular for s in SLUGS for d in load_shipped(s).file.duties if d.circular}
    assert found == {("haian-2018", "monthly"): 10, ("meixian-2019", "monthly"): 8}


def test_what_is_said_changes_nothing_of_what_is_owed(plan: Plan) -> None:
    quiet, full = ([replace(o, moments=()) for o in agenda.obligations(p)] for p in (load(plan.slug), plan))
    assert quiet == full


def test_haian_hears_on_the_working_day_before_a_holiday_once_and_no_less_than_once() -> None:
    # 5 October 2018 lies in the National Day week: five days before, one day before and the day itself are
    # all spoken of on Sunday 30 September, which was worked, and only the nearest of them is said.
    owed = {o.key: o for o in agenda.obligations(load_shipped("haian-2018"))}
    mine = owed["haian-2018/monthly/libao/2018-09"].moments
    found = [(m.kind, m.days, m.at.date()) for m in mine if m.kind == "remind"]
    assert found == [("remind", 0, date(2018, 9, 30))]
