"""units.csv: one unit a row, in columns that may stand in any order."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from duban.errors import Problem
from duban.plan.mistakes import our_problem
from duban.plan.units import Unit

FILE = "units.csv"
COLUMNS = ("id", "name", "short", "groups", "origin")
"""Every table has them."""
OPTIONAL = (
    "aliases", "parent", "channels", "prefers", "head", "leader", "attributes", "opens", "closes",
    "successor",
)  # fmt: skip
WAYS = ("channels", "head", "leader")
"""The columns that say how somebody is reached."""
CALLED = ("id", "name", "short", "aliases")
"""The columns that say what a unit is called."""


@dataclass
class UnitTable:
    """What units.csv says, as far as it could be read."""

    units: list[Unit] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    """The line of each unit, by id."""
    broken: frozenset[str] = frozenset()
    """What the units of unreadable rows are called: who refers to them makes no mistake."""


def read_units(text: str | None, problems: list[Problem]) -> UnitTable:
    """The units and the line of each; mistakes go to `problems`, and the rows without one come through."""
    table = UnitTable()
    if text is None:
        problems.append(Problem("file-missing", FILE))
        return table
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
    reader = csv.DictReader(lines, restkey="_more", strict=True)
    try:
        columns = tuple(reader.fieldnames or ())
        if _header_is_right(columns, problems):
            for row in reader:
                _take(table, row, len(columns), reader.line_num, problems)
    except csv.Error as error:
        problems.append(csv_problem(reader.reader.line_num, "", "csv-syntax", detail=str(error)))
    if not table.units and not problems:
        problems.append(Problem("csv-empty", FILE, "1"))
    return table


def _take(table: UnitTable, row: dict[str, Any], width: int, line: int, problems: list[Problem]) -> None:
    """One row into the table, or its cells among the broken ones."""
    unit = _unit(row, width, line, problems)
    if unit is None:
        table.broken |= {part for column in CALLED for part in _listed(row.get(column) or "")}
        return
    if unit.id in table.lines:
        problems.append(csv_problem(line, "id", "duplicate-id", unit.id))
    table.lines.setdefault(unit.id, line)
    table.units.append(unit)


def _header_is_right(columns: tuple[str, ...], problems: list[Problem]) -> bool:
    right = set(COLUMNS) <= set(columns) <= {*COLUMNS, *OPTIONAL} and len(set(columns)) == len(columns)
    if not right:
        params = {"expected": ",".join(COLUMNS), "optional": ",".join(OPTIONAL)}
        problems.append(Problem("csv-columns", FILE, "1", value=",".join(columns), params=params))
    return right


def csv_problem(line: int, key: str, code: str, value: Any = "", **params: Any) -> Problem:
    """A problem in a row of units.csv."""
    return Problem(code, FILE, str(line), key, str(value), params)


def _unit(row: dict[str, Any], width: int, line: int, problems: list[Problem]) -> Unit | None:
    if row.get("_more") or None in row.values():
        problems.append(csv_problem(line, "", "csv-cells", expected=width))
        return None
    found: list[Problem] = []
    ways = {column: _pairs(row, column, line, found) for column in WAYS}
    attributes = _pairs(row, "attributes", line, found)
    for key in [key for n, (key, _) in enumerate(attributes) if key in dict(attributes[:n])]:
        found.append(csv_problem(line, "attributes", "duplicate-key", key, name=key))
    problems += found
    if found:
        return None
    data: dict[str, Any] = {k: v.strip() for k, v in row.items() if v.strip()}
    data |= {column: _listed(row.get(column, "")) for column in ("groups", "aliases")}
    data |= {column: tuple({"kind": k, "address": v} for k, v in mine) for column, mine in ways.items()}
    data["attributes"] = attributes
    try:
        return Unit.model_validate(data)
    except ValidationError as error:
        problems += [
            our_problem(e, lambda p, c, v, k: csv_problem(line, str(p[0]), c, v, **k)) for e in error.errors()
        ]
        return None


def _pairs(
    row: dict[str, Any], column: str, line: int, problems: list[Problem]
) -> tuple[tuple[str, str], ...]:
    """What a cell of `key=value` parts says; a part that is none is a problem."""
    parts = [(text, text.partition("=")) for text in _listed(row.get(column, ""))]
    is_channel = column in WAYS
    problems += [
        csv_problem(line, column, "bad-channel" if is_channel else "bad-attribute", text)
        for text, (_, sign, _) in parts
        if not sign
    ]
    return tuple((key.strip(), value.strip()) for _, (key, _, value) in parts)


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
