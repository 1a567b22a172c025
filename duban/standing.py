"""Obligations + what came in + now → states and rates (DESIGN, States). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Literal

State = Literal["not-due", "due", "late", "overdue", "closed"]
"""late: past the due time and within the duty's grace; overdue: past that."""
CameIn = Literal["nothing", "refused", "received", "returned", "accepted", "zero", "waived"]
DecisionKind = Literal[
    "return", "accept", "withdraw", "endorse", "recognise", "waive", "give-up", "extend", "refuse"
]
"""withdraw: an acceptance; endorse: the superior's own review 初审; recognise 认定: a refused but honest
version counts as having come; refuse: a request for more time."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One version that a unit sent."""

    version: int
    received_at: datetime
    valid: bool
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person decided about one obligation."""

    kind: DecisionKind
    at: datetime
    version: int | None = None
    """The version it speaks of; None for decisions about the obligation itself."""
    until: datetime | None = None
    """extend: the new due time; return: resubmit before it (both exclusive)."""
    not_a_report: bool = False
    """return: what was sent was no report at all, so it never counted as on time."""


@dataclass(frozen=True, slots=True)
class Owed:
    """An obligation as the ledger holds it."""

    key: str
    duty: str
    unit: str
    period: str
    opens_at: datetime
    due_at: datetime | None
    counted: bool = True
    """False: due before the campaign was deployed here, so outside every rate (不计)."""
    subject: str = ""
    phases: tuple[str, ...] = ()
    waived: str | None = None
    """Why the plan waives it 免报."""
    event: bool = False
    """Made by something that happened, not by the calendar."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one obligation stands at one instant."""

    owed: Owed
    state: State
    came_in: CameIn
    due_at: datetime | None
    """With extensions granted until now; exclusive."""
    on_time: bool
    version: int | None
    """The version that counts: the latest valid one that is not returned."""
    first_received: datetime | None
    first_valid: datetime | None
    last_revised: datetime | None
    accepted: datetime | None
    first_due: datetime | None
    """The due time before any extension."""
    answer_by: datetime | None = None
    """Until when a return that is still open has to be answered; exclusive."""
    endorsed: datetime | None = None
    """When the unit's superior endorsed the version that counts."""

    @property
    def limit(self) -> datetime | None:
        """What the unit has to keep now: its due time, or the resubmit-by time of a return."""
        return self.answer_by or self.due_at

    @property
    def met(self) -> bool:
        """Whether the obligation counts as reported."""
        return self.came_in in ("received", "accepted", "zero")

    @property
    def expected(self) -> bool:
        """Whether it belongs to the denominator of rates."""
        return self.owed.counted and self.owed.due_at is not None and self.came_in != "waived"

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.expected and not self.met and self.state != "closed"

    @property
    def revised_late(self) -> bool:
        """A correction that came after the deadline; on time stays on time."""
        return bool(self.due_at and self.last_revised and self.last_revised >= self.due_at and self.on_time)


def standing(
    owed: Owed, arrivals: Sequence[Arrival], rulings: Sequence[Ruling], now: datetime, grace: int = 0
) -> Standing:
    """How `owed` stands at `now`. Later arrivals and rulings are not looked at. `grace` is in days past
    the due day."""
    # A paper original may be recorded after the portal's version and have been received before it.
    arrivals = sorted((a for a in arrivals if a.received_at <= now), key=lambda a: a.received_at)
    rulings = [r for r in rulings if r.at <= now]
    due_at = _due_at(owed, rulings)
    returns = {r.version: r for r in rulings if r.kind == "return"}
    valid = [a for a in arrivals if a.valid]
    counting = [a for a in valid if a.version not in returns]
    acceptance = _acceptance(rulings)
    frozen = [a for a in counting if acceptance and a.version == acceptance.version]
    current = frozen[-1] if frozen else counting[-1] if counting else None
    accepted = acceptance.at if acceptance else None
    timely = _timely(arrivals, rulings)
    answer_by = _answer_by(valid, current, returns, due_at)
    return Standing(
        owed=owed,
        state=_state(owed, answer_by or due_at, rulings, now, grace),
        came_in=_came_in(owed, arrivals, valid, current, accepted, rulings),
        due_at=due_at,
        on_time=current is not None and _on_time(timely, returns, due_at),
        version=current.version if current else None,
        first_received=arrivals[0].received_at if arrivals else None,
        first_valid=valid[0].received_at if valid else None,
        last_revised=current.received_at if current and current is not counting[0] else None,
        accepted=accepted,
        first_due=owed.due_at,
        answer_by=answer_by,
        endorsed=_endorsed(current, rulings),
    )


