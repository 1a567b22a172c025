"""Plan → obligations: what is owed, by whom to whom, by when. Pure.

The same plan gives the same agenda, whatever the time is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from duban import calendars
from duban.debtors import Debtor, debtors
from duban.moments import Moment, moments_around
from duban.occurrences import Occurrence, occurrences
from duban.plan import Duty, Phase, Plan, Unit
from duban.plan.duties import Attachment, Waiver
from duban.plan.rhythm import Chained, Event, Rhythm

AFTER_DEADLINE = timedelta(minutes=5)
"""How long after a deadline its run starts: what the doors took in until then has been recorded."""

LIFE_AFTER_LAST_DUE = timedelta(days=90)
"""How long a deployment keeps its schedule after the last due day, for returns still owed then."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """An obligation 应报事项: duty x unit x period x subject."""

    campaign: str
    phases: tuple[str, ...]
    """Ids of the phases it belongs to: the duty's own, or those that its covered span touches."""
    duty: str
    unit: str
    period: str | None
    """`2018-09`; None for a duty of a single date, and for a standing one that only an event makes due."""
    covers: tuple[date, date]
    """First and last day covered, both inclusive."""
    opens_at: datetime
    due_at: datetime | None
    """Exclusive: received before it is on time. None: no due time (随时上报), or not yet set (待定)."""
    due_day: date | None
    moments: tuple[Moment, ...] = ()
    subject: str | None = None
    """A task's number, an inspected body, or which of a quota it is."""
    to: str | None = None
    """The unit it is owed to; None where a unit has no superior."""
    copies: tuple[str, ...] = ()
    """Units that get a copy 抄送."""
    feeds: str | None = None
    """Key of the obligation of its recipient that it is chained to."""
    attachments: tuple[Attachment, ...] = field(default=(), hash=False)
    """What has to come with it."""
    waived: str | None = None
    """Why the plan waives it 免报."""
    is_event: bool = False
    soft: bool = False
    """原则上."""

    @property
    def key(self) -> str:
        """The obligation's name in the ledger: `haian-2018/monthly/chengdong/2018-10`."""
        return obligation_key(self.campaign, self.duty, self.unit, self.period or "", self.subject)


def obligation_key(campaign: str, duty: str, unit: str, period: str, subject: str | None = None) -> str:
    """The natural key every record about an obligation carries."""
    parts = (campaign, duty, unit, period, subject) if subject else (campaign, duty, unit, period)
    return "/".join(parts)


def obligations(plan: Plan) -> tuple[Obligation, ...]:
    """Everything the plan obliges its units to, by due time, then in the order of duties and units."""
    return plan.memo("obligations", lambda: _obligations(plan))


def of_duty(plan: Plan, duty: str) -> tuple[Obligation, ...]:
    """The obligations of one duty, by due time."""
    return plan.memo(("of", duty), lambda: tuple(o for o in obligations(plan) if o.duty == duty))


def _obligations(plan: Plan) -> tuple[Obligation, ...]:
    found = [o for duty in plan.file.duties for o in _of_duty(plan, duty)]
    never = datetime.max.replace(tzinfo=plan.zone)
    return tuple(sorted(found, key=lambda o: o.due_at or never))


@dataclass(frozen=True, slots=True)
class _Slot:
    """An occurrence with its instants: the same for every unit."""

    occurrence: Occurrence
    opens_at: datetime
    due_at: datetime | None


def _slots(plan: Plan, duty: Duty, rhythm: Rhythm) -> tuple[_Slot, ...]:
    return plan.memo(("slots", duty.id, id(rhythm)), lambda: tuple(_made_slots(plan, duty, rhythm)))


def _made_slots(plan: Plan, duty: Duty, rhythm: Rhythm) -> Iterator[_Slot]:
    whole = Occurrence(None, (plan.start, plan.end), None, plan.start)
    for o in (whole,) if isinstance(rhythm, Event) else occurrences(plan, duty, rhythm):
        yield _Slot(
            o, calendars.at_local(o.opens_on, time(), plan.zone), o.due_at(plan),
        )  # fmt: skip


def _of_duty(plan: Plan, duty: Duty) -> Iterator[Obligation]:
    for debtor in debtors(plan, duty):
        for slot in _slots(plan, duty, debtor.rhythm):
            yield from _obliged(plan, duty, debtor, slot)


