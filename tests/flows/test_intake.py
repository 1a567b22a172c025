"""The intake flow, and the campaign flow that drains the doors before it chases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from sqlalchemy import func, select

from duban.ledger import tables as t
from flows.campaign import campaign
from flows.intake import intake
from tests.support.town import BRANCHES, HAIAN, Town, at
from tests.support.workbooks import ZEROS

LATE = at("2018-10-08 08:30")


@pytest.fixture
def drop(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "drop"
    monkeypatch.setenv("DUBAN_DROP_FOLDER", str(folder))
    monkeypatch.setenv("DUBAN_DROP_SETTLE", "0")
    return folder


def put(folder: Path, unit: str) -> None:
    cells = {**ZEROS, "summary": "已查"}
    document = {"campaign": HAIAN, "duty": "monthly", "unit": unit, "period": "2018-09", "cells": cells}
    folder.mkdir(exist_ok=True)
    (folder / f"{unit}.json").write_text(json.dumps(document), encoding="utf-8")


async def test_what_lies_in_the_drop_folder_is_not_chased(town: Town, drop: Path) -> None:
    for unit in BRANCHES[:7]:
        town.report(unit, "2018-09", "2018-10-05 09:00")
    put(drop, BRANCHES[7])
    state = await campaign(HAIAN, LATE, return_state=True)
    assert (state.type.value, state.name) == ("COMPLETED", "2 units overdue")
    with town.ledger.read() as conn:
        o, m = t.obligation.c, t.message.c
        chased = select(o.unit).join(t.message, m.obligation == o.id).where(m.kind == "chase")
        assert set(conn.scalars(chased)) == set(BRANCHES[8:])


async def test_nobody_is_chased_while_a_door_is_shut(town: Town, drop: Path) -> None:
    state = await campaign(HAIAN, LATE, return_state=True)
    assert state.type.value == "FAILED"
    with town.ledger.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.message)) == 0


async def test_the_intake_flow_says_what_it_took(town: Town, drop: Path) -> None:
    put(drop, BRANCHES[0])
    put(drop, "nobody")
    state = await intake(LATE, return_state=True)
    assert (state.type.value, state.name) == ("COMPLETED", "1 accepted, 1 refused")
    assert state.message == "收1，退1，未能处理0，尚未放完0"
    async with get_client() as client:
        run = await client.read_flow_run(state.state_details.flow_run_id)
    assert run.name == "收件 · 2018-10-08 08:30"
