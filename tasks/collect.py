"""What has come in, and which phases are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.ledger.queries import Scope
from duban.services.campaigns import deployed_plan
from duban.services.watching import Progress, is_closed, open_phases, phase_progress, progress, standings
from tasks.house import house


@dataclass(frozen=True, slots=True)
class Look:
    """A campaign at the start of a run."""

    short: str
    day: date
    phases: tuple[Progress, ...]
    closed: bool
    overdue: tuple[str, ...]
    """Names of the units that are past a deadline with nothing valid in."""


@task(cache_policy=NO_CACHE, persist_result=False)
def look(campaign: str, as_of: datetime | None) -> Look:
    """The phases whose time has come or which still owe something."""
    h = house()
    now = h.ledger.now(as_of)
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        phases = tuple(open_phases(conn, plan, now))
        day = now.astimezone(plan.zone).date()
        whole = progress(campaign, plan.file.short, True, standings(conn, plan, Scope(campaign), now))
        overdue = tuple(plan.unit[u].name for u in whole.overdue_units)
        return Look(plan.file.short, day, phases, is_closed(conn, plan, now), overdue)


@task(cache_policy=NO_CACHE, persist_result=False)
def collect(campaign: str, phase: str, as_of: datetime | None) -> Progress:
    """What has come in for a phase."""
    h = house()
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        return phase_progress(conn, plan, plan.stage[phase], h.ledger.now(as_of))
