"""The consolidated workbook 汇总表 of one period: units down, indicators across, n/N under each total."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from duban import figures
from duban.documents.period import PeriodFigures
from duban.plan import Indicator
from duban.rendering import Renderer, deadline_words

CREATED = datetime(2000, 1, 1)
"""Stamped into every workbook, so that the same figures are the same file."""


def consolidated_workbook(data: PeriodFigures, texts: Renderer) -> bytes:
    """The workbook as bytes; every text is written as text, never as a formula."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": CREATED})
    words = texts.words["consolidated"]
    formats = _formats(book)
    _figures_sheet(book.add_worksheet(words["sheet"]), data, texts, formats)
    _rates_sheet(book.add_worksheet(words["rates_sheet"]), data, texts, formats)
    book.close()
    return stream.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    base = {"font_name": "SimSun", "font_size": 11, "border": 1, "valign": "vcenter"}
    made = {
        "title": book.add_format({"font_name": "SimHei", "font_size": 16, "align": "center"}),
        "note": book.add_format({"font_name": "SimSun", "font_size": 9, "font_color": "#555555"}),
        "head": book.add_format(
            base | {"bold": True, "text_wrap": True, "align": "center", "bg_color": "#E8EDF3"}
        ),
        "text": book.add_format(base | {"text_wrap": True}),
        "gap": book.add_format(base | {"text_wrap": True, "font_color": "#A61B1B", "align": "center"}),
    }
    for scale in range(7):
        pattern = "#,##0" + (f".{'0' * scale}" if scale else "")
        made[f"number{scale}"] = book.add_format(base | {"num_format": pattern, "align": "right"})
        made[f"total{scale}"] = book.add_format(
            base | {"num_format": pattern, "align": "right", "bold": True, "top": 2}
        )
    return made


def _figures_sheet(sheet: Any, data: PeriodFigures, texts: Renderer, formats: dict[str, Any]) -> None:
    words = texts.words["consolidated"]
    numbers = [t.indicator for t in data.totals]
    units = [s.owed.unit for s in data.standings]
    last = len(numbers)
    local = data.as_of.astimezone(data.plan.zone)
    sheet.merge_range(0, 0, 0, last, "", formats["title"])
    sheet.write_string(0, 0, texts.say("consolidated.title", f=data), formats["title"])
    note = texts.say("consolidated.note", f=data, at=local.strftime("%Y-%m-%d %H:%M"))
    sheet.write_string(1, 0, note, formats["note"])
    sheet.write_string(2, 0, words["unit"], formats["head"])
    for column, indicator in enumerate(numbers, 1):
        sheet.write_string(2, column, f"{indicator.name}\n({indicator.unit_of_measure})", formats["head"])
    values = figures.matrix(figures.frame(data.cells), data.form, units)
    for row, unit in enumerate(units, 3):
        sheet.write_string(row, 0, data.plan.unit[unit].name, formats["text"])
        for column, indicator in enumerate(numbers, 1):
            _number(sheet, row, column, values[unit][indicator.code], indicator, formats, "number")
    _totals(sheet, 3 + len(units), data, words, formats)
    sheet.set_default_row(20)
    sheet.set_row(0, 28)
    sheet.set_row(2, 66)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, last, 11)
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _totals(sheet: Any, row: int, data: PeriodFigures, words: Any, formats: dict[str, Any]) -> None:
    for offset, key in enumerate(("total", "reported", "missing")):
        sheet.write_string(row + offset, 0, words[key], formats["head"])
    for column, total in enumerate(data.totals, 1):
        _number(sheet, row, column, total.value, total.indicator, formats, "total")
        gap = formats["gap" if total.missing else "text"]
        sheet.write_string(row + 1, column, f"{total.reported}/{total.expected}", gap)
        names = "、".join(data.plan.unit[u].short for u in total.missing)
        sheet.write_string(row + 2, column, names or words["none"], gap)
    sheet.set_row(row + 2, 48)


def _number(
    sheet: Any, row: int, column: int, value: Decimal | None, indicator: Indicator, formats: dict[str, Any],
    style: str,
) -> None:  # fmt: skip
    """A figure, or an empty cell: a blank stays a blank. Bounded by 10^12, a double holds it exactly
    enough to print every decimal place."""
    form = formats[f"{style}{indicator.scale}"]
    if value is None:
        sheet.write_blank(row, column, None, form)
    else:
        sheet.write_number(row, column, float(value), form)


def _rates_sheet(sheet: Any, data: PeriodFigures, texts: Renderer, formats: dict[str, Any]) -> None:
    words = texts.words
    own = words["consolidated"]
    for column, name in enumerate(own["rates"]):
        sheet.write_string(0, column, name, formats["head"])
    for row, s in enumerate(data.standings, 1):
        first = s.first_valid.strftime("%Y-%m-%d %H:%M:%S") if s.first_valid else ""
        on_time = "" if not s.met else own["on_time"] if s.on_time else own["late"]
        cells = (
            data.plan.unit[s.owed.unit].name, deadline_words(s.due_at), words["states"][s.state],
            words["came_in"][s.came_in], first, on_time,
        )  # fmt: skip
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, formats["text"])
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 5, 20)
    sheet.freeze_panes(1, 0)
