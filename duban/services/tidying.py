"""Clearing away what nobody needs any more: rows of working tables, a batch at a time. Records stay.

Whatever goes could be lost at any moment without harm, so each row goes by itself, and twice is as once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, select, tuple_

from duban.calendars import to_micros
from duban.ledger import Ledger
from duban.ledger import admission as a
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.services.campaigns import deployed_plan
from duban.services.watching import is_closed, standings

BATCH = 400
"""Rows that go in one transaction."""
COUNTED = timedelta(days=1)
"""So long a count of tries is kept: longer than anything is counted."""
REMEMBERED = timedelta(days=90)
"""So long a mail or a program's request is known again; whatever is older is known by its content."""
LEFT = timedelta(days=30)
"""So long a draft lies untouched before anybody asks whether it can still be sent."""
FORGOTTEN = timedelta(days=365)
"""So long a draft lies untouched that could still be sent."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """How many of each have gone."""

    sessions: int
    codes: int
    counts: int
    requests: int
    mails: int
    drafts: int

    @property
    def total(self) -> int:
        """Of all kinds."""
        return self.sessions + self.codes + self.counts + self.requests + self.mails + self.drafts


def tidy(ledger: Ledger, *, as_of: datetime | None = None) -> Tidied:
    """Clear away everything that has run its course."""
    return Tidied(
        tidy_sessions(ledger, as_of), tidy_codes(ledger, as_of), tidy_counts(ledger, as_of),
        tidy_requests(ledger, as_of), tidy_mails(ledger, as_of), tidy_drafts(ledger, as_of),
    )  # fmt: skip


def tidy_sessions(ledger: Ledger, as_of: datetime | None = None) -> int:
    """Sessions that have run out."""
    return _purge(ledger, a.session, a.session.c.until <= to_micros(ledger.now(as_of)), as_of)


def tidy_codes(ledger: Ledger, as_of: datetime | None = None) -> int:
    """One-time codes that nobody has used in time."""
    return _purge(ledger, a.code, a.code.c.until <= to_micros(ledger.now(as_of)), as_of)


def tidy_counts(ledger: Ledger, as_of: datetime | None = None) -> int:
    """Counts of tries whose time is over."""
    since = to_micros(ledger.now(as_of) - COUNTED)
    return _purge(ledger, a.throttle, a.throttle.c.since <= since, as_of)


def tidy_requests(ledger: Ledger, as_of: datetime | None = None) -> int:
    """What programs' requests were answered. One that is repeated later than this is received as a new one;
    its file gets the receipt it had."""
    made = to_micros(ledger.now(as_of) - REMEMBERED)
    return _purge(ledger, a.answered, a.answered.c.made_at <= made, as_of)


def tidy_mails(ledger: Ledger, as_of: datetime | None = None) -> int:
    """Mails that were answered and put away. Their claims run on the real clock, as `doors/seen.py` says."""
    x = t.mail_seen.c
    over = x.verdict.is_not(None) & (x.until <= to_micros(ledger.clock() - REMEMBERED))
    return _purge(ledger, t.mail_seen, over, as_of)


def _purge(ledger: Ledger, table: Table, over: ColumnElement[bool], as_of: datetime | None) -> int:
    """Delete the rows that are over; those that somebody else has in hand are left to them."""
    key, gone = list(table.primary_key.columns), 0
    while True:
        with ledger.write(as_of=as_of) as w:
            ours = select(*key).where(over).limit(BATCH).with_for_update(skip_locked=True)
            found = [tuple(row) for row in w.conn.execute(ours)]
            if found:
                w.conn.execute(delete(table).where(tuple_(*key).in_(found)))
        gone += len(found)
        if len(found) < BATCH:
            return gone


def tidy_drafts(ledger: Ledger, as_of: datetime | None = None) -> int:
    """Drafts left lying for a month that cannot be sent any more, since their return was accepted or is
    closed, or their campaign is over; and those left lying for a year."""
    now, f = ledger.now(as_of), a.saved_form.c
    with ledger.read() as conn:
        left = select(f.campaign, f.obligation).where(f.saved_at <= to_micros(now - LEFT))
        lying: dict[str, list[str]] = defaultdict(list)
        for campaign, key in conn.execute(left.order_by(f.obligation)).tuples():
            lying[campaign].append(key)
    gone = 0
    for campaign, keys in lying.items():
        for n in range(0, len(keys), BATCH):
            gone += _drop_drafts(ledger, campaign, keys[n : n + BATCH], now, as_of)
    return gone


def _drop_drafts(
    ledger: Ledger, campaign: str, keys: Sequence[str], now: datetime, as_of: datetime | None
) -> int:
    f, lying, forgotten = a.saved_form.c, to_micros(now - LEFT), to_micros(now - FORGOTTEN)
    with ledger.read() as conn:
        over = _over(conn, campaign, keys, now)
    untouched = (f.obligation.in_(over) & (f.saved_at <= lying)) | (
        f.obligation.in_(keys) & (f.saved_at <= forgotten)
    )
    with ledger.write(as_of=as_of) as w:
        # whoever saves one meanwhile has it
        ours = w.conn.scalars(select(f.obligation).where(untouched).with_for_update(skip_locked=True)).all()
        w.conn.execute(delete(a.saved_file).where(a.saved_file.c.obligation.in_(ours)))
        w.conn.execute(delete(a.saved_form).where(f.obligation.in_(ours)))
    return len(ours)


def _over(conn: Connection, campaign: str, keys: Sequence[str], now: datetime) -> list[str]:
    """Those of the obligations for which nothing can be sent any more. What is not owed, as an event that
    was never reported, could be until its campaign is over."""
    plan = deployed_plan(conn, campaign)
    if is_closed(conn, plan, now):
        return list(keys)
    found = standings(conn, plan, Scope(campaign, keys=tuple(keys)), now)
    return [s.owed.key for s in found if s.accepted is not None or s.state == "closed"]
