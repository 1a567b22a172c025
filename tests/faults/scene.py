"""What happens in the campaign of the stations, from a seed: who reports when, who asks for more time and
gets it or not, when the campaign runs, when messages are delivered, when nothing runs, when clocks jump."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Literal

from duban.plan import Bundle
from tests.faults.stations import bundle, deployed_at, due_days, local, stations

ActKind = Literal["report", "mistake", "finding", "return", "ask", "extend", "refuse", "approve"]


@dataclass(frozen=True)
class Act:
    """Something that a person does: a unit sends a return, right or with a mistake, reports a finding, asks
    for more time; the office sends a return back, grants more time or refuses it, or approves of all that
    waits for it."""

    kind: ActKind
    unit: str
    period: str
    at: datetime
    """When it reached us; what was sent while nothing ran is recorded later."""
    until: datetime | None = None
    """The due time that is asked for or granted, or by which a return has to come again."""


@dataclass(frozen=True)
class Stage:
    """What happens at one instant of the campaign: people act, or the campaign runs, or messages leave."""

    at: datetime
    acts: tuple[Act, ...] = ()
    runs: bool = False
    delivers: bool = False
    away: bool = False
    """Whether the database takes no connections."""


@dataclass(frozen=True)
class Scene:
    """The campaign with everything that happens in it."""

    units: tuple[str, ...]
    months: int
    stages: tuple[Stage, ...]

    @property
    def bundle(self) -> Bundle:
        """The campaign's files."""
        return bundle(len(self.units), self.months)

    @property
    def acts(self) -> list[Act]:
        """What people do, in order."""
        return [act for stage in self.stages for act in stage.acts]

    @property
    def runs(self) -> list[datetime]:
        """When the campaign was looked at."""
        return [s.at for s in self.stages if s.runs and not s.away]

    @property
    def approvals(self) -> list[datetime]:
        """When the office approved of what waited for it."""
        return [act.at for act in self.acts if act.kind == "approve"]

    @property
    def deliveries(self) -> list[datetime]:
        """When messages left."""
        return [s.at for s in self.stages if s.delivers and not s.away]


def document(act: Act) -> bytes:
    """What a unit sends: figures of its own, or a form with a part above its total."""
    number = int(act.unit[1:])
    if act.kind == "finding":
        return json.dumps({"cells": {"narrative": f"{act.unit} {act.period}"}}).encode()
    mended = 99 if act.kind == "mistake" else 2
    return json.dumps({"cells": {"visits": number, "found": 5, "mended": mended}}).encode()


def scene(seed: int, units: int = 200, months: int = 3, outages: bool = False) -> Scene:
    """The campaign as it goes with this seed; with `outages` its database is away twice, for hours."""
    chance, names, days = Random(seed), stations(units), due_days(months)
    acts = [act for due in days for unit in names for act in _month(chance, unit, due)]
    spans = _outages(days) if outages else []
    acts += [Act("approve", "", "", local(day, APPROVES)) for day in _days(days)]
    moved = [_put_off(_put_off(act, JUMPS, MORNING), spans, timedelta()) for act in acts]
    return Scene(names, months, tuple(_stages(moved, days, spans)))


WHEN = (
    (30, -20, -8), (15, -7, -7), (12, -6, -3), (10, -2, -2), (10, -1, 0), (10, 1, 3), (6, 4, 9), (7, 11, 16),
)  # fmt: skip
"""How many of a hundred report in which days around the due day; nearly all of them do."""
HOURS = (time(8, 20), time(8, 35), time(9), time(10), time(15), time(20))
"""Just before and just after messages leave, and in between."""


def _month(chance: Random, unit: str, due: date) -> list[Act]:
    period = due.strftime("%Y-%m")
    row = chance.choices(WHEN, weights=[w for w, _, _ in WHEN])[0]
    day = due + timedelta(days=chance.randint(row[1], row[2]))
    sent = Act("report", unit, period, local(day, chance.choice(HOURS)))
    found = [sent]
    fate = chance.random()
    if fate < 0.1:
        found.insert(0, Act("mistake", unit, period, sent.at - timedelta(hours=24)))
    elif fate < 0.15 and day < due - timedelta(days=12):
        # Sent back at once, and mended long before it is due.
        until = local(day + timedelta(days=4), time())
        found.append(Act("return", unit, period, local(day, time(20, 10)), until))
        found.append(Act("report", unit, period, local(day + timedelta(days=2), time(10))))
    elif fate < 0.5 and day > due:
        found = _asked(chance, sent, due)
    if chance.random() < 0.05:
        happened = due - timedelta(days=chance.randint(10, 20))
        found.append(Act("finding", unit, happened.isoformat(), local(happened, time(15))))
    return found


