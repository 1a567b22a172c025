"""Runs that died with their worker: Prefect leaves them Running for ever, so we say that they crashed.

A run lives as long as it gives signs of life: Prefect's engine sends a heartbeat every three minutes from a
thread of its own, however busy the run is. The mark is for the eye alone: what the run was at is taken up by
the next one, whatever this one is called.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.settings import get_current_settings
from prefect.states import Crashed

from tasks.house import house

OURS = ["campaign", "phase", "deliver", "intake", "janitor"]
"""Flows; a Prefect server may serve others too."""
BEATS = 5
"""Heartbeats in a row that have to be missing."""
SILENT = timedelta(minutes=15)
UNHEARD = timedelta(days=1)
"""So long may run of which no heartbeat was ever heard: it may be that none are sent, or none kept."""
MOST = 200
"""Runs that are looked at."""


@task(cache_policy=NO_CACHE, persist_result=False)
async def mark_died(now: datetime) -> list[str]:
    """Mark runs that have fallen silent as Crashed; their names."""
    async with get_client() as client:
        running = await client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=OURS)),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING]))
            ),
            limit=MOST,
        )
        return [run.name for run in running if await _marked(client, run, now)]


async def _marked(client: PrefectClient, run: FlowRun, now: datetime) -> bool:
    if run.state is None or run.state.timestamp > now - _silence():
        return False
    heard = await _last_heard(client, run, now)
    if heard is None and run.state.timestamp > now - UNHEARD:
        return False
    if heard is not None and heard > now - _silence():
        return False
    since = (heard or run.state.timestamp).astimezone(house().settings.zone)
    message = house().texts.say("run.died", since=since)
    await client.set_flow_run_state(run.id, Crashed(message=message))
    return True


def _silence() -> timedelta:
    """How long nothing may be heard of a run."""
    every = get_current_settings().flows.heartbeat_frequency or 0
    return max(SILENT, BEATS * timedelta(seconds=every))


async def _last_heard(client: PrefectClient, run: FlowRun, now: datetime) -> datetime | None:
    """When a run last gave a sign of life."""
    wanted = EventFilter(
        occurred=EventOccurredFilter(since=now - timedelta(days=7), until=now + timedelta(days=1)),
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run.id}"]),
    )
    page = await client.read_events(wanted, limit=1)  # the newest first
    return page.events[0].occurred if page.events else None
