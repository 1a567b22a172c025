"""Cells of a sheet that was read, by row and column from 0."""

from __future__ import annotations

from duban.intake.sheets import COVERED, Faults, cell_name
from duban.intake.values import Entry

Rows = list[list[object]]


def at(row: list[object], column: int) -> object:
    """A cell's content; nothing beyond what the row reaches."""
    return row[column] if column < len(row) else None


def word(cell: object) -> str:
    """A mark or identity value; a program that saved `1` as a number has not changed it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.strip() if isinstance(cell, str) else ""


def entry_at(sheet: str, rows: Rows, faults: Faults, row: int, column: int) -> Entry:
    """What stands in one cell, and where that is: `填报!D7`."""
    raw, fault = at(rows[row], column), faults.get((row, column))
    if fault is not None and fault.code == COVERED and (raw is None or raw == ""):
        fault = None
    return Entry(raw, f"{sheet}!{cell_name(row, column)}", fault)
