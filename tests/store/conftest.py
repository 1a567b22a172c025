"""Every store test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from duban.ledger import open_ledger
from tests.support.harbour import Harbour
from tests.support.pier import Pier
from tests.support.post import World, world
from tests.support.town import Town


@pytest.fixture(scope="session")
def sqlite_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty virtual ledger, to be copied: making its schema takes longer than most tests."""
    path = tmp_path_factory.mktemp("ledger") / "ledger.sqlite"
    open_ledger(f"sqlite:///{path}", kind="virtual").close()
    return path


@pytest.fixture(scope="session")
def postgres_ledger(new_postgres: Callable[..., str]) -> str:
    """The name of a database with the same."""
    url = new_postgres()
    open_ledger(url, kind="virtual").close()
    return str(make_url(url).database)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database; with a virtual ledger in it where somebody of the cast lives there."""
    lived_in = not {"town", "port", "pier"}.isdisjoint(request.fixturenames)
    if request.param == "sqlite":
        path = tmp_path / "ledger.sqlite"
        if lived_in:
            shutil.copyfile(request.getfixturevalue("sqlite_ledger"), path)
        return f"sqlite:///{path}"
    new_postgres = request.getfixturevalue("new_postgres")
    return str(new_postgres(request.getfixturevalue("postgres_ledger")) if lived_in else new_postgres())


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


@pytest.fixture
def port(url: str) -> Iterator[Harbour]:
    """The harbour on a virtual ledger, its plan in force since its first morning."""
    ledger = open_ledger(url, kind="virtual")
    made = Harbour(ledger)
    made.deploy()
    yield made
    ledger.close()


@pytest.fixture
def pier(url: str) -> Iterator[Pier]:
    """The pier on a virtual ledger, its plan in force since its first morning; every liaison hears."""
    ledger = open_ledger(url, kind="virtual")
    made = Pier(ledger)
    made.deploy()
    yield made
    ledger.close()


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[World]:
    """Servers for mails and for group chats, which keep what they get."""
    with world(tmp_path) as running:
        yield running
