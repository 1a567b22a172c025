"""One real Prefect server for all flow tests; each test has its own ledger and loopback world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deployments.servers import free_port, prefect_env
from duban.ledger import open_ledger
from tasks.house import leave_house
from tests.support.town import Town


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process for all of them: they share one server."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("flows"))


@pytest.fixture(scope="session", autouse=True)
def prefect_api(tmp_path_factory: pytest.TempPathFactory, new_postgres: Callable[[], str]) -> Iterator[str]:
    """A Prefect server, and this process's Prefect pointed at it. It keeps its runs in PostgreSQL: on
    SQLite two runs at once wait for each other up to a minute; the demo uses it there."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port()
    database = new_postgres().replace("postgresql://", "postgresql+asyncpg://", 1)
    with pytest.MonkeyPatch.context() as env:
        for name, value in prefect_env(home, port).items():
            env.setenv(name, value)
        env.setenv("PREFECT_API_DATABASE_CONNECTION_URL", database)
        from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

        from deployments.servers import prefect_server

        with prefect_server(home, port) as url, temporary_settings({PREFECT_API_URL: f"{url}/api"}):
            assert get_current_settings().api.url == f"{url}/api"
            yield url


@pytest.fixture
def town(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """Hai'an deployed on a virtual ledger that the flows of this process open; on PostgreSQL where a
    test asks for it (`@on_both_databases`)."""
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    if getattr(request, "param", "sqlite") == "postgres":
        url = request.getfixturevalue("new_postgres")()
    monkeypatch.setenv("DUBAN_VAR", str(tmp_path))
    monkeypatch.setenv("DUBAN_LEDGER_URL", url)
    made = Town(open_ledger(url, kind="virtual"), tmp_path / "documents")
    made.deploy()
    yield made
    made.ledger.close()
    leave_house()
