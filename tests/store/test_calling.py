"""The telephone list and its log: who is rung about what, and what stays on record of a call."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from duban.errors import BadInput, NotAllowed
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.services.calling import Call, call_list, log_call
from duban.services.campaigns import deployed_plan
from duban.services.trail import Step, trail
from duban.telephone import Logged
from tests.store.test_deploying import put
from tests.store.test_speaking import with_unit
from tests.support.town import BRANCHES, FIGURES, HAIAN, Town, at

SEPTEMBER, OCTOBER = (f"{HAIAN}/monthly/baidian/2018-{month}" for month in ("09", "10"))
FRIDAY = "2018-10-12 09:30"
"""September's return was due on the 5th, a week before."""


@pytest.fixture
def late(deployed: Town) -> Town:
    """Seven branches have reported September's figures; Jiaoxie's were returned, to come again by the 9th;
    Qutang's were refused; Baidian has sent nothing."""
    for unit in set(BRANCHES) - {"jiaoxie", "qutang", "baidian"}:
        deployed.report(unit, "2018-09", "2018-10-04 09:00")
    deployed.report("jiaoxie", "2018-09", "2018-10-05 10:00")
    deployed.decide(
        "jiaoxie", "2018-09", "return", "2018-10-06 09:00", version=1, until=at("2018-10-10 00:00")
    )
    deployed.report("qutang", "2018-09", "2018-10-08 11:00", {**FIGURES, "clues_police": 99})
    return deployed


def listed(town: Town, when: str) -> dict[str, Call]:
    """Whom to ring, in the list's order."""
    with town.ledger.read() as conn:
        return {call.unit.id: call for call in call_list(conn, town.plan, at(when))}


def steps(town: Town, key: str, when: str) -> list[Step]:
    """The calls in an obligation's trail."""
    with town.ledger.read() as conn:
        return [s for s in trail(conn, town.plan, key, at(when)) if s.kind == "call"]


def ring(town: Town, when: str, unit: Any = "baidian", outcome: Any = "told", **more: Any) -> Logged:
    """The coordinator rings and writes it down at once."""
    more = {"note": "", "called_at": None, "until": None, "person": ""} | more
    note, called_at = more.pop("note"), more.pop("called_at")
    return log_call(town.ledger, HAIAN, unit, "稽查科", outcome, note, called_at, at(when), **more)


def name_liaison(town: Town, unit: str, name: str, phone: str) -> None:
    row = {
        "campaign": HAIAN, "unit": unit, "rank": 0, "name": name, "position": "内勤", "phone": phone,
        "channel": None, "address": None,
    }  # fmt: skip
    with town.ledger.write(as_of=at("2018-10-08 12:00")) as w:
        row["submission"] = w.conn.scalars(select(t.submission.c.id)).first()
        w.conn.execute(t.liaison.insert(), row)


def test_the_longest_overdue_come_first_with_what_is_wrong_in_words(late: Town) -> None:
    found = listed(late, FRIDAY)
    assert [(unit, call.days) for unit, call in found.items()] == [
        ("qutang", 7), ("baidian", 7), ("jiaoxie", 3),
    ]  # fmt: skip
    (returned,), (refused,), (nothing,) = (found[u].items for u in ("jiaoxie", "qutang", "baidian"))
    assert (returned.standing.came_in, returned.reason, returned.problems) == ("returned", "test", ())
    assert refused.standing.came_in == "refused"
    assert [p.code for p in refused.problems] == ["part-exceeds-total"]
    assert (nothing.standing.came_in, nothing.reason, nothing.problems) == ("nothing", "", ())


def test_nobody_is_on_the_list_before_the_time_is_up(late: Town) -> None:
    assert list(listed(late, "2018-10-05 23:59:59")) == []
    assert list(listed(late, "2018-10-06 00:00")) == ["qutang", "baidian"]
    # a return has its own time to be answered in
    assert "jiaoxie" not in listed(late, "2018-10-09 23:59:59")
    assert "jiaoxie" in listed(late, "2018-10-10 00:00")


@pytest.mark.parametrize("kind", ["waive", "give-up", "extend"])
def test_who_was_spared_is_not_rung(late: Town, kind: str) -> None:
    until: dict[str, Any] = {"until": at("2018-10-20 00:00")} if kind == "extend" else {}
    late.decide("baidian", "2018-09", kind, "2018-10-09 09:00", **until)
    assert list(listed(late, FRIDAY)) == ["qutang", "jiaoxie"]


def test_who_has_reported_is_not_rung(late: Town) -> None:
    late.report("baidian", "2018-09", "2018-10-12 09:29")
    assert "baidian" in listed(late, "2018-10-12 09:28")
    assert "baidian" not in listed(late, FRIDAY)


def test_escalation_is_told_once_it_was_decided(late: Town) -> None:
    # the tenth day after the 5th is Monday the 15th
    late.run("2018-10-15 08:30")
    assert not listed(late, "2018-10-15 08:29")["baidian"].escalated
    found = listed(late, "2018-10-15 08:30")
    assert {unit: call.escalated for unit, call in found.items()} == {
        "qutang": True, "baidian": True, "jiaoxie": False,
    }  # fmt: skip


def test_the_liaison_is_asked_for_and_without_a_number_the_units_channels_are_named(late: Town) -> None:
    name_liaison(late, "baidian", "联络员甲", "000-0000110")
    name_liaison(late, "jiaoxie", "吴建国", "")
    found = listed(late, FRIDAY)
    (person,) = found["baidian"].people
    assert (person.name, person.position, person.phone) == ("联络员甲", "内勤", "000-0000110")
    assert found["baidian"].ways == ()
    assert ("email", "jiaoxie@haian.example") in found["jiaoxie"].ways
    assert found["qutang"].people == ()
    assert ("email", "qutang@haian.example") in found["qutang"].ways


