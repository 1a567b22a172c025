"""Running a campaign at each tick, and writing down what happened: one line a day for things of a kind."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from duban import agenda
from duban.calendars import A_DAY
from duban.ledger import Ledger
from duban.ledger.parcels import Parcel
from duban.ledger.queries import Scope
from duban.outbox import Transport
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services.delivering import deliver
from duban.services.deploying import Deployment
from duban.services.receiving import Receipt
from duban.services.running import Run, run_campaign
from duban.services.watching import standings
from duban.standing import Standing, rates
from duban.story import Act

LAST = "~"
"""Comes after the id of any duty."""
A_MINUTE = timedelta(minutes=1)
SHOWN = 8
"""So many names stand in a line; of the others there is a count."""

Result = Receipt | Standing | Deployment
"""What came of an act."""


class Keeper(Transport, Protocol):
    """A transport that keeps what it was given."""

    parcels: list[Parcel]


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
class Gathered:
    """Things of one kind that happened on one day."""

    at: datetime
    code: str
    values: dict[str, object]
    names: list[str] = field(default_factory=list)


@dataclass
class Teller:
    """Runs the campaign at each tick and gathers, day by day, what happened."""

    ledger: Ledger
    plan: Plan
    texts: Renderer
    transport: Keeper
    gathered: dict[tuple[object, ...], Gathered] = field(default_factory=dict)
    _closed: bool = False
    _since: datetime | None = None
    _phases: str = ""

    def acted(self, act: Act, result: Result) -> None:
        """A unit or the coordinator did something."""
        values = {"duty": self.plan.duty[act.to.duty], "period": act.to.period, "act": act}
        unit = self.plan.unit[act.to.unit].name
        if isinstance(result, Receipt):
            manner = _manner(result)
            shown = {"problems": [p for p in result.problems if p.refuses]} if manner == "refused" else {}
            code = "story.refused" if manner == "refused" else "story.received"
            self._tell(act.at, code, unit, manner, **values, manner=manner, **shown)
        else:
            code = "story.decided" if isinstance(result, Standing) else "story.determined"
            self._tell(act.at, code, unit, **values)

    def run(self, tick: datetime) -> None:
        """One run of the campaign and one delivery."""
        phases = self._phase(tick.astimezone(self.plan.zone).date())
        if phases and phases != self._phases:
            self._tell(tick, "story.phase", phases=phases)
        self._phases = phases
        # Alone on its ledger, it needs no lease.
        done = run_campaign(
            self.ledger, self.plan.slug, texts=self.texts, documents=None, owner="", lease=False, as_of=tick
        )
        self._deadlines(tick)
        self._said(tick, done)
        before = len(self.transport.parcels)
        delivered = deliver(self.ledger, self.transport, self.texts, owner="rehearsal", as_of=tick)
        if delivered.withdrawn:
            self._tell(tick, "story.withdrawn", n=delivered.withdrawn)
        for parcel in self.transport.parcels[before:]:
            self._tell(tick, "story.sent", self._name(parcel), parcel.subject, subject=parcel.subject)
        if done.closed and not self._closed:
            self._tell(tick, "story.closed")
        self._closed = done.closed

    def _deadlines(self, tick: datetime) -> None:
        """At the first run after a deadline: what came in, who is missing."""
        deadlines: list[tuple[datetime, str, str]] = self.plan.memo("due", lambda: _deadlines(self.plan))
        since = self._since or tick - A_DAY
        passed = deadlines[bisect_right(deadlines, (since, LAST)) : bisect_right(deadlines, (tick, LAST))]
        self._since = tick
        for due_at, duty, period in passed:
            with self.ledger.read() as conn:
                found = standings(conn, self.plan, Scope(self.plan.slug, duty=duty, period=period), tick)
            share = rates(s for s in found if s.first_due == due_at)
            if share.expected:
                missing = self.shown([self.plan.unit[u].name for u in share.missing])
                self._tell(
                    tick, "story.deadline", "", duty, period, duty=self.plan.duty[duty], period=period,
                    due_at=due_at, rates=share, missing=missing,
                )  # fmt: skip

    def _said(self, tick: datetime, done: Run) -> None:
        superseded = sum(s.superseded for s in done.said)
        if superseded:
            self._tell(tick, "story.superseded", n=superseded)

    def _tell(self, at: datetime, code: str, name: str = "", *kind: object, **values: Any) -> None:
        """Note something down; what is of one kind on one day becomes one line."""
        local = at.astimezone(self.plan.zone)
        about = (values["duty"].id, values["period"]) if name and "duty" in values else ()
        key = (local.date() if name else local, code, *about, *kind)
        found = self.gathered.setdefault(key, Gathered(local, code, values))
        if name:
            found.names.append(name)

    def days(self) -> list[Day]:
        """Everything noted, in order of time."""
        days: dict[date, Day] = {}
        for one in sorted(self.gathered.values(), key=lambda g: g.at):
            day = one.at.date()
            line = self.texts.say(
                one.code, plan=self.plan, who=self.shown(list(dict.fromkeys(one.names))),
                **({"n": len(one.names)} | one.values),
            )  # fmt: skip
            days.setdefault(day, Day(day, self._phase(day))).lines.append(Line(f"{one.at:%H:%M}", line))
        return list(days.values())

    def shown(self, names: list[str]) -> str:
        """Names as far as a line has room."""
        if len(names) <= SHOWN:
            return "、".join(names)
        return self.texts.say("story.and-others", names=names[:SHOWN], n=len(names))

    def _name(self, parcel: Parcel) -> str:
        """The unit behind an address."""
        known = self.plan.memo("addresses", lambda: _addresses(self.plan))
        return known.get((parcel.channel, parcel.address), parcel.address)

    def _phase(self, day: date) -> str:
        """The phases that `day` belongs to."""
        mine = [p for p in self.plan.file.phases if self._contains(self.plan.phase_span(p), day)]
        return "、".join(p.name for p in mine)

    @staticmethod
    def _contains(span: tuple[date, date], day: date) -> bool:
        return span[0] <= day <= span[1]


def _deadlines(plan: Plan) -> list[tuple[datetime, str, str]]:
    found = {(o.due_at, o.duty, o.period or "") for o in agenda.obligations(plan) if o.due_at}
    return sorted(found)


def _addresses(plan: Plan) -> dict[tuple[str, str], str]:
    ways = ((u, c) for u in reversed(plan.units) for c in (*u.leader, *u.head, *u.channels))
    return {(c.kind, c.address): f"{u.short}({c.kind})" for u, c in ways}


def _manner(receipt: Receipt) -> str:
    """What there is to say about a receipt besides that it came."""
    if not receipt.valid:
        return "refused"
    if receipt.version > 1 or receipt.repeated:
        return "again"
    if receipt.due_at and receipt.received_at >= receipt.due_at:
        return "late"
    if receipt.due_at and receipt.received_at >= receipt.due_at - A_MINUTE:
        return "last"
    return "zero" if receipt.zero else "plain"
