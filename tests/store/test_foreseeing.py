"""Every message to come is foreseen, and what was foreseen is what is then said."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from duban.agenda import obligations
from duban.ledger import tables as t
from duban.plan import Bundle, parse
from duban.rehearsal import PaperTransport
from duban.services.approving import answer
from duban.services.campaigns import deployed_plan
from duban.services.foreseeing import Coming, announced, coming, planned
from tests.support import colours
from tests.support.plans import changed
from tests.support.town import BRANCHES, HAIAN, Town, at

OCTOBER = f"{HAIAN}/monthly/baidian/2018-10"


def foreseen(town: Town, when: str) -> list[Coming]:
    with town.ledger.read() as conn:
        return coming(conn, deployed_plan(conn, HAIAN), at(when))


def about(found: list[Coming], key: str) -> list[tuple[str, str, str]]:
    return [(x.kind, f"{x.at:%m-%d %H:%M}", x.stage) for x in found if x.key == key]


def said_from(town: Town, first: datetime, days: int) -> set[tuple[str, str, int, datetime]]:
    """What is really decided on that many mornings: obligation, kind, days, when."""
    for n in range(days):
        town.run(f"{first + timedelta(days=n):%Y-%m-%d} 08:30")
    m = t.message.c
    with town.ledger.read() as conn:
        rows = conn.execute(select(m.obligation, m.kind, m.days, m.moment_at).where(m.verdict == "send"))
        return {(r.obligation, r.kind, r.days, town.plan.local(r.moment_at)) for r in rows}


def test_what_is_foreseen_is_what_is_said_when_nothing_comes_in(deployed: Town) -> None:
    found = foreseen(deployed, "2018-10-28 12:00")
    first, last = at("2018-10-28 08:30"), at("2018-11-30 08:30")
    # The first of these mornings takes up what passed while nobody looked.
    wanted = {(x.key, x.kind, x.days, x.at) for x in found if x.at <= last}
    assert said_from(deployed, first + timedelta(days=1), 33) == wanted
    assert len({x.key for x in found if x.stage == "due"}) == 10  # September's returns, of ten branches


def test_octobers_return_is_reminded_of_twice_and_chased_three_times(deployed: Town) -> None:
    # Due on Monday 5 November: 5 days and 1 working day before, 1, 3 and 7 days after, 10 days to escalate.
    # 31 October and 2 November are working days; so are the 6th, 8th, 12th and 15th.
    assert about(foreseen(deployed, "2018-10-28 12:00"), OCTOBER) == [
        ("remind", "10-31 08:30", "planned"), ("remind", "11-02 08:30", "planned"),
        ("chase", "11-06 08:30", "planned"), ("chase", "11-08 08:30", "planned"),
        ("chase", "11-12 08:30", "planned"), ("escalate", "11-15 08:30", "planned"),
    ]  # fmt: skip


def test_who_hears_of_it_and_how(deployed: Town) -> None:
    mine = [x for x in foreseen(deployed, "2018-10-28 12:00") if x.key == OCTOBER]
    assert {(x.kind, x.to, x.unit) for x in mine} == {
        ("remind", "baidian", "baidian"), ("chase", "baidian", "baidian"), ("escalate", "jicha", "baidian"),
    }  # fmt: skip
    assert all(x.channel for x in mine)


def test_what_is_met_falls_away_and_comes_back_with_the_time_of_its_return(deployed: Town) -> None:
    deployed.report("baidian", "2018-10", "2018-11-05 09:00")
    assert about(foreseen(deployed, "2018-11-05 10:00"), OCTOBER) == []
    deployed.decide(
        "baidian", "2018-10", "return", "2018-11-06 10:00", version=1, until=at("2018-11-10 00:00")
    )
    # To come again by Friday the 9th: chased on the working days after 1, 3 and 7 days (Saturday the 10th
    # becomes Monday the 12th, which the 3rd day is too), escalated on the 19th.
    found = about(foreseen(deployed, "2018-11-06 11:00"), OCTOBER)
    assert [x for x in found if x[2] == "planned" and x[0] != "remind"] == [
        ("chase", "11-12 08:30", "planned"), ("chase", "11-16 08:30", "planned"),
        ("escalate", "11-19 08:30", "planned"),
    ]  # fmt: skip
    assert ("return", "11-06 10:00", "decided") in found


def test_an_extension_moves_what_is_to_come(deployed: Town) -> None:
    deployed.decide("baidian", "2018-10", "extend", "2018-11-01 09:00", until=at("2018-11-13 00:00"))
    found = [x for x in foreseen(deployed, "2018-11-01 10:00") if x.key == OCTOBER and x.stage == "planned"]
    assert {x.due_at for x in found} == {at("2018-11-13 00:00")}
    assert next(x.at for x in found if x.kind == "chase") == at("2018-11-13 08:30")


def test_what_is_decided_waits_until_it_was_delivered(deployed: Town) -> None:
    deployed.run("2018-10-31 08:30")
    assert about(foreseen(deployed, "2018-10-31 08:31"), OCTOBER)[0] == ("remind", "10-31 08:30", "decided")
    deployed.deliver(PaperTransport(), "2018-10-31 08:32")
    assert about(foreseen(deployed, "2018-10-31 08:33"), OCTOBER)[0] == ("remind", "11-02 08:30", "planned")


def test_a_plan_foresees_what_its_deployment_then_does(deployed: Town) -> None:
    plan = deployed.plan
    asked = planned(plan, (o for o in obligations(plan) if not o.is_event), at("2018-09-06 08:31"))
    assert {(x.key, x.kind, x.days, x.at, x.to, x.due_at) for x in asked} == {
        (x.key, x.kind, x.days, x.at, x.to, x.due_at) for x in foreseen(deployed, "2018-09-06 08:30")
    }


# ---- colours, and what is told to many -----------------------------------------------------------


def coloured_days(town: Town, first: datetime, days: int) -> set[tuple[str, str, datetime]]:
    """What is said of colours on that many mornings, each proposal approved ten minutes after its run."""
    for n in range(days):
        day = f"{first + timedelta(days=n):%Y-%m-%d}"
        town.run(f"{day} 08:30")
        for waits in colours.waiting(town, f"{day} 08:35"):
            when = at(f"{day} 08:40")
            answer(town.ledger, HAIAN, waits.id, "approve", by="分管领导", role="leader", as_of=when)
    m, p = t.message.c, t.proposal.c
    with town.ledger.read() as conn:
        blue = conn.execute(select(m.obligation, m.kind, m.decided_at).where(m.kind == "blue")).all()
        laid = conn.execute(select(p.obligation, p.kind, p.proposed_at)).all()
    return {(key, kind, town.plan.local(micros)) for key, kind, micros in [*blue, *laid]}


def test_colours_that_are_foreseen_are_those_that_come(town: Town) -> None:
    colours.only(town, "libao", "yazhou")
    found = [x for x in foreseen(town, "2018-11-05 12:00") if x.kind in ("blue", "orange", "red")]
    october = {(x.key, x.kind, x.at) for x in found if x.period == "2018-10"}
    # Due on Monday the 5th: Thursday the 8th, Monday the 12th, Monday the 19th.
    assert october == {
        (colours.key(unit), kind, at(f"2018-11-{day:02} 08:30"))
        for unit in ("libao", "yazhou")
        for kind, day in (("blue", 8), ("orange", 12), ("red", 19))
    }
    assert coloured_days(town, at("2018-11-06 08:30"), 20) == october


def test_blue_takes_the_place_of_that_mornings_chase(town: Town) -> None:
    colours.only(town, "libao")
    mine = about(foreseen(town, "2018-11-07 12:00"), colours.key("libao"))
    assert [x for x in mine if x[1].startswith("11-08")] == [("blue", "11-08 08:30", "planned")]
    town.run("2018-11-08 09:00")
    assert ("blue", "11-08 08:30", "decided") in about(
        foreseen(town, "2018-11-08 09:01"), colours.key("libao")
    )


def test_no_colour_is_foreseen_behind_one_that_waits_or_was_refused(town: Town) -> None:
    colours.only(town, "libao")
    town.run("2018-11-08 08:30")
    town.run("2018-11-12 08:30")
    mine = about(foreseen(town, "2018-11-12 09:00"), colours.key("libao"))
    assert ("orange", "11-12 08:30", "proposed") in mine
    assert "red" not in {kind for kind, _, _ in mine}
    asks = [x for x in foreseen(town, "2018-11-12 09:00") if x.kind == "approve"]
    assert [(x.proposed, x.unit, x.hearer, x.stage) for x in asks] == [
        ("orange", "libao", "coordinator", "decided")
    ]
    colours.approve(town, "2018-11-12 09:10", verdict="return", reason="已电话说明")
    refused = {kind for kind, _, _ in about(foreseen(town, "2018-11-12 09:20"), colours.key("libao"))}
    assert not refused & {"orange", "red"}


def test_an_approved_letter_waits_for_the_head_and_red_follows_a_week_later(town: Town) -> None:
    colours.only(town, "libao")
    town.run("2018-11-08 08:30")
    town.run("2018-11-12 08:30")
    colours.approve(town, "2018-11-14 09:00")
    mine = [x for x in foreseen(town, "2018-11-14 09:10") if x.key == colours.key("libao")]
    letters = {(x.kind, x.hearer, f"{x.at:%m-%d}", x.stage) for x in mine if x.kind in ("orange", "red")}
    # Approved on Wednesday the 14th, so red not before Wednesday the 21st.
    assert letters == {
        ("orange", "head:libao", "11-14", "decided"), ("red", "leader:libao", "11-21", "planned"),
    }  # fmt: skip


SPEAKING = changed(
    ("plan.yaml", "groups:\n", "messages: {kickoff: true, origin: coordinator}\n\ngroups:\n"),
    ("plan.yaml", colours.BEFORE, f"{colours.BEFORE}    circular: 10\n"),
    ("plan.yaml", "zero_report: coordinator}", "zero_report: coordinator, circular: coordinator}"),
)


def test_who_hears_of_the_beginning_is_foreseen(town: Town) -> None:
    colours.put_in_force(town, "2018-09-04 10:00", SPEAKING)
    mine = [x for x in foreseen(town, "2018-09-04 10:01") if x.kind == "kickoff"]
    # The campaign begins on Thursday 6 September.
    assert {(f"{x.at:%m-%d %H:%M}", x.stage, x.duty, x.due_at) for x in mine} == {
        ("09-06 08:30", "planned", "", None)
    }
    town.run("2018-09-06 08:30")
    m = t.message.c
    with town.ledger.read() as conn:
        told = set(conn.scalars(select(m.recipient).where(m.kind == "kickoff")))
    assert told == {x.hearer for x in mine} >= {f"unit:{u}" for u in BRANCHES}
    waits = [x for x in foreseen(town, "2018-09-06 08:31") if x.kind == "kickoff"]
    assert {x.stage for x in waits} == {"decided"}
    assert len(waits) == len(mine)


def test_a_circular_is_foreseen_then_waits_then_goes_to_all_who_owe(town: Town) -> None:
    colours.put_in_force(town, bundle=SPEAKING)
    found = [x for x in foreseen(town, "2018-11-06 12:00") if x.kind == "circular" and x.period == "2018-10"]
    # Ten days after 5 November, a Thursday.
    assert [(f"{x.at:%m-%d %H:%M}", x.stage, x.hearer) for x in found] == [
        ("11-15 08:30", "planned", "coordinator")
    ]
    town.run("2018-11-15 08:30")
    laid = [x for x in foreseen(town, "2018-11-15 08:31") if x.period == "2018-10" and x.kind == "circular"]
    assert {x.to for x in laid} == set(BRANCHES)
    assert {x.stage for x in laid} == {"proposed"}


@pytest.mark.parametrize(
    ("bundle", "kinds"),
    [(colours.coloured(), {"blue", "orange", "red"}), (SPEAKING, {"kickoff", "circular"})],
)
def test_a_plan_alone_foresees_what_its_ledger_foresees(town: Town, bundle: Bundle, kinds: set[str]) -> None:
    colours.put_in_force(town, "2018-09-04 10:00", bundle)
    plan, since = parse(bundle), at("2018-09-04 10:01")
    mine = planned(plan, (x for x in obligations(plan) if not x.is_event), since)
    asked = [*mine, *announced(plan, since)]
    assert kinds <= {x.kind for x in asked}
    assert {(x.key, x.kind, x.days, x.at, x.hearer, x.period, x.channel) for x in asked} == {
        (x.key, x.kind, x.days, x.at, x.hearer, x.period, x.channel)
        for x in foreseen(town, "2018-09-04 10:01")
    }
