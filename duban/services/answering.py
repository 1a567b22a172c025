"""What a program's request was answered, so that a request sent again gets the same answer.

Before anything is received, a key is claimed for the one request it stands for; when the receipt is there,
its number is noted. A crash between leaves a claim without a number: the return is then looked for by its
file, and received only where it is not there. So a request is done once, whatever dies when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from duban.ledger import Ledger, Writer
from duban.ledger import tables as t
from duban.ledger.admission import answered

A = answered.c
_MINE = (A.api_key == bindparam("of")) & (A.key == bindparam("named")) & (A.receipt == "")
_NOTED = update(answered).where(_MINE).values(receipt=bindparam("came"))
_FREED = delete(answered).where(_MINE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that bears a key."""

    api_key: str
    """Id of the unit's key that it came with."""
    key: str
    """What the program calls the request."""
    request: str
    """Digest of everything in it."""
    obligation: str
    file: str
    """Digest of its file."""

    @property
    def name(self) -> tuple[str, str]:
        """What may be claimed once."""
        return self.api_key, self.key


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of a request that was made before."""

    same: bool
    """False: the key stands for another request."""
    submission: str | None
    """What it was answered with; None: nothing came of it yet."""


def claim(ledger: Ledger, asked: Sequence[Asked]) -> dict[tuple[str, str], Before]:
    """Claim the keys of some requests; what was there before, by key. A new one is not among it."""
    requests = {a.name: a for a in asked}
    with ledger.write() as w:
        mine = _claimed(w, [requests[name] for name in sorted(requests)])
        others = [name for name in requests if name not in mine]
        return {(r.api_key, r.key): _before(w.conn, r, requests) for r in _rows(w.conn, others)}


def _claimed(w: Writer, asked: Iterable[Asked]) -> set[tuple[str, str]]:
    rows = [
        {"api_key": a.api_key, "key": a.key, "request": a.request, "receipt": "", "made_at": w.micros}
        for a in asked
    ]
    if not rows:
        return set()
    insert = pg_insert(answered) if w.conn.dialect.name == "postgresql" else sqlite_insert(answered)
    made = insert.values(rows).on_conflict_do_nothing().returning(A.api_key, A.key)
    return {(r.api_key, r.key) for r in w.conn.execute(made)}


def _rows(conn: Connection, names: Sequence[tuple[str, str]]) -> Sequence[Row[Any]]:
    if not names:
        return []
    return conn.execute(select(answered).where(tuple_(A.api_key, A.key).in_(names))).all()


def _before(conn: Connection, row: Row[Any], requests: Mapping[tuple[str, str], Asked]) -> Before:
    asked = requests[row.api_key, row.key]
    if row.request != asked.request:
        return Before(False, None)
    return Before(True, row.receipt or _arrived(conn, asked, row.made_at))


def _arrived(conn: Connection, asked: Asked, since: int) -> str | None:
    """The return that came of a claim whose number was not noted any more."""
    s = t.submission.c
    same = (s.obligation == asked.obligation) & (s.file == asked.file) & (s.recorded_at >= since)
    return conn.scalar(select(s.id).where(same).order_by(s.version).limit(1))


def note(ledger: Ledger, answers: Mapping[tuple[str, str], str | None]) -> None:
    """Note the submission that came of each claimed key; None gives the key free: nothing came of it."""
    said = [{"of": of, "named": key, "came": came} for (of, key), came in sorted(answers.items())]
    with ledger.write() as w:
        for statement, mine in (
            (_NOTED, [row for row in said if row["came"]]),
            (_FREED, [{"of": row["of"], "named": row["named"]} for row in said if not row["came"]]),
        ):
            if mine:
                w.conn.execute(statement, mine)
