"""Deciding what to say. Nothing is sent here: that is `deliver`."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.services.chasing import Said, decide_messages
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def notify(campaign: str, phase: str | None, as_of: datetime | None) -> Said:
    """Decide about every moment of the phase, or of the whole campaign, that has come; record it."""
    return decide_messages(house().ledger, campaign, phase=phase, as_of=as_of)
