"""The sheet of a form on which a unit writes its figures and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from duban.documents.blank_cells import Cells, Value, write
from duban.plan import identity as ids
from duban.plan.forms import Form, Indicator
from duban.rendering import period_words

NUMBER, NAME, MEASURE, VALUE, NOTE, CODE = range(6)
WIDTHS = (6, 40, 10, 18, 24)


@dataclass
class Page:
    """The sheet while it is written from top to bottom."""

    sheet: Any
    cells: Cells
    row: int = 0

    def head(self, form: Form, unit: str, period: str, subject: str | None) -> None:
        """Column marks, title, whose return for which period, and how to fill in."""
        style, words = self.cells.style, self.cells.words
        for column, mark in ((VALUE, ids.VALUE_COLUMN), (NOTE, ids.NOTE_COLUMN), (CODE, ids.CODE_COLUMN)):
            self.sheet.write_string(0, column, mark)
        self.sheet.set_row(0, None, None, {"hidden": True})
        self.sheet.set_row(1, 30)
        self.sheet.merge_range(1, NUMBER, 1, NOTE, form.title, style("title"))
        self.sheet.merge_range(2, NUMBER, 2, MEASURE, words["unit"].format(unit=unit), style("line"))
        shown = words["period"].format(period=period_words(period)) if period else ""
        self.sheet.merge_range(2, VALUE, 2, NOTE, shown, style("line"))
        self.row = 3
        if subject:
            self._line(words["subject"].format(subject=subject))
        self.sheet.set_row(self.row, 32)
        self._line(words["hint"])

    def _line(self, text: str) -> None:
        self.sheet.merge_range(self.row, NUMBER, self.row, NOTE, "", self.cells.style("line"))
        self.sheet.write_string(self.row, NUMBER, text, self.cells.style("line"))
        self.row += 1

    def zero(self, ticked: bool) -> None:
        """The tick cell of a zero report 零报告."""
        self._label(self.cells.words["zero"], ids.ZERO)
        self._text("tick", ids.TICK if ticked else "")
        rule = {"validate": "list", "source": [ids.TICK]}
        self.cells.rule(self.sheet, self.row, VALUE, "zero", rule, tick=ids.TICK)
        self.row += 1

    def rows(self, form: Form, values: Mapping[str, Value], notes: Mapping[str, str]) -> None:
        """The table: a head line that stays in sight, sections, one row per indicator."""
        for column, key in enumerate(("number", "indicator", "unit_of_measure", "value", "note")):
            self.sheet.write_string(self.row, column, self.cells.words[key], self.cells.style("head"))
        self.row += 1
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(self.row - 1)
        number = 0
        for section in form.sections:
            style = self.cells.style("section")
            self.sheet.merge_range(self.row, NUMBER, self.row, NOTE, section.name, style)
            self.row += 1
            for indicator in section.indicators:
                number += 1
                note = notes.get(indicator.code, "")
                self._indicator(number, indicator, values.get(indicator.code, ""), note)

    def _indicator(self, number: int, indicator: Indicator, value: Value, note: str) -> None:
        style = self.cells.style
        self.sheet.write_string(self.row, NUMBER, str(number), style("centred"))
        self.sheet.write_string(self.row, NAME, indicator.name, style("label"))
        self.sheet.write_string(self.row, MEASURE, indicator.unit_of_measure or "", style("centred"))
        self.sheet.write_string(self.row, CODE, indicator.code)
        if indicator.type == "text":
            self.sheet.set_row(self.row, 75)
            self._text("text", str(value))
        else:
            write(self.sheet, self.row, VALUE, value, self.cells.style_of(indicator), indicator)
            self.sheet.write_string(self.row, NOTE, note, style("text"))
            self.cells.at_most(self.sheet, self.row, NOTE, ids.TEXT_LIMIT)
        self.cells.check(self.sheet, self.row, VALUE, indicator)
        self.row += 1

    def sign_off(self, signed: Mapping[str, str]) -> None:
        """Who filled in, reviewed and answers for the return."""
        for key in ids.SIGNERS:
            self._label(self.cells.words[key], f"#{key}")
            self._text("tick", signed.get(key, ""))
            self.cells.at_most(self.sheet, self.row, VALUE, ids.NAME_LIMIT)
            self.row += 1

    def _label(self, text: str, mark: str) -> None:
        self.sheet.merge_range(self.row, NUMBER, self.row, MEASURE, text, self.cells.style("label"))
        self.sheet.write_string(self.row, CODE, mark)

    def _text(self, style: str, text: str) -> None:
        # merge_range writes through write(), which would make a formula of a text that begins with "="
        self.sheet.merge_range(self.row, VALUE, self.row, NOTE, "", self.cells.style(style))
        if text:
            self.sheet.write_string(self.row, VALUE, text, self.cells.style(style))

    def finish(self, title: str) -> None:
        """Widths, protection and print set-up."""
        for column, width in enumerate(WIDTHS):
            self.sheet.set_column(column, column, width)
        self.sheet.set_column(CODE, CODE, None, None, {"hidden": True})
        self.sheet.protect("", {"format_columns": True, "format_rows": True})
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)
        self.sheet.center_horizontally()
        self.sheet.print_area(0, NUMBER, self.row - 1, NOTE)
        self.sheet.set_footer(f"&L{title.replace('&', '&&')[:200]}&R&P / &N")
