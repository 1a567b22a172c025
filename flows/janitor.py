"""One flow for the whole installation: clear away what has run its course, and say which runs have died."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.names import janitor_run_name
from tasks.died import mark_died
from tasks.house import house
from tasks.tidying import tidy_up


@flow(name="janitor", flow_run_name=janitor_run_name)
async def janitor(as_of: datetime | None = None) -> State[Any]:
    """Tidy the ledger's working tables, then mark runs that died with their worker as Crashed."""
    done = tidy_up(as_of)
    died = await mark_died(house().ledger.clock())  # runs are processes: they live on the real clock
    name = f"{done.total} tidied" + (f", {len(died)} crashed" if died else "")
    message = house().texts.say("run.tidied", d=done, died=died)
    return Completed(name=name, message=message)
