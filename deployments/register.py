"""Register a deployed campaign with Prefect: `python -m deployments.register SLUG`."""

from __future__ import annotations

import asyncio
import sys

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import WorkPool
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

from deployments.prefect_yaml import POOL
from deployments.serve import deployed_plans, runnables
from duban.rendering import renderer


async def register(slugs: list[str]) -> None:
    """Make the work pool if there is none, then each campaign's deployment and the deliver flow's."""
    if not get_current_settings().api.url:  # Prefect would start a server of its own, seen by nobody
        sys.exit(renderer().say("errors.prefect-missing"))
    async with get_client() as client:
        await _ensure_pool(client)
    for runnable in await runnables(deployed_plans(slugs)):
        runnable.work_pool_name = POOL
        await runnable.aapply()
        print(renderer().say("deploy.registered", name=f"{runnable.flow_name}/{runnable.name}"))


async def _ensure_pool(client: PrefectClient) -> WorkPool:
    try:
        return await client.read_work_pool(POOL)
    except ObjectNotFound:
        return await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))


if __name__ == "__main__":
    asyncio.run(register(sys.argv[1:]))
