"""Many returns at once: the same as one after another, and none at the others' cost."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, select

from duban.errors import BadInput, DubanError, NotAllowed
from duban.intake.attachments import Attached
from duban.ledger import Ledger, open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.services.arriving import MOST, expect
from duban.services.deciding import decide
from duban.services.receiving import Address, Arrival, Outcome, Receipt, receive, receive_many
from duban.settings import ROOT
from tests.support.harbour import CASES, HARBOUR, PDF, SIGNED, Harbour, at, document, form, hazard
from tests.support.harbour_plan import harbour

NOON = at("2024-04-02 12:00")
CONTENTS = (
    t.journal, t.submission, t.cell, t.note, t.attachment, t.entry, t.entry_cell, t.file, t.held_file,
    t.personal, t.obligation, t.term, t.schedule, t.moment, t.decision, t.liaison, t.head,
)  # fmt: skip


@pytest.fixture
def other(sqlite_ledger: Path, tmp_path: Path) -> Iterator[Harbour]:
    """A second harbour, where everything comes in one after another."""
    path = tmp_path / "other.sqlite"
    shutil.copyfile(sqlite_ledger, path)
    ledger = open_ledger(f"sqlite:///{path}", kind="virtual")
    made = Harbour(ledger)
    made.deploy()
    yield made
    ledger.close()


def to(duty: str, unit: str, period: str = "", subject: str | None = None) -> Address:
    return Address(HARBOUR, unit, duty, period, subject)


def finding(unit: str = "east", day: str = "2024-01-10T1000", said: str = "情况") -> Arrival:
    """An event: it makes its own obligation."""
    return Arrival(to("finding", unit, day), document({"narrative": said}), "情况.json", door="api")


def summary(said: str = "正常", unit: str = "east", **more: Any) -> Arrival:
    cells = {"ships": 5, "ships_big": 2, "ships_small": 3} if unit == "east" else {"stores": 4}
    data = document({**cells, "report": said}, **more)
    return Arrival(to("summary", unit), data, "总结.json", CASES, door="api")


class Post:
    """What comes in by chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.sent: list[Arrival] = []

    def some(self, count: int) -> list[Arrival]:
        found = [self.one() for _ in range(count)]
        self.sent += found
        return found

    def one(self) -> Arrival:
        if self.sent and self.chance.random() < 0.25:
            return self.chance.choice(self.sent)
        kinds = (
            self.hazards, self.hazards, self.book, self.summary, self.liaison, self.event, self.brief,
            self.progress, self.wrong,
        )  # fmt: skip
        return self.chance.choice(kinds)()

    def month(self) -> str:
        return f"2024-0{self.chance.randint(1, 3)}"

    def hazards(self) -> Arrival:
        rows = [
            hazard(place, self.chance.choice(("整改中", "已整改"))) | {"owner": self.chance.choice("张王")}
            for place in self.chance.sample("甲乙丙", self.chance.randint(0, 2))
        ]
        data = document({"visits": self.chance.randint(1, 3)}, rows=rows, signed=SIGNED)
        unit = self.chance.choice(("east", "west", "north"))
        return Arrival(to("hazards", unit, self.month()), data, "台账.json", door="api")

    def book(self) -> Arrival:
        unit, month = self.chance.choice(("east", "west")), self.month()
        data = form("hazards", unit, month, values={"visits": 2}, rows=[hazard("甲")], signed=SIGNED)
        data = data[: self.chance.choice((len(data), len(data), 900))]  # the mail was cut off
        return Arrival(to("hazards", unit, month), data, "台账.xlsx", door="workbook")

    def summary(self) -> Arrival:
        files = self.chance.choice((CASES, CASES, CASES[:1], ()))
        unit = self.chance.choice(("east", "west"))
        found = summary(self.chance.choice("一二"), unit, notes={"report": "注"})
        address = self.chance.choice((found.to, found.to, to("summary-copy", found.to.unit)))
        return Arrival(address, found.data, found.file_name, files, door="api")

    def liaison(self) -> Arrival:
        said = {f"liaison_{part}": self.chance.choice("甲乙") for part in ("name", "position", "phone")}
        said["liaison_email"] = self.chance.choice(("a@harbour.example", "b@harbour.example", "错"))
        unit = self.chance.choice(("east", "west"))
        return Arrival(to("liaison", unit), document({**said, "deputies": 1}), "联络员.json", door="api")

    def event(self) -> Arrival:
        day = self.chance.choice(("2024-01-10T1000", "2024-03-09T1000", "2025-01-01T1000"))
        return finding(self.chance.choice(("east", "west")), day, self.chance.choice("甲乙"))

    def brief(self) -> Arrival:
        files = (Attached("brief", "报.pdf", PDF + self.chance.choice((b"1", b"2"))),)
        subject = str(self.chance.randint(1, 4))
        return Arrival(to("briefs", "east", self.month(), subject), None, "", files, door="mailbox")

    def progress(self) -> Arrival:
        subject, unit = self.chance.choice((("1.1", "east"), ("1.2", "west"), ("9", "west")))
        return Arrival(to("progress", unit, "", subject), document({"narrative": "进展"}), "表", door="api")

    def wrong(self) -> Arrival:
        late, owed = NOON + timedelta(days=900), to("finding", "east", "2024-01-10")
        return self.chance.choice((
            Arrival(to("hazards", "nobody", "2024-01"), b"{}", "表", door="api"),
            Arrival(to("nothing", "east", "2024-01"), b"{}", "表", door="api"),
            Arrival(to("hazards", "east", "1999-01"), b"{}", "表", door="api"),
            Arrival(to("hazards", "east", "2024-01"), b"PK\x03\x04", "表", door="api"),
            Arrival(to("hazards", "east", "2024-01"), None, "", door="api"),
            Arrival(owed, b'{"cells": {}}', "表", door="api", received_at=late),
        ))  # fmt: skip


