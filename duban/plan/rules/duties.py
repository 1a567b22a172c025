"""Duties: what they refer to, and who owes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from duban.errors import Problem
from duban.plan.duties import COLOURS, COOPERATING, LEAD, PARENT, Attachment, Escalation, Variant
from duban.plan.rules.blocks import Block, doubled, looping
from duban.plan.rules.checks import tally_problems
from duban.plan.rules.folder import Folder, unknown
from duban.plan.tasks import Item, Subjects

TASK = "task"
"""What `per` says for one return per task."""


def problems(folder: Folder) -> Iterator[Problem]:
    """Mistakes in single duties, and between a duty and what it is a copy of."""
    yield from doubled(folder.duties)
    for duty in folder.duties:
        yield from _references(folder, duty)
        yield from _per(folder, duty)
        yield from _superiors(folder, duty)
        yield from _attachments(folder, duty)
        yield from _variants(folder, duty)
        yield from _escalation(duty)
    yield from _copies(folder)


def _references(folder: Folder, duty: Block) -> Iterator[Problem]:
    forms = [form.source.file.removeprefix("forms/").removesuffix(".yaml") for form in folder.forms]
    lists = (("form", forms), ("phases", folder.ids("phases")), ("per", [TASK, *folder.ids("subjects")]))
    for key, known in lists:
        for at, name in duty.texts(key):
            if name not in known:
                yield unknown(duty, at, name, known)
    for at, name in duty.texts("tasks"):
        if name not in folder.ids("tasks"):
            yield unknown(duty, at, name, folder.ids("tasks"))


def _per(folder: Folder, duty: Block) -> Iterator[Problem]:
    per_task = duty.raw.get("per") == TASK
    if not per_task:
        for at, name in duty.texts("by"):
            if name in (LEAD, COOPERATING) and name not in folder.meanings:
                yield duty.problem(at, "lead-without-task", name)
        if duty.has("tasks"):
            yield duty.problem("tasks", "tasks-without-per")
    elif not folder.tasks:
        yield duty.problem("per", "no-tasks", TASK)
    if duty.has("per") and duty.has("quota"):
        yield duty.problem("quota", "quota-with-per", duty.raw["per"])


def _escalation(duty: Block) -> Iterator[Problem]:
    """No colour before or without the one below it."""
    rule = duty.block("escalation", Escalation)
    written = [c for c in COLOURS if rule.has(c)]
    days = [rule.get(c) for c in written]
    if (
        rule.raw
        and None not in days
        and (tuple(written) != COLOURS[: len(written)] or days != sorted(set(days)))
    ):
        yield rule.problem(written[-1], "escalation-order", days[-1])


def debtors(folder: Folder, duty: Block) -> set[str]:
    """Ids of the units that owe a duty."""
    if duty.raw.get("per") != TASK:
        return folder.named(duty, "by") - folder.named(duty, "except")
    by = [name for _, name in duty.texts("by")]
    roles = {"lead": LEAD in by, "cooperating": COOPERATING in by}
    found: set[str] = set()
    for task in tasks_of(folder, duty):
        owing = [key for key, owes in roles.items() if owes]
        found |= {u for key in owing for u in folder.named(task, key)}
        found |= folder.who(by) & {u for key in roles for u in folder.named(task, key)}
    return found - folder.named(duty, "except")


def tasks_of(folder: Folder, duty: Block) -> list[Block]:
    """The tasks a duty is about: those it names, or every one that is no heading."""
    named = {name for _, name in duty.texts("tasks")}
    headings = {str(t.raw.get("under")) for t in folder.tasks}
    return [t for t in folder.tasks if (t.id in named if named else t.id not in headings)]


def subjects_of(folder: Folder, duty: Block) -> list[Block]:
    """The subjects that a duty per subject is about."""
    lists = [s for s in folder.plan.blocks("subjects", Subjects) if s.id == duty.raw.get("per")]
    return [item for subjects in lists[:1] for item in subjects.blocks("items", Item)]


def _superiors(folder: Folder, duty: Block) -> Iterator[Problem]:
    """What goes to one's superior is owed only by units that have one."""
    if duty.raw.get("to") != PARENT:
        return
    orphans = [u.name for u in folder.units if u.id in debtors(folder, duty) and not u.parent]
    if orphans:
        yield duty.problem("to", "no-parent", "、".join(orphans[:12]), count=len(orphans))


def _attachments(folder: Folder, duty: Block) -> Iterator[Problem]:
    attachments = duty.blocks("attachments", Attachment)
    yield from doubled(attachments)
    ids = [a.id for a in attachments]
    circles = looping({a.id: (str(a.raw["per"]),) for a in attachments if a.has("per")})
    for attachment in attachments:
        for at, name in attachment.texts("per"):
            if name not in ids:
                yield unknown(attachment, at, name, ids)
            elif attachment.id in circles:
                yield attachment.problem(at, "circular", name)
        yield from tally_problems(folder, duty, attachment)
        yield from _of_duty(folder, duty, attachment)


def _variants(folder: Folder, duty: Block) -> Iterator[Problem]:
    """A variant speaks to the duty's units, and no unit is spoken to twice."""
    before: set[str] = set()
    for variant in duty.blocks("variants", Variant):
        yield from _of_duty(folder, duty, variant)
        named = folder.named(variant, "for")
        if named & before:
            twice = [u.name for u in folder.units if u.id in named & before]
            yield variant.problem("for", "variant-doubled", "、".join(twice[:12]))
        before |= named


def _of_duty(folder: Folder, duty: Block, block: Block) -> Iterator[Problem]:
    """What is said for some of the duty's units names none of them."""
    yield from strangers(folder, duty, block, "for")


def strangers(folder: Folder, duty: Block, block: Block, key: str) -> Iterator[Problem]:
    """Names under a key of which no unit owes the duty."""
    owing = debtors(folder, duty)
    for at, name in block.texts(key):
        units = folder.who([name])
        if owing and units and not units & owing:
            yield block.problem(at, "not-a-debtor", name, duty=duty.id)


def _copies(folder: Folder) -> Iterator[Problem]:
    known = [d.id for d in folder.duties]
    edges = {d.id: (str(d.raw["copy_of"]),) for d in folder.duties if d.has("copy_of")}
    circles = looping(edges)
    for duty in folder.duties:
        for at, name in duty.texts("copy_of"):
            if name not in known:
                yield unknown(duty, at, name, known)
            elif duty.id in circles:
                yield duty.problem(at, "circular", name)
            elif name in edges:
                yield duty.problem(at, "copy-of-copy", name, of=edges[name][0])


def named_duty(folder: Folder, block: Block, key: str = "duty") -> Iterable[Problem]:
    """A reference to a duty that is not there."""
    known = [d.id for d in folder.duties]
    return [unknown(block, at, name, known) for at, name in block.texts(key) if name not in known]
