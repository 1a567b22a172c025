"""Who appears when: the behaviours of units, dealt out over what they owe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from random import Random

from duban import agenda, calendars
from duban.agenda import Obligation
from duban.plan import Duty, Plan
from duban.story.acts import Cue

BEHAVIOURS = (
    "early", "early", "last-second", "early", "just-late", "early", "broken-first", "early", "late",
    "corrects", "zero",
)  # fmt: skip
"""What those who owe a duty do, dealt out in turn and shifted by one every period."""

NEVER = "never"
PATIENCE = timedelta(days=14)
"""How long after a due time the coordinator gives up a return that never comes."""
WORKBOOKS = 8
"""So many of each duty fill in the form itself in the first period; the others send JSON documents."""
SECOND = timedelta(seconds=1)
MENDING = timedelta(hours=2)
"""What a unit takes to send again what was refused."""


def scenes(plan: Plan, seed: int, opened: datetime) -> Iterator[tuple[Obligation, str, bool]]:
    """Every obligation somebody has to do something about, with a behaviour, and whether the form
    itself is filled in. `opened` is when the campaign was deployed: what was due before is nobody's."""
    for duty in plan.file.duties:
        owed = [
            o
            for o in agenda.of_duty(plan, duty.id)
            if o.due_at and o.due_at > opened and not o.waived and not o.is_event
        ]
        if owed and not duty.copy_of:
            yield from _dealt(owed, Random(f"{plan.slug} {seed} {duty.id}"))


def _dealt(owed: list[Obligation], random: Random) -> Iterator[tuple[Obligation, str, bool]]:
    periods = list(dict.fromkeys(o.period for o in owed))
    debtors = list(dict.fromkeys((o.unit, o.subject) for o in owed))
    random.shuffle(debtors)
    by_key = {(o.unit, o.subject, o.period): o for o in owed}
    for p, period in enumerate(periods):
        for d, (unit, subject) in enumerate(debtors):
            o = by_key.get((unit, subject, period))
            if o is None:
                continue
            last = period == periods[-1] and d == len(debtors) - 1 and d > 0
            behaviour = NEVER if last else BEHAVIOURS[(d + p) % len(BEHAVIOURS)]
            yield o, behaviour, p == 0 and d < WORKBOOKS


def cues(
    plan: Plan, o: Obligation, behaviour: str, workbook: bool, since: datetime, random: Random
) -> Iterator[Cue]:
    """When a unit appears about one obligation, at the earliest at `since`."""
    due_at = o.due_at or o.opens_at
    early = _early(max(o.opens_at, since), due_at, random)
    late = due_at + timedelta(days=random.randint(3, 6), hours=10, minutes=random.randint(0, 59))
    if behaviour == "last-second":
        yield Cue(due_at - SECOND, o, "plain", workbook)
    elif behaviour == "just-late":
        yield Cue(due_at, o, "plain", workbook)
    elif behaviour == "late":
        yield Cue(late, o, "plain", workbook)
    elif behaviour == "zero" and plan.duty[o.duty].zero_report:
        yield Cue(early, o, "zero", workbook)
    elif behaviour == "broken-first":
        yield Cue(early, o, "broken", workbook, "-1")
        yield Cue(early + min((due_at - early) / 2, MENDING), o, "plain", workbook, "-2")
    else:
        yield Cue(early, o, "plain", workbook)
        if behaviour == "corrects":
            yield Cue(late, o, "raised", workbook, "-2")


def _early(opens: datetime, due_at: datetime, random: Random) -> datetime:
    """Some time between nine on the first morning and five on the last day."""
    begin, end = opens + timedelta(hours=9), due_at - timedelta(hours=7)
    if begin >= due_at:
        begin = opens + (due_at - opens) / 2
    span = max(end - begin, timedelta())
    return (begin + span * random.random()).replace(microsecond=0)


def events(plan: Plan, seed: int, opened: datetime) -> Iterator[Cue]:
    """One event of each duty that waits for one, in the middle of the campaign, reported the same day."""
    day = max(plan.start + (plan.end - plan.start) * 2 // 5, opened.astimezone(plan.zone).date())
    for duty in plan.file.duties:
        owed = [o for o in agenda.of_duty(plan, duty.id) if o.is_event and not o.waived]
        if owed and (duty.form or duty.attachments):
            chosen = Random(f"{plan.slug} {seed} {duty.id}").choice(owed)
            at = calendars.at_local(day, time(15, 20), plan.zone)
            yield Cue(at, replace(chosen, period=day.isoformat(), covers=(day, day)), "plain", True)


def copies_of(plan: Plan, o: Obligation) -> Iterable[Obligation]:
    """The obligations that this one's return meets as a copy."""
    for duty in plan.file.duties:
        if duty.copy_of == o.duty:
            mine = agenda.of_duty(plan, duty.id)
            yield from (c for c in mine if (c.unit, c.period) == (o.unit, o.period))


def undetermined(plan: Plan) -> Iterator[Duty]:
    """The duties whose day a person has still to set, of units there are."""
    for duty in plan.file.duties:
        owed = agenda.of_duty(plan, duty.id)
        if any(o.due_at is None and not o.is_event for o in owed) and _is_open(plan, duty):
            yield duty


def _is_open(plan: Plan, duty: Duty) -> bool:
    return getattr(duty.rhythm, "due", None) == "undetermined" and duty.id not in plan.determined


def middle(plan: Plan, after: date) -> date:
    """The working day two fifths into the campaign, or the first one after `after`."""
    day = plan.start + (plan.end - plan.start) * 2 // 5
    return plan.days.on_or_after(max(day, after))
