"""Plans by version: what was due keeps its rule, what is to come follows the new plan."""

from __future__ import annotations

import pytest

from duban.errors import NotAllowed
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.ledger.queries import Scope
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.services.campaigns import deployed_plan
from duban.services.deploying import Deployment, deploy
from duban.services.watching import standings
from tests.support.plans import changed
from tests.support.town import BRANCHES, HAIAN, Town, at


def put(town: Town, bundle: Bundle, when: str) -> Deployment:
    ordered = Bundle(tuple(sorted(bundle.files)))
    return deploy(town.ledger, ordered, reason="改期", as_of=at(when))


def due(town: Town, period: str, when: str) -> set[str]:
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = standings(conn, plan, Scope(HAIAN, duty="monthly", period=period), at(when))
    return {f"{s.due_at:%m-%d}" for s in found if s.due_at and s.expected}


def test_a_new_version_moves_what_is_not_due_and_leaves_what_is(deployed: Town) -> None:
    done = put(deployed, changed(("plan.yaml", "on: 5", "on: 8")), "2018-10-10 09:00")
    assert (done.version, done.changed) == (2, True)
    assert due(deployed, "2018-09", "2018-10-10 09:00") == {"10-06"}
    assert due(deployed, "2018-10", "2018-10-10 09:00") == {"11-09"}
    # 8 November is a Thursday: reminded on the 3rd's working day before (Friday the 2nd) and on the 7th.
    deployed.run("2018-11-07 08:30")
    sent = deployed.count(t.message, t.message.c.verdict == "send", t.message.c.kind == "remind")
    assert sent == len(BRANCHES)


def test_a_unit_that_joins_owes_from_then_on(deployed: Town) -> None:
    line = "baidian,"
    joined = "laoba,老坝港分局,老坝分局,branches,,email=laoba@haian.example,,,coordinator\nbaidian,"
    put(deployed, changed(("units.csv", line, joined)), "2018-10-10 09:00")
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = standings(conn, plan, Scope(HAIAN, unit="laoba"), at("2018-10-10 09:00"))
    assert [s.owed.period for s in found if s.expected] == ["2018-10", "2018-11", "2018-12"]


def test_a_unit_with_history_cannot_be_dropped_without_a_word(deployed: Town) -> None:
    before = deployed.records()
    line = "baidian,白甸镇分局,白甸分局,branches,,webhook=baidian;email=baidian@haian.example,,,coordinator\n"
    with pytest.raises(NotAllowed, match="plan-drops-history") as caught:
        put(deployed, changed(("units.csv", line, "")), "2018-10-10 09:00")
    assert caught.value.params["names"] == ["baidian"]
    assert deployed.records() == before


def test_a_unit_without_history_can_be_dropped(deployed: Town) -> None:
    line = "baidian,白甸镇分局,白甸分局,branches,,webhook=baidian;email=baidian@haian.example,,,coordinator\n"
    put(deployed, changed(("units.csv", line, "")), "2018-09-10 09:00")
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        assert standings(conn, plan, Scope(HAIAN, unit="baidian"), at("2018-09-10 09:00")) == []
        before = at("2018-09-10 08:59")
        old = deployed_plan(conn, HAIAN, before)
        found = standings(conn, old, Scope(HAIAN, unit="baidian"), before)
    assert [s.owed.period for s in found] == ["2018-09", "2018-10", "2018-11", "2018-12"]
    assert deployed.count(t.moment, t.moment.c.obligation.contains("/baidian/")) == 0


def test_a_closed_unit_owes_what_it_owed(deployed: Town) -> None:
    open_ = "baidian@haian.example,,,"
    put(deployed, changed(("units.csv", open_, "baidian@haian.example,,2018-10-31,")), "2018-10-10 09:00")
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = standings(conn, plan, Scope(HAIAN, unit="baidian"), at("2018-10-10 09:00"))
    assert [s.owed.period for s in found if s.expected] == ["2018-09", "2018-10"]


def test_a_changed_address_is_used_from_then_on(deployed: Town) -> None:
    put(deployed, changed(("units.csv", "email=haian@haian", "email=new@haian")), "2018-09-20 09:00")
    deployed.run("2018-09-30 08:30")
    paper = PaperTransport()
    deployed.deliver(paper, "2018-09-30 08:30")
    addresses = {p.address for p in paper.parcels}
    assert "new@haian.example" in addresses
    assert "haian@haian.example" not in addresses


def test_every_version_is_on_record_and_the_journal_holds(deployed: Town) -> None:
    put(deployed, changed(("plan.yaml", "on: 5", "on: 8")), "2018-10-10 09:00")
    put(deployed, changed(("plan.yaml", "on: 5", "on: 9")), "2018-10-11 09:00")
    assert deployed.count(t.plan_version) == 3
    with deployed.ledger.read() as conn:
        assert deployed_plan(conn, HAIAN, at("2018-10-10 12:00")).duty["monthly"].rhythm.on == (8,)  # type: ignore[union-attr]
        assert verify(conn, HAIAN).broken_at is None
