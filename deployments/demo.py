"""The demo: a campaign from its first day to its last report on a real Prefect server.

`python -m deployments.demo SLUG FOLDER`. The units of the rehearsal's story act; at the moments that
matter the campaign's and the deliver flow run, as runs of their deployments. Mails and webhooks go to
servers on loopback. At the end the virtual clock is set to run on from the story's last moment, so
that the deployment's upcoming runs are those of the days after it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from deployments.servers import free_port, mail_server, prefect_env, prefect_server, process, webhook_server
from duban import agenda, calendars
from duban.plan import Plan

MARK = ".duban-demo"
UI_PORT = 4200


def demo_env(folder: Path, api_port: int, mail_port: int, hook_port: int) -> dict[str, str]:
    """Everything the demo's processes are told by their environment."""
    return prefect_env(folder / "prefect", api_port) | {
        "DUBAN_VAR": str(folder),
        "DUBAN_LEDGER_URL": f"sqlite:///{folder / 'ledger.sqlite'}",
        "DUBAN_CHANNEL_EMAIL": f"mailto://127.0.0.1:{mail_port}/?mode=insecure"
        "&from=duban@haian.example&to={address}",
        "DUBAN_CHANNEL_WEBHOOK": f"json://127.0.0.1:{hook_port}/{{address}}",
    }


def moments_that_matter(plan: Plan) -> list[datetime]:
    """Each phase's first morning, and of every period the last reminder, the run after its deadline
    and the first chase."""
    mornings = [
        calendars.at_local(p.start.date, plan.file.office.morning, plan.zone) for p in plan.file.phases
    ]
    by_period: dict[str, list[agenda.Moment]] = {}
    for o in agenda.obligations(plan):
        if o.period and o.moments:
            by_period.setdefault(o.period, list(o.moments))
    said = []
    for found in by_period.values():
        said += [
            [m.at for m in found if m.kind == "remind"][-1:],
            [m.at for m in found if m.kind == "chase"][:1],
        ]
    return sorted({*mornings, *agenda.after_deadlines(plan), *(at for few in said for at in few)})


def fresh(folder: Path) -> None:
    """An empty demo folder; refuses to empty one that no demo made."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        sys.exit(f"{folder} is not a demo's folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def main() -> None:
    """Play the demo and end."""
    slug, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    fresh(folder)
    ports = free_port(UI_PORT), free_port(), free_port()
    os.environ.update(demo_env(folder, *ports))
    with ExitStack() as servers:
        servers.enter_context(mail_server(folder / "mail", ports[1]))
        servers.enter_context(webhook_server(folder / "webhook", ports[2]))
        url = servers.enter_context(prefect_server(folder / "prefect", ports[0]))
        from deployments.playing import Played, play_demo  # Prefect reads its settings at import

        played: Played = asyncio.run(play_demo(slug, folder))
        serving = process("deployments.serve", log=folder / "prefect" / "serve.log", env={})
        servers.enter_context(serving)
        asyncio.run(played.last_run_by_the_server())
        _pictures(url, played, folder)
        played.summary(folder, url)


def _pictures(url: str, played: Any, folder: Path) -> None:
    from deployments.pictures import take_pictures

    played.pictures = take_pictures(url, played.fullest_run, played.deployment, folder / "screenshots")


def whole_days(span: timedelta) -> timedelta:
    """The span rounded up to whole days, so that mornings stay mornings."""
    return timedelta(days=-(-span // timedelta(days=1)))


if __name__ == "__main__":
    main()