ANSWERS: tuple[ActKind | None, ...] = ("extend", "extend", "refuse", "refuse", "report", None)


def _asked(chance: Random, sent: Act, due: date) -> list[Act]:
    """Who will be late asks for four days more. Most are answered the next day; some do not wait for it, and
    some report in the minute after the answer, before word of it leaves."""
    until = local(due + timedelta(days=5), time())
    asked = replace(sent, kind="ask", at=local(due - timedelta(days=3), time(15)), until=until)
    kind = chance.choice(ANSWERS)
    if kind is None:
        return [asked, sent]
    answer = replace(sent, kind=kind, at=local(due - timedelta(days=2), time(15)))
    if kind == "report":
        return [asked, answer]
    answer = replace(answer, until=until if kind == "extend" else None)
    at_once = chance.random() < 0.25
    return [asked, answer, replace(sent, at=answer.at + timedelta(minutes=1)) if at_once else sent]


Span = tuple[datetime, datetime]
"""From, and until; exclusive."""
DELIVERIES = (time(8, 30), time(8, 45), time(9, 20), time(11), time(16), time(20, 20))
APPROVES = time(10, 10)
JUMPS: list[Span] = [
    (local(date(2023, 12, 9), time()), local(date(2023, 12, 16), time())),
    (local(date(2023, 12, 29), time()), local(date(2024, 1, 4), time())),
]
"""Instants that never were: the clocks jump by a week, and over the end of the year."""


def _stages(acts: list[Act], days_due: list[date], outages: list[Span]) -> list[Stage]:
    """One run each morning and after each deadline, some deliveries a day; but nothing runs for the week
    around the second due day."""
    days = _days(days_due)
    work = [
        Stage(local(day, clock), runs=clock == DELIVERIES[0], delivers=True)
        for day in days for clock in DELIVERIES
    ]  # fmt: skip
    work += [Stage(local(due + timedelta(days=1), time(0, 5)), runs=True, delivers=True) for due in days_due]
    work = [s for s in work if not _within(s.at, [*JUMPS, *_asleep(days_due)])]
    work = [replace(s, away=bool(_within(s.at, outages))) for s in work]
    by_instant: dict[datetime, list[Act]] = {}
    for act in acts:
        by_instant.setdefault(act.at, []).append(act)
    people = [Stage(at, tuple(mine)) for at, mine in by_instant.items()]
    return sorted([*work, *people], key=lambda s: s.at)


def _days(days_due: list[date]) -> list[date]:
    first, last = deployed_at().date() + timedelta(days=1), days_due[-1] + timedelta(days=16)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _asleep(days_due: list[date]) -> list[Span]:
    return [
        (local(due - timedelta(days=3), time()), local(due + timedelta(days=4), time()))
        for due in days_due[1:2]
    ]


def _outages(days_due: list[date]) -> list[Span]:
    """Through a day of reminders; and from the deadline into the day after the first chase."""
    first = days_due[0]
    reminded, chased = first - timedelta(days=6), first + timedelta(days=2)
    return [
        (local(reminded, time(8)), local(reminded, time(16, 10))),
        (local(first, time(23)), local(chased, time(10))),
    ]


def _within(at: datetime, spans: Iterable[Span]) -> Span | None:
    return next((span for span in spans if span[0] <= at < span[1]), None)


MORNING = timedelta(hours=7)


def _put_off(act: Act, spans: list[Span], after: timedelta) -> Act:
    """What somebody would have done in a time that never was, or while nothing could be stored, is done soon
    afterwards, in the same order."""
    span = _within(act.at, spans)
    return replace(act, at=span[1] + after + (act.at - span[0]) / 200) if span else act
