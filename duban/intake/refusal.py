"""How intake says no: one SubmissionInvalid, its problems placed as far as each layer knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from duban.errors import Problem, SubmissionInvalid

SHOWN = 60
"""A value longer than this is cut in a message."""


def refusal(code: str, value: object = "", **params: Any) -> SubmissionInvalid:
    """A refusal with one problem."""
    return refused([Problem(code, value=shown(value), params=params)])


def refused(problems: Iterable[Problem], file_name: str = "") -> SubmissionInvalid:
    """A refusal with all problems; `file_name` goes to those that do not name a file yet."""
    placed = tuple(replace(p, file=p.file or file_name) for p in problems)
    return SubmissionInvalid("submission-invalid", placed, count=len(placed))


def shown(value: object) -> str:
    """A value as a message may show it: as the unit saw it in its cell, and not at any length."""
    try:
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    except RecursionError:  # lists in lists, as deep as their reader could go
        text = "…"
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "�")
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
