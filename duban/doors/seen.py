"""Which mails were answered: one worker answers each, and one that died is followed by another."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from duban.calendars import to_micros
from duban.ledger import Ledger, insert_once
from duban.ledger import tables as t

HOLDS = timedelta(minutes=10)
THEIRS = "theirs"
"""Another worker is at it."""


def claim_mail(ledger: Ledger, key: str, owner: str) -> str | None:
    """None when the mail is ours to answer, THEIRS, or how it was answered before.

    A claim is about processes, so it runs on the real clock even when the ledger's is virtual.
    """
    x, now = t.mail_seen.c, ledger.clock()
    row = {"owner": owner, "until": to_micros(now + HOLDS)}
    with ledger.write() as w:
        if insert_once(w.conn, t.mail_seen, {"key": key, "verdict": None} | row):
            return None
        free = or_(x.owner == owner, x.until <= to_micros(now))
        mine = t.mail_seen.update().where(x.key == key, x.verdict.is_(None), free).values(**row)
        if w.conn.execute(mine).rowcount == 1:
            return None
        return w.conn.scalar(select(x.verdict).where(x.key == key)) or THEIRS


def settle_mail(ledger: Ledger, key: str, verdict: str) -> None:
    """It has its answer."""
    with ledger.write() as w:
        w.conn.execute(t.mail_seen.update().where(t.mail_seen.c.key == key).values(verdict=verdict))


def release_mail(ledger: Ledger, key: str, owner: str) -> None:
    """It could not be answered now: the next drain may try."""
    x = t.mail_seen.c
    with ledger.write() as w:
        w.conn.execute(t.mail_seen.delete().where(x.key == key, x.owner == owner, x.verdict.is_(None)))
