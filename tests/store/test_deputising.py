"""Deputies: from the morning of the first day to the last one, and nothing of them on record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, func, select

from duban.errors import BadInput, Retryable
from duban.ledger import tables as t
from duban.ledger.columns import metadata
from duban.ledger.parcels import Parcel
from duban.plan import parse
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.admitting import enter_by_code, enter_by_link, send_code, who_is
from duban.services.calling import call_list
from duban.services.contacts import renew_when_due
from duban.services.delivering import deliver
from duban.services.deputising import Deputy, deputies, drop_deputy, known_channels, name_deputy
from duban.services.running import run_campaign
from tests.store.test_contacts import let_in, link
from tests.support.pier import DOOR, PIER, UNITS, Pier, at
from tests.support.pier import bundle as pier_bundle

OTHERS = ("north", "west")
"""Stations that have named nobody."""


@pytest.fixture
def manned(pier: Pier) -> Pier:
    """The pier, whose eastern station has named its liaison."""
    pier.liaisons("east", "2018-12-03 09:00", "jia")
    return pier


def named(pier: Pier, since: str, until: str, when: str = "2018-12-10 09:00", name: str = "ding") -> int:
    return pier.deputy("east", name, since, until, when, phone="0000-1")


# ---- days ----------------------------------------------------------------------------------------


def test_messages_go_to_the_deputy_across_a_weekend_and_to_the_liaison_before_and_after(
    manned: Pier,
) -> None:
    """From Friday 14 December 2018 to Monday; nothing is due on the days off between."""
    named(manned, "2018-12-14", "2018-12-17")
    told = {
        day: (manned.told(f"2018-12-{day} 08:40", *OTHERS), manned.ways("unit:east")["unit:east"][0])
        for day in ("13", "14", "15", "16", "17", "18")
    }
    assert told == {
        "13": (["jia"], "jia"),
        "14": (["ding"], "ding"),
        "15": ([], "ding"),
        "16": ([], "ding"),
        "17": (["ding"], "ding"),
        "18": (["jia"], "jia"),
    }


def test_a_deputyship_lasts_over_the_end_of_the_year(manned: Pier) -> None:
    """29 December 2018 is a Saturday that is worked on for the days off until New Year's Day."""
    named(manned, "2018-12-29", "2019-01-02")
    days = ("2018-12-28", "2018-12-29", "2018-12-31", "2019-01-01", "2019-01-02", "2019-01-03")
    told = [(manned.told(f"{day} 08:40", *OTHERS), manned.ways("unit:east")["unit:east"][0]) for day in days]
    assert told == [
        (["jia"], "jia"), (["ding"], "ding"), ([], "ding"), ([], "ding"), (["ding"], "ding"),
        (["jia"], "jia"),
    ]  # fmt: skip


def test_a_deputy_named_for_today_takes_over_at_once(manned: Pier) -> None:
    named(manned, "2018-12-10", "2018-12-10")
    assert manned.ways("unit:east")["unit:east"] == ["ding", "jia", "east", "wecom=east"]


def test_the_day_is_the_campaigns_local_one(manned: Pier) -> None:
    """16:30 UTC on the 13th is half past midnight on the 14th there."""
    named(manned, "2018-12-14", "2018-12-14")
    for when, first in (
        ("2018-12-13 23:59", "jia"), ("2018-12-14 00:00", "ding"), ("2018-12-14 23:59", "ding"),
        ("2018-12-15 00:00", "jia"),
    ):  # fmt: skip
        renew_when_due(manned.ledger, as_of=at(when))
        assert manned.ways("unit:east")["unit:east"][0] == first, when


def test_after_a_week_without_a_run_only_what_holds_today_counts(manned: Pier) -> None:
    named(manned, "2018-12-12", "2018-12-13")
    named(manned, "2018-12-14", "2018-12-21", name="wu")
    assert manned.told("2018-12-19 08:40", *OTHERS) == ["wu"]
    assert manned.ways("unit:east")["unit:east"] == ["wu", "jia", "east", "wecom=east"]


@contextmanager
def writes(pier: Pier) -> Iterator[list[str]]:
    """Statements that write, or that begin to."""
    found: list[str] = []
    kinds = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE")

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().startswith(kinds) or "FOR UPDATE" in statement:
            found.append(statement)

    event.listen(pier.ledger.engine, "before_cursor_execute", note)
    yield found
    event.remove(pier.ledger.engine, "before_cursor_execute", note)


def test_a_look_writes_only_on_the_first_day_and_on_the_day_after_the_last(manned: Pier) -> None:
    named(manned, "2018-12-14", "2018-12-17")
    wrote = {}
    for day in range(11, 20):
        with writes(manned) as found:
            renew_when_due(manned.ledger, PIER, as_of=at(f"2018-12-{day} 00:10"))
            renew_when_due(manned.ledger, as_of=at(f"2018-12-{day} 08:40"))
        wrote[day] = bool(found)
    assert [day for day, did in wrote.items() if did] == [14, 18]


