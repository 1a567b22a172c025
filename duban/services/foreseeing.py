"""Every message to come: from the moments of a deployed campaign as they stand, or of a plan. What is met by
then falls away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from duban import notices
from duban.agenda import Obligation
from duban.calendars import from_micros, to_micros
from duban.ledger import speaking
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.ledger.speaking import NO_CHANNEL, UnsettledMoment
from duban.notices import COORDINATOR
from duban.plan import Plan
from duban.services.watching import standings
from duban.standing import Standing

Stage = Literal["decided", "due", "planned"]
"""decided: on record, and waits for the next delivery; due: its moment has come, and the next run says it;
planned: its moment is still to come."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A message to come, if nothing changes by then."""

    at: datetime
    """Its moment; what is due or decided goes with the next run."""
    kind: str
    days: int
    to: str
    """Id of the unit that hears of it: the debtor, whoever took over from it, or the coordinator."""
    key: str
    """The obligation's."""
    unit: str
    duty: str
    period: str
    subject: str
    due_at: datetime
    channel: str | None
    """None: the plan names no way to reach them."""
    stage: Stage


def coming(conn: Connection, plan: Plan, now: datetime) -> list[Coming]:
    """The messages of a deployed campaign that are still to come after `now`, in order of time."""
    stands = {s.owed.key: s for s in standings(conn, plan, Scope(plan.slug), now) if s.open}
    channels = {to: found[1] for to, found in speaking.first_contacts(conn, plan.slug).items()}
    found = [*_decided(conn, plan, stands, now), *_undecided(conn, plan, stands, now)]
    made = [_coming(plan, stands[m.obligation], m, to, channels.get(to), stage) for m, to, stage in found]
    return sorted(made, key=lambda x: (x.at, x.due_at, x.kind, x.key))


def _decided(
    conn: Connection, plan: Plan, stands: dict[str, Standing], now: datetime
) -> Iterable[tuple[UnsettledMoment, str, Stage]]:
    """Messages that wait for a digest and are still true."""
    m = t.message.c
    rows = conn.execute(
        select(m.obligation, m.kind, m.days, m.moment_at, m.due_at, m.recipient)
        .join(t.unsealed, t.unsealed.c.message == m.id)
        .where(m.campaign == plan.slug, m.decided_at <= to_micros(now))
    )
    for r in rows:
        due_at = from_micros(r.due_at, plan.zone)
        if r.obligation in stands and notices.still_owed(stands[r.obligation], due_at):
            at = from_micros(r.moment_at, plan.zone)
            yield UnsettledMoment(r.obligation, r.kind, r.days, at, due_at), r.recipient, "decided"


def _undecided(
    conn: Connection, plan: Plan, stands: dict[str, Standing], now: datetime
) -> Iterable[tuple[UnsettledMoment, str, Stage]]:
    """Moments that nothing was decided about: of those that have come what the next run will say, of those
    to come what is about the time that has to be kept now."""
    m = t.moment.c
    rows = conn.execute(
        select(m.obligation, m.kind, m.days, m.at, m.due_at)
        .where(m.campaign == plan.slug, (m.at > to_micros(now)) | ~m.settled)
        .order_by(m.at, m.kind, m.days)
    )
    come: dict[str, list[UnsettledMoment]] = defaultdict(list)
    for r in rows:
        at, due_at = from_micros(r.at, plan.zone), from_micros(r.due_at, plan.zone)
        moment = UnsettledMoment(r.obligation, r.kind, r.days, at, due_at)
        if r.obligation not in stands:
            continue
        if at <= now:
            come[r.obligation].append(moment)
        elif due_at == stands[r.obligation].limit and not (r.kind == "remind" and at >= due_at):
            yield moment, _recipient(plan, moment, stands[r.obligation].owed.unit), "planned"
    for key, mine in come.items():
        for moment, verdict in zip(mine, notices.choose(mine, stands[key], now), strict=True):
            if verdict == "send":
                yield moment, _recipient(plan, moment, stands[key].owed.unit), "due"


def _recipient(plan: Plan, moment: UnsettledMoment, unit: str) -> str:
    day = moment.at.astimezone(plan.zone).date()
    return notices.recipient_of(moment.kind, notices.speaker(plan, unit, day))


def _coming(
    plan: Plan, stands: Standing, moment: UnsettledMoment, to: str, channel: str | None, stage: Stage
) -> Coming:
    owed = stands.owed
    unit = plan.coordinator.id if to == COORDINATOR else notices.unit_of(to)
    return Coming(
        moment.at, moment.kind, moment.days, unit, owed.key, owed.unit, owed.duty, owed.period, owed.subject,
        moment.due_at, None if channel == NO_CHANNEL else channel, stage,
    )  # fmt: skip


def planned(plan: Plan, found: Iterable[Obligation], since: datetime | None = None) -> list[Coming]:
    """The messages that a plan's obligations ask for, or those from `since` on, in order of time."""
    made = []
    for o in found:
        for moment in () if o.waived or o.due_at is None else o.moments:
            if since is not None and moment.at < since:
                continue
            assert o.due_at is not None
            said = UnsettledMoment(o.key, moment.kind, moment.days, moment.at, o.due_at)
            recipient = _recipient(plan, said, o.unit)
            to = plan.coordinator.id if recipient == COORDINATOR else notices.unit_of(recipient)
            channel = next((c.kind for c in plan.unit[to].channels), None)
            made.append(
                Coming(
                    moment.at, moment.kind, moment.days, to, o.key, o.unit, o.duty, o.period or "",
                    o.subject or "", o.due_at, channel, "planned",
                )
            )  # fmt: skip
    return sorted(made, key=lambda x: (x.at, x.due_at, x.kind, x.key))
