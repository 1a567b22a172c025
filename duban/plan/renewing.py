"""An old campaign's files with every date moved: the same text, its comments and order kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from duban import calendars, periods
from duban.plan.bundle import GIVEN, PLAN, Bundle
from duban.plan.dates import PrintedDate
from duban.plan.source import Path, key_text

SLUG = re.compile(r"[a-z][a-z0-9-]{0,39}")
A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
OF_PERIODS = {"first", "last", "period", "periods"}
"""Keys whose values name report periods."""
NAMES = {
    "title", "short", "name", "issuer", "reason", "because", "condition", "ends_with", "words", "source",
}  # fmt: skip
"""Keys whose values are words: nothing in them is moved, but what speaks of time wants an eye."""
OF_TIME = re.compile(r"\d{4}|[0-9〇一二三四五六七八九十]+[年月日号]|[上中下]旬|季度|年底|月底|即日")
PAST = {PLAN: ("amendments",), GIVEN: ("determined",)}
"""Top-level keys that speak of the old campaign's own life."""

Mark = Callable[[list["Change"]], str]
"""The comment that the changes of a line get, without its `#`."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value of the new files that a person has to look at."""

    file: str
    line: int
    key: str
    before: str
    after: str

    @property
    def moved(self) -> bool:
        """Whether the value is another one; if not, it is words that speak of time."""
        return self.before != self.after


