"""Flow runs of a served process, killed: for `make soak`, since each takes seconds."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from sqlalchemy import func, select

from deployments.servers import process
from duban.ledger import tables as t
from duban.ledger.proof import verify
from tests.support.post import World, world
from tests.support.town import BRANCHES, HAIAN, Town, at

pytestmark = [
    pytest.mark.skipif(not os.environ.get("DUBAN_SOAK"), reason="minutes long: make soak"),
    pytest.mark.timeout(1200),
]
TICKS = ("2018-09-30 08:30", "2018-10-08 08:30", "2018-10-12 08:30")
"""One reminder, two chases; each branch hears each once, since none of them reports."""


def served_runs(parent: int) -> list[int]:
    """The processes of its flow runs."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            mine = int(status.read_text().rpartition(")")[2].split()[1]) == parent
            if mine and b"prefect" in (status.parent / "cmdline").read_bytes():
                found.append(int(status.parent.name))
        except OSError:
            continue  # it has just ended
    return found


async def ended(run: FlowRun, seconds: float = 240) -> FlowRun:
    async with get_client() as client:
        for _ in range(int(seconds * 5)):
            found = await client.read_flow_run(run.id)
            if found.state is not None and found.state.is_final():
                return found
            await asyncio.sleep(0.2)
    raise AssertionError(f"{run.name} did not end")


lasted: dict[str, float] = {}
"""Seconds that a run of each deployment took on this machine, from when its process was there."""


async def begun(server: int, name: str, parameters: dict[str, object]) -> FlowRun:
    run = await run_deployment(name, parameters=parameters, timeout=0)
    while not served_runs(server):
        await asyncio.sleep(0.05)
    return run


async def killed_then_done(server: int, name: str, parameters: dict[str, object], chance: Random) -> bool:
    """Start a run and kill its process while it lasts; then run it to its end. Returns whether the first one
    was killed."""
    run = await begun(server, name, parameters)
    await asyncio.sleep(chance.uniform(0.2, 0.8) * lasted.get(name, 3.0))
    for pid in served_runs(server):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    first = await ended(run)
    run = await begun(server, name, parameters)
    began = time.monotonic()
    again = await ended(run)
    lasted[name] = time.monotonic() - began
    assert first.state is not None
    assert again.state is not None
    assert again.state.is_completed(), again.state
    return not first.state.is_completed()


def heard(outside: World) -> Counter[str]:
    """How often each branch was written to, or called."""
    mails = Counter(r.partition("@")[0] for r in outside.post.recipients)
    return mails + Counter(outside.hook_paths())


async def test_runs_that_are_killed_lose_no_message_and_repeat_none_but_open_attempts(
    town: Town, tmp_path: Path, prefect_api: str
) -> None:
    chance, killed = Random(5), 0
    with world(tmp_path) as outside:
        env = {f"DUBAN_CHANNEL_{k.upper()}": url for k, url in outside.transport.channels.items()}
        # A lease outlives its run by minutes of our clock, which nobody waits for here.
        env |= {"DUBAN_LEASE": "off", "PREFECT_API_URL": f"{prefect_api}/api", "PYTHONWARNINGS": "ignore"}
        with process("tests.flows.served", HAIAN, log=tmp_path / "served.log", env=env) as server:
            await until_served()
            for n, tick in enumerate(TICKS):
                day = at(tick)
                killed += await killed_then_done(
                    server.pid, f"campaign/{HAIAN}", {"campaign": HAIAN, "as_of": day.isoformat()}, chance
                )
                killed += await killed_then_done(
                    server.pid, "deliver/deliver", {"as_of": day.isoformat()}, chance
                )
                # A claim holds for ten minutes; what was left in the middle goes after them.
                later = day.replace(minute=45).isoformat()
                await ended(await run_deployment("deliver/deliver", parameters={"as_of": later}, timeout=0))
                assert set(heard(outside)) >= set(BRANCHES), (n, heard(outside))
        attempts, outcomes = town.count(t.attempt), town.count(t.outcome)
        wanted = {branch: len(TICKS) for branch in BRANCHES}
        again = sum((heard(outside) - Counter(wanted)).values())
        assert not Counter(wanted) - heard(outside)
        assert again <= attempts - outcomes
        assert killed >= 3, killed
        with town.ledger.read() as conn:
            assert verify(conn, HAIAN).broken_at is None
            assert conn.scalar(select(func.count()).select_from(t.unsealed)) == 0


async def until_served() -> None:
    """Wait for the deployments."""
    async with get_client() as client:
        for _ in range(600):
            found = {d.name for d in await client.read_deployments()}
            if {HAIAN, "deliver"} <= found:
                return
            await asyncio.sleep(0.2)
    raise AssertionError("nothing is served")
