"""What held on a day is read as it held then: moved due times, dropped duties, waivers, days set later."""

from __future__ import annotations

import pytest

from duban.calendars import to_micros
from duban.errors import NotAllowed
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.ledger.queries import Scope
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide
from duban.services.deploying import deploy
from duban.services.receiving import Address
from duban.services.watching import open_stages, standings
from duban.standing import Standing
from tests.store.test_deploying import put
from tests.support.plans import changed
from tests.support.town import BRANCHES, HAIAN, Town, at

LATER_DAY = changed(("plan.yaml", "on: 5", "on: 8"))
"""The monthly return on the 8th."""
AMENDED = "2018-10-10 09:00"


def seen(town: Town, when: str, **scope: str) -> list[Standing]:
    """What a reading as of `when` finds, under the plan in force then."""
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN, at(when))
        return standings(conn, plan, Scope(HAIAN, **scope), at(when))  # type: ignore[arg-type]


def due_days(town: Town, when: str, unit: str = "qutang") -> list[str]:
    """The exclusive due times of a unit's monthly returns, as days."""
    return [f"{s.due_at:%m-%d}" for s in seen(town, when, unit=unit, duty="monthly") if s.due_at]


def test_a_day_before_an_amendment_shows_the_due_times_of_that_day(deployed: Town) -> None:
    put(deployed, LATER_DAY, AMENDED)
    # September's return, due on 5 October, was due already; the others move from the 5th to the 8th.
    assert due_days(deployed, "2018-10-10 08:59:59") == ["10-06", "11-06", "12-06", "01-06"]
    assert due_days(deployed, AMENDED) == ["10-06", "11-09", "12-09", "01-09"]


def test_each_of_several_amendments_is_seen_on_its_days(deployed: Town) -> None:
    put(deployed, LATER_DAY, AMENDED)
    put(deployed, changed(("plan.yaml", "on: 5", "on: 3")), "2018-11-20 09:00")
    assert due_days(deployed, "2018-11-20 08:59") == ["10-06", "11-09", "12-09", "01-09"]
    assert due_days(deployed, "2018-11-20 09:00") == ["10-06", "11-09", "12-04", "01-04"]
    with deployed.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_what_was_due_keeps_its_extension_through_an_amendment(deployed: Town) -> None:
    deployed.decide("qutang", "2018-09", "extend", "2018-10-05 09:00", until=at("2018-10-20"))
    put(deployed, LATER_DAY, AMENDED)
    assert due_days(deployed, AMENDED) == ["10-20", "11-09", "12-09", "01-09"]
    assert due_days(deployed, AMENDED, "haian")[0] == "10-06"
    deployed.run("2018-10-20 08:30")
    # Extended to 19 October: the first chase is on the 20th, a Saturday, so it goes on Monday the 22nd.
    late = t.message.c.due_at == to_micros(at("2018-10-20 00:00"))
    deployed.run("2018-10-22 08:30")
    assert (
        deployed.count(t.message, late, t.message.c.recipient == "unit:qutang", t.message.c.kind == "chase")
        == 1
    )


def test_an_open_return_is_still_chased_around_its_own_day_after_an_amendment(deployed: Town) -> None:
    deployed.report("qutang", "2018-10", "2018-11-01 09:00")
    deployed.decide("qutang", "2018-10", "return", "2018-11-02 09:00", until=at("2018-11-15"))
    put(deployed, changed(("units.csv", "email=libao@", "email=new@")), "2018-11-02 10:00")
    deployed.run("2018-11-15 08:30")
    # To be answered by 14 November: the first chase is on the 15th.
    mine = (t.message.c.recipient == "unit:qutang") & (t.message.c.verdict == "send")
    assert deployed.count(t.message, mine, t.message.c.kind == "chase", t.message.c.days == 1) == 1


def test_a_shorter_plan_drops_the_returns_it_no_longer_wants(deployed: Town) -> None:
    deployed.report("qutang", "2018-09", "2018-10-02 09:00")
    put(deployed, changed(("plan.yaml", "last: 2018-12", "last: 2018-10")), AMENDED)
    assert due_days(deployed, AMENDED) == ["10-06", "11-06"]
    assert due_days(deployed, "2018-10-10 08:59") == ["10-06", "11-06", "12-06", "01-06"]
    assert deployed.count(t.moment, t.moment.c.obligation.contains("/2018-12")) == 0
    put(deployed, changed(("plan.yaml", "last: 2018-12", "last: 2018-11")), "2018-10-11 09:00")
    assert due_days(deployed, "2018-10-11 09:00") == ["10-06", "11-06", "12-06"]
    assert deployed.count(t.moment, t.moment.c.obligation.contains("/monthly/"), ~t.moment.c.settled) > 0


def test_a_message_about_what_was_dropped_is_not_sent(deployed: Town) -> None:
    for unit in BRANCHES:
        deployed.report(unit, "2018-09", "2018-10-05 09:00")
    deployed.run("2018-10-31 08:30")
    waiting = deployed.count(t.unsealed)
    assert waiting == len(BRANCHES)  # reminded five days before 5 November
    put(deployed, changed(("plan.yaml", "last: 2018-12", "last: 2018-09")), "2018-10-31 08:31")
    paper = PaperTransport()
    assert deployed.deliver(paper, "2018-10-31 08:32").withdrawn == waiting
    assert not paper.parcels


