"""What the ledger says of plans, of what is owed and of what came in, by name. Instants come back on the
clocks of `zone`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    func,
    select,
)

from duban import calendars
from duban.ledger import tables as t
from duban.standing import Arrival, Owed, Ruling


@dataclass(frozen=True, slots=True)
class Scope:
    """Which obligations of a campaign are meant; None leaves a side open."""

    campaign: str
    duty: str | None = None
    period: str | None = None
    unit: str | None = None
    phase: str | None = None
    """Those that belong to this phase."""
    key: str | None = None
    """One obligation."""
    unsettled_until: int | None = None
    """Those with a moment that has come by then and that nothing was decided about."""
    keys: tuple[str, ...] | None = None
    """These and no others; a few hundred at most."""

    def where(self, phases: ColumnElement[str] = t.obligation.c.phases) -> ColumnElement[bool]:
        """The scope as a condition on `obligation`; `phases` may be those of an earlier term."""
        o = t.obligation.c
        # SQLite would read the whole campaign to find a few keys in it, which name their campaign anyway.
        conditions: list[ColumnElement[bool]] = [
            o.campaign == self.campaign if self.keys is None else o.id.in_(self.keys)
        ]
        for column, wanted in ((o.duty, self.duty), (o.period, self.period), (o.unit, self.unit)):
            if wanted is not None:
                conditions.append(column == wanted)
        if self.phase is not None:
            conditions.append(phases.contains(f" {self.phase} ", autoescape=True))
        if self.key is not None:
            conditions.append(o.id == self.key)
        if self.unsettled_until is not None:
            m = t.moment.c
            come = (m.campaign == self.campaign) & (m.at <= self.unsettled_until) & ~m.settled
            conditions.append(o.id.in_(select(m.obligation).where(come)))
        return and_(*conditions)


# Built once, since everything begins with it.
_NEWEST = (
    select(t.plan_version.c.bundle)
    .where(t.plan_version.c.campaign == bindparam("of"))
    .order_by(t.plan_version.c.version.desc())
    .limit(1)
)
_NEWEST_BY = _NEWEST.where(t.plan_version.c.recorded_at <= bindparam("by"))


def plan_in_force(conn: Connection, campaign: str, at: int | None = None) -> str | None:
    """Digest of the bundle of the plan in force, as recorded up to `at`."""
    if at is None:
        return conn.scalar(_NEWEST, {"of": campaign})
    return conn.scalar(_NEWEST_BY, {"of": campaign, "by": at})


def plan_digests(conn: Connection, campaign: str) -> list[str]:
    """Digests of the bundles of every plan that was ever in force, in order."""
    p = t.plan_version.c
    return list(conn.scalars(select(p.bundle).where(p.campaign == campaign).order_by(p.version)))


def bundle_text(conn: Connection, digest: str) -> str:
    """A bundle's text."""
    return str(conn.scalars(select(t.bundle.c.content).where(t.bundle.c.digest == digest)).one())


def newest_plan(conn: Connection, campaign: str, at: int | None = None) -> tuple[int, str] | None:
    """Version and bundle text of the plan in force, as recorded up to `at`."""
    p = t.plan_version.c
    wanted = (
        select(p.version, t.bundle.c.content)
        .join(t.bundle, t.bundle.c.digest == p.bundle)
        .where(p.campaign == campaign)
        .order_by(p.version.desc())
        .limit(1)
    )
    row = conn.execute(wanted if at is None else wanted.where(p.recorded_at <= at)).one_or_none()
    return (row.version, row.content) if row else None


def campaigns(conn: Connection) -> list[str]:
    """Every campaign that was ever deployed."""
    return list(
        conn.scalars(select(t.plan_version.c.campaign).distinct().order_by(t.plan_version.c.campaign))
    )


def _terms(scope: Scope, until: int) -> tuple[FromClause, ColumnElement[bool]]:
    """The obligations of a scope joined with the terms that held at `until`; dropped ones are none."""
    o, term = t.obligation.c, t.term.c
    later = t.term.alias("later")
    last = (
        select(func.max(later.c.n))
        .where(later.c.obligation == o.id, later.c.recorded_at <= until)
        .scalar_subquery()
    )
    joined = t.obligation.join(t.term, (term.obligation == o.id) & (term.n == last))
    return joined, scope.where(term.phases) & ~term.dropped


def owed(conn: Connection, scope: Scope, until: int, zone: tzinfo) -> list[Owed]:
    """The obligations of a scope as they were laid down until then, by due time, then in the order they
    were planned."""
    o, term = t.obligation.c, t.term.c
    joined, mine = _terms(scope, until)
    rows = conn.execute(
        select(
            o.id, o.duty, o.unit, o.period, o.subject, o.event, term.phases, term.opens_at, term.due_at,
            term.counted, term.waived,
        )
        .select_from(joined)
        .where(mine)
        .order_by(term.due_at.nulls_last(), o.rank, o.id)
    )  # fmt: skip
    return [
        Owed(
            r.id, r.duty, r.unit, r.period, calendars.from_micros(r.opens_at, zone),
            None if r.due_at is None else calendars.from_micros(r.due_at, zone), r.counted,
            r.subject, tuple(r.phases.split()), r.waived, r.event,
        )
        for r in rows
    ]  # fmt: skip


