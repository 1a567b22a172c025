"""What waits for a person: who is told, who may answer, once, and only while it is true."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from duban.errors import NotAllowed, Retryable
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.services.approving import answer
from duban.services.campaigns import deployed_plan
from duban.services.proposing import Proposal, proposals, propose
from tests.support import colours as c
from tests.support.colours import OCTOBER, only, told, waiting
from tests.support.town import BRANCHES, HAIAN, Town, at

NOON = "2018-11-12 12:00"


@pytest.fixture
def orange(town: Town) -> Town:
    """Orange about Libao's October waits since the morning of 12 November."""
    only(town, "libao")
    for day in ("2018-11-06", "2018-11-08", "2018-11-12"):
        told(town, f"{day} 08:30")
    return town


@pytest.fixture
def red(orange: Town) -> Town:
    """Red about it waits for the leader since the morning of the 19th."""
    say(orange, "approve", "2018-11-12 09:00")
    told(orange, "2018-11-19 08:30")
    return orange


def say(town: Town, verdict: Any, when: str, role: Any = "coordinator", **more: Any) -> Proposal:
    return c.approve(town, when, role=role, verdict=verdict, **more)


def test_the_coordinator_is_told_at_once_what_waits_and_once(town: Town) -> None:
    only(town, "libao", "qutang")
    for day in ("2018-11-06", "2018-11-08"):
        told(town, f"{day} 08:30")
    found = told(town, "2018-11-12 08:30")["jicha@haian.example"]
    assert found == ["【药品净网2018】请批准：橙色督办　李堡镇分局　2018年10月专项行动情况月报等2项"]
    assert "jicha@haian.example" not in told(town, "2018-11-12 08:35")


def test_many_proposals_of_one_morning_are_one_short_message(town: Town) -> None:
    c.put_in_force(town)
    c.others_report(town, period="2018-09", when="2018-10-05 09:00")
    for day in ("2018-11-06", "2018-11-08"):
        told(town, f"{day} 08:30")
    (mail,) = [p for p in c.parcels(town, "2018-11-12 08:30") if p.address == "jicha@haian.example"]
    assert "以下10项等待批准" in mail.plain
    assert sum(name in mail.plain for name in ("曲塘镇分局", "雅周镇分局", "白甸镇分局")) == 3
    assert len(waiting(town, NOON)) == len(BRANCHES)


def test_of_more_than_ten_the_others_are_counted(town: Town) -> None:
    c.put_in_force(town)
    with town.ledger.write(HAIAN, as_of=at("2018-11-12 08:00")) as w:
        plan = deployed_plan(w.conn, HAIAN)
        for number in range(12):
            about = {"duty": "monthly", "period": f"2018-{number + 1:02d}"}
            propose(w, plan, "circular", f"monthly/{number}", about, "稽查科")
    (mail,) = c.parcels(town, "2018-11-12 08:30", run=False)
    assert mail.plain.count("情况通报") == 10
    assert "另有2项" in mail.plain
    assert "另有2项" in mail.html


def test_what_was_answered_or_met_before_it_is_told_is_not_told(orange: Town) -> None:
    town = orange
    with town.ledger.write(HAIAN, as_of=at("2018-11-12 09:00")) as w:
        plan = deployed_plan(w.conn, HAIAN)
        propose(w, plan, "thanks", "all", {}, "稽查科")
    (thanks,) = [x for x in waiting(town, "2018-11-12 09:00") if x.kind == "thanks"]
    answer(
        town.ledger, HAIAN, thanks.id, "return", by="x", role="coordinator", reason="早",
        as_of=at("2018-11-12 09:01"),
    )  # fmt: skip
    assert told(town, "2018-11-12 09:02", run=False) == {}


def test_a_sealed_message_about_what_was_answered_since_does_not_leave(town: Town) -> None:
    class Refusing:
        """A mail server that is away."""

        def send(self, parcel: Any, message_id: str) -> None:
            raise Retryable("busy")

    only(town, "libao")
    for day in ("2018-11-06", "2018-11-08"):
        told(town, f"{day} 08:30")
    town.run("2018-11-12 08:30")
    town.deliver(Refusing(), "2018-11-12 08:31")
    say(town, "approve", "2018-11-12 08:32")
    found = told(town, "2018-11-12 09:30", run=False)
    assert "jicha@haian.example" not in found
    assert "head-libao@haian.example" in found


def test_an_answer_is_on_record_and_shown(orange: Town) -> None:
    found = say(orange, "approve", "2018-11-12 10:00")
    assert found.answer is not None
    assert (found.answer.verdict, found.answer.by, found.answer.at) == (
        "approve", "分管领导", at("2018-11-12 10:00"),
    )  # fmt: skip
    with orange.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        (now,) = proposals(conn, plan, at(NOON))
        (then,) = proposals(conn, plan, at("2018-11-12 09:59"))  # as it was before the answer
        assert proposals(conn, plan, at("2018-11-12 08:29")) == []
        assert verify(conn, HAIAN).broken_at is None
    assert (now.answer, now.open) == (found.answer, False)
    assert (then.answer, then.open) == (None, True)


