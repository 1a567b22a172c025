"""Figures of the latest period of a phase that has come due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.rendering import period_words
from duban.services.campaigns import deployed_plan
from duban.services.reporting import period_figures, phase_periods
from tasks.house import house


@dataclass(frozen=True, slots=True)
class Table:
    """Totals of a period as a table."""

    duty: str
    period: str
    title: str
    rows: list[dict[str, str]]


@task(cache_policy=NO_CACHE, persist_result=False)
def aggregate(campaign: str, phase: str, as_of: datetime | None) -> Table | None:
    """The totals of the phase's latest period that is due; None before the first deadline, and where
    it is answered in words."""
    h = house()
    now = h.ledger.now(as_of)
    columns = h.texts.words["run"]["columns"]
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        periods = [p for p in phase_periods(plan, plan.stage[phase], now) if plan.form_of(p[0])]
        if not periods:
            return None
        duty, period = periods[-1]
        figures = period_figures(conn, plan, duty, period, now)
    if not figures.totals:
        return None
    title = period_words(period) + plan.duty[duty].name
    rows = [
        {
            columns["indicator"]: t.indicator.name,
            columns["unit_of_measure"]: t.indicator.unit_of_measure or "",
            columns["value"]: "—" if t.value is None else format(t.value, "f"),
            columns["n"]: f"{t.reported}/{t.expected}",
            columns["missing"]: "、".join(plan.unit[u].short for u in t.missing),
        }
        for t in figures.totals
    ]
    return Table(duty, period, title, rows)
