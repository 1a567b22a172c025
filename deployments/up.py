"""`make up`: the Prefect UI on the demo's data, with its schedules running, until interrupted."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from deployments.demo import MARK, UI_PORT, demo_env
from deployments.servers import free_port, mail_server, prefect_server, process, webhook_server
from duban.rendering import renderer


def main() -> None:
    """Start everything the demo ran on, and wait."""
    folder = Path(sys.argv[1]).resolve()
    if not (folder / MARK).exists():
        sys.exit(renderer().say("demo.missing", folder=folder))
    ports = free_port(UI_PORT), free_port(), free_port()
    os.environ.update(demo_env(folder, *ports))
    with ExitStack() as servers:
        servers.enter_context(mail_server(folder / "mail", ports[1]))
        servers.enter_context(webhook_server(folder / "webhook", ports[2]))
        url = servers.enter_context(prefect_server(folder / "prefect", ports[0]))
        servers.enter_context(process("deployments.serve", log=folder / "prefect" / "serve.log", env={}))
        print(renderer().say("demo.up", url=url), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
