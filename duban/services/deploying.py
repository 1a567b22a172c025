"""Deploying a plan: its text goes on record, its obligations and moments into the working tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from duban import agenda, calendars
from duban.errors import NotAllowed
from duban.ledger import Ledger, Writer, insert_once, queries
from duban.ledger import tables as t
from duban.notices import COORDINATOR
from duban.plan import Bundle, Plan, parse


@dataclass(frozen=True, slots=True)
class Deployment:
    """What deploying did."""

    campaign: str
    version: int
    changed: bool
    """False when this very plan was in force already."""
    obligations: int


def deploy(ledger: Ledger, bundle: Bundle, *, reason: str, as_of: datetime | None = None) -> Deployment:
    """Put a plan in force from now on. Raises PlanInvalid, and NotAllowed for one that drops a unit or
    duty that records speak of.

    Obligations due before this moment are outside every rate (不计) and nothing is said about them;
    what was due under an earlier version keeps its rule.
    """
    plan = parse(bundle)
    planned = [o for o in agenda.obligations(plan) if o.due_at is not None]
    with ledger.write(plan.slug, as_of=as_of) as w:
        current = queries.newest_plan(w.conn, plan.slug)
        if current is not None and current[1] == bundle.text:
            return Deployment(plan.slug, current[0], False, len(planned))
        version = current[0] + 1 if current else 1
        insert_once(w.conn, t.bundle, {"digest": bundle.digest, "content": bundle.text})
        row = {"campaign": plan.slug, "version": version, "bundle": bundle.digest}
        w.record("plan", plan.slug, [row | {"recorded_at": w.micros, "reason": reason}])
        _contacts(w, plan)
        _obligations(w, plan, planned)
    return Deployment(plan.slug, version, True, len(planned))


def _contacts(w: Writer, plan: Plan) -> None:
    # All contacts first and in one order, so that two campaigns deploying at once cannot wait in a ring.
    for kind, address in sorted({(c.kind, c.address) for u in plan.units for c in u.channels}):
        _contact(w, kind, address)
    w.conn.execute(t.contact_of.delete().where(t.contact_of.c.campaign == plan.slug))
    coordinator = plan.file.coordinator.unit
    for unit in plan.units:
        recipients = [f"unit:{unit.id}", *([COORDINATOR] if unit.id == coordinator else [])]
        for rank, channel in enumerate(unit.channels):
            contact = _contact(w, channel.kind, channel.address)
            rows = [
                {"campaign": plan.slug, "recipient": name, "rank": rank, "contact": contact}
                for name in recipients
            ]
            w.conn.execute(t.contact_of.insert(), rows)


def _contact(w: Writer, channel: str, address: str) -> int:
    c = t.contact.c
    insert_once(w.conn, t.contact, {"channel": channel, "address": address})
    return int(w.conn.scalars(select(c.id).where(c.channel == channel, c.address == address)).one())


def _obligations(w: Writer, plan: Plan, planned: list[agenda.Obligation]) -> None:
    """Bring the working tables in line with the plan, leaving alone what is due already."""
    o, m = t.obligation.c, t.moment.c
    stored = {
        r.id: r for r in w.conn.execute(select(o.id, o.due_at, o.duty, o.unit).where(o.campaign == plan.slug))
    }
    fixed = {key for key, r in stored.items() if r.due_at is None or r.due_at <= w.micros}
    fresh = [(rank, x) for rank, x in enumerate(planned) if x.key not in fixed]
    _drop(w, plan, stored, fixed, set(stored) - fixed - {x.key for _, x in fresh})
    rows = [obligation_row(x, rank) | {"counted": bool(x.due_at and x.due_at > w.at)} for rank, x in fresh]
    updated = [row | {"key": row["id"]} for row in rows if row["id"] in stored]
    inserted = [row for row in rows if row["id"] not in stored]
    if updated:
        w.conn.execute(t.moment.delete().where(m.obligation == bindparam("key"), ~m.settled), updated)
        w.conn.execute(t.obligation.update().where(o.id == bindparam("key")), updated)
    if inserted:
        w.conn.execute(t.obligation.insert(), inserted)
    extended = _extended(w, plan.slug)
    insert_moments(w, (_with_extension(plan, x, extended) for _, x in fresh if x.due_at and x.due_at > w.at))


def _extended(w: Writer, campaign: str) -> dict[str, int]:
    """The last extension of each obligation that has one."""
    d = t.decision.c
    rows = w.conn.execute(
        select(d.obligation, d.until)
        .where(d.campaign == campaign, d.kind == "extend")
        .order_by(d.decided_at, d.id)
    )
    return {r.obligation: r.until for r in rows}


def _with_extension(
    plan: Plan, x: agenda.Obligation, extended: dict[str, int]
) -> tuple[str, datetime, tuple[agenda.Moment, ...]]:
    """An obligation's limit and moments: the plan's, or those of a later extension."""
    due_at = x.due_at or x.opens_at
    until = plan.local(extended[x.key]) if x.key in extended else due_at
    if until <= due_at:
        return x.key, due_at, x.moments
    moments = agenda.moments_around(agenda.day_before(until), plan.duty[x.duty].moments, plan)
    return x.key, until, moments


def _drop(w: Writer, plan: Plan, stored: dict[str, Any], fixed: set[str], dropped: set[str]) -> None:
    """Forget obligations the new plan no longer has and that nothing is on record about; the others
    leave the count. Raises NotAllowed when their unit or duty is gone from the plan: history needs it."""
    o, m = t.obligation.c, t.moment.c
    told = {
        key
        for table in (t.submission, t.decision, t.message)
        for key in w.conn.scalars(select(table.c.obligation).where(table.c.campaign == plan.slug).distinct())
    }
    history = [stored[key] for key in fixed | (dropped & told)]
    gone = {r.unit for r in history} - set(plan.unit) | {r.duty for r in history} - set(plan.duty)
    if gone:
        raise NotAllowed("plan-drops-history", names=sorted(gone))
    for key in dropped:
        w.conn.execute(t.moment.delete().where(m.obligation == key, ~m.settled))
        if key in told:
            w.conn.execute(t.obligation.update().where(o.id == key).values(counted=False))
        else:
            w.conn.execute(t.moment.delete().where(m.obligation == key))
            w.conn.execute(t.obligation.delete().where(o.id == key))


def obligation_row(x: agenda.Obligation, rank: int) -> dict[str, object]:
    """An agenda's obligation as the ledger stores it."""
    return {
        "id": x.key, "campaign": x.campaign, "duty": x.duty, "unit": x.unit, "period": x.period or "",
        "subject": x.subject or "", "covers_from": x.covers[0].isoformat(),
        "covers_until": x.covers[1].isoformat(), "opens_at": calendars.to_micros(x.opens_at),
        "due_at": None if x.due_at is None else calendars.to_micros(x.due_at), "counted": True, "rank": rank,
    }  # fmt: skip


def insert_moments(w: Writer, found: Iterable[tuple[str, datetime, tuple[agenda.Moment, ...]]]) -> None:
    """Materialise moments. Those already past come along: the next run says the latest that still
    matters and notes the others."""
    rows = [
        {"obligation": key, "kind": x.kind, "days": x.days, "due_at": calendars.to_micros(due_at),
         "campaign": key.partition("/")[0], "at": calendars.to_micros(x.at), "settled": False}
        for key, due_at, moments in found
        for x in moments
    ]  # fmt: skip
    known = set()
    for start in range(0, len(rows), 500):
        chunk = [str(r["obligation"]) for r in rows[start : start + 500]]
        found_rows = w.conn.execute(
            select(t.moment.c.obligation, t.moment.c.kind, t.moment.c.days, t.moment.c.due_at)
            .where(t.moment.c.obligation.in_(chunk))
        )  # fmt: skip
        known |= {tuple(r) for r in found_rows}
    rows = [r for r in rows if (r["obligation"], r["kind"], r["days"], r["due_at"]) not in known]
    if rows:
        w.conn.execute(t.moment.insert(), rows)