def one_by_one(ledger: Ledger, arrivals: Sequence[Arrival], now: datetime) -> list[Outcome]:
    """What receiving each alone answers."""
    found: list[Outcome] = []
    for a in arrivals:
        try:
            found.append(
                receive(
                    ledger, a.to, a.data, a.file_name, door=a.door, attachments=a.attachments,
                    received_at=a.received_at, as_of=now,
                )
            )  # fmt: skip
        except DubanError as error:
            found.append(error)
    return found


def told(outcomes: Sequence[Outcome]) -> list[Any]:
    """Receipts as they are, errors by what they say."""
    return [
        (type(o), o.code, getattr(o, "problems", ())) if isinstance(o, DubanError) else o for o in outcomes
    ]


def held(port: Harbour) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a ledger holds that a return can change."""
    of, contact = t.contact_of.c, t.contact.c
    ways = select(of.recipient, of.rank, contact.address).join(t.contact, contact.id == of.contact)
    found = {table.name: sorted(port.rows(select(table)), key=repr) for table in CONTENTS}
    return found | {"ways": sorted(port.rows(ways))}


def meanwhile(port: Harbour, duty: str, unit: str, now: datetime) -> None:
    """The office returns a unit's summary, if there is one to return, and personal answers are erased."""
    with suppress(NotAllowed, BadInput):
        decide(
            port.ledger, to(duty, unit), "return", by="office", reason="由", as_of=now,
            until=now + timedelta(days=3),
        )  # fmt: skip
    with port.ledger.write(HARBOUR, as_of=now) as w:
        w.conn.execute(t.held_file.delete())
        w.conn.execute(t.personal.delete())


@pytest.mark.parametrize("seed", range(12))
def test_many_at_once_are_the_same_as_one_after_another(port: Harbour, other: Harbour, seed: int) -> None:
    chance = random.Random(seed)
    post, now = Post(chance), NOON
    for _ in range(5):
        arrivals = post.some(chance.randint(1, 16))
        answers = receive_many(port.ledger, arrivals, as_of=now)
        assert told(answers) == told(one_by_one(other.ledger, arrivals, now))
        assert held(port) == held(other)
        duty, unit = chance.choice(("summary", "summary-copy")), chance.choice(("east", "west"))
        now += timedelta(hours=chance.randint(1, 90))
        for each in (port, other):
            meanwhile(each, duty, unit, now)
    assert port.proven()


