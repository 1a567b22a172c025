"""What the stations and the office should hear, worked out from what the plan says and from what people did:
in plain code of the tests, by none of ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from tests.faults.scene import Act, Scene
from tests.faults.stations import (
    BLUE,
    CHASE,
    ESCALATE,
    HEAD,
    OFFICE,
    ORANGE,
    REMIND,
    due_days,
    gets_receipts,
    is_supervised,
    local,
)

Kind = Literal[
    "remind", "chase", "blue", "escalate", "return", "ask", "extend", "refuse", "receipt", "approve",
    "orange", "kickoff",
]  # fmt: skip
DAILY = ("remind", "chase", "blue", "escalate")
TO_OFFICE = ("escalate", "ask", "approve")
Spans = list[tuple[datetime, datetime | None]]


@dataclass(frozen=True)
class Demand:
    """Something that has to be said once, from `since` on and while nothing has overtaken it."""

    unit: str
    period: str
    kind: Kind
    since: datetime
    """When it happened, or when the campaign ran and found that its moment had come."""
    until: datetime
    """From here on it must not be said any more; exclusive."""

    @property
    def hearer(self) -> str:
        """Who hears it."""
        if self.kind in TO_OFFICE:
            return OFFICE
        return HEAD + self.unit if self.kind == "orange" else self.unit

    def __str__(self) -> str:
        since, until = (at.strftime("%m-%d %H:%M") for at in (self.since, self.until))
        return f"{self.unit} {self.period} {self.kind} from {since} to {until}"


def demands(scene: Scene) -> list[Demand]:
    """Everything that has to be said."""
    end = scene.stages[-1].at + timedelta(seconds=1)
    acts: dict[tuple[str, str], list[Act]] = {}
    for act in scene.acts:
        acts.setdefault((act.unit, act.period), []).append(act)
    spans = reported(scene)
    found: list[Demand] = []
    for due in due_days(scene.months):
        for unit in scene.units:
            named = unit, due.strftime("%Y-%m")
            about = _About(*named, due, acts.get(named, []), spans.get(named, []), end)
            found += [*about.daily(scene.runs), *about.at_once(), *about.orange(scene.runs, scene.approvals)]
    found += [
        Demand(act.unit, act.period, "receipt", act.at, end)
        for act in scene.acts
        if act.kind == "finding" and gets_receipts(act.unit)
    ]
    begun = next(at for at in scene.runs if is_working(at.date()) and at.time() >= MORNING)
    return found + [Demand(unit, "", "kickoff", begun, end) for unit in scene.units]


def reported(scene: Scene) -> dict[tuple[str, str], Spans]:
    """From when to when each unit's return of each period was in and not sent back; None: to the end."""
    spans: dict[tuple[str, str], Spans] = {}
    for act in scene.acts:
        mine = spans.setdefault((act.unit, act.period), [])
        if act.kind == "report" and (not mine or mine[-1][1] is not None):
            mine.append((act.at, None))
        if act.kind == "return":
            mine[-1] = (mine[-1][0], act.at)
    return spans


def is_in(spans: Spans, at: datetime) -> bool:
    """Whether a return was in and not sent back."""
    return any(a <= at and (b is None or at < b) for a, b in spans)


Moment = tuple[Kind, int, datetime]
"""What is said, the days between it and the due day, and when its time has come."""
MORNING = time(8, 30)
OFF = {date(2023, 12, 30) + timedelta(n) for n in range(3)} | {
    date(2024, 2, 10) + timedelta(n) for n in range(8)
}
"""New Year and the Spring Festival, as the State Council announced them on 25 October 2023."""
MADE_UP_FOR = {date(2024, 2, 4), date(2024, 2, 18)}


def is_working(day: date) -> bool:
    """Whether offices worked on that day of the winter."""
    return day in MADE_UP_FOR or (day.weekday() < 5 and day not in OFF)


def moments(due: date, supervised: bool) -> list[Moment]:
    """Reminders on the last working day that leaves so many days, others on the first one after so many."""
    found = [_moment("remind", days, due - timedelta(days), -1) for days in REMIND]
    found += [_moment("chase", days, due + timedelta(days), 1) for days in CHASE]
    found.append(_moment("escalate", ESCALATE, due + timedelta(ESCALATE), 1))
    found += [_moment("blue", BLUE, due + timedelta(BLUE), 1)] * supervised
    nearest: dict[tuple[Kind, datetime], Moment] = {}
    for kind, days, at in found:  # of two on one morning the one nearer its day
        nearest[kind, at] = (kind, days, at)
    return list(nearest.values())


def _moment(kind: Kind, days: int, day: date, step: int) -> Moment:
    while not is_working(day):
        day += timedelta(step)
    return kind, days, local(day, MORNING)


