"""Amendments, returns and corrections that come in another order than anybody planned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from duban.errors import BadInput
from duban.intake.attachments import Attached
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Bundle, Plan, parse
from duban.services.addresses import Address
from duban.services.carrying import carried_rows
from duban.services.deciding import decide
from duban.services.deploying import deploy
from duban.services.reading import filed
from duban.services.receiving import receive
from duban.services.watching import standings
from duban.standing import Standing
from tests.store.test_amendments import AMENDED, due_days, seen
from tests.store.test_deploying import put
from tests.support.harbour import CASES, HARBOUR, PDF, SIGNED, Harbour, at, document, hazard
from tests.support.harbour_plan import BUNDLE, HAZARDS, harbour
from tests.support.plans import changed
from tests.support.town import Town


def amended(*edits: tuple[str, str, str]) -> Bundle:
    """The harbour's plan with (file, old, new) changes."""
    files = dict(BUNDLE.files)
    for name, old, new in edits:
        assert old in files[name], old
        files[name] = files[name].replace(old, new)
    return Bundle(tuple(sorted(files.items())))


def amend(port: Harbour, when: str, *edits: tuple[str, str, str]) -> Plan:
    bundle = amended(*edits)
    deploy(port.ledger, bundle, reason="test", as_of=at(when))
    return parse(bundle)


def stands(port: Harbour, plan: Plan, key: str, when: str) -> Standing:
    with port.ledger.read() as conn:
        (found,) = standings(conn, plan, Scope(HARBOUR, key=f"{HARBOUR}/{key}"), at(when))
    return found


def test_a_dropped_return_wanted_again_after_its_old_day_is_owed_by_the_new_one(deployed: Town) -> None:
    put(deployed, changed(("plan.yaml", "last: 2018-12", "last: 2018-09")), AMENDED)
    # November's return would have been due on 5 December; on 6 December it is wanted again, by the 20th.
    again = changed(("plan.yaml", "on: 5", "on: 20"))
    put(deployed, again, "2018-12-06 09:00")
    assert due_days(deployed, "2018-12-06 09:00") == ["10-06", "11-21", "12-21", "01-21"]
    november = {s.owed.period: s for s in seen(deployed, "2018-12-06 09:00", unit="qutang", duty="monthly")}
    assert november["2018-11"].expected
    assert not november["2018-10"].expected  # due on 20 November: past before it was wanted again
    assert due_days(deployed, "2018-12-06 08:59") == ["10-06"]


def test_a_raised_quota_expects_of_everybody_what_some_have_sent_unasked(port: Harbour) -> None:
    for subject in ("1", "2", "3"):
        brief = [Attached("brief", f"{subject}.pdf", PDF + subject.encode())]
        receipt = port.send(
            "briefs", "east", "2024-02", "2024-02-20 09:00", None, subject=subject, attachments=brief
        )
        assert receipt.valid, receipt.problems
    plan = amend(port, "2024-02-21 09:00", ("plan.yaml", "at_least: 2, unit", "at_least: 3, unit"))
    third = stands(port, plan, "briefs/east/2024-02/3", "2024-02-21 09:00")
    assert (third.met, third.expected, third.due_at) == (True, True, at("2024-02-26"))
    before = stands(port, plan, "briefs/east/2024-02/3", "2024-02-21 08:59")
    assert (before.met, before.expected) == (True, False)
    assert port.proven()


def test_a_lowered_quota_still_takes_what_is_sent_beyond_it(port: Harbour) -> None:
    plan = amend(port, "2024-02-01 09:00", ("plan.yaml", "at_least: 2, unit", "at_least: 1, unit"))
    brief = [Attached("brief", "二.pdf", PDF)]
    receipt = port.send("briefs", "east", "2024-02", "2024-02-20 09:00", None, subject="2", attachments=brief)
    assert receipt.valid, receipt.problems
    second = stands(port, plan, "briefs/east/2024-02/2", "2024-02-20 09:00")
    assert (second.met, second.expected) == (True, False)
    assert port.proven()


def test_what_came_in_is_seen_in_the_phase_it_belonged_to_on_that_day(deployed: Town) -> None:
    deployed.report("qutang", "2018-11", "2018-10-09 09:00")
    # November belonged to the action phase; the amendment ends that in October.
    edits = (
        ("plan.yaml", "end: {date: 2018-11-30, precision: month,", "end: {date: 2018-10-31,"),
        ("plan.yaml", "start: {date: 2018-12-01, precision: month,", "start: {date: 2018-11-01,"),
    )
    put(deployed, changed(*edits), AMENDED)
    scope = {"phase": "action", "unit": "qutang", "period": "2018-11"}
    assert [s.met for s in seen(deployed, "2018-10-10 08:59", **scope)] == [True]
    assert seen(deployed, AMENDED, **scope) == []


