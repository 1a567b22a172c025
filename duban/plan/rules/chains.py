"""Chained duties: what the lower level sends so that the upper one can report."""

from __future__ import annotations

from collections.abc import Iterator

from duban.errors import Problem
from duban.plan.rhythm import Chained, Event
from duban.plan.rules.blocks import Block, looping
from duban.plan.rules.folder import Folder, rhythm_of, rhythms, unknown
from duban.plan.rules.rhythms import exactly_one

LINKS = ("before", "after")


def problems(folder: Folder) -> Iterator[Problem]:
    """Mistakes in what chains one duty to another."""
    own = {duty.id: rhythm_of(duty) for duty in folder.duties}
    edges = {name: (link(r),) for name, r in own.items() if r and r.model is Chained}
    circles = looping(edges)
    for duty in folder.duties:
        for rhythm in rhythms(duty):
            if rhythm.model is Chained:
                yield from exactly_one(rhythm, *LINKS)
                yield from exactly_one(rhythm, "days", "working_days")
                is_own = rhythm.path == (*duty.path, "rhythm")
                yield from _target(rhythm, own, duty.id in circles and is_own)


def link(rhythm: Block) -> str:
    """The duty that a rhythm is chained to."""
    return str(rhythm.raw.get("before") or rhythm.raw.get("after") or "")


def _target(rhythm: Block, own: dict[str, Block | None], is_circle: bool) -> Iterator[Problem]:
    for key in LINKS:
        for at, name in rhythm.texts(key):
            target = own.get(name)
            if name not in own:
                yield unknown(rhythm, at, name, own)
            elif is_circle:
                yield rhythm.problem(at, "circular", name)
            elif target and target.model is Event:
                yield rhythm.problem(at, "chained-to-event", name)
