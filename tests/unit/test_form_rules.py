"""Forms whose indicators, registers and liaisons contradict each other."""

from __future__ import annotations

import pytest

from duban.plan import Bundle, parse
from duban.rendering import renderer
from tests.support.plans import mistakes, texts

FILE = "forms/major-case.yaml"
HEAD = "id: major-case\ntitle: 重大案件台账\norigin: coordinator\n"


def with_form(body: str) -> Bundle:
    """Hai'an with another form for its major cases."""
    return Bundle(tuple({**texts("haian-2018"), FILE: HEAD + body}.items()))


def codes(body: str) -> list[tuple[str, str]]:
    """(code, key) of every mistake in the form; each is also said in words."""
    found = mistakes(with_form(body))
    assert {p.file for p in found} == {FILE}
    assert all(f"（{p.code}）" not in renderer().problem(p) for p in found)
    return [(p.code, p.key) for p in found]


ROWS = "sections:\n  - id: a\n    name: 甲\n    indicators:\n"
TOTAL = "      - {code: total, name: 合计, unit_of_measure: 件, sum_of: [first, second]}\n"
PARTS = (
    "      - {code: first, name: 其一, unit_of_measure: 件}\n"
    "      - {code: second, name: 其二, unit_of_measure: 件}\n"
)
WORDS = "      - {code: state, name: 进展, type: choice, choices: [未开始, 进行中, 已完成]}\n"


def test_totals_choices_and_their_parts_make_a_form() -> None:
    assert [i.code for i in parse(with_form(ROWS + TOTAL + PARTS + WORDS)).form["major-case"].indicators] == [
        "total", "first", "second", "state",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("[first, second]", "[first, third]", "unknown-reference", "0].sum_of[1]"),
        ("[first, second]", "[first, state]", "not-a-figure", "0].sum_of[1]"),
        ("[first, second]", "[first, total]", "circular", "0].sum_of[0]"),
        ("其一, unit_of_measure: 件", "其一, unit_of_measure: 件, type: decimal, scale: 2", "other-scale",
         "0].sum_of[0]"),
        ("其一, unit_of_measure: 件", "其一, unit_of_measure: 件, within: first", "circular", "1].within"),
        ("其一, unit_of_measure: 件", "其一, unit_of_measure: 件, choices: [有, 无]", "choices-and-type",
         "1].choices"),
        ("choices: [未开始, 进行中, 已完成]", "choices: []", "choices-and-type", "3].choices"),
        ("choices: [未开始, 进行中, 已完成]", "choices: [有, 有]", "duplicate-id", "3].choices"),
        ("type: choice", "type: choice, within: first", "not-a-figure", "3].within"),
        ("type: choice", "type: choice, max: 5", "not-a-figure", "3].max"),
        ("其二, unit_of_measure: 件", "其二, unit_of_measure: 件, factor: '10'", "factor-without-replaces",
         "2].factor"),
        ("其二, unit_of_measure: 件", "其二, unit_of_measure: 件, replaces: old, factor: '0'", "too-small",
         "2].factor"),
        ("其二, unit_of_measure: 件", "其二, unit_of_measure: 件, personal: true", "personal-figure",
         "2].personal"),
        ("其二, unit_of_measure: 件", "其二, unit_of_measure: 件, replaces: second", "circular",
         "2].replaces"),
    ],
)  # fmt: skip
def test_indicators_that_do_not_fit_each_other_are_told(old: str, new: str, code: str, key: str) -> None:
    body = ROWS + TOTAL + PARTS + WORDS
    assert old in body
    assert (code, f"sections[0].indicators[{key}") in codes(body.replace(old, new, 1))


REGISTER = """register:
  name: 挂牌督办案件
  key: [number]
  columns:
    - {code: number, name: 案号, type: text}
    - {code: state, name: 状态, type: choice, choices: [在办, 办结]}
  closed: {column: state, values: [办结]}
  counts:
    - {code: open_cases, name: 在办案件, unit_of_measure: 件, open: true}
    - {code: cases, name: 案件, unit_of_measure: 件, where: {state: [在办, 办结]}}
"""


def test_a_register_alone_makes_a_form() -> None:
    register = parse(with_form(REGISTER)).form["major-case"].register_
    assert register is not None
    assert [c.code for c in register.counts] == ["open_cases", "cases"]


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("key: [number]", "key: [id]", "unknown-reference", "register.key[0]"),
        ("key: [number]", "key: []", "too-short", "register.key"),
        ("案号, type: text", "案号, type: text, personal: true", "personal-key", "register.key[0]"),
        ("column: state", "column: status", "unknown-reference", "register.closed.column"),
        ("values: [办结]", "values: [结案]", "unknown-reference", "register.closed.values[0]"),
        ("  closed: {column: state, values: [办结]}\n", "", "open-without-closed", "register.counts[0].open"),
        ("where: {state", "where: {status", "unknown-reference", "register.counts[1].where.status"),
        ("[在办, 办结]}}", "[在办, 结案]}}", "unknown-reference", "register.counts[1].where.state[1]"),
        ("code: cases,", "code: number,", "duplicate-id", "register.counts[1].code"),
        ("件, where", "件, type: decimal, where", "bad-choice", "register.counts[1].type"),
    ],
)
def test_a_register_that_names_no_column_is_told(old: str, new: str, code: str, key: str) -> None:
    assert old in REGISTER
    assert (code, key) in codes(REGISTER.replace(old, new, 1))


def test_a_form_without_rows_is_told_so() -> None:
    assert codes("sections: []\n") == [("form-empty", "sections")]
    assert codes("sections:\n  - {id: a, name: 甲, indicators: []}\n") == [
        ("form-empty", "sections[0].indicators"),
    ]  # fmt: skip


