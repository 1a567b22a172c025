"""Personal answers 联络员 and what surrounds them: nothing of them stays where it cannot be erased."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import LargeBinary, Text, cast, select

from duban.intake.attachments import Attached
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.addresses import Address
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.receiving import Receipt, receive
from duban.services.running import run_campaign
from tests.support.harbour import HARBOUR, PDF, PNG, SIGNED, Harbour, at, document, form, hazard
from tests.support.harbour_plan import BUNDLE

SECRETS = ("林某某", "主任科员甲", "10000001111", "linmou@harbour.example", "22223333")
PERSON: dict[str, Any] = {
    "liaison_name": SECRETS[0], "liaison_position": SECRETS[1], "liaison_phone": SECRETS[2],
    "liaison_email": SECRETS[3], "deputies": 1,
}  # fmt: skip
NOTES = {"liaison_phone": f"或 {SECRETS[4]}", "deputies": "待定"}

CARD = """    form: liaison
    attachments: [{id: card, name: 名片, at_least: 0}]
    moments: {remind: [3]}
"""
PICTURED = tuple((name, text.replace("    form: liaison\n", CARD)) for name, text in BUNDLE.files)


@pytest.fixture
def pictured(port: Harbour) -> Harbour:
    """The harbour, whose liaisons may send a picture of their card, and are reminded three days before."""
    deploy(port.ledger, Bundle(PICTURED), reason="test", as_of=at("2024-01-02 09:00"))
    return port


def leaks(port: Harbour) -> list[str]:
    """The columns of record tables in which a personal answer can be read."""
    found = []
    for table in t.RECORDS:
        for column in table.columns:
            if isinstance(column.type, Text | LargeBinary):
                for (value,) in port.rows(select(column)):
                    shown = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    found += [f"{table.name}.{column.name}" for s in SECRETS if s in shown]
    return found


def named(port: Harbour, when: str, *files: Attached, name: str = "表.json", **more: Any) -> Receipt:
    data = document(PERSON | more, notes=NOTES)
    return port.send("liaison", "east", "", when, data, attachments=files, name=name)


def test_after_a_return_of_liaisons_no_record_tells_who_they_are(pictured: Harbour) -> None:
    card = Attached("card", f"{SECRETS[0]}名片.png", PNG + SECRETS[2].encode())
    # What stands in a wrong row is told to the unit; what is put on record about it does not quote it.
    wrong = f"{SECRETS[0]} {SECRETS[2]}"
    refused = named(pictured, "2024-01-15 09:00", card, deputies=wrong)
    assert [(p.code, p.value) for p in refused.problems] == [("not-a-number", wrong)]
    assert not refused.valid
    receipt = named(pictured, "2024-01-16 09:00", card, name=f"联络员{SECRETS[0]}{SECRETS[2]}.json")
    assert receipt.valid, receipt.problems
    workbook = form("liaison", "west", values=PERSON)
    assert pictured.send("liaison", "west", "", "2024-01-16 09:00", workbook).valid
    for day in ("2024-01-17", "2024-02-06"):
        run_campaign(
            pictured.ledger, HARBOUR, texts=renderer(), documents=None, owner="run", as_of=at(f"{day} 08:30")
        )
        deliver(pictured.ledger, PaperTransport(), renderer(), owner="out", as_of=at(f"{day} 08:31"))
    assert leaks(pictured) == []
    n = t.note.c
    assert pictured.rows(select(n.text).where(n.indicator == "deputies")) == [("待定",)]
    assert pictured.proven()


def test_erasing_leaves_nothing_and_the_chain_whole(pictured: Harbour) -> None:
    named(pictured, "2024-01-16 09:00", Attached("card", "名片.png", PNG + SECRETS[2].encode()))
    with pictured.ledger.write(HARBOUR, as_of=at("2024-01-17 09:00")) as w:
        for table in (t.personal, t.held_file, t.liaison, t.contact_of):
            w.conn.execute(table.delete())
        w.conn.execute(t.contact.update().values(address=cast(t.contact.c.id, Text)))
    assert leaks(pictured) == []
    assert pictured.proven()


def test_what_was_erased_and_is_sent_again_is_held_again(pictured: Harbour) -> None:
    named(pictured, "2024-01-16 09:00")
    with pictured.ledger.write(HARBOUR, as_of=at("2024-01-17 09:00")) as w:
        w.conn.execute(t.held_file.delete())
    named(pictured, "2024-01-18 09:00", Attached("card", "名片.png", PNG))
    data = document(PERSON, notes=NOTES)
    assert (data,) in pictured.rows(select(t.held_file.c.content))
    assert pictured.proven()


@pytest.mark.parametrize(
    "name", ["a\x00b.xlsx", "..\\..\\甲\ud800.xlsx", "C:\\用户\\" + "长" * 400 + ".xlsx", "\u202excod.exe"]
)
def test_a_file_may_be_called_anything(port: Harbour, name: str) -> None:
    assert port.send(
        "finding", "east", "2024-03-01", "2024-03-01 10:00", document({"narrative": "甲"}), name=name
    ).valid
    refused = port.send("finding", "east", "2024-03-02", "2024-03-02 10:00", b"{", name=name)
    assert not refused.valid
    for (stored,) in port.rows(select(t.submission.c.file_name)):
        assert stored.isprintable()
        assert not {"\\", "/"} & set(stored)
        assert len(stored) <= 120
    assert port.proven()


def test_amending_reporting_and_running_at_once_leave_one_whole_chain(url: str) -> None:
    """Three threads on one wall ledger: everything ends, nothing is lost, and every return is on record under
    the plan that it was read by."""
    ledger = open_ledger(url, clock=lambda: at("2024-02-20 09:00"))
    harbour = Harbour(ledger)
    deploy(ledger, BUNDLE, reason="test")
    mistakes: list[BaseException] = []

    def amend() -> None:
        for n in range(6):
            later = [
                (k, v.replace("every: month, on: 5", f"every: month, on: {6 + n}")) for k, v in BUNDLE.files
            ]
            deploy(ledger, Bundle(tuple(later)), reason="test")

    def report() -> None:
        for n in range(12):
            data = document({"visits": n + 1}, rows=[hazard("甲")], signed=SIGNED)
            assert receive(
                ledger, Address(HARBOUR, "east", "hazards", "2024-02"), data, "表", door="api"
            ).valid
            brief = [Attached("brief", "报.pdf", PDF + bytes([n]))]
            to = Address(HARBOUR, "east", "briefs", "2024-02", str(n + 1))
            assert receive(ledger, to, None, door="api", attachments=brief).valid

    def run() -> None:
        for n in range(6):
            run_campaign(ledger, HARBOUR, texts=renderer(), documents=None, owner=f"run{n}", lease=False)
            deliver(ledger, PaperTransport(), renderer(), owner=f"out{n}")

    def guarded(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            mistakes.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in (amend, report, run)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert mistakes == []
    assert harbour.proven()
    s = t.submission.c
    assert len(harbour.rows(select(s.id).where(s.campaign == HARBOUR))) == 24
    assert harbour.stands("briefs/east/2024-02/12", "2024-02-20 09:00").met
    ledger.close()
