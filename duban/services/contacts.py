"""Who is reached how: the liaisons a unit has named come before the channels of units.csv."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select, true

from duban.ledger import Writer, insert_once
from duban.ledger import tables as t
from duban.notices import COORDINATOR
from duban.plan import Plan

Way = tuple[str, str]
"""Channel and address."""


def renew_contacts(w: Writer, plan: Plan, only: str | None = None) -> None:
    """Write down how every unit that works with this system is reached, in order of preference, after
    deploying; or how one unit is, whenever its return has named other liaisons."""
    ways = _ways(w, plan, only)
    # All contacts first and in one order, so that two campaigns at once cannot wait in a ring.
    contacts = {way: _contact(w, way) for way in sorted({way for mine in ways.values() for way in mine})}
    recipients = {f"unit:{unit}": mine for unit, mine in ways.items()}
    if only in (None, plan.coordinator.id):
        recipients[COORDINATOR] = ways.get(plan.coordinator.id, [])
    rows = [
        {"campaign": plan.slug, "recipient": name, "rank": rank, "contact": contacts[way]}
        for name, mine in recipients.items()
        for rank, way in enumerate(mine)
    ]
    of = t.contact_of.c
    mine = true() if only is None else of.recipient.in_(recipients)
    w.conn.execute(t.contact_of.delete().where(of.campaign == plan.slug, mine))
    if rows:
        w.conn.execute(t.contact_of.insert(), rows)


def _ways(w: Writer, plan: Plan, only: str | None) -> dict[str, list[Way]]:
    named = _liaisons(w, plan.slug, only)
    return {
        u.id: list(dict.fromkeys([*named[u.id], *((c.kind, c.address) for c in u.channels)]))
        for u in (plan.units if only is None else (plan.unit[only],))
        if u.id not in plan.outside
    }


def _liaisons(w: Writer, campaign: str, only: str | None) -> dict[str, list[Way]]:
    x = t.liaison.c
    found: dict[str, list[Way]] = defaultdict(list)
    reachable = (x.campaign == campaign) & x.channel.is_not(None) & x.address.is_not(None)
    if only is not None:
        reachable &= x.unit == only
    for r in w.conn.execute(select(x.unit, x.channel, x.address).where(reachable).order_by(x.unit, x.rank)):
        found[r.unit].append((r.channel, r.address))
    return found


def _contact(w: Writer, way: Way) -> int:
    c = t.contact.c
    channel, address = way
    insert_once(w.conn, t.contact, {"channel": channel, "address": address})
    return int(w.conn.scalars(select(c.id).where(c.channel == channel, c.address == address)).one())
