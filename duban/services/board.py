"""The board: one page that says how a campaign stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.plan.model import Stage
from duban.rendering import Renderer
from duban.services.watching import Progress, is_closed, progress, progress_of, standings
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One line of the board."""

    phase: Stage
    progress: Progress


@dataclass(frozen=True, slots=True)
class Overdue:
    """What one unit has not reported by one due time."""

    unit: str
    """Its name."""
    duty: str
    period: str
    due_at: datetime | None
    came_in: str
    subjects: tuple[str, ...]
    """Numbers of the tasks, or names of the bodies, that returns are missing about."""


def overdue_rows(plan: Plan, found: Iterable[Standing]) -> list[Overdue]:
    """What is past its due time with nothing valid in; several subjects of one return are one row."""
    rows: dict[tuple[str, str, str, datetime | None, str], list[str]] = {}
    for s in found:
        if s.open and s.state == "overdue":
            key = (plan.unit[s.owed.unit].name, s.owed.duty, s.owed.period, s.due_at, s.came_in)
            per_task = plan.duty[s.owed.duty].per == "task"
            subject = s.owed.subject
            name = subject if per_task or not subject else plan.subject_name(plan.duty[s.owed.duty], subject)
            rows.setdefault(key, []).append(name)
    return [
        Overdue(unit, plan.duty[duty].name, period, due_at, came_in, tuple(n for n in names if n))
        for (unit, duty, period, due_at, came_in), names in rows.items()
    ]


@dataclass(frozen=True, slots=True)
class Board:
    """A campaign at one instant."""

    plan: Plan
    now: datetime
    """On the campaign's clocks."""
    phases: list[PhaseRow]
    overdue: list[Overdue]
    next_due: datetime | None
    closed: bool
    documents: list[str]


def board(conn: Connection, plan: Plan, now: datetime) -> Board:
    """Read the board."""
    found = standings(conn, plan, Scope(plan.slug), now)
    rows = [PhaseRow(p, progress_of(plan, p, found, now)) for p in plan.stages]
    d = t.draft.c
    drafted = conn.scalars(select(d.folder).where(d.campaign == plan.slug).order_by(d.duty, d.period))
    return Board(
        plan=plan,
        now=now.astimezone(plan.zone),
        phases=rows,
        overdue=overdue_rows(plan, found),
        next_due=progress(plan.slug, plan.file.short, True, found).next_due,
        closed=is_closed(conn, plan, now),
        documents=list(drafted),
    )


def board_text(found: Board, texts: Renderer) -> str:
    """The board in Markdown."""
    values = {name: getattr(found, name) for name in Board.__slots__}
    return texts.render("board/board.md", **values)
