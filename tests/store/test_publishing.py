"""Documents are looked at again only when something has happened to their period."""

from __future__ import annotations

import shutil

from duban.services.publishing import draft_due
from tests.store.test_deploying import put
from tests.support.plans import changed
from tests.support.town import HAIAN, Town, at


def looked_at(town: Town, when: str) -> list[str]:
    """The periods that a run at this time looks at."""
    found = draft_due(town.ledger, HAIAN, texts=town.texts, folder=town.folder, as_of=at(when))
    return [d.period for d in found if d.duty == "monthly"]


def test_a_period_is_drafted_after_its_deadline_and_then_left_alone(deployed: Town) -> None:
    assert looked_at(deployed, "2018-10-05 23:59") == []
    assert looked_at(deployed, "2018-10-06 00:05") == ["2018-09"]
    assert looked_at(deployed, "2018-10-06 00:05") == []
    assert looked_at(deployed, "2018-10-20 08:30") == []
    assert looked_at(deployed, "2018-11-06 00:05") == ["2018-10"]


def test_a_submission_and_a_decision_bring_back_their_period_only(deployed: Town) -> None:
    looked_at(deployed, "2018-11-06 00:05")
    deployed.report("qutang", "2018-09", "2018-11-07 09:00")
    assert looked_at(deployed, "2018-11-07 09:10") == ["2018-09"]
    deployed.decide("nanmo", "2018-10", "waive", "2018-11-08 09:00")
    assert looked_at(deployed, "2018-11-08 09:10") == ["2018-10"]
    assert looked_at(deployed, "2018-11-08 09:10") == []


def test_messages_bring_back_nothing(deployed: Town) -> None:
    looked_at(deployed, "2018-10-06 00:05")
    deployed.run("2018-10-08 08:30")
    assert looked_at(deployed, "2018-10-08 08:40") == []


def test_an_extension_that_runs_out_is_seen(deployed: Town) -> None:
    looked_at(deployed, "2018-10-06 00:05")
    deployed.decide("haian", "2018-09", "extend", "2018-10-06 09:00", until=at("2018-10-12 00:00"))
    assert looked_at(deployed, "2018-10-06 09:10") == ["2018-09"]
    assert looked_at(deployed, "2018-10-11 23:59") == []
    assert looked_at(deployed, "2018-10-12 00:05") == ["2018-09"]


def test_documents_that_are_gone_are_drafted_again(deployed: Town) -> None:
    looked_at(deployed, "2018-11-06 00:05")
    shutil.rmtree(deployed.folder / HAIAN / "monthly-2018-09")
    assert looked_at(deployed, "2018-11-06 08:30") == ["2018-09"]


def test_an_amended_plan_brings_back_everything(deployed: Town) -> None:
    looked_at(deployed, "2018-11-06 00:05")
    put(deployed, changed(("units.csv", "email=libao@", "email=new@")), "2018-11-07 09:00")
    assert looked_at(deployed, "2018-11-07 09:10") == ["2018-09", "2018-10"]
