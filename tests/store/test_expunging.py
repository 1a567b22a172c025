"""What should never have been sent is taken out; that it was, by whom and why, stays."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from duban.errors import BadInput, NotAllowed
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.rehearsal import PaperTransport
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.deploying import deploy
from duban.services.expunging import expunge
from duban.services.publishing import draft_due
from duban.services.reporting import draft_documents
from duban.services.watching import standing_of
from duban.standing import Standing
from tests.support.harbour import CASES, HARBOUR, Harbour, document
from tests.support.harbour import at as at_harbour
from tests.support.plans import changed
from tests.support.town import FIGURES, HAIAN, Town, at

MONTHLY = Address(HAIAN, "libao", "monthly", "2018-09")
SECRET = "不该写在这里的内容"


def sent(town: Town) -> None:
    town.report("libao", "2018-09", "2018-10-01 09:00", {**FIGURES, "summary": SECRET})


def taken_out(town: Town, version: int = 1, when: str = "2018-10-02 09:00", reason: str = "涉密") -> None:
    until = at("2018-10-09")
    expunge(town.ledger, MONTHLY, version, by="保密办", reason=reason, until=until, as_of=at(when))


def stands(town: Town, when: str) -> Standing:
    with town.ledger.read() as conn:
        return standing_of(conn, deployed_plan(conn, HAIAN), MONTHLY.obligation, at(when))


def everything(town: Town) -> str:
    """All that the ledger holds of submissions, files and cells, as one text."""
    with town.ledger.read() as conn:
        rows = [
            r for x in (t.submission, t.file, t.cell, t.note, t.attachment) for r in conn.execute(select(x))
        ]
    return "\n".join(str(tuple(r)) for r in rows)


def test_nothing_of_it_is_left_but_its_digest_and_the_journal_holds(deployed: Town) -> None:
    sent(deployed)
    before = stands(deployed, "2018-10-01 10:00")
    assert SECRET in everything(deployed)
    taken_out(deployed)
    assert SECRET not in everything(deployed)
    with deployed.ledger.read() as conn:
        digest = conn.scalar(select(t.submission.c.file))
        file = conn.execute(select(t.file).where(t.file.c.digest == digest)).one()
        assert (bytes(file.content), file.size > 0) == (b"", True)
        assert conn.scalar(select(t.expunged.c.by)) == "保密办"
        assert verify(conn, HAIAN).broken_at is None
    assert deployed.count(t.cell) == 0
    assert before.met


def test_the_unit_owes_it_again_and_hears_why(deployed: Town) -> None:
    sent(deployed)
    taken_out(deployed)
    after = stands(deployed, "2018-10-02 10:00")
    assert (after.came_in, after.on_time, after.limit) == ("returned", False, at("2018-10-09"))
    paper = PaperTransport()
    deployed.deliver(paper, "2018-10-02 09:05")
    assert "已退回，请于10月8日（周一）24时前重报" in paper.parcels[0].subject
    assert "涉密" in paper.parcels[0].plain


def test_an_accepted_return_is_expunged_too(deployed: Town) -> None:
    sent(deployed)
    deployed.decide("libao", "2018-09", "accept", "2018-10-01 10:00")
    taken_out(deployed)
    assert stands(deployed, "2018-10-02 10:00").came_in == "returned"
    paper = PaperTransport()
    deployed.deliver(paper, "2018-10-02 09:05")
    assert len(paper.parcels) == 1
    assert "撤回" not in paper.parcels[0].subject


def test_an_older_version_goes_and_the_one_that_counts_stays(deployed: Town) -> None:
    sent(deployed)
    deployed.report("libao", "2018-09", "2018-10-01 10:00")
    taken_out(deployed)
    after = stands(deployed, "2018-10-02 10:00")
    assert (after.came_in, after.version) == ("received", 2)
    assert SECRET not in everything(deployed)


def test_the_copy_that_the_same_sending_made_goes_with_it(port: Harbour) -> None:
    cells = {"ships": 3, "ships_big": 1, "ships_small": 2, "report": SECRET}
    receipt = port.send("summary", "east", "", "2024-04-01 09:00", document(cells), attachments=CASES)
    assert receipt.valid, receipt.problems
    to = Address(HARBOUR, "east", "summary", "")
    now, until = at_harbour("2024-04-02 09:00"), at_harbour("2024-04-12")
    expunge(port.ledger, to, 1, by="保密办", reason="涉密", until=until, as_of=now)
    with port.ledger.read() as conn:
        plan = deployed_plan(conn, HARBOUR)
        copy = Address(HARBOUR, "east", "summary-copy", "").obligation
        assert [standing_of(conn, plan, key, now).came_in for key in (to.obligation, copy)] == [
            "returned"
        ] * 2
        assert conn.scalars(select(t.expunged.c.submission).order_by(t.expunged.c.submission)).all() == [
            f"{copy}@1", f"{to.obligation}@1",
        ]  # fmt: skip
        assert {bytes(x) for x in conn.scalars(select(t.file.c.content))} == {b""}
        assert verify(conn, HARBOUR).broken_at is None


@pytest.mark.parametrize(
    ("version", "reason", "code"), [(1, " ", "reason-missing"), (7, "涉密", "bad-address")]
)
def test_it_needs_a_reason_and_something_to_take_out(
    deployed: Town, version: int, reason: str, code: str
) -> None:
    sent(deployed)
    with pytest.raises((NotAllowed, BadInput)) as refusal:
        taken_out(deployed, version, reason=reason)
    assert refusal.value.code == code
    assert SECRET in everything(deployed)


def test_once_is_enough(deployed: Town) -> None:
    sent(deployed)
    taken_out(deployed)
    with pytest.raises(NotAllowed) as refusal:
        taken_out(deployed, when="2018-10-02 10:00")
    assert refusal.value.code == "already-expunged"


@pytest.mark.parametrize("table", [t.cell, t.file], ids=lambda x: x.name)
def test_the_database_lets_nothing_else_be_taken_out(deployed: Town, table: Any) -> None:
    sent(deployed)
    deployed.report("haian", "2018-09", "2018-10-01 09:00")
    taken_out(deployed)
    other = f"{HAIAN}/monthly/haian/2018-09@1"
    with deployed.ledger.read() as conn:
        digest = conn.scalar(select(t.submission.c.file).where(t.submission.c.id == other))
    act = (
        t.cell.delete().where(t.cell.c.submission == other)
        if table is t.cell
        else t.file.update().where(t.file.c.digest == digest).values(content=b"")
    )
    with pytest.raises(DBAPIError, match="never rewritten"), deployed.ledger.engine.begin() as conn:
        conn.execute(act)


def test_what_was_expunged_cannot_come_back_into_its_rows(deployed: Town) -> None:
    sent(deployed)
    taken_out(deployed)
    with deployed.ledger.engine.begin() as conn:
        conn.execute(
            t.cell.insert(), {"submission": f"{MONTHLY.obligation}@1", "indicator": "clues", "value": 1}
        )
    with deployed.ledger.read() as conn:
        assert verify(conn, HAIAN).reason == "expunged-still-there"


# ---- what counts afterwards ----------------------------------------------------------------------


@pytest.mark.parametrize("is_accepted", [False, True], ids=["older", "accepted"])
def test_what_was_expunged_never_counts_again(deployed: Town, is_accepted: bool) -> None:
    sent(deployed)
    if is_accepted:
        deployed.decide("libao", "2018-09", "accept", "2018-10-01 10:00")
    deployed.report("libao", "2018-09", "2018-10-01 11:00")
    taken_out(deployed)
    after = stands(deployed, "2018-10-02 10:00")
    assert (after.version, after.on_time) == (2, True)
    again = deployed.decide("libao", "2018-09", "return", "2018-10-03 09:00", until=at("2018-10-09"))
    assert (again.version, again.came_in) == (None, "returned")  # not the first one, of which nothing is left


def test_what_an_amendment_has_dropped_can_be_expunged(deployed: Town) -> None:
    deployed.report("libao", "2018-12", "2018-10-01 09:00", {**FIGURES, "summary": SECRET})
    shorter = changed(("plan.yaml", "last: 2018-12", "last: 2018-10"))
    deploy(deployed.ledger, shorter, reason="缩短", as_of=at("2018-10-02 09:00"))
    to, now, until = Address(HAIAN, "libao", "monthly", "2018-12"), at("2018-10-03"), at("2018-10-09")
    expunge(deployed.ledger, to, 1, by="保密办", reason="涉密", until=until, as_of=now)
    assert SECRET not in everything(deployed)
    with deployed.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_personal_remarks_go_too(port: Harbour) -> None:
    cells = {"liaison_name": "甲", "liaison_position": "乙", "liaison_phone": "1", "deputies": 1}
    liaison = document(cells, notes={"liaison_name": SECRET})
    assert port.send("liaison", "east", "", "2024-01-05 09:00", liaison).valid
    assert (SECRET,) in port.rows(select(t.personal.c.text))
    now, until = at_harbour("2024-01-06 09:00"), at_harbour("2024-01-30")
    to = Address(HARBOUR, "east", "liaison", "")
    expunge(port.ledger, to, 1, by="保密办", reason="涉密", until=until, as_of=now)
    assert port.rows(select(t.personal.c.text)) == []


def documents(town: Town) -> str:
    """All that drafted documents say."""
    return "".join(p.read_text("utf-8") for p in town.folder.rglob("*.html"))


def test_documents_that_say_it_go_with_it_and_are_drafted_without_it(deployed: Town) -> None:
    sent(deployed)
    deployed.report("haian", "2018-10", "2018-11-01 09:00", {**FIGURES, "summary": "十月情况"})
    for when in ("2018-11-06 09:00", "2018-11-07 09:00"):
        draft_due(deployed.ledger, HAIAN, texts=deployed.texts, folder=deployed.folder, as_of=at(when))
    deployed.ledger.set_clock(at("2018-11-07 09:00"))
    deployed.decide("dagong", "2018-09", "waive", "2018-11-07 10:00")
    draft_documents(deployed.ledger, HAIAN, "monthly", "2018-09", texts=deployed.texts,
                    folder=deployed.folder, as_of=at("2018-10-07 09:00"))  # fmt: skip
    assert (documents(deployed).count(SECRET), documents(deployed).count("十月情况")) == (2, 1)
    with deployed.ledger.trial() as trial:
        until = at("2018-11-15")
        expunge(trial, MONTHLY, 1, by="保密办", reason="涉密", until=until, as_of=at("2018-11-08 09:00"))
    assert documents(deployed).count(SECRET) == 2, "a trial removed something"
    taken_out(deployed, when="2018-11-08 09:00")
    assert SECRET not in documents(deployed)
    assert "十月情况" in documents(deployed)
    made = draft_due(deployed.ledger, HAIAN, texts=deployed.texts, folder=deployed.folder,
                     as_of=at("2018-11-08 09:10"))  # fmt: skip
    assert [(d.duty, d.period) for d in made if d.changed] == [("monthly", "2018-09")]
    assert SECRET not in documents(deployed)
