"""Returns on paper and by telephone: what an officer says of them stands on record together with them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from duban.ledger import tables as t
from duban.services.receiving import Address, Receipt, Stated, receive
from duban.services.trail import trail
from tests.support.town import FIGURES, HAIAN, Town, at

OFFICER = Stated("稽查科", "纸质件，10月4日面交")
HAIAN_SEPTEMBER = Address(HAIAN, "haian", "monthly", "2018-09")


def put_in(town: Town, when: str, values: dict[str, Any] | None = None) -> Receipt:
    data = town.form("haian", "2018-09", values or FIGURES)
    return receive(
        town.ledger, HAIAN_SEPTEMBER, data, "表.xlsx", door="officer", received_at=at("2018-10-04 16:00"),
        stated=OFFICER, as_of=at(when),
    )  # fmt: skip


def acts(town: Town) -> list[tuple[Any, ...]]:
    a = t.act.c
    with town.ledger.read() as conn:
        return [tuple(r) for r in conn.execute(select(a.kind, a.about, a.by).order_by(a.id))]


def test_the_statement_takes_the_next_place_after_its_return_at_the_same_instant(deployed: Town) -> None:
    receipt = put_in(deployed, "2018-10-06 09:00")
    assert acts(deployed) == [("received-for", "haian-2018-000001 纸质件，10月4日面交", "稽查科")]
    j = t.journal.c
    with deployed.ledger.read() as conn:
        last = conn.execute(select(j.kind, j.seq, j.recorded_at).where(j.campaign == HAIAN)
                            .order_by(j.seq.desc()).limit(2)).all()  # fmt: skip
    assert [(x.kind, x.seq) for x in last] == [("act", receipt.seq + 1), ("submission", receipt.seq)]
    assert last[0].recorded_at == last[1].recorded_at


def test_a_return_whose_statement_cannot_be_recorded_is_not_received(deployed: Town) -> None:
    with deployed.ledger.write() as w:
        w.conn.execute(text("ALTER TABLE act RENAME TO act_elsewhere"))
    with pytest.raises(DBAPIError):
        put_in(deployed, "2018-10-06 09:00")
    assert deployed.count(t.submission) == 0
    with deployed.ledger.write() as w:
        w.conn.execute(text("ALTER TABLE act_elsewhere RENAME TO act"))
    assert put_in(deployed, "2018-10-06 09:01").number == "haian-2018-000001"
    assert len(acts(deployed)) == 1


def test_what_is_refused_or_here_already_is_stated_no_second_time(deployed: Town) -> None:
    assert not put_in(deployed, "2018-10-06 09:00", {**FIGURES, "clues_police": 99}).valid
    assert acts(deployed) == []
    put_in(deployed, "2018-10-06 09:05")
    assert put_in(deployed, "2018-10-06 09:10").repeated
    assert [about for _, about, _ in acts(deployed)] == ["haian-2018-000002 纸质件，10月4日面交"]


def test_the_trail_says_how_the_return_came_and_who_put_it_in(deployed: Town) -> None:
    put_in(deployed, "2018-10-06 09:00")
    deployed.report("libao", "2018-09", "2018-10-06 09:01")
    with deployed.ledger.read() as conn:
        for unit, said in (("haian", "纸质件，10月4日面交（稽查科）"), ("libao", "")):
            steps = trail(conn, deployed.plan, f"{HAIAN}/monthly/{unit}/2018-09", at("2018-10-06 10:00"))
            assert [s.reason for s in steps if s.kind == "submission"] == [said]
