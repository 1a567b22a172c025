"""Pictures of the Prefect UI by headless Chromium, where there is one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from duban.rendering import renderer
from duban.settings import ZONE

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update")  # fmt: skip

PHONE: ViewportSize = {"width": 390, "height": 844}
SETTLING = 2500
"""Milliseconds in which a page fetches its lists and draws its graph."""


def chromium() -> str | None:
    """The path of a Chromium of this machine."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def take_pictures(url: str, flow_run: UUID, deployment: UUID, link: str, folder: Path) -> list[Path]:
    """A campaign run's page with its phases and their artifacts, the deployment's upcoming runs, and what
    a liaison's link opens on a phone; none without Chromium."""
    browser_path = chromium()
    if browser_path is None:
        print(renderer().say("demo.pictures-skipped"))
        return []
    from playwright.sync_api import Error

    try:
        return _pictures(browser_path, url, flow_run, deployment, link, folder)
    except Error:  # a browser that will not start is no reason for the demo to fail
        print(renderer().say("demo.pictures-skipped"))
        return []


def _pictures(
    browser_path: str, url: str, flow_run: UUID, deployment: UUID, link: str, folder: Path
) -> list[Path]:
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    run, upcoming = f"{url}/runs/flow-run/{flow_run}", f"{url}/deployments/deployment/{deployment}"
    shots = (
        ("campaign-run", run, "Subflow Runs"),
        ("campaign-artifacts", run, "Artifacts"),
        ("deployment-upcoming", upcoming, "Upcoming"),
    )
    taken = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path, args=list(FLAGS))
        context = browser.new_context(
            viewport={"width": 1440, "height": 1000}, locale="zh-CN", timezone_id=ZONE.key
        )
        page = context.new_page()
        for name, address, tab in shots:
            page.goto(address)
            page.get_by_text(tab, exact=True).first.click()
            page.wait_for_timeout(SETTLING)
            taken.append(folder / f"{name}.png")
            page.screenshot(path=taken[-1])
        phone = browser.new_page(viewport=PHONE, locale="zh-CN", timezone_id=ZONE.key)
        phone.goto(link)
        taken.append(folder / "portal-unit.png")
        phone.screenshot(path=taken[-1])
        browser.close()
    return taken
