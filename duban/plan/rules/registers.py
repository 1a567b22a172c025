"""Registers 台账: rows told apart by their key, closed by a column, counted as indicators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from duban.errors import Problem
from duban.plan.forms import Closing
from duban.plan.rules.blocks import Block, texts_at
from duban.plan.rules.folder import unknown
from duban.plan.source import Path


def register_problems(register: Block, columns: list[Block], counts: list[Block]) -> Iterator[Problem]:
    """Mistakes in a form's register."""
    by_code = {str(c.raw.get("code", "")): c for c in columns}
    if register.raw.get("columns") == []:
        yield register.problem("columns", "too-short")
    if register.raw.get("key") == []:
        yield register.problem("key", "too-short")
    for at, name in register.texts("key"):
        if name not in by_code:
            yield unknown(register, at, name, by_code)
        elif by_code[name].get("personal"):
            yield register.problem(at, "personal-key", name)
    closed = register.block("closed", Closing)
    for _, name in closed.texts("column"):
        yield from _choices(closed, ("column",), ("values",), name, closed.raw.get("values"), by_code)
    for count in counts:
        yield from _count(count, by_code, bool(closed.raw))


def _count(count: Block, by_code: dict[str, Block], closes: bool) -> Iterator[Problem]:
    where = count.raw.get("where")
    for name, values in (where if isinstance(where, dict) else {}).items():
        at: Path = ("where", name)
        yield from _choices(count, at, at, name, values, by_code)
    if count.has("open") and not closes:
        yield count.problem("open", "open-without-closed", count.raw["open"])
    if count.get("type") not in ("integer", None):
        yield count.problem("type", "bad-choice", count.raw.get("type"), expected="integer")


def _choices(
    block: Block, at: Path, values_at: Path, name: str, values: Any, by_code: dict[str, Block]
) -> Iterator[Problem]:
    """A column that is there, and values that it can have."""
    column = by_code.get(name)
    if column is None:
        yield unknown(block, at, name, by_code)
        return
    allowed = column.get("choices") or ()
    for place, value in texts_at(values_at, values):
        if column.get("type") == "choice" and allowed and value not in allowed:
            yield unknown(block, place, value, allowed)
