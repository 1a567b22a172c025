"""What waits for a person to review it."""

from __future__ import annotations

from duban.ledger.queries import Scope
from duban.services.awaiting import awaiting_review, latest_returns
from tests.support.town import FIGURES, HAIAN, Town, at


def waiting(town: Town, when: str, **scope: str) -> list[tuple[str, str, int]]:
    """Unit, period and version of what waits."""
    with town.ledger.read() as conn:
        found = awaiting_review(conn, town.plan, Scope(HAIAN, **scope), at(when))
    return [(w.standing.owed.unit, w.standing.owed.period, w.version) for w in found]


def test_what_came_in_waits_until_it_is_accepted_or_returned_the_oldest_first(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-02 10:00")
    deployed.report("libao", "2018-09", "2018-10-03 10:00")
    assert waiting(deployed, "2018-10-03 11:00") == [("haian", "2018-09", 1), ("libao", "2018-09", 1)]
    deployed.decide("haian", "2018-09", "accept", "2018-10-03 12:00")
    deployed.decide("libao", "2018-09", "return", "2018-10-03 12:00", until=at("2018-10-09 00:00"))
    assert waiting(deployed, "2018-10-03 13:00") == []
    deployed.report("libao", "2018-09", "2018-10-04 10:00", FIGURES | {"inspected": 31})
    assert waiting(deployed, "2018-10-04 11:00") == [("libao", "2018-09", 2)]
    # As of a past instant it is what waited then.
    assert waiting(deployed, "2018-10-02 11:00") == [("haian", "2018-09", 1)]


def test_what_is_refused_does_not_wait_and_an_acceptance_withdrawn_waits_again(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-03 10:00", FIGURES | {"clues_police": 99})
    assert waiting(deployed, "2018-10-03 11:00") == []
    deployed.report("haian", "2018-09", "2018-10-03 12:00")
    deployed.decide("haian", "2018-09", "accept", "2018-10-03 13:00")
    deployed.decide("haian", "2018-09", "withdraw", "2018-10-03 14:00")
    assert waiting(deployed, "2018-10-03 15:00") == [("haian", "2018-09", 1)]


def test_the_latest_returns_come_first_refused_ones_too(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-02 10:00")
    deployed.report("libao", "2018-09", "2018-10-03 10:00", FIGURES | {"clues_police": 99})
    with deployed.ledger.read() as conn:
        found = latest_returns(conn, deployed.plan, at("2018-10-03 11:00"))
        earlier = latest_returns(conn, deployed.plan, at("2018-10-02 11:00"))
        only = latest_returns(conn, deployed.plan, at("2018-10-03 11:00"), most=1)
    assert [(x.unit, x.valid) for x in found] == [("libao", False), ("haian", True)]
    assert [x.unit for x in earlier] == ["haian"]
    assert [x.unit for x in only] == ["libao"]
