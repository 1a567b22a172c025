"""What `duban check --against` shows: an amendment in words, and as JSON."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from duban import phrasing
from duban.amendments import Difference, Shift, compare
from duban.calendars import at_local
from duban.plan import Bundle, Plan, parse
from duban.plan.duties import Waiver
from duban.plan.given import carried
from duban.rendering import Renderer, due_words, period_words
from duban.views.agenda import iso
from duban.views.values import periods_words, value_words

if TYPE_CHECKING:
    from duban.console import Console

KINDS = ("added", "moved", "dropped")


def comparison(app: Console, bundle: Bundle, against: str, on: date | None) -> dict[str, Any]:
    """The bundle's plan laid beside another one: the deployed version of a slug, or that of a folder.
    What the deployed one had been given holds on, as it will when this one is deployed. Raises
    BadInput, PlanInvalid."""
    deployed = app.bundle(against)
    new, old = parse(carried(bundle, deployed)), parse(deployed)
    at = at_local(on, time(), new.zone) if on else app.now()
    found = compare(old, new, at)
    said = [difference_words(app.texts, old, new, d) for d in found.differences]
    changed = [
        {"part": d.part, "id": d.id, "field": d.field, "text": text}
        for d, text in zip(found.differences, said, strict=True)
    ]
    as_json = {kind: [_shift_json(s) for s in found.of(kind)] for kind in KINDS} | {"changed": changed}
    shown = [(kind, [_shift_view(app.texts, old, new, s) for s in found.of(kind)]) for kind in KINDS]
    day = at.astimezone(new.zone).date()
    return {"json": as_json, "text": {"old": old, "new": new, "on": day, "shifts": shown, "changed": said}}


def _shift_json(shift: Shift) -> dict[str, Any]:
    return {
        "duty": shift.duty, "period": shift.period, "units": list(shift.units), "count": shift.count,
        "before": iso(shift.before), "after": iso(shift.after), "past": shift.past,
    }  # fmt: skip


def _shift_view(texts: Renderer, old: Plan, new: Plan, shift: Shift) -> str:
    plan = old if shift.kind == "dropped" else new
    known = old.unit | new.unit
    values = {
        "s": shift, "duty": plan.duty[shift.duty], "period": period_words(shift.period),
        "before": _due_words(texts, shift.before), "after": _due_words(texts, shift.after),
        "units": [known[u].name for u in shift.units],
    }  # fmt: skip
    return texts.say("against.shift", **values)


def _due_words(texts: Renderer, due_at: datetime | None) -> str:
    return due_words(due_at) if due_at else texts.say("against.no-due")


def difference_words(texts: Renderer, old: Plan, new: Plan, d: Difference) -> str:
    """One difference as a sentence."""
    labels = texts.words["against"]["fields"]
    values = {
        "d": d, "part": texts.words["against"]["parts"][d.part], "label": labels.get(d.field, d.field),
        "name": _name(texts, old, new, d), "before": value_words(texts, old, d, d.before),
        "after": value_words(texts, new, d, d.after),
    }  # fmt: skip
    kind = "changed" if d.field else "gone" if d.after is None else "new"
    return texts.say(f"against.{kind}", **values)


def _name(texts: Renderer, old: Plan, new: Plan, d: Difference) -> str:
    """What a part is called; a waiver by whom and what it spares."""
    waiver = d.before or d.after
    if not isinstance(waiver, Waiver):
        return d.name or d.id
    plan = old if d.before else new
    said = f"{phrasing.names_words(texts, plan, waiver.units)} {plan.duty[waiver.duty].name}"
    return f"{said} {periods_words(waiver.periods)}" if waiver.periods else said