def test_what_was_due_can_still_be_sent_by_a_unit_the_plan_excuses_since(port: Harbour) -> None:
    old = "    by: 各站\n    to: office\n    rhythm: {every"
    without_west = ("plan.yaml", old, old.replace("各站\n", "各站\n    except: west\n"))
    plan = amend(port, "2024-02-10 09:00", without_west)
    assert stands(port, plan, "hazards/west/2024-01", "2024-02-10 09:00").state == "overdue"
    receipt = port.hazards("west", "2024-01", "2024-02-11 09:00", hazard("甲"))
    assert receipt.valid, receipt.problems
    assert stands(port, plan, "hazards/west/2024-01", "2024-02-11 09:00").met
    with pytest.raises(BadInput, match="bad-address"):
        port.hazards("west", "2024-02", "2024-03-02 09:00", hazard("甲"))


def test_returning_a_report_returns_its_copies_until_it_is_answered(port: Harbour) -> None:
    def send(when: str) -> None:
        east = {"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"}
        assert port.send("summary", "east", "", when, document(east), attachments=CASES).valid

    send("2024-04-08 09:00")
    decide(
        port.ledger, Address(HARBOUR, "east", "summary", ""), "return", by="office", reason="缺数",
        until=at("2024-04-12"), as_of=at("2024-04-09 09:00"),
    )  # fmt: skip
    copy = port.stands("summary-copy/east/", "2024-04-09 09:00")
    assert (copy.met, copy.came_in) == (False, "returned")
    assert port.stands("summary-copy/east/", "2024-04-09 08:59").met
    send("2024-04-11 09:00")
    copy = port.stands("summary-copy/east/", "2024-04-11 09:00")
    assert (copy.met, copy.on_time, copy.version) == (True, True, 2)
    assert port.proven()


def test_a_copy_wanted_later_is_met_by_what_came_in_before(port: Harbour) -> None:
    kept = dict(BUNDLE.files)["plan.yaml"]
    begin, end = kept.index("  - id: summary-copy"), kept.index("  - id: liaison")
    amend(port, "2024-01-02 09:00", ("plan.yaml", kept[begin:end], ""))
    east = document({"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"})
    port.send("summary", "east", "", "2024-04-08 09:00", east, attachments=CASES)
    deploy(port.ledger, BUNDLE, reason="抄送", as_of=at("2024-04-09 09:00"))
    copy = port.stands("summary-copy/east/", "2024-04-09 09:00")
    assert (copy.met, copy.first_received) == (True, at("2024-04-08 09:00"))
    assert not port.stands("summary-copy/west/", "2024-04-09 09:00").met
    assert port.proven()


def test_a_copy_made_later_is_returned_with_its_report_and_shows_what_that_says(port: Harbour) -> None:
    east = document({"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"})
    original, copy = (Address(HARBOUR, "east", duty, "") for duty in ("summary", "summary-copy"))

    def send_back(to: Address, when: str) -> None:
        until = at("2024-04-20")
        decide(port.ledger, to, "return", by="office", reason="缺数", until=until, as_of=at(when))

    port.send("summary", "east", "", "2024-04-08 09:00", east, attachments=CASES)
    send_back(copy, "2024-04-08 10:00")
    assert port.send("summary", "east", "", "2024-04-08 11:00", east, attachments=CASES).repeated
    with port.ledger.read() as conn:
        shown = filed(conn, harbour(), copy, 2)
    assert shown is not None
    assert (shown.values["report"], len(shown.attachments)) == ("已查", len(CASES))
    send_back(original, "2024-04-08 12:00")
    assert port.stands("summary-copy/east/", "2024-04-08 12:00").came_in == "returned"


def test_a_copy_returned_by_itself_is_answered_by_sending_the_report_again(port: Harbour) -> None:
    east = document({"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"})
    port.send("summary", "east", "", "2024-04-08 09:00", east, attachments=CASES)
    decide(
        port.ledger, Address(HARBOUR, "east", "summary-copy", ""), "return", by="bureau", reason="未收到",
        until=at("2024-04-20"), as_of=at("2024-04-09 09:00"),
    )  # fmt: skip
    assert port.stands("summary/east/", "2024-04-09 09:00").met
    again = port.send("summary", "east", "", "2024-04-09 11:00", east, attachments=CASES)
    assert again.repeated
    assert port.stands("summary-copy/east/", "2024-04-09 11:00").met
    port.send("summary", "east", "", "2024-04-09 12:00", east, attachments=CASES)
    assert len(port.rows(select(t.submission.c.id).where(t.submission.c.door == "copy"))) == 2


def test_a_row_that_a_late_correction_adds_is_not_lost(port: Harbour) -> None:
    port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲"))
    port.hazards("east", "2024-02", "2024-03-02 09:00", hazard("甲", "已整改"))
    late = port.hazards("east", "2024-01", "2024-03-03 09:00", hazard("甲"), hazard("乙"))
    assert late.valid, late.problems
    # 甲 was closed in February; 乙 was never said to be.
    assert port.carried("east", "2024-03", "2024-03-03 09:00") == ["乙|堆放"]


