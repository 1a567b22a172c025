"""The sheet of a form on which a unit keeps its register 台账: open rows already in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from duban.documents.blank_cells import Cells, Value, on_a4, write
from duban.plan import identity as ids
from duban.plan.forms import Indicator, Register

ROOM = 30
"""Blank lines after the rows that are there."""
WIDTHS = {"text": 28, "date": 13}
WIDTH = 14
HEIGHT = 24


def register_page(
    sheet: Any, cells: Cells, register: Register, rows: Sequence[Mapping[str, Value]], carried: int
) -> None:
    """Title, how to fill in, the columns, their hidden marks, and under these nothing but rows."""
    last = len(register.columns)
    for row, (style, text) in enumerate((("title", register.name), ("line", cells.words["register_hint"]))):
        sheet.merge_range(row, 0, row, last, text, cells.style(style))
        sheet.set_row(row, 32)
    _columns(sheet, cells, register)
    for number in range(len(rows) + ROOM):
        values = rows[number] if number < len(rows) else {}
        _row(sheet, cells, register, 4 + number, values, number < carried)
    sheet.freeze_panes(4, 1)
    sheet.repeat_rows(2)
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.set_landscape()
    on_a4(sheet)


def _columns(sheet: Any, cells: Cells, register: Register) -> None:
    sheet.write_string(2, 0, cells.words["number"], cells.style("head"))
    sheet.write_string(3, 0, ids.ROW_COLUMN)
    sheet.set_row(3, None, None, {"hidden": True})
    sheet.set_column(0, 0, 6)
    for column, indicator in enumerate(register.columns, start=1):
        sheet.write_string(2, column, _title(indicator), cells.style("head"))
        sheet.write_string(3, column, f"{ids.COLUMN_MARK}{indicator.code}")
        sheet.set_column(column, column, WIDTHS.get(indicator.type, WIDTH))


def _title(indicator: Indicator) -> str:
    measure = f" ({indicator.unit_of_measure})" if indicator.unit_of_measure else ""
    return f"{indicator.name}{measure}"


def _row(
    sheet: Any, cells: Cells, register: Register, line: int, values: Mapping[str, Value], is_carried: bool
) -> None:
    sheet.write_string(line, 0, str(line - 3), cells.style("centred"))
    sheet.set_row(line, HEIGHT)
    for column, indicator in enumerate(register.columns, start=1):
        locked = is_carried and indicator.code in register.key
        is_text = indicator.type == "text"
        style = cells.style("entry", locked=locked) if is_text else cells.style_of(indicator, locked=locked)
        write(sheet, line, column, values.get(indicator.code, ""), style, indicator)
        cells.check(sheet, line, column, indicator)