def test_an_event_is_not_dropped_by_an_amendment(deployed: Town) -> None:
    data = b'{"cells": {"case_name": "A", "narrative": "B", "value": "1"}}'
    deployed.send("haian", "2018-10-08", "2018-10-08 15:00", data, "case.json", duty="major-case")
    put(deployed, LATER_DAY, AMENDED)
    assert [s.owed.period for s in seen(deployed, AMENDED, duty="major-case")] == ["2018-10-08"]
    assert seen(deployed, "2018-10-08 14:59", duty="major-case") == []


WAIVED = """waivers:
  - {units: qutang, duty: monthly, periods: [2018-11], reason: 机构改革, origin: coordinator}

duties:
"""


def test_a_waiver_of_the_plan_takes_a_return_out_of_the_count_and_silences_it(deployed: Town) -> None:
    put(deployed, changed(("plan.yaml", "duties:\n", WAIVED)), AMENDED)
    found = {s.owed.period: s for s in seen(deployed, AMENDED, unit="qutang", duty="monthly")}
    assert found["2018-11"].came_in == "waived"
    assert not found["2018-11"].expected
    assert found["2018-12"].expected
    before = {s.owed.period: s for s in seen(deployed, "2018-10-10 08:59", unit="qutang", duty="monthly")}
    assert before["2018-11"].expected
    assert deployed.count(t.moment, t.moment.c.obligation.contains("/qutang/2018-11")) == 0


def test_a_phase_that_moves_takes_its_returns_with_it_from_then_on(deployed: Town) -> None:
    def phases(when: str) -> tuple[str, ...]:
        return seen(deployed, when, unit="qutang", duty="monthly", period="2018-11")[0].owed.phases

    edits = (
        ("plan.yaml", "end: {date: 2018-11-30, precision: month,", "end: {date: 2018-11-15,"),
        ("plan.yaml", "start: {date: 2018-12-01, precision: month,", "start: {date: 2018-11-16,"),
    )
    put(deployed, changed(*edits), AMENDED)
    assert phases("2018-10-10 08:59") == ("action",)
    assert phases(AMENDED) == ("action", "consolidation")
    assert len(seen(deployed, "2018-10-10 08:59", phase="consolidation", unit="qutang")) == 1
    assert len(seen(deployed, AMENDED, phase="consolidation", unit="qutang")) == 2


def test_an_amendment_needs_a_reason_and_the_first_deployment_none(town: Town) -> None:
    done = deploy(town.ledger, changed(), reason="", as_of=at("2018-09-06 08:30"))
    assert done.version == 1
    assert not deploy(town.ledger, changed(), reason="", as_of=at("2018-09-07 08:30")).changed
    with pytest.raises(NotAllowed, match="amendment-needs-reason"):
        deploy(town.ledger, LATER_DAY, reason=" ", as_of=at(AMENDED))
    assert town.count(t.plan_version) == 1


UNDETERMINED = changed(("plan.yaml", "rhythm: {end_of: consolidation}", "rhythm: {due: undetermined}"))
DETERMINED = "origin: coordinator\ndetermined: {commendation: 2018-12-20}\n"


def with_day(bundle: Bundle) -> Bundle:
    return Bundle(tuple(sorted([*bundle.files, ("given.yaml", DETERMINED)])))


def test_a_return_of_undetermined_day_is_owed_when_the_day_is_set_and_stays_so(town: Town) -> None:
    def due(when: str) -> list[str]:
        return [f"{s.due_at:%m-%d}" for s in seen(town, when, duty="commendation") if s.due_at]

    put(town, UNDETERMINED, "2018-09-06 08:30")
    assert due("2018-10-01 09:00") == []
    put(town, with_day(UNDETERMINED), AMENDED)
    assert due("2018-10-10 08:59") == []
    assert due(AMENDED) == ["12-21"]
    # The folder itself does not know the day: deployed again with another change, the day holds on.
    files = dict(UNDETERMINED.files)
    files["plan.yaml"] = files["plan.yaml"].replace("on: 5", "on: 8")
    put(town, Bundle(tuple(files.items())), "2018-10-12 09:00")
    assert due("2018-10-12 09:00") == ["12-21"]
    assert due_days(town, "2018-10-12 09:00")[1] == "11-09"


def test_what_has_no_due_time_keeps_no_phase_open(town: Town) -> None:
    put(town, UNDETERMINED, "2018-09-06 08:30")
    for period, day in (
        ("2018-09", "10-05"),
        ("2018-10", "11-05"),
        ("2018-11", "12-05"),
        ("2018-12", "12-31"),
    ):
        for unit in BRANCHES:
            to = Address(HAIAN, unit, "monthly", period)
            decide(town.ledger, to, "waive", by="jicha", reason="test", as_of=at(f"2018-{day} 09:00"))
    with town.ledger.read() as conn:
        assert open_stages(conn, deployed_plan(conn, HAIAN), at("2019-01-10 09:00")) == []


def test_an_amendment_that_changes_no_due_time_lays_down_no_terms(deployed: Town) -> None:
    before = deployed.count(t.term)
    put(deployed, changed(("units.csv", "email=libao@", "email=new@")), AMENDED)
    assert deployed.count(t.term) == before
    put(deployed, LATER_DAY, "2018-10-11 09:00")
    # Ten branches, the returns of October, November and December.
    assert deployed.count(t.term) == before + 3 * len(BRANCHES)
