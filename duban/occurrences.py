"""Rhythm → occurrences: which periods a duty has, what each covers and when it is due. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from duban import calendars, periods
from duban.calendars import A_DAY
from duban.plan import Duty, Plan
from duban.plan.dates import PrintedDate, Span
from duban.plan.rhythm import Chained, Covers, Dates, EndOfPhase, Event, Every, Once, Rhythm, due_days

OPENS_BEFORE = timedelta(days=30)
"""How long before its due day a return of a single date can be made, where the plan does not say."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a duty is due."""

    period: str | None
    """None: the only one there is."""
    covers: tuple[date, date]
    """First and last day covered, both inclusive."""
    due_day: date | None
    """None: undetermined (待定)."""
    opens_on: date
    at: time | None = None
    soft: bool = False
    to_date: bool = False
    """Covers what there is up to its due day."""

    def due_at(self, plan: Plan) -> datetime | None:
        """The first instant that is late: "X日前" includes day X, or ends at the stated clock time."""
        if self.due_day is None:
            return None
        if self.at is None:
            return calendars.end_of(self.due_day, plan.zone)
        return calendars.at_local(self.due_day, self.at, plan.zone)


def occurrences(plan: Plan, duty: Duty, rhythm: Rhythm | None = None) -> tuple[Occurrence, ...]:
    """All occurrences of a duty in order of time, under its own rhythm or another one; none for an event."""
    chosen = rhythm or duty.rhythm
    return plan.memo(("occurrences", duty.id, id(chosen)), lambda: _occurrences(plan, chosen))


def _occurrences(plan: Plan, rhythm: Rhythm) -> tuple[Occurrence, ...]:
    if isinstance(rhythm, Event):
        return ()
    if isinstance(rhythm, Every):
        found = _every(plan, rhythm)
    elif isinstance(rhythm, Dates):
        found = _dates(plan, rhythm)
    elif isinstance(rhythm, Once):
        found = _once(plan, rhythm)
    elif isinstance(rhythm, EndOfPhase):
        found = _end_of_phase(plan, rhythm)
    else:
        found = _chained(plan, rhythm)
    return tuple(_finished(plan, rhythm, o) for o in found)


def _finished(plan: Plan, rhythm: Every | Dates | Once | EndOfPhase | Chained, o: Occurrence) -> Occurrence:
    """What holds for all of them: rolling, the stated clock time, and from when it can be reported."""
    at = plan.file.office.closing if rhythm.at == "closing" else rhythm.at
    if o.due_day is None:
        return replace(o, at=at)
    due_day = _rolled(plan, rhythm.roll, o.due_day)
    opens_on = o.opens_on if due_day >= o.opens_on else min(o.covers[0], due_day)
    if rhythm.opens is not None:
        opens_on = due_day - timedelta(days=rhythm.opens)
    return replace(o, due_day=due_day, at=at, opens_on=opens_on)


def _rolled(plan: Plan, roll: str, day: date) -> date:
    if roll == "none":
        return day
    return plan.days.on_or_before(day) if roll == "previous" else plan.days.on_or_after(day)


def _every(plan: Plan, rhythm: Every) -> Iterator[Occurrence]:
    first = rhythm.first or periods.name_of(rhythm.every, plan.start)
    last = rhythm.last or periods.name_of(rhythm.every, plan.end)
    several = len(rhythm.on or ()) > 1
    before = periods.span(first)[0] - A_DAY
    for name in periods.between(first, last):
        due_in = name if rhythm.in_ == "same" else periods.following(name)
        for due_day in due_days(rhythm, due_in):
            span = (before + A_DAY, due_day) if several else periods.span(name)
            before = due_day
            if _skipped(plan, rhythm, due_day):
                continue
            covers = _covered(plan, rhythm.covers, _cut(rhythm, span), due_day)
            period = due_day.isoformat() if several else name
            yield Occurrence(period, covers, due_day, covers[1] + A_DAY)


