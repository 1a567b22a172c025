"""One door for reading and one for writing, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, bindparam, event, select, update

from duban import calendars
from duban.errors import NotAllowed
from duban.ledger import journal, tables
from duban.ledger.engines import engine_for, survive_power_cuts
from duban.ledger.inserting import insert_many, insert_once
from duban.ledger.journal import Head

Kind = Literal["wall", "virtual"]


def wall_clock() -> datetime:
    """The time it is. Passed in at the rim, so that tests and rehearsals pass another."""
    return datetime.now(UTC)


@dataclass
class Writer:
    """An open writing transaction: everything in it happens at `at`, together or not at all."""

    conn: Connection
    at: datetime
    """When this is recorded: never before the journal's last entry."""
    heads: dict[str, Head]
    clock_at: datetime
    """What the clock says: when something that comes in now is received."""
    _entries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def micros(self) -> int:
        """`at` in UTC microseconds."""
        return calendars.to_micros(self.at)

    def record(self, kind: str, campaign: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows into a record table and append each to the campaign's journal."""
        if not rows:
            return
        insert_many(self.conn, journal.KINDS[kind], rows)
        self.append(kind, campaign, rows)

    def append(self, kind: str, campaign: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows to the campaign's journal that are inserted before this transaction ends."""
        table = journal.KINDS[kind]
        for row in rows:
            head = self.heads[campaign]
            moved = journal.link(head, campaign, self.micros, kind, dict(row))
            self.heads[campaign] = moved
            self._entries.append(
                {
                    "campaign": campaign,
                    "seq": moved.seq,
                    "recorded_at": self.micros,
                    "kind": kind,
                    "ref": journal.ref_of(table, dict(row)),
                    "digest": moved.digest,
                    "previous": head.digest,
                }
            )

    def close(self) -> None:
        """Write the journal's new links; the last thing a transaction does."""
        if not self._entries:
            return
        insert_many(self.conn, tables.journal, self._entries)
        for campaign in {e["campaign"] for e in self._entries}:
            moved = self.heads[campaign]
            values = {"to_seq": moved.seq, "to_digest": moved.digest, "to_recorded_at": moved.recorded_at}
            self.conn.execute(MOVE_HEAD, {"of": campaign, **values})


class Ledger:
    """A ledger of one installation. `wall` ledgers live in real time; `virtual` ones take `as_of`."""

    keeps = True
    """False where everything written is gone in the end: what lies outside may not be touched."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = wall_clock) -> None:
        self.engine = engine
        self.clock = clock
        with self.read() as conn:
            rows = dict(conn.execute(select(tables.meta.c.name, tables.meta.c.value)).tuples().all())
        self.kind: Kind = "virtual" if rows["kind"] == "virtual" else "wall"
        if self.kind == "wall" and engine.dialect.name == "sqlite":
            event.listen(engine, "connect", survive_power_cuts)
            engine.dispose()
        self.offset = timedelta(microseconds=int(rows.get("clock_offset", "0")))
        """How far a virtual ledger's clock is from ours when no `as_of` is given."""

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def now(self, as_of: datetime | None = None) -> datetime:
        """`as_of`, or the time on this ledger's clock."""
        return as_of or self.clock() + self.offset

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view: REPEATABLE READ on PostgreSQL, a snapshot on SQLite."""
        with self.engine.connect() as conn:
            conn = conn.execution_options(duban_begin="BEGIN", isolation_level="REPEATABLE READ") if (
                self.engine.dialect.name == "postgresql"
            ) else conn  # fmt: skip
            with conn.begin():
                yield conn

    @contextmanager
    def write(self, *campaigns: str, as_of: datetime | None = None) -> Iterator[Writer]:
        """The one door for writing: locks the journals of `campaigns`, in one transaction.

        Raises NotAllowed for an explicit time on a wall ledger, and for going back in time.
        """
        if self.kind == "wall" and as_of is not None:
            raise NotAllowed("wall-ledger-as-of", as_of=as_of.isoformat())
        with self._transaction() as conn:
            heads = {c: _locked_head(conn, c) for c in sorted(set(campaigns))}
            last = max((h.recorded_at for h in heads.values()), default=0)
            at = clock_at = self.now(as_of)
            if calendars.to_micros(at) < last:
                if self.kind == "virtual":
                    raise NotAllowed("time-runs-backwards", as_of=at.isoformat(), last=last)
                at = calendars.from_micros(last, UTC)
            writer = Writer(conn, at, heads, clock_at)
            yield writer
            writer.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as plain:
            conn = plain.execution_options(duban_begin="BEGIN IMMEDIATE")
            with conn.begin():
                yield conn

    @contextmanager
    def trial(self) -> Iterator[Ledger]:
        """This ledger to try things on (`--dry-run`): what is written there is read there, and gone at the
        end. Nobody else writes meanwhile, so it is for short things."""
        with self.engine.connect() as plain:
            conn = plain.execution_options(duban_begin="BEGIN IMMEDIATE")
            whole = conn.begin()
            try:
                yield _Trial(self, conn)
            finally:
                whole.rollback()

    def set_clock(self, now: datetime) -> None:
        """Let a virtual ledger's clock show `now` at this moment and run on from there."""
        if self.kind != "virtual":
            raise NotAllowed("wall-ledger-as-of", as_of=now.isoformat())
        self.offset = now - self.clock()
        micros = str(self.offset // timedelta(microseconds=1))
        with self.write() as w:
            w.conn.execute(tables.meta.delete().where(tables.meta.c.name == "clock_offset"))
            w.conn.execute(tables.meta.insert(), {"name": "clock_offset", "value": micros})


class _Trial(Ledger):
    """A ledger within one transaction of another that is never committed."""

    keeps = False

    def __init__(self, real: Ledger, conn: Connection) -> None:
        self.engine, self.clock, self.kind, self.offset = real.engine, real.clock, real.kind, real.offset
        self._conn = conn

    def close(self) -> None:
        """Nothing to give back: the connection is the real ledger's."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """What has been written so far."""
        yield self._conn

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._conn.begin_nested():
            yield self._conn


# Built once: every transaction runs them, and building a statement takes longer than running it.
LOCK_HEAD = select(tables.head).where(tables.head.c.campaign == bindparam("of")).with_for_update()
MOVE_HEAD = (
    update(tables.head)
    .where(tables.head.c.campaign == bindparam("of"))
    .values(
        seq=bindparam("to_seq"), digest=bindparam("to_digest"), recorded_at=bindparam("to_recorded_at")
    )
)  # fmt: skip


def _locked_head(conn: Connection, campaign: str) -> Head:
    """The journal's head, its row locked until the transaction ends; made when there is none."""
    row = conn.execute(LOCK_HEAD, {"of": campaign}).one_or_none()
    if row is None:
        j = tables.journal.c
        last = conn.execute(
            select(j.seq, j.digest, j.recorded_at)
            .where(j.campaign == campaign)
            .order_by(j.seq.desc())
            .limit(1)
        ).first()
        seq, digest, at = last or (0, journal.GENESIS, 0)  # the head is a working row: rebuilt when lost
        row_ = {"campaign": campaign, "seq": seq, "digest": digest, "recorded_at": at}
        insert_once(conn, tables.head, row_)
        row = conn.execute(LOCK_HEAD, {"of": campaign}).one()
    return Head(row.seq, row.digest, row.recorded_at)


def open_ledger(url: str, *, kind: Kind = "wall", clock: Callable[[], datetime] = wall_clock) -> Ledger:
    """The ledger at `url`; a new database becomes one of `kind`. Raises NotAllowed when the schema
    is newer or older than this program."""
    from duban.ledger.migrations import bring_up_to_date

    engine = engine_for(url)
    try:
        bring_up_to_date(engine, kind)
        return Ledger(engine, clock)
    except BaseException:
        engine.dispose()
        raise
