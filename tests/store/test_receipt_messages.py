"""Receipts as messages: after a valid return through a door that the plan names."""

from __future__ import annotations

from sqlalchemy import select

from duban.ledger import tables as t
from duban.services.receiving import Address, Arrival, receive, receive_many
from tests.support.announcing import Listener, put, speaking, statements, to, told
from tests.support.town import FIGURES, HAIAN, Town, at

FIRST = "2018-09-06 08:30"


def living(town: Town, doors: str = "workbook, portal") -> Listener:
    """A campaign that sends receipts."""
    put(town, speaking(messages=f"receipts: [{doors}]"), FIRST)
    return Listener(town)


def test_the_unit_is_told_at_once_what_came_and_that_it_was_in_time(town: Town) -> None:
    listener = living(town)
    town.report("libao", "2018-09", "2018-10-03 15:04")
    with town.ledger.read() as conn:
        (row,) = conn.execute(select(t.message)).all()
    key = f"{HAIAN}/monthly/libao/2018-09"
    assert (row.kind, row.recipient, row.occasion) == ("receipt", "unit:libao", f"{key}@1")
    (mail,) = listener.deliver("2018-10-03 15:05")
    assert mail.subject == "【药品净网2018】已收到2018年9月专项行动情况月报（回执haian-2018-000001）"
    said = "所报2018年9月专项行动情况月报已于2018年10月3日15:04收到，按时报送。回执号haian-2018-000001。"
    assert said in mail.plain
    assert said in mail.html


def test_a_late_one_is_called_late(town: Town) -> None:
    listener = living(town)
    town.report("libao", "2018-09", "2018-10-06 00:00")
    (mail,) = listener.deliver("2018-10-06 00:01")
    assert "10月6日00:00收到，晚于时限。" in mail.plain


def test_other_doors_refused_files_and_files_sent_twice_bring_none(town: Town) -> None:
    living(town, "mailbox")
    town.report("libao", "2018-09", "2018-10-03 09:00")
    assert told(town, "receipt") == []
    put(town, speaking(messages="receipts: [workbook]"), "2018-10-03 10:00")
    refused = town.send("haian", "2018-09", "2018-10-03 11:00", b"no workbook", "x.xlsx")
    assert not refused.valid
    assert told(town, "receipt") == []
    again = town.form("dagong", "2018-09")
    for when in ("2018-10-03 12:00", "2018-10-03 13:00"):
        town.send("dagong", "2018-09", when, again, "dagong.xlsx")
    assert told(town, "receipt") == ["unit:dagong"]


def test_a_correction_takes_the_place_of_a_receipt_that_has_not_left(town: Town) -> None:
    listener = living(town)
    town.report("libao", "2018-09", "2018-10-03 09:00")
    town.report("libao", "2018-09", "2018-10-03 10:00", FIGURES | {"fines": 7})
    (mail,) = listener.deliver("2018-10-03 10:01")
    assert "已于2018年10月3日10:00收到，为第2版，以此为准，按时报送。回执号haian-2018-000002。" in mail.plain
    assert "09:00" not in mail.plain
    with town.ledger.read() as conn:
        fates = conn.scalars(select(t.fate.c.reason).order_by(t.fate.c.message)).all()
    assert fates == ["no-longer-owed", "sealed"]


def test_a_return_takes_back_the_receipt_that_has_not_left(town: Town) -> None:
    listener = living(town)
    town.report("libao", "2018-09", "2018-10-03 09:00")
    town.decide("libao", "2018-09", "return", "2018-10-03 10:00", until=at("2018-10-09"))
    (mail,) = listener.deliver("2018-10-03 10:01")
    assert "已退回" in mail.subject
    assert "回执号" not in mail.plain


def test_what_is_to_be_explained_is_asked(town: Town) -> None:
    listener = living(town)
    town.report("libao", "2018-09", "2018-10-03 09:00", FIGURES | {"cases_filed": 4, "cases_closed": 2})
    listener.deliver("2018-10-03 09:01")
    # 2 were open and 4 came: of 6, 2 are closed and 4 open, not 5.
    odd = FIGURES | {"cases_filed": 4, "cases_closed": 2, "cases_open": 5}
    town.report("libao", "2018-10", "2018-11-02 09:00", odd)
    (mail,) = listener.deliver("2018-11-02 09:01")
    assert "\n   请说明：" in mail.plain


def test_many_at_once_are_told_each(town: Town) -> None:
    listener = living(town)
    units = ("libao", "haian", "dagong")
    arrivals = [
        Arrival(
            Address(HAIAN, u, "monthly", "2018-09"), town.form(u, "2018-09"), f"{u}.xlsx",
            received_at=at("2018-10-03 09:00"), door="portal",
        )
        for u in units
    ]  # fmt: skip
    receive_many(town.ledger, arrivals, as_of=at("2018-10-03 09:00"))
    assert told(town, "receipt") == [f"unit:{u}" for u in units]
    heard = listener.deliver("2018-10-03 09:01")
    assert "haian-2018-000003" in to(heard, "dagong@haian.example").plain


def test_where_none_is_wanted_receiving_asks_for_no_contacts(town: Town) -> None:
    put(town, speaking(messages="kickoff: false"), FIRST)
    data = town.form("libao", "2018-09")
    with statements(town) as asked:
        receive(
            town.ledger, Address(HAIAN, "libao", "monthly", "2018-09"), data, "x.xlsx", door="workbook",
            received_at=at("2018-10-03 09:00"), as_of=at("2018-10-03 09:00"),
        )  # fmt: skip
    assert not [x for x in asked if "contact" in x or "message" in x]
