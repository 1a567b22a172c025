"""Terms: what holds for an obligation, and since when.

`obligation` keeps who owes what and, as a cache, its last term; `term` keeps every one, so that a
reading as of any day finds the due times that stood then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from duban import agenda, calendars
from duban.ledger import Writer, journal
from duban.ledger import tables as t
from duban.moments import Moment, moments_around
from duban.plan import Plan

WHAT_HOLDS = ("phases", "opens_at", "due_at", "counted", "waived", "dropped")
"""What an amendment can change about an obligation."""


def obligation_row(x: agenda.Obligation, rank: int, now: datetime) -> dict[str, Any]:
    """An agenda's obligation as the ledger stores it. One that was due before `now`, when it is first
    heard of, is outside every rate (不计)."""
    return {
        "id": x.key, "campaign": x.campaign, "duty": x.duty, "unit": x.unit, "period": x.period or "",
        "subject": x.subject or "", "covers_from": x.covers[0].isoformat(),
        "covers_until": x.covers[1].isoformat(), "event": x.is_event, "rank": rank,
        "phases": f" {' '.join(x.phases)} ", "opens_at": calendars.to_micros(x.opens_at),
        "due_at": None if x.due_at is None else calendars.to_micros(x.due_at),
        "counted": x.due_at is None or x.due_at > now, "waived": x.waived, "dropped": False,
    }  # fmt: skip


def lay_down(w: Writer, campaign: str, obligations: Sequence[Mapping[str, Any]]) -> None:
    """Record the terms that these rows of `obligation` state, as one schedule of the journal."""
    if not obligations:
        return
    last = _last_numbers(w, campaign, obligations[0]["id"] if len(obligations) == 1 else None)
    count = w.conn.scalar(select(func.count()).where(t.schedule.c.campaign == campaign)) or 0
    row = {"id": f"{campaign}#{count + 1}", "campaign": campaign, "recorded_at": w.micros}
    terms = [
        {key: o[key] for key in WHAT_HOLDS}
        | {"obligation": o["id"], "n": last.get(o["id"], 0) + 1}
        | {"recorded_at": w.micros, "schedule": row["id"]}
        for o in obligations
    ]
    w.record("schedule", campaign, [row | {"terms_digest": journal.terms_digest(terms)}])
    w.conn.execute(t.term.insert(), terms)


def _last_numbers(w: Writer, campaign: str, key: str | None = None) -> dict[str, int]:
    o, term = t.obligation.c, t.term.c
    mine = o.campaign == campaign if key is None else o.id == key
    rows = w.conn.execute(
        select(term.obligation, func.max(term.n))
        .join(t.obligation, o.id == term.obligation)
        .where(mine)
        .group_by(term.obligation)
    )
    return dict(rows.tuples().all())


def add_event(w: Writer, plan: Plan, x: agenda.Obligation) -> None:
    """An event makes its own obligation when it is first reported; one with a limit has a due time and
    is chased around it."""
    row = obligation_row(x, 0, _deployed_at(w, plan))
    o = t.obligation.c
    # an amendment may have dropped it before it was sent after all
    again = w.conn.execute(t.obligation.update().where(o.id == x.key).values(row))
    if again.rowcount == 0:
        w.conn.execute(t.obligation.insert(), row)
    lay_down(w, x.campaign, [row])
    if x.due_at is not None:
        insert_moments(w, [(x.key, x.due_at, moments_of(plan, x.duty, x.unit, x.due_at))])


def _deployed_at(w: Writer, plan: Plan) -> datetime:
    """When the campaign was first put in force."""
    p = t.plan_version.c
    return plan.local(w.conn.scalar(select(func.min(p.recorded_at)).where(p.campaign == plan.slug)) or 0)


def moments_of(plan: Plan, duty: str, unit: str, limit: datetime) -> tuple[Moment, ...]:
    """When to speak about something that is to be kept before `limit`. Outside units are not spoken to,
    and a copy is never asked for: the unit meets it by sending the original, which is."""
    if unit in plan.outside or plan.duty[duty].copy_of:
        return ()
    return moments_around(agenda.day_before(limit.astimezone(plan.zone)), plan.duty[duty], unit, plan)


def insert_moments(w: Writer, found: Iterable[tuple[str, datetime, tuple[Moment, ...]]]) -> None:
    """Materialise moments that are not there yet. Those already past come along: the next run says the
    latest that still matters and notes the others."""
    rows = [
        {"obligation": key, "kind": x.kind, "days": x.days, "due_at": calendars.to_micros(due_at),
         "campaign": key.partition("/")[0], "at": calendars.to_micros(x.at), "settled": False}
        for key, due_at, moments in found
        for x in moments
    ]  # fmt: skip
    known = _known_moments(w, [str(r["obligation"]) for r in rows])
    rows = [r for r in rows if (r["obligation"], r["kind"], r["days"], r["due_at"]) not in known]
    if rows:
        w.conn.execute(t.moment.insert(), rows)


def _known_moments(w: Writer, keys: Sequence[str]) -> set[tuple[Any, ...]]:
    m = t.moment.c
    known: set[tuple[Any, ...]] = set()
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        found = select(m.obligation, m.kind, m.days, m.due_at).where(m.obligation.in_(chunk))
        known |= {tuple(r) for r in w.conn.execute(found)}
    return known
