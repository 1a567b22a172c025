"""Serves one campaign's deployments without schedules: `python -m tests.flows.served SLUG`."""

from __future__ import annotations

import asyncio
import sys

from prefect import aserve

from deployments.serve import deployed_plans, runnables


async def main() -> None:
    """Serve until interrupted."""
    await aserve(*await runnables(deployed_plans(sys.argv[1:]), active=False), pause_on_shutdown=False)


if __name__ == "__main__":
    asyncio.run(main())
