"""Registers across returns, and personal answers that can be erased."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import select

from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.plan import Bundle
from duban.rendering import renderer
from duban.services.addresses import Address
from duban.services.carrying import carried_rows
from duban.services.deciding import decide
from duban.services.deploying import deploy
from duban.services.issuing import issue_form
from duban.services.storing import digest_of, salt_of
from tests.support.harbour import (
    HARBOUR,
    Harbour,
    at,
    document,
    form,
    hazard,
)
from tests.support.harbour_plan import BUNDLE, harbour
from tests.support.pier import LIAISONS

PERSON = {
    "liaison_name": "联络员甲", "liaison_position": "站务", "liaison_phone": "0000",
    "liaison_email": "liaison@harbour.example", "deputies": 1,
}  # fmt: skip


def test_open_rows_are_carried_until_closed(port: Harbour) -> None:
    first = port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲"), hazard("乙", "已整改"))
    assert first.valid, first.problems
    assert port.carried("east", "2024-02", "2024-02-02 09:00") == ["甲|堆放"]
    assert port.carried("east", "2024-01", "2024-02-02 09:00") == []
    assert port.carried("west", "2024-02", "2024-02-02 09:00") == []
    without = port.hazards("east", "2024-02", "2024-03-02 09:00", hazard("丙"))
    assert [(p.code, p.value) for p in without.problems] == [("register-row-missing", "甲|堆放")]
    closed = port.hazards("east", "2024-02", "2024-03-02 10:00", hazard("丙"), hazard("甲", "已整改"))
    assert closed.valid, closed.problems
    assert port.carried("east", "2024-03", "2024-03-02 10:00") == ["丙|堆放"]
    assert port.proven()


def test_the_form_handed_out_has_the_open_rows_in_it(port: Harbour) -> None:
    owned = hazard("甲") | {"cost": 2.5, "owner": "负责人乙"}
    port.hazards("east", "2024-01", "2024-02-02 09:00", owned, hazard("乙", "已整改"))
    data = issue_form(
        port.ledger, Address(HARBOUR, "东站", "hazards", "2024-02"), words=renderer().words["blank"],
        as_of=at("2024-03-01 09:00"),
    )  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(data))["台账"]
    found = datetime(2024, 1, 9)
    assert [c.value for c in sheet[5]] == ["1", "甲", "堆放", "一般", found, 2.5, "整改中", "负责人乙"]
    assert [c.value for c in sheet[6]][1:] == [None] * 7
    assert sheet["B5"].protection.locked
    assert not sheet["G5"].protection.locked


def test_counts_of_rows_are_cells(port: Harbour) -> None:
    port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲"), hazard("乙", "已整改", "重大"))
    c = t.cell.c
    assert port.rows(select(c.indicator, c.value).order_by(c.indicator)) == [
        ("all_rows", 2), ("major_closed", 1), ("open_rows", 1), ("visits", 1),
    ]  # fmt: skip


def test_a_period_that_was_returned_or_left_out_hands_nothing_on(port: Harbour) -> None:
    port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲"))
    port.hazards("east", "2024-02", "2024-03-02 09:00", hazard("甲"), hazard("乙"))
    decide(
        port.ledger, Address(HARBOUR, "east", "hazards", "2024-02"), "return", by="office", reason="重报",
        until=at("2024-03-10 00:00"), as_of=at("2024-03-03 09:00"),
    )  # fmt: skip
    # February does not count any more, so January's rows are what is open
    assert port.carried("east", "2024-03", "2024-03-03 10:00") == ["甲|堆放"]


def test_rows_of_a_unit_that_closed_go_on_with_its_successor_once(port: Harbour) -> None:
    port.hazards("north", "2024-02", "2024-03-02 09:00", hazard("北"))
    port.hazards("east", "2024-02", "2024-03-02 09:01", hazard("东"))
    assert sorted(port.carried("east", "2024-03", "2024-03-03 09:00")) == ["东|堆放", "北|堆放"]
    closing = port.hazards("east", "2024-03", "2024-04-02 09:00", hazard("东"), hazard("北", "已整改"))
    assert closing.valid, closing.problems
    assert port.carried("east", "2024-04", "2024-04-02 09:00") == ["东|堆放"]


def test_personal_answers_are_on_record_as_salted_digests_only(port: Harbour) -> None:
    data = form("liaison", "east", values=PERSON)
    receipt = port.send("liaison", "east", "", "2024-01-15 09:00", data)
    assert receipt.valid, receipt.problems
    c, p = t.cell.c, t.personal.c
    cells = {i: (v, x) for i, v, x in port.rows(select(c.indicator, c.value, c.text))}
    assert cells["deputies"] == (1, None)
    known = {d: (salt, text) for d, salt, text in port.rows(select(p.digest, p.salt, p.text))}
    for code in ("liaison_name", "liaison_phone", "liaison_email"):
        digest = cells[code][1]
        salt, text = known[digest]
        assert (text, digest) == (PERSON[code], digest_of(f"{salt}{text}".encode()))
    assert port.rows(select(t.file.c.content)) == [(b"",)]
    assert port.rows(select(t.held_file.c.content)) == [(data,)]
    assert port.proven()


def test_what_was_erased_leaves_the_chain_whole(port: Harbour) -> None:
    port.send("liaison", "east", "", "2024-01-15 09:00", document(PERSON))
    with port.ledger.write(HARBOUR, as_of=at("2024-02-01 09:00")) as w:
        w.conn.execute(t.personal.delete())
        w.conn.execute(t.held_file.delete())
        w.conn.execute(t.liaison.delete())
    assert port.proven()


def test_personal_columns_of_a_register_are_kept_apart_and_carried_while_they_exist(port: Harbour) -> None:
    receipt = port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲") | {"owner": "负责人乙"})
    assert receipt.valid, receipt.problems
    c = t.entry_cell.c
    ((stored,),) = port.rows(select(c.text).where(c.column == "owner"))
    assert port.rows(select(t.personal.c.digest, t.personal.c.text)) == [(stored, "负责人乙")]
    assert port.rows(select(t.file.c.content)) == [(b"",)]
    february = Address(HARBOUR, "east", "hazards", "2024-02")
    with port.ledger.write(HARBOUR, as_of=at("2024-02-03 09:00")) as w:
        (before,) = carried_rows(w.conn, harbour(), february, w.at)
        w.conn.execute(t.personal.delete())
        (after,) = carried_rows(w.conn, harbour(), february, w.at)
    assert (before.texts["owner"], after.texts["owner"]) == ("负责人乙", "")
    assert before.key == after.key == "甲|堆放"
    assert port.proven()


def test_a_wrong_personal_answer_is_told_to_the_unit_and_not_put_on_record(port: Harbour) -> None:
    receipt = port.send(
        "liaison", "east", "", "2024-01-15 09:00", document(PERSON | {"liaison_email": "甲 13x"})
    )
    assert [(p.code, p.value) for p in receipt.problems] == [("not-a-mailbox", "甲 13x")]
    ((problems,),) = port.rows(select(t.submission.c.problems))
    assert "13x" not in problems
    assert port.rows(select(t.file.c.content)) == [(b"",)]


def test_a_named_liaison_is_written_to_first_and_replaced_by_the_next(port: Harbour) -> None:
    def first() -> list[tuple[Any, ...]]:
        of, c = t.contact_of.c, t.contact.c
        mine = (of.recipient == "unit:east") & (of.campaign == HARBOUR)
        joined = select(c.address).join(t.contact_of, of.contact == c.id)
        return port.rows(joined.where(mine).order_by(of.rank))

    assert first() == [("east@harbour.example",)]
    port.send("liaison", "east", "", "2024-01-15 09:00", document(PERSON))
    assert first() == [("liaison@harbour.example",), ("east@harbour.example",)]
    other = PERSON | {"liaison_email": "other@harbour.example"}
    port.send("liaison", "east", "", "2024-01-16 09:00", document(other))
    assert first() == [("other@harbour.example",), ("east@harbour.example",)]
    x = t.liaison.c
    assert port.rows(select(x.unit, x.name, x.position, x.phone, x.address)) == [
        ("east", "联络员甲", "站务", "0000", "other@harbour.example")
    ]


def test_several_liaisons_are_written_to_in_their_order(port: Harbour) -> None:
    files = dict(BUNDLE.files) | {"forms/liaison.yaml": LIAISONS}
    deploy(port.ledger, Bundle(tuple(sorted(files.items()))), reason="联络员", as_of=at("2024-01-02 09:00"))
    named = [
        {"n": "1", "liaison_name": "甲", "liaison_email": "first@harbour.example"},
        {"n": "2", "liaison_name": "乙"},
        {"n": "3", "liaison_name": "丙", "liaison_email": "third@harbour.example"},
    ]
    wrong = [*named, {"n": "4", "liaison_name": "丁", "liaison_email": "nowhere"}]
    refused = port.send("liaison", "west", "", "2024-01-15 09:00", document({}, rows=wrong))
    assert [(p.code, p.place) for p in refused.problems] == [("not-a-mailbox", "rows[3].liaison_email")]
    receipt = port.send("liaison", "west", "", "2024-01-15 10:00", document({}, rows=named))
    assert receipt.valid, receipt.problems
    x, of, c = t.liaison.c, t.contact_of.c, t.contact.c
    assert port.rows(select(x.rank, x.name).order_by(x.rank)) == [(0, "甲"), (1, "乙"), (2, "丙")]
    mine = select(c.address).join(t.contact_of, of.contact == c.id).where(of.recipient == "unit:west")
    assert [address for (address,) in port.rows(mine.order_by(of.rank))] == [
        "first@harbour.example", "third@harbour.example", "west@harbour.example",
    ]  # fmt: skip
    assert port.proven()


def test_salts_are_chance_but_for_a_story_that_is_played_again(port: Harbour, tmp_path: Path) -> None:
    told = salt_of(port.ledger)
    assert told("a") == told("a") != told("b")
    real = open_ledger(f"sqlite:///{tmp_path / 'real.sqlite'}")
    assert salt_of(real)("a") != salt_of(real)("a")
    real.close()