def _obliged(plan: Plan, duty: Duty, debtor: Debtor, slot: _Slot) -> Iterator[Obligation]:
    """The obligation of one debtor at one occurrence, if the unit exists then and the duty lives."""
    unit, o = debtor.unit, slot.occurrence
    phases = phases_of(plan, duty, unit, o.covers)
    spans = [plan.phase_span(plan.phase[p]) for p in phases] if duty.phases else [o.covers]
    if not any(unit.is_open(*span) for span in spans):
        return
    yield Obligation(
        campaign=plan.slug,
        phases=phases,
        duty=duty.id,
        unit=unit.id,
        period=o.period,
        covers=o.covers,
        opens_at=slot.opens_at,
        due_at=slot.due_at,
        due_day=o.due_day,
        moments=moments_around(o.due_day, duty, unit.id, plan) if o.due_day else (),
        subject=debtor.subject,
        to=debtor.to,
        copies=debtor.copies,
        feeds=_feeds(plan, debtor, o),
        attachments=debtor.attachments,
        waived=_waived(plan, duty, unit, o.period) if plan.file.waivers else None,
        is_event=isinstance(debtor.rhythm, Event),
        soft=o.soft,
    )


def phases_of(plan: Plan, duty: Duty, unit: Unit, covers: tuple[date, date]) -> tuple[str, ...]:
    """Ids of the duty's phases that a span is about, or of every one that it touches, in the plan's order."""
    concerned = tuple(p for p in plan.file.phases if not p.only or unit.id in plan.ids(p.only))
    key = ("phases", duty.id, covers, tuple(p.id for p in concerned))
    return plan.memo(key, lambda: tuple(_touched(plan, duty, concerned, covers)))


def _touched(plan: Plan, duty: Duty, phases: tuple[Phase, ...], covers: tuple[date, date]) -> Iterator[str]:
    for phase in phases:
        first, last = plan.phase_span(phase)
        if first <= covers[1] and last >= covers[0] and (not duty.phases or phase.id in duty.phases):
            yield phase.id


def _feeds(plan: Plan, debtor: Debtor, o: Occurrence) -> str | None:
    """The recipient's own obligation that a chained return is made for."""
    if not isinstance(debtor.rhythm, Chained) or debtor.to is None:
        return None
    target = plan.duty[debtor.rhythm.duty]
    if target.per or target.quota:
        return None
    if debtor.to not in plan.ids(target.by) - plan.ids(target.except_):
        return None
    return obligation_key(plan.slug, target.id, debtor.to, o.period or "")


def _waived(plan: Plan, duty: Duty, unit: Unit, period: str | None) -> str | None:
    def holds(w: Waiver) -> bool:
        return w.duty == duty.id and (not w.periods or period in w.periods) and unit.id in plan.ids(w.units)

    return next((w.reason for w in plan.file.waivers if holds(w)), None)


def day_before(boundary: datetime) -> date:
    """The last day that lies before an exclusive boundary, at least in part."""
    return (boundary - timedelta(microseconds=1)).date()


def life(plan: Plan) -> tuple[date, date]:
    """First and last day on which the campaign's runs are scheduled."""
    due_days = [o.due_day for o in obligations(plan) if o.due_day]
    first = min([plan.start, *due_days])
    return first, max([plan.end, *due_days]) + LIFE_AFTER_LAST_DUE


def after_deadlines(plan: Plan) -> tuple[datetime, ...]:
    """The instants just after each deadline, in order."""
    return tuple(sorted({o.due_at + AFTER_DEADLINE for o in obligations(plan) if o.due_at}))


def runs(plan: Plan, until: date, since: date | None = None) -> tuple[datetime, ...]:
    """Every instant at which the campaign's deployment runs, from its first day (or `since`) to `until`
    inclusive."""
    first, morning = since or plan.start, plan.file.office.morning
    days = [first + timedelta(days=n) for n in range((until - first).days + 1)]
    mornings = {calendars.at_local(day, morning, plan.zone) for day in days}
    begin, end = calendars.at_local(first, time(), plan.zone), calendars.end_of(until, plan.zone)
    return tuple(sorted(mornings | {at for at in after_deadlines(plan) if begin <= at < end}))
