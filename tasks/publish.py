"""Documents of the periods that are due, and the board."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.services.board import board, board_text
from duban.services.campaigns import deployed_plan
from duban.services.publishing import draft_due
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def publish(campaign: str, as_of: datetime | None) -> list[str]:
    """Draft what has changed; returns the files that are new."""
    h = house()
    drafted = draft_due(h.ledger, campaign, texts=h.texts, folder=h.settings.documents, as_of=as_of)
    return [str(path) for d in drafted if d.changed for path in (d.workbook, d.summary)]


@task(cache_policy=NO_CACHE, persist_result=False)
def draw_board(campaign: str, as_of: datetime | None) -> str:
    """The campaign's board in Markdown."""
    h = house()
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        return board_text(board(conn, plan, h.ledger.now(as_of)), h.texts)
