"""The stage a demo is played on: a folder of its own and the servers around it, all on loopback."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

from deployments.servers import (
    HOST,
    free_port,
    mail_server,
    prefect_env,
    prefect_server,
    process,
    wait_until_healthy,
    webhook_server,
)  # fmt: skip
from duban.rendering import renderer

MARK = ".duban-demo"
UI_PORT = 4200
PORTAL_PORT = 8400
REAL = ("DUBAN_DROP_FOLDER", "DUBAN_MAILBOX", "DUBAN_SECRET", "DUBAN_PROXY_HEADER", "DUBAN_PROXY_FROM")
"""Settings of an installation that a demo must not have: it would take real returns out of its doors."""
FILES = ("DUBAN_URL_FILE", "DUBAN_HOST_FILE", "DUBAN_PORT_FILE", *(f"{name}_FILE" for name in REAL))


def demo_env(folder: Path, api_port: int, mail_port: int, hook_port: int, portal_port: int) -> dict[str, str]:
    """Everything the demo's processes are told by their environment."""
    return (
        prefect_env(folder / "prefect", api_port)
        | {
            "DUBAN_VAR": str(folder),
            "DUBAN_LEDGER_URL": f"sqlite:///{folder / 'ledger.sqlite'}",
            "DUBAN_URL": f"http://{HOST}:{portal_port}",
            "DUBAN_HOST": HOST,
            "DUBAN_PORT": str(portal_port),
            "DUBAN_CHANNEL_EMAIL": f"mailto://127.0.0.1:{mail_port}/?mode=insecure"
            "&from=duban@haian.example&to={address}",
            "DUBAN_CHANNEL_WEBHOOK": f"json://127.0.0.1:{hook_port}/{{address}}",
        }
        | dict.fromkeys((*REAL, *FILES), "")
    )


@contextmanager
def stage(folder: Path) -> Iterator[str]:
    """Mail server, webhook and Prefect server on a demo's data, and this process's environment for
    them; yields the Prefect UI's URL."""
    ports = free_port(UI_PORT), free_port(), free_port(), free_port(PORTAL_PORT)
    os.environ.update(demo_env(folder, *ports))
    with ExitStack() as servers:
        servers.enter_context(mail_server(folder / "mail", ports[1]))
        servers.enter_context(webhook_server(folder / "webhook", ports[2]))
        yield servers.enter_context(prefect_server(folder / "prefect", ports[0]))


def serving(folder: Path) -> AbstractContextManager[Any]:
    """The process that takes up the scheduled runs of the stage's Prefect server."""
    return process("deployments.serve", log=folder / "prefect" / "serve.log", env={})


@contextmanager
def portal(folder: Path) -> Iterator[str]:
    """The pages of the demo, over the ledger that is there by now; yields where they are."""
    log, url = folder / "portal.log", os.environ["DUBAN_URL"]
    with process("duban", "serve", log=log, env={}) as server:
        wait_until_healthy(f"{url}/healthz", server, log)
        yield url


def fresh(folder: Path) -> None:
    """An empty demo folder; refuses to empty one that no demo made."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        sys.exit(renderer().say("demo.not-ours", folder=folder))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
