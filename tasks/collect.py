"""What has come in, and which phases are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from prefect import task

from duban.services.campaigns import deployed_plan
from duban.services.watching import Progress, is_closed, open_phases, phase_progress
from tasks.house import house


@dataclass(frozen=True, slots=True)
class Look:
    """A campaign at the start of a run."""

    short: str
    day: date
    phases: tuple[Progress, ...]
    closed: bool


@task
def look(campaign: str, as_of: datetime | None) -> Look:
    """The phases whose time has come or which still owe something."""
    h = house()
    now = h.ledger.now(as_of)
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        phases = tuple(open_phases(conn, plan, now))
        return Look(plan.file.short, now.astimezone(plan.zone).date(), phases, is_closed(conn, plan, now))


@task
def collect(campaign: str, phase: str, as_of: datetime | None) -> Progress:
    """What has come in for a phase."""
    h = house()
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        return phase_progress(conn, plan, plan.phase[phase], h.ledger.now(as_of))
