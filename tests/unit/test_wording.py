"""Every code that our own source can produce has its sentence, and every sentence finds its values."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jinja2.meta
import pytest

from duban import notices
from duban.errors import DubanError, Problem, SubmissionInvalid
from duban.intake.submission import read_submission
from duban.moments import MomentKind
from duban.plan.forms import LIMIT
from duban.plan.mistakes import CODES, OURS
from duban.rendering import nested, renderer
from tests.support.plans import load
from tests.support.workbooks import TO, ZEROS

DUBAN = Path(__file__).parents[2] / "duban"

CODE_AT = {
    "Problem": 0, "problem": 1, "csv_problem": 2, "_ask": 1, "refusal": 0, "_problem": 0, "_unknown": 0,
    "Fault": 0, "_broken": 2,
}  # fmt: skip
"""Which argument of a call is a problem's code."""
ERRORS = {"DubanError", "BadInput", "PlanInvalid", "SubmissionInvalid", "NotAllowed"}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in our source, by the name of what is called."""
    for path in sorted(DUBAN.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def strings(node: ast.expr) -> set[str]:
    """The texts an argument may be: one, or either of two."""
    branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
    return {b.value for b in branches if isinstance(b, ast.Constant) and isinstance(b.value, str)}


def problem_codes() -> set[str]:
    found = {"wrong-type", *OURS, *CODES.values()}
    for name, call in calls():
        if name in CODE_AT and len(call.args) > CODE_AT[name]:
            found |= strings(call.args[CODE_AT[name]])
        elif name == "_object":
            found |= strings(call.args[3])
    return found


def error_codes() -> dict[str, set[str]]:
    """Code → the values that every place raising it gives."""
    found: dict[str, set[str]] = {"delivery-failed": {"detail"}}
    for name, call in calls():
        for code in strings(call.args[0]) if name in ERRORS and call.args else ():
            given = {k.arg for k in call.keywords if k.arg}
            found[code] = found.get(code, given) & given
    return found


@pytest.mark.parametrize("code", sorted(problem_codes()))
def test_every_problem_has_its_sentence(code: str) -> None:
    assert code in renderer().words["problems"]


@pytest.mark.parametrize(("code", "given"), sorted(error_codes().items()))
def test_every_error_has_its_sentence_and_the_values_it_says(code: str, given: set[str]) -> None:
    sentence = renderer().words["errors"][code]
    env = renderer().env
    wanted = jinja2.meta.find_undeclared_variables(env.parse(str(sentence)))
    assert wanted <= given | {"e"} | set(env.globals)


def test_no_sentence_about_a_problem_is_left_over() -> None:
    assert set(renderer().words["problems"]) == problem_codes() | {"unknown"}


def test_an_error_is_said_with_its_values() -> None:
    said = renderer().error(DubanError("unknown-campaign", name="haian", known=["haian-2018"]))
    assert said == "没有名为“haian”的专项行动，也不是方案文件夹；现有：haian-2018"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("““双随机”抽查企业”未填写", "“‘双随机’抽查企业”未填写"),
        ("“已建成“明厨亮灶”的单位”和“辖区企业”", "“已建成‘明厨亮灶’的单位”和“辖区企业”"),
        ("填的是“三”家”，不是数字", "填的是“三”家”，不是数字"),
    ],
)
def test_quotation_marks_within_others_are_single_ones(text: str, shown: str) -> None:
    assert nested(text) == shown


# --- sentences of returns that really failed ------------------------------------------------------

GOOD = {**ZEROS, "sellers": 41}
DOCUMENTS: dict[str, Any] = {
    "cell-missing": {"cells": {k: v for k, v in GOOD.items() if k != "clues"}},
    "not-a-number": {"cells": {**GOOD, "fines": "3万元"}},
    "too-many-decimals": {"cells": {**GOOD, "clues": 1.5}},
    "negative": {"cells": {**GOOD, "clues": -1}},
    "figure-too-large": {"cells": {**GOOD, "clues": LIMIT + 1}},
    "part-exceeds-total": {"cells": {**GOOD, "clues": 1, "clues_police": 2}},
    "zero-report-contradicted": {"zero": True, "cells": {**GOOD, "clues": 1}},
    "unknown-code": {"cells": {**GOOD, "bribes": 1}},
    "unknown-member": {"cells": GOOD, "note": "x"},
    "wrong-member": {"cells": GOOD, "zero": "yes"},
    "wrong-identity": {"cells": GOOD, "unit": "nanmo"},
    "cell-not-text": {"cells": {**GOOD, "summary": True}},
    "text-too-long": {"cells": {**GOOD, "summary": "长" * 4001}},
    "text-unprintable": {"cells": {**GOOD, "summary": "\x07"}},
}
BYTES = {code: json.dumps(document).encode() for code, document in DOCUMENTS.items()} | {
    "json-syntax": b'{"cells": ',
    "json-not-utf8": b'{"cells": "\xff"}',
    "json-too-deep": b'{"cells": ' + b"[" * 200_000,
    "duplicate-member": b'{"cells": {}, "cells": {}}',
}


def refused(data: bytes, name: str) -> tuple[Problem, ...]:
    with pytest.raises(SubmissionInvalid) as caught:
        read_submission(data, name, **TO)
    return caught.value.problems


@pytest.mark.parametrize("code", BYTES)
def test_a_refused_document_says_why_in_words(code: str) -> None:
    found = refused(BYTES[code], "报表.json")
    assert code in {p.code for p in found}
    for problem in found:
        said = renderer().problem(problem)
        assert said.startswith("报表.json")
        assert f"（{problem.code}）" not in said


def test_a_zero_report_where_none_is_taken_says_so() -> None:
    to = {**TO, "duty": "major-case", "period": "2018-10-22"}
    with pytest.raises(SubmissionInvalid) as caught:
        read_submission(b'{"zero": true, "cells": {}}', "报表.json", **to)
    assert "本事项不接受零报告" in renderer().problem(caught.value.problems[0])
    assert not load("haian-2018").duty["major-case"].zero_report


def test_every_kind_of_message_and_moment_has_a_name_and_no_other_has() -> None:
    words = renderer().words
    assert set(words["portal"]["review"]["messages"]) == notices.DAILY | notices.AT_ONCE
    assert set(words["moments"]) == set(get_args(MomentKind))
