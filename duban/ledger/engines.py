"""Engines set up as the ledger needs them, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

PRAGMAS = (
    "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 30000",
    "secure_delete = ON",  # what is erased or expunged is overwritten
)  # fmt: skip


def engine_for(url: str) -> Engine:
    """An engine set up as the ledger needs it; SQLite and PostgreSQL (psycopg 3) are known."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, hide_parameters=True,
            # The portal answers forty at once; connections beyond the size are made anew each time.
            pool_size=40, max_overflow=5, pool_use_lifo=True,
        )  # fmt: skip
    engine = create_engine(parsed, connect_args={"timeout": 30}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves, so that writers can say IMMEDIATE
    for pragma in PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")


def survive_power_cuts(raw: Any, _record: Any) -> None:
    """A receipt that was given holds, whatever happens to the machine; what is rehearsed may be lost."""
    raw.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(conn: Connection) -> None:
    conn.exec_driver_sql(conn.get_execution_options().get("duban_begin", "BEGIN"))
