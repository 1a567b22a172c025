"""What the stations and the office should hear, worked out from the plan's agenda and from what people did:
in plain code of the tests, by none of the services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from duban import agenda
from tests.faults.scene import MONTHLY, Act, Scene, local

Voice = Literal["unit", "office"]


@dataclass(frozen=True)
class Demand:
    """Something that has to be said once, from `since` on and while nothing has overtaken it."""

    unit: str
    period: str
    kind: str
    """remind, chase or escalate."""
    since: datetime
    """When the campaign ran and found that its moment had come."""
    until: datetime
    """From here on it must not be said any more; exclusive."""

    @property
    def voice(self) -> Voice:
        """Who hears it."""
        return "office" if self.kind == "escalate" else "unit"


def reported(scene: Scene) -> dict[tuple[str, str], list[tuple[datetime, datetime | None]]]:
    """From when to when each unit's return of each period was in and not sent back; None: to the end."""
    spans: dict[tuple[str, str], list[tuple[datetime, datetime | None]]] = {}
    for stage in scene.stages:
        for act in stage.acts:
            mine = spans.setdefault((act.unit, act.period), [])
            _note(mine, act, stage.at)
    return spans


def _note(mine: list[tuple[datetime, datetime | None]], act: Act, at: datetime) -> None:
    if act.kind == "report" and (not mine or mine[-1][1] is not None):
        mine.append((at, None))
    if act.kind == "return":
        mine[-1] = (mine[-1][0], at)


def demands(scene: Scene) -> list[Demand]:
    """Everything that has to be said about the monthly returns."""
    runs = [s.at for s in scene.stages if s.runs]
    spans = reported(scene)
    found: list[Demand] = []
    for owed in agenda.of_duty(scene.plan, MONTHLY):
        assert owed.due_at is not None
        mine = spans.get((owed.unit, owed.period or ""), [])
        found += _of(owed, runs, mine, scene.stages[-1].at + timedelta(seconds=1))
    return found


def _of(
    owed: agenda.Obligation, runs: list[datetime], spans: list[tuple[datetime, datetime | None]],
    end: datetime,
) -> list[Demand]:  # fmt: skip
    assert owed.due_at is not None
    said: list[tuple[str, datetime]] = []
    handled: set[tuple[str, int]] = set()
    for run in runs:
        come = [m for m in owed.moments if m.at <= run and (m.kind, m.days) not in handled]
        handled |= {(m.kind, m.days) for m in come}
        if not come or is_in(spans, run):
            continue
        to_unit = [m for m in come if m.kind == "chase" or (m.kind == "remind" and run < owed.due_at)]
        if to_unit:  # of several that passed while nothing ran, the last one
            said.append((max(to_unit, key=lambda m: m.at).kind, run))
        if any(m.kind == "escalate" for m in come):
            said.append(("escalate", run))
    return [
        Demand(owed.unit, owed.period or "", kind, at, _until(kind, at, said, spans, owed.due_at, end))
        for kind, at in said
    ]


def is_in(spans: list[tuple[datetime, datetime | None]], at: datetime) -> bool:
    """Whether a return was in and not sent back."""
    return any(a <= at and (b is None or at < b) for a, b in spans)


def _until(
    kind: str, at: datetime, said: list[tuple[str, datetime]],
    spans: list[tuple[datetime, datetime | None]], due_at: datetime, end: datetime,
) -> datetime:  # fmt: skip
    office = kind == "escalate"
    overtaken = [when for other, when in said if when > at and (other == "escalate") == office]
    came_in = [a for a, _ in spans if a > at]
    return min([*overtaken, *came_in, *([due_at] if kind == "remind" else []), end])


MORNING = time(8, 30)


def must_arrive(demand: Demand, scene: Scene, troubled: bool) -> bool:
    """Whether there was time enough: an hour of deliveries after a kill, two mornings when the servers
    refuse, since a channel that refuses is tried again ever more slowly."""
    first = demand.since if demand.since.time() >= MORNING else local(demand.since.date(), MORNING)
    days = [local(first.date() + timedelta(days=n), MORNING) for n in (1, 2)]
    enough = days[-1] if troubled else first + timedelta(minutes=50)
    delivering = [s.at for s in scene.stages if s.delivers and enough <= s.at < demand.until]
    return bool(delivering)


def sent_back(scene: Scene) -> list[Act]:
    """The returns that a unit has to hear of at once."""
    return [act for act in scene.acts if act.kind == "return"]
