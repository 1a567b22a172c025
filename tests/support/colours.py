"""Hai'an with three-colour supervision switched on, made up: blue 3, orange 7, red 14 days after the due day.

October's return is due on Monday 5 November 2018. It is chased on the 6th, 8th and 12th; blue falls on
Thursday the 8th, orange on Monday the 12th, red on Monday the 19th. Yazhou is a partner of the bureau and not
below it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from duban.ledger import tables as t
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.services.addresses import Address
from duban.services.approving import answer
from duban.services.campaigns import deployed_plan
from duban.services.deploying import deploy
from duban.services.proposing import Proposal, proposals
from tests.support.plans import changed
from tests.support.town import BRANCHES, HAIAN, Town, at

RULE = "{blue: 3, orange: 7, red: 14, leader_approves: [red], origin: coordinator}"
BEFORE = "    moments: {origin: coordinator, remind: [5, 1], chase: [1, 3, 7], escalate: 10}\n"
PARTNERS = "  - {id: partners, name: 协作单位, peer: true, origin: coordinator}\n"
SEPTEMBER, OCTOBER, DECEMBER = "2018-09", "2018-10", "2018-12"
LEADER = "fenguan@haian.example"
"""In charge of all branches."""
CHIEF = "juzhang@haian.example"
"""In charge of the coordinator: approves red."""


def coloured(rule: str = RULE, chase: str = "[1, 3, 7]") -> Bundle:
    """The plan; with another rule where one is given, or without one."""
    moments = BEFORE.replace("[1, 3, 7]", chase)
    said = f"{moments}    escalation: {rule}\n" if rule else moments
    files = dict(
        changed(("plan.yaml", BEFORE, said), ("plan.yaml", "groups:\n", "groups:\n" + PARTNERS)).files
    )
    files["units.csv"] = _with_heads(files["units.csv"])
    return Bundle(tuple(files.items()))


def _with_heads(table: str) -> str:
    rows = list(csv.DictReader(io.StringIO(table)))
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0], "head", "leader"], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        branch = row["id"] in BRANCHES
        chief = CHIEF if row["id"] == "jicha" else ""
        row["head"] = f"email=head-{row['id']}@haian.example" if branch else ""
        row["leader"] = f"email={LEADER if branch else chief}" if branch or chief else ""
        row["groups"] = "branches;partners" if row["id"] == "yazhou" else row["groups"]
        writer.writerow(row)
    return out.getvalue()


def put_in_force(town: Town, when: str = "2018-09-06 08:30", bundle: Bundle | None = None) -> None:
    deploy(town.ledger, bundle or coloured(), reason="test", as_of=at(when))


def others_report(town: Town, *owing: str, period: str = OCTOBER, when: str = "2018-11-01 08:00") -> None:
    """All branches but some send a period's return."""
    for unit in BRANCHES:
        if unit not in owing:
            town.report(unit, period, when)


def only(town: Town, *owing: str, bundle: Bundle | None = None) -> None:
    """The plan in force, September in, and October in but for some."""
    put_in_force(town, bundle=bundle)
    others_report(town, period=SEPTEMBER, when="2018-10-05 09:00")
    others_report(town, *owing)


def key(unit: str, period: str = OCTOBER) -> str:
    return f"{HAIAN}/monthly/{unit}/{period}"


def to(unit: str, period: str = OCTOBER) -> Address:
    return Address(HAIAN, unit, "monthly", period)


def told(town: Town, when: str, *, run: bool = True) -> dict[str, list[str]]:
    """The subjects of what each address is sent by a run and a delivery at `when`."""
    found: dict[str, list[str]] = {}
    for parcel in parcels(town, when, run=run):
        found.setdefault(parcel.address, []).append(parcel.subject)
    return found


def parcels(town: Town, when: str, *, run: bool = True) -> list[Any]:
    paper = PaperTransport()
    if run:
        town.run(when)
    town.deliver(paper, when)
    return list(paper.parcels)


def said(town: Town, unit: str, period: str = OCTOBER) -> list[tuple[str, str]]:
    """Colours said about a return, with the day they were decided, in order."""
    m = t.message.c
    mine = (m.obligation == key(unit, period)) & m.kind.in_(("blue", "orange", "red"))
    wanted = select(m.kind, m.decided_at).where(mine, m.verdict == "send").order_by(m.decided_at)
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        return [(r.kind, plan.local(r.decided_at).date().isoformat()) for r in conn.execute(wanted)]


def waiting(town: Town, when: str) -> list[Proposal]:
    """What waits for an answer."""
    with town.ledger.read() as conn:
        return proposals(conn, deployed_plan(conn, HAIAN), at(when), open_only=True)


def kinds(found: Iterable[Proposal]) -> list[tuple[str, str]]:
    return [(x.unit, x.kind) for x in found]


def approve(town: Town, when: str, role: Any = "leader", verdict: Any = "approve", **more: Any) -> Proposal:
    """Answer the one proposal that waits."""
    (one,) = waiting(town, when)
    return answer(
        town.ledger, HAIAN, one.id, verdict, by="分管领导", role=role, as_of=at(when), **more
    )  # fmt: skip


def moments(town: Town, unit: str, period: str = OCTOBER) -> dict[str, tuple[datetime, bool]]:
    """When each colour of a return is looked at next, and whether that is settled; for its last due time."""
    m = t.moment.c
    wanted = (
        select(m.kind, m.at, m.settled)
        .where(m.obligation == key(unit, period), m.kind.in_(("blue", "orange", "red")))
        .order_by(m.due_at)
    )
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        return {r.kind: (plan.local(r.at), bool(r.settled)) for r in conn.execute(wanted)}
