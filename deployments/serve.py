"""One machine, no worker: `python -m deployments.serve [SLUG ...]` runs the deployed campaigns."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Any

from prefect import aserve
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import CronSchedule, RRuleSchedule
from prefect.types.entrypoint import EntrypointType

from deployments.schedules import DELIVER_EVERY, INTAKE_EVERY, JANITOR_EVERY, rrules
from duban.doors.draining import has_doors
from duban.ledger import queries
from duban.plan import Plan
from duban.services.campaigns import deployed_plan
from duban.settings import ZONE
from flows.campaign import campaign
from flows.deliver import deliver
from flows.intake import intake
from flows.janitor import janitor
from tasks.house import house


async def runnables(plans: list[Plan], shift: timedelta = timedelta(), active: bool = True) -> list[Any]:
    """The deployments of these campaigns, and of the flows of the whole installation, for a process that
    serves them. Without a door nothing has to be drained."""
    made = [await campaign_runnable(plan, shift, active) for plan in plans]
    made.append(await _installation_runnable(deliver, DELIVER_EVERY, active))
    made.append(await _installation_runnable(janitor, JANITOR_EVERY, active))
    if has_doors(house().settings):
        made.append(await _installation_runnable(intake, INTAKE_EVERY, active))
    return made


async def _installation_runnable(flow: Any, every: str, active: bool) -> Any:
    cron = DeploymentScheduleCreate(schedule=CronSchedule(cron=every, timezone=ZONE.key), active=active)
    return await flow.ato_deployment(
        flow.name, schedules=[cron] if active else [], entrypoint_type=EntrypointType.MODULE_PATH
    )


async def campaign_runnable(plan: Plan, shift: timedelta, active: bool) -> Any:
    """One campaign's deployment."""
    rules = [RRuleSchedule(rrule=rule, timezone=plan.file.zone) for rule in rrules(plan, shift)]
    return await campaign.ato_deployment(
        plan.slug,
        parameters={"campaign": plan.slug},
        description=plan.file.title,
        tags=[plan.slug, plan.file.short],
        schedules=[DeploymentScheduleCreate(schedule=rule) for rule in rules] if active else [],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


def deployed_plans(slugs: list[str]) -> list[Plan]:
    """The plans in force of the ledger, all or those named."""
    with house().ledger.read() as conn:
        return [deployed_plan(conn, c) for c in slugs or queries.campaigns(conn)]


def clock_shift() -> timedelta:
    """Whole days by which a virtual ledger's clock is behind ours; none on a wall ledger."""
    return timedelta(days=-round(house().ledger.offset / timedelta(days=1)))


async def main() -> None:
    """Serve until interrupted."""
    await aserve(*await runnables(deployed_plans(sys.argv[1:]), clock_shift()), pause_on_shutdown=False)


if __name__ == "__main__":
    asyncio.run(main())
