"""`make up`: the portal and the Prefect UI on the demo's data, its schedules running, until interrupted."""

from __future__ import annotations

import secrets
import signal
import sys
from pathlib import Path

from deployments.stage import MARK, portal, serving, stage
from duban.access.roles import EVERY, Held
from duban.errors import BadInput
from duban.ledger import Ledger, open_ledger
from duban.rendering import renderer
from duban.services import accounts

LOGIN = "demo"


def main() -> None:
    """Start everything the demo ran on, and wait."""
    folder = Path(sys.argv[1]).resolve()
    if not (folder / MARK).exists():
        sys.exit(renderer().say("demo.missing", folder=folder))
    with stage(folder) as url, serving(folder), portal(folder) as where:
        password = coordinator(f"sqlite:///{folder / 'ledger.sqlite'}")
        values = {"url": url, "portal": where, "login": LOGIN, "password": password}
        print(renderer().say("demo.up", **values), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def coordinator(url: str) -> str:
    """Let somebody in as the demo's coordinator; returns the password, another one each time."""
    ledger, password = open_ledger(url), secrets.token_urlsafe(12)
    try:
        _let_in(ledger, password)
    finally:
        ledger.close()
    return password


def _let_in(ledger: Ledger, password: str) -> None:
    words = renderer().words["demo"]
    try:
        accounts.set_password(ledger, LOGIN, password, "make up")
    except BadInput:
        accounts.make_account(ledger, LOGIN, str(words["coordinator"]), password, "make up")
        accounts.give_role(ledger, LOGIN, Held("coordinator", EVERY), "make up")


if __name__ == "__main__":
    main()
