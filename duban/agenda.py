"""Plan → obligations → moments: what is owed, by when, and when something must be said about it.

Pure: the same plan gives the same agenda, whatever the time is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from duban import calendars
from duban.plan import Duty, Phase, Plan
from duban.plan.model import Moments, Monthly

MomentKind = Literal["remind", "chase", "escalate"]

AFTER_DEADLINE = timedelta(minutes=5)
"""How long after a deadline its run starts: what the doors took in until then has been recorded."""

LIFE_AFTER_LAST_DUE = timedelta(days=90)
"""How long a deployment keeps its schedule after the last due day, for returns still owed then."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment 节点: an instant at which something about an obligation must be said."""

    kind: MomentKind
    days: int
    """Days before (remind) or after (chase, escalate) the due day, as the plan states them."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Obligation:
    """An obligation 应报事项: duty x unit x period x subject."""

    campaign: str
    phases: tuple[str, ...]
    """Ids of the phases that its covered span touches."""
    duty: str
    unit: str
    period: str | None
    """`2018-09`; None for a standing duty that only an event makes due."""
    covers: tuple[date, date]
    """First and last day covered, both inclusive."""
    opens_at: datetime
    due_at: datetime | None
    """Exclusive: received before it is on time. None: no due time (随时上报)."""
    due_day: date | None
    moments: tuple[Moment, ...] = ()
    subject: str | None = None

    @property
    def key(self) -> str:
        """The obligation's name in the ledger: `haian-2018/monthly/chengdong/2018-10`."""
        return obligation_key(self.campaign, self.duty, self.unit, self.period or "", self.subject)


def obligation_key(campaign: str, duty: str, unit: str, period: str, subject: str | None = None) -> str:
    """The natural key every record about an obligation carries."""
    parts = (campaign, duty, unit, period, subject) if subject else (campaign, duty, unit, period)
    return "/".join(parts)


def phases_of(plan: Plan, covers: tuple[date, date]) -> tuple[Phase, ...]:
    """The phases a covered span touches, in the plan's order."""
    return tuple(p for p in plan.file.phases if p.touches(*covers))


def obligations(plan: Plan) -> tuple[Obligation, ...]:
    """Everything the plan obliges its units to, by due time, then in the order of duties and units."""
    found = [o for duty in plan.file.duties for o in _of_duty(plan, duty)]
    never = datetime.max.replace(tzinfo=plan.zone)
    return tuple(sorted(found, key=lambda o: o.due_at or never))


def _of_duty(plan: Plan, duty: Duty) -> Iterator[Obligation]:
    if isinstance(duty.rhythm, Monthly):
        for period in calendars.months(duty.rhythm.first, duty.rhythm.last):
            yield from _of_month(plan, duty, duty.rhythm, period)
        return
    covers = (plan.file.start.date, plan.file.end.date)
    opens_at = calendars.at_local(covers[0], time(), plan.zone)
    phases = tuple(p.id for p in phases_of(plan, covers))
    for unit in plan.members(duty.by):
        if unit.is_open(*covers):
            yield Obligation(plan.slug, phases, duty.id, unit.id, None, covers, opens_at, None, None)


def _of_month(plan: Plan, duty: Duty, rhythm: Monthly, period: str) -> Iterator[Obligation]:
    covers = calendars.month_span(period)
    due_day = rhythm.due_day(period)
    due_at = due_boundary(due_day, rhythm.at, plan)
    # A return about a whole month can be written once the month is over, or in it if it is due in it.
    opens_on = covers[1] + timedelta(days=1) if rhythm.in_ == "next" else covers[0]
    opens_at = calendars.at_local(opens_on, time(), plan.zone)
    phases = tuple(p.id for p in phases_of(plan, covers))
    moments = moments_around(due_day, duty.moments, plan)
    for unit in plan.members(duty.by):
        if unit.is_open(*covers):
            yield Obligation(
                plan.slug, phases, duty.id, unit.id, period, covers, opens_at, due_at, due_day, moments
            )


def due_boundary(due_day: date, at: time | None, plan: Plan) -> datetime:
    """The first instant that is late: "X日前" includes day X, or ends at the stated clock time."""
    return calendars.at_local(due_day, at, plan.zone) if at else calendars.end_of(due_day, plan.zone)


def day_before(boundary: datetime) -> date:
    """The last day that lies before an exclusive boundary, at least in part."""
    return (boundary - timedelta(microseconds=1)).date()


def moments_around(due_day: date, rule: Moments, plan: Plan) -> tuple[Moment, ...]:
    """When to remind and chase about a due day: mornings of working days, in order of time.

    Where days off push two of a kind onto one morning, the one nearer its day is kept: the shorter
    reminder, the longer chase.
    """

    def at(day: date) -> datetime:
        return calendars.at_local(day, plan.file.office.morning, plan.zone)

    before, after = calendars.working_on_or_before, calendars.working_on_or_after
    found: dict[tuple[str, datetime], Moment] = {}
    for days in sorted(rule.remind, reverse=True):
        moment = Moment("remind", days, at(before(due_day - timedelta(days=days))))
        found["remind", moment.at] = moment
    for days in sorted(rule.chase):
        moment = Moment("chase", days, at(after(due_day + timedelta(days=days))))
        found["chase", moment.at] = moment
    if rule.escalate:
        moment = Moment("escalate", rule.escalate, at(after(due_day + timedelta(days=rule.escalate))))
        found["escalate", moment.at] = moment
    return tuple(sorted(found.values(), key=lambda m: (m.at, m.kind)))


def life(plan: Plan) -> tuple[date, date]:
    """First and last day on which the campaign's runs are scheduled."""
    due_days = [o.due_day for o in obligations(plan) if o.due_day]
    return plan.file.start.date, max([plan.file.end.date, *due_days]) + LIFE_AFTER_LAST_DUE


def after_deadlines(plan: Plan) -> tuple[datetime, ...]:
    """The instants just after each deadline, in order."""
    return tuple(sorted({o.due_at + AFTER_DEADLINE for o in obligations(plan) if o.due_at}))


def runs(plan: Plan, until: date) -> tuple[datetime, ...]:
    """Every instant at which the campaign's deployment runs, from its first day to `until` inclusive."""
    first, morning = plan.file.start.date, plan.file.office.morning
    days = [first + timedelta(days=n) for n in range((until - first).days + 1)]
    mornings = {calendars.at_local(day, morning, plan.zone) for day in days}
    end = calendars.end_of(until, plan.zone)
    return tuple(sorted(mornings | {at for at in after_deadlines(plan) if at < end}))
