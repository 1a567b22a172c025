"""A person decides about one obligation: waive 免报, give up, extend 延期, return 退回, accept."""

from __future__ import annotations

from datetime import datetime

from duban.calendars import to_micros
from duban.errors import NotAllowed
from duban.ledger import Ledger, Writer
from duban.ledger import tables as t
from duban.plan import Plan
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.copying import record_ruling, return_copies
from duban.services.terms import insert_moments, moments_of
from duban.services.watching import standing_of
from duban.standing import DecisionKind, Standing


def decide(
    ledger: Ledger,
    to: Address,
    kind: DecisionKind,
    *,
    by: str,
    reason: str,
    until: datetime | None = None,
    not_a_report: bool = False,
    as_of: datetime | None = None,
) -> Standing:
    """Record a decision and return how the obligation stands after it.

    `until` (exclusive) is the new due time of `extend` and the resubmit-by time of `return`. Raises
    BadInput for an obligation that does not exist, NotAllowed for a decision that makes no sense now.
    """
    with ledger.write(to.campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, to.campaign)
        before = standing_of(w.conn, plan, to.obligation, w.at)
        version = before.version if kind in ("return", "accept") else None
        _check(before, kind, until, reason)
        ruling = {
            "kind": kind, "version": version, "until": None if until is None else to_micros(until),
            "not_a_report": not_a_report, "by": by, "reason": reason,
        }  # fmt: skip
        record_ruling(w, to, ruling)
        if kind == "return":
            return_copies(w, plan, to, ruling)
        after = standing_of(w.conn, plan, to.obligation, w.at)
        if kind in ("extend", "return") and after.limit is not None:
            _move_moments(w, plan, after, after.limit)
        return after


def _check(stands: Standing, kind: DecisionKind, until: datetime | None, reason: str) -> None:
    if not reason.strip():
        raise NotAllowed("reason-missing")
    if kind in ("return", "accept") and stands.version is None:
        raise NotAllowed("nothing-to-review", obligation=stands.owed.key)
    if kind == "return" and stands.accepted is not None:
        raise NotAllowed("accepted-is-frozen", obligation=stands.owed.key)
    if kind == "return" and until is None:
        raise NotAllowed("return-needs-until")
    if kind == "extend" and (until is None or stands.due_at is None or until <= stands.due_at):
        raise NotAllowed("extension-not-later", due_at=stands.due_at)
    if kind in ("waive", "give-up") and stands.met:
        raise NotAllowed("already-met", obligation=stands.owed.key)


def _move_moments(w: Writer, plan: Plan, before: Standing, until: datetime) -> None:
    """An extended or returned obligation is reminded and chased around its new limit."""
    m = t.moment.c
    w.conn.execute(t.moment.delete().where(m.obligation == before.owed.key, ~m.settled))
    moments = moments_of(plan, before.owed.duty, before.owed.unit, until)
    insert_moments(w, [(before.owed.key, until, moments)])
