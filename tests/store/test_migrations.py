"""A ledger of the first schema, with rows in it, reads the same after it was brought up to date."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from duban.calendars import to_micros
from duban.ledger import migrations, open_ledger
from duban.ledger import tables as t
from duban.ledger.engines import engine_for
from duban.ledger.journal import Head, cells_digest, link
from duban.ledger.proof import verify
from duban.ledger.queries import Scope
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide
from duban.services.receiving import Address, receive
from duban.services.watching import standings
from tests.support.plans import changed
from tests.support.town import HAIAN, at

BUNDLE = changed()
FILE = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of no bytes at all."""


def micros(when: str) -> int:
    return to_micros(at(when))


def insert(conn: Connection, table: str, row: Mapping[str, Any]) -> None:
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    conn.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), dict(row))


def obligation(unit: str, period: str, covers: tuple[str, str], due: str | None, rank: int) -> dict[str, Any]:
    duty = "monthly" if due else "major-case"
    return {
        "id": f"{HAIAN}/{duty}/{unit}/{period}", "campaign": HAIAN, "duty": duty, "unit": unit,
        "period": period, "subject": "", "covers_from": covers[0], "covers_until": covers[1],
        "opens_at": micros(f"{covers[1]} 00:00"), "due_at": micros(f"{due} 00:00") if due else None,
        "counted": True, "rank": rank,
    }  # fmt: skip


OBLIGATIONS = (
    obligation("qutang", "2018-09", ("2018-09-01", "2018-09-30"), "2018-10-06", 0),
    obligation("libao", "2018-09", ("2018-09-01", "2018-09-30"), "2018-10-06", 1),
    obligation("libao", "2018-11", ("2018-11-01", "2018-11-30"), "2018-12-06", 2),
    obligation("libao", "2018-09-10", ("2018-09-10", "2018-09-10"), None, 0),
)


RULING: dict[str, Any] = {
    "id": f"{OBLIGATIONS[0]['id']}#001", "campaign": HAIAN, "obligation": OBLIGATIONS[0]["id"],
    "kind": "accept", "version": 1, "until": None, "not_a_report": False, "by": "jicha", "reason": "齐全",
}  # fmt: skip


def submission(obligation: Mapping[str, Any], number: int) -> dict[str, Any]:
    at_ = micros(f"2018-10-0{number} 09:00")
    return {
        "id": f"{obligation['id']}@1", "campaign": HAIAN, "receipt_no": number,
        "obligation": obligation["id"], "version": 1, "valid": True, "zero": False, "received_at": at_,
        "recorded_at": at_, "door": "folder", "file": FILE, "file_name": "a.xlsx", "signed": "{}",
        "problems": "[]", "cells_digest": cells_digest({"clues": 9}, {}), "plan_version": 1,
    }  # fmt: skip


