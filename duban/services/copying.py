"""Copies 抄送 of returns: what a unit reports for one duty meets its duties that are a copy of it, and is
returned there too when it is returned here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from duban.agenda import Obligation
from duban.ledger import Writer, journal
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services import storing
from duban.services.addresses import Address, copied, made_by_report
from duban.services.terms import add_event
from duban.services.watching import standings
from duban.standing import Standing

COPY = "copy"
"""The door of a submission that another one has made."""


def make_owed(w: Writer, plan: Plan, to: Address) -> None:
    """An event, or one more than a quota wants, makes its own obligation when it is first reported."""
    made, o = made_by_report(plan, to), t.obligation.c
    if made is not None and w.conn.scalar(select(o.dropped).where(o.id == to.obligation)) in (None, True):
        add_event(w, plan, made)


def record_submission(w: Writer, to: Address, row: Mapping[str, Any]) -> dict[str, Any]:
    """A submission takes its place in the journal, with its version and the next number."""
    s, p = t.submission.c, t.plan_version.c
    version = (w.conn.scalar(select(func.max(s.version)).where(s.obligation == to.obligation)) or 0) + 1
    number = (w.conn.scalar(select(func.max(s.receipt_no)).where(s.campaign == to.campaign)) or 0) + 1
    in_force = w.conn.scalar(select(func.max(p.version)).where(p.campaign == to.campaign))
    made = {
        **row, "id": f"{to.obligation}@{version}", "campaign": to.campaign, "receipt_no": number,
        "obligation": to.obligation, "version": version, "recorded_at": w.micros, "plan_version": in_force,
    }  # fmt: skip
    w.record("submission", to.campaign, [made])
    return made


def copy_return(w: Writer, plan: Plan, to: Address, row: Mapping[str, Any]) -> None:
    """The same return meets every duty of the unit that is a copy of this one, for the same period."""
    for other in copied(plan, to):
        _copy(w, plan, other, row)


def copy_where_lacking(w: Writer, plan: Plan, to: Address, row: Mapping[str, Any]) -> None:
    """The same for copies that nothing has met: returned by hand, or wanted only since."""
    for other in copied(plan, to):
        if _is_lacking(w, plan, other):
            _copy(w, plan, other, row)


def copy_what_is_here(w: Writer, plan: Plan, planned: Iterable[Obligation]) -> None:
    """Obligations that an amendment adds as copies are met by what came in before."""
    for x in planned:
        original = plan.duty[x.duty].copy_of
        to = Address(x.campaign, x.unit, x.duty, x.period or "", x.subject)
        if original is None or not _is_lacking(w, plan, to):
            continue
        stands = _standing(w, plan, replace(to, duty=original))
        if stands is not None and stands.met:
            s = t.submission.c
            found = select(t.submission).where(s.id == f"{stands.owed.key}@{stands.version}")
            _copy(w, plan, to, w.conn.execute(found).one()._asdict())


def return_copies(w: Writer, plan: Plan, to: Address, ruling: Mapping[str, Any]) -> None:
    """A return of the original is one of its copies: they are met again when it is answered."""
    s = t.submission.c
    found = select(s.file, s.received_at, s.recorded_at)
    original = w.conn.execute(found.where(s.id == f"{to.obligation}@{ruling['version']}")).one()
    for other in copied(plan, to):
        stands = _standing(w, plan, other)
        if stands is None or stands.version is None or stands.accepted is not None:
            continue
        # What the unit sent for the copy itself is nobody's copy.
        mine = (s.id == f"{other.obligation}@{stands.version}") & (s.door == COPY)
        if w.conn.execute(found.where(mine)).first() == original:
            record_ruling(w, other, dict(ruling) | {"version": stands.version})


def record_ruling(w: Writer, to: Address, ruling: Mapping[str, Any]) -> None:
    """A decision about an obligation takes its place in the journal, with its number."""
    count = w.conn.scalar(select(func.count()).where(t.decision.c.obligation == to.obligation)) or 0
    named = {"id": f"{to.obligation}#{count + 1:03d}", "campaign": to.campaign, "obligation": to.obligation}
    w.record("decision", to.campaign, [{**ruling, **named, "decided_at": w.micros}])


def _is_lacking(w: Writer, plan: Plan, to: Address) -> bool:
    stands = _standing(w, plan, to)
    return stands is None or stands.came_in in ("nothing", "returned")


def _standing(w: Writer, plan: Plan, to: Address) -> Standing | None:
    return next(iter(standings(w.conn, plan, Scope(to.campaign, key=to.obligation), w.at)), None)


def _copy(w: Writer, plan: Plan, to: Address, row: Mapping[str, Any]) -> None:
    make_owed(w, plan, to)
    empty = {"cells_digest": storing.Contents().digest, "problems": journal.canonical([])}
    record_submission(w, to, {**row, **empty, "door": COPY})
