"""The campaign flow with a plan that has no phases, and with one whose phases overlap."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun

from duban.ledger import open_ledger
from duban.services.campaigns import read_bundle
from duban.services.deploying import deploy
from duban.settings import ROOT
from flows.campaign import campaign
from tasks.house import leave_house
from tests.support.town import at


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Puts a campaign of the repository in force on a virtual ledger that this process's flows open."""
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    monkeypatch.setenv("DUBAN_VAR", str(tmp_path))
    monkeypatch.setenv("DUBAN_LEDGER_URL", url)
    ledger = open_ledger(url, kind="virtual")

    def put(slug: str, when: str) -> None:
        deploy(ledger, read_bundle(ROOT / "data" / "campaigns" / slug), reason="test", as_of=at(when))

    yield put
    ledger.close()
    leave_house()


async def run(slug: str, when: str) -> tuple[FlowRun, list[FlowRun]]:
    """The campaign's run at a time, and the phases it opened, by name."""
    state = await campaign(slug, at(when), return_state=True)
    async with get_client() as client:
        made = await client.read_flow_run(state.state_details.flow_run_id)
        opened = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(parent_flow_run_id={"any_": [made.id]})
        )
    return made, sorted(opened, key=lambda r: r.name)


def ended(run: FlowRun) -> str:
    assert run.state
    assert run.state.is_completed(), run.state
    return run.state.name or ""


async def test_a_plan_without_phases_is_one_sub_flow(deployed: Callable[[str, str], None]) -> None:
    deployed("chongming-food", "2019-10-01 08:30")
    made, opened = await run("chongming-food", "2019-11-06 08:30")
    # eight sections lead the tasks, and none has reported on October's
    assert ended(made) == "8 units overdue"
    assert [(p.name, ended(p)) for p in opened] == [
        ("campaign 四个最严食品安全 · 2019-11-06", "8 units overdue")
    ]
    async with get_client() as client:
        found = await client.read_artifacts(
            artifact_filter=ArtifactFilter(flow_run_id={"any_": [opened[0].id]})
        )
    by_key = {a.key: a for a in found}
    assert by_key["chongming-food-campaign-progress"].data == 0.0
    missing = json.loads(str(by_key["chongming-food-campaign-missing"].data))
    assert len(missing) == 8, "a section that leads several tasks is one row, with their numbers"
    assert any("、" in row["事项"] for row in missing)


async def test_overlapping_phases_are_sub_flows_side_by_side(deployed: Callable[[str, str], None]) -> None:
    deployed("sanming-2023", "2023-08-09 08:30")
    made, opened = await run("sanming-2023", "2023-08-21 08:30")
    # supervision and guidance begin in September; the mid-term return is the last phase's, and 11
    # departments and 88 county bodies (11 counties, 8 kinds) have missed it
    assert [(p.name, ended(p)) for p in opened] == [
        ("action 集中治理阶段 · 2023-08-21", "Nothing overdue"),
        ("consolidation 总结提升阶段 · 2023-08-21", "99 units overdue"),
    ]
    assert ended(made) == "99 units overdue"
    _, later = await run("sanming-2023", "2023-09-04 08:30")
    assert [p.name.split()[0] for p in later] == ["action", "consolidation", "guidance"]
