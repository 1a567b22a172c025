"""One run of a campaign without Prefect: what flows/campaign.py does, step for step. Rehearsals use
it; a test holds that both leave equal journals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from duban.ledger import Ledger
from duban.plan.model import Stage
from duban.rendering import Renderer
from duban.services import leasing
from duban.services.announcing import decide_announcements
from duban.services.campaigns import deployed_plan
from duban.services.chasing import Said, decide_messages
from duban.services.publishing import draft_due
from duban.services.reporting import Drafted
from duban.services.watching import is_closed, open_stages

Doors = Callable[[datetime | None], object]
"""Takes in what has come through every door. Raises DoorShut, and then nothing is said to anybody."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run found and did."""

    phases: tuple[Stage, ...] = ()
    said: tuple[Said, ...] = ()
    drafted: tuple[Drafted, ...] = ()
    closed: bool = False
    skipped: bool = False
    """Another run held the lease; it will look again."""


def run_campaign(
    ledger: Ledger, campaign: str, *, texts: Renderer, documents: Path | None, owner: str, lease: bool = True,
    as_of: datetime | None = None, doors: Doors | None = None,
) -> Run:  # fmt: skip
    """Do what is due and not yet recorded. Twice is as once. Without a folder for them no documents are
    drafted; they are no records. `doors` are drained first, so that nobody is chased for what lies there."""
    if not lease:
        return _run(ledger, campaign, texts, documents, as_of, doors)
    if not leasing.take_lease(ledger, campaign, owner):
        return Run(skipped=True)
    try:
        run = _run(ledger, campaign, texts, documents, as_of, doors)
        while leasing.give_back_lease(ledger, campaign, owner):
            run = _run(ledger, campaign, texts, documents, as_of, doors)
        return run
    except BaseException:
        leasing.drop_lease(ledger, campaign, owner)
        raise


def decide_the_rest(ledger: Ledger, campaign: str, *, as_of: datetime | None = None) -> Said:
    """Decide about what lies in no phase, and about what is told to many."""
    said = decide_messages(ledger, campaign, as_of=as_of)
    return replace(said, announced=decide_announcements(ledger, campaign, as_of=as_of))


def _run(
    ledger: Ledger, campaign: str, texts: Renderer, documents: Path | None, as_of: datetime | None,
    doors: Doors | None,
) -> Run:  # fmt: skip
    if doors is not None:
        doors(as_of)
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        phases = open_stages(conn, plan, now)
        closed = is_closed(conn, plan, now)
    said = [decide_messages(ledger, campaign, phase=p.id, as_of=as_of) for p in phases]
    said.append(decide_the_rest(ledger, campaign, as_of=as_of))
    drafted = []
    if documents is not None:
        drafted = draft_due(ledger, campaign, texts=texts, folder=documents, as_of=as_of)
    return Run(tuple(phases), tuple(said), tuple(drafted), closed)
