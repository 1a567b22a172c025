"""How a campaign stands: obligations with what came in, by phase and by period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from duban import calendars
from duban.errors import BadInput, Problem
from duban.ledger import queries
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.plan.model import WHOLE, Stage
from duban.standing import Arrival, Owed, Rates, Ruling, Standing, rates, standing

CHUNK = 500
"""Obligations looked up by one statement."""


def standings(conn: Connection, plan: Plan, scope: Scope, now: datetime) -> list[Standing]:
    """Every obligation of the scope as it stands at `now`, from what was recorded until then."""
    until = calendars.to_micros(now)
    owed = queries.owed(conn, scope, until, plan.zone)
    arrivals = queries.arrivals(conn, scope, until, plan.zone)
    rulings = queries.rulings(conn, scope, until, plan.zone)
    each = (stands(plan, o, arrivals.get(o.key, ()), rulings.get(o.key, ()), now) for o in owed)
    return [s for s in each if s is not None]


def stands(
    plan: Plan, owed: Owed, arrivals: Sequence[Arrival], rulings: Sequence[Ruling], now: datetime
) -> Standing | None:
    """How one obligation stands; without a due time it stands from its first report on."""
    if owed.due_at is None and not arrivals:
        return None
    return standing(owed, arrivals, rulings, now, _grace(plan, owed.duty))


def _grace(plan: Plan, duty: str) -> int:
    return (plan.duty[duty].grace or 0) if duty in plan.duty else 0


def standing_of(conn: Connection, plan: Plan, key: str, now: datetime) -> Standing:
    """How one obligation stands. Raises BadInput where there is none."""
    found = standings(conn, plan, Scope(plan.slug, key=key), now)
    if not found:
        problem = Problem("unknown-obligation", key="obligation", value=key)
        raise BadInput("bad-address", (problem,), count=1)
    return found[0]


def standings_by_key(
    conn: Connection, plan: Plan, keys: Sequence[str], now: datetime
) -> dict[str, Standing]:  # fmt: skip
    """How some obligations stand, by key; those that are none are left out."""
    found: dict[str, Standing] = {}
    for start in range(0, len(keys), CHUNK):
        scope = Scope(plan.slug, keys=tuple(keys[start : start + CHUNK]))
        found |= {s.owed.key: s for s in standings(conn, plan, scope, now)}
    return found


def scope_of_phase(plan: Plan, stage: Stage) -> Scope:
    """The obligations of a phase; of a plan without phases, all."""
    return Scope(plan.slug, phase=None if stage.id == WHOLE else stage.id)


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
    upcoming = [s.due_at for s in found if s.open and s.due_at and s.state in ("not-due", "due")]
    return Progress(
        phase_id, name, started, rates(come), sum(s.open for s in found), sum(s.met for s in found),
        min(upcoming, default=None),
        tuple(dict.fromkeys(s.owed.unit for s in found if s.open and s.state == "overdue")),
    )  # fmt: skip


def phase_progress(conn: Connection, plan: Plan, phase: Stage, now: datetime) -> Progress:
    """How a phase stands."""
    return progress_of(plan, phase, standings(conn, plan, scope_of_phase(plan, phase), now), now)


def progress_of(plan: Plan, phase: Stage, found: list[Standing], now: datetime) -> Progress:
    """How a phase stands, from the standings of the whole campaign or of its own."""
    started = phase.start <= now.astimezone(plan.zone).date()
    mine = [s for s in found if phase.id == WHOLE or phase.id in s.owed.phases]
    return progress(phase.id, phase.name, started, mine)


def open_stages(conn: Connection, plan: Plan, now: datetime) -> list[Stage]:
    """The phases whose time has come, and past ones that still owe something; without reading what
    they owe, so that a run with nothing to do is short."""
    day, until = now.astimezone(plan.zone).date(), calendars.to_micros(now)
    return [
        stage
        for stage in plan.stages
        if stage.start <= day
        and (day <= stage.end or queries.anything_open(conn, scope_of_phase(plan, stage), until))
    ]


def open_phases(conn: Connection, plan: Plan, now: datetime) -> list[Progress]:
    """How the phases stand whose time has come, and past ones that still owe something."""
    stages = open_stages(conn, plan, now)
    found = standings(conn, plan, Scope(plan.slug), now) if stages else []
    return [progress_of(plan, stage, found, now) for stage in stages]


def is_closed(conn: Connection, plan: Plan, now: datetime) -> bool:
    """Whether the campaign is over: its last day has passed and nothing is owed any more."""
    day, until = now.astimezone(plan.zone).date(), calendars.to_micros(now)
    return day > plan.end and not queries.anything_open(conn, Scope(plan.slug), until)