def test_a_message_that_is_sealed_keeps_whom_it_was_sealed_for(manned: Pier) -> None:
    class Busy(PaperTransport):
        def send(self, parcel: Parcel, message_id: str) -> None:
            raise Retryable("busy")

    named(manned, "2018-12-14", "2018-12-17")
    when = at("2018-12-17 08:40")
    run_campaign(manned.ledger, PIER, texts=renderer(), documents=None, owner="r", as_of=when)
    deliver(manned.ledger, Busy(), renderer(), owner="o", door=DOOR, as_of=when)
    drop_deputy(manned.ledger, PIER, "east", 1, by="东站", as_of=at("2018-12-17 08:50"))
    out = manned.morning("2018-12-17 09:00")
    (late,) = [p for p in out.parcels if p.address == "ding@pier.example"]
    assert "/in/" not in late.plain  # whoever does not speak for the station any more signs in, or cannot
    assert "https://duban.example/signin" in late.plain
    assert [p for p in out.parcels if p.address == "jia@pier.example"] == []
    assert manned.told("2018-12-18 08:40", *OTHERS) == ["jia"]


# ---- who is let in -------------------------------------------------------------------------------


def test_a_deputys_link_lets_in_during_their_days_and_never_again(manned: Pier) -> None:
    named(manned, "2018-12-14", "2018-12-17")
    (mail,) = [p for p in manned.morning("2018-12-14 08:40").parcels if p.address.startswith("ding")]
    (token,) = re.findall(r"/in/([\w.-]+)", mail.plain)
    assert let_in(manned, token, "2018-12-14 10:00") == ["east"]
    manned.morning("2018-12-18 08:40")
    assert let_in(manned, token, "2018-12-18 10:00") == []
    named(manned, "2018-12-20", "2018-12-21", "2018-12-20 09:00")
    assert let_in(manned, token, "2018-12-20 10:00") == []
    assert let_in(manned, link(manned, "ding", generation=1), "2018-12-20 10:00") == ["east"]


def test_a_session_ends_with_the_deputyship(manned: Pier) -> None:
    named(manned, "2018-12-14", "2018-12-17")
    manned.morning("2018-12-14 08:40")
    manned.ledger.set_clock(at("2018-12-14 09:00"))
    sent = PaperTransport()
    send_code(manned.ledger, sent, renderer(), "ding@pier.example", within=0.05)
    (code,) = re.findall(r"\b\d{6}\b", sent.parcels[0].plain)
    sessions = [
        enter_by_code(manned.ledger, "ding@pier.example", code),
        enter_by_link(manned.ledger, DOOR.secret, link(manned, "ding")),
    ]
    assert all(x and who_is(manned.ledger, x) for x in sessions)
    drop_deputy(manned.ledger, PIER, "east", 1, by="东站", as_of=at("2018-12-14 09:05"))
    assert [x and who_is(manned.ledger, x) for x in sessions] == [None, None]


def test_a_liaison_who_also_stood_in_keeps_their_link(manned: Pier) -> None:
    manned.liaisons("east", "2018-12-04 09:00", "jia", "yi")
    named(manned, "2018-12-14", "2018-12-14", name="yi")
    token = link(manned, "yi")
    for day in ("13", "14", "15"):
        manned.morning(f"2018-12-{day} 08:40")
        assert let_in(manned, token, f"2018-12-{day} 10:00") == ["east"]


# ---- what is on record ---------------------------------------------------------------------------


def texts(pier: Pier, tables: Any) -> str:
    """Everything that some tables say."""
    return " ".join(repr(row) for table in tables for row in pier.rows(select(table)))


def test_no_record_says_who_it_was(manned: Pier) -> None:
    named(manned, "2018-12-14", "2018-12-17")
    manned.morning("2018-12-14 08:40")
    said = texts(manned, t.RECORDS)
    for told in ("ding@", "ding代理", "0000-1"):
        assert told not in said
    a = t.act.c
    assert manned.rows(select(a.kind, a.about, a.by)) == [("deputy", "east 1 2018-12-14 2018-12-17", "east")]


def test_who_is_taken_out_is_forgotten_and_the_journal_holds(manned: Pier) -> None:
    named(manned, "2018-12-14", "2018-12-17")
    manned.morning("2018-12-14 08:40")
    assert "ding@pier.example" in texts(manned, metadata.sorted_tables)
    drop_deputy(manned.ledger, PIER, "east", 1, by="东站", as_of=at("2018-12-14 10:00"))
    said = texts(manned, metadata.sorted_tables)
    for told in ("ding@pier.example", "ding代理", "0000-1"):
        assert told not in said
    assert manned.proven()
    assert manned.told("2018-12-17 08:40", *OTHERS) == ["jia"]


def test_an_address_that_somebody_else_is_reached_by_stays(manned: Pier) -> None:
    named(manned, "2018-12-14", "2018-12-17", name="west")
    drop_deputy(manned.ledger, PIER, "east", 1, by="东站", as_of=at("2018-12-11 09:00"))
    assert manned.ways("unit:west")["unit:west"][0] == "west"


