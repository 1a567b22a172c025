"""What to say to whom: which of the moments that have come still matter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, Protocol, get_args

from duban.plan import Plan
from duban.standing import Standing

Verdict = Literal["send", "superseded", "moot"]
"""send: say it; superseded: a later moment says it better; moot: there is nothing left to say."""

COORDINATOR = "coordinator"

DAILY = frozenset({"remind", "chase", "escalate", "blue"})
"""Kinds of messages that go with the day's digest."""
Prompt = Literal["return", "extend", "refuse", "withdraw", "request", "receipt", "approve"]
"""What a person decided about a return or a request for more time, a receipt; to whoever decides the request
itself, and what waits for approval."""
Letter = Literal["orange", "red"]
"""To the head of a unit, and to the leader in charge of it."""
Announcement = Literal["kickoff", "amendment", "circular", "thanks"]
"""To all units that it concerns, about no single return."""
AT_ONCE: frozenset[str] = frozenset((*get_args(Prompt), *get_args(Letter), *get_args(Announcement)))
"""Kinds of messages that go outside the day's digest, each in words of its own."""

UNIT, HEAD, LEADER = "unit:", "head:", "leader:"
"""Before a unit's id in the name of a recipient: its liaison, its head, the leader in charge of it. Further
liaisons of a unit who hear as well are `unit:libao/2`, `unit:libao/3`."""


def unit_of(recipient: str) -> str:
    """Id of the unit that a recipient speaks for; of the coordinator, that name itself."""
    return recipient.partition(":")[2].partition("/")[0] or recipient


class MomentLike(Protocol):
    """What a decision needs to know of a moment."""

    @property
    def kind(self) -> str: ...
    @property
    def days(self) -> int: ...
    @property
    def at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...


def choose(moments: Sequence[MomentLike], stands: Standing, now: datetime) -> list[Verdict]:
    """A verdict for each of one obligation's moments that have come, in their order.

    Of several moments that passed while nobody looked, the latest that still matters is said: to the
    unit one reminder or one chase, to the coordinator one escalation. A reminder after the deadline
    no longer matters, nor does a moment of a due time that an extension has moved.
    """
    if not stands.open:
        return ["moot"] * len(moments)
    latest: dict[str, int] = {}
    for index, moment in enumerate(moments):
        stale = moment.kind == "remind" and now >= moment.due_at
        if moment.due_at != stands.limit or stale:
            continue
        voice = recipient_of(moment.kind, stands.owed.unit)
        if voice not in latest or _nearness(moment) >= _nearness(moments[latest[voice]]):
            latest[voice] = index
    chosen = set(latest.values())
    return ["send" if index in chosen else "superseded" for index in range(len(moments))]


def _nearness(moment: MomentLike) -> tuple[datetime, int]:
    """Later moments outrank earlier ones; of two on one morning, the one nearer its day counts."""
    return moment.at, -moment.days if moment.kind == "remind" else moment.days


def recipient_of(kind: str, unit: str) -> str:
    """Who hears of it: the unit's liaison, its head or leader, or the coordinator."""
    if kind in ("escalate", "request"):
        return COORDINATOR
    return {"orange": HEAD, "red": LEADER}.get(kind, UNIT) + unit


def speaker(plan: Plan, unit: str, day: date) -> str:
    """Who hears about what a unit owes: the unit, or once it has closed, whoever took over from it."""
    seen = {unit}
    while unit in plan.unit:
        found = plan.unit[unit]
        closed = found.closes is not None and found.closes < day
        if not closed or not found.successor or found.successor in seen:
            break
        unit = found.successor
        seen.add(unit)
    return unit


def still_owed(stands: Standing, due_at: datetime) -> bool:
    """Whether a message decided earlier is still true: open, and for the same due time."""
    return stands.open and stands.limit == due_at


About = Literal["", "task", "number", "subject"]
"""What tells several returns of one day apart: tasks, their number within a quota, inspected bodies."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a digest, in words that need no look-up."""

    campaign: str
    title: str
    short: str
    kind: str
    unit: str
    duty: str
    to: str
    """Name of the unit it is owed to."""
    period: str
    due_at: datetime
    days_late: int
    """Calendar days since the due day; 0 before it is over."""
    refused: bool
    """Something came in that could not be read or was returned."""
    key: str
    grace: bool = False
    """Past the due time, and not yet overdue."""
    about: About = ""
    subjects: tuple[tuple[str, str], ...] = ()
    """Id and name of each subject that is owed."""
    measure: str = ""
    """What a quota counts: 期, 篇."""
    zero_report: bool = False
    """Whether 零报告 is an answer."""
    peer: bool = False
    """Whether its unit is asked 商请 and not supervised 督办."""
    until: datetime | None = None
    """Of a colour: until when it should be remedied, exclusive."""
    letter: str = ""
    """The highest colour of which a letter has gone above the liaison."""

    @property
    def alike(self) -> tuple[object, ...]:
        """What it shares with what others owe: the coordinator hears it once, with their names."""
        return self.due_at, self.short, self.duty, self.period, self.subjects, self.days_late, self.grace

    @property
    def due_day(self) -> date:
        """The last day on which it is in time."""
        return (self.due_at - timedelta(microseconds=1)).date()


def latest_per_obligation(lines: Iterable[Line]) -> list[Line]:
    """The last line said about each obligation, in order of due time: a reminder that could not
    leave yesterday is not repeated beside today's chase."""
    latest = {line.key: line for line in lines}
    return sorted(latest.values(), key=lambda line: (line.due_at, line.key))


def together(lines: Iterable[Line]) -> list[Line]:
    """One line for what differs by subject only: who leads ten tasks is not told the same ten times."""
    merged: dict[Line, list[Line]] = {}
    for line in lines:
        merged.setdefault(replace(line, key="", subjects=()), []).append(line)
    return [
        replace(mine[0], subjects=tuple(s for line in mine for s in line.subjects))
        for mine in merged.values()
    ]
