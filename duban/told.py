"""What a unit is told of a campaign and of its changes, in words. The sentences are in
templates/wording.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from duban import phrasing
from duban.amendments import Shift
from duban.assignments import Assigned, Next, Owes
from duban.debtors import attachments_of
from duban.plan import Duty, Plan, Unit
from duban.plan.model import Stage
from duban.rendering import Renderer
from duban.touched import Altered, Touched

SHOWN = 6
"""So many changed due times of a duty are told one by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A duty in words, as a unit owes it."""

    name: str
    to: str
    when: str
    """Its rhythm."""
    next: Next | None
    subjects: tuple[str, ...]
    more: tuple[str, ...]
    """Form, attachments, signatures, doors and so on, a sentence each."""


@dataclass(frozen=True, slots=True)
class Began:
    """What a unit is told when the campaign begins for it."""

    unit: str
    phases: tuple[tuple[str, str], ...]
    """Name and span of each."""
    leads: tuple[str, ...]
    cooperates: tuple[str, ...]
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a unit is told when the plan is amended."""

    unit: str
    asked: tuple[Asked, ...]
    """Duties that are new to it."""
    said: tuple[str, ...]
    """Everything else, a sentence each."""


def began(texts: Renderer, plan: Plan, found: Assigned) -> Began:
    """What a campaign asks of a unit."""
    parts = [(p.role, texts.say("announced.part", p=p)) for p in found.parts]
    return Began(
        found.unit.name,
        tuple((s.name, span_words(texts, s)) for s in found.phases),
        tuple(words for role, words in parts if role == "lead"),
        tuple(words for role, words in parts if role == "cooperating"),
        tuple(asked(texts, plan, o, found.unit) for o in found.owes),
    )


def span_words(texts: Renderer, stage: Stage) -> str:
    """`2018年9月6日至9月20日`."""
    return texts.say("announced.span", start=stage.start, end=stage.end)


def asked(texts: Renderer, plan: Plan, owes: Owes, unit: Unit) -> Asked:
    """A duty as a unit owes it."""
    duty = owes.duty
    when = phrasing.unit_rhythm_words(texts, plan, duty, unit)
    return Asked(
        duty.name, owes.to, when, owes.next, owes.subjects, tuple(_besides(texts, plan, duty, unit)),
    )  # fmt: skip


def _besides(texts: Renderer, plan: Plan, duty: Duty, unit: Unit) -> Iterator[str]:
    """What else is asked for with a duty."""
    fields = ("quota", "form", "attachments", "sign", "paper", "through", "cc", "copy_of", "zero_report")
    for field in (f for f in fields if getattr(duty, f)):
        if words := field_words(texts, plan, duty, field, unit):
            yield words


def field_words(texts: Renderer, plan: Plan, duty: Duty, field: str, unit: Unit) -> str:
    """What a duty says under one key, for one unit; empty where it says nothing."""
    mine = [a.model_copy(update={"for_": ()}) for a in attachments_of(plan, duty, unit)]
    named: dict[str, Callable[[], str]] = {
        "rhythm": lambda: phrasing.unit_rhythm_words(texts, plan, duty, unit),
        "attachments": lambda: phrasing.attachments_words(texts, plan, mine),
        "cc": lambda: "、".join(u.name for u in plan.copies(duty, unit)),
        "form": lambda: form.title if (form := plan.form_for(duty.id, unit.id)) else "",
        "to": lambda: to.name if (to := plan.recipient(duty, unit)) else "",
        "copy_of": lambda: plan.duty[duty.copy_of].name if duty.copy_of else "",
    }
    return texts.say(f"announced.duty.{field}", d=duty, said=named[field]() if field in named else "")


def changed(texts: Renderer, plan: Plan, unit: Unit, touched: Touched) -> Changed:
    """What an amended plan changes for a unit."""
    return Changed(
        unit.name,
        tuple(asked(texts, plan, o, unit) for o in touched.new),
        tuple(_changes(texts, plan, unit, touched)),
    )


def _changes(texts: Renderer, plan: Plan, unit: Unit, touched: Touched) -> Iterator[str]:
    for name, last in touched.inherited:
        yield texts.say("announced.inherited", name=name, last=last)
    for duty in touched.gone:
        yield texts.say("announced.gone", name=duty.name)
    for id_ in dict.fromkeys(s.duty for s in touched.shifts):
        yield from _shifts(texts, plan, unit, [s for s in touched.shifts if s.duty == id_])
    for altered in touched.altered:
        yield _altered(texts, plan, unit, altered)
    for form in touched.forms:
        yield texts.say("announced.form", f=form)
    for part in touched.gained:
        yield texts.say("announced.gained", p=part, part=texts.say("announced.part", p=part))
    for task in touched.lost:
        yield texts.say("announced.lost", t=task)


def _shifts(texts: Renderer, plan: Plan, unit: Unit, found: list[Shift]) -> Iterator[str]:
    """Each changed due time; of many the first, and the rhythm that holds now."""
    duty = plan.duty[found[0].duty]
    for shift in found[:SHOWN]:
        yield texts.say(f"announced.shift.{shift.kind}", s=shift, name=duty.name)
    if len(found) > SHOWN:
        when = phrasing.unit_rhythm_words(texts, plan, duty, unit)
        yield texts.say("announced.shift.more", name=duty.name, n=len(found) - SHOWN, when=when)


def _altered(texts: Renderer, plan: Plan, unit: Unit, altered: Altered) -> str:
    words = tuple(
        field_words(texts, plan, altered.duty, f, unit) or texts.say(f"announced.no-more.{f}")
        for f in altered.fields
    )
    return texts.say("announced.altered", name=altered.duty.name, said=words)
