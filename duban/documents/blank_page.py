"""The sheet of a form on which a unit writes its figures and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from duban.documents.blank_cells import Cells, Value, lines, on_a4, write
from duban.plan import identity as ids
from duban.plan.forms import Form, Indicator
from duban.rendering import period_words

NUMBER, NAME, MEASURE = range(3)
WIDTHS = (6, 40, 10)
BEFORE, FIGURE, REMARK = 14, 18, 24
HEIGHT = 26
"""Of a row, in points: to be written into by hand as well."""


@dataclass
class Page:
    """The sheet while it is written from top to bottom."""

    sheet: Any
    cells: Cells
    before: Mapping[str, int] = field(default_factory=dict)
    """Figures of last time, scaled; without any there is no column for them."""
    row: int = 0

    def __post_init__(self) -> None:
        self.value = MEASURE + (2 if self.before else 1)
        self.note, self.code = self.value + 1, self.value + 2
        self.tall = True

    def head(self, form: Form, unit: str, period: str, subject: str | None) -> None:
        """Column marks, title, whose return for which period, and how to fill in."""
        style, words = self.cells.style, self.cells.words
        marks = {self.value: ids.VALUE_COLUMN, self.note: ids.NOTE_COLUMN, self.code: ids.CODE_COLUMN}
        for column, mark in marks.items():
            self.sheet.write_string(0, column, mark)
        self.sheet.set_row(0, None, None, {"hidden": True})
        self.sheet.set_row(1, 30)
        self.sheet.merge_range(1, NUMBER, 1, self.note, form.title, style("title"))
        self.sheet.merge_range(2, NUMBER, 2, MEASURE, words["unit"].format(unit=unit), style("line"))
        shown = words["period"].format(period=period_words(period)) if period else ""
        self.sheet.merge_range(2, MEASURE + 1, 2, self.note, shown, style("line"))
        self.row = 3
        if subject:
            self._line(words["subject"].format(subject=subject))
        self.sheet.set_row(self.row, 32)
        self._line(words["hint"])

    def _line(self, text: str) -> None:
        self.sheet.merge_range(self.row, NUMBER, self.row, self.note, "", self.cells.style("line"))
        self.sheet.write_string(self.row, NUMBER, text, self.cells.style("line"))
        self.row += 1

    def zero(self, ticked: bool) -> None:
        """The tick cell of a zero report 零报告."""
        self.sheet.set_row(self.row, 36)
        self._label(self.cells.words["zero"], ids.ZERO)
        self._text("tick", ids.TICK if ticked else "")
        rule = {"validate": "list", "source": [ids.TICK]}
        self.cells.rule(self.sheet, self.row, self.value, "zero", rule, tick=ids.TICK)
        self.row += 1

    def rows(self, form: Form, values: Mapping[str, Value], notes: Mapping[str, str]) -> None:
        """The table: a head line that stays in sight, sections, one row per indicator."""
        before = ["before"] if self.before else []
        for column, key in enumerate(("number", "indicator", "unit_of_measure", *before, "value", "note")):
            self.sheet.write_string(self.row, column, self.cells.words[key], self.cells.style("head"))
        self.sheet.set_row(self.row, HEIGHT)
        self.row += 1
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(self.row - 1)
        number, self.tall = 0, form.fills is None
        for section in form.sections:
            style = self.cells.style("section")
            self.sheet.merge_range(self.row, NUMBER, self.row, self.note, section.name, style)
            self.sheet.set_row(self.row, HEIGHT)
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
        self.sheet.write_string(self.row, self.code, indicator.code)
        self._last_time(indicator)
        self.sheet.set_row(self.row, max(HEIGHT, 17 * lines(indicator.name, WIDTHS[NAME] - 2)))
        if indicator.type == "text":
            if self.tall:
                self.sheet.set_row(self.row, 75)
            self._text("text", str(value))
        else:
            write(self.sheet, self.row, self.value, value, self.cells.style_of(indicator), indicator)
            self.sheet.write_string(self.row, self.note, note, style("text"))
            self.cells.at_most(self.sheet, self.row, self.note, ids.TEXT_LIMIT)
        self.cells.check(self.sheet, self.row, self.value, indicator)
        self.row += 1

    def _last_time(self, indicator: Indicator) -> None:
        if not self.before:
            return
        said = self.before.get(indicator.code)
        if said is None:
            self.sheet.write_blank(self.row, self.value - 1, None, self.cells.style("centred"))
        else:
            style = self.cells.style_of(indicator, locked=True)
            self.sheet.write_number(self.row, self.value - 1, indicator.decimal(said), style)

    def sign_off(self, signed: Mapping[str, str]) -> None:
        """Who filled in, reviewed and answers for the return."""
        for key in ids.SIGNERS:
            self.sheet.set_row(self.row, HEIGHT)
            self._label(self.cells.words[key], f"#{key}")
            self._text("tick", signed.get(key, ""))
            self.cells.at_most(self.sheet, self.row, self.value, ids.NAME_LIMIT)
            self.row += 1

    def seal(self) -> None:
        """Where the printed form is sealed and dated; nothing of it is read."""
        self.sheet.set_row(self.row, 60)
        style = self.cells.style("seal")
        self.sheet.merge_range(self.row, NUMBER, self.row, self.note, self.cells.words["seal"], style)
        self.row += 1

    def _label(self, text: str, mark: str) -> None:
        self.sheet.merge_range(self.row, NUMBER, self.row, self.value - 1, text, self.cells.style("label"))
        self.sheet.write_string(self.row, self.code, mark)

    def _text(self, style: str, text: str) -> None:
        # merge_range writes through write(), which would make a formula of a text that begins with "="
        self.sheet.merge_range(self.row, self.value, self.row, self.note, "", self.cells.style(style))
        if text:
            self.sheet.write_string(self.row, self.value, text, self.cells.style(style))

    def finish(self, title: str) -> None:
        """Widths, protection and print set-up."""
        figures = (BEFORE, FIGURE) if self.before else (FIGURE,)
        for column, width in enumerate((*WIDTHS, *figures, REMARK)):
            self.sheet.set_column(column, column, width)
        self.sheet.set_column(self.code, self.code, None, None, {"hidden": True})
        self.sheet.protect("", {"format_columns": True, "format_rows": True})
        on_a4(self.sheet)
        self.sheet.print_area(0, NUMBER, self.row - 1, self.note)
        self.sheet.set_footer(f"&L{title.replace('&', '&&')[:200]}&R&P / &N")
