"""What waits for a person: returns that are neither accepted nor returned, proposals without an answer; and
what came in last."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, exists, select

from duban.calendars import from_micros, to_micros
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services.deciding import needs_endorsement
from duban.services.proposing import APPROVER
from duban.services.watching import standings
from duban.standing import Standing

UNREVIEWED = ("received", "zero")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return that nobody has decided about."""

    standing: Standing
    version: int
    receipt_no: int
    received_at: datetime
    queries: int
    """Oddities of it that its unit has explained or been asked about."""
    superior: str | None
    """Id of the unit that has to endorse it before it can be accepted; None: nobody, or it has."""


def unanswered(conn: Connection, campaign: str) -> Counter[str]:
    """How many proposals wait for whom, by one query: what its unit has answered, or a person decided about
    since, is left out."""
    p, a, s, d = t.proposal.c, t.approval.c, t.submission.c, t.decision.c
    done = exists().where(s.obligation == p.obligation, s.recorded_at >= p.proposed_at, s.valid)
    moved = d.kind.in_(("extend", "waive", "give-up"))
    decided = exists().where(d.obligation == p.obligation, d.decided_at >= p.proposed_at, moved)
    later = t.proposal.alias()
    anew = exists().where(
        later.c.campaign == p.campaign, later.c.kind == p.kind, later.c.about == p.about,
        later.c.proposed_at > p.proposed_at,
    )  # fmt: skip
    rows = conn.scalars(
        select(case((p.obligation.is_not(None), p.content), else_="{}"))  # drafts are long
        .outerjoin(t.approval, a.proposal == p.id)
        .where(p.campaign == campaign, a.proposal.is_(None), ~done, ~decided, ~anew)
    )
    return Counter("leader" if json.loads(x).get(APPROVER) == "leader" else "coordinator" for x in rows)


def awaiting_review(
    conn: Connection, plan: Plan, scope: Scope, now: datetime, units: Iterable[str] | None = None
) -> list[Waiting]:
    """The returns of a scope that wait for review, the oldest first; those of some units only, where
    they are given. A copy is reviewed with what it is a copy of."""
    return of_standings(conn, plan, standings(conn, plan, scope, now), units)


def of_standings(
    conn: Connection, plan: Plan, found: Iterable[Standing], units: Iterable[str] | None = None
) -> list[Waiting]:
    """The same of standings that were read already."""
    meant = None if units is None else frozenset(units)
    mine = {f"{s.owed.key}@{s.version}": s for s in found if unreviewed(plan, s)}
    if meant is not None:
        mine = {name: s for name, s in mine.items() if s.owed.unit in meant}
    waiting = [
        _waiting(plan, mine[row.id], row)
        for row in _submissions(conn, list(mine))
    ]  # fmt: skip
    return sorted(waiting, key=lambda w: (w.received_at, w.receipt_no))


def unreviewed(plan: Plan, stands: Standing) -> bool:
    """Whether what counts of it was neither accepted nor returned."""
    duty = plan.duty.get(stands.owed.duty)
    return stands.came_in in UNREVIEWED and duty is not None and not duty.copy_of


def superior_first(plan: Plan, stands: Standing) -> str | None:
    """Id of the superior whose endorsement is still missing."""
    if stands.endorsed is not None or stands.owed.unit not in plan.unit:
        return None
    return needs_endorsement(plan, stands.owed.duty, stands.owed.unit)


def _waiting(plan: Plan, stands: Standing, row: Any) -> Waiting:
    received_at = from_micros(row.received_at, plan.zone)
    queries = sum(p.get("grade") == "query" for p in json.loads(row.problems))
    return Waiting(stands, row.version, row.receipt_no, received_at, queries, superior_first(plan, stands))


def _submissions(conn: Connection, ids: Sequence[str]) -> list[Any]:
    s = t.submission.c
    found: list[Any] = []
    for start in range(0, len(ids), 500):
        wanted = select(s.id, s.version, s.receipt_no, s.received_at, s.problems)
        found += conn.execute(wanted.where(s.id.in_(ids[start : start + 500])))
    return found


@dataclass(frozen=True, slots=True)
class Latest:
    """A return that came in lately, valid or not."""

    unit: str
    duty: str
    period: str
    subject: str
    version: int
    valid: bool
    received_at: datetime


def latest_returns(conn: Connection, plan: Plan, now: datetime, most: int = 8) -> list[Latest]:
    """What came in last, the newest first."""
    s, o = t.submission.c, t.obligation.c
    rows = conn.execute(
        select(o.unit, o.duty, o.period, o.subject, s.version, s.valid, s.received_at)
        .join(t.obligation, o.id == s.obligation)
        .where(s.campaign == plan.slug, s.recorded_at <= to_micros(now))
        .order_by(s.recorded_at.desc(), s.receipt_no.desc())
        .limit(most)
    )
    return [
        Latest(unit, duty, period, subject, version, valid, from_micros(received_at, plan.zone))
        for unit, duty, period, subject, version, valid, received_at in rows.tuples()
    ]
