"""The lease: one run of a campaign at a time. Overlapping runs would be harmless, only busier."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from duban.calendars import to_micros
from duban.ledger import Ledger, insert_once
from duban.ledger import tables as t

LEASE = timedelta(minutes=5)
"""How long a lease holds without renewal; a run renews it at each phase."""


def take_lease(ledger: Ledger, campaign: str, owner: str) -> bool:
    """Take or renew the lease. Who finds it taken leaves a note (`wanted_again`) and gets False.

    A lease is about processes, so it runs on the real clock even when the ledger's is virtual.
    """
    x = t.lease.c
    now = ledger.clock()
    row = {"owner": owner, "until": to_micros(now + LEASE)}
    with ledger.write() as w:
        mine = w.conn.execute(
            t.lease.update()
            .where(x.campaign == campaign, or_(x.owner == owner, x.until <= to_micros(now)))
            .values(**row)
        )
        if mine.rowcount == 1:
            return True
        if insert_once(w.conn, t.lease, {"campaign": campaign, "wanted_again": False} | row):
            return True
        w.conn.execute(t.lease.update().where(x.campaign == campaign).values(wanted_again=True))
        return False


def give_back_lease(ledger: Ledger, campaign: str, owner: str) -> bool:
    """Let go, unless somebody has asked meanwhile: then keep the lease and return True (look again)."""
    x = t.lease.c
    mine = (x.campaign == campaign) & (x.owner == owner)
    with ledger.write() as w:
        wanted = w.conn.scalar(select(x.wanted_again).where(mine).with_for_update())
        if wanted:
            w.conn.execute(t.lease.update().where(mine).values(wanted_again=False))
            return True
        w.conn.execute(t.lease.delete().where(mine))
        return False


def drop_lease(ledger: Ledger, campaign: str, owner: str) -> None:
    """Let go whatever was asked meanwhile: the way out of a run that failed."""
    with ledger.write() as w:
        w.conn.execute(t.lease.delete().where(t.lease.c.campaign == campaign, t.lease.c.owner == owner))
