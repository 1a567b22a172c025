"""Who is reached how: a unit by its deputies of the day, then by the liaisons it has named, then by the
channels of units.csv; its head and the leader in charge by theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, select, true

from duban.ledger import Ledger, Writer, entering, insert_once
from duban.ledger import admission as a
from duban.ledger import tables as t
from duban.notices import COORDINATOR, HEAD, LEADER, UNIT
from duban.plan import Plan, Unit
from duban.plan.units import Channel
from duban.services.campaigns import deployed_plan

Way = tuple[str, str]
"""Channel and address."""


def renew_contacts(w: Writer, plan: Plan, only: str | None = None) -> None:
    """Write down how every unit that works with this system is reached, in order of preference, after
    deploying; or how one unit is, whenever it has named others. The links of whoever speaks for a unit no
    more end for good."""
    _put_in_force(w, plan, only)
    found = _recipients(w, plan, only)
    # All contacts first and in one order, so that two campaigns at once cannot wait in a ring.
    contacts = {way: _contact(w, way) for way in sorted({way for ways in found.values() for way in ways})}
    rows = [
        {"campaign": plan.slug, "recipient": name, "rank": rank, "contact": contacts[way]}
        for name, ways in found.items()
        for rank, way in enumerate(ways)
    ]
    before = entering.speakers(w.conn, plan.slug, only)
    w.conn.execute(t.contact_of.delete().where(_theirs(plan, only)))
    if rows:
        w.conn.execute(t.contact_of.insert(), rows)
    for unit, contact in sorted(before - entering.speakers(w.conn, plan.slug, only)):
        end_links(w, plan.slug, unit, contact)


def renew_when_due(ledger: Ledger, campaign: str | None = None, *, as_of: datetime | None = None) -> None:
    """Let deputies take over on the morning of their first day and give back after their last one, in a
    campaign or in all of them. Nothing is written as long as no deputyship begins or ends."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        due = {slug: units for slug in _with_deputies(conn, campaign) if (units := _due(conn, slug, now))}
    for slug, unit in ((slug, unit) for slug, units in due.items() for unit in units):
        # Each by itself, or two campaigns that have the same people could wait in a ring for their contacts.
        with ledger.write(slug, as_of=as_of) as w:
            renew_contacts(w, deployed_plan(w.conn, slug), unit)


def end_links(w: Writer, campaign: str, unit: str, contact: int) -> None:
    """Let none of a contact's links for a unit in any more, even if they speak for it again."""
    g = a.link.c
    row = {"campaign": campaign, "unit": unit, "contact": contact, "generation": 1}
    if not insert_once(w.conn, a.link, row):
        mine = (g.campaign == campaign) & (g.unit == unit) & (g.contact == contact)
        w.conn.execute(a.link.update().where(mine).values(generation=g.generation + 1))


def _with_deputies(conn: Connection, campaign: str | None) -> list[str]:
    x = t.deputy.c
    wanted = select(x.campaign).distinct().order_by(x.campaign)
    return list(conn.scalars(wanted if campaign is None else wanted.where(x.campaign == campaign)))


def _due(conn: Connection, campaign: str, now: datetime) -> list[str]:
    """Units whose contacts count with a deputy whose days are over, or without one whose days have come."""
    x, day = t.deputy.c, _day(deployed_plan(conn, campaign), now)
    turned = x.in_force != _serves(day)
    wanted = select(x.unit).distinct().where(x.campaign == campaign, turned).order_by(x.unit)
    return list(conn.scalars(wanted))


def _day(plan: Plan, now: datetime) -> str:
    return now.astimezone(plan.zone).date().isoformat()


def _serves(day: str) -> ColumnElement[bool]:
    x = t.deputy.c
    return (x.since <= day) & (x.until >= day)


def _put_in_force(w: Writer, plan: Plan, only: str | None) -> None:
    day = _day(plan, w.at)
    w.conn.execute(t.deputy.update().where(_of(t.deputy, plan, only)).values(in_force=_serves(day)))


def _of(table: Table, plan: Plan, only: str | None) -> ColumnElement[bool]:
    """The rows of a table about all units of a campaign, or about one."""
    return (table.c.campaign == plan.slug) & (true() if only is None else table.c.unit == only)


