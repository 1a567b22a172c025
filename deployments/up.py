"""`make up`: the Prefect UI on the demo's data, with its schedules running, until interrupted."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from deployments.stage import MARK, serving, stage
from duban.rendering import renderer


def main() -> None:
    """Start everything the demo ran on, and wait."""
    folder = Path(sys.argv[1]).resolve()
    if not (folder / MARK).exists():
        sys.exit(renderer().say("demo.missing", folder=folder))
    with stage(folder) as url, serving(folder):
        print(renderer().say("demo.up", url=url), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
