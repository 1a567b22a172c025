"""What a plan's messages leave open: who would not be reached, and what would be said too early."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from duban.errors import Problem
from duban.plan.duties import Duty, Escalation
from duban.plan.model import Plan
from duban.plan.rhythm import Event
from duban.plan.units import Unit

PLAN, UNITS = "plan.yaml", "units.csv"
WAYS = {"orange": "head", "red": "leader"}
"""The column of units.csv that a colour is sent by."""


def escalation_questions(plan: Plan, duty: Duty, owing: Iterable[Unit]) -> Iterator[Problem]:
    """About a duty's colours, whose returns these units owe."""
    rule = duty.escalation
    if rule is None:
        return
    chosen, not_asked = plan.ids(rule.for_), {*plan.outside, plan.coordinator.id}
    units = [u for u in owing if u.id not in not_asked and (not rule.for_ or u.id in chosen)]
    yield from _out_of_reach(plan, duty, rule, units)
    if rule.leader_approves and not plan.leader_of(plan.coordinator):
        named = {"duty": duty.name, "colours": rule.leader_approves}
        yield Problem("approver-without-way", PLAN, key=duty.id, value=plan.coordinator.name, params=named)
    first, grace = min(duty.moments.chase, default=0), duty.grace or 0
    params = {"duty": duty.name, "chase": first, "grace": grace}
    if rule.blue < first:
        yield Problem("escalation-before-chase", PLAN, key=duty.id, value=str(rule.blue), params=params)
    if rule.blue <= grace:
        yield Problem("escalation-in-grace", PLAN, key=duty.id, value=str(rule.blue), params=params)


def _out_of_reach(plan: Plan, duty: Duty, rule: Escalation, units: list[Unit]) -> Iterator[Problem]:
    """Colours in use that could not be sent to somebody."""
    for colour, _ in rule.steps:
        if colour == "blue":
            continue
        missing = [u.short for u in units if not (u.head if colour == "orange" else plan.leader_of(u))]
        if missing:
            params = {
                "duty": duty.name, "colour": colour, "column": WAYS[colour], "count": len(missing),
                "units": missing,
            }  # fmt: skip
            yield Problem("escalation-without-way", PLAN, key=duty.id, value=colour, params=params)


def circular_questions(duty: Duty) -> Iterator[Problem]:
    """A circular about a period needs a day after which to look back."""
    rhythms = (duty.rhythm, *(v.rhythm for v in duty.variants))
    if duty.circular and all(isinstance(r, Event) for r in rhythms):
        yield Problem("circular-without-day", PLAN, key=duty.id, value=duty.name)


def unit_questions(unit: Unit) -> Iterator[Problem]:
    """The channel that a unit prefers is one it has."""
    kinds = [c.kind for c in unit.channels]
    if unit.prefers and unit.prefers not in kinds:
        params = {"kind": unit.prefers, "known": "、".join(kinds)}
        yield Problem("prefers-without-way", UNITS, key=unit.id, value=unit.name, params=params)


def quiet_questions(plan: Plan) -> Iterator[Problem]:
    """Quiet hours in which the office's morning lies put off whatever leaves then."""
    quiet, morning = plan.file.messages.quiet, plan.file.office.morning
    if quiet is None:
        return
    after, before = quiet.start <= morning, morning < quiet.end
    if (after and before) if quiet.start < quiet.end else (after or before):
        clocks = {k: getattr(quiet, k).strftime("%H:%M") for k in ("start", "end")}
        value = morning.strftime("%H:%M")
        yield Problem("quiet-in-the-morning", PLAN, key="messages.quiet", value=value, params=clocks)
