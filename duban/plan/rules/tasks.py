"""Tasks and subjects, targets, rankings, waivers, and the days that given.yaml sets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from duban.errors import Problem
from duban.plan.duties import Measure, Ranking, Waiver
from duban.plan.rules.blocks import Block, doubled, looping
from duban.plan.rules.checks import answers, form_of, is_number
from duban.plan.rules.duties import named_duty, strangers
from duban.plan.rules.folder import Folder, rhythm_of, rhythms, unknown
from duban.plan.rules.periods_of import periods_of
from duban.plan.tasks import Item, Subjects, Target


def problems(folder: Folder) -> Iterator[Problem]:
    """Mistakes in everything that stands beside the duties."""
    yield from _tasks(folder)
    yield from _subjects(folder)
    targets = folder.plan.blocks("targets", Target)
    yield from doubled(targets)
    for target in targets:
        yield from _target(folder, target)
    for duty in folder.duties:
        for measure in duty.block("ranking", Ranking).blocks("measures", Measure):
            yield from _measure(folder, measure)
    for waiver in folder.plan.blocks("waivers", Waiver):
        yield from _waiver(folder, waiver)
    yield from _determined(folder)


def _tasks(folder: Folder) -> Iterator[Problem]:
    yield from doubled(folder.tasks)
    known = [t.id for t in folder.tasks]
    circles = looping({t.id: (str(t.raw["under"]),) for t in folder.tasks if t.has("under")})
    for task in folder.tasks:
        for at, name in task.texts("under"):
            if name not in known:
                yield unknown(task, at, name, known)
            elif task.id in circles:
                yield task.problem(at, "circular", name)


def _subjects(folder: Folder) -> Iterator[Problem]:
    lists = folder.plan.blocks("subjects", Subjects)
    yield from doubled(lists)
    for subjects in lists:
        if subjects.id == "task":
            yield subjects.problem("id", "reserved-name", subjects.id)
        yield from doubled(subjects.blocks("items", Item))


def _target(folder: Folder, target: Block) -> Iterator[Problem]:
    yield from named_duty(folder, target)
    for at, name in target.texts("task"):
        if name not in folder.ids("tasks"):
            yield unknown(target, at, name, folder.ids("tasks"))
    for key in ("numerator", "denominator"):
        yield from _indicator(folder, target, key)
    goals = [key for key in ("above", "at_least") if target.has(key)]
    if len(goals) > 1:
        yield target.problem("at_least", "one-of", target.raw["at_least"], keys="above、at_least")
    if not goals and not target.has("words"):
        yield target.problem("id", "target-without-goal", target.id)
    if target.has("denominator") and not target.has("numerator"):
        yield target.problem("denominator", "denominator-alone", target.raw["denominator"])


def _measure(folder: Folder, measure: Block) -> Iterator[Problem]:
    yield from named_duty(folder, measure)
    yield from _indicator(folder, measure, "indicator")
    if measure.raw.get("by") == "indicator" and not measure.has("indicator"):
        yield measure.problem("by", "measure-incomplete", "indicator")


def _indicator(folder: Folder, block: Block, key: str) -> Iterator[Problem]:
    """An indicator is a figure of the form of the duty named beside it."""
    for at, name in block.texts(key):
        if not block.has("duty"):
            yield block.problem(at, "indicator-without-duty", name)
            continue
        duty = next((d for d in folder.duties if d.id == block.raw["duty"]), None)
        form = form_of(folder, duty) if duty else None
        if duty and not duty.has("form"):
            yield block.problem(at, "duty-has-no-form", duty.id)
        figures = _figures(form) if form else {}
        if form and name not in figures:
            yield unknown(block, at, name, [c for c, is_figure in figures.items() if is_figure])
        elif form and not figures[name]:
            yield block.problem(at, "not-a-figure", name)


def _figures(form: Block) -> dict[str, bool]:
    """The codes that a form totals, and whether each is a number."""
    return {str(r.raw.get("code")): is_number(r) for r in answers(form)}


def _waiver(folder: Folder, waiver: Block) -> Iterator[Problem]:
    yield from named_duty(folder, waiver)
    duty = next((d for d in folder.duties if d.id == waiver.raw.get("duty")), None)
    if duty is None:
        return
    yield from strangers(folder, duty, waiver, "units")
    lists = [periods_of(folder, rhythm) for rhythm in rhythms(duty)]
    if any(names is None for names in lists):
        return
    known = list(dict.fromkeys(name for names in lists for name in names or ()))
    for index, period in enumerate(waiver.get("periods") or ()):
        if period not in known:
            yield waiver.problem(("periods", index), "unknown-period", period, known=known[:12])


def _determined(folder: Folder) -> Iterator[Problem]:
    """given.yaml sets the days of duties that wait for one."""
    waiting, known = [], [d.id for d in folder.duties]
    for duty in folder.duties:
        rhythm = rhythm_of(duty)
        if rhythm and rhythm.raw.get("due") == "undetermined":
            waiting.append(duty.id)
    given = folder.given.raw.get("determined")
    for name, day in (given if isinstance(given, dict) else {}).items():
        at = ("determined", name)
        if name not in known:
            yield unknown(folder.given, at, name, waiting or known)
        elif name not in waiting:
            yield folder.given.problem(at, "not-undetermined", day, duty=name)
        elif folder.span and (folder.given.get("determined") or {}).get(name, date.max) < folder.span[0]:
            yield folder.given.problem(at, "due-before-start", day, due=day)
