"""Running a campaign twice is running it once: in turn, at the same time, with the lease and without."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.rehearsal import PaperTransport
from duban.services import leasing
from duban.services.deciding import decide
from duban.services.receiving import Address
from duban.services.watching import is_closed, open_phases
from tests.support.town import BRANCHES, HAIAN, Town, at

WHENS = ("2018-09-30 08:30", "2018-10-08 08:30", "2018-10-13 09:00")


@pytest.mark.parametrize("lease", [True, False], ids=["with-lease", "without-lease"])
@pytest.mark.parametrize("when", WHENS)
def test_a_second_run_for_the_same_time_changes_nothing(deployed: Town, when: str, lease: bool) -> None:
    paper = PaperTransport()
    deployed.run(when, lease)
    deployed.deliver(paper, when)
    before, sent = deployed.records(), len(paper.parcels)
    assert sent > 0
    deployed.run(when, lease)
    deployed.deliver(paper, when)
    assert deployed.records() == before
    assert len(paper.parcels) == sent


@pytest.mark.parametrize("lease", [True, False], ids=["with-lease", "without-lease"])
def test_runs_at_the_same_time_leave_what_one_run_leaves(
    deployed: Town, url: str, lease: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    when, workers = "2018-10-13 09:00", 4
    alone_url = f"sqlite:///{tmp_path_factory.mktemp('alone') / 'ledger.sqlite'}"
    alone = Town(open_ledger(alone_url, kind="virtual"), deployed.folder)
    alone.deploy()
    alone.run(when, lease)
    alone.deliver(PaperTransport(), when)

    barrier = Barrier(workers)
    papers = [PaperTransport() for _ in range(workers)]

    def one(number: int) -> None:
        mine = Town(open_ledger(url), deployed.folder)
        barrier.wait()
        mine.run(when, lease, owner=f"run-{number}")
        mine.deliver(papers[number], when, owner=f"deliver-{number}")
        mine.ledger.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(workers)))
    # A run that was skipped leaves its wish to the holder; whatever is left is sent by the next one.
    deployed.run(when, lease)
    last = PaperTransport()
    deployed.deliver(last, when)

    sent = [p.digest for paper in [*papers, last] for p in paper.parcels]
    assert len(sent) == len(set(sent)) == len(BRANCHES)
    campaign, installation = deployed.records()
    alone_campaign, alone_installation = alone.records()
    # The campaign's journal is the same to the digest; digests are sent in any order.
    assert campaign == alone_campaign
    assert sorted(r[2:4] for r in installation) == sorted(r[2:4] for r in alone_installation)
    with deployed.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None
        assert verify(conn, "*").broken_at is None
    alone.ledger.close()


def test_who_finds_the_lease_taken_leaves_a_note_and_the_holder_looks_again(deployed: Town) -> None:
    assert leasing.take_lease(deployed.ledger, HAIAN, "first")
    assert not leasing.take_lease(deployed.ledger, HAIAN, "second")
    assert deployed.run("2018-10-08 08:30", owner="third").skipped
    assert leasing.give_back_lease(deployed.ledger, HAIAN, "first"), "look again"
    assert not leasing.give_back_lease(deployed.ledger, HAIAN, "first")
    assert leasing.take_lease(deployed.ledger, HAIAN, "second")


def test_a_lease_that_was_not_renewed_can_be_taken(deployed: Town) -> None:
    clock = deployed.ledger.clock
    leasing.take_lease(deployed.ledger, HAIAN, "dead")
    deployed.ledger.clock = lambda: clock() + leasing.LEASE
    assert leasing.take_lease(deployed.ledger, HAIAN, "next")


def test_a_run_opens_the_phases_whose_time_has_come_or_which_still_owe_something(deployed: Town) -> None:
    def ids(when: str) -> list[str]:
        with deployed.ledger.read() as conn:
            return [p.id for p in open_phases(conn, deployed.plan, at(when))]

    assert ids("2018-09-06 08:30") == ["survey"]
    # The September return spans survey and action; until everybody has met it, survey stays open.
    assert ids("2018-09-21 08:30") == ["survey", "action"]
    for unit in BRANCHES:
        deployed.report(unit, "2018-09", "2018-10-05 09:00")
    assert ids("2018-10-06 08:30") == ["action"]


def test_the_campaign_closes_only_when_its_last_return_is_met_or_given_up(deployed: Town) -> None:
    for period, day in (("2018-09", "10-05"), ("2018-10", "11-05"), ("2018-11", "12-05")):
        for unit in BRANCHES:
            deployed.report(unit, period, f"2018-{day} 09:00")
    for unit in BRANCHES[:9]:
        deployed.report(unit, "2018-12", "2019-01-05 09:00")

    def closed(when: str) -> bool:
        with deployed.ledger.read() as conn:
            return is_closed(conn, deployed.plan, at(when))

    assert not closed("2019-01-05 10:00")
    # The inspection section's own list of 31 December is owed as well.
    deployed.decide("jicha", "", "give-up", "2019-01-15 10:00", duty="commendation")
    assert not closed("2019-03-01 10:00")
    # The list of commendations, which the inspection office owes its bureau, stays undone.
    to = Address(HAIAN, "jicha", "commendation", "")
    decide(deployed.ledger, to, "give-up", by="jicha", reason="test", as_of=at("2019-01-19 10:00"))
    deployed.decide("baidian", "2018-12", "give-up", "2019-01-20 10:00")
    assert not closed("2019-01-20 09:59")
    assert closed("2019-01-20 10:00")
    assert deployed.run("2019-01-21 08:30").closed


def test_a_campaign_deployed_in_the_middle_says_nothing_stale_and_counts_from_then(town: Town) -> None:
    town.deploy("2018-11-07 10:00")
    town.run("2018-11-07 10:05")
    # September and October were due before: outside every rate, and nobody is chased for them.
    assert town.count(t.message) == 0
    with town.ledger.read() as conn:
        action = next(p for p in open_phases(conn, town.plan, at("2018-11-07 10:05")) if p.id == "action")
    assert (action.opened.expected, action.opened.overdue) == (0, 0)
    town.run("2018-12-06 08:30")
    assert town.count(t.message, t.message.c.verdict == "send") == len(BRANCHES)


def test_deploying_the_same_plan_again_changes_nothing(deployed: Town) -> None:
    before = deployed.records()
    deployed.deploy("2018-09-07 08:30")
    assert deployed.records() == before
