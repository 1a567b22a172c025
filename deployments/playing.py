"""Playing a story through real Prefect flows, as runs of the campaign's deployment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from prefect.flows import Flow

from deployments.serve import runnables
from duban import agenda, calendars
from duban.ledger import open_ledger
from duban.ledger.proof import verify
from duban.ledger.queries import Scope
from duban.moments import Moment
from duban.plan import Plan, parse
from duban.rehearsal import perform
from duban.rendering import period_words
from duban.services.campaigns import folder_of, read_bundle
from duban.services.deploying import deploy
from duban.services.linking import link_for, links
from duban.services.receiving import Receipt
from duban.services.reporting import draft_documents, due_periods
from duban.services.watching import standings
from duban.settings import Settings
from duban.standing import Standing
from duban.story import Act, tell
from flows.campaign import campaign
from flows.deliver import deliver
from tasks.house import House, house

LAST_RUN_PATIENCE = 60.0
"""Seconds the served process has to take up and finish one run; 5 to 8 are usual."""


@dataclass
class Played:
    """What the demo did."""

    plan: Plan
    first: datetime
    last: datetime
    deployment: UUID
    fullest_run: UUID
    """The campaign run with the most phases: the one worth looking at."""
    runs: int = 0
    results: list[Any] = field(default_factory=list)
    served: str = ""
    pictures: list[Path] = field(default_factory=list)

    async def last_run_by_the_server(self) -> None:
        """One more run at the clock's own time, taken up by the process that serves the deployment."""
        from prefect.deployments import arun_deployment

        done = await arun_deployment(self.deployment, timeout=LAST_RUN_PATIENCE, poll_interval=0.5)
        if done.state is None or not done.state.is_completed():
            raise RuntimeError(f"the served run ended as {done.state}")
        self.served = f"{done.name}，{done.state.name}"
        self.runs += 1

    def link(self) -> str:
        """The personal link of a liaison, if possible of one whose unit still owes something."""
        h = house()
        with h.ledger.read() as conn:
            found = standings(conn, self.plan, Scope(self.plan.slug), h.ledger.now())
            owing = {s.owed.unit for s in found if s.open}
            personal = [x for x in links(conn, self.plan) if x.personal]
            first = min(personal, key=lambda x: x.unit not in owing)
            return link_for(conn, h.settings, self.plan, first.unit, first.contact, h.ledger.now())

    def summary(self, folder: Path) -> None:
        """Print what happened and where everything is."""
        h = house()
        slug = self.plan.slug
        duty, period = due_periods(self.plan, self.last)[-1]
        drafted = draft_documents(h.ledger, slug, duty, period, texts=h.texts, folder=h.settings.documents)
        with h.ledger.read() as conn:
            open_ = [s for s in standings(conn, self.plan, Scope(slug), h.ledger.now()) if s.open]
            verdict = verify(conn, slug)
        if verdict.broken_at is not None:
            raise RuntimeError(f"the journal is broken: {verdict}")
        print(
            h.texts.render(
                "cli/demo.txt",
                plan=self.plan,
                first=self.first.date(),
                last=self.last,
                runs=self.runs,
                served=self.served,
                received=len(self.results),
                refused=sum(not r.valid for r in self.results),
                mails=_count(folder / "mail"),
                hooks=_count(folder / "webhook"),
                missing=[self._name(s) for s in open_],
                folder=folder,
                workbook=drafted.workbook,
                summary=drafted.summary,
                entries=verdict.entries,
                pictures=self.pictures,
            )
        )

    def _name(self, s: Standing) -> str:
        duty = self.plan.duty[s.owed.duty].name
        return f"{self.plan.unit[s.owed.unit].name}{period_words(s.owed.period)}{duty}"


def _count(folder: Path) -> int:
    return len(list(folder.iterdir()))


async def play_demo(slug: str, url: str, seed: int = 1) -> Played:
    """Deploy the campaign to a virtual ledger, play its story, and set the clock to run on from there."""
    h = virtual_house()
    bundle = read_bundle(folder_of(slug, h.settings.campaigns))
    plan = parse(bundle)
    ticks = moments_that_matter(plan)
    deploy(h.ledger, bundle, reason=h.texts.say("story.deploy_reason"), as_of=ticks[0])
    ids = {r.name: await r.aapply() for r in await runnables([plan], active=False)}
    campaign_id, deliver_id = ids[slug], ids["deliver"]
    played = Played(plan, ticks[0], ticks[-1], campaign_id, campaign_id)
    print(h.texts.say("demo.server", url=url, first=played.first.date(), plan=plan))
    acts = list(tell(plan, seed, h.texts.words).acts)
    most = 0
    for tick in ticks:
        played.results += act_until(h, acts, tick)
        ran, phases = await run_of(campaign, campaign_id, {"campaign": slug, "as_of": tick})
        sent, _ = await run_of(deliver, deliver_id, {"as_of": tick})
        played.runs += 1
        if phases >= most:
            most, played.fullest_run = phases, ran.id
        print(h.texts.say("demo.ran", at=tick, campaign=_state(ran), deliver=_state(sent)))
    await let_the_clock_run_on(h, plan, ticks[-1])
    return played


def moments_that_matter(plan: Plan) -> list[datetime]:
    """Each phase's first morning, and of every period the last reminder, the run after its deadline
    and the first chase."""
    mornings = [calendars.at_local(p.start, plan.file.office.morning, plan.zone) for p in plan.stages]
    by_period: dict[str, list[Moment]] = {}
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


def virtual_house() -> House:
    """The house of this process, on a virtual ledger that is made here."""
    url = Settings.from_env(os.environ).ledger_url
    open_ledger(url, kind="virtual").close()
    return house()


def act_until(h: House, acts: list[Act], tick: datetime) -> list[Any]:
    """What people do up to `tick`; their receipts."""
    results = []
    while acts and acts[0].at <= tick:
        act = acts.pop(0)
        done = perform(h.ledger, act)
        if isinstance(done, Receipt):
            results.append(done)
    return results


async def run_of(flow: Flow[..., Any], deployment: UUID, parameters: dict[str, Any]) -> tuple[FlowRun, int]:
    """Run a flow here as a run of its deployment: what a worker's process does, without its start-up
    of several seconds. Returns the run and how many sub-flows it opened; raises when it does not
    complete."""
    async with get_client() as client:
        made = await client.create_flow_run_from_deployment(deployment, parameters=_plain(parameters))
        await run_flow(flow, flow_run=made, return_type="state")  # type: ignore[misc]
        done = await client.read_flow_run(made.id)
        opened = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(parent_flow_run_id={"any_": [made.id]})
        )
    if done.state is None or not done.state.is_completed():
        raise RuntimeError(f"{flow.name} ended as {done.state}")
    return done, len(opened)


def _state(run: FlowRun) -> str:
    return run.state.name or "" if run.state else ""


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in parameters.items()}


async def let_the_clock_run_on(h: House, plan: Plan, last: datetime) -> None:
    """From now on the virtual clock runs whole days behind ours, so mornings stay mornings, and the
    deployment's schedules lie as many days ahead."""
    behind = whole_days(h.ledger.clock() - last) - timedelta(days=1)
    h.ledger.set_clock(h.ledger.clock() - behind)
    for runnable in await runnables([plan], behind):
        await runnable.aapply()


def whole_days(span: timedelta) -> timedelta:
    """The span rounded up to whole days, so that mornings stay mornings."""
    return timedelta(days=-(-span // timedelta(days=1)))
