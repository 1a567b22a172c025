"""Draining the doors: the drop folder and the mailbox, as far as the settings name them."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.doors.drained import Drained
from duban.doors.draining import drain_doors, has_doors
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def take_in(owner: str, as_of: datetime | None) -> Drained:
    """Take in what is complete. Raises DoorShut when a door cannot be reached."""
    h = house()
    if not has_doors(h.settings):
        return Drained()
    return drain_doors(h.ledger, h.settings, h.texts, owner=owner, as_of=as_of)
