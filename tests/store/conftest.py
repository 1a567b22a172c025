"""Every store test runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from duban.ledger import open_ledger
from tests.support.harbour import Harbour
from tests.support.town import Town


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    return str(request.getfixturevalue("new_postgres")())


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
