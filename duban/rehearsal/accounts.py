"""What a rehearsal comes to, held against what its story adds up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from duban.figures import Total
from duban.ledger.queries import Scope
from duban.measures import Place, Verdict
from duban.plan import Duty
from duban.services import summing
from duban.services.watching import standings
from duban.standing import Standing
from duban.story import Story
from duban.story.sums import Sums, expectation


@dataclass(frozen=True, slots=True)
class Compared:
    """A final figure beside the one its story adds up to."""

    total: Total
    wanted: Decimal | None

    @property
    def agrees(self) -> bool:
        """Whether they are equal, to the last digit."""
        return self.total.value == self.wanted


@dataclass(frozen=True, slots=True)
class DutyAccount:
    """What became of one duty."""

    duty: Duty
    expected: int
    met: int
    on_time: int
    given_up: int
    waived: int
    events: int
    """Returns without a due time."""
    open: int
    """What somebody still has to do something about."""
    figures: list[Compared]
    places: list[Place]
    """Its ranking: a draft for a person to decide on."""

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        figures = [
            {
                "indicator": f.total.indicator.code, "value": _text(f.total.value), "summed": _text(f.wanted),
                "reported": f.total.reported, "expected": f.total.expected,
            }
            for f in self.figures
        ]  # fmt: skip
        return {
            "duty": self.duty.id, "expected": self.expected, "met": self.met, "on_time": self.on_time,
            "given_up": self.given_up, "waived": self.waived, "events": self.events, "open": self.open,
            "figures": figures, "ranking": [{"place": p.place, "unit": p.unit} for p in self.places],
        }  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


@dataclass(frozen=True, slots=True)
class Account:
    """A whole campaign at its end."""

    duties: list[DutyAccount]
    targets: list[Verdict]
    drafted: int
    """Periods whose documents were drafted."""

    @property
    def open(self) -> int:
        """Obligations neither met nor given up nor waived."""
        return sum(d.open for d in self.duties)

    @property
    def disagreeing(self) -> list[Compared]:
        """Figures that are not what they should be."""
        return [f for d in self.duties for f in d.figures if not f.agrees]

    @property
    def figures(self) -> int:
        """How many figures were compared."""
        return sum(len(d.figures) for d in self.duties)

    def as_json(self) -> dict[str, object]:
        """For `--json`; values as exact decimal strings."""
        return {
            "open": self.open,
            "agrees": not self.disagreeing,
            "drafted": self.drafted,
            "duties": [d.as_json() for d in self.duties],
            "targets": [
                {
                    "target": v.target.id, "year": v.year, "state": v.state, "final": v.final,
                    "value": None if v.value is None else str(v.value),
                }
                for v in self.targets
            ],
        }  # fmt: skip


def account(conn: Connection, story: Story, now: datetime, drafted: int = 0) -> Account:
    """Read what the ledger says at the end, and add up the story beside it."""
    wanted = expectation(story)
    duties = [_duty(conn, story, duty, now, wanted) for duty in story.plan.file.duties]
    return Account(duties, summing.verdicts(conn, story.plan, now), drafted)


def _duty(conn: Connection, story: Story, duty: Duty, now: datetime, wanted: Sums) -> DutyAccount:
    found = standings(conn, story.plan, Scope(story.plan.slug, duty=duty.id), now)
    counted = [s for s in found if s.expected]
    # A copy's figures are those of what it is a copy of.
    totals = [] if duty.copy_of else summing.campaign_totals(conn, story.plan, duty.id, now)
    return DutyAccount(
        duty=duty,
        expected=len(counted),
        met=sum(s.met for s in counted),
        on_time=sum(s.met and s.on_time for s in counted),
        given_up=sum(not s.met and s.state == "closed" for s in counted),
        waived=sum(s.came_in == "waived" for s in found),
        events=sum(_is_event(s) for s in found),
        open=sum(s.open for s in found),
        figures=[Compared(t, wanted.get((duty.id, t.indicator.code))) for t in totals],
        places=summing.ranking(conn, story.plan, duty.id, now),
    )


def _is_event(s: Standing) -> bool:
    return s.owed.due_at is None and s.met
