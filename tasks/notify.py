"""Deciding what to say. Nothing is sent here: that is `deliver`."""

from __future__ import annotations

from datetime import datetime

from prefect import task

from duban.services.chasing import Said, decide_messages
from tasks.house import house


@task
def notify(campaign: str, phase: str, as_of: datetime | None) -> Said:
    """Decide about every moment of the phase that has come, and record it."""
    return decide_messages(house().ledger, campaign, phase=phase, as_of=as_of)
