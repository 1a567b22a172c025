"""How many returns a rhythm makes, and what their periods are called, without building the agenda."""

from __future__ import annotations

from collections.abc import Iterator

from duban import periods
from duban.plan.rhythm import Chained, Dates, Every, due_days
from duban.plan.rules.blocks import Block
from duban.plan.rules.chains import link
from duban.plan.rules.folder import Folder, rhythm_of
from duban.plan.rules.rhythms import ends, typed

DAYS = {"day": 1, "week": 7, "half-month": 15, "month": 30, "quarter": 91, "half-year": 182, "year": 365}
FEW = 5000
"""Beyond so many periods a waiver's are not looked up one by one."""


def count(folder: Folder, rhythm: Block) -> int:
    """About how many returns a rhythm makes of one unit."""
    if rhythm.model is Dates:
        rows = rhythm.raw.get("dates")
        return len(rows) if isinstance(rows, list) else 0
    if rhythm.model is Chained:
        target = _target(folder, rhythm)
        return count(folder, target) if target and target.model is not Chained else 1
    every = rhythm.get("every") if rhythm.model is Every else None
    found = ends(folder, rhythm, every) if every else None
    if every is None or found is None:
        return 1
    days = (periods.span(found[1])[1] - periods.span(found[0])[0]).days + 1
    return max(0, days // DAYS[every] * max(1, len(rhythm.get("on") or ())))


def periods_of(folder: Folder, rhythm: Block) -> list[str] | None:
    """The names of its periods; None where they cannot be told or are too many to list."""
    if rhythm.model is Chained:
        target = _target(folder, rhythm)
        return periods_of(folder, target) if target and target.model is not Chained else None
    if count(folder, rhythm) > FEW:
        return None
    if rhythm.model is Dates:
        found = rhythm.get("dates")
        return None if found is None else [d.period or d.date.date.isoformat() for d in found]
    if rhythm.model is not Every:
        return []
    every = typed(rhythm)
    found = ends(folder, rhythm, every.every) if every else None
    return list(_names(every, *found)) if every and found and found[0] <= found[1] else None


def _names(every: Every, first: str, last: str) -> Iterator[str]:
    several = len(every.on or ()) > 1
    for name in periods.between(first, last):
        if several and every.every in ("week", "month"):
            yield from (day.isoformat() for day in due_days(every, name))
        else:
            yield name


def _target(folder: Folder, rhythm: Block) -> Block | None:
    """The rhythm at the far end of a chain."""
    own = {duty.id: duty for duty in folder.duties}
    for _ in own:
        duty = own.get(link(rhythm))
        found = rhythm_of(duty) if duty else None
        if found is None or found.model is not Chained:
            return found
        rhythm = found
    return None