def _skipped(plan: Plan, rhythm: Every, day: date) -> bool:
    if rhythm.skip == "none" or plan.days.is_working(day):
        return False
    return rhythm.skip == "holidays" or day.weekday() >= 5


def _cut(rhythm: Every, span: tuple[date, date]) -> tuple[date, date]:
    """上月26日至本月25日 for a cutoff of 25."""
    if rhythm.cutoff is None:
        return span
    end = span[0].replace(day=rhythm.cutoff)
    start = (span[0] - A_DAY).replace(day=rhythm.cutoff) + A_DAY
    return start, end


def _covered(
    plan: Plan, covers: Covers, period: tuple[date, date], due_day: date | None
) -> tuple[date, date]:
    if isinstance(covers, Span):
        return covers.start.date, covers.end.date
    if covers == "whole":
        return plan.start, plan.end
    if covers == "to-date":
        end = period[1] if due_day is None else min(period[1], due_day)
        return min(plan.start, end), end
    return period


def _dates(plan: Plan, rhythm: Dates) -> Iterator[Occurrence]:
    start = plan.start
    for item in sorted(rhythm.dates, key=lambda x: x.date.date):
        due_day = item.date.date
        covers = _covered(plan, rhythm.covers, (min(start, due_day), due_day), due_day)
        period = item.period or due_day.isoformat()
        yield Occurrence(period, covers, due_day, _month_before(covers, due_day), soft=item.date.soft)
        start = due_day + A_DAY


def _once(plan: Plan, rhythm: Once) -> Iterator[Occurrence]:
    """`determined` is keyed by duty; the rhythm itself knows only its printed date."""
    printed = rhythm.due if isinstance(rhythm.due, PrintedDate) else None
    due_day = printed.date if printed else _determined(plan, rhythm)
    if due_day is None:
        covers = _covered(plan, rhythm.covers, (plan.start, plan.end), None)
        yield Occurrence(None, covers, None, covers[0])
        return
    covers = _covered(plan, rhythm.covers, (min(plan.start, due_day), due_day), due_day)
    yield Occurrence(
        None, covers, due_day, _month_before(covers, due_day), soft=bool(printed and printed.soft),
        to_date=rhythm.covers == "to-date",
    )  # fmt: skip


def _determined(plan: Plan, rhythm: Once) -> date | None:
    duty = next((d for d in plan.file.duties if d.rhythm is rhythm), None)
    return plan.determined.get(duty.id) if duty else None


def _month_before(covers: tuple[date, date], due_day: date) -> date:
    return max(covers[0], due_day - OPENS_BEFORE)


def _end_of_phase(plan: Plan, rhythm: EndOfPhase) -> Iterator[Occurrence]:
    phase = plan.phase[rhythm.end_of]
    span = plan.phase_span(phase)
    undated = phase.end is None and phase.ends_with is not None
    due_day = None if undated else span[1] + timedelta(days=rhythm.days)
    covers = _covered(plan, rhythm.covers, span, due_day)
    opens_on = covers[0] if due_day is None else _month_before(covers, due_day)
    yield Occurrence(None, covers, due_day, opens_on)


def _chained(plan: Plan, rhythm: Chained) -> Iterator[Occurrence]:
    for target in occurrences(plan, plan.duty[rhythm.duty]):
        if target.due_day is None:
            yield replace(target, opens_on=target.covers[0])
            continue
        due_day = _moved(plan, rhythm, target.due_day)
        covers = target.covers
        if target.to_date:
            covers = (min(covers[0], due_day), min(covers[1], due_day))
        opens_on = _month_before(covers, due_day) if target.to_date else covers[1] + A_DAY
        yield replace(target, due_day=due_day, covers=covers, opens_on=opens_on)


def _moved(plan: Plan, rhythm: Chained, day: date) -> date:
    forward = rhythm.after is not None
    if rhythm.working_days is not None:
        count = rhythm.working_days
        return plan.days.after(day, count) if forward else plan.days.before(day, count)
    shift = timedelta(days=rhythm.days or 0)
    return day + shift if forward else day - shift
