"""Who stated each value of a plan: the notice, or the coordinator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from duban.errors import Problem
from duban.plan.source import Located, Path, key_text

MARKS = ("origin", "origins", "source")


@dataclass(frozen=True, slots=True)
class Statement:
    """One value of a plan, with who stated it and in which words."""

    file: str
    line: int
    key: str
    value: str
    origin: str | None
    source: str | None


def statements(source: Located) -> Iterator[Statement]:
    """Every value of the file with its origin: its own mark, or that of the nearest block around it."""
    yield from _walk(source, source.data, (), None, None)


def _walk(
    source: Located, data: Any, path: Path, origin: str | None, words: str | None
) -> Iterator[Statement]:
    if isinstance(data, dict):
        origin = data.get("origin", origin)
        words = data.get("source", words)
        marked = data.get("origins")
        single = marked if isinstance(marked, dict) else {}
        for key, value in data.items():
            if key not in MARKS:
                yield from _walk(source, value, (*path, key), single.get(key, origin), words)
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        for index, item in enumerate(data):
            yield from _walk(source, item, (*path, index), origin, words)
    else:
        yield Statement(source.file, source.line(path), key_text(path), str(data), origin, words)


def origin_problems(source: Located) -> list[Problem]:
    """Values that nobody stated, and `origins` that name a key which is not there."""
    if not isinstance(source.data, dict):
        return []
    unmarked = [
        Problem("origin-missing", s.file, str(s.line), s.key, s.value)
        for s in statements(source)
        if s.origin is None
    ]
    return unmarked[:1] + list(_dangling(source, source.data, ()))


def _dangling(source: Located, data: Any, path: Path) -> Iterator[Problem]:
    if isinstance(data, dict):
        marked = data.get("origins")
        for key in marked if isinstance(marked, dict) else ():
            if key not in data:
                yield source.problem((*path, "origins", key), "origin-of-nothing", key)
        for key, value in data.items():
            yield from _dangling(source, value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _dangling(source, item, (*path, index))
