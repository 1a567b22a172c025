"""What is expunged takes its copies 抄送 along, whenever they were made, and nothing else."""

from __future__ import annotations

from sqlalchemy import select

from duban.ledger import tables as t
from duban.services.addresses import Address
from duban.services.deploying import deploy
from duban.services.expunging import expunge
from duban.services.receiving import Arrival, Receipt, receive_many
from tests.store.test_late_changes import amend
from tests.support.harbour import CASES, HARBOUR, Harbour, at, document
from tests.support.harbour_plan import BUNDLE

SECRET = "不该写在这里的内容"
EAST = document({"ships": 5, "ships_big": 2, "ships_small": 3, "report": SECRET})
ORIGINAL, COPY = (Address(HARBOUR, "east", duty, "") for duty in ("summary", "summary-copy"))
BOTH = {f"{ORIGINAL.obligation}@1", f"{COPY.obligation}@1"}


def expunged(port: Harbour, to: Address, when: str) -> set[str]:
    now, until = at(when), at("2024-04-30")
    expunge(port.ledger, to, 1, by="保密办", reason="涉密", until=until, as_of=now)
    return {x for (x,) in port.rows(select(t.expunged.c.submission))}


def test_of_a_copy_the_original_goes_too_with_all_its_files(port: Harbour) -> None:
    port.send("summary", "east", "", "2024-04-01 09:00", EAST, attachments=CASES)
    assert expunged(port, COPY, "2024-04-02 09:00") == BOTH
    assert {bytes(x) for (x,) in port.rows(select(t.file.c.content))} == {b""}
    for key in ("summary/east/", "summary-copy/east/"):
        assert port.stands(key, "2024-04-02 09:00").came_in == "returned"
    assert port.proven()


def test_a_copy_that_an_amendment_has_made_later_goes_too(port: Harbour) -> None:
    kept = dict(BUNDLE.files)["plan.yaml"]
    begin, end = kept.index("  - id: summary-copy"), kept.index("  - id: liaison")
    amend(port, "2024-01-02 09:00", ("plan.yaml", kept[begin:end], ""))
    port.send("summary", "east", "", "2024-04-01 09:00", EAST, attachments=CASES)
    deploy(port.ledger, BUNDLE, reason="抄送", as_of=at("2024-04-02 09:00"))
    assert port.stands("summary-copy/east/", "2024-04-02 09:00").met
    assert expunged(port, ORIGINAL, "2024-04-03 09:00") == BOTH
    assert port.stands("summary-copy/east/", "2024-04-03 09:00").came_in == "returned"


def test_the_same_words_sent_at_once_for_something_else_are_no_copy(port: Harbour) -> None:
    same, now = document({"narrative": "一切正常"}), at("2024-01-05 09:00")
    named = [Address(HARBOUR, "east", duty, "2024-01-05") for duty in ("finding", "accident")]
    found = receive_many(port.ledger, [Arrival(to, same, door="api") for to in named], as_of=now)
    assert all(isinstance(r, Receipt) and r.valid for r in found)
    assert expunged(port, named[0], "2024-01-06 09:00") == {f"{named[0].obligation}@1"}
    assert port.stands("accident/east/2024-01-05", "2024-01-06 09:00").met