def _acceptance(rulings: Sequence[Ruling]) -> Ruling | None:
    """The acceptance that holds: the last one, unless it was withdrawn since."""
    last = next((r for r in reversed(rulings) if r.kind in ("accept", "withdraw")), None)
    return last if last is not None and last.kind == "accept" else None


def _endorsed(current: Arrival | None, rulings: Sequence[Ruling]) -> datetime | None:
    version = current.version if current else None
    return next((r.at for r in rulings if r.kind == "endorse" and r.version == version), None)


def _timely(arrivals: Sequence[Arrival], rulings: Sequence[Ruling]) -> list[Arrival]:
    """What timeliness goes by: the valid versions. A refused one that a person has recognised lends the time
    of its receipt to the next of them."""
    recognised = {r.version for r in rulings if r.kind == "recognise"}
    found: list[Arrival] = []
    since: datetime | None = None
    for arrival in arrivals:
        if arrival.valid:
            found.append(replace(arrival, received_at=since or arrival.received_at))
            since = None
        elif arrival.version in recognised:
            since = since or arrival.received_at
    return found


def _due_at(owed: Owed, rulings: Sequence[Ruling]) -> datetime | None:
    """The due time with the last extension; a plan amended to a later day than that prevails."""
    until = next((r.until for r in reversed(rulings) if r.kind == "extend"), None)
    return max(until, owed.due_at) if until and owed.due_at else owed.due_at


def _answer_by(
    valid: Sequence[Arrival],
    current: Arrival | None,
    returns: dict[int | None, Ruling],
    due_at: datetime | None,
) -> datetime | None:
    """Until when the last return has to be answered; None when none is open."""
    if current is not None or not valid or due_at is None:
        return None
    until = returns[valid[-1].version].until
    return max(until, due_at) if until else None


def _state(
    owed: Owed, due_at: datetime | None, rulings: Sequence[Ruling], now: datetime, grace: int
) -> State:
    if any(r.kind == "give-up" for r in rulings):
        return "closed"
    if due_at is not None and now >= due_at:
        return "late" if now < _with_grace(due_at, grace) else "overdue"
    return "due" if now >= owed.opens_at else "not-due"


def _with_grace(due_at: datetime, days: int) -> datetime:
    """The end of the last day of grace; with none, the due time itself."""
    if not days:
        return due_at
    day = (due_at - timedelta(microseconds=1)).date() + timedelta(days=days + 1)
    return datetime.combine(day, time(), due_at.tzinfo)


def _came_in(
    owed: Owed,
    arrivals: Sequence[Arrival],
    valid: Sequence[Arrival],
    current: Arrival | None,
    accepted: datetime | None,
    rulings: Sequence[Ruling],
) -> CameIn:
    if owed.waived or any(r.kind == "waive" for r in rulings):
        return "waived"
    if current is None:
        return "returned" if valid else "refused" if arrivals else "nothing"
    if accepted:
        return "accepted"
    return "zero" if current.zero else "received"


def _on_time(timely: Sequence[Arrival], returns: dict[int | None, Ruling], due_at: datetime | None) -> bool:
    """Whether the first version that stands came in time, every return before it answered in time.

    A return names a resubmit-by time: on-time stands if that is kept and lapses if it is missed;
    "not a report" voids it at once.
    """
    if due_at is None:
        return True
    limit = due_at
    for arrival in timely:
        if arrival.received_at >= limit:
            return False
        ruling = returns.get(arrival.version)
        if ruling is None:
            return True
        limit = due_at if ruling.not_a_report or ruling.until is None else max(due_at, ruling.until)
    return False


@dataclass(frozen=True, slots=True)
class Rates:
    """Reporting of one set of obligations; both rates are over what was expected."""

    expected: int
    met: int
    on_time: int
    overdue: int
    missing: tuple[str, ...]
    """Units expected whose return does not count yet, in the plan's order."""

    @property
    def reporting(self) -> Fraction | None:
        """Met ÷ expected; None where nothing was expected."""
        return Fraction(self.met, self.expected) if self.expected else None

    @property
    def punctuality(self) -> Fraction | None:
        """On time ÷ expected, never ÷ received."""
        return Fraction(self.on_time, self.expected) if self.expected else None


def rates(standings: Iterable[Standing]) -> Rates:
    """The rates of a set of standings."""
    expected = [s for s in standings if s.expected]
    return Rates(
        expected=len(expected),
        met=sum(s.met for s in expected),
        on_time=sum(s.met and s.on_time for s in expected),
        overdue=sum(s.open and s.state == "overdue" for s in expected),
        missing=tuple(dict.fromkeys(s.owed.unit for s in expected if not s.met)),
    )
