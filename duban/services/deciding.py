"""A person decides about one obligation: return 退回, accept, withdraw an acceptance, endorse 初审, recognise
认定, waive 免报, give up, extend 延期, refuse an extension."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from duban.calendars import to_micros
from duban.errors import NotAllowed
from duban.ledger import Ledger, Writer
from duban.ledger import tables as t
from duban.plan import Plan
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.copying import record_ruling, return_copies
from duban.services.requesting import request_of
from duban.services.telling import tell_at_once
from duban.services.terms import insert_moments, moments_of
from duban.services.watching import standing_of
from duban.standing import DecisionKind, Standing

REVIEWS: tuple[DecisionKind, ...] = ("return", "accept", "withdraw", "endorse")
"""Decisions about the version that counts."""


def decide(
    ledger: Ledger,
    to: Address,
    kind: DecisionKind,
    *,
    by: str,
    reason: str,
    until: datetime | None = None,
    not_a_report: bool = False,
    version: int | None = None,
    as_of: datetime | None = None,
) -> Standing:
    """Record a decision and return how the obligation stands after it. If the unit has to act on it, its
    message is put into the outbox in the same transaction.

    `until` (exclusive) is the new due time of `extend` and the resubmit-by time of `return`. `version` is
    the one that whoever decides has looked at: if another one counts by now, nothing is decided. Raises
    BadInput for an obligation that does not exist, NotAllowed for a decision that makes no sense now.
    """
    with ledger.write(to.campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, to.campaign)
        return rule(
            w, plan, to, kind, by=by, reason=reason, until=until, not_a_report=not_a_report, version=version
        )


def rule(
    w: Writer, plan: Plan, to: Address, kind: DecisionKind, *, by: str, reason: str,
    until: datetime | None = None, not_a_report: bool = False, version: int | None = None,
) -> Standing:  # fmt: skip
    """The same within a transaction that does more."""
    before = standing_of(w.conn, plan, to.obligation, w.at)
    if kind in REVIEWS and version is not None and version != before.version:
        raise NotAllowed("version-moved", obligation=to.obligation, version=before.version)
    _check(w, plan, before, kind, until, reason)
    ruling = {
        "kind": kind, "version": _version(w, before, kind),
        "until": None if until is None else to_micros(until), "not_a_report": not_a_report, "by": by,
        "reason": reason,
    }  # fmt: skip
    decision = record_ruling(w, to, ruling)
    if kind == "return":
        return_copies(w, plan, to, ruling)
    after = standing_of(w.conn, plan, to.obligation, w.at)
    if kind in ("extend", "return") and after.limit is not None:
        _move_moments(w, plan, after, after.limit)
    tell_at_once(w, plan, after, kind, decision)
    return after


def needs_endorsement(plan: Plan, duty: str, unit: str) -> str | None:
    """The superior that reviews a unit's return before its recipient does; None where there is no such
    superior, or where it is itself the recipient or the coordinator."""
    superior = plan.unit[unit].parent
    recipient = plan.recipient(plan.duty[duty], plan.unit[unit])
    if superior not in plan.unit or superior in plan.outside or recipient is None or unit in plan.outside:
        return None
    return None if superior in (recipient.id, plan.coordinator.id) else superior


def _version(w: Writer, stands: Standing, kind: DecisionKind) -> int | None:
    """The version a decision speaks of: the one that counts, or the first refused one."""
    if kind in REVIEWS:
        return stands.version
    return _first_refused(w, stands.owed.key) if kind == "recognise" else None


def _first_refused(w: Writer, key: str) -> int | None:
    s = t.submission.c
    return w.conn.scalar(
        select(s.version).where(s.obligation == key, ~s.valid).order_by(s.received_at, s.version).limit(1)
    )


def _check(
    w: Writer, plan: Plan, stands: Standing, kind: DecisionKind, until: datetime | None, reason: str
) -> None:
    key = stands.owed.key
    if not reason.strip():
        raise NotAllowed("reason-missing")
    if kind in REVIEWS:
        _check_review(plan, stands, kind)
    if kind == "recognise" and _first_refused(w, key) is None:
        raise NotAllowed("nothing-to-recognise", obligation=key)
    if kind == "return" and until is None:
        raise NotAllowed("return-needs-until")
    if kind == "extend" and (until is None or stands.due_at is None or until <= stands.due_at):
        raise NotAllowed("extension-not-later", due_at=stands.due_at)
    if kind == "refuse" and request_of(w.conn, plan, key, w.at) is None:
        raise NotAllowed("nothing-requested", obligation=key)
    if kind in ("waive", "give-up") and stands.met:
        raise NotAllowed("already-met", obligation=key)


def _check_review(plan: Plan, stands: Standing, kind: DecisionKind) -> None:
    key, owed = stands.owed.key, stands.owed
    if stands.version is None:
        raise NotAllowed("nothing-to-review", obligation=key)
    if kind == "withdraw":
        if stands.accepted is None:
            raise NotAllowed("nothing-to-withdraw", obligation=key)
        return
    if stands.accepted is not None:
        raise NotAllowed("accepted-is-frozen", obligation=key)
    superior = needs_endorsement(plan, owed.duty, owed.unit)
    if kind == "endorse" and superior is None:
        raise NotAllowed("no-endorsement-wanted", obligation=key)
    if kind == "accept" and superior is not None and stands.endorsed is None:
        raise NotAllowed("superior-reviews-first", obligation=key, superior=plan.unit[superior].name)


def _move_moments(w: Writer, plan: Plan, before: Standing, until: datetime) -> None:
    """An extended or returned obligation is reminded and chased around its new limit; not at once, since the
    decision itself tells the unit of it."""
    m = t.moment.c
    w.conn.execute(t.moment.delete().where(m.obligation == before.owed.key, ~m.settled))
    around = moments_of(plan, before.owed.duty, before.owed.unit, until)
    moments = tuple(m for m in around if m.kind != "remind" or m.at > w.at)
    insert_moments(w, [(before.owed.key, until, moments)])
