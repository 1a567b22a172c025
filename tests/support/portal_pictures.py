"""Pictures of the portal for the documentation: `python -m tests.support.portal_pictures docs/images`.

Hai'an's October as its people see it on the morning of 6 November 2018; the figures are made up.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from deployments.pictures import FLAGS, PHONE, chromium
from duban.ledger import open_ledger
from duban.settings import ZONE
from tests.support.gate import Gate, furnish, gate
from tests.support.town import BRANCHES, FIGURES, HAIAN, at

LATER = {**FIGURES, "cases_open": 4}
"""October's: two cases were open, four are filed and two closed."""
DESK = {"width": 1200, "height": 800}
HOME = f"/c/{HAIAN}"
OCTOBER = f"{HOME}/u/baidian/d/monthly/2018-10"


def month(town: Gate) -> None:
    """September is complete; of October two returns are missing and one was sent back."""
    plan = town.town
    for n, unit in enumerate(BRANCHES):
        plan.report(unit, "2018-09", f"2018-10-0{1 + n // 3} 10:{10 + n}", FIGURES)
    for n, unit in enumerate(u for u in BRANCHES if u not in ("baidian", "yazhou")):
        plan.report(unit, "2018-10", f"2018-11-0{1 + n // 2} 15:{10 + n}", {**LATER, "inspected": 28 + n})
    plan.decide("qutang", "2018-10", "return", "2018-11-05 16:30", until=at("2018-11-09 00:00"))


def scenes(town: Gate, browser: Browser, folder: Path) -> None:
    """Take one picture after the other."""

    def open_(role: str, path: str, *, phone: bool = False) -> Page:
        context = browser.new_context(
            viewport=PHONE if phone else DESK, locale="zh-CN", timezone_id=ZONE.key,  # type: ignore[arg-type]
            base_url=town.url, java_script_enabled=False,
        )  # fmt: skip
        context.add_cookies([{"name": "duban", "value": town.token(role), "url": town.url}])
        page = context.new_page()
        page.goto(path)
        return page

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"portal-{name}.png")

    page = open_("unit", f"{HOME}/u/baidian", phone=True)
    take(page, "owing")
    page.goto(OCTOBER)
    for code, value in LATER.items():
        page.fill(f"#cells-{code}", "12" if code == "clues_police" else str(value))
    page.click(".send button:text-is('报送')")
    take(page, "mistake")
    page.fill("#cells-clues_police", "2")
    page.click(".send button:text-is('报送')")
    take(page, "receipt")
    for leaf, name in (
        ("", "board"),
        ("/units", "units"),
        ("/review?period=2018-10&tick=1", "review"),
        ("/totals", "totals"),
    ):
        take(open_("coordinator", HOME + leaf), name)


def main(folder: Path) -> None:
    """Play October and take the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as play:
        url = f"sqlite:///{made}/ledger.sqlite"
        ledger = open_ledger(url, kind="virtual")
        furnish(ledger)
        ledger.close()
        browser = play.chromium.launch(executable_path=chromium(), args=[*FLAGS, "--lang=zh-CN"])
        with gate(url, Path(made), "2018-09-06 09:30") as town:
            month(town)
            town.office.ledger.set_clock(at("2018-11-06 09:10"))
            scenes(town, browser, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
