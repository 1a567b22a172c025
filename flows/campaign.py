"""A campaign: one run looks at plan, ledger and now, and opens each phase that has something to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow, tags
from prefect.artifacts import acreate_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.names import campaign_run_name, overdue_name
from flows.phase import phase, show_progress
from tasks.collect import Look, look
from tasks.house import house
from tasks.intake import take_in
from tasks.lease import drop_lease, give_back_lease, take_lease
from tasks.notify import notify
from tasks.publish import draw_board, publish


@flow(name="campaign", flow_run_name=campaign_run_name)
async def campaign(campaign: str, as_of: datetime | None = None) -> State[Any]:
    """Run a campaign as of now, or of `as_of` on a virtual ledger. Twice is as once."""
    owner = str(flow_run.id)
    if not take_lease(campaign, owner):
        return Completed(name="Skipped", message=house().texts.say("run.skipped"))
    try:
        ended = await run_once(campaign, owner, as_of)
        while give_back_lease(campaign, owner):
            ended = await run_once(campaign, owner, as_of)
        return ended
    except BaseException:
        drop_lease(campaign, owner)
        raise


async def run_once(campaign: str, owner: str, as_of: datetime | None) -> State[Any]:
    """Drain the doors, open every phase that has something to do, then draft documents and draw the board.
    A door that cannot be reached fails the run: nobody is chased for a return that may lie in it."""
    take_in(owner, as_of)
    found = look(campaign, as_of)
    failed = []
    for progress in found.phases:
        take_lease(campaign, owner)
        await show_progress(campaign, progress)
        with tags(campaign, progress.name, colour(progress.opened.overdue, progress.open)):
            ended = await phase(campaign, progress.id, as_of, return_state=True)
        if not ended.is_completed():
            failed.append(f"{progress.name}: {ended.message}")
    if failed:
        return Failed(message="; ".join(failed))
    notify(campaign, None, as_of)  # what lies in no phase: a plan may have none, or a gap between them
    publish(campaign, as_of)
    board = draw_board(campaign, as_of)
    await acreate_markdown_artifact(board, key=f"{campaign}-board", description=found.short)
    return final_state(look(campaign, as_of))


def final_state(found: Look) -> State[Any]:
    """The truth in words."""
    texts = house().texts
    if found.closed:
        return Completed(name="Closed", message=texts.say("run.closed"))
    if not found.overdue:
        return Completed(name=overdue_name(0), message=texts.say("run.nothing-overdue"))
    sentence = texts.say("run.overdue", n=len(found.overdue), units=found.overdue)
    return Completed(name=overdue_name(len(found.overdue)), message=sentence)


def colour(overdue: int, still_open: int) -> str:
    """The tag of a phase: 红 when something is overdue, 黄 while something is owed, else 绿."""
    colours = house().texts.words["run"]["colours"]
    return str(colours["red" if overdue else "yellow" if still_open else "green"])
