"""Clearing away what has run its course."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.services.tidying import Tidied, tidy
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def tidy_up(as_of: datetime | None) -> Tidied:
    """Clear away sessions, codes, counts, answers and drafts that nobody needs any more."""
    return tidy(house().ledger, as_of=as_of)
