"""Sealing and sending. Never retried by Prefect: each send is recorded by itself, and the next run
takes up what is left."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from duban.access.links import doorway
from duban.outbox.channels import AppriseTransport
from duban.services.delivering import Delivered, deliver
from tasks.house import house


@task(cache_policy=NO_CACHE, persist_result=False)
def send_digests(owner: str, as_of: datetime | None) -> Delivered:
    """Seal the day's digests and send what is sealed."""
    h = house()
    transport = AppriseTransport(h.settings.channels, loopback_only=h.ledger.kind == "virtual")
    return deliver(
        h.ledger, transport, h.texts, owner=owner, door=doorway(h.settings), as_of=as_of,
        noted=h.settings.noted,
    )  # fmt: skip
