"""The reading queries of what is to be said: moments that have come, messages that wait for a digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import count, takewhile
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from duban import calendars
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.notices import AT_ONCE


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


def contacts_of(conn: Connection, campaign: str, recipients: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The same of some recipients, and of the further liaisons who hear with them."""
    of, c = t.contact_of.c, t.contact.c
    found: dict[str, tuple[int, str]] = {}
    names, numbers = sorted(set(recipients)), count(2)
    while names:
        mine = (of.campaign == campaign) & (of.rank == 0) & of.recipient.in_(names)
        wanted = select(of.recipient, c.id, c.channel).join(t.contact, c.id == of.contact).where(mine)
        known = {r.recipient: (r.id, r.channel) for r in conn.execute(wanted)}
        found |= known
        n = next(numbers)
        names = [f"{name.partition('/')[0]}/{n}" for name in names if name in known]
    return found


@dataclass(frozen=True, slots=True)
class Hearer:
    """Somebody who is told: a recipient's name, and how they are reached."""

    recipient: str
    contact: int | None
    """None: the plan gives no way to reach them; the message waits for a person."""
    channel: str


NO_CHANNEL = "none"
"""Channel of a message to a recipient whom the plan gives no way to reach."""


def hearers(contacts: Mapping[str, tuple[int, str]], recipient: str) -> list[Hearer]:
    """Everybody who hears what is said to a recipient: that one, and further liaisons of the unit."""
    more = (f"{recipient}/{n}" for n in count(2))
    named = [recipient, *takewhile(contacts.__contains__, more)]
    return [Hearer(name, *contacts.get(name, (None, NO_CHANNEL))) for name in named]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided message that waits for its recipient's digest."""

    id: str
    campaign: str
    obligation: str
    """"": it is about no single return."""
    kind: str
    days: int
    moment_at: int
    due_at: int
    recipient: str
    contact: int
    channel: str
    occasion: str = "0"


def unsealed_messages(
    conn: Connection, until: int, day: str, messages: Sequence[str] | None = None
) -> list[Decided]:
    """Messages for the day's digest decided up to `until` whose recipient has no digest of `day` yet, by
    recipient; of some messages only, where they are given."""
    (wanted, contact), g = _waiting(until), t.digest.c
    sealed = select(g.id).where(g.contact == contact, g.day == day, g.occasion == "")
    return _of(conn, wanted.where(t.message.c.kind.not_in(AT_ONCE), ~sealed.exists()), messages)


def _of(conn: Connection, wanted: Select[Any], messages: Sequence[str] | None) -> list[Decided]:
    if messages is None:
        return _decided(conn, wanted)
    found: list[Decided] = []
    for start in range(0, len(messages), CHUNK):
        found += _decided(conn, wanted.where(t.unsealed.c.message.in_(messages[start : start + CHUNK])))
    return found


CHUNK = 5_000
"""Names in one statement; a coordinator may hear of forty thousand units."""


def at_once_messages(conn: Connection, until: int, messages: Sequence[str] | None = None) -> list[Decided]:
    """Messages that go at once, decided up to `until` and not sealed yet, by recipient; of some messages
    only, where they are given."""
    wanted, _ = _waiting(until)
    return _of(conn, wanted.where(t.message.c.kind.in_(AT_ONCE)), messages)


def _decided(conn: Connection, wanted: Select[Any]) -> list[Decided]:
    return [Decided(**r._mapping) for r in conn.execute(wanted)]


def _waiting(until: int) -> tuple[Select[Any], ColumnElement[int]]:
    """Messages without a digest, and the contact they would go to now."""
    m, u, of = t.message.c, t.unsealed.c, t.contact_of.c
    # The recipient's first contact as the plan has it now; the one decided for where it has none left.
    now = (of.campaign == m.campaign) & (of.recipient == m.recipient) & (of.rank == 0)
    contact = func.coalesce(of.contact, u.contact)
    channel = func.coalesce(t.contact.c.channel, m.channel)
    # Or else SQLite reads every message that ever was, to see which of them wait.
    waits = m.id.in_(select(u.message))
    wanted = (
        select(
            m.id, m.campaign, func.coalesce(m.obligation, "").label("obligation"), m.kind, m.days,
            m.moment_at, m.due_at, m.recipient, contact.label("contact"), channel.label("channel"),
            m.occasion,
        )
        .join(t.unsealed, u.message == m.id)
        .outerjoin(t.contact_of, now)
        .outerjoin(t.contact, t.contact.c.id == of.contact)
        .where(waits, m.decided_at <= until)
        .order_by(contact, m.campaign, m.due_at, m.id)
    )  # fmt: skip
    return wanted, contact
