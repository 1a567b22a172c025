"""Deciding what to say. Nothing is sent here: that is `deliver`."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.services.chasing import Said, decide_messages
from duban.services.running import decide_the_rest
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def notify(campaign: str, phase: str | None, as_of: datetime | None) -> Said:
    """Decide about every moment of the phase that has come, or about all else that is to be said; record
    it."""
    if phase is None:
        return decide_the_rest(house().ledger, campaign, as_of=as_of)
    return decide_messages(house().ledger, campaign, phase=phase, as_of=as_of)
