"""One flow for the whole installation: take in what lies in the drop folder and the mailbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.names import intake_run_name
from tasks.house import house
from tasks.intake import take_in


@flow(name="intake", flow_run_name=intake_run_name)
async def intake(as_of: datetime | None = None) -> State[Any]:
    """Drain every door. Fails when a door cannot be reached, or a return could not be taken for a reason
    that is not its sender's; a later run tries again."""
    done = take_in(str(flow_run.id), as_of)
    message = house().texts.say("doors.summary", d=done)
    if done.count("failed"):
        return Failed(message=message)
    name = f"{done.count('accepted')} accepted"
    refused = done.count("refused")
    return Completed(name=name + (f", {refused} refused" if refused else ""), message=message)
