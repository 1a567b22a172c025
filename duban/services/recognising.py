"""Who is there: what lets a session or a key in is looked at again with every request."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import Connection

from duban.access import passwords
from duban.access.roles import Held, Principal, Role
from duban.calendars import to_micros
from duban.errors import NotAllowed
from duban.ledger import Ledger, entering
from duban.ledger import admission as a
from duban.notices import speaker
from duban.plan import Plan
from duban.services.campaigns import deployed_plan

IDLE = timedelta(hours=12)
"""After so long without a request a session ends, but for a link's."""
SEEN_EVERY = timedelta(minutes=5)
"""`seen_at` is not written oftener: reading a page does not write."""


def who_is(ledger: Ledger, token: str) -> Principal | None:
    """Whose session a token is; None for one that has ended, or whose owner may not come in any more."""
    digest, now = passwords.digest(token), ledger.now()
    with ledger.read() as conn:
        found = entering.session(conn, digest)
        if found is None or found.until <= to_micros(now):
            return None
        idle = timedelta(microseconds=to_micros(now) - found.seen_at)
        if not found.unit and idle > IDLE:
            return None
        if found.login is not None:
            who = by_account(conn, found.login)
        elif found.unit:
            who = _by_link(conn, found.contact, found.campaign, found.unit, found.generation, now)
        else:
            who = _by_contact(conn, found.contact, now)
    if who is not None and idle > SEEN_EVERY:
        _seen(ledger, digest)
    return who


def _seen(ledger: Ledger, digest: str) -> None:
    s = a.session.c
    with ledger.write() as w:
        later = a.session.update().where(s.digest == digest, s.seen_at < w.micros)
        w.conn.execute(later.values(seen_at=w.micros))


def by_account(conn: Connection, login: str) -> Principal | None:
    """A person of the bureau with their roles."""
    found = entering.account(conn, login)
    if found is None or found.disabled:
        return None
    held = (Held(cast(Role, role), campaign, unit) for role, campaign, unit in entering.roles(conn, login))
    return Principal(f"account:{login}", found.name, tuple(held), "account")


def _by_link(
    conn: Connection, contact: int, campaign: str, unit: str, generation: int, now: datetime
) -> Principal | None:
    """A liaison for one unit, while they are its liaison and the link is not revoked."""
    if not entering.speaks_for(conn, contact, campaign, unit):
        return None
    if entering.generation(conn, campaign, unit, contact) != generation:
        return None
    return _speaker(conn, contact, [(campaign, unit)], now, "link")


def _by_contact(conn: Connection, contact: int, now: datetime) -> Principal | None:
    """A liaison for all that they speak for."""
    return _speaker(conn, contact, entering.units_of(conn, contact), now, "code")


def _speaker(
    conn: Connection,
    contact: int,
    units: list[tuple[str, str]],
    now: datetime,
    door: Literal["link", "code"],
) -> Principal | None:
    held: dict[Held, str] = {}
    for campaign, unit in units:
        plan = _plan(conn, campaign)
        if plan is not None:
            held |= {Held("unit", campaign, of): plan.unit[unit].name for of in spoken_for(plan, unit, now)}
    if not held:
        return None
    name = "、".join(dict.fromkeys(held.values()))
    return Principal(f"contact:{contact}", name, tuple(held), door)


def spoken_for(plan: Plan, unit: str, now: datetime) -> tuple[str, ...]:
    """The units that one speaks for today: itself, unless it has closed and another took over, and those
    that it took over from."""
    if unit not in plan.unit:
        return ()
    day = now.astimezone(plan.zone).date()
    closed = (u.id for u in plan.units if u.id != unit and u.closes is not None)
    mine = (unit, *closed)
    return tuple(u for u in mine if speaker(plan, u, day) == unit)


def _plan(conn: Connection, campaign: str) -> Plan | None:
    try:
        return deployed_plan(conn, campaign)
    except NotAllowed:
        return None


def who_has_key(ledger: Ledger, key: str) -> Principal | None:
    """The unit whose key that is; None for one that is unknown or revoked, or whose unit has closed and
    another took over."""
    with ledger.read() as conn:
        found = holder(conn, key, ledger.now())
    return found[0] if found else None


def holder(conn: Connection, key: str, now: datetime) -> tuple[Principal, Plan] | None:
    """The same with the plan in force of its campaign."""
    found = entering.api_key(conn, key.partition(".")[0])
    if found is None or found.revoked_at is not None:
        return None
    if not hmac.compare_digest(found.digest, passwords.digest(key)):
        return None
    plan = _plan(conn, found.campaign)
    held = tuple(Held("unit", found.campaign, of) for of in spoken_for(plan, found.unit, now)) if plan else ()
    if plan is None or not held:
        return None
    return Principal(f"key:{found.id}", plan.unit[found.unit].name, held, "key"), plan
