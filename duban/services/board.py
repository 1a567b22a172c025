"""The board: one page that says how a campaign stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Phase, Plan
from duban.rendering import Renderer
from duban.services.watching import Progress, is_closed, phase_progress, progress, standings
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One line of the board."""

    phase: Phase
    progress: Progress


@dataclass(frozen=True, slots=True)
class Board:
    """A campaign at one instant."""

    plan: Plan
    now: datetime
    """On the campaign's clocks."""
    phases: list[PhaseRow]
    overdue: list[Standing]
    next_due: datetime | None
    closed: bool
    documents: list[str]


def board(conn: Connection, plan: Plan, now: datetime) -> Board:
    """Read the board."""
    found = standings(conn, plan, Scope(plan.slug), now)
    rows = [PhaseRow(p, phase_progress(conn, plan, p, now)) for p in plan.file.phases]
    d = t.draft.c
    drafted = conn.scalars(select(d.folder).where(d.campaign == plan.slug).order_by(d.duty, d.period))
    return Board(
        plan=plan,
        now=now.astimezone(plan.zone),
        phases=rows,
        overdue=[s for s in found if s.open and s.state == "overdue"],
        next_due=progress(plan.slug, plan.file.short, True, found).next_due,
        closed=is_closed(conn, plan, now),
        documents=list(drafted),
    )


def board_text(found: Board, texts: Renderer) -> str:
    """The board in Markdown."""
    values = {name: getattr(found, name) for name in Board.__slots__}
    return texts.render("board/board.md", **values)
