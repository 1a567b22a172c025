"""What waits for a person before it leaves, as the page shows it: letters of an escalation by unit, drafts of
circulars 通报 and thanks, what fell away, what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from duban import agenda, notices
from duban.access.roles import Role
from duban.circulars import Circular
from duban.ledger.speaking import first_contacts
from duban.plan import Unit
from duban.portal.asking import Ask
from duban.services.circulating import circular_of
from duban.services.previewing import Preview, preview
from duban.services.proposing import Proposal, proposals
from duban.services.thanking import Thanks, thanks_of
from duban.services.trail import Step, said_about
from duban.services.watching import standings_by_key
from duban.standing import Standing

MOST_ANSWERED = 50
MOST_PICKS = 200
"""Letters on one page, and answered at once."""


@dataclass(frozen=True)
class Became:
    """What became of one proposal that was to be answered."""

    proposal: Proposal
    code: str = ""
    """Of the error; "": it was answered."""
    why: str = ""

    @property
    def done(self) -> bool:
        """Whether it was answered."""
        return not self.code


@dataclass(frozen=True)
class Paper:
    """One proposal on the desk of whoever approves it."""

    proposal: Proposal
    mine: bool
    """Whether who looks may answer it."""
    standing: Standing | None
    """Of a letter: how what it is about stands."""
    said: tuple[Step, ...]
    """Of a letter: what was sent about it already, the oldest first."""
    circular: Circular | None = None
    thanks: Thanks | None = None

    def days_late(self, now: datetime) -> int:
        """Calendar days since the due day that the letter is about."""
        assert self.proposal.due_at is not None
        return (now.date() - agenda.day_before(self.proposal.due_at)).days


@dataclass(frozen=True)
class Pile:
    """The letters to one unit's head or leader."""

    unit: Unit
    papers: tuple[Paper, ...]
    """The one that is longest overdue first."""
    previews: tuple[Preview, ...]
    """As they would go if all were approved now."""
    unreached: frozenset[str]
    """Whom of them the plan gives no way to reach."""


@dataclass(frozen=True)
class Papers:
    """The page."""

    piles: tuple[Pile, ...]
    """By unit, in the plan's order."""
    drafts: tuple[Paper, ...]
    fallen: tuple[Paper, ...]
    """Not answered, and no longer true."""
    answered: tuple[Proposal, ...]
    """The last one first."""

    @property
    def open(self) -> int:
        """How many wait for an answer."""
        return sum(len(x.papers) for x in self.piles) + len(self.drafts)

    @property
    def ticks(self) -> int:
        """How many letters who looks may answer."""
        return sum(p.mine for x in self.piles for p in x.papers)


def papers(ask: Ask, conn: Connection) -> Papers:
    """Everything that was laid before a person of this campaign."""
    plan, now = ask.plan, ask.now()
    found = proposals(conn, plan, now)
    waiting = [x for x in found if x.answer is None]
    keys = [x.obligation for x in waiting if x.obligation]
    stands, said = standings_by_key(conn, plan, keys, now), said_about(conn, plan, keys, now)
    made = [
        Paper(
            x, may_answer(ask, x), stands.get(x.obligation), tuple(said.get(x.obligation, ())),
            circular_of(plan, x.content) if x.kind == "circular" else None,
            thanks_of(x.content) if x.kind == "thanks" else None,
        )
        for x in waiting
    ]  # fmt: skip
    answered = sorted((x for x in found if x.answer), key=_answered_at, reverse=True)
    letters = [p for p in made if p.proposal.open and p.proposal.obligation][:MOST_PICKS]
    return Papers(
        tuple(_piles(ask, conn, letters, stands)),
        tuple(p for p in made if p.proposal.open and not p.proposal.obligation),
        tuple(p for p in made if p.proposal.stale), tuple(answered[:MOST_ANSWERED]),
    )  # fmt: skip


def _answered_at(proposal: Proposal) -> datetime:
    assert proposal.answer is not None
    return proposal.answer.at


def _piles(
    ask: Ask, conn: Connection, letters: Sequence[Paper], stands: Mapping[str, Standing]
) -> Iterator[Pile]:
    """By the unit whose head or leader gets the letter: the debtor, or whoever took over from it."""
    plan, now, mine = ask.plan, ask.now(), dict[str, list[Paper]]()
    day = now.astimezone(plan.zone).date()
    for paper in letters:
        mine.setdefault(notices.speaker(plan, paper.proposal.unit, day), []).append(paper)
    ways = first_contacts(conn, plan.slug) if letters else {}
    for unit in (u for u in plan.units if u.id in mine):
        found = sorted(mine[unit.id], key=lambda p: (p.proposal.due_at or now, p.proposal.id))
        said = preview(conn, ask.office.texts, plan, [p.proposal for p in found], stands, now)
        unreached = frozenset(x.recipient for x in said if x.recipient not in ways)
        yield Pile(unit, tuple(found), tuple(said), unreached)


def role_of(ask: Ask) -> Role:
    """As whom somebody answers: the leader, who may answer everything, or the coordinator."""
    roles = {h.role for h in ask.me.roles_in(ask.plan.slug) if not h.unit}
    return "leader" if "leader" in roles else "coordinator"


def may_answer(ask: Ask, proposal: Proposal) -> bool:
    """Whether who asks may answer it: what waits for the leader 分管领导 is not the coordinator's."""
    return ask.may("campaign.approve") and (proposal.approver != "leader" or role_of(ask) == "leader")
