"""What `duban check` asks about the obligations of a plan."""

from __future__ import annotations

from datetime import date

import pytest

from duban import agenda
from duban.errors import Problem
from duban.plan import Plan, parse
from duban.plan.warnings import warnings
from duban.questions import questions
from duban.rendering import renderer
from tests.support.plans import changed, load

PLAN, UNITS = "plan.yaml", "units.csv"
MORE = "duties:\n  - id: more\n    origin: coordinator\n    name: 另报\n    by: branches\n    to: jicha\n"


def said(problem: Problem) -> str:
    text = renderer().problem(problem)
    assert f"（{problem.code}）" not in text
    return text


def asked(plan: Plan, code: str) -> list[tuple[str, str]]:
    """(key, value) of every question of that code; each is also said in words."""
    found = questions(plan)
    assert all(said(p) for p in found)
    return [(p.key, p.value) for p in found if p.code == code]


def with_duty(text: str) -> Plan:
    """Hai'an with one more duty of its branches to 稽查科."""
    return parse(changed((PLAN, "duties:\n", MORE + text)))


def test_zhanjiang_is_asked_whether_december_s_table_is_owed_after_the_final_report() -> None:
    # 总结报告于2017年12月20日前上报; 月报表自2017年6月份起于每月30日前, so once more on 30 December
    (found,) = [q for q in questions(load("zhanjiang-2017")) if q.code == "periodic-after-final"]
    assert (found.key, found.value) == ("monthly-up", "2017-12-30")
    assert "2017-12-20" in said(found)
    assert "2017-12-30" in said(found)


def test_a_first_report_of_a_long_campaign_is_no_final_one() -> None:
    # Meixian's liaison list is due on 21 June 2019, the last monthly table on 2 January 2022
    assert asked(load("meixian-2019"), "periodic-after-final") == []


def test_the_notice_s_empty_cells_ask_who_owes() -> None:
    found = {w.value for w in warnings(load("chongming-food"), []) if w.code == "task-without-lead"}
    assert found == {"1.3", "1.4"}


def test_a_duty_without_a_day_is_asked_for_one(haian: Plan) -> None:
    # 定期向所在地分局报自查报告: no interval is printed
    (found,) = [w for w in warnings(haian, []) if w.code == "undetermined-due"]
    assert found.key == "self-check"
    assert "定期" in said(found)


def test_a_report_due_before_its_phase_begins_is_flagged_and_not_moved() -> None:
    # the consolidation begins on 1 December
    plan = with_duty("    rhythm: {due: 2018-11-20, covers: whole}\n    phases: [consolidation]\n")
    assert asked(plan, "due-before-phase") == [("more", "2018-11-20")]
    assert {str(o.due_day) for o in agenda.of_duty(plan, "more")} == {"2018-11-20"}


def test_a_report_due_on_the_first_day_of_its_phase_is_not_asked_about() -> None:
    plan = with_duty("    rhythm: {due: 2018-12-01, covers: whole}\n    phases: [consolidation]\n")
    assert asked(plan, "due-before-phase") == []


@pytest.mark.parametrize(("days", "found"), [(1, []), (5, [("more", "2018-09-30")])])
def test_a_chained_return_due_within_what_it_covers_is_asked_about(
    days: int, found: list[tuple[str, str]]
) -> None:
    # September's table is due on 5 October: five days before, September is not over
    plan = with_duty(f"    rhythm: {{before: monthly, days: {days}}}\n")
    assert asked(plan, "due-before-covered") == found


@pytest.mark.parametrize(
    ("rhythm", "found"),
    [
        # September is not over on the 28th
        ("{every: month, on: 28, in: same, first: 2018-09, last: 2018-11}", [("more", "2018-09-28")]),
        ("{every: month, on: 28, in: same, first: 2018-09, last: 2018-11, cutoff: 25}", []),
        ("{every: month, on: last, in: same, first: 2018-09, last: 2018-11}", []),
        ("{every: month, on: 28, in: same, covers: to-date, first: 2018-09, last: 2018-11}", []),
        ("{every: week, on: fri, in: same, first: 2018-W37, last: 2018-W40}", []),
    ],
)
def test_a_return_due_within_its_own_month_is_asked_what_it_covers(
    rhythm: str, found: list[tuple[str, str]]
) -> None:
    assert asked(with_duty(f"    rhythm: {rhythm}\n"), "due-before-covered") == found


def test_a_return_chained_to_one_that_covers_what_there_is_covers_the_same() -> None:
    # 科室（所）工作总结 covers up to its own due day, as the bureau's does; the monthly one is due on
    # 25 August, its cutoff itself
    assert asked(load("zhanjiang-2017"), "due-before-covered") == [("monthly", "2017-08-25")]


