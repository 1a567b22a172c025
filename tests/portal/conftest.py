"""A live portal for each test, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from deployments.pictures import FLAGS, chromium
from duban.ledger import open_ledger
from duban.settings import ZONE
from tests.support.gate import Gate, furnish
from tests.support.gate import gate as opened

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hai'an in force and its staff with accounts, to be copied."""
    path = tmp_path_factory.mktemp("portal") / "ledger.sqlite"
    ledger = open_ledger(f"sqlite:///{path}", kind="virtual")
    furnish(ledger)
    ledger.close()
    return path


@pytest.fixture
def gate(furnished: Path, tmp_path: Path) -> Iterator[Gate]:
    """The portal on the morning of 6 November 2018."""
    path = tmp_path / "ledger.sqlite"
    shutil.copyfile(furnished, path)
    with opened(f"sqlite:///{path}", tmp_path) as made:
        yield made


@pytest.fixture
def client(gate: Gate) -> Iterator[httpx.Client]:
    """Nobody yet."""
    with gate.client() as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. It goes with the module: as long as it is there, its event loop runs in this thread,
    where no asynchronous test could run another."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=path, args=list(FLAGS))
        yield made
        made.close()


@pytest.fixture
def visit(gate: Gate, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody of the cast: `visit("unit", "/", phone=True)`."""
    contexts: list[BrowserContext] = []

    def open_(role: str = "nobody", path: str = "/", *, phone: bool = False) -> Page:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP, locale="zh-CN", timezone_id=ZONE.key,  # type: ignore[arg-type]
            base_url=gate.url, java_script_enabled=False,
        )  # fmt: skip
        contexts.append(context)
        if token := gate.token(role):
            context.add_cookies([{"name": "duban", "value": token, "url": gate.url}])
        page = context.new_page()
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    """The sign-in page on a desktop."""
    return visit(path="/signin")
