"""How many a provider takes: counted in the ledger, so that it holds across workers.

Each limit has as many places as it allows messages. A message takes a place that nobody has taken within
the span, so that in no span of that length more than the limit leave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from duban.ledger import Writer
from duban.ledger import admission as a

A_SECOND = 1_000_000
MARGIN = A_SECOND // 2
"""Clocks of the provider and ours need not run alike, nor messages travel equally long."""


@dataclass(frozen=True, slots=True)
class Limit:
    """No more than so many in any span of so many seconds."""

    most: int
    seconds: int

    @property
    def span(self) -> int:
        """Microseconds for which a place stays taken."""
        return self.seconds * A_SECOND + MARGIN


def take(w: Writer, lane: str, limits: Sequence[Limit]) -> int | None:
    """Take a place in each limit; or, where one has none, say when the next is free, and take nothing. The
    caller holds the lock under which everybody sends."""
    places, wait = [], None
    for n, limit in enumerate(limits):
        taken = _taken(w, lane, n, limit)
        name = min(taken, key=lambda place: taken[place])
        free_at = taken[name] + limit.span
        if free_at > w.micros:
            wait = max(wait or 0, free_at)
        places.append(name)
    if wait is None:
        _set(w, places, w.micros)
    return wait


def hold(w: Writer, lane: str, limits: Sequence[Limit], seconds: int) -> None:
    """Let nothing leave for so long: the provider said that it was too much."""
    for n, limit in enumerate(limits[:1]):
        _set(w, list(_taken(w, lane, n, limit)), w.micros + seconds * A_SECOND - limit.span)


def _taken(w: Writer, lane: str, n: int, limit: Limit) -> dict[str, int]:
    """When each place was last taken; long ago where it never was."""
    c = a.throttle.c
    names = [f"{lane}/{n}/{i}" for i in range(limit.most)]
    found = dict(w.conn.execute(select(c.name, c.since).where(c.name.in_(names))).tuples().all())
    return {name: found.get(name, w.micros - limit.span) for name in names}


def _set(w: Writer, names: Sequence[str], since: int) -> None:
    insert = pg_insert if w.conn.dialect.name == "postgresql" else sqlite_insert
    if names:
        made = insert(a.throttle).values([{"name": name, "since": since, "count": 1} for name in names])
        w.conn.execute(made.on_conflict_do_update(index_elements=["name"], set_={"since": since}))