def test_numbers_are_given_once_and_who_is_named_twice_alike_is_one(manned: Pier) -> None:
    assert [named(manned, "2018-12-14", "2018-12-17") for _ in "12"] == [1, 1]
    assert named(manned, "2018-12-18", "2018-12-18") == 2
    drop_deputy(manned.ledger, PIER, "east", 2, by="东站", as_of=at("2018-12-10 09:30"))
    assert named(manned, "2018-12-18", "2018-12-18", "2018-12-10 09:40") == 3
    with manned.ledger.read() as conn:
        found = deputies(conn, PIER, "east")
    first, last = date(2018, 12, 14), date(2018, 12, 17)
    assert found[0] == Deputy(1, "ding代理", "0000-1", "email", "ding@pier.example", first, last, False)
    assert [x.n for x in found] == [1, 3]


def test_at_most_ten_stand_by_at_once_and_those_of_the_past_do_not_count(manned: Pier) -> None:
    for n in range(10):
        named(manned, "2018-12-14", "2018-12-17", name=f"d{n}")
    with pytest.raises(BadInput) as caught:
        named(manned, "2018-12-14", "2018-12-17")
    assert caught.value.code == "deputies-too-many"
    assert named(manned, "2018-12-20", "2018-12-20", "2018-12-18 09:00") == 11


# ---- what is refused -----------------------------------------------------------------------------

GOOD: dict[str, Any] = {
    "name": "某某", "phone": "", "channel": "email", "address": "ding@pier.example",
    "since": date(2018, 12, 14), "until": date(2018, 12, 17),
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "deputy-nameless"),
        ({"name": "某" * 41}, "deputy-words"),
        ({"name": "某\n某"}, "deputy-words"),
        ({"phone": "1" * 31}, "deputy-words"),
        ({"address": ""}, "deputy-address"),
        ({"address": "ding"}, "deputy-address"),
        ({"address": "a@b@pier.example"}, "deputy-address"),
        ({"address": "a,b@pier.example"}, "deputy-address"),
        ({"channel": "wecom", "address": "a b"}, "deputy-address"),
        ({"channel": "wecom", "address": "erased:1"}, "deputy-address"),  # somebody else's place
        ({"channel": "pigeon"}, "unknown-channel"),
        ({"until": date(2018, 12, 13)}, "deputy-days"),
        ({"since": date(2018, 12, 8), "until": date(2018, 12, 9)}, "deputy-past"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept_of_it(
    manned: Pier, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(BadInput) as caught:
        name_deputy(manned.ledger, PIER, "east", **(GOOD | wrong), by="x", as_of=at("2018-12-10 09:00"))
    assert caught.value.code == code
    assert renderer().error(caught.value)
    assert manned.rows(select(func.count()).select_from(t.deputy)) == [(0,)]
    assert manned.rows(select(func.count()).select_from(t.act)) == [(0,)]
    for told in ("某某", "ding@pier.example"):
        assert told not in str(caught.value)


def test_which_systems_are_called_is_not_for_units_to_say(manned: Pier) -> None:
    units = UNITS.replace("email=north@pier.example", "webhook=north;sms=0000-7")
    manned.deploy(units=units, when="2018-12-10 08:00")
    assert known_channels(parse(pier_bundle(units=units))) == ["email", "wecom", "sms"]
    said = GOOD | {"channel": "webhook", "address": "169.254.0.1"}
    with pytest.raises(BadInput) as caught:
        name_deputy(manned.ledger, PIER, "east", **said, by="x", as_of=at("2018-12-10 09:00"))
    assert (caught.value.code, caught.value.params["known"]) == ("unknown-channel", ["email", "wecom", "sms"])


def test_only_units_of_the_campaign_have_deputies_and_only_known_ones_are_taken_out(manned: Pier) -> None:
    with pytest.raises(BadInput) as caught:
        name_deputy(manned.ledger, PIER, "south", **GOOD, by="x", as_of=at("2018-12-10 09:00"))
    assert caught.value.code == "bad-unit"
    with pytest.raises(BadInput) as caught:
        drop_deputy(manned.ledger, PIER, "east", 1, by="x", as_of=at("2018-12-10 09:00"))
    assert caught.value.code == "unknown-deputy"


def test_the_last_day_may_be_today(manned: Pier) -> None:
    said = GOOD | {"since": date(2018, 12, 1), "until": date(2018, 12, 10)}
    assert name_deputy(manned.ledger, PIER, "east", **said, by="x", as_of=at("2018-12-10 23:00")) == 1
    assert manned.ways("unit:east")["unit:east"][0] == "ding"


def test_who_stands_in_is_rung_before_the_liaison(manned: Pier) -> None:
    named(manned, "2018-12-14", "2018-12-17")
    for when, people in (("2018-12-13 08:40", ["jia站员"]), ("2018-12-14 08:40", ["ding代理", "jia站员"])):
        manned.morning(when)
        with manned.ledger.read() as conn:
            (east,) = [c for c in call_list(conn, manned.plan, at(when)) if c.unit.id == "east"]
        assert [p.name for p in east.people] == people
    assert (east.people[0].phone, east.people[0].until) == ("0000-1", date(2018, 12, 17))
