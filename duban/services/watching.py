"""How a campaign stands: obligations with what came in, by phase and by period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from duban import calendars
from duban.ledger import queries
from duban.ledger.queries import Scope
from duban.plan import Phase, Plan
from duban.standing import Rates, Standing, rates, standing


def standings(conn: Connection, plan: Plan, scope: Scope, now: datetime) -> list[Standing]:
    """Every obligation of the scope as it stands at `now`, from what was recorded until then."""
    until = calendars.to_micros(now)
    owed = queries.owed(conn, scope, plan.zone)
    arrivals = queries.arrivals(conn, scope, until, plan.zone)
    rulings = queries.rulings(conn, scope, until, plan.zone)
    return [
        standing(o, arrivals.get(o.key, ()), rulings.get(o.key, ()), now)
        for o in owed
        if o.due_at is not None or o.key in arrivals  # an event exists from its first report on
    ]


def scope_of_phase(plan: Plan, phase: Phase) -> Scope:
    """The obligations whose covered span the phase touches."""
    return Scope(plan.slug, touching=(phase.start.date.isoformat(), phase.end.date.isoformat()))


@dataclass(frozen=True, slots=True)
class Progress:
    """A phase or campaign at one instant."""

    id: str
    name: str
    started: bool
    opened: Rates
    """Over the obligations whose time has come: met ÷ due."""
    open: int
    """Obligations nobody has met yet, those of later periods included."""
    received: int
    """Returns that count, early ones and events included."""
    next_due: datetime | None
    overdue_units: tuple[str, ...] = ()
    """Ids of the units that are past a deadline with nothing valid in."""


def progress(phase_id: str, name: str, started: bool, found: list[Standing]) -> Progress:
    """Sum up some obligations."""
    come = [s for s in found if s.state != "not-due" or s.met]
    upcoming = [s.due_at for s in found if s.open and s.due_at and s.state != "overdue"]
    return Progress(
        phase_id, name, started, rates(come), sum(s.open for s in found), sum(s.met for s in found),
        min(upcoming, default=None),
        tuple(dict.fromkeys(s.owed.unit for s in found if s.open and s.state == "overdue")),
    )  # fmt: skip


def phase_progress(conn: Connection, plan: Plan, phase: Phase, now: datetime) -> Progress:
    """How a phase stands."""
    found = standings(conn, plan, scope_of_phase(plan, phase), now)
    local_day = now.astimezone(plan.zone).date()
    return progress(phase.id, phase.name, phase.start.date <= local_day, found)


def open_phases(conn: Connection, plan: Plan, now: datetime) -> list[Progress]:
    """The phases whose time has come, and past ones that still owe something."""
    day = now.astimezone(plan.zone).date()
    found = []
    for phase in plan.file.phases:
        if phase.start.date <= day:
            stands = phase_progress(conn, plan, phase, now)
            if day <= phase.end.date or stands.open:
                found.append(stands)
    return found


def is_closed(conn: Connection, plan: Plan, now: datetime) -> bool:
    """Whether the campaign is over: its last day has passed and nothing is owed any more."""
    day = now.astimezone(plan.zone).date()
    return day > plan.file.end.date and not any(s.open for s in standings(conn, plan, Scope(plan.slug), now))
