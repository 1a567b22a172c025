"""Who is missing: obligations of a phase whose deadline has passed."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.rendering import deadline_words, period_words
from duban.services.board import overdue_rows
from duban.services.campaigns import deployed_plan
from duban.services.watching import scope_of_phase, standings
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def check_deadlines(campaign: str, phase: str, as_of: datetime | None) -> list[dict[str, str]]:
    """One row per overdue return of a unit, in the words of the table a coordinator sees."""
    h = house()
    words = h.texts.words
    columns = words["run"]["columns"]
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        found = standings(conn, plan, scope_of_phase(plan, plan.stage[phase]), h.ledger.now(as_of))
    return [
        {
            columns["unit"]: row.unit,
            columns["duty"]: f"{period_words(row.period)}{row.duty}",
            columns["subject"]: "、".join(row.subjects),
            columns["due"]: deadline_words(row.due_at),
            columns["state"]: words["came_in"][row.came_in],
        }
        for row in overdue_rows(plan, found)
    ]
