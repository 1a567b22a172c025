"""Units × duties and periods: who stands how with what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from duban.plan import Plan, Unit
from duban.portal.tags import FILTERS, Shown, shown, worst
from duban.standing import Standing

MOST_COLUMNS = 24
"""A wider table cannot be read; who wants more chooses a duty or a period."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the matrix is wanted; "" leaves a side open."""

    duty: str = ""
    period: str = ""
    group: str = ""
    state: str = ""
    """A key of FILTERS."""


@dataclass(frozen=True, slots=True)
class Column:
    """A duty's returns of one period; of a duty without due times, all of them."""

    duty: str
    period: str
    due_at: datetime | None
    """The first due time among the units'."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How one unit stands with one column."""

    standings: tuple[Standing, ...]
    shown: Shown

    @property
    def only(self) -> Standing | None:
        """The one obligation it is about; None where there are several."""
        return self.standings[0] if len(self.standings) == 1 else None

    @property
    def met(self) -> int:
        """How many of them are reported."""
        return sum(s.met for s in self.standings)


@dataclass(frozen=True, slots=True)
class Line:
    """A unit with its cells, one for each column; None: it owes nothing there, or was not asked for."""

    unit: Unit
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The table."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    hidden: int
    """Earlier columns that are left out."""


def matrix(plan: Plan, found: Iterable[Standing], asked: Asked, now: datetime) -> Matrix:
    """The table as asked for, the newest column first: it is the one that is looked for. Without a period
    chosen, of what is not yet open only the next is shown."""
    mine = [s for s in found if _wanted(plan, s, asked)]
    columns = _columns(plan, mine)
    if not asked.period:
        columns = _until_next(columns, mine, now)
    cells = _cells(mine, asked.state)
    if asked.state:
        there = {key for _, key in cells}
        columns = [c for c in columns if (c.duty, c.period) in there]
    kept, hidden = columns[::-1][:MOST_COLUMNS], max(0, len(columns) - MOST_COLUMNS)
    lines = [Line(u, tuple(cells.get((u.id, (c.duty, c.period))) for c in kept)) for u in plan.units]
    return Matrix(tuple(kept), tuple(line for line in lines if any(line.cells)), hidden)


Key = tuple[str, str]
"""Duty and period."""


def key_of(stands: Standing) -> Key:
    """The column an obligation stands in: without a due time, one for the duty."""
    return stands.owed.duty, "" if stands.first_due is None else stands.owed.period


def _wanted(plan: Plan, s: Standing, asked: Asked) -> bool:
    unit = plan.unit.get(s.owed.unit)
    if unit is None or s.owed.duty not in plan.duty or plan.duty[s.owed.duty].copy_of:
        return False
    if asked.group and asked.group not in unit.groups:
        return False
    return asked.duty in ("", s.owed.duty) and asked.period in ("", s.owed.period)


def _columns(plan: Plan, found: Sequence[Standing]) -> list[Column]:
    """By due time; what has none comes first."""
    due: dict[Key, datetime | None] = {}
    for s in found:
        due.setdefault(key_of(s), s.first_due)
    order = {duty: n for n, duty in enumerate(plan.duty)}
    columns = [Column(*key, due_at) for key, due_at in due.items()]
    timed = sorted((c for c in columns if c.due_at), key=lambda c: (c.due_at, -order[c.duty]))
    return [*(c for c in columns if c.due_at is None), *timed]


def _until_next(columns: list[Column], found: Sequence[Standing], now: datetime) -> list[Column]:
    """The columns whose time has come or that something came in for, and the next one of each duty."""
    alive = {key_of(s) for s in found if s.state != "not-due" or s.came_in != "nothing"}
    kept, ahead = [], set()
    for c in columns:
        is_next = c.due_at is not None and c.due_at > now and c.duty not in ahead
        if (c.duty, c.period) in alive or is_next:
            kept.append(c)
        if c.due_at is not None and c.due_at > now:
            ahead.add(c.duty)
    return kept


def _cells(found: Iterable[Standing], state: str) -> Mapping[tuple[str, Key], Cell]:
    """Unit and column → cell; where a state is asked for, only what is in it."""
    words = FILTERS.get(state)
    several: dict[tuple[str, Key], list[Standing]] = {}
    for s in found:
        if words is None or shown(s).word in words:
            several.setdefault((s.owed.unit, key_of(s)), []).append(s)
    return {key: Cell(tuple(mine), worst(mine)) for key, mine in several.items()}
