"""Who is spoken to: successors, liaisons, nobody outside, and once for many tasks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from duban.ledger import Ledger, open_ledger
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.campaigns import deployed_plan, read_bundle
from duban.services.chasing import decide_messages
from duban.services.contacts import renew_contacts
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.watching import standings
from duban.settings import ROOT
from tests.store.test_deploying import put
from tests.support.plans import changed
from tests.support.town import BRANCHES, HAIAN, Town, at


def with_unit(unit: str, **values: str) -> Bundle:
    """Hai'an with more said about one unit of units.csv."""
    files = dict(changed().files)
    rows = list(csv.DictReader(io.StringIO(files["units.csv"])))
    names = [*rows[0], *(name for name in values if name not in rows[0])]
    out = io.StringIO()
    table = csv.DictWriter(out, names, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(row | values if row["id"] == unit else row for row in rows)
    files["units.csv"] = out.getvalue()
    return Bundle(tuple(files.items()))


def told(town: Town, when: str) -> dict[str, str]:
    """What each address is told by a run at `when`."""
    paper = PaperTransport()
    town.run(when)
    town.deliver(paper, when)
    return {p.address: p.plain for p in paper.parcels}


def test_what_a_closed_unit_still_owes_is_said_to_its_successor(deployed: Town) -> None:
    for unit in BRANCHES:
        deployed.report(unit, "2018-09", "2018-10-05 09:00")
    put(deployed, with_unit("baidian", closes="2018-10-31", successor="nanmo"), "2018-10-10 09:00")
    # Five days before 5 November Baidian is still there; on the 2nd, a working day before the 4th, it is not.
    first = told(deployed, "2018-10-31 08:30")
    assert "baidian" in first
    last = told(deployed, "2018-11-02 08:30")
    assert not {"baidian", "baidian@haian.example"} & set(last)
    mine = last["nanmo"]
    assert "白甸镇分局" in mine
    assert "南莫镇分局" in mine
    assert mine.count("2018年10月专项行动情况月报") == 2


def test_a_liaison_that_a_return_named_is_reached_before_the_plan_s_channel(deployed: Town) -> None:
    received = deployed.report("nanmo", "2018-09", "2018-10-05 09:00")
    row = {
        "campaign": HAIAN, "unit": "nanmo", "rank": 0, "name": "联络员", "position": "", "phone": "",
        "channel": "email", "address": "liaison@haian.example",
        "submission": f"{HAIAN}/monthly/nanmo/2018-09@{received.version}",
    }  # fmt: skip
    silent = row | {"rank": 1, "channel": None, "address": None}
    with deployed.ledger.write(HAIAN, as_of=at("2018-10-05 10:00")) as w:
        w.conn.execute(t.liaison.insert(), [row, silent])
        renew_contacts(w, deployed_plan(w.conn, HAIAN))
    assert ways(deployed.ledger, "unit:nanmo") == ["liaison@haian.example", "nanmo", "nanmo@haian.example"]
    found = told(deployed, "2018-10-31 08:30")
    assert "liaison@haian.example" in found
    assert "nanmo" not in found
    # A new version of the plan keeps the unit's own liaison first.
    put(deployed, changed(("units.csv", "email=nanmo@haian", "email=new@haian")), "2018-11-01 09:00")
    assert ways(deployed.ledger, "unit:nanmo") == ["liaison@haian.example", "nanmo", "new@haian.example"]


def ways(ledger: Ledger, recipient: str) -> list[str]:
    of, c = t.contact_of.c, t.contact.c
    wanted = select(c.address).join(t.contact_of, of.contact == c.id).where(of.recipient == recipient)
    with ledger.read() as conn:
        return list(conn.scalars(wanted.order_by(of.rank)))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with closing(open_ledger(url, kind="virtual")) as found:
        yield found


def start(ledger: Ledger, slug: str, when: str) -> None:
    deploy(ledger, read_bundle(ROOT / "data" / "campaigns" / slug), reason="test", as_of=at(when))


def keys_with_moments(ledger: Ledger) -> set[str]:
    with ledger.read() as conn:
        return set(conn.scalars(select(t.moment.c.obligation).distinct()))


def test_a_copy_is_owed_and_not_asked_for_beside_its_original(ledger: Ledger) -> None:
    start(ledger, "sanming-2023", "2023-07-01 09:00")
    found = {key.split("/")[1] for key in keys_with_moments(ledger)}
    assert "midterm" in found
    assert "midterm-copy" not in found
    with ledger.read() as conn:
        copies = conn.scalars(select(t.obligation.c.unit).where(t.obligation.c.duty == "midterm-copy")).all()
    assert len(copies) == 11  # one of each municipal department


def test_units_outside_are_not_reached(ledger: Ledger) -> None:
    bundle = with_unit("yazhou", groups="branches;outsiders")
    files = dict(bundle.files)
    head, rest = files["plan.yaml"].split("groups:\n", 1)
    group = "  - {id: outsiders, name: 系统外单位, outside: true, origin: coordinator}\n"
    files["plan.yaml"] = f"{head}groups:\n{group}{rest}"
    deploy(ledger, Bundle(tuple(files.items())), reason="test", as_of=at("2018-09-06 08:30"))
    units = {key.split("/")[2] for key in keys_with_moments(ledger) if "/monthly/" in key}
    assert units == set(BRANCHES) - {"yazhou"}
    assert ways(ledger, "unit:yazhou") == []
    assert ways(ledger, "unit:nanmo") == ["nanmo", "nanmo@haian.example"]


def test_who_leads_several_tasks_is_told_once(ledger: Ledger, tmp_path: Path) -> None:
    start(ledger, "chongming-food", "2019-10-08 09:00")
    # October's reports are due on 5 November: reminded three days before, a Saturday, so on Friday the 1st.
    now = at("2019-11-01 08:30")
    decide_messages(ledger, "chongming-food", as_of=now)
    paper = PaperTransport()
    deliver(ledger, paper, renderer(), owner="test", as_of=now)
    # The office 办公室 leads 4.1 (with others, and first) and 5.3; the net section 网监科 one task.
    told = {p.address: p.plain for p in paper.parcels}
    office = told["bangongshi@chongming.example"]
    assert office.count("重点工作进展月报") == 1
    assert "（任务4.1、5.3，共2项）" in office
    assert told["wangjian@chongming.example"].count("（任务") == 1
    with ledger.read() as conn:
        m = t.message.c
        mine = conn.scalars(select(m.obligation).where(m.recipient == "unit:bangongshi")).all()
    assert sorted(key.rsplit("/", 1)[1] for key in mine) == ["4.1", "5.3"]


LIMITED = changed(
    (
        "plan.yaml",
        "rhythm: {when: event}\n    form: major-case",
        "rhythm: {when: event, within: {days: 2}, origin: coordinator}\n"
        "    moments: {chase: [1], origin: coordinator}\n    form: major-case",
    )
)
"""Major cases within two days of their finding."""


def test_an_event_with_a_limit_is_chased_from_its_first_report_on_until_a_valid_one(town: Town) -> None:
    put(town, LIMITED, "2018-09-06 08:30")
    # Found on 22 October: to be reported by the end of the 24th, chased on Thursday the 25th.
    refused = town.send("haian", "2018-10-22", "2018-10-22 15:00", b"{}", "case.json", duty="major-case")
    assert not refused.valid
    assert refused.due_at == at("2018-10-25 00:00")

    def chased() -> int:
        about = t.message.c.obligation == f"{HAIAN}/major-case/haian/2018-10-22"
        return town.count(t.message, about, t.message.c.kind == "chase", t.message.c.verdict == "send")

    town.run("2018-10-24 08:30")
    assert chased() == 0
    town.run("2018-10-25 08:30")
    assert chased() == 1


def test_an_event_reported_within_its_limit_is_on_time_and_nothing_is_said(town: Town) -> None:
    put(town, LIMITED, "2018-09-06 08:30")
    data = b'{"cells": {"case_name": "A", "narrative": "B", "value": "1"}}'
    town.send("haian", "2018-10-22", "2018-10-24 23:59:59", data, "case.json", duty="major-case")
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        (found,) = standings(conn, plan, Scope(HAIAN, duty="major-case"), at("2018-10-25 09:00"))
    assert (found.on_time, found.expected, found.open) == (True, True, False)
    town.run("2018-10-25 08:30")
    assert town.count(t.message, t.message.c.obligation == found.owed.key) == 0