def test_a_closed_units_late_rows_reach_its_successor(port: Harbour) -> None:
    port.hazards("east", "2024-02", "2024-03-02 09:00", hazard("甲"))
    port.hazards("east", "2024-03", "2024-04-02 09:00", hazard("甲"))
    late = port.send(
        "hazards", "north", "2024-02", "2024-04-03 09:00",
        document({"visits": 1}, rows=[hazard("甲"), hazard("丁")], signed=SIGNED),
    )  # fmt: skip
    assert late.valid, late.problems
    # Its 甲 was carried on, and stated again in March, by the successor.
    assert port.carried("east", "2024-04", "2024-04-03 09:00") == ["甲|堆放", "丁|堆放"]


def carried(port: Harbour, plan: Plan, period: str, when: str) -> list[str]:
    with port.ledger.read() as conn:
        rows = carried_rows(conn, plan, Address(HARBOUR, "east", "hazards", period), at(when))
    return [r.key for r in rows]


@pytest.mark.parametrize(
    ("key", "carries"), [("place", "甲"), ("place, hazard, found", "甲|堆放|2024-01-09")]
)
def test_rows_are_told_apart_by_the_key_that_is_in_force(port: Harbour, key: str, carries: str) -> None:
    port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲"))
    plan = amend(port, "2024-02-10 09:00", ("forms/hazards.yaml", "key: [place, hazard]", f"key: [{key}]"))
    assert carried(port, plan, "2024-02", "2024-02-10 09:00") == [carries]
    receipt = port.send(
        "hazards", "east", "2024-02", "2024-03-02 09:00",
        document({"visits": 1}, rows=[hazard("甲")], signed=SIGNED),
    )  # fmt: skip
    assert receipt.valid, receipt.problems


def test_a_row_from_before_a_new_key_column_is_found_by_what_it_says(port: Harbour) -> None:
    port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲"))
    number = "  columns:\n    - {code: number, name: 编号, type: text}\n"
    amend(
        port, "2024-02-10 09:00",
        ("forms/hazards.yaml", "key: [place, hazard]", "key: [number, place, hazard]"),
        ("forms/hazards.yaml", "  columns:\n", number),
    )  # fmt: skip

    def send(when: str, place: str) -> Any:
        rows = [hazard(place) | {"number": "1"}]
        data = document({"visits": 1}, rows=rows, signed=SIGNED)
        return port.send("hazards", "east", "2024-02", when, data)

    assert [p.code for p in send("2024-03-02 09:00", "乙").problems] == ["register-row-missing"]
    receipt = send("2024-03-02 10:00", "甲")
    assert receipt.valid, receipt.problems


def test_a_return_is_read_by_the_plan_in_force_when_it_is_stored(port: Harbour) -> None:
    """An amendment may come between reading a file and storing it."""
    wants_more = amended(("forms/hazards.yaml", "code: visits, ", "code: visits_made, "))
    assert "visits_made" in dict(wants_more.files)["forms/hazards.yaml"] != HAZARDS
    clock = port.ledger.clock
    calls = 0

    def amending() -> datetime:
        nonlocal calls
        calls += 1
        if calls == 1:  # it is first looked at when the plan has been read, then to store
            port.ledger.clock = clock
            port.ledger.set_clock(at("2024-02-02 10:00"))
            deploy(port.ledger, wants_more, reason="test")
        return clock()

    port.ledger.set_clock(at("2024-02-02 09:00"))
    port.ledger.clock = amending
    data = document({"visits": 1}, signed=SIGNED)
    receipt = receive(port.ledger, Address(HARBOUR, "east", "hazards", "2024-01"), data, "表", door="api")
    s = t.submission.c
    assert port.rows(select(s.plan_version, s.valid)) == [(2, False)]
    assert {p.code for p in receipt.problems} == {"unknown-code", "cell-missing"}


def test_one_liaison_named_is_one_units_ways_renewed(port: Harbour) -> None:
    untouched = t.contact_of.c.recipient == "unit:west"
    with port.ledger.write(HARBOUR, as_of=at("2024-01-05 09:00")) as w:
        w.conn.execute(t.contact_of.delete().where(untouched))
    said = {
        "liaison_name": "联络员甲", "liaison_position": "站务", "liaison_phone": "0000",
        "liaison_email": "liaison@harbour.example", "deputies": 1,
    }  # fmt: skip
    port.send("liaison", "east", "", "2024-01-06 09:00", document(said))
    assert port.rows(select(t.contact_of.c.rank).where(untouched)) == []
    mine = t.contact_of.c.recipient == "unit:east"
    assert len(port.rows(select(t.contact_of.c.rank).where(mine))) == 2
