"""The demo: a campaign from its first day to its last report on a real Prefect server.

`python -m deployments.demo SLUG FOLDER`. The units of the rehearsal's story act; at the moments that
matter the campaign's and the deliver flow run, as runs of their deployments. Mails and webhooks go to
servers on loopback. At the end the virtual clock is set to run on from the story's last moment, so
that the deployment's upcoming runs are those of the days after it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from deployments.pictures import take_pictures
from deployments.stage import fresh, portal, serving, stage


def main() -> None:
    """Play the demo and end."""
    slug, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    fresh(folder)
    with stage(folder) as url:
        from deployments.playing import play_demo  # Prefect reads its settings at import

        played = asyncio.run(play_demo(slug, url))
        with serving(folder), portal(folder):
            asyncio.run(played.last_run_by_the_server())
            link, shots = played.link(), folder / "screenshots"
            played.pictures = take_pictures(url, played.fullest_run, played.deployment, link, shots)
        played.summary(folder)


if __name__ == "__main__":
    main()
