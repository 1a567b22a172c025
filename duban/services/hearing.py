"""Who hears what is said to a recipient, in which order, and what they are there: to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import Connection, select

from duban.ledger import tables as t
from duban.notices import COORDINATOR, HEAD, LEADER, UNIT, unit_of
from duban.plan import Plan

Role = Literal["deputy", "liaison", "channel", "head", "leader"]
"""channel: neither a person nor a chat that the unit has named, but what units.csv has for it."""


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of whoever is behind an address."""

    role: Role
    name: str = ""
    phone: str = ""
    until: date | None = None
    """A deputy's last day."""


@dataclass(frozen=True, slots=True)
class Hears:
    """One way in which a recipient is reached."""

    recipient: str
    unit: str
    rank: int
    """0: messages go there; the others are turned to when it fails."""
    contact: int
    channel: str
    address: str
    person: Person


ABOVE: dict[str, Person] = {HEAD: Person("head"), LEADER: Person("leader")}
ORDER = (COORDINATOR, UNIT, HEAD, LEADER)


def hearers(conn: Connection, plan: Plan, unit: str | None = None) -> list[Hears]:
    """The ways of every recipient, or of those of one unit: by unit in the plan's order, the unit before its
    head and leader, then in order of preference."""
    of, c = t.contact_of.c, t.contact.c
    rows = conn.execute(
        select(of.recipient, of.rank, c.id, c.channel, c.address)
        .join(t.contact, c.id == of.contact)
        .where(of.campaign == plan.slug)
    )
    people, found = _people(conn, plan.slug), []
    for r in rows:
        name, mine = _parts(plan, r.recipient)
        if unit in (None, mine) and mine in plan.unit:
            known = people.get((mine, r.channel, r.address), Person("channel"))
            person = ABOVE.get(name, known)
            found.append(Hears(r.recipient, mine, r.rank, r.id, r.channel, r.address, person))
    order = {u.id: n for n, u in enumerate(plan.units)}
    return sorted(found, key=lambda x: (order[x.unit], *_place(plan, x.recipient), x.rank))


def _parts(plan: Plan, recipient: str) -> tuple[str, str]:
    """What a recipient is, and whose."""
    if recipient == COORDINATOR:
        return COORDINATOR, plan.coordinator.id
    return recipient[: recipient.index(":") + 1], unit_of(recipient)


def _place(plan: Plan, recipient: str) -> tuple[int, int]:
    """Before a unit's second liaison stands its first, before its head all of them."""
    return ORDER.index(_parts(plan, recipient)[0]), int(recipient.partition("/")[2] or 1)


def _people(conn: Connection, campaign: str) -> dict[tuple[str, str, str], Person]:
    """Liaisons and the deputies of the day, by unit, channel and address; who is both stands in."""
    x, d = t.liaison.c, t.deputy.c
    liaisons = select(t.liaison).where(x.campaign == campaign).order_by(x.rank.desc())
    deputies = select(t.deputy).where(d.campaign == campaign, d.in_force).order_by(d.n.desc())
    found = {
        (r.unit, r.channel, r.address): Person("liaison", r.name, r.phone) for r in conn.execute(liaisons)
    }
    return found | {
        (r.unit, r.channel, r.address): Person("deputy", r.name, r.phone, date.fromisoformat(r.until))
        for r in conn.execute(deputies)
    }


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody to ask for on the telephone, as the unit has named them."""

    name: str
    position: str
    phone: str
    until: date | None = None
    """A deputy's last day."""


def to_ask_for(conn: Connection, campaign: str) -> dict[str, tuple[Asked, ...]]:
    """Whom to ask for at each unit, in order of preference: the deputies of the day, then its liaisons."""
    x, d = t.liaison.c, t.deputy.c
    liaisons = select(t.liaison).where(x.campaign == campaign).order_by(x.unit, x.rank)
    deputies = select(t.deputy).where(d.campaign == campaign, d.in_force).order_by(d.unit, d.n)
    found: dict[str, tuple[Asked, ...]] = {}
    for r in conn.execute(deputies):
        found[r.unit] = (*found.get(r.unit, ()), Asked(r.name, "", r.phone, date.fromisoformat(r.until)))
    for r in conn.execute(liaisons):
        found[r.unit] = (*found.get(r.unit, ()), Asked(r.name, r.position, r.phone))
    return found


def masked(address: str) -> str:
    """An address as far as it helps to tell it from others: `lib***@haian.example`, `138****1234`."""
    name, at, host = address.partition("@")
    if at:
        return f"{name[:3] if len(name) > 3 else name[:1]}***@{host}"
    return f"{name[:3]}****{name[-4:]}" if len(name) >= 11 else f"{name[:1]}***"
