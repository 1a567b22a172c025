"""The campaign's span, its phases and milestones: days that must not contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from duban.errors import Problem
from duban.plan.dates import PrintedDate
from duban.plan.rules.blocks import Block, doubled, looping
from duban.plan.rules.folder import Folder, unknown
from duban.plan.tasks import Milestone

BOTH = ("start", "end")


def problems(folder: Folder) -> Iterator[Problem]:
    """Mistakes about the campaign's days, its phases and milestones."""
    yield from _zone(folder)
    yield from _given_twice(folder)
    yield from span_problems(folder.plan)
    yield from doubled(folder.phases)
    yield from _within(folder)
    for phase in folder.phases:
        yield from span_problems(phase)
        yield from _inside(folder, phase)
        if phase.has("ends_with") and phase.has("end"):
            yield phase.problem("ends_with", "one-of", phase.raw["ends_with"], keys="end、ends_with")
    milestones = folder.plan.blocks("milestones", Milestone)
    yield from doubled(milestones)
    for milestone in milestones:
        if printed := milestone.get("on"):
            yield from imprecise(milestone, "on", printed, is_start=False)
            yield from _outside(milestone, "on", printed.date, folder.span)


def _zone(folder: Folder) -> Iterator[Problem]:
    zone = folder.plan.raw.get("zone", "Asia/Shanghai")
    try:
        ZoneInfo(str(zone))
    except (KeyError, ValueError, OSError):
        yield folder.plan.problem("zone", "unknown-zone", zone)


def _given_twice(folder: Folder) -> Iterator[Problem]:
    for key in BOTH:
        if folder.given.has(key) and key not in folder.plan.source.grafted:
            yield folder.given.problem(key, "stated-twice", folder.given.raw[key])


def span_problems(block: Block) -> Iterator[Problem]:
    """Mistakes in a block's start and end by themselves."""
    start, end = block.get("start"), block.get("end")
    if start and end and end.date < start.date:
        yield block.problem("end", "end-before-start", end.date, start=str(start.date))
    for key, printed in zip(BOTH, (start, end), strict=True):
        if printed:
            yield from imprecise(block, key, printed, is_start=key == "start")


def imprecise(block: Block, key: str, printed: PrintedDate, *, is_start: bool) -> Iterator[Problem]:
    """A day that is not the one its precision means."""
    expected = printed.resolved(is_start=is_start)
    if expected != printed.date:
        params = {"precision": printed.precision, "expected": str(expected)}
        yield block.problem(key, "precision-mismatch", printed.date, **params)


def _outside(block: Block, key: str, day: date, span: tuple[date, date] | None) -> Iterator[Problem]:
    if span and not span[0] <= day <= span[1]:
        yield block.problem(key, "outside-campaign", day, span=f"{span[0]} … {span[1]}")


def _inside(folder: Folder, phase: Block) -> Iterator[Problem]:
    """A phase lies within the campaign, and within the phase it is a part of."""
    for key in BOTH:
        printed = phase.get(key)
        if not printed or folder.span is None:
            continue
        day = printed.date
        if key == "start" and printed.date <= folder.span[0] <= printed.resolved(is_start=False):
            day = folder.span[0]  # 8-11月 of a campaign that begins on 9 August
        found = list(_outside(phase, key, day, folder.span))
        yield from found
        around = _span_of(folder, str(phase.raw.get("within")), len(folder.phases))
        if around and not found and not around[0] <= day <= around[1]:
            yield phase.problem(key, "outside-phase", printed.date, span=f"{around[0]} … {around[1]}")


def _span_of(folder: Folder, phase: str, depth: int) -> tuple[date, date] | None:
    """A phase's days, its open sides taken from around it; `depth` ends a circle."""
    block = next((p for p in folder.phases if p.id == phase), None)
    if block is None or folder.span is None or depth == 0:
        return None
    around = _span_of(folder, str(block.raw.get("within")), depth - 1) or folder.span
    start, end = block.get("start"), block.get("end")
    return (start.date if start else around[0], end.date if end else around[1])


def _within(folder: Folder) -> Iterator[Problem]:
    known = [p.id for p in folder.phases]
    edges = {p.id: (str(p.raw["within"]),) for p in folder.phases if p.has("within")}
    circles = looping(edges)
    for phase in folder.phases:
        for at, name in phase.texts("within"):
            if name not in known:
                yield unknown(phase, at, name, known)
            elif phase.id in circles:
                yield phase.problem(at, "circular", name)