def test_several_returns_for_one_obligation_are_its_versions_in_order(port: Harbour) -> None:
    first, second = summary("一"), summary("二")
    answers = receive_many(port.ledger, [first, second, second, first], as_of=NOON)
    receipts = [a for a in answers if isinstance(a, Receipt)]
    assert [(r.version, r.repeated) for r in receipts] == [(1, False), (2, False), (2, True), (3, False)]
    # each version is copied to the bureau and takes a number for that
    assert [r.number[-6:] for r in receipts] == ["000001", "000003", "000003", "000005"]
    assert receipts[1].chain == receipts[2].chain
    assert port.proven()


def test_a_register_carries_on_what_came_in_just_before_it(port: Harbour) -> None:
    def hazards(month: str, *rows: Any) -> Arrival:
        data = document({"visits": 1}, rows=rows, signed=SIGNED)
        return Arrival(to("hazards", "west", month), data, "台账", door="api")

    january, february = hazards("2024-01", hazard("甲")), hazards("2024-02")
    kept, left_out = receive_many(port.ledger, [january, february], as_of=NOON)
    assert isinstance(kept, Receipt)
    assert kept.valid
    assert isinstance(left_out, Receipt)
    assert [p.code for p in left_out.problems] == ["register-row-missing"]


def test_what_a_copy_meets_is_looked_at_after_it_was_copied(port: Harbour) -> None:
    own = Arrival(to("summary-copy", "east"), summary().data, "总结.json", CASES, door="api")
    with port.ledger.read() as conn:
        assert len(expect(conn, harbour(), [finding(), summary(), own], NOON)) == 2
    copied, mine = receive_many(port.ledger, [summary(), own], as_of=NOON)
    assert isinstance(copied, Receipt)
    assert isinstance(mine, Receipt)
    assert (copied.version, mine.version) == (1, 2)


def test_a_repeated_return_meets_again_what_was_returned_to_the_copy_only(port: Harbour) -> None:
    receive_many(port.ledger, [summary()], as_of=NOON)
    until, later = NOON + timedelta(days=3), NOON + timedelta(hours=1)
    copy = to("summary-copy", "east")
    decide(port.ledger, copy, "return", by="office", reason="由", until=until, as_of=NOON)
    answers = receive_many(port.ledger, [finding(), summary(), summary()], as_of=later)
    assert [isinstance(a, Receipt) and a.repeated for a in answers] == [False, True, True]
    stands = port.stands("summary-copy/east/", "2024-04-02 13:00")
    assert (stands.came_in, stands.version) == ("received", 2)


def test_what_is_wrong_with_one_is_told_to_it_alone(port: Harbour) -> None:
    arrivals = [
        finding("east"), Arrival(to("hazards", "nobody", "2024-01"), b"{}", door="api"), finding("west"),
        Arrival(Address("nowhere", "east", "hazards", ""), b"{}", door="api"),
        Arrival(to("finding", "east", "2024-01-11"), b"?", "表", door="api"),
    ]  # fmt: skip
    good, unknown, also_good, undeployed, refused = receive_many(port.ledger, arrivals, as_of=NOON)
    assert isinstance(good, Receipt)
    assert isinstance(also_good, Receipt)
    assert isinstance(refused, Receipt)
    assert (good.valid, also_good.valid, refused.valid) == (True, True, False)
    assert isinstance(unknown, BadInput)
    assert [p.code for p in unknown.problems] == ["unknown-unit"]
    assert isinstance(undeployed, NotAllowed)
    assert [r.number[-6:] for r in (good, also_good, refused)] == ["000001", "000002", "000003"]


