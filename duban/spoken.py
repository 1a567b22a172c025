"""What a plan says that it will say, in words: its moments, its messages, its colours. The sentences are in
templates/wording.yaml."""

from __future__ import annotations

from duban.debtors import debtors
from duban.moments import is_coloured
from duban.phrasing import names_words
from duban.plan import Duty, Plan, Unit
from duban.plan.duties import Moments
from duban.plan.speech import Speech
from duban.rendering import Renderer


def duty_words(texts: Renderer, plan: Plan, duty: Duty) -> dict[str, str]:
    """What is said about a duty's returns, by the key of the plan that says so."""
    return {
        "moments": moments_words(texts, duty.moments),
        "escalation": escalation_words(texts, plan, duty),
        "circular": circular_words(texts, plan, duty.circular),
    }


def moments_words(texts: Renderer, moments: Moments) -> str:
    """When a duty's units are reminded and chased; empty where they never are."""
    return texts.say("speech.moments", m=moments)


def speech_words(texts: Renderer, speech: Speech) -> dict[str, str]:
    """Each message besides reminders that is switched on, and when nothing leaves, by key."""
    keys = [k for k in type(speech).model_fields if k in speech.model_fields_set and getattr(speech, k)]
    return {k: texts.say(f"speech.{k}", s=speech) for k in keys if k in texts.words["speech"]}


def escalation_words(texts: Renderer, plan: Plan, duty: Duty) -> str:
    """The colours of a duty: after how many days, to whom, who approves; whom of its units one asks 商请
    and does not supervise."""
    rule = duty.escalation
    if rule is None:
        return ""
    waits = [colour for colour, _ in rule.steps if colour != "blue"]
    values = {
        "steps": rule.steps, "who": names_words(texts, plan, rule.for_),
        "coordinator": [c for c in waits if c not in rule.leader_approves],
        "leader": [c for c in waits if c in rule.leader_approves], "plan": plan,
        "peers": [g.name for g in plan.file.groups if g.peer and _concerns(plan, duty, plan.members(g.id))],
    }  # fmt: skip
    return texts.say("speech.escalation", **values)


def _concerns(plan: Plan, duty: Duty, units: tuple[Unit, ...]) -> bool:
    return bool({u.id for u in units} & {u.id for u in escalated(plan, duty)})


def escalated(plan: Plan, duty: Duty) -> tuple[Unit, ...]:
    """The units whose returns for a duty are escalated by colours, in the order of units.csv."""
    owing = {d.unit.id for d in debtors(plan, duty)} - plan.outside
    return tuple(u for u in plan.units if u.id in owing and is_coloured(plan, duty, u.id))


def circular_words(texts: Renderer, plan: Plan, days: int | None) -> str:
    """When a circular 通报 about a duty's period is drafted; empty where none is."""
    return texts.say("speech.circular", days=days, plan=plan) if days else ""
