"""A unit asks for more time 延期申请; a person grants it (extend) or refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, select

from duban import calendars
from duban.calendars import to_micros
from duban.errors import NotAllowed
from duban.ledger import Ledger, queries
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.telling import tell_at_once
from duban.services.watching import standing_of


@dataclass(frozen=True, slots=True)
class Request:
    """A request for more time that nobody has answered yet."""

    id: str
    key: str
    """The obligation's."""
    unit: str
    duty: str
    period: str
    subject: str
    until: datetime
    """The due time asked for; exclusive."""
    by: str
    reason: str
    requested_at: datetime


def request_extension(
    ledger: Ledger, to: Address, *, until: datetime, by: str, reason: str, as_of: datetime | None = None
) -> Request:
    """Put a unit's request on record. It moves nothing by itself; a later one takes the place of an open
    one. Raises BadInput for an obligation that does not exist, NotAllowed where there is nothing to ask
    for."""
    with ledger.write(to.campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, to.campaign)
        stands = standing_of(w.conn, plan, to.obligation, w.at)
        if not reason.strip():
            raise NotAllowed("reason-missing")
        if not stands.open:
            raise NotAllowed("already-met", obligation=to.obligation)
        if stands.limit is None or until <= max(stands.limit, w.at):
            raise NotAllowed("extension-not-later", due_at=stands.limit)
        count = w.conn.scalar(select(func.count()).where(t.request.c.obligation == to.obligation)) or 0
        row = {
            "id": f"{to.obligation}?{count + 1:03d}", "campaign": to.campaign, "obligation": to.obligation,
            "kind": "extension", "until": to_micros(until), "by": by, "reason": reason.strip(),
            "requested_at": w.micros,
        }  # fmt: skip
        w.record("request", to.campaign, [row])
        tell_at_once(w, plan, stands, "request", str(row["id"]))
        return _found(w.conn, plan, Scope(to.campaign, key=to.obligation), w.at)[0]


def open_requests(conn: Connection, plan: Plan, now: datetime) -> list[Request]:
    """The requests of a campaign that wait for an answer, the oldest first."""
    return _found(conn, plan, Scope(plan.slug), now)


def request_of(conn: Connection, plan: Plan, key: str, now: datetime) -> Request | None:
    """The open request about one obligation."""
    return next(iter(_found(conn, plan, Scope(plan.slug, key=key), now)), None)


def _found(conn: Connection, plan: Plan, scope: Scope, now: datetime) -> list[Request]:
    r, o, d, until = t.request.c, t.obligation.c, t.decision.c, to_micros(now)
    after = (d.decided_at > r.requested_at) | (d.decided_at == r.requested_at) & (_seq(d.id) > _seq(r.id))
    answered = select(d.id).where(
        d.obligation == r.obligation, d.kind.in_(("extend", "refuse", "waive", "give-up")), after,
        d.decided_at <= until,
    )  # fmt: skip
    newer = t.request.alias("newer")
    replaced = select(newer.c.id).where(
        newer.c.obligation == r.obligation, newer.c.id > r.id, newer.c.requested_at <= until
    )
    rows = conn.execute(
        select(t.request, o.unit, o.duty, o.period, o.subject)
        .join(t.obligation, o.id == r.obligation)
        .where(scope.where(), r.requested_at <= until, ~answered.exists(), ~replaced.exists())
        .order_by(r.requested_at, r.id)
    ).all()
    # What an amendment has dropped since needs no more time.
    keys = tuple({x.obligation for x in rows})
    owed = {x.key for x in queries.owed(conn, Scope(plan.slug, keys=keys), until, plan.zone)} if keys else ()
    return [
        Request(
            x.id, x.obligation, x.unit, x.duty, x.period, x.subject,
            calendars.from_micros(x.until, plan.zone), x.by, x.reason,
            calendars.from_micros(x.requested_at, plan.zone),
        )
        for x in rows
        if x.obligation in owed
    ]  # fmt: skip


def _seq(ref: ColumnElement[str]) -> ScalarSelect[int]:
    """A record's place in its journal, which tells what was first in one instant."""
    j = t.journal.c
    mine = (j.campaign == t.request.c.campaign) & j.kind.in_(("request", "decision")) & (j.ref == ref)
    return select(j.seq).where(mine).correlate(t.request, t.decision).scalar_subquery()
