"""The campaign's lease: one run at a time, settled in the ledger."""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.services import leasing
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def take_lease(campaign: str, owner: str) -> bool:
    """Take or renew it; False when another run holds it, which will look again."""
    h = house()
    return not h.settings.lease or leasing.take_lease(h.ledger, campaign, owner)


@task(cache_policy=NO_CACHE, persist_result=False)
def give_back_lease(campaign: str, owner: str) -> bool:
    """Let go; True when somebody asked meanwhile, and the lease is still ours to look again."""
    h = house()
    return h.settings.lease and leasing.give_back_lease(h.ledger, campaign, owner)


@task(cache_policy=NO_CACHE, persist_result=False)
def drop_lease(campaign: str, owner: str) -> None:
    """Let go for good, whatever was asked."""
    leasing.drop_lease(house().ledger, campaign, owner)
