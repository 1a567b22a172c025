"""Trying too often: counted in the ledger, so that it holds across processes."""

from __future__ import annotations

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from duban.access import passwords
from duban.calendars import to_micros
from duban.ledger import Ledger, Writer
from duban.ledger import admission as a


def throttled(ledger: Ledger, name: str, *, most: int, seconds: int) -> bool:
    """Count a try under a name and say whether it is one too many: more than `most` in `seconds` since
    the first. Once there are too many, nothing is written any more until the time is over."""
    key, now, span = passwords.digest(name), to_micros(ledger.now()), seconds * 1_000_000
    with ledger.read() as conn:
        counted = select(a.throttle.c.count).where(a.throttle.c.name == key, a.throttle.c.since > now - span)
        if (conn.scalar(counted) or 0) > most:
            return True
    with ledger.write() as w:
        return _count(w, key, w.micros - span) > most


def forget(w: Writer, name: str) -> None:
    """Begin again with no tries under a name."""
    w.conn.execute(delete(a.throttle).where(a.throttle.c.name == passwords.digest(name)))


def _count(w: Writer, key: str, since: int) -> int:
    """One more; the first one of a new span where the old one is over."""
    insert = pg_insert if w.conn.dialect.name == "postgresql" else sqlite_insert
    c = a.throttle.c
    over = c.since <= since
    counted = (
        insert(a.throttle)
        .values(name=key, since=w.micros, count=1)
        .on_conflict_do_update(
            index_elements=[c.name],
            set_={
                "since": case((over, w.micros), else_=c.since),
                "count": case((over, 1), else_=c.count + 1),
            },
        )
        .returning(c.count)
    )
    return int(w.conn.scalar(counted) or 0)
