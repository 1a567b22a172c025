"""Every mistake in Hai'an's files is named where it stands."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from duban.plan import Bundle
from duban.rendering import renderer
from tests.support.plans import changed, mistakes, texts

PLAN, UNITS, MONTHLY, CASE = "plan.yaml", "units.csv", "forms/monthly.yaml", "forms/major-case.yaml"
HAIAN_ROW = "email=haian@haian.example,,,coordinator"


class Mistake(NamedTuple):
    """One edit of Hai'an's files, and the problem it must give."""

    file: str
    old: str
    new: str
    code: str
    at: str
    """What stands on the line that must be named."""
    key: str = ""


MISTAKES = {
    "a key of the plan misspelt": Mistake(
        PLAN, "issued:", "isued: x\nissued:", "unknown-key", "isued:", "isued"
    ),
    "no title": Mistake(PLAN, "title: 海安市药品“净网2018”专项行动\n", "", "missing", "slug:", "title"),
    "a title too long": Mistake(PLAN, "title: ", "title: " + "长" * 200, "too-long", "title: 长", "title"),
    "an empty short name": Mistake(
        PLAN, "short: 药品净网2018", 'short: ""', "too-short", 'short: ""', "short"
    ),
    "a number for a name": Mistake(
        PLAN, "short: 药品净网2018", "short: 2018", "not-text", "short: 2018", "short"
    ),
    "31 September": Mistake(
        PLAN, "issued: 2018-09-06", "issued: 2018-09-31", "bad-date", "2018-09-31", "issued"
    ),
    "a date without zeros": Mistake(
        PLAN, "{date: 2018-09-06,", "{date: 2018-9-6,", "bad-date", "2018-9-6", "start.date"
    ),
    "a zone that is none": Mistake(
        PLAN, "zone: Asia/Shanghai", "zone: Asia/Beijing", "unknown-zone", "zone: Asia/Beijing", "zone"
    ),
    "a clock without zeros": Mistake(PLAN, '"08:30"', '"8:30"', "bad-clock", "morning:", "office.morning"),
    "an unknown coordinator": Mistake(
        PLAN, "{unit: jicha,", "{unit: jichake,", "unknown-reference", "jichake", "coordinator.unit"
    ),
    "a phase of no known kind": Mistake(
        PLAN, "kind: survey", "kind: inspection", "bad-choice", "kind: inspection", "phases[0].kind"
    ),
    "a capital in an id": Mistake(
        PLAN, "- id: survey", "- id: Survey", "bad-pattern", "Survey", "phases[0].id"
    ),
    "two phases of one id": Mistake(
        PLAN, "- id: action", "- id: survey", "duplicate-id", "- id: survey\n    kind: action", "phases[1].id"
    ),
    "the middle xun ending on the 19th": Mistake(
        PLAN, "date: 2018-09-20", "date: 2018-09-19", "precision-mismatch", "2018-09-19", "phases[0].end"
    ),
    "a phase outside the campaign": Mistake(
        PLAN, "2018-09-06, source: 从即日起}\n    end", "2018-09-05, source: 从即日起}\n    end",
        "outside-campaign", "2018-09-05", "phases[0].start",
    ),
    "a phase after the campaign": Mistake(
        PLAN, "2018-12-31, precision: month, source: 12月", "2019-01-31, precision: month, source: 12月",
        "outside-campaign", "2019-01-31", "phases[2].end"),
    "a phase that is only text": Mistake(
        PLAN, "phases:\n", "phases:\n  - 排查\n", "not-a-mapping", "  - 排查", "phases[0]"
    ),
    "a key written twice": Mistake(
        PLAN, "    name: 集中打击阶段", "    name: 集中打击阶段\n    kind: action", "duplicate-key",
        "    kind: action\n    start", "phases[1].kind",
    ),
    "duties of an unknown group": Mistake(
        PLAN, "by: branches", "by: brunches", "unknown-reference", "by: brunches", "duties[0].by"
    ),
    "a duty owed to an unknown unit": Mistake(
        PLAN, "to: jicha", "to: nobody", "unknown-reference", "to: nobody", "duties[0].to"
    ),
    "a form that is not there": Mistake(
        PLAN, "form: monthly", "form: weekly", "unknown-reference", "form: weekly", "duties[0].form"
    ),
    "the 32nd of the month": Mistake(
        PLAN, "on: 5", "on: 32", "bad-due-day", "on: 32", "duties[0].rhythm.on"
    ),
    "no day of the month": Mistake(
        PLAN, "      on: 5\n", "", "missing", "rhythm:", "duties[0].rhythm.on"
    ),
    "a rhythm nobody knows": Mistake(
        PLAN, "every: month", "every: fortnight", "bad-choice", "fortnight", "duties[0].rhythm.every"
    ),
    "a rhythm that is a word": Mistake(
        PLAN, "rhythm: {when: event}", "rhythm: event", "not-a-mapping", "rhythm: event", "duties[1].rhythm"
    ),
    "a month without a zero": Mistake(
        PLAN, "first: 2018-09", "first: 2018-9", "bad-period", "first: 2018-9", "duties[0].rhythm.first"
    ),
    "a month after the campaign": Mistake(
        PLAN, "last: 2018-12", "last: 2019-01", "outside-campaign", "2019-01", "duties[0].rhythm.last"
    ),
    "a rhythm that runs backwards": Mistake(
        PLAN, "first: 2018-09\n      last: 2018-12", "first: 2018-11\n      last: 2018-10",
        "end-before-start", "last: 2018-10", "duties[0].rhythm.last",
    ),
    "one reminder that is no list": Mistake(
        PLAN, "remind: [5, 1]", "remind: 5", "not-a-list", "remind: 5", "duties[0].moments.remind"
    ),
    "a reminder after the due day": Mistake(
        PLAN,
        "remind: [5, 1]",
        "remind: [5, -1]",
        "too-small",
        "remind: [5, -1]",
        "duties[0].moments.remind[1]",
    ),
    "a chase after two years": Mistake(
        PLAN, "chase: [1, 3, 7]", "chase: [730]", "too-large", "730", "duties[0].moments.chase[0]"
    ),
    "an escalation in words": Mistake(
        PLAN, "escalate: 10", "escalate: ten", "not-an-integer", "ten", "duties[0].moments.escalate"
    ),
    "a perhaps for a yes": Mistake(
        PLAN, "zero_report: true", "zero_report: maybe", "not-a-boolean", "maybe", "duties[0].zero_report"
    ),
    "the origin of nothing": Mistake(
        PLAN, "{first: coordinator", "{frist: coordinator", "origin-of-nothing", "frist",
        "duties[0].rhythm.origins.frist",
    ),
    "nobody stated it": Mistake(PLAN, "origin: notice\n", "", "origin-missing", "title:", "title"),
    "a unit twice": Mistake(
        UNITS, "chengdong,城东", "haian,城东", "duplicate-id", "haian,城东", "id"
    ),
    "a unit of an unknown group": Mistake(
        UNITS, "海安分局,branches", "海安分局,branches;towns", "unknown-reference", "towns", "groups"
    ),
    "a unit that is its own parent": Mistake(
        UNITS, "海安分局,branches,,", "海安分局,branches,haian,", "circular", "haian,海安", "parent"
    ),
    "an address without its channel": Mistake(
        UNITS, "email=haian@", "haian@", "bad-channel", "haian,海安", "channels"
    ),
    "a blank in an address": Mistake(
        UNITS, "email=haian@", "email=haian @", "bad-pattern", "haian,海安", "channels"
    ),
    "a unit closed before it opened": Mistake(
        UNITS, HAIAN_ROW, "email=haian@haian.example,2018-12-01,2018-11-30,coordinator",
        "end-before-start", "haian,海安", "closes",
    ),
    "a unit nobody stated": Mistake(
        UNITS, HAIAN_ROW, "email=haian@haian.example,,,", "missing", "haian,海安", "origin"
    ),
    "a cell too few": Mistake(UNITS, HAIAN_ROW, HAIAN_ROW.replace(",,,", ",,"), "csv-cells", "haian,海安"),
    "a cell too many": Mistake(UNITS, HAIAN_ROW, HAIAN_ROW + ",x", "csv-cells", "haian,海安"),
    "a part of an unknown total": Mistake(
        MONTHLY, "within: samples", "within: sample", "unknown-reference", "within: sample",
        "sections[0].indicators[7].within",
    ),
    "decimal places of an integer": Mistake(
        MONTHLY, "type: decimal, scale: 2", "scale: 2", "scale-without-decimal", "fines",
        "sections[1].indicators[3].scale",
    ),
    "a figure without unit of measure": Mistake(
        MONTHLY, "name: 收集违法线索, unit_of_measure: 条", "name: 收集违法线索",
        "unit-of-measure-missing", "收集违法线索", "sections[0].indicators[3]",
    ),
}  # fmt: skip


def line_of(text: str, fragment: str) -> str:
    """The number of the first line on which `fragment` begins."""
    return str(text.count("\n", 0, text.index(fragment)) + 1)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_single_mistake_gives_one_problem_with_its_file_line_and_key(name: str) -> None:
    wrong = MISTAKES[name]
    bundle = changed((wrong.file, wrong.old, wrong.new))
    line = line_of(dict(bundle.files)[wrong.file], wrong.at)
    found = [(p.code, p.file, p.place, p.key) for p in mistakes(bundle)]
    assert found == [(wrong.code, wrong.file, line, wrong.key)]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_in_chinese_with_its_place(name: str) -> None:
    wrong = MISTAKES[name]
    (problem,) = mistakes(changed((wrong.file, wrong.old, wrong.new)))
    said = renderer().problem(problem)
    assert said.startswith(f"{problem.file}:{problem.place}  {problem.key}")
    assert f"（{problem.code}）" not in said  # how a code without a sentence is said


TEN = (
    (PLAN, "issued: 2018-09-06", "issued: 2018-09-31"),
    (PLAN, "zone: Asia/Shanghai", "zone: Asia/Beijing"),
    (PLAN, "to: jicha", "to: nobody"),
    (PLAN, "on: 5", "on: 32"),
    (PLAN, "zero_report: true", "zero_report: maybe"),
    (UNITS, "email=haian@", "haian@"),
    (UNITS, "chengdong@haian.example,,,coordinator", "chengdong@haian.example,,,nobody"),
    (CASE, "unit_of_measure: 人, ", ""),
    (MONTHLY, "within: samples", "within: sample"),
    (MONTHLY, "type: decimal, scale: 2", "scale: 2"),
)
"""In the order in which they are to be reported: the plan, the units, the forms by name, then by line."""


def test_ten_mistakes_in_four_files_are_all_reported_at_once_by_file_and_line() -> None:
    bundle = changed(*TEN)
    expected = [(file, line_of(dict(bundle.files)[file], new)) for file, _, new in TEN[:5]]
    expected += [(UNITS, "5"), (UNITS, "6")]  # 海安分局 and 城东分局, after the heading and three offices
    expected += [(CASE, "12"), (MONTHLY, "18"), (MONTHLY, "25")]  # 涉案人员, 不合格, 罚没金额
    assert [(p.file, p.place) for p in mistakes(bundle)] == expected


def test_problems_come_in_the_same_order_whatever_the_order_of_the_files() -> None:
    bundle = changed(*TEN)
    assert mistakes(Bundle(bundle.files[::-1])) == mistakes(bundle)


@pytest.mark.parametrize("name", texts("haian-2018"))
def test_a_file_that_is_not_there_is_missed(name: str) -> None:
    rest = tuple((other, text) for other, text in texts("haian-2018").items() if other != name)
    found = {(p.code, p.file, p.key) for p in mistakes(Bundle(rest))}
    forms = ("monthly", "major-case", "materials", "self-check", "commendation")  # in the order of duties
    by_form = {f"forms/{form}.yaml": f"duties[{n}].form" for n, form in enumerate(forms)}
    expected = ("unknown-reference", PLAN, by_form[name]) if name in by_form else ("file-missing", name, "")
    assert expected in found


@pytest.mark.parametrize("name", [PLAN, MONTHLY])
def test_broken_yaml_is_a_problem_at_the_line_where_reading_failed(name: str) -> None:
    bundle = changed((name, "title: ", "title: ]"))
    line = line_of(dict(bundle.files)[name], "title: ]")
    assert (name, line) in [(p.file, p.place) for p in mistakes(bundle) if p.code == "yaml-syntax"]


def test_two_indicators_of_one_code_are_both_named() -> None:
    found = mistakes(changed((MONTHLY, "code: samples_failed", "code: samples")))
    # 网络抽检药品 stands in line 17, its part in line 18
    assert {p.place for p in found if p.code == "duplicate-id"} == {"17", "18"}


def test_a_phase_that_ends_before_it_starts_and_before_the_campaign_is_told_both() -> None:
    edit = (PLAN, "end: {date: 2018-09-20, precision: xun", "end: {date: 2018-09-05, precision: day")
    # the phase began on 6 September, as did the campaign
    bundle = changed(edit)
    line = line_of(dict(bundle.files)[PLAN], edit[2])
    found = [(p.code, p.place, p.key) for p in mistakes(bundle)]
    assert sorted(found) == [
        ("end-before-start", line, "phases[0].end"),
        ("outside-campaign", line, "phases[0].end"),
    ]
