"""What happens outside the system: the paper original 盖章件 of a return arrives, a report is sent to a
body that does not work here. A person puts it on record; until then it is shown as outstanding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, func, select

from duban import calendars
from duban.calendars import to_micros
from duban.errors import BadInput, NotAllowed
from duban.ledger import Ledger
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services.campaigns import deployed_plan
from duban.services.receiving import Address
from duban.services.watching import standing_of, standings
from duban.standing import Standing

LegKind = Literal["original", "sent"]


@dataclass(frozen=True, slots=True)
class Leg:
    """A second leg of an obligation that is met here."""

    key: str
    duty: str
    unit: str
    period: str
    kind: LegKind
    due_at: datetime | None
    """Exclusive; None: nobody said until when."""
    at: datetime | None
    """When it happened; None: not on record yet."""

    def is_late(self, now: datetime) -> bool:
        """Whether it is outstanding past its time."""
        return self.at is None and self.due_at is not None and now >= self.due_at


def witness(
    ledger: Ledger, to: Address, kind: LegKind, *, at: datetime | None, by: str, note: str = "",
    as_of: datetime | None = None,
) -> Leg:  # fmt: skip
    """Put on record that an original arrived or a report was sent, `at` (now, where None); an original may
    come before the return itself.

    Raises BadInput for an obligation that does not exist or a future time, NotAllowed where the plan
    wants no original or the recipient works here.
    """
    with ledger.write(to.campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, to.campaign)
        stands = standing_of(w.conn, plan, to.obligation, w.at)
        if kind not in wanted(plan, stands):
            raise NotAllowed(f"no-{kind}-wanted", obligation=to.obligation)
        happened = at or min(w.clock_at, w.at)
        if happened > w.clock_at:
            raise BadInput("received-in-future", received_at=happened.isoformat())
        e = t.evidence.c
        count = w.conn.scalar(select(func.count()).where(e.obligation == to.obligation)) or 0
        row = {
            "id": f"{to.obligation}^{count + 1:03d}", "campaign": to.campaign, "obligation": to.obligation,
            "kind": kind, "happened_at": to_micros(happened), "by": by, "note": note,
            "recorded_at": w.micros,
        }  # fmt: skip
        w.record("evidence", to.campaign, [row])
        scope = Scope(to.campaign, key=to.obligation)
        return _leg(plan, stands, kind, _on_record(w.conn, scope, w.at, plan))


def wanted(plan: Plan, stands: Standing) -> tuple[LegKind, ...]:
    """Which legs an obligation has besides the return itself."""
    duty, unit = plan.duty[stands.owed.duty], plan.unit[stands.owed.unit]
    recipient = plan.recipient(duty, unit)
    found: list[LegKind] = []
    if duty.paper:
        found.append("original")
    if recipient and recipient.id in plan.outside and unit.id not in plan.outside:
        found.append("sent")
    return tuple(found)


def legs(conn: Connection, plan: Plan, scope: Scope, now: datetime) -> list[Leg]:
    """The legs of every obligation that is met, as recorded until `now`."""
    if not any(d.paper for d in plan.file.duties) and not plan.outside:
        return []
    on_record = _on_record(conn, scope, now, plan)
    found = []
    for stands in standings(conn, plan, scope, now):
        for kind in wanted(plan, stands) if stands.met else ():
            found.append(_leg(plan, stands, kind, on_record))
    return found


def _leg(plan: Plan, stands: Standing, kind: LegKind, on_record: Mapping[tuple[str, str], datetime]) -> Leg:
    owed, at = stands.owed, on_record.get((stands.owed.key, kind))
    return Leg(owed.key, owed.duty, owed.unit, owed.period, kind, _due(plan, stands, kind), at)


def _due(plan: Plan, stands: Standing, kind: LegKind) -> datetime | None:
    paper = plan.duty[stands.owed.duty].paper
    if kind == "sent" or paper is None:
        return stands.due_at
    return stands.due_at + timedelta(days=paper.days) if stands.due_at else None


def _on_record(conn: Connection, scope: Scope, now: datetime, plan: Plan) -> dict[tuple[str, str], datetime]:
    """When each leg happened first, by obligation and kind."""
    e = t.evidence.c
    rows = conn.execute(
        select(e.obligation, e.kind, func.min(e.happened_at))
        .join(t.obligation, t.obligation.c.id == e.obligation)
        .where(scope.where(), e.recorded_at <= to_micros(now))
        .group_by(e.obligation, e.kind)
    )
    return {(key, kind): calendars.from_micros(at, plan.zone) for key, kind, at in rows}
