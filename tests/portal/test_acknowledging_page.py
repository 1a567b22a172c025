"""A unit acknowledges 签收 on its own page what it was told by a colour; the coordinator sees that it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from duban.ledger import tables as t
from duban.rehearsal import PaperTransport
from duban.services.approving import answer
from duban.services.proposing import proposals
from tests.portal.test_approvals import page, post
from tests.portal.test_coordinator_board import CAMPAIGN, rows, text
from tests.support.approvals import NOW, make, morning
from tests.support.gate import Gate
from tests.support.town import HAIAN, at

LIBAO = f"{CAMPAIGN}/u/libao"
SIGN = f"{LIBAO}/acknowledge"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("acknowledging") / "ledger.sqlite")


@pytest.fixture
def gate(ready: Path, tmp_path: Path) -> Iterator[Gate]:
    """The portal on the morning of 12 November: libao, `other` of the cast, was told blue on the 8th."""
    with morning(ready, tmp_path) as made:
        yield made


def said(gate: Gate, kind: str, unit: str = "libao") -> str:
    """The message by which a unit was told a colour."""
    m = t.message.c
    with gate.town.ledger.read() as conn:
        mine = (m.obligation == f"{HAIAN}/monthly/{unit}/2018-10") & (m.kind == kind)
        return str(conn.scalars(select(m.id).where(mine)).one())


def orange(gate: Gate) -> None:
    """Libao's orange letter is approved, and leaves."""
    with gate.town.ledger.read() as conn:
        found = proposals(conn, gate.town.plan, at(NOW))
    mine = next(x.id for x in found if x.unit == "libao")
    when = at("2018-11-12 09:20")
    answer(gate.town.ledger, HAIAN, mine, "approve", by="稽查科", role="coordinator", as_of=when)
    gate.town.deliver(PaperTransport(), "2018-11-12 09:30")
    gate.town.ledger.set_clock(at("2018-11-12 10:00"))


def test_a_unit_is_asked_and_answers_once(gate: Gate) -> None:
    before = text(page(gate, "other", LIBAO))
    assert "督办事项 蓝色 2018年10月专项行动情况月报 2018-11-08 08:35 发出 签收" in before
    done = post(gate, "other", SIGN, message=said(gate, "blue"))
    assert done.headers["Location"] == f"{LIBAO}?did=acknowledge"
    after = text(page(gate, "other", done.headers["Location"]))
    assert "已签收。请尽快报送。" in after
    assert "已签收 李堡镇分局 2018-11-12 09:1" in after
    assert post(gate, "other", SIGN, message=said(gate, "blue")).status_code == 303
    with gate.town.ledger.read() as conn:
        (record,) = conn.execute(select(t.acknowledgement))
    assert (record.message, record.by) == (said(gate, "blue"), "李堡镇分局")


def test_what_is_named_a_thousand_times_is_put_on_record_by_one_writing(gate: Gate) -> None:
    begun: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        begun.extend([statement] if statement.startswith("BEGIN IMMEDIATE") else [])

    def writings(message: list[str]) -> int:
        begun.clear()
        assert post(gate, "other", SIGN, message=message).status_code == 303
        return len(begun)

    event.listen(gate.office.ledger.engine, "before_cursor_execute", note)
    gate.csrf("other")  # signing in is a writing of its own
    assert writings([said(gate, "blue")] * 1000) == 1


def test_the_coordinator_sees_who_has_acknowledged_and_who_has_not(gate: Gate) -> None:
    post(gate, "other", SIGN, message=said(gate, "blue"))
    listed = rows(page(gate, path=f"{CAMPAIGN}/outbox"))
    blue = {row[1]: row[3] for row in listed if row[2].startswith("蓝色督办")}
    assert "李堡镇分局于2018-11-12 09:1" in blue["李堡镇分局"]
    assert blue["李堡镇分局"].endswith("签收")
    assert blue["曲塘镇分局"].endswith("；尚未签收")
    trail = rows(page(gate, path=f"{LIBAO}/d/monthly/2018-10/trail"))
    assert trail[-1][1:3] == ["签收（蓝色督办）", "李堡镇分局"]


def test_of_two_colours_the_last_is_asked_about(gate: Gate) -> None:
    orange(gate)
    found = page(gate, "other", LIBAO)
    assert f'value="{said(gate, "orange")}"' in found.text
    assert f'value="{said(gate, "blue")}"' not in found.text


def test_who_has_reported_is_asked_no_more(gate: Gate) -> None:
    gate.town.report("libao", "2018-10", "2018-11-12 09:30")
    gate.town.ledger.set_clock(at("2018-11-12 10:00"))
    assert "签收" not in page(gate, "other", LIBAO).text


def test_what_was_said_to_another_unit_is_not_mine_to_acknowledge(gate: Gate) -> None:
    for message in (said(gate, "blue", "qutang"), "x", f"{HAIAN}~p1"):
        assert post(gate, "other", SIGN, message=message).status_code == 403
    assert page(gate, "other", f"{CAMPAIGN}/u/qutang").status_code == 403


def test_who_only_sees_a_unit_sees_that_it_has_not_acknowledged(gate: Gate) -> None:
    found = page(gate, "leader", LIBAO)
    assert "尚未签收" in found.text
    assert "/acknowledge" not in found.text
    assert post(gate, "leader", SIGN, message=said(gate, "blue")).status_code == 403
