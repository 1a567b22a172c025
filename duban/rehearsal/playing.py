"""Playing a story: people act, the campaign runs, each at its time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from duban import agenda
from duban.errors import BadInput
from duban.intake.attachments import Attached
from duban.ledger import Ledger, open_ledger, queries
from duban.ledger.parcels import Parcel
from duban.plan import Bundle, Plan, parse
from duban.plan.given import NOTHING, Givens, with_given
from duban.rehearsal.accounts import Account, account
from duban.rehearsal.teller import Day, Result, Teller
from duban.rendering import Renderer
from duban.services.campaigns import folder_of, read_bundle
from duban.services.deciding import decide
from duban.services.deploying import Deployment, deploy
from duban.services.publishing import draft_due
from duban.services.receiving import receive
from duban.settings import Settings
from duban.story import Act, Story, opening, tell


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What happened day by day, and what it came to."""

    plan: Plan
    days: list[Day]
    closing: Account

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {"days": [d.as_json() for d in self.days], "closing": self.closing.as_json()}


@dataclass
class PaperTransport:
    """Takes every parcel and keeps it: in a rehearsal nothing leaves."""

    parcels: list[Parcel] = field(default_factory=list)

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Keep the parcel."""
        self.parcels.append(parcel)


def perform(ledger: Ledger, act: Act) -> Result:
    """Do what a person does, at its time."""
    if act.kind == "submit":
        files = [Attached(f.id, f.name, f.data) for f in act.files]
        return receive(
            ledger, act.to, act.data, act.file_name, door=act.door, received_at=act.at, as_of=act.at,
            attachments=files,
        )  # fmt: skip
    if act.kind == "determine":
        return _determine(ledger, act)
    return decide(ledger, act.to, "give-up", by=act.by, reason=act.reason, as_of=act.at)


def _determine(ledger: Ledger, act: Act) -> Deployment:
    with ledger.read() as conn:
        deployed = queries.newest_plan(conn, act.to.campaign)
    if deployed is None or act.day is None:
        raise ValueError(f"nothing to determine: {act.to.duty}")
    bundle = with_given(Bundle.from_text(deployed[1]), Givens(determined={act.to.duty: act.day}))
    return deploy(ledger, bundle, reason=act.reason, as_of=act.at)


def play(
    story: Story, ledger: Ledger, ticks: Iterable[datetime], run: Callable[[datetime], None],
    acted: Callable[[Act, Result], None],
) -> None:  # fmt: skip
    """Play acts and runs in order of time; at the same instant people come first."""
    acts, done = story.acts, 0
    for tick in ticks:
        while done < len(acts) and acts[done].at <= tick:
            acted(acts[done], perform(ledger, acts[done]))
            done += 1
        run(tick)


def rehearse(
    settings: Settings, campaign: str, texts: Renderer, *, seed: int = 1, keep: Path | None = None,
    given: Givens = NOTHING,
) -> Rehearsal:  # fmt: skip
    """Play a campaign from its deployment until nothing is owed any more. `keep` is where the ledger
    stays; without it nothing does. Raises PlanInvalid."""
    bundle = with_given(read_bundle(folder_of(campaign, settings.campaigns)), given)
    plan = parse(bundle)
    with tempfile.TemporaryDirectory(prefix="duban-rehearsal-") as folder:
        path = keep or Path(folder) / "ledger.sqlite"
        if path.exists():
            raise BadInput("file-exists", path=str(path))
        ledger = open_ledger(f"sqlite:///{path}", kind="virtual")
        story = tell(plan, seed, texts.words)
        ticks = agenda.runs(story.plan, story.until, opening(plan))
        deploy(ledger, bundle, reason=texts.say("story.deploy_reason"), as_of=ticks[0])
        teller = Teller(ledger, story.plan, texts, PaperTransport())
        play(story, ledger, ticks, teller.run, teller.acted)
        # Drafts are no records, so it is enough to see that the last ones can be made.
        drafted = draft_due(ledger, plan.slug, texts=texts, folder=Path(folder) / "out", as_of=ticks[-1])
        with ledger.read() as conn:
            closing = account(conn, story, ticks[-1], len(drafted))
        ledger.close()
        return Rehearsal(story.plan, teller.days(), closing)