def test_a_section_for_nobody_is_told_in_its_form() -> None:
    assert codes(ROWS.replace("name: 甲", "name: 甲\n    for: 无此单位") + PARTS) == [
        ("unknown-reference", "sections[0].for"),
    ]  # fmt: skip


RULE = "left: [first, second], is: equal, right: total"


def checked(rule: str) -> str:
    """A form with a total, its parts, a choice and one rule."""
    return f"{ROWS}{TOTAL}{PARTS}{WORDS}checks:\n  - {{{rule}}}\n"


@pytest.mark.parametrize(
    "rule",
    [
        RULE,
        f"{RULE}, grade: query, because: 其一加其二",
        "left: first, is: at-most, right: second",
        "left: first, is: at-least, before: first",
        "if: {first: positive}, needs: second",
        "if: {state: [已完成, 进行中], first: filled}, needs: [second, total]",
    ],
)
def test_a_rule_between_figures_is_a_part_of_a_form(rule: str) -> None:
    form = parse(with_form(checked(rule))).form["major-case"]
    assert form.checks[0].codes


@pytest.mark.parametrize(
    ("rule", "code", "key"),
    [
        (RULE.replace("total", "third"), "unknown-reference", "right"),
        (RULE.replace("second", "state"), "not-a-figure", "left[1]"),
        (RULE.replace("total", "first"), "duplicate-id", "right"),
        (RULE.replace("equal", "same"), "bad-choice", "is"),
        (f"{RULE}, grade: note", "bad-choice", "grade"),
        (f"{RULE}, before: state", "not-a-figure", "before"),
        (f"{RULE}, needs: second", "check-of-two-kinds", "needs"),
        (f"{RULE}, left_over: 1", "unknown-key", "left_over"),
        ("left: first, is: equal", "check-incomplete", ""),
        ("left: first, right: second", "check-incomplete", ""),
        ("is: equal, right: second", "check-incomplete", ""),
        ("grade: query", "check-incomplete", ""),
        ("left: [], is: equal, right: first", "too-short", "left"),
        ("if: {first: positive}", "check-incomplete", ""),
        ("needs: first", "check-incomplete", ""),
        ("if: {}, needs: first", "too-short", "if"),
        ("if: {third: positive}, needs: first", "unknown-reference", "if.third"),
        ("if: {state: positive}, needs: first", "not-a-figure", "if.state"),
        ("if: {state: [未完成]}, needs: first", "unknown-reference", "if.state[0]"),
        ("if: {state: 已完成}, needs: first", "bad-condition", "if.state"),
        ("if: {first: positive}, needs: [second, first]", "circular", "needs[1]"),
        ("if: {first: positive}, needs: third", "unknown-reference", "needs"),
    ],
)
def test_a_rule_that_names_nothing_or_says_half_is_told(rule: str, code: str, key: str) -> None:
    at = f"checks[0].{key}".removesuffix(".")
    assert (code, at) in codes(checked(rule))


def test_only_what_is_measured_alike_is_compared() -> None:
    body = checked(RULE).replace("其二, unit_of_measure: 件", "其二, unit_of_measure: 条")
    assert ("other-measure", "checks[0].left[1]") in codes(body)


@pytest.mark.parametrize(
    ("more", "code", "key"),
    [
        ("cumulative: true", "cumulative-not-last", "cumulative"),
        ("min: 5, max: 4", "too-large", "min"),
        ("min: 0", "too-small", "min"),
        ("min: some", "not-an-integer", "min"),
        ("outliers: perhaps", "not-a-boolean", "outliers"),
    ],
)
def test_what_is_said_of_a_figure_fits_it(more: str, code: str, key: str) -> None:
    body = ROWS + PARTS.replace("件}", f"件, {more}}}", 1)
    assert (code, f"sections[0].indicators[0].{key}") in codes(body)


@pytest.mark.parametrize("key", ["min: 1", "cumulative: true", "outliers: false"])
def test_what_is_said_of_figures_is_not_said_of_words(key: str) -> None:
    body = ROWS + WORDS.replace("type: choice", f"type: choice, {key}")
    assert ("not-a-figure", f"sections[0].indicators[0].{key.partition(':')[0]}") in codes(body)


def test_no_column_of_a_register_is_cumulative() -> None:
    body = REGISTER.replace("件, open: true}", "件, open: true, periods: last, cumulative: true}")
    assert codes(body) == [("cumulative-column", "register.counts[0].cumulative")]


def test_the_counts_of_a_register_may_be_held_against_each_other() -> None:
    rule = "checks:\n  - {left: open_cases, is: at-most, right: cases}\n"
    assert parse(with_form(REGISTER + rule)).form["major-case"].checks


PERSON = "      - {{code: liaison_{0}, name: 联络员, type: text, personal: {1}}}\n"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (PERSON.format("name", "true") + PERSON.format("phone", "true"), []),
        (PERSON.format("name", "true"), [("liaisons-incomplete", "fills")]),
        (PERSON.format("email", "true"), [("liaisons-incomplete", "fills")]),
        (PERSON.format("name", "false") + PERSON.format("email", "true"),
         [("liaison-not-personal", "sections[0].indicators[0].code")]),
    ],
)  # fmt: skip
def test_a_list_of_liaisons_says_who_and_where_and_keeps_both_erasable(
    rows: str, found: list[tuple[str, str]]
) -> None:
    body = "fills: liaisons\n" + ROWS + rows
    if found:
        assert codes(body) == found
    else:
        assert parse(with_form(body)).form["major-case"].fills == "liaisons"
