"""One flow for the whole installation: seal each recipient's digest of the day and send it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed

from flows.names import deliver_run_name
from tasks.deliver import send_digests
from tasks.house import house


@flow(name="deliver", flow_run_name=deliver_run_name)
async def deliver(as_of: datetime | None = None) -> State[Any]:
    """Send what is waiting. A failed digest is tried again by a later run."""
    done = send_digests(str(flow_run.id), as_of)
    name = f"{done.sent} sent" + (f", {done.failed} failed" if done.failed else "")
    return Completed(name=name, message=house().texts.say("run.delivered", d=done))