@pytest.mark.parametrize(
    ("by", "rhythm", "found"),
    [
        ("各分局", "{every: month, on: 8, in: next, first: 2018-09, last: 2018-12}", []),
        ("各分局", "{due: 2018-10-08}", [("more", "2018-10-08")]),  # the table has periods
        ("药品医疗器械监管科", "{every: month, on: 8, in: next}", [("more", "2018-10-08")]),  # owes none
    ],
)
def test_a_copy_of_what_a_unit_does_not_owe_is_asked_about(
    by: str, rhythm: str, found: list[tuple[str, str]]
) -> None:
    more = MORE.replace("by: branches", f"by: {by}") + f"    copy_of: monthly\n    rhythm: {rhythm}\n"
    plan = parse(changed((PLAN, "duties:\n", more)))
    assert asked(plan, "copy-of-nothing") == found


def test_a_duty_that_falls_into_none_of_its_phases_is_named() -> None:
    plan = with_duty(
        "    rhythm: {due: 2018-12-20, covers: {start: 2018-12-01, end: 2018-12-20}}\n    phases: [survey]\n"
    )
    assert asked(plan, "duty-without-obligations") == [("more", "另报")]


def test_a_duty_of_groups_without_units_is_asked_about_once() -> None:
    # 自查报告 is owed by 药品网络经营主体, of which there are none yet: the group is asked about
    plan = load("haian-2018")
    assert asked(plan, "duty-without-obligations") == []
    assert "自查报告" in said(next(w for w in warnings(plan, []) if w.key == "regulated"))


def test_a_unit_that_owes_itself_is_asked_about() -> None:
    plan = parse(changed((PLAN, "by: branches\n    to: jicha", "by: [branches, jicha]\n    to: jicha")))
    assert asked(plan, "owes-itself") == [("monthly", "2018-10-05")]


def test_a_wish_is_asked_about_and_still_counted() -> None:
    plan = with_duty("    rhythm: {due: {date: 2018-11-30, soft: true}}\n")
    assert asked(plan, "soft-date") == [("more", "2018-11-30")]


def test_a_milestone_that_is_a_wish_is_said_to_be_one() -> None:
    line = (
        "milestones:\n  - {id: m, name: 完成建档, origin: coordinator, on: {date: 2018-10-31, soft: true}}\n"
    )
    plan = parse(changed((PLAN, "\nduties:\n", f"\n{line}duties:\n")))
    (found,) = [w for w in warnings(plan, []) if w.code == "soft-milestone"]
    assert "节点“完成建档”的日期 10月31日（周三）是原则性要求" in said(found)


HAIAN = "email=haian@haian.example,,,"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        # September's table is due on 5 October, the last one on 5 January
        ("email=haian@haian.example,2018-09-30,,", None),
        ("email=haian@haian.example,2018-10-06,,", None),  # it owes nothing for September
        ("email=haian@haian.example,,2018-10-31,", "due-after-unit-closes"),  # October's, due in November
    ],
)
def test_who_reports_for_a_unit_that_has_closed_is_asked(row: str, code: str | None) -> None:
    plan = parse(changed((UNITS, HAIAN, row)))
    found = [(q.code, q.key) for q in questions(plan) if q.code.startswith("due-") and q.file == UNITS]
    assert found == ([(code, "haian")] if code else [])


def test_a_unit_that_opens_after_a_return_of_its_was_due_is_asked_about() -> None:
    edit = (UNITS, HAIAN, "email=haian@haian.example,2018-12-15,,")
    duty = "    rhythm: {due: 2018-12-10, covers: whole}\n"
    plan = parse(changed(edit, (PLAN, "duties:\n", MORE + duty)))
    assert asked(plan, "due-before-unit-opens") == [("haian", "海安镇分局")]


def test_hundreds_of_days_off_are_one_line_and_a_few_are_a_line_each() -> None:
    plan = with_duty("    rhythm: {every: day, in: same, first: 2018-10-01, last: 2018-12-31}\n")
    days = {(o.duty, o.period or "", o.due_day) for o in agenda.of_duty(plan, "more")}
    due = sorted((duty, period, day) for duty, period, day in days if day)
    # October: 1 to 7, then three weekends, 13; November: four weekends, 8; December: five weekends but for
    # the 29th, which is worked, and the 31st, 10
    (found,) = [w for w in warnings(plan, due) if w.key == "more" and w.code.startswith(("due-", "many-"))]
    assert (found.code, found.params["count"]) == ("many-due-days-off", 31)
    assert "2018-10-01" in said(found)
    few = [w for w in warnings(plan, due[:7]) if w.key == "more" and w.code == "due-on-holiday"]
    assert len(few) == 7


@pytest.mark.parametrize("count", [7, 30])
def test_days_of_a_year_nobody_knows_are_soon_one_line(count: int) -> None:
    plan = with_duty("    rhythm: {every: month, on: 5, in: next}\n")
    days = [("more", "2099-01", date(2099, 1, day)) for day in range(1, count + 1)]
    found = [w for w in warnings(plan, days) if w.code.startswith("many-")]
    assert [(w.code, w.params["count"]) for w in found] == [("many-due-days-not-announced", count)]
