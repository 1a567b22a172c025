"""The values of a plan as a person would say them: no key, no code, no id where there is a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from duban import phrasing, spoken
from duban.amendments import MARKS, Difference
from duban.plan import Plan
from duban.plan.dates import PrintedDate
from duban.plan.duties import Attachment, Copy, Measure, Moments
from duban.plan.forms import Check
from duban.plan.speech import Speech
from duban.plan.units import Channel
from duban.rendering import Renderer, percent, period_words

NAMES = ("by", "to", "lead", "cooperating", "except", "for", "only")
"""Fields that name units and groups."""


def value_words(texts: Renderer, plan: Plan, d: Difference, value: Any) -> str:
    """A value of a field of a plan, in words."""
    if value is None or value == () or value == {} or value == "":
        return str(texts.words["against"]["none"])
    if d.part == "duty" and d.field in ("rhythm", "variants") and d.id in plan.duty:
        return phrasing.duty_rhythm_words(texts, plan, plan.duty[d.id])
    if d.part == "duty" and d.field == "escalation" and d.id in plan.duty:
        return spoken.escalation_words(texts, plan, plan.duty[d.id])
    if d.part == "duty" and d.field == "circular":
        return spoken.circular_words(texts, plan, value)
    if d.field in NAMES:
        return phrasing.names_words(texts, plan, [value] if isinstance(value, str) else value)
    items = value if isinstance(value, tuple | list) else (value,)
    named = _called(plan, d)
    said = [named.get(v, "") if isinstance(v, str) else "" for v in items]
    words = [name or _item_words(texts, plan, d, v) for name, v in zip(said, items, strict=True)]
    return ("；" if any(isinstance(v, BaseModel) for v in items) else "、").join(words)


def _called(plan: Plan, d: Difference) -> Mapping[str, str]:
    """What the ids in a field are called."""
    file, form = plan.file, plan.form.get(d.id.partition(".")[0])
    rows = [] if form is None else [*form.indicators, *(form.register_.columns if form.register_ else ())]
    target = next((t for t in file.targets if t.id == d.id), None)
    measured = plan.form_of(target.duty) if target and target.duty in plan.duty else None
    tasks = {t.id: f"{t.id} {t.name}" for t in file.tasks}
    duties, phases = {x.id: x.name for x in file.duties}, {p.id: p.name for p in file.phases}
    units, codes = {u.id: u.name for u in plan.units}, {i.code: i.name for i in rows}
    figures = {i.code: i.name for i in measured.numbers} if measured else {}
    known: dict[str, Mapping[str, str]] = {
        "phases": phases, "form": {f.id: f.title for f in plan.forms}, "copy_of": duties, "duty": duties,
        "parent": units, "successor": units, "groups": {g.id: g.name for g in file.groups},
        "per": {s.id: s.name for s in file.subjects}, "tasks": tasks, "under": tasks, "task": tasks,
        "numerator": figures, "denominator": figures, "sum_of": codes, "replaces": codes, "key": codes,
        "column": codes, "within": phases if d.part == "phase" else codes,
    }  # fmt: skip
    return known.get(d.field, {})


def _item_words(texts: Renderer, plan: Plan, d: Difference, value: Any) -> str:
    """One value by its type."""
    if isinstance(value, bool):
        return str(texts.words["against"]["yes" if value else "no"])
    if isinstance(value, PrintedDate | date):
        return phrasing.date_words(texts, value)
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, Fraction):
        return percent(value) if value.denominator > 1 or value < 1 else str(value)
    if isinstance(value, BaseModel):
        return _block_words(texts, plan, d, value)
    if isinstance(value, dict):
        return _pairs_words(texts, plan, d, value)
    if isinstance(value, tuple | list):  # an attribute of a unit
        return "=".join(str(v) for v in value)
    return str(texts.words["against"]["values"].get(str(value), value))


def _block_words(texts: Renderer, plan: Plan, d: Difference, block: BaseModel) -> str:
    """A block: in words of its own, or as its keys with their values."""
    if isinstance(block, Attachment):
        return phrasing.attachments_words(texts, plan, [block])
    if isinstance(block, Copy):
        return phrasing.copies_words(texts, plan, [block])
    if isinstance(block, Moments):
        return spoken.moments_words(texts, block)
    if isinstance(block, Speech):
        return "；".join(spoken.speech_words(texts, block).values()) or str(texts.words["against"]["none"])
    if isinstance(block, Check) and d.id in plan.form:
        return phrasing.check_words(texts, plan.form[d.id], block)
    if isinstance(block, Channel):
        return f"{block.kind}={block.address}"
    if isinstance(block, Measure):
        return _measure_words(texts, plan, block)
    hidden = MARKS | {"id"}
    return _pairs_words(
        texts, plan, d, {k: getattr(block, k) for k in type(block).model_fields if k not in hidden}
    )


def _measure_words(texts: Renderer, plan: Plan, measure: Measure) -> str:
    duty = plan.duty.get(measure.duty or "")
    form = plan.form_of(duty.id) if duty else None
    figures = {i.code: i.name for i in form.numbers} if form else {}
    what = figures.get(measure.indicator or "") or str(texts.words["against"]["values"][measure.by])
    return f"{duty.name if duty else ''}{what}"


def _pairs_words(texts: Renderer, plan: Plan, d: Difference, pairs: Mapping[str, Any]) -> str:
    """Keys and values, without those that say nothing."""
    labels, duties = texts.words["against"]["fields"], {x.id: x.name for x in plan.file.duties}
    columns = _called(plan, replace(d, field="column"))
    said = []
    for key, value in pairs.items():
        if value not in (None, (), {}, ""):
            name = key.rstrip("_")
            label = columns.get(key) or duties.get(key) or labels.get(f"{d.field}.{name}") or labels.get(name)
            said.append(f"{label or key}：{value_words(texts, plan, replace(d, field=name), value)}")
    return "，".join(said)


def periods_words(periods: tuple[str, ...]) -> str:
    """Report periods, one beside the other."""
    return "、".join(period_words(p) for p in periods)
