"""The campaign flow on a real Prefect server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State

from duban.ledger import tables as t
from duban.rendering import renderer
from duban.services import leasing
from flows.campaign import campaign
from flows.deliver import deliver
from tests.support.post import world
from tests.support.town import BRANCHES, HAIAN, Town, at

LATE = at("2018-10-08 08:30")


async def run(when=LATE) -> State:  # type: ignore[no-untyped-def,type-arg]
    return await campaign(HAIAN, when, return_state=True)


async def run_of(state: State) -> FlowRun:  # type: ignore[type-arg]
    async with get_client() as client:
        return await client.read_flow_run(state.state_details.flow_run_id)


async def phases_of(run_id: UUID) -> list[FlowRun]:
    async with get_client() as client:
        return await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(parent_flow_run_id={"any_": [run_id]})
        )


async def test_a_run_opens_its_phases_as_sub_flows_and_ends_in_words(town: Town) -> None:
    for unit in BRANCHES[:7]:
        town.report(unit, "2018-09", "2018-10-05 09:00")
    state = await run()
    assert (state.type.value, state.name) == ("COMPLETED", "3 units overdue")
    made = await run_of(state)
    assert made.name == "药品净网2018 · 2018-10-08"
    opened = await phases_of(made.id)
    assert sorted(p.name for p in opened) == [
        "action 集中打击阶段 · 2018-10-08", "survey 排查部署阶段 · 2018-10-08",
    ]  # fmt: skip
    assert all(p.state and p.state.name == "3 units overdue" for p in opened)
    assert all({HAIAN, "红"} <= set(p.tags) for p in opened)
    assert "南莫镇分局" in (opened[0].state.message or "")  # type: ignore[union-attr]


async def test_the_run_shows_progress_per_phase_the_missing_and_the_board(town: Town) -> None:
    for unit in BRANCHES[:7]:
        town.report(unit, "2018-09", "2018-10-05 09:00")
    made = await run_of(await run())
    ids = [made.id, *(p.id for p in await phases_of(made.id))]
    async with get_client() as client:
        found = await client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id={"any_": ids}))
    by_key = {a.key: a for a in found}
    assert by_key[f"{HAIAN}-action-progress"].data == 70.0  # seven of ten
    missing = json.loads(str(by_key[f"{HAIAN}-action-missing"].data))
    assert [row["单位"] for row in missing] == ["南莫镇分局", "墩头镇分局", "白甸镇分局"]
    assert "7/10" in str(by_key[f"{HAIAN}-action-totals"].data)
    board = str(by_key[f"{HAIAN}-board"].data)
    assert "| 集中打击阶段 | 2018-09-21 至 2018-11-30 | 7/10 | 7 | 3 |" in board


on_both_databases = pytest.mark.parametrize("town", ["sqlite", "postgres"], indirect=True)
with_and_without_lease = pytest.mark.parametrize("lease", ["on", "off"])


@on_both_databases
@with_and_without_lease
async def test_a_second_run_for_the_same_time_changes_nothing(
    town: Town, lease: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_LEASE", lease)
    with world(tmp_path) as outside:
        point_at(outside)
        await run()
        assert (await deliver(LATE, return_state=True)).name == "10 sent"
        before = town.records()
        await run()
        assert (await deliver(LATE, return_state=True)).name == "0 sent"
        assert town.records() == before
        assert len(outside.post.mails) + len(outside.hook_paths()) == 10


def point_at(outside) -> None:  # type: ignore[no-untyped-def]
    """Tell the flows of this process where the loopback world is."""
    import os

    for kind, url in outside.transport.channels.items():
        os.environ[f"DUBAN_CHANNEL_{kind.upper()}"] = url


@on_both_databases
@with_and_without_lease
async def test_two_runs_at_the_same_time_leave_what_one_leaves(
    town: Town, lease: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUBAN_LEASE", lease)
    states = await asyncio.gather(run(), run())
    assert all(s.is_completed() for s in states)
    assert town.count(t.message, t.message.c.verdict == "send") == 10
    before = town.records()
    await run()
    assert town.records() == before


async def test_a_run_that_finds_the_lease_taken_ends_as_skipped_and_leaves_a_note(town: Town) -> None:
    leasing.take_lease(town.ledger, HAIAN, "another run")
    state = await run()
    assert (state.name, state.is_completed()) == ("Skipped", True)
    assert town.count(t.message) == 0
    assert leasing.give_back_lease(town.ledger, HAIAN, "another run"), "wanted again"


async def test_a_failed_phase_fails_its_run_and_gives_the_lease_back(town: Town) -> None:
    with town.ledger.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE message RENAME TO message_gone")
    state = await run()
    assert state.is_failed()
    assert "排查部署阶段" in (state.message or "")
    assert town.count(t.lease) == 0


async def test_the_same_story_through_prefect_and_in_a_rehearsal_leaves_equal_journals(
    town: Town, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from duban.ledger import open_ledger
    from duban.rehearsal import PaperTransport, perform
    from duban.story import tell

    plan = town.plan
    ticks = [at(x) for x in ("2018-09-30 08:30", "2018-10-06 00:05", "2018-10-08 08:30", "2018-11-02 08:30")]
    acts = [a for a in tell(plan, 1, renderer().words).acts if a.at <= ticks[-1]]
    alone_url = f"sqlite:///{tmp_path_factory.mktemp('alone') / 'l.sqlite'}"
    alone = Town(open_ledger(alone_url, kind="virtual"), tmp_path / "alone")
    alone.deploy()
    paper = PaperTransport()
    with world(tmp_path) as outside:
        point_at(outside)
        for tick in ticks:
            while acts and acts[0].at <= tick:
                act = acts.pop(0)
                perform(town.ledger, act)
                perform(alone.ledger, act)
            await campaign(HAIAN, tick, return_state=True)
            await deliver(tick, return_state=True)
            text = tick.strftime("%Y-%m-%d %H:%M")
            alone.run(text)
            alone.deliver(paper, text)
    assert town.records() == alone.records()
    assert len(paper.parcels) == len(outside.post.mails) + len(outside.hook_paths())
    alone.ledger.close()
