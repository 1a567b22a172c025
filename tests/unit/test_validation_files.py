"""A number of files held against what the return states."""

from __future__ import annotations

from typing import Any

import pytest

from duban.intake.attachments import Attached, attachment_problems, tally_problems
from duban.plan import parse
from duban.plan.duties import Attachment
from duban.rendering import renderer
from tests.support.plans import changed, load, mistakes

FORM = load("haian-2018").form["monthly"]
WORDS = {"id": "pack", "name": "案卷", "kinds": ["document"]}


def wanted(count: Any, **more: Any) -> list[Attachment]:
    return [Attachment.model_validate(WORDS | {"count": count} | more)]


def files(number: int) -> list[Attached]:
    return [Attached("pack", f"{n}.txt", f"案卷{n}".encode()) for n in range(number)]


def found(
    count: Any, number: int, notes: dict[str, str] | None = None, **cells: int
) -> list[tuple[str, str, str]]:
    told = tally_problems(wanted(count), files(number), FORM, cells, notes or {})
    return [(p.grade, p.code, p.key) for p in told]


EACH = {"figures": "cases_closed"}
WRONG = [("error", "attachments-and-figures", "pack")]


@pytest.mark.parametrize(
    ("relation", "number", "is_wrong"),
    [
        ("equal", 2, False), ("equal", 1, True), ("equal", 3, True), ("at-most", 2, False),
        ("at-most", 3, True), ("at-most", 0, False), ("at-least", 1, True), ("at-least", 3, False),
    ],
)  # fmt: skip
def test_for_two_cases_so_many_packs_are_right(relation: str, number: int, is_wrong: bool) -> None:
    assert found(EACH | {"is": relation}, number, cases_closed=2) == (WRONG if is_wrong else [])


def test_a_pack_for_each_case_of_several_kinds() -> None:
    both = {"figures": ["cases_closed", "cases_filed"]}
    assert found(both, 5, cases_closed=2, cases_filed=3) == []
    (problem,) = tally_problems(wanted(both), files(4), FORM, {"cases_closed": 2, "cases_filed": 3}, {})
    assert renderer().problem(problem) == (
        "pack  附件“案卷”收到 4 个，应等于所报的“办结案件”2 + “立案查处网售药品违法案件”3，合计 5（件），"
        "请核对附件或数字。"
    )


def test_no_case_is_no_pack_and_a_blank_is_held_against_nothing() -> None:
    assert found(EACH, 0, cases_closed=0) == []
    assert attachment_problems(wanted(EACH), []) == []
    assert found(EACH, 1, cases_closed=0) == WRONG
    assert found(EACH, 1) == []


def test_one_is_demanded_besides_where_the_plan_says_so() -> None:
    asked = wanted(EACH, at_least=2)
    assert [p.code for p in attachment_problems(asked, files(1))] == ["attachments-too-few"]


def test_one_file_sent_twice_is_one() -> None:
    twice = [Attached("pack", "甲.txt", b"x"), Attached("pack", "乙.txt", b"x")]
    assert tally_problems(wanted(EACH), twice, FORM, {"cases_closed": 1}, {}) == []


def test_a_query_about_files_is_answered_beside_the_figure() -> None:
    asked = EACH | {"is": "at-most", "grade": "query"}
    assert found(asked, 3, cases_closed=2) == [("query", "attachments-and-figures", "pack")]
    assert found(asked, 3, {"cases_closed": "含上月1件"}, cases_closed=2)[0][0] == "note"


DUTY = "form: monthly\n"
WITH = f"{DUTY}    attachments:\n      - {{id: a, name: 案卷, count: {{figures: %s}}, origin: coordinator}}\n"


def test_the_figures_are_the_forms_own() -> None:
    bundle = changed(("plan.yaml", DUTY, WITH % "cases_closed"))
    tally = parse(bundle).duty["monthly"].attachments[0].count
    assert tally is not None
    assert tally.is_ == "equal"
    for code, problem in (("cases", "unknown-reference"), ("summary", "not-a-figure")):
        wrong = mistakes(changed(("plan.yaml", DUTY, WITH % code)))
        assert [(p.code, p.key) for p in wrong] == [(problem, "duties[0].attachments[0].count.figures")]
