"""Every reading query of the ledger, by name. Instants come back on the clocks of `zone`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import ColumnElement, Connection, and_, func, select

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
    touching: tuple[str, str] | None = None
    """First and last day (ISO) of a span that the covered span has to touch."""
    key: str | None = None
    """One obligation."""
    unsettled_until: int | None = None
    """Those with a moment that has come by then and that nothing was decided about."""
    unsealed: bool = False
    """Those with a message that waits for its recipient's digest."""

    def where(self) -> ColumnElement[bool]:
        """The scope as a condition on `obligation`."""
        o = t.obligation.c
        conditions = [o.campaign == self.campaign]
        for column, wanted in ((o.duty, self.duty), (o.period, self.period), (o.unit, self.unit)):
            if wanted is not None:
                conditions.append(column == wanted)
        if self.touching is not None:
            conditions += [o.covers_from <= self.touching[1], o.covers_until >= self.touching[0]]
        if self.key is not None:
            conditions.append(o.id == self.key)
        if self.unsettled_until is not None:
            m = t.moment.c
            come = (m.campaign == self.campaign) & (m.at <= self.unsettled_until) & ~m.settled
            conditions.append(o.id.in_(select(m.obligation).where(come)))
        if self.unsealed:
            waiting = t.message.join(t.unsealed, t.unsealed.c.message == t.message.c.id)
            conditions.append(o.id.in_(select(t.message.c.obligation).select_from(waiting)))
        return and_(*conditions)


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


def owed(conn: Connection, scope: Scope, zone: tzinfo) -> list[Owed]:
    """The obligations of a scope by due time, then in the order they were planned."""
    o = t.obligation.c
    rows = conn.execute(select(t.obligation).where(scope.where()).order_by(o.due_at, o.rank, o.id))
    return [
        Owed(
            r.id, r.duty, r.unit, r.period, calendars.from_micros(r.opens_at, zone),
            None if r.due_at is None else calendars.from_micros(r.due_at, zone), r.counted,
        )
        for r in rows
    ]  # fmt: skip


def arrivals(conn: Connection, scope: Scope, until: int, zone: tzinfo) -> dict[str, list[Arrival]]:
    """What came in for each obligation and was recorded up to `until`, by version."""
    s = t.submission.c
    rows = conn.execute(
        select(s.obligation, s.version, s.received_at, s.valid, s.zero)
        .join(t.obligation, t.obligation.c.id == s.obligation)
        .where(scope.where(), s.recorded_at <= until)
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
        .where(scope.where(), d.decided_at <= until)
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


@dataclass(frozen=True, slots=True)
class UnsettledMoment:
    """A moment that has come and that nothing was decided about yet."""

    obligation: str
    kind: str
    days: int
    at: datetime
    due_at: datetime


def unsettled_moments(conn: Connection, scope: Scope, until: int, zone: tzinfo) -> list[UnsettledMoment]:
    """The moments that a run has to decide about, in order of time."""
    m = t.moment.c
    rows = conn.execute(
        select(m.obligation, m.kind, m.days, m.at, m.due_at)
        .join(t.obligation, t.obligation.c.id == m.obligation)
        .where(m.campaign == scope.campaign, m.at <= until, ~m.settled, scope.where())
        .order_by(m.at, t.obligation.c.due_at, t.obligation.c.rank, m.kind, m.days)
    )
    return [
        UnsettledMoment(
            r.obligation, r.kind, r.days, calendars.from_micros(r.at, zone),
            calendars.from_micros(r.due_at, zone),
        )
        for r in rows
    ]  # fmt: skip


def first_contacts(conn: Connection, campaign: str) -> dict[str, tuple[int, str]]:
    """Contact and channel that each recipient of a campaign prefers."""
    of, c = t.contact_of.c, t.contact.c
    rows = conn.execute(
        select(of.recipient, c.id, c.channel)
        .join(t.contact, c.id == of.contact)
        .where(of.campaign == campaign, of.rank == 0)
    )
    return {r.recipient: (r.id, r.channel) for r in rows}


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided message that waits for its recipient's digest."""

    id: str
    campaign: str
    obligation: str
    kind: str
    days: int
    moment_at: int
    due_at: int
    recipient: str
    contact: int
    channel: str


def unsealed_messages(conn: Connection, until: int, day: str) -> list[Decided]:
    """Messages decided up to `until` whose recipient has no digest of `day` yet, by recipient."""
    m, u, g, of = t.message.c, t.unsealed.c, t.digest.c, t.contact_of.c
    # The recipient's first contact as the plan has it now; the one decided for where it has none left.
    now = (of.campaign == m.campaign) & (of.recipient == m.recipient) & (of.rank == 0)
    contact = func.coalesce(of.contact, u.contact)
    channel = func.coalesce(t.contact.c.channel, m.channel)
    rows = conn.execute(
        select(
            m.id, m.campaign, m.obligation, m.kind, m.days, m.moment_at, m.due_at, m.recipient,
            contact.label("contact"), channel.label("channel"),
        )
        .join(t.unsealed, u.message == m.id)
        .outerjoin(t.contact_of, now)
        .outerjoin(t.contact, t.contact.c.id == of.contact)
        .where(m.decided_at <= until)
        .where(~select(g.id).where(g.contact == contact, g.day == day, g.occasion == "").exists())
        .order_by(contact, m.campaign, m.due_at, m.id)
    )  # fmt: skip
    return [Decided(**r._mapping) for r in rows]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sealed digest with its address: what a channel carries."""

    digest: str
    channel: str
    address: str
    subject: str
    plain: str
    html: str


def deliverable(conn: Connection, now: int) -> list[str]:
    """Digests to send now: ready ones, and claimed ones whose holder went silent."""
    d = t.delivery.c
    wanted = (d.state == "ready") & (d.next_at <= now) | (d.state == "sending") & (d.until <= now)
    return list(conn.scalars(select(d.digest).where(wanted).order_by(d.next_at, d.digest)))


def parcel(conn: Connection, digest: str) -> Parcel:
    """A sealed digest with its address."""
    g, c = t.digest.c, t.contact.c
    row = conn.execute(
        select(g.id, g.channel, c.address, g.subject, g.plain, g.html)
        .join(t.contact, c.id == g.contact)
        .where(g.id == digest)
    ).one()
    return Parcel(*row)
