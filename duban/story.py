"""A story: units that behave like units, from a seed. Pure: it says who does what and when.

Rehearsal and demo play the same stories, so their journals can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from duban import agenda, calendars
from duban.documents.blank import blank_form
from duban.plan import Duty, Form, Indicator, Plan
from duban.plan.model import Event
from duban.services.receiving import Address

Value = Decimal | int | str

BEHAVIOURS = (
    "early", "early", "last-second", "early", "just-late", "early", "broken-first", "early", "late",
    "corrects", "zero",
)  # fmt: skip
"""What the units of a group do, dealt out in turn and shifted by one every period."""

PATIENCE = timedelta(days=14)
"""How long after a due time the coordinator gives up a return that never comes."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person does in the story."""

    at: datetime
    kind: str
    """submit, or give-up."""
    to: Address
    data: bytes = b""
    file_name: str = ""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A plan, who does what and when."""

    plan: Plan
    acts: tuple[Act, ...]

    @property
    def until(self) -> date:
        """The last day worth playing: the day after the last act or due time."""
        last = max([a.at for a in self.acts] + list(agenda.after_deadlines(self.plan)))
        return last.astimezone(self.plan.zone).date() + timedelta(days=1)


def tell(plan: Plan, seed: int, words: Mapping[str, Any]) -> Story:
    """A story of this plan: the same seed tells the same story to the byte. `words` are the wording's
    `blank` (texts of the form) and `story` (what people in it sign and say)."""
    random = Random(f"{plan.slug} {seed}")
    acts: list[Act] = []
    for duty in plan.file.duties:
        form = plan.form_of(duty.id)
        if form is None:
            continue
        if isinstance(duty.rhythm, Event):
            acts += _event_acts(plan, duty, form, random, words)
        else:
            acts += _periodic_acts(plan, duty, form, random, words)
    return Story(plan, tuple(sorted(acts, key=lambda a: (a.at, a.to.unit, a.file_name))))


def _periodic_acts(
    plan: Plan, duty: Duty, form: Form, random: Random, words: Mapping[str, Any]
) -> Iterator[Act]:
    owed = [o for o in agenda.obligations(plan) if o.duty == duty.id and o.due_at]
    periods = list(dict.fromkeys(o.period for o in owed))
    units = list(dict.fromkeys(o.unit for o in owed))
    random.shuffle(units)
    by_key = {(o.unit, o.period): o for o in owed}
    for p, period in enumerate(periods):
        for u, unit in enumerate(units):
            o = by_key.get((unit, period))
            if o is None:
                continue
            behaviour = BEHAVIOURS[(u + p) % len(BEHAVIOURS)]
            if period == periods[-1] and unit == units[-1] and len(units) > 1:
                behaviour = "never"
            yield from _unit_acts(plan, o, form, behaviour, random, words)


def _unit_acts(
    plan: Plan, o: agenda.Obligation, form: Form, behaviour: str, random: Random, words: Mapping[str, Any]
) -> Iterator[Act]:
    due_at, opens_at = o.due_at or o.opens_at, o.opens_at
    to = Address(plan.slug, o.unit, o.duty, o.period or "")
    values = _values(form, random, words)
    second = timedelta(seconds=1)
    early = opens_at + timedelta(hours=9) + (due_at - opens_at - timedelta(hours=16)) * random.random()
    early = early.replace(microsecond=0)
    late = due_at + timedelta(days=random.randint(3, 6), hours=10, minutes=random.randint(0, 59))

    def send(at: datetime, values: Mapping[str, Value], zero: bool = False, mark: str = "") -> Act:
        data = blank_form(
            plan,
            o.duty,
            o.unit,
            o.period or "",
            words=words["blank"],
            values=values,
            zero=zero,
            signed=words["story"]["signed"],
        )
        return Act(at, "submit", to, data, f"{plan.unit[o.unit].short}-{o.period}{mark}.xlsx")

    if behaviour == "never":
        by, reason = plan.unit[plan.file.coordinator.unit].name, words["story"]["give_up_reason"]
        yield Act(due_at + PATIENCE + timedelta(hours=10), "give-up", to, by=by, reason=reason)
    elif behaviour == "last-second":
        yield send(due_at - second, values)
    elif behaviour == "just-late":
        yield send(due_at, values)
    elif behaviour == "late":
        yield send(late, values)
    elif behaviour == "zero" and plan.duty[o.duty].zero_report:
        stocks = {c: v for c, v in values.items() if form.by_code[c].is_stock}
        yield send(early, stocks, zero=True)
    elif behaviour == "broken-first":
        yield send(early, _broken(form, values), mark="-1")
        yield send(early + timedelta(hours=2), values, mark="-2")
    else:
        yield send(early, values)
        if behaviour == "corrects":
            yield send(late, values | _raised(form, values), mark="-2")


def _values(form: Form, random: Random, words: Mapping[str, Any]) -> dict[str, Value]:
    """Plausible figures: parts never above their totals."""
    values: dict[str, Value] = {}
    for indicator in form.indicators:
        if not indicator.is_number:
            values[indicator.code] = random.choice(words["story"]["answers"])
            continue
        whole = values.get(indicator.within or "")
        most = int(whole) if isinstance(whole, int | Decimal) else 40
        figure = random.randint(0, most)
        values[indicator.code] = Decimal(figure * 100 + random.randint(0, 99)).scaleb(-2).quantize(
            Decimal(1).scaleb(-indicator.scale)
        ) if indicator.scale else figure  # fmt: skip
    return values


def _numbers(form: Form) -> list[Indicator]:
    return [i for i in form.indicators if i.is_number]


def _broken(form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """What people do to forms: a unit of measure typed into a number cell, and a cell left out."""
    numbers = _numbers(form)
    first, last = numbers[0], numbers[-1]
    broken = dict(values)
    broken[first.code] = f"{values[first.code]}{first.unit_of_measure}多"
    broken.pop(last.code)
    return broken


def _raised(form: Form, values: Mapping[str, Value]) -> dict[str, Value]:
    """A correction: one total was one too low."""
    code = next(i.code for i in _numbers(form) if not i.within)
    value = values[code]
    return {code: value + 1 if isinstance(value, int | Decimal) else value}


def _event_acts(
    plan: Plan, duty: Duty, form: Form, random: Random, words: Mapping[str, Any]
) -> Iterator[Act]:
    """One event, in the middle of the campaign, reported the same day."""
    units = plan.members(duty.by)
    if not units:
        return
    start, end = plan.file.start.date, plan.file.end.date
    day = start + (end - start) * 2 // 5
    unit = random.choice(units)
    at = calendars.at_local(day, time(15, 20), plan.zone)
    data = blank_form(
        plan,
        duty.id,
        unit.id,
        day.isoformat(),
        words=words["blank"],
        values=_values(form, random, words),
        signed=words["story"]["signed"],
    )
    to = Address(plan.slug, unit.id, duty.id, day.isoformat())
    yield Act(at, "submit", to, data, f"{unit.short}-{day.isoformat()}.xlsx")