def test_one_that_the_database_refuses_costs_no_other(port: Harbour) -> None:
    said = document({"narrative": "甲"})
    doorless = Arrival(to("finding", "west", "2024-01-11"), said, door=cast(str, None))
    arrivals = [finding("east"), doorless, finding("west")]
    first, broken, last = receive_many(port.ledger, arrivals, as_of=NOON)
    assert isinstance(first, Receipt)
    assert isinstance(last, Receipt)
    assert (first.seq, last.seq) == (4, 6)  # after the plan and its terms, each after its own terms
    assert not isinstance(broken, Receipt)
    assert "NOT NULL" in str(broken).upper().replace("-", " ")
    assert port.proven()


def test_more_than_fit_into_one_transaction_are_numbered_without_a_gap(port: Harbour) -> None:
    days = [f"2024-01-{1 + n // 24:02d}T{n % 24:02d}00" for n in range(MOST + 30)]
    answers = receive_many(port.ledger, [finding("east", day) for day in days], as_of=NOON)
    numbers = [int(a.number[-6:]) for a in answers if isinstance(a, Receipt)]
    assert numbers == list(range(1, MOST + 31))
    assert port.proven()


def test_fifty_returns_take_as_many_statements_as_five(port: Harbour) -> None:
    said: list[str] = []
    event.listen(port.ledger.engine, "before_cursor_execute", lambda *a: said.append(a[2]))

    def statements(count: int, day: int) -> int:
        months = ("2024-01", "2024-02", "2024-03")
        files = (Attached("brief", "报.pdf", PDF + bytes([day])),)
        owed = [to("briefs", "east", m, str(s)) for m in months for s in (1, 2)]
        said.clear()
        arrivals = [Arrival(a, None, "", files, door="api") for a in owed] * 10
        assert all(isinstance(a, Receipt) for a in receive_many(port.ledger, arrivals[:count], as_of=NOON))
        return len(said)

    few = statements(5, 1)
    assert few < 25
    assert statements(50, 2) <= few + 1


def test_threads_that_store_at_once_leave_one_dense_journal(port: Harbour) -> None:
    days = [f"2024-01-{n:02d}" for n in range(1, 29)]

    def work(hour: int) -> list[Outcome]:
        arrivals = [finding("east", f"{day}T{hour:02d}00") for day in days]
        return [a for n in (0, 14) for a in receive_many(port.ledger, arrivals[n : n + 14], as_of=NOON)]

    with ThreadPoolExecutor(4) as pool:
        answers = [a for found in pool.map(work, range(4)) for a in found]
    receipts = [a for a in answers if isinstance(a, Receipt)]
    assert sorted(int(r.number[-6:]) for r in receipts) == list(range(1, 4 * len(days) + 1))
    assert {r.version for r in receipts} == {1}
    assert port.proven()


SENDER = """
import sys
from duban.ledger import open_ledger
from duban.services.receiving import receive_many
from tests.store.test_receiving_many import NOON, finding

ledger = open_ledger(sys.argv[1], kind="virtual")
for n in range(10_000):
    day = f"2024-01-{n // 300 % 28 + 1:02d}T{n // 60 % 24:02d}{n % 60:02d}"
    for answer in receive_many(ledger, [finding(u, day) for u in ("east", "west")], as_of=NOON):
        print(answer.number, answer.chain, flush=True)
"""


def test_what_was_acknowledged_outlives_the_process(port: Harbour, url: str) -> None:
    command = [sys.executable, "-c", SENDER, url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout is not None
        said = [sender.stdout.readline().split() for _ in range(25)]
        sender.send_signal(signal.SIGKILL)
        rest = sender.stdout.read()
    said += [line.split() for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    j, s = t.journal.c, t.submission.c
    journalled = (j.ref == s.id) & (j.kind == "submission")
    there = port.rows(select(s.receipt_no, j.digest).join(t.journal, journalled))
    assert {(f"{HARBOUR}-{n:06d}", digest) for n, digest in there} >= {(n, chain) for n, chain in said}
    with port.ledger.read() as conn:
        assert verify(conn, HARBOUR).broken_at is None
    (after,) = receive_many(port.ledger, [summary("后")], as_of=NOON)
    assert isinstance(after, Receipt)
    assert int(after.number[-6:]) == len(there) + 1