def test_there_is_one_answer(orange: Town) -> None:
    (one,) = waiting(orange, NOON)
    say(orange, "approve", "2018-11-12 12:00")
    with pytest.raises(NotAllowed, match="already-answered"):
        answer(
            orange.ledger, HAIAN, one.id, "return", by="x", role="leader", reason="y",
            as_of=at("2018-11-12 12:01"),
        )  # fmt: skip
    assert orange.count(t.message, t.message.c.kind == "orange") == 1


def test_of_two_who_answer_at_once_one_is_heard(url: str, orange: Town) -> None:
    (one,) = waiting(orange, NOON)

    def reply(by: str) -> str:
        with closing(open_ledger(url, kind="virtual")) as ledger:
            try:
                answer(ledger, HAIAN, one.id, "approve", by=by, role="leader", as_of=at(NOON))
            except NotAllowed as refused:
                return refused.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(reply, ("a", "b"))) == ["already-answered", "done"]
    assert orange.count(t.message, t.message.c.kind == "orange") == 1


def test_what_is_no_longer_owed_cannot_be_approved(orange: Town) -> None:
    (one,) = waiting(orange, "2018-11-12 09:00")
    orange.report("libao", OCTOBER, "2018-11-12 09:30")
    with pytest.raises(NotAllowed, match="proposal-stale"):
        answer(orange.ledger, HAIAN, one.id, "approve", by="x", role="leader", as_of=at("2018-11-12 10:00"))
    with orange.ledger.read() as conn:
        (found,) = proposals(conn, deployed_plan(conn, HAIAN), at("2018-11-12 10:00"))
    assert (found.stale, found.open) == (True, False)
    assert orange.count(t.approval) == 0


def test_an_extension_makes_a_proposal_stale(orange: Town) -> None:
    (one,) = waiting(orange, "2018-11-12 09:00")
    orange.decide("libao", OCTOBER, "extend", "2018-11-12 09:30", until=at("2018-11-20 00:00"))
    assert waiting(orange, "2018-11-12 09:31") == []
    with pytest.raises(NotAllowed, match="proposal-stale"):
        answer(orange.ledger, HAIAN, one.id, "approve", by="x", role="leader", as_of=at("2018-11-12 10:00"))


def test_the_leader_is_told_and_the_coordinator_cannot_answer_for_them(red: Town) -> None:
    (one,) = waiting(red, "2018-11-19 09:00")
    assert (one.kind, one.approver) == ("red", "leader")
    for verdict in ("approve", "return"):
        with pytest.raises(NotAllowed, match="leader-approves"):
            say(red, verdict, "2018-11-19 09:00", reason="x")
    assert say(red, "approve", "2018-11-19 09:01", role="leader").answer is not None


def test_a_leader_may_answer_what_waits_for_the_coordinator_and_a_reviewer_nothing(orange: Town) -> None:
    with pytest.raises(NotAllowed, match="leader-approves"):
        say(orange, "approve", "2018-11-12 09:00", role="reviewer")
    assert say(orange, "approve", "2018-11-12 09:00", role="leader").answer is not None


def test_a_return_needs_a_reason_and_an_answer_a_proposal(orange: Town) -> None:
    with pytest.raises(NotAllowed, match="reason-missing"):
        say(orange, "return", "2018-11-12 09:00", reason="  ")
    with pytest.raises(NotAllowed, match="unknown-proposal"):
        answer(
            orange.ledger, HAIAN, f"{HAIAN}~p1", "approve", by="x", role="leader",
            as_of=at("2018-11-12 09:00"),
        )  # fmt: skip
    assert say(orange, "return", "2018-11-12 09:00", reason="已电话说明").open is False
    assert orange.count(t.message, t.message.c.kind == "orange") == 0


def test_a_draft_made_anew_replaces_the_one_that_waits(town: Town) -> None:
    c.put_in_force(town)
    with town.ledger.write(HAIAN, as_of=at("2018-11-12 08:00")) as w:
        plan = deployed_plan(w.conn, HAIAN)
        said = {"duty": "monthly", "period": OCTOBER}
        old, new, other = (
            propose(w, plan, "circular", about, said, "稽查科") for about in ("m/10", "m/10", "m/11")
        )
    found = waiting(town, "2018-11-12 08:30")
    assert [x.id for x in found] == [new, other]
    assert (found[0].duty, found[0].period, found[0].unit, found[0].approver) == (
        "monthly", OCTOBER, "", "coordinator",
    )  # fmt: skip
    assert old.startswith(f"{HAIAN}~p")