@dataclass(frozen=True)
class Renewed:
    """The new campaign's files, and what in them wants a person's eye."""

    bundle: Bundle
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class _Move:
    """From the old campaign's first day to the new one's."""

    old: date
    new: date

    @property
    def months(self) -> int:
        return (self.new.year - self.old.year) * 12 + self.new.month - self.old.month

    def day(self, day: date) -> date:
        """That day moved by whole months, clamped to shorter ones; never before the new first day if it
        was not before the old one."""
        if day == self.old:
            return self.new
        month = day.year * 12 + day.month - 1 + self.months
        moved = calendars.day_in_month(month // 12, month % 12 + 1, day.day)
        return moved if day < self.old else max(moved, self.new)

    def period(self, name: str) -> str:
        """The period of the same length in which its moved first day lies."""
        first = periods.span(name)[0]
        month = first.year * 12 + first.month - 1 + self.months
        return periods.name_of(
            periods.length_of(name), calendars.day_in_month(month // 12, month % 12 + 1, first.day)
        )


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str
    change: Change | None


def renewed(bundle: Bundle, slug: str, start: date, mark: Mark) -> Renewed:
    """The files of a campaign `slug` that begins on `start`. Comments made by `mark` stand after each
    changed value and after words that speak of time."""
    files = dict(bundle.files)
    move = _Move(_first_day(files), start)
    changes: list[Change] = []
    for name, text in sorted(files.items()):
        if name.endswith(".yaml"):
            edits = list(_edits(name, text, slug, move))
            files[name] = _marked(text, edits, mark)
            changes += [e.change for e in edits if e.change]
    return Renewed(Bundle(tuple(sorted(files.items()))), tuple(changes))


def _first_day(files: dict[str, str]) -> date:
    """The old campaign's first day; the bundle was parsed, so it is there."""
    for name in (PLAN, GIVEN):
        for path, node in _scalars(_root(files.get(name, ""))):
            if path in (("start",), ("start", "date")):
                return date.fromisoformat(node.value)
    raise ValueError("start")


def _root(text: str) -> yaml.Node | None:
    root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    return root


def _scalars(node: yaml.Node | None, path: Path = ()) -> Iterator[tuple[Path, yaml.ScalarNode]]:
    """Every scalar that is a value, with its path."""
    if isinstance(node, yaml.ScalarNode):
        yield path, node
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _scalars(item, (*path, index))
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value, (*path, key.value))


def _edits(name: str, text: str, slug: str, move: _Move) -> Iterator[_Edit]:
    root = _root(text)
    past = list(_past(name, root, text))
    yield from past
    scalars = dict(_scalars(root))
    for path, node in scalars.items():
        start, end = node.start_mark.index, node.end_mark.index
        if any(edit.start <= start < edit.end for edit in past):
            continue
        found = _moved(path, scalars, move) if name in (PLAN, GIVEN) else None
        after = slug if (name, path) == (PLAN, ("slug",)) else found or node.value
        words = str(next((p for p in reversed(path) if isinstance(p, str)), "")) in NAMES
        if after != node.value or (words and OF_TIME.search(node.value)):
            line = node.start_mark.line + 1
            change = Change(name, line, key_text(path), node.value, after)
            kept = text[start:end] if after == node.value else after
            yield _Edit(start, end, kept, None if path == ("slug",) else change)


def _past(name: str, root: yaml.Node | None, text: str) -> Iterator[_Edit]:
    """The lines of top-level keys that belong to the old campaign only are left out."""
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for index, (key, _) in enumerate(pairs):
        if key.value in PAST.get(name, ()):
            follows = index + 1 < len(pairs)
            end = pairs[index + 1][0].start_mark.index if follows else len(text)
            start = key.start_mark.index
            yield _Edit(start, start + len(_without_heading(text[start:end])), "", None)


def _without_heading(block: str) -> str:
    """A block without the comments and blank lines after it, which belong to what follows."""
    lines = block.splitlines(keepends=True)
    while lines and (not lines[-1].strip() or lines[-1].startswith("#")):
        lines.pop()
    return "".join(lines)


def _moved(path: Path, scalars: dict[Path, yaml.ScalarNode], move: _Move) -> str | None:
    """What a value becomes: a date, a period, or the precision of a date that had to be set to a day."""
    value = scalars[path].value
    keys = {p for p in path[-2:] if isinstance(p, str)}
    if keys & NAMES or "origins" in path:
        return None
    if A_DATE.fullmatch(value) and periods.is_period(value):
        if keys & OF_PERIODS:
            return move.day(date.fromisoformat(value)).isoformat()
        return _moved_date(path, scalars, move)[0].isoformat()
    if keys & OF_PERIODS and periods.is_period(value):
        return move.period(value)
    dated = (*path[:-1], "date")
    if path[-1] == "precision" and dated in scalars and A_DATE.fullmatch(scalars[dated].value):
        return _moved_date(dated, scalars, move)[1]
    return None


def _moved_date(path: Path, scalars: dict[Path, yaml.ScalarNode], move: _Move) -> tuple[date, str]:
    """A date with its precision; exact to the day where the moved day no longer fits the precision."""
    marked = scalars.get((*path[:-1], "precision"))
    precision: Any = marked.value if marked and path[-1] == "date" else "day"
    if move.months % periods.MONTHS.get(precision, 1):
        precision = "month"  # a quarter or year moved by some months is none any more
    old = date.fromisoformat(scalars[path].value)
    moved = move.day(old)
    for is_start in (True, False):
        if PrintedDate(date=old.isoformat(), precision=precision).resolved(is_start=is_start) == old:
            fits = PrintedDate(date=moved.isoformat(), precision=precision).resolved(is_start=is_start)
            if move.day(old) != move.new or fits == move.new:
                return fits, precision
    return moved, "day"


def _marked(text: str, edits: list[_Edit], mark: Mark) -> str:
    """The text with its edits, and comments at the ends of the lines they stand on."""
    notes: dict[int, list[Change]] = {}
    for edit in edits:
        if edit.change is not None:
            line_end = text.find("\n", edit.end)
            notes.setdefault(len(text) if line_end < 0 else line_end, []).append(edit.change)
    comments = [_Edit(at, at, f" # {mark(found)}", None) for at, found in notes.items()]
    marked, bare = _edited(text, [*edits, *comments]), _edited(text, edits)
    # A comment that falls into a text of several lines would become a part of it.
    return marked if _plain(marked) == _plain(bare) else bare


def _edited(text: str, edits: list[_Edit]) -> str:
    pieces, done = [], 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join([*pieces, text[done:]])


def _plain(text: str) -> list[tuple[Path, str]]:
    return [(path, node.value) for path, node in _scalars(_root(text))]
