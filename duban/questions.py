"""What a plan's obligations leave open: questions that `duban check` puts to the coordinator. Pure.

A plan that contradicts itself is flagged, never repaired (DESIGN, Time).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from duban import calendars
from duban.agenda import Obligation, obligations, of_duty
from duban.debtors import debtors
from duban.errors import Problem
from duban.periods import MONTHS
from duban.plan import Duty, Plan
from duban.plan.rhythm import Chained, EndOfPhase, Every, Once

PLAN = "plan.yaml"
NEAR_THE_END = timedelta(days=45)
"""A single return due so close to the campaign's end, or after it, is its final report."""


def questions(plan: Plan) -> list[Problem]:
    """Every question about the obligations that the plan makes, one a duty or unit."""
    return [
        *(q for duty in plan.file.duties for q in _duty(plan, duty)),
        *_after_final(plan),
        *_units(plan),
    ]


def _duty(plan: Plan, duty: Duty) -> Iterator[Problem]:
    found = of_duty(plan, duty.id)
    if not found and (debtors(plan, duty) or duty.except_):  # groups without units are asked about already
        yield Problem("duty-without-obligations", PLAN, key=duty.id, value=duty.name)
    yield from _ask(plan, "due-before-phase", (o for o in found if _is_before_phase(plan, duty, o)))
    yield from _ask(plan, "due-before-covered", (o for o in found if _is_before_end(plan, duty, o)))
    yield from _ask(plan, "copy-of-nothing", _without_original(plan, duty))
    yield from _ask(plan, "soft-date", (o for o in found if o.soft))
    yield from _ask(plan, "owes-itself", (o for o in found if o.to == o.unit))


def _is_before_phase(plan: Plan, duty: Duty, o: Obligation) -> bool:
    """Due before the first of the phases the duty is said to live in."""
    named = [*duty.phases, *([duty.rhythm.end_of] if isinstance(duty.rhythm, EndOfPhase) else [])]
    starts = [plan.stage[p].start for p in named]
    return bool(o.due_day and starts and o.due_day < min(starts))


def _is_before_end(plan: Plan, duty: Duty, o: Obligation) -> bool:
    """Due while the span it covers still lasts. What is asked for to date ends with its due day, and a
    week's return on Friday is nothing unusual."""
    rhythm = duty.rhythm
    if o.due_day is None:
        return False
    if isinstance(rhythm, Every):
        return rhythm.every in MONTHS and rhythm.covers == "period" and o.due_day < o.covers[1]
    if not isinstance(rhythm, Chained):
        return False
    while isinstance(rhythm, Chained):
        rhythm = plan.duty[rhythm.duty].rhythm
    is_to_date = isinstance(rhythm, Once) and rhythm.covers == "to-date"
    return not is_to_date and o.due_day <= o.covers[1]


def _without_original(plan: Plan, duty: Duty) -> Iterator[Obligation]:
    """Copies of returns that nobody owes: nothing would ever meet them."""
    if duty.copy_of is None:
        return
    owed = {(o.unit, o.period, o.subject) for o in of_duty(plan, duty.copy_of)}
    yield from (o for o in of_duty(plan, duty.id) if (o.unit, o.period, o.subject) not in owed)


def _ask(plan: Plan, code: str, found: Iterator[Obligation]) -> Iterator[Problem]:
    """One question about a duty, with the first of its obligations that gives rise to it."""
    for o in found:
        duty, unit = plan.duty[o.duty], plan.unit[o.unit]
        params = {
            "duty": duty.name, "period": o.period or "", "unit": unit.name, "day": _words(o.due_day),
            "covers": f"{o.covers[0]} … {o.covers[1]}",
            "phases": "、".join(plan.phase[p].name for p in duty.phases),
            "of": plan.duty[duty.copy_of].name if duty.copy_of else "",
        }  # fmt: skip
        yield Problem(code, PLAN, key=duty.id, value=str(o.due_day or duty.name), params=params)
        return


def _words(day: date | None) -> str:
    return calendars.day_words(day) if day else ""


def _after_final(plan: Plan) -> Iterator[Problem]:
    """Periodic returns still owed after the same unit's final report to the same recipient."""
    finals: dict[tuple[str, str | None], Obligation] = {}
    for o in obligations(plan):
        is_single = isinstance(plan.duty[o.duty].rhythm, Once | EndOfPhase) and not plan.duty[o.duty].copy_of
        if is_single and o.due_day and o.due_day > plan.end - NEAR_THE_END:
            finals[o.unit, o.to] = o
    asked: set[tuple[str, str]] = set()
    for o in obligations(plan):
        final = finals.get((o.unit, o.to))
        if final is None or not isinstance(plan.duty[o.duty].rhythm, Every) or (o.duty, final.duty) in asked:
            continue
        if o.due_day and final.due_day and o.due_day > final.due_day:
            asked.add((o.duty, final.duty))
            params = {
                "duty": plan.duty[o.duty].name, "period": o.period or "", "day": str(o.due_day),
                "final": plan.duty[final.duty].name, "final_day": str(final.due_day),
            }  # fmt: skip
            yield Problem("periodic-after-final", PLAN, key=o.duty, value=str(o.due_day), params=params)


def _units(plan: Plan) -> Iterator[Problem]:
    """Units that are not there on a due day of theirs."""
    asked: set[tuple[str, bool]] = set()
    for o in obligations(plan):
        unit = plan.unit[o.unit]
        is_before = bool(o.due_day and unit.opens and o.due_day < unit.opens)
        is_after = bool(o.due_day and unit.closes and o.due_day > unit.closes and not unit.successor)
        if (is_before or is_after) and (unit.id, is_before) not in asked:
            asked.add((unit.id, is_before))
            params = {"duty": plan.duty[o.duty].name, "period": o.period or "", "day": str(o.due_day)}
            yield Problem(
                "due-before-unit-opens" if is_before else "due-after-unit-closes",
                "units.csv", key=unit.id, value=unit.name, params=params,
            )  # fmt: skip