def _theirs(plan: Plan, only: str | None) -> ColumnElement[bool]:
    """The rows of all recipients, or of those who belong to one unit."""
    of = t.contact_of.c
    if only is None:
        return of.campaign == plan.slug
    names = [UNIT + only, HEAD + only, LEADER + only]
    if only == plan.coordinator.id:
        names.append(COORDINATOR)
    further = of.recipient.startswith(f"{UNIT}{only}/", autoescape=True)
    return (of.campaign == plan.slug) & or_(of.recipient.in_(names), further)


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the units have named themselves, and what they prefer, by unit."""

    deputies: Mapping[str, list[Way]]
    """Those of the day."""
    liaisons: Mapping[str, list[Way]]
    prefers: Mapping[str, str]


def _recipients(w: Writer, plan: Plan, only: str | None) -> dict[str, list[Way]]:
    """Every recipient's ways, the first one first."""
    units = [u for u in plan.units if only in (None, u.id) and u.id not in plan.outside]
    named = _named(w.conn, plan, only)
    found: dict[str, list[Way]] = {}
    for unit in units:
        found |= _unit(plan, unit, named)
        found[HEAD + unit.id] = _plain(unit.head)
        found[LEADER + unit.id] = _plain(plan.leader_of(unit))
    if UNIT + plan.coordinator.id in found:
        found[COORDINATOR] = found[UNIT + plan.coordinator.id]
    return found


def _named(conn: Connection, plan: Plan, only: str | None) -> Named:
    d, x, p = t.deputy.c, t.liaison.c, t.preference.c
    deputies = select(d.unit, d.channel, d.address).where(_of(t.deputy, plan, only), d.in_force)
    reachable = _of(t.liaison, plan, only) & x.channel.is_not(None) & x.address.is_not(None)
    liaisons = select(x.unit, x.channel, x.address).where(reachable)
    return Named(
        _by_unit(conn.execute(deputies.order_by(d.unit, d.n))),
        _by_unit(conn.execute(liaisons.order_by(x.unit, x.rank))),
        dict(conn.execute(select(p.unit, p.channel).where(_of(t.preference, plan, only))).tuples().all()),
    )


def _by_unit(rows: Iterable[Any]) -> dict[str, list[Way]]:
    found: dict[str, list[Way]] = defaultdict(list)
    for unit, channel, address in rows:
        found[unit].append((channel, address))
    return found


def _unit(plan: Plan, unit: Unit, named: Named) -> dict[str, list[Way]]:
    """How a unit is reached, and further liaisons of it where each is to hear."""
    deputies, liaisons = named.deputies.get(unit.id, []), named.liaisons.get(unit.id, [])
    preferred = named.prefers.get(unit.id, unit.prefers)
    ways = ordered([*deputies, *liaisons, *_plain(unit.channels)], preferred)
    further: list[Way] = []
    if plan.file.messages.liaisons == "all" and len(liaisons) > 1:
        # A deputy hears in place of a liaison; a chat that the unit prefers takes nobody's place.
        each = dict.fromkeys([*deputies, *liaisons[len(deputies) :]])
        further = [way for way in each if way != ways[0]]
    told = {*ways[:1], *further}
    found = {UNIT + unit.id: [*ways[:1], *_last(ways[1:], told)]}
    for n, own in enumerate(further, 2):
        found[f"{UNIT}{unit.id}/{n}"] = [own, *_last([x for x in ways if x != own], told)]
    return found


def ordered(ways: Iterable[Way], preferred: str | None) -> list[Way]:
    """Each way once, those of the preferred kind first, in the order given otherwise."""
    return sorted(dict.fromkeys(ways), key=lambda way: way[0] != preferred)


def _last(ways: Iterable[Way], told: Collection[Way]) -> list[Way]:
    """Who is told already as a recipient of their own is turned to after all others."""
    return sorted(ways, key=lambda way: way in told)


def _plain(channels: Iterable[Channel]) -> list[Way]:
    return list(dict.fromkeys((c.kind, c.address) for c in channels))


def _contact(w: Writer, way: Way) -> int:
    c = t.contact.c
    channel, address = way
    wanted = select(c.id).where(c.channel == channel, c.address == address)
    known = w.conn.scalar(wanted)
    if known is None:
        insert_once(w.conn, t.contact, {"channel": channel, "address": address})
        known = w.conn.scalars(wanted).one()
    return int(known)
