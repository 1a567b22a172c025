"""One phase of a campaign as it stands: collect, check deadlines, aggregate, notify."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_progress_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from duban.services.watching import Progress
from flows.names import overdue_name, phase_run_name
from tasks.aggregate import aggregate
from tasks.check_deadlines import check_deadlines
from tasks.collect import collect
from tasks.house import house
from tasks.notify import notify


@flow(name="phase", flow_run_name=phase_run_name)
async def phase(campaign: str, phase: str, as_of: datetime | None = None) -> State[Any]:
    """Look at one phase and do what is due in it. Ends as Completed with the overdue units in words."""
    progress = collect(campaign, phase, as_of)
    missing = check_deadlines(campaign, phase, as_of)
    totals = aggregate(campaign, phase, as_of)
    said = notify(campaign, phase, as_of)

    texts = house().texts
    await show_progress(campaign, progress)
    if missing:
        title = texts.say("run.missing-table", name=progress.name)
        await acreate_table_artifact(missing, key=f"{campaign}-{phase}-missing", description=title)
    if totals is not None:
        title = texts.say("run.totals-table", title=totals.title)
        await acreate_table_artifact(totals.rows, key=f"{campaign}-{phase}-totals", description=title)
    units = list(dict.fromkeys(row[texts.words["run"]["columns"]["unit"]] for row in missing))
    sentence = (
        texts.say("run.overdue", n=len(units), units=units) if units else texts.say("run.nothing-overdue")
    )
    return Completed(name=overdue_name(len(units)), message=f"{sentence}。{texts.say('run.said', s=said)}")


async def show_progress(campaign: str, progress: Progress) -> None:
    """Met ÷ due as a bar on the page of the run that calls it."""
    share = progress.opened.reporting
    await acreate_progress_artifact(
        progress=0.0 if share is None else float(share * 100),
        key=f"{campaign}-{progress.id}-progress",
        description=house().texts.render("board/progress.md", p=progress),
    )
