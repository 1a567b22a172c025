"""units.csv as a whole: who belongs where, who follows whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from duban.errors import Problem
from duban.plan.duties import RESERVED
from duban.plan.rules.blocks import looping
from duban.plan.rules.folder import Folder, unknown
from duban.plan.unit_table import WAYS, csv_problem
from duban.plan.units import Unit


def problems(folder: Folder) -> Iterator[Problem]:
    """Mistakes between the rows of units.csv, and between them and the plan's groups."""
    superiors = looping({u.id: (u.parent,) for u in folder.units if u.parent})
    successors = looping({u.id: (u.successor,) for u in folder.units if u.successor})
    for unit in folder.units:
        yield from _names(folder, unit)
        yield from _ways(folder, unit)
        yield from _groups(folder, unit)
        yield from _reference(folder, unit, "parent", unit.parent, superiors)
        yield from _reference(folder, unit, "successor", unit.successor, successors)
        yield from _life(folder, unit)


def _line(folder: Folder, unit: Unit) -> int:
    return folder.table.lines[unit.id]


def _names(folder: Folder, unit: Unit) -> Iterator[Problem]:
    for key, names in (("id", (unit.id,)), ("name", (unit.name, unit.short)), ("aliases", unit.aliases)):
        for name in names:
            if name in RESERVED:
                yield csv_problem(_line(folder, unit), key, "reserved-name", name)


def _ways(folder: Folder, unit: Unit) -> Iterator[Problem]:
    """The same address twice would be turned to when it has failed."""
    for column in WAYS:
        ways = [f"{way.kind}={way.address}" for way in getattr(unit, column)]
        for way in (way for n, way in enumerate(ways) if way in ways[:n]):
            yield csv_problem(_line(folder, unit), column, "duplicate-way", way)


def _groups(folder: Folder, unit: Unit) -> Iterator[Problem]:
    known = folder.ids("groups")
    for group in unit.groups:
        if known and group not in known:
            yield csv_problem(
                _line(folder, unit), "groups", "unknown-reference", group, known="、".join(known[:12])
            )


def _reference(
    folder: Folder, unit: Unit, key: str, name: str | None, circles: set[str]
) -> Iterator[Problem]:
    if name is None:
        return
    if name not in folder.unit_ids and name not in folder.table.broken:
        known = unknown(folder.plan, "units", name, folder.unit_ids - {unit.id}).params["known"]
        yield csv_problem(_line(folder, unit), key, "unknown-reference", name, known=known)
    elif unit.id in circles:
        yield csv_problem(_line(folder, unit), key, "circular", name)


def _life(folder: Folder, unit: Unit) -> Iterator[Problem]:
    """A unit opens before it closes, and its successor is there on the day after."""
    if unit.opens and unit.closes and unit.closes < unit.opens:
        start = str(unit.opens)
        yield csv_problem(_line(folder, unit), "closes", "end-before-start", str(unit.closes), start=start)
    if unit.successor and not unit.closes:
        yield csv_problem(_line(folder, unit), "successor", "successor-without-closes", unit.successor)
    if not unit.successor or not unit.closes:
        return
    heir = next((u for u in folder.units if u.id == unit.successor), None)
    if heir:
        day = unit.closes + timedelta(days=1)
        if not heir.is_open(day, day):
            yield csv_problem(_line(folder, unit), "successor", "successor-closed", heir.id, day=str(day))