def old_ledger(url: str) -> None:
    """A ledger as the first version of the program left it: a plan, four obligations, two returns, of which
    one was accepted."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = engine_for(url)
    with engine.connect() as conn, conn.begin():
        config.attributes.update(connection=conn, kind="virtual")
        command.upgrade(config, "0001")
        insert(conn, "bundle", {"digest": BUNDLE.digest, "content": BUNDLE.text})
        insert(conn, "file", {"digest": FILE, "size": 0, "content": b""})
        plan = {"campaign": HAIAN, "version": 1, "bundle": BUNDLE.digest, "reason": "test"}
        head = record(
            conn, Head(), "plan", "plan_version", plan | {"recorded_at": micros("2018-09-06 08:30")}
        )
        for row in OBLIGATIONS:
            insert(conn, "obligation", row)
        for number, row in enumerate((OBLIGATIONS[0], OBLIGATIONS[3]), start=1):
            sent = submission(row, number)
            head = record(conn, head, "submission", "submission", sent)
            insert(conn, "cell", {"submission": sent["id"], "indicator": "clues", "value": 9})
        ruling = RULING | {"decided_at": micros("2018-10-02 10:00")}
        insert(conn, "decision", ruling)
        head = journalled(conn, head, "decision", ruling, ruling["decided_at"])
        insert(
            conn, "head",
            {"campaign": HAIAN, "seq": head.seq, "digest": head.digest, "recorded_at": head.recorded_at},
        )  # fmt: skip
    engine.dispose()


def record(conn: Connection, head: Head, kind: str, table: str, row: dict[str, Any]) -> Head:
    insert(conn, table, row)
    return journalled(conn, head, kind, row, row["recorded_at"])


def journalled(conn: Connection, head: Head, kind: str, row: dict[str, Any], when: int) -> Head:
    moved = link(head, HAIAN, when, kind, row)
    entry = {
        "campaign": HAIAN, "seq": moved.seq, "recorded_at": moved.recorded_at, "kind": kind,
        "ref": row["id"] if "id" in row else f"{row['campaign']}|{row['version']}", "digest": moved.digest,
        "previous": head.digest,
    }  # fmt: skip
    insert(conn, "journal", entry)
    return moved


def test_a_ledger_of_the_first_schema_reads_the_same_and_its_journal_holds(url: str) -> None:
    old_ledger(url)
    with closing(open_ledger(url)) as ledger, ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None
        found = standings(conn, deployed_plan(conn, HAIAN), Scope(HAIAN), at("2018-10-08 09:00"))
    shown = {
        (s.owed.unit, s.owed.period): (f"{s.due_at:%m-%d}" if s.due_at else "", s.state, s.came_in)
        for s in found
    }
    assert shown == {
        ("qutang", "2018-09"): ("10-06", "overdue", "accepted"),
        ("libao", "2018-09"): ("10-06", "overdue", "nothing"),
        ("libao", "2018-11"): ("12-06", "not-due", "nothing"),
        ("libao", "2018-09-10"): ("", "due", "received"),
    }
    # Hai'an's phases end on 20 September and 30 November: September's return lies in two.
    assert {(s.owed.period, s.owed.phases) for s in found} == {
        ("2018-09", ("survey", "action")), ("2018-11", ("action",)), ("2018-09-10", ("survey",)),
    }  # fmt: skip
    assert [s.owed.period for s in found if s.owed.event] == ["2018-09-10"]


def test_a_past_day_of_the_first_schema_reads_as_it_did(url: str) -> None:
    old_ledger(url)
    with closing(open_ledger(url)) as ledger, ledger.read() as conn:
        found = standings(conn, deployed_plan(conn, HAIAN), Scope(HAIAN), at("2018-09-06 08:30"))
    # The event is known from its first report on, which came on 2 October.
    assert [(s.owed.unit, s.owed.period, s.state) for s in found] == [
        ("qutang", "2018-09", "not-due"), ("libao", "2018-09", "not-due"), ("libao", "2018-11", "not-due"),
    ]  # fmt: skip


def test_an_upgraded_ledger_takes_new_records(url: str) -> None:
    old_ledger(url)
    with closing(open_ledger(url)) as ledger:
        to = Address(HAIAN, "libao", "major-case", "2018-10-08")
        data = b'{"cells": {"case_name": "A", "narrative": "B", "value": "1"}}'
        receive(ledger, to, data, "a.json", door="folder", as_of=at("2018-10-08 09:00"))
        with ledger.read() as conn:
            assert verify(conn, HAIAN).broken_at is None


def test_an_old_decision_is_carried_over_as_it_was_and_stays_a_record(url: str) -> None:
    old_ledger(url)
    with closing(open_ledger(url)) as ledger:
        with ledger.read() as conn:
            row = dict(conn.execute(select(t.decision)).mappings().one())
            assert row == RULING | {"decided_at": micros("2018-10-02 10:00")}
            assert verify(conn, HAIAN).broken_at is None
        for rewriting in (t.decision.delete(), t.decision.update().values(by="x")):
            with pytest.raises(DBAPIError, match="never rewritten"), ledger.engine.begin() as conn:
                conn.execute(rewriting)
        to = Address(HAIAN, "qutang", "monthly", "2018-09")
        decide(ledger, to, "withdraw", by="jicha", reason="有误", as_of=at("2018-10-08 09:00"))
        with ledger.read() as conn:
            kinds = conn.scalars(select(t.decision.c.kind).order_by(t.decision.c.id)).all()
            assert (list(kinds), verify(conn, HAIAN).broken_at) == (["accept", "withdraw"], None)
        for wrong in ({"kind": "praise"}, {"kind": "withdraw", "version": None}, {"reason": ""}):
            with pytest.raises(IntegrityError), ledger.engine.begin() as conn:
                conn.execute(t.decision.insert(), row | {"id": "another"} | wrong)


def test_an_empty_ledger_of_the_first_schema_is_brought_up_to_date(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = engine_for(url)
    with engine.connect() as conn, conn.begin():
        config.attributes.update(connection=conn, kind="wall")
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(open_ledger(url)) as ledger:
        assert ledger.kind == "wall"
