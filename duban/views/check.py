"""What `duban check` shows of a good plan: a summary, and what wants a person's eye."""

from __future__ import annotations

from collections import Counter
from typing import Any

from duban import phrasing, spoken
from duban.agenda import obligations
from duban.errors import Problem
from duban.phrasing import date_words, names_words, target_words
from duban.plan import Bundle, Plan
from duban.plan.origins import statements
from duban.plan.source import read_yaml
from duban.plan.stated import Stated
from duban.plan.warnings import warnings
from duban.questions import questions
from duban.rendering import Renderer
from duban.services.own_texts import checked


def check_view(texts: Renderer, bundle: Bundle) -> dict[str, Any]:
    """A good plan in summary, with its warnings. Raises PlanInvalid for a bad one."""
    plan = checked(texts, bundle)
    found = obligations(plan)
    warned = plan_warnings(plan)
    text = {
        "plan": plan, "speech": spoken.speech_words(texts, plan.file.messages).values(),
        "duties": [_duty_view(texts, plan, d.id) for d in plan.file.duties],
        "phases": [_phase_view(plan, stage.id) for stage in plan.stages],
        "tasks": [_task_view(texts, plan, t.id) for t in plan.file.tasks],
        "milestones": [(date_words(texts, m.on), m) for m in plan.file.milestones],
        "targets": [(t, target_words(texts, plan, t)) for t in plan.file.targets],
        "waivers": [(names_words(texts, plan, w.units), plan.duty[w.duty], w) for w in plan.file.waivers],
        "dated": sum(o.due_at is not None for o in found),
        "undated": sum(o.due_at is None and not o.is_event for o in found), "warnings": warned,
        "stated": _stated(plan, bundle),
    }  # fmt: skip
    as_json = {
        "campaign": plan.slug,
        "warnings": [
            {"code": p.code, "file": p.file, "key": p.key, "value": p.value, "text": texts.problem(p)}
            for p in warned
        ],
    }
    return {"text": text, "json": as_json}


def plan_warnings(plan: Plan) -> list[Problem]:
    """The plan's warnings, those of its due days included."""
    due = dict.fromkeys((o.duty, o.period or "", o.due_day) for o in obligations(plan))
    return [*warnings(plan, [(d, p, day) for d, p, day in due if day]), *questions(plan)]


def _stated(plan: Plan, bundle: Bundle) -> Counter[str | None]:
    """How many values each side stated."""
    found = Counter(
        s.origin for name, text in bundle.files if name.endswith(".yaml")
        for s in statements(read_yaml(name, text))
    )  # fmt: skip
    found.update(u.origin for u in plan.units)
    return found


def _phase_view(plan: Plan, stage: str) -> dict[str, Any]:
    phase = plan.phase.get(stage)
    parts: list[Stated | None] = [phase, phase.start, phase.end] if phase else []
    said = dict.fromkeys(p.source for p in parts if p is not None and p.source)
    return {"stage": plan.stage[stage], "phase": phase, "source": " / ".join(said)}


def _task_view(texts: Renderer, plan: Plan, number: str) -> dict[str, Any]:
    task = plan.task[number]
    heading = any(t.under == number for t in plan.file.tasks)
    lead, cooperating = (names_words(texts, plan, names) for names in (task.lead, task.cooperating))
    return {"task": task, "heading": heading, "lead": lead, "cooperating": cooperating}


def _duty_view(texts: Renderer, plan: Plan, duty_id: str) -> dict[str, Any]:
    duty, form = plan.duty[duty_id], plan.form_of(duty_id)
    return {
        "duty": duty, "by": phrasing.debtors_words(texts, plan, duty),
        "to": names_words(texts, plan, [duty.to]), "when": phrasing.duty_rhythm_words(texts, plan, duty),
        "cc": phrasing.copies_words(texts, plan, duty.cc), "form": form,
        "attachments": phrasing.attachments_words(texts, plan, duty.attachments),
        "said": [said for said in spoken.duty_words(texts, plan, duty).values() if said],
        "subjects": next((s for s in plan.file.subjects if s.id == duty.per), None),
        "copy_of": plan.duty[duty.copy_of] if duty.copy_of else None,
    }  # fmt: skip