@dataclass(frozen=True)
class _About:
    """One unit's return of one period, and all that happens to it."""

    unit: str
    period: str
    due: date
    acts: Sequence[Act]
    spans: Spans
    end: datetime

    def _due_at(self, at: datetime) -> datetime:
        """Before which it is due, with the extension that was granted."""
        granted = [a.until for a in self.acts if a.kind == "extend" and a.at <= at and a.until]
        return granted[-1] if granted else local(self.due + timedelta(1), time())

    def daily(self, runs: Sequence[datetime]) -> Iterator[Demand]:
        """What the mornings say."""
        said: list[tuple[Kind, datetime]] = []
        handled: set[tuple[Kind, int, datetime]] = set()
        for run in runs:
            due_at = self._due_at(run)
            come = [
                m
                for m in moments(due_at.date() - timedelta(1), is_supervised(self.unit))
                if m[2] <= run and (m[0], m[1], due_at) not in handled and not self._told_by_grant(m, run)
            ]
            handled |= {(kind, days, due_at) for kind, days, _ in come}
            if is_in(self.spans, run):
                continue
            to_unit = [m for m in come if m[0] == "chase" or (m[0] == "remind" and run < due_at)]
            if any(m[0] == "blue" for m in come):
                said.append(("blue", run))  # and not the chase of that morning
            elif to_unit:  # of several that passed while nothing ran, the last one
                said.append((max(to_unit, key=lambda m: m[2])[0], run))
            if any(m[0] == "escalate" for m in come):
                said.append(("escalate", run))
        for kind, at in said:
            yield Demand(self.unit, self.period, kind, at, self._until(kind, at, said))

    def orange(self, runs: Sequence[datetime], approvals: Sequence[datetime]) -> Iterator[Demand]:
        """Proposed no sooner after blue than the plan has between the two, and said once it is approved."""
        blue = next((d.since for d in self.daily(runs) if d.kind == "blue"), None)
        if blue is None:
            return
        due = self._due_at(blue).date() - timedelta(1)
        days = due + timedelta(ORANGE), blue.date() + timedelta(ORANGE - BLUE)
        come = max(_moment("orange", ORANGE, day, 1)[2] for day in days)
        proposed = next((at for at in runs if at >= come), None)
        if proposed is None or is_in(self.spans, proposed):
            return
        approved = next(at for at in approvals if at > proposed)
        until = min([approved, *self._came_in(proposed)])
        yield Demand(self.unit, self.period, "approve", proposed, until)
        if not is_in(self.spans, approved):
            until = min([*self._came_in(approved), self.end])
            yield Demand(self.unit, self.period, "orange", approved, until)

    def _told_by_grant(self, moment: Moment, run: datetime) -> bool:
        """Reminders of a new due time that had passed when it was granted: the grant has told of it."""
        granted = [a.at for a in self.acts if a.kind == "extend" and a.at <= run]
        return bool(granted) and moment[0] == "remind" and moment[2] <= granted[-1]

    def _until(self, kind: Kind, at: datetime, said: Sequence[tuple[Kind, datetime]]) -> datetime:
        overtaken = [t for other, t in said if t > at and (other == "escalate") == (kind == "escalate")]
        moved = [a.at for a in self.acts if a.kind == "extend" and a.at > at]
        past = [self._due_at(at)] if kind == "remind" else []
        return min([*overtaken, *self._came_in(at), *moved, *past, self.end])

    def at_once(self) -> Iterator[Demand]:
        """What a person decided, or asks for: until it is answered, or the return is in."""
        for act in self.acts:
            if act.kind == "ask":
                answers = [a.at for a in self.acts if a.kind in ("extend", "refuse")]
                yield Demand(self.unit, self.period, "ask", act.at, min([*answers, self.end]))
            elif act.kind == "report" and gets_receipts(self.unit):
                later = [a.at for a in self.acts if a.kind in ("report", "return") and a.at > act.at]
                yield Demand(self.unit, self.period, "receipt", act.at, min([*later, self.end]))
            elif act.kind in ("return", "extend", "refuse"):
                until = min([*self._came_in(act.at), self.end])
                yield Demand(self.unit, self.period, act.kind, act.at, until)

    def _came_in(self, since: datetime) -> list[datetime]:
        return [a for a, _ in self.spans if a > since]


def must_arrive(demand: Demand, scene: Scene, troubled: bool) -> bool:
    """Whether there was time enough since somebody could first deliver it, which may be a week late: an hour
    of deliveries after a kill, two mornings when the servers refuse, since a channel that refuses is tried
    again ever more slowly."""
    first = demand.since
    if demand.kind in DAILY:
        first = max(first, local(first.date(), MORNING))
    first = next((at for at in scene.deliveries if at >= first), scene.deliveries[-1])
    enough = first + timedelta(minutes=50)
    if troubled:
        enough = local(first.date() + timedelta(days=2), MORNING)
    return any(enough <= at < demand.until for at in scene.deliveries)
