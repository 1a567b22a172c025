"""Mistakes for machines: in parts and in words."""

from __future__ import annotations

from typing import Any

from duban.errors import Problem
from duban.rendering import Renderer

EXPECTED = ("expected", "known", "kinds", "choices", "limit", "scale", "least", "most", "span", "tick")
"""Values of a problem, the most telling first, that say what should have stood there."""


def problem_json(problem: Problem, texts: Renderer) -> dict[str, Any]:
    """One mistake, query or note."""
    return {
        "code": problem.code, "grade": problem.grade, "file": problem.file, "place": problem.place,
        "key": problem.key, "value": problem.value, "expected": _expected(problem),
        "text": texts.problem(problem),
    }  # fmt: skip


def _expected(problem: Problem) -> str | None:
    found = next((problem.params[name] for name in EXPECTED if problem.params.get(name)), None)
    if isinstance(found, list | tuple):
        return "、".join(str(x) for x in found)
    return None if found is None else str(found)