def test_who_took_over_from_a_closed_unit_is_rung_about_its_debts(late: Town) -> None:
    put(late, with_unit("baidian", closes="2018-10-10", successor="nanmo"), "2018-10-09 09:00")
    assert [x.standing.owed.unit for x in listed(late, "2018-10-10 12:00")["baidian"].items] == ["baidian"]
    with late.ledger.read() as conn:
        found = {c.unit.id: c for c in call_list(conn, deployed_plan(conn, HAIAN), at(FRIDAY))}
    assert "baidian" not in found
    assert [x.standing.owed.key for x in found["nanmo"].items] == [SEPTEMBER]
    ring(late, "2018-10-12 10:00", "nanmo")
    assert [s.reason for s in steps(late, SEPTEMBER, FRIDAY.replace("09:30", "10:00"))] == ["told"]


def test_a_call_stands_in_the_list_and_in_the_trail_from_when_it_was_recorded(late: Town) -> None:
    until = at("2018-10-13 00:00")
    said = {"called_at": at("2018-10-12 09:40"), "until": until, "person": "联络员甲", "note": "正在汇总"}
    logged = ring(late, "2018-10-12 10:00", outcome="promised", **said)
    assert logged.about == (SEPTEMBER,)
    assert listed(late, "2018-10-12 09:59")["baidian"].made == ()
    call = listed(late, "2018-10-12 10:00")["baidian"]
    assert call.made == (logged,)
    assert call.promised(at("2018-10-12 23:59:59")) == until
    assert call.promised(until) is None
    (step,) = steps(late, SEPTEMBER, "2018-10-12 10:00")
    assert (step.by, step.reason, step.until, step.person, step.note) == (
        "稽查科", "promised", until, "联络员甲", "正在汇总",
    )  # fmt: skip
    assert (step.at, step.happened_at) == (at("2018-10-12 10:00"), at("2018-10-12 09:40"))
    assert steps(late, SEPTEMBER, "2018-10-12 09:59") == []
    assert steps(late, OCTOBER, "2018-10-12 10:00") == []


def test_the_last_call_comes_first_whenever_it_was_written_down(late: Town) -> None:
    ring(late, "2018-10-12 10:00", outcome="told")
    ring(late, "2018-10-12 10:01", outcome="no-answer", called_at=at("2018-10-11 15:00"))
    assert [x.outcome for x in listed(late, "2018-10-12 10:01")["baidian"].made] == ["told", "no-answer"]


def test_a_call_before_the_deadline_is_about_what_was_to_be_reported_then(deployed: Town) -> None:
    logged = ring(deployed, "2018-10-05 16:00")
    assert logged.about == (SEPTEMBER,)
    assert len(steps(deployed, SEPTEMBER, "2018-10-05 16:00")) == 1


def test_who_answered_and_what_they_said_are_on_no_record_and_can_be_erased(late: Town) -> None:
    said = {"person": "联络员甲", "note": "家里有事，电话000 1234"}
    ring(late, "2018-10-12 10:00", **said)
    with late.ledger.read() as conn:
        row = conn.execute(select(t.call)).one()
        kept = dict(conn.execute(select(t.personal.c.digest, t.personal.c.text)).tuples().all())
        assert verify(conn, HAIAN).broken_at is None
    assert not set(said.values()) & {str(value) for value in row}
    assert (kept[row.person], kept[row.note]) == ("联络员甲", "家里有事，电话000 1234")
    with late.ledger.write(as_of=at("2018-10-13 09:00")) as w:
        w.conn.execute(t.personal.delete())
    (call,) = listed(late, "2018-10-13 09:00")["baidian"].made
    assert (call.outcome, call.person, call.note) == ("told", "", "")
    with late.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_the_same_call_written_down_twice_is_one(late: Town) -> None:
    said = {"called_at": at("2018-10-12 09:40"), "note": "正在汇总"}
    first = ring(late, "2018-10-12 10:00", **said)
    assert ring(late, "2018-10-12 10:01", **said) == first
    assert late.count(t.call) == 1
    ring(late, "2018-10-12 10:02", **said | {"note": "又问了一次"})
    assert late.count(t.call) == 2


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"outcome": "promised"}, "promise-and-day"),
        ({"outcome": "told", "until": at("2018-10-13 00:00")}, "promise-and-day"),
        ({"outcome": "promised", "until": at("2018-10-12 10:00")}, "promise-past"),
        ({"called_at": at("2018-10-12 10:01")}, "called-in-future"),
        ({"person": "周" * 41}, "words-too-long"),
        ({"note": "忙" * 501}, "words-too-long"),
        ({"unit": "nobody"}, "bad-unit"),
        ({"unit": "branches"}, "bad-unit"),
    ],
)
def test_what_cannot_be_is_refused(late: Town, said: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput, match=code):
        ring(late, "2018-10-12 10:00", **said)
    assert late.count(t.call) == 0


def test_who_owed_nothing_was_not_rung_about_it(late: Town) -> None:
    with pytest.raises(NotAllowed, match="nothing-to-ask"):
        ring(late, "2018-10-12 10:00", "libao", called_at=at("2018-09-20 10:00"))
    assert ring(late, "2018-10-12 10:01", "曲塘镇分局").unit == "qutang"