def anything_open(conn: Connection, scope: Scope, until: int) -> bool:
    """Whether somebody still has to do something: an expected return that nothing valid met and nobody
    waived or gave up. Events and what has no due time keep nothing open."""
    o, term, s, d = t.obligation.c, t.term.c, t.submission.c, t.decision.c
    joined, mine = _terms(scope, until)
    ruled = select(d.id).where(d.obligation == o.id, d.decided_at <= until)
    returned = select(d.id).where(
        d.obligation == s.obligation, d.kind == "return", d.version == s.version, d.decided_at <= until
    )
    met = select(s.id).where(s.obligation == o.id, s.valid, s.recorded_at <= until, ~returned.exists())
    wanted = (
        select(o.id)
        .select_from(joined)
        .where(mine, ~o.event, term.due_at.is_not(None), term.counted, term.waived.is_(None))
        .where(~met.exists(), ~ruled.where(d.kind.in_(("waive", "give-up"))).exists())
        .limit(1)
    )
    return conn.execute(wanted).first() is not None


def _whenever(scope: Scope) -> ColumnElement[bool]:
    """The scope on `obligation` whatever its phases are now: which it had then is told by its terms."""
    return replace(scope, phase=None).where()


def arrivals(conn: Connection, scope: Scope, until: int, zone: tzinfo) -> dict[str, list[Arrival]]:
    """What came in for each obligation and was recorded up to `until`, by version."""
    s = t.submission.c
    rows = conn.execute(
        select(s.obligation, s.version, s.received_at, s.valid, s.zero)
        .join(t.obligation, t.obligation.c.id == s.obligation)
        .where(_whenever(scope), s.recorded_at <= until)
        .order_by(s.obligation, s.version)
    )
    found: dict[str, list[Arrival]] = defaultdict(list)
    for r in rows:
        found[r.obligation].append(
            Arrival(r.version, calendars.from_micros(r.received_at, zone), r.valid, r.zero)
        )
    return found


def rulings(conn: Connection, scope: Scope, until: int, zone: tzinfo) -> dict[str, list[Ruling]]:
    """What was decided about each obligation up to `until`, in order."""
    d = t.decision.c
    rows = conn.execute(
        select(d.obligation, d.kind, d.decided_at, d.version, d.until, d.not_a_report)
        .join(t.obligation, t.obligation.c.id == d.obligation)
        .where(_whenever(scope), d.decided_at <= until)
        .order_by(d.decided_at, d.id)
    )
    found: dict[str, list[Ruling]] = defaultdict(list)
    for r in rows:
        limit = None if r.until is None else calendars.from_micros(r.until, zone)
        at = calendars.from_micros(r.decided_at, zone)
        found[r.obligation].append(Ruling(r.kind, at, r.version, limit, r.not_a_report))
    return found


def values(conn: Connection, submissions: Sequence[str]) -> list[tuple[str, str, int | None, str | None]]:
    """The cells (submission, indicator, value, text) of some submissions."""
    c = t.cell.c
    found: list[tuple[str, str, int | None, str | None]] = []
    for start in range(0, len(submissions), 500):
        chunk = submissions[start : start + 500]
        rows = conn.execute(
            select(c.submission, c.indicator, c.value, c.text)
            .where(c.submission.in_(chunk))
            .order_by(c.submission, c.indicator)
        )
        found.extend(rows.tuples())
    return found


def figures(conn: Connection, submissions: Sequence[str]) -> dict[str, dict[str, int]]:
    """The figures by indicator of some submissions."""
    c = t.cell.c
    found: dict[Any, dict[str, int]] = {}
    for start in range(0, len(submissions), 500):
        mine = c.submission.in_(submissions[start : start + 500]) & c.value.is_not(None)
        found |= _gathered(conn, select(c.submission), (c.indicator, c.value), mine)
    return {submission: values for (submission,), values in found.items()}


def due_times(
    conn: Connection, campaign: str, duties: Sequence[str], units: Sequence[str], until: int
) -> dict[tuple[str, str, str], dict[str, int]]:
    """Due times up to `until` by the keys of the obligations that some units have for some duties, by unit,
    duty and subject; what is dropped, an event, or without a due time is not among them."""
    o = t.obligation.c
    mine = (o.campaign == campaign) & o.duty.in_(duties) & o.unit.in_(units)
    planned = (o.due_at <= until) & ~o.event & ~o.dropped
    return _gathered(conn, select(o.unit, o.duty, o.subject), (o.id, o.due_at), mine & planned)


def _gathered(
    conn: Connection, of: Select[Any], pair: tuple[ColumnElement[str], ColumnElement[Any]],
    where: ColumnElement[bool],
) -> dict[Any, dict[str, int]]:  # fmt: skip
    """Names and numbers gathered into one row each: sixty rows take ten times as long as one with sixty."""
    postgres = conn.dialect.name == "postgresql"
    gathered = func.json_object_agg(*pair) if postgres else func.json_group_object(*pair)
    keys = of.selected_columns
    rows = conn.execute(of.add_columns(gathered).where(where).group_by(*keys))
    return {tuple(key): value if postgres else json.loads(value) for *key, value in rows}
