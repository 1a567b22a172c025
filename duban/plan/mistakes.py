"""What pydantic finds, in our words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from duban.errors import Problem
from duban.plan.source import Path

CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown-key",
    "literal_error": "bad-choice",
    "string_pattern_mismatch": "bad-pattern",
    "string_too_long": "too-long",
    "string_too_short": "too-short",
    "greater_than": "too-small",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-large",
    "int_type": "not-an-integer",
    "bool_type": "not-a-boolean",
    "bool_parsing": "not-a-boolean",
    "string_type": "not-text",
    "tuple_type": "not-a-list",
    "dict_type": "not-a-mapping",
    "model_type": "not-a-mapping",
    "model_attributes_type": "not-a-mapping",
}
OURS = {"not-one-line", "bad-clock", "bad-period", "bad-date", "bad-due-day", "bad-goal", "bad-condition"}


def our_problem(error: Any, place: Callable[[Path, str, Any, dict[str, Any]], Problem]) -> Problem:
    """One pydantic error under our codes, without the path parts (the tags of unions, which begin with
    ~) that are not in the file."""
    path = tuple(p for p in error["loc"] if not str(p).startswith("~"))
    kind, value = error["type"], error["input"]
    code = kind if kind in OURS else CODES.get(kind, "wrong-type")
    shown = "" if isinstance(value, dict | list) or kind == "missing" else value
    params = {"detail": error["msg"], **error.get("ctx", {})}
    if "expected" in params:  # 'day', 'week' or 'month'
        params["expected"] = "、".join(re.findall(r"'([^']*)'", params["expected"]))
    return place(path, code, shown, params)
