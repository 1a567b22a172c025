"""A rehearsal 推演: the whole campaign against a throw-away ledger and a virtual clock, in seconds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from duban import agenda
from duban.errors import BadInput
from duban.ledger import Ledger, open_ledger
from duban.ledger.queries import Parcel, Scope
from duban.plan import Plan, parse
from duban.rendering import Renderer
from duban.services.campaigns import folder_of, read_bundle
from duban.services.deciding import decide
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.receiving import Receipt, receive
from duban.services.running import Run, run_campaign
from duban.services.watching import standings
from duban.settings import Settings
from duban.standing import Standing, rates
from duban.story import Act, Story, tell


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened, at a clock time."""

    at: str
    text: str


@dataclass
class Day:
    """A day on which something happened."""

    date: date
    phase: str = ""
    lines: list[Line] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """The day for `--json`."""
        lines = [{"at": x.at, "text": x.text} for x in self.lines]
        return {"date": self.date.isoformat(), "phase": self.phase, "lines": lines}


@dataclass
class PaperTransport:
    """Takes every parcel and keeps it: in a rehearsal nothing leaves."""

    parcels: list[Parcel] = field(default_factory=list)

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Keep the parcel."""
        self.parcels.append(parcel)


def perform(ledger: Ledger, act: Act) -> Receipt | Standing:
    """Do what a person does, at its time."""
    if act.kind == "submit":
        return receive(
            ledger, act.to, act.data, act.file_name, door="workbook", received_at=act.at, as_of=act.at
        )
    return decide(ledger, act.to, "give-up", by=act.by, reason=act.reason, as_of=act.at)


def play(
    story: Story, ledger: Ledger, ticks: Iterable[datetime], run: Callable[[datetime], None],
    acted: Callable[[Act, Receipt | Standing], None],
) -> None:  # fmt: skip
    """Play acts and runs in order of time; at the same instant people come first."""
    acts = list(story.acts)
    for tick in ticks:
        while acts and acts[0].at <= tick:
            act = acts.pop(0)
            acted(act, perform(ledger, act))
        run(tick)


def rehearse(
    settings: Settings, campaign: str, texts: Renderer, *, seed: int = 1, keep: Path | None = None
) -> list[Day]:
    """Play a campaign from its first day until nothing is owed any more. `keep` is where the ledger
    stays; without it nothing does. Raises PlanInvalid."""
    bundle = read_bundle(folder_of(campaign, settings.campaigns))
    plan = parse(bundle)
    with tempfile.TemporaryDirectory(prefix="duban-rehearsal-") as folder:
        path = keep or Path(folder) / "ledger.sqlite"
        if path.exists():
            raise BadInput("file-exists", path=str(path))
        ledger = open_ledger(f"sqlite:///{path}", kind="virtual")
        story = tell(plan, seed, texts.words)
        first = agenda.runs(plan, story.until)[0]
        deploy(ledger, bundle, reason=texts.say("story.deploy_reason"), as_of=first)
        teller = Teller(ledger, plan, texts, Path(folder) / "documents")
        play(story, ledger, agenda.runs(plan, story.until), teller.run, teller.acted)
        ledger.close()
        return list(teller.days.values())


@dataclass
class Teller:
    """Runs the campaign at each tick and writes down, day by day, what happened."""

    ledger: Ledger
    plan: Plan
    texts: Renderer
    documents: Path
    transport: PaperTransport = field(default_factory=PaperTransport)
    days: dict[date, Day] = field(default_factory=dict)
    _closed: bool = False
    _told: set[datetime] = field(default_factory=set)
    _phases: str = ""

    def acted(self, act: Act, result: Receipt | Standing) -> None:
        """A unit or the coordinator did something."""
        unit, duty = self.plan.unit[act.to.unit], self.plan.duty[act.to.duty]
        code = "story.decided" if isinstance(result, Standing) else (
            "story.refused" if not result.valid else "story.received"
        )  # fmt: skip
        self._tell(act.at, code, unit=unit, duty=duty, period=act.to.period, r=result, act=act)

    def run(self, tick: datetime) -> None:
        """One run of the campaign and one delivery."""
        phases = self._phase(tick.astimezone(self.plan.zone).date())
        if phases and phases != self._phases:
            self._tell(tick, "story.phase", phases=phases)
        self._phases = phases
        done = run_campaign(
            self.ledger, self.plan.slug, texts=self.texts, documents=self.documents, owner="rehearsal",
            as_of=tick,
        )  # fmt: skip
        self._deadlines(tick)
        self._said(tick, done)
        before = len(self.transport.parcels)
        delivered = deliver(self.ledger, self.transport, self.texts, owner="rehearsal", as_of=tick)
        if delivered.withdrawn:
            self._tell(tick, "story.withdrawn", n=delivered.withdrawn)
        by_subject: dict[str, list[Parcel]] = {}
        for parcel in self.transport.parcels[before:]:
            by_subject.setdefault(parcel.subject, []).append(parcel)
        for subject, parcels in by_subject.items():
            self._tell(tick, "story.sent", subject=subject, to=[self._name(p) for p in parcels])
        if done.closed and not self._closed:
            self._closed = True
            self._tell(tick, "story.closed")

    def _deadlines(self, tick: datetime) -> None:
        """At the first run after a deadline: what came in, who is missing."""
        passed = {o.due_at for o in agenda.obligations(self.plan) if o.due_at and o.due_at <= tick}
        for due_at in sorted(passed - self._told):
            self._told.add(due_at)
            with self.ledger.read() as conn:
                found = standings(conn, self.plan, Scope(self.plan.slug), tick)
            mine = [s for s in found if s.first_due == due_at]
            self._tell(
                tick, "story.deadline", plan=self.plan, rates=rates(mine), period=mine[0].owed.period,
                duty=self.plan.duty[mine[0].owed.duty], due_at=due_at,
            )  # fmt: skip

    def _said(self, tick: datetime, done: Run) -> None:
        superseded = sum(s.superseded for s in done.said)
        if superseded:
            self._tell(tick, "story.superseded", n=superseded)
        for drafted in done.drafted:
            if drafted.changed:
                self._tell(tick, "story.drafted", d=drafted, duty=self.plan.duty[drafted.duty])

    def _tell(self, at: datetime, code: str, **values: object) -> None:
        local = at.astimezone(self.plan.zone)
        day = self.days.setdefault(local.date(), Day(local.date(), self._phase(local.date())))
        day.lines.append(Line(local.strftime("%H:%M"), self.texts.say(code, **values)))

    def _name(self, parcel: Parcel) -> str:
        """The unit behind an address."""
        for unit in self.plan.units:
            if any((c.kind, c.address) == (parcel.channel, parcel.address) for c in unit.channels):
                return f"{unit.short}({parcel.channel})"
        return parcel.address

    def _phase(self, day: date) -> str:
        return "、".join(p.name for p in self.plan.file.phases if p.touches(day, day))
