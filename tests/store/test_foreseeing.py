"""Every message to come is foreseen, and what was foreseen is what is then said."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from duban.agenda import obligations
from duban.ledger import tables as t
from duban.rehearsal import PaperTransport
from duban.services.foreseeing import Coming, coming, planned
from tests.support.town import HAIAN, Town, at

OCTOBER = f"{HAIAN}/monthly/baidian/2018-10"


def foreseen(town: Town, when: str) -> list[Coming]:
    with town.ledger.read() as conn:
        return coming(conn, town.plan, at(when))


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
