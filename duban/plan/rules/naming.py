"""Who is meant: every place where a plan names units or groups."""

from __future__ import annotations

from collections.abc import Iterator

from duban.errors import Problem
from duban.plan.duties import (
    COOPERATING,
    LEAD,
    PARENT,
    RESERVED,
    Attachment,
    Copy,
    Escalation,
    Ranking,
    Variant,
    Waiver,
)
from duban.plan.forms import Section
from duban.plan.rules.blocks import Block, doubled
from duban.plan.rules.folder import Folder, copies, unknown
from duban.plan.source import Path
from duban.plan.tasks import Item, Milestone, Subjects
from duban.plan.units import Coordinator, Group


def problems(folder: Folder) -> Iterator[Problem]:
    """Names that mean nothing, several things, or more units than one where one is wanted."""
    groups = folder.plan.blocks("groups", Group)
    yield from doubled(groups)
    for group in groups:
        for key in ("id", "name", "aliases"):
            for at, name in group.texts(key):
                if name in RESERVED:
                    yield group.problem(at, "reserved-name", name)
    for block, at, name, also in _places(folder):
        yield from _meaning(folder, block, at, name, also)
    for block, at, name in _single(folder):
        members = folder.meanings.get(name, [])
        if len(members) == 1 and len(members[0]) != 1 and name not in folder.excused:
            yield block.problem(at, "not-one-unit", name, count=len(members[0]))
    yield from _attributes(folder)


def _meaning(folder: Folder, block: Block, at: Path, name: str, also: tuple[str, ...]) -> Iterator[Problem]:
    if not folder.can_name or name in also or name in folder.excused:
        return
    found = folder.meanings.get(name, [])
    if not found:
        yield unknown(block, at, name, (*folder.meanings, *also))
    elif len(found) > 1:
        shown = "；".join("、".join(u.name for u in members[:5]) for members in found)
        yield block.problem(at, "ambiguous-reference", name, meanings=shown)


def _places(folder: Folder) -> Iterator[tuple[Block, Path, str, tuple[str, ...]]]:
    """Each place with the name there, and the reserved words that are allowed besides."""
    for block, key, also in _keys(folder):
        for at, name in block.texts(key):
            yield block, at, name, also
    for duty in folder.duties:
        for at, name in copies(duty):
            yield duty, at, name, ()


def _keys(folder: Folder) -> Iterator[tuple[Block, str, tuple[str, ...]]]:
    yield folder.plan.block("coordinator", Coordinator), "unit", ()
    for phase in folder.phases:
        yield phase, "only", ()
    for task in folder.tasks:
        yield task, "lead", ()
        yield task, "cooperating", ()
    for subjects in folder.plan.blocks("subjects", Subjects):
        for item in subjects.blocks("items", Item):
            yield item, "by", ()
    for milestone in folder.plan.blocks("milestones", Milestone):
        yield milestone, "by", ()
    for waiver in folder.plan.blocks("waivers", Waiver):
        yield waiver, "units", ()
    for duty in folder.duties:
        yield from _keys_of_duty(duty)
    for form in folder.forms:
        for section in form.blocks("sections", Section):
            yield section, "for", ()


def _keys_of_duty(duty: Block) -> Iterator[tuple[Block, str, tuple[str, ...]]]:
    yield duty, "by", (LEAD, COOPERATING)
    yield duty, "except", ()
    yield duty, "to", (PARENT,)
    for variant in duty.blocks("variants", Variant):
        yield variant, "for", ()
    for attachment in duty.blocks("attachments", Attachment):
        yield attachment, "for", ()
    yield duty.block("ranking", Ranking), "units", ()
    yield duty.block("escalation", Escalation), "for", ()


def _single(folder: Folder) -> Iterator[tuple[Block, Path, str]]:
    """Where one unit is wanted and not a group."""
    coordinator = folder.plan.block("coordinator", Coordinator)
    yield from ((coordinator, at, name) for at, name in coordinator.texts("unit"))
    yield from ((duty, at, name) for duty in folder.duties for at, name in duty.texts("to"))


def _attributes(folder: Folder) -> Iterator[Problem]:
    """`same` names an attribute that some unit has."""
    known = {key for unit in folder.units for key, _ in unit.attributes}
    if folder.table.broken or not folder.units:
        return
    for duty in folder.duties:
        rows = duty.blocks("cc", Copy)
        if isinstance(duty.raw.get("cc"), dict):
            rows = [duty.block("cc", Copy)]
        for copy in rows:
            for at, name in copy.texts("same"):
                if name not in known:
                    yield unknown(copy, at, name, known)
