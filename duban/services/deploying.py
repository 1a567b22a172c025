"""Deploying a plan: its text goes on record, its obligations and moments into the working tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select

from duban import agenda
from duban.errors import NotAllowed, PlanInvalid
from duban.ledger import Ledger, Writer, insert_once, queries
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Bundle, Plan, lineage
from duban.plan.given import carried, slug_of
from duban.rendering import renderer
from duban.services.campaigns import versions
from duban.services.contacts import renew_contacts
from duban.services.copying import copy_what_is_here
from duban.services.own_texts import checked
from duban.services.terms import WHAT_HOLDS, insert_moments, lay_down, moments_of, obligation_row
from duban.services.watching import standings


@dataclass(frozen=True, slots=True)
class Deployment:
    """What deploying did."""

    campaign: str
    version: int
    changed: bool
    """False when this very plan was in force already."""
    obligations: int


def deploy(ledger: Ledger, bundle: Bundle, *, reason: str, as_of: datetime | None = None) -> Deployment:
    """Put a plan in force from now on; what the deployed one had been given and this one leaves open
    holds on. Raises PlanInvalid, and NotAllowed for an amendment without a reason or one that drops a
    unit or duty that was due already.

    Obligations due before this moment are outside every rate (不计) and nothing is said about them;
    what was due under an earlier version keeps its rule.
    """
    slug = slug_of(bundle)
    with ledger.write(slug, as_of=as_of) as w:
        current = queries.newest_plan(w.conn, slug)
        if current is not None:
            bundle = carried(bundle, Bundle.from_text(current[1]))
        plan = checked(renderer(), bundle)
        planned = [o for o in agenda.obligations(plan) if not o.is_event]
        if current is not None and current[1] == bundle.text:
            return Deployment(slug, current[0], False, len(planned))
        if current is not None:
            _check_amendment(w, plan, reason)
        version = _record(w, bundle, slug, current[0] + 1 if current else 1, reason)
        renew_contacts(w, plan)
        known = _known(w, slug)
        _obligations(w, plan, planned)
        copy_what_is_here(w, plan, (x for x in planned if known and x.key not in known))
    return Deployment(slug, version, True, len(planned))


def _check_amendment(w: Writer, plan: Plan, reason: str) -> None:
    if not reason.strip():
        raise NotAllowed("amendment-needs-reason", campaign=plan.slug)
    problems = list(lineage.changed_meanings(versions(w.conn, plan.slug), plan))
    if problems:
        told = tuple({(p.file, p.key, p.params["key"]): p for p in problems}.values())
        raise PlanInvalid("plan-invalid", told, count=len(told))


def _record(w: Writer, bundle: Bundle, slug: str, version: int, reason: str) -> int:
    insert_once(w.conn, t.bundle, {"digest": bundle.digest, "content": bundle.text})
    row = {"campaign": slug, "version": version, "bundle": bundle.digest}
    w.record("plan", slug, [row | {"recorded_at": w.micros, "reason": reason}])
    return version


def _known(w: Writer, slug: str) -> set[str]:
    o = t.obligation.c
    return set(w.conn.scalars(select(o.id).where(o.campaign == slug, ~o.dropped)))


def _obligations(w: Writer, plan: Plan, planned: Sequence[agenda.Obligation]) -> None:
    """Bring obligations, terms and moments in line with the plan, leaving alone what is due already and
    what events have made."""
    wanted = select(t.obligation).where(t.obligation.c.campaign == plan.slug)
    stored = {r.id: r for r in w.conn.execute(wanted)}
    wanted_now = {x.key for x in planned}
    fixed = {k for k, r in stored.items() if _holds_on(r, k in wanted_now, w.micros)}
    _keep_names(plan, (stored[key] for key in fixed))
    fresh = {x.key: obligation_row(x, rank, w.at) for rank, x in enumerate(planned) if x.key not in fixed}
    left = {
        key: dict(stored[key]._mapping) | {"dropped": True} for key in stored.keys() - fixed - fresh.keys()
    }
    changed = [row for row in (*fresh.values(), *left.values()) if _differs(row, stored.get(row["id"]))]
    _store(w, [row for row in (*fresh.values(), *left.values())], stored)
    lay_down(w, plan.slug, sorted(changed, key=lambda row: str(row["id"])))
    _moments(w, plan, [x for x in planned if x.key in fresh], sorted(stored.keys() - fixed))


def _holds_on(row: Row[Any], planned: bool, now: int) -> bool:
    """Whether a deployment leaves it alone: what is due already, and what a report has made and the plan
    does not ask for by itself. What was dropped before it was due may be wanted again."""
    if row.dropped:
        return False
    return not planned if row.event else row.due_at is not None and row.due_at <= now


def _differs(row: dict[str, Any], stored: Row[Any] | None) -> bool:
    return stored is None or any(row[name] != getattr(stored, name) for name in WHAT_HOLDS)


def _keep_names(plan: Plan, due: Iterable[Row[Any]]) -> None:
    """What was due already stays on the board, so the plan has to say what its unit and duty are called."""
    gone = {name for r in due for name in ({r.unit} - set(plan.unit)) | ({r.duty} - set(plan.duty))}
    if gone:
        raise NotAllowed("plan-drops-history", names=sorted(gone))


def _store(w: Writer, rows: Sequence[dict[str, Any]], stored: dict[str, Row[Any]]) -> None:
    new = [row for row in rows if row["id"] not in stored]
    moved = [row for row in rows if row["id"] in stored and row != dict(stored[row["id"]]._mapping)]
    if new:
        w.conn.execute(t.obligation.insert(), new)
    if moved:
        key = t.obligation.c.id == bindparam("key")
        w.conn.execute(t.obligation.update().where(key), [row | {"key": row["id"]} for row in moved])


def _moments(w: Writer, plan: Plan, fresh: Sequence[agenda.Obligation], old: Sequence[str]) -> None:
    """When to speak about what is to come: around the plan's due times, or around what a person has
    granted since, an extension or a day to answer a return by."""
    m = t.moment.c
    limits: dict[str, datetime | None] = {}
    if old:
        w.conn.execute(
            t.moment.delete().where(m.obligation == bindparam("key"), ~m.settled), [{"key": k} for k in old]
        )
        limits = {s.owed.key: s.limit for s in standings(w.conn, plan, Scope(plan.slug), w.at)}
    spoken = [(x, limits.get(x.key) or x.due_at) for x in fresh if not x.waived]
    insert_moments(
        w,
        (
            (x.key, limit, moments_of(plan, x.duty, x.unit, limit))
            for x, limit in spoken
            if limit is not None and limit > w.at
        ),
    )
