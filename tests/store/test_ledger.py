"""The ledger refuses what must never happen, and proves what did."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import exc, text

from duban.errors import NotAllowed, Permanent
from duban.ledger import Writer, open_ledger
from duban.ledger import tables as t
from duban.ledger.journal import Extras, cells_digest
from duban.ledger.parcels import Parcel
from duban.ledger.proof import verify
from duban.services.addresses import Address
from duban.services.expunging import expunge
from duban.services.requesting import request_extension
from tests.support.town import HAIAN, Town, at


def test_the_migrations_make_the_tables_of_the_code(town: Town) -> None:
    with town.ledger.engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), t.metadata) == []


@pytest.mark.parametrize("verb", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_the_database_refuses_to_rewrite_a_record(played: Town, verb: str) -> None:
    for table in t.RECORDS:
        assert played.count(table) > 0, table.name
        act = text(verb.format(table.name, next(iter(table.c)).name))
        with pytest.raises(exc.DBAPIError, match="never rewritten"), played.ledger.write(as_of=at(LATE)) as w:
            w.conn.execute(act)


LATE = "2018-10-20 12:00"


@pytest.fixture
def played(deployed: Town) -> Town:
    """A ledger with something in every record table."""
    from duban.rehearsal import PaperTransport

    deployed.report("haian", "2018-09", "2018-10-02 09:00")
    with deployed.ledger.write(HAIAN, as_of=at("2018-10-02 10:00")) as w:
        a_full_return(w)
    with deployed.ledger.write(HAIAN, as_of=at("2018-10-02 11:00")) as w:
        an_original_arrived(w)
    with deployed.ledger.write(HAIAN, as_of=at("2018-10-02 12:00")) as w:
        somebody_rang(w)
    deployed.decide("libao", "2018-09", "waive", "2018-10-03 09:00")
    one_asks_and_one_sent_what_it_should_not(deployed)
    deployed.run("2018-10-08 08:30")

    class AllButOne(PaperTransport):
        def send(self, parcel: Parcel, message_id: str) -> None:
            if parcel.address.startswith("dagong"):
                raise Permanent("recipient refused (550)")
            super().send(parcel, message_id)

    deployed.deliver(AllButOne(), "2018-10-08 08:32")
    with deployed.ledger.write(HAIAN, as_of=at("2018-10-08 09:00")) as w:
        one_is_proposed_approved_and_acknowledged(w)
    return deployed


def one_is_proposed_approved_and_acknowledged(w: Writer) -> None:
    due = {"obligation": f"{HAIAN}/monthly/libao/2018-09", "due_at": w.micros}
    proposal = {
        "id": "one", "campaign": HAIAN, "kind": "orange", **due, "about": "libao", "content": "{}", "by": "",
        "proposed_at": w.micros,
    }  # fmt: skip
    approval = {"proposal": "one", "campaign": HAIAN, "verdict": "approve", "by": "稽查科", "reason": ""}
    message = {
        "id": "one", "campaign": HAIAN, "kind": "orange", **due, "days": 0, "moment_at": w.micros,
        "recipient": "head:libao", "channel": "none", "occasion": "one", "verdict": "send",
        "decided_at": w.micros,
    }  # fmt: skip
    acknowledgement = {"message": "one", "campaign": HAIAN, "by": "李堡镇分局", "acknowledged_at": w.micros}
    w.record("proposal", HAIAN, [proposal])
    w.record("approval", HAIAN, [{**approval, "approved_at": w.micros}])
    w.record("message", HAIAN, [message])
    w.record("acknowledgement", HAIAN, [acknowledgement])


def one_asks_and_one_sent_what_it_should_not(town: Town) -> None:
    to = Address(HAIAN, "chengdong", "monthly", "2018-09")
    when, until = at("2018-10-03 10:00"), at("2018-10-11")
    request_extension(town.ledger, to, until=until, by="城东分局", reason="办案", as_of=when)
    town.report("jiaoxie", "2018-09", "2018-10-03 11:00")
    to, when = Address(HAIAN, "jiaoxie", "monthly", "2018-09"), at("2018-10-03 12:00")
    expunge(town.ledger, to, 1, by="保密办", reason="涉密", until=until, as_of=when)
    with town.ledger.write(HAIAN, as_of=at("2018-10-03 13:00")) as w:
        row = {"id": "one", "campaign": HAIAN, "kind": "key", "about": "libao", "by": "稽查科"}
        w.record("act", HAIAN, [{**row, "recorded_at": w.micros}])


FULL = f"{HAIAN}/monthly/qutang/2018-09@1"
PICTURE, ANSWERS = b"a picture", b"a form with a telephone number"


def an_original_arrived(w: Writer) -> None:
    row = {
        "id": "one", "campaign": HAIAN, "obligation": f"{HAIAN}/monthly/haian/2018-09", "kind": "original",
        "happened_at": w.micros, "by": "稽查科", "note": "", "recorded_at": w.micros,
    }  # fmt: skip
    w.record("evidence", HAIAN, [row])


def somebody_rang(w: Writer) -> None:
    row = {
        "id": "one", "campaign": HAIAN, "unit": "libao", "about": "[]", "by": "稽查科", "outcome": "told",
        "until": None, "person": "", "note": "", "called_at": w.micros, "recorded_at": w.micros,
    }  # fmt: skip
    w.record("call", HAIAN, [row])


def a_full_return(w: Writer) -> None:
    """A return with everything a return can hold: a note, an attachment, an open row of a register, and
    a file that is kept where it can be erased."""
    picture, answers = (hashlib.sha256(x).hexdigest() for x in (PICTURE, ANSWERS))
    row: dict[str, int | str] = {"name": "查处药店", "sum": 5}
    more = Extras(((1, "picture", "1.jpg", picture),), {"clues": "含移送"}, ((1, "某药店", False, row),))
    w.conn.execute(t.file.insert(), {"digest": picture, "size": len(PICTURE), "content": PICTURE})
    w.conn.execute(t.file.insert(), {"digest": answers, "size": len(ANSWERS), "content": b""})
    w.conn.execute(t.held_file.insert(), {"digest": answers, "content": ANSWERS})
    record = {
        "id": FULL, "campaign": HAIAN, "receipt_no": 900, "obligation": FULL.partition("@")[0], "version": 1,
        "valid": True, "zero": False, "received_at": w.micros, "recorded_at": w.micros, "door": "folder",
        "file": answers, "file_name": "1.xlsx", "signed": "{}", "problems": "[]",
        "cells_digest": cells_digest({"clues": 9}, {}, more), "plan_version": 1,
    }  # fmt: skip
    w.record("submission", HAIAN, [record])
    of = {"submission": FULL}
    cell = of | {"indicator": "clues", "value": 9, "text": None}
    attached = of | {"n": 1, "id": "picture", "name": "1.jpg", "file": picture}
    w.conn.execute(t.cell.insert(), cell)
    w.conn.execute(t.note.insert(), of | {"indicator": "clues", "text": "含移送"})
    w.conn.execute(t.attachment.insert(), attached)
    w.conn.execute(t.entry.insert(), of | {"n": 1, "key": "某药店", "closed": False})
    w.conn.execute(t.entry_cell.insert(), of | {"n": 1, "column": "name", "value": None, "text": row["name"]})
    w.conn.execute(t.entry_cell.insert(), of | {"n": 1, "column": "sum", "value": row["sum"], "text": None})


def test_erasing_a_held_file_leaves_the_journal_whole(played: Town) -> None:
    with played.ledger.write(as_of=at(LATE)) as w:
        w.conn.execute(t.held_file.delete())
    with played.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_the_journal_of_a_played_ledger_holds(played: Town) -> None:
    with played.ledger.read() as conn:
        for campaign in (HAIAN, "*"):
            verdict = verify(conn, campaign)
            assert verdict.entries > 0
            assert verdict.broken_at is None, verdict


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE submission SET received_at = received_at - 1", "record-changed"),
        ("UPDATE cell SET value = value + 1 WHERE indicator = 'fines'", "cells-changed"),
        ("DELETE FROM cell WHERE indicator = 'fines'", "cells-changed"),
        ("UPDATE bundle SET content = content || ' '", "plan-changed"),
        ("UPDATE file SET content = 'x'", "file-changed"),
        ("UPDATE held_file SET content = 'x'", "file-changed"),
        ("UPDATE note SET text = '含移交'", "cells-changed"),
        ("DELETE FROM note", "cells-changed"),
        ("UPDATE attachment SET name = '2.jpg'", "cells-changed"),
        ("DELETE FROM attachment", "cells-changed"),
        ("UPDATE entry SET closed = true", "cells-changed"),
        ("UPDATE entry_cell SET value = 6 WHERE value = 5", "cells-changed"),
        ("DELETE FROM entry_cell", "cells-changed"),
        ("UPDATE term SET due_at = due_at + 1", "terms-changed"),
        ("DELETE FROM term", "terms-changed"),
        ("UPDATE schedule SET recorded_at = recorded_at + 1", "record-changed"),
        ("UPDATE message SET verdict = 'superseded' WHERE verdict = 'send'", "record-changed"),
        ("DELETE FROM journal WHERE campaign = 'haian-2018' AND seq = 2", "record-changed"),
        (
            "DELETE FROM journal WHERE campaign = 'haian-2018' AND seq = "
            "(SELECT max(seq) FROM journal WHERE campaign = 'haian-2018')",
            "tail-missing",
        ),
    ],
)
def test_tampering_behind_the_triggers_is_found(played: Town, statement: str, reason: str) -> None:
    table = statement.split()[2] if statement.startswith("DELETE") else statement.split()[1]
    with played.ledger.engine.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            for verb in ("update", "delete"):
                conn.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
        conn.execute(text(statement))
    with played.ledger.read() as conn:
        verdict = verify(conn, HAIAN)
    assert verdict.broken_at is not None
    assert verdict.reason == reason


def test_a_record_slipped_in_without_the_journal_is_found(played: Town) -> None:
    with played.ledger.engine.begin() as conn:
        conn.execute(
            t.decision.insert(),
            {
                "id": "x", "campaign": HAIAN, "obligation": f"{HAIAN}/monthly/nanmo/2018-09", "kind": "waive",
                "version": None, "until": None, "not_a_report": False, "by": "?", "reason": "?",
                "decided_at": 0,
            },
        )  # fmt: skip
    with played.ledger.read() as conn:
        assert verify(conn, HAIAN).reason == "unjournalled-decision"


def test_a_virtual_ledger_refuses_to_go_back_in_time(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-02 09:00")
    with pytest.raises(NotAllowed, match="time-runs-backwards"):
        deployed.report("libao", "2018-09", "2018-10-02 08:59")


def test_a_wall_ledger_refuses_an_explicit_time(url: str) -> None:
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    with closing(open_ledger(url, kind="wall", clock=lambda: clock)) as ledger:
        with pytest.raises(NotAllowed, match="wall-ledger-as-of"), ledger.write("c", as_of=at("2018-10-01")):
            pass
        with ledger.write("c") as w:
            assert w.at == clock


def test_a_ledger_keeps_its_kind_when_opened_again(url: str) -> None:
    open_ledger(url, kind="virtual").close()
    with closing(open_ledger(url, kind="wall")) as ledger:
        assert ledger.kind == "virtual"


def test_a_receipt_of_a_wall_ledger_on_sqlite_survives_a_power_cut(tmp_path: Path) -> None:
    found = {}
    for kind in ("wall", "virtual"):
        url = f"sqlite:///{tmp_path}/{kind}.sqlite"
        with closing(open_ledger(url, kind=kind)) as ledger, ledger.read() as conn:
            found[kind] = conn.scalar(text("PRAGMA synchronous"))
    assert found == {"wall": 2, "virtual": 1}  # FULL, NORMAL


def test_a_virtual_clock_runs_on_from_where_it_was_set(url: str) -> None:
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    with closing(open_ledger(url, kind="virtual", clock=lambda: clock)) as ledger:
        ledger.set_clock(at("2018-10-01 08:30"))
    later = clock + timedelta(hours=1)
    with closing(open_ledger(url, clock=lambda: later)) as ledger:
        assert ledger.now() == at("2018-10-01 09:30")


def test_a_ledger_of_a_newer_program_is_refused(url: str) -> None:
    with closing(open_ledger(url)) as ledger, ledger.engine.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NotAllowed, match="ledger-too-new"):
        open_ledger(url)


def record_plan_twice(w: Writer) -> None:
    """A second version, then the same version again, which the database refuses."""
    row = {"campaign": HAIAN, "version": 2, "recorded_at": w.micros, "reason": "x"}
    row["bundle"] = w.conn.scalar(text("SELECT digest FROM bundle"))
    w.record("plan", HAIAN, [row])
    w.record("plan", HAIAN, [row])


def test_a_failed_transaction_leaves_nothing_behind(deployed: Town) -> None:
    before = deployed.records()
    with pytest.raises(exc.IntegrityError), deployed.ledger.write(HAIAN, as_of=at(LATE)) as w:
        record_plan_twice(w)
    assert deployed.records() == before


@pytest.mark.parametrize("value", [10**12 + 1, -(10**12) - 1])
def test_a_cell_beyond_the_bound_is_refused_by_the_database(played: Town, value: int) -> None:
    row = {"submission": f"{HAIAN}/monthly/haian/2018-09@1", "indicator": "x", "value": value, "text": None}
    with pytest.raises(exc.IntegrityError), played.ledger.write(as_of=at(LATE)) as w:
        w.conn.execute(t.cell.insert(), row)
