"""The janitor flow: what has run its course is cleared away, and runs that died are seen to have died."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.events import emit_event
from prefect.events.filters import EventFilter, EventNameFilter, EventOccurredFilter, EventResourceFilter
from prefect.states import Paused, Running

from duban.calendars import to_micros
from duban.ledger import admission as a
from flows.deliver import deliver
from flows.janitor import janitor
from tasks.died import mark_died
from tests.support.town import ZONE, Town, at

NOW = datetime.now(UTC)


@flow(name="somebody-elses")
async def foreign() -> None:
    """A flow of another project on the same server."""


async def begun(of: Any, *heard: int, state: Any = Running) -> UUID:
    """A run that begins now and is heard of so many minutes later."""
    async with get_client() as client:
        run = await client.create_flow_run(of, state=state())
    resource = {"prefect.resource.id": f"prefect.flow-run.{run.id}"}
    for minutes in heard:
        emit_event("prefect.flow-run.heartbeat", resource, occurred=NOW + timedelta(minutes=minutes))
    await arrived(run.id, len(heard))
    return run.id


async def arrived(run: UUID, count: int) -> None:
    """Events reach the server by themselves, and late."""
    wanted = EventFilter(
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run}"]),
        occurred=EventOccurredFilter(until=NOW + timedelta(days=1)),
    )
    async with get_client() as client:
        for _ in range(300):
            if (await client.read_events(wanted, limit=2)).total >= count:
                return
            await asyncio.sleep(0.1)
    raise AssertionError("no heartbeat arrived")


async def read(run: UUID) -> FlowRun:
    async with get_client() as client:
        return await client.read_flow_run(run)


async def states(*runs: UUID) -> list[str]:
    found = [(await read(run)).state for run in runs]
    return [state.type.value for state in found if state is not None]


async def test_runs_that_have_fallen_silent_are_marked_as_crashed_and_no_others(town: Town) -> None:
    silent, alive, unheard = await begun(deliver, 1, 4), await begun(deliver, 4, 7), await begun(deliver)
    others = [await begun(deliver, 1, state=Paused), await begun(foreign, 1)]
    await mark_died.fn(NOW + timedelta(minutes=18))
    assert await states(silent, alive, unheard) == ["RUNNING"] * 3
    await mark_died.fn(NOW + timedelta(minutes=20))  # fifteen minutes and more since the fourth
    assert await states(silent, alive, unheard, *others) == [
        "CRASHED", "RUNNING", "RUNNING", "PAUSED", "RUNNING",
    ]  # fmt: skip
    local = (NOW + timedelta(minutes=4)).astimezone(ZONE)
    said = (await read(silent)).state
    assert said is not None
    assert str(said.message).startswith(f"{local:%Y-%m-%d %H:%M} 以后没有动静")
    await mark_died.fn(NOW + timedelta(hours=23))
    assert await states(alive, unheard) == ["CRASHED", "RUNNING"]
    await mark_died.fn(NOW + timedelta(hours=25))  # of which nothing was heard for a day
    assert await states(unheard, *others) == ["CRASHED", "PAUSED", "RUNNING"]


async def test_an_hours_tidying_is_told_in_the_runs_name_and_message(town: Town) -> None:
    when = at("2018-11-05 08:17")
    row = {"name": "x", "since": to_micros(when - timedelta(days=1)), "count": 1}
    with town.ledger.write() as w:
        w.conn.execute(a.throttle.insert(), row)
    state = await janitor(when, return_state=True)
    assert state.type.value == "COMPLETED"
    assert str(state.name).startswith("1 tidied")
    assert "尝试计数1" in str(state.message)
    run = state.state_details.flow_run_id
    assert run is not None
    assert (await read(run)).name == "清理 · 2018-11-05 08:17"
