"""The workbook a unit fills in: labels locked, values checked as they are typed, identity hidden.

The same form is the same bytes, so a form sent twice has one digest.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from duban.plan import identity as ids
from duban.plan.forms import LIMIT, Form, Indicator
from duban.plan.model import Plan
from duban.rendering import period_words

WORDS = (
    "sheet",  # name of the visible sheet, at most 31 characters
    "unit",  # {unit}
    "period",  # {period}
    "hint",  # how to fill in, and that nothing classified may be sent
    "number",
    "indicator",
    "unit_of_measure",
    "value",
    "note",
    "zero",
    "filler",
    "reviewer",
    "head",
    "error_title",  # at most 32 characters, as are the messages below 255
    "error_integer",  # {limit}
    "error_decimal",  # {limit}, {scale}
    "error_text",  # {limit}
    "error_zero",  # {tick}
)
"""Keys of the texts that templates/wording.yaml gives."""

CREATED = datetime(2018, 1, 1)
"""Constant, so that the same form is the same bytes."""
NUMBER, NAME, MEASURE, VALUE, NOTE, CODE = range(6)
WIDTHS = (6, 40, 10, 18, 24)

FONT = {"font_name": "SimSun", "font_size": 11, "valign": "vcenter"}
BOX = {**FONT, "border": 1, "text_wrap": True}
STYLES: dict[str, dict[str, Any]] = {
    "title": {**FONT, "font_size": 16, "bold": True, "align": "center"},
    "line": {**FONT, "text_wrap": True},
    "head": {**BOX, "bold": True, "align": "center", "bg_color": "#D9E2F3"},
    "section": {**BOX, "bold": True, "bg_color": "#F2F2F2"},
    "label": BOX,
    "centred": {**BOX, "align": "center"},
    "text": {**BOX, "locked": False, "num_format": "@", "valign": "top"},
    "tick": {**BOX, "locked": False, "align": "center", "num_format": "@"},
}


def blank_form(
    plan: Plan,
    duty: str,
    unit: str,
    period: str,
    *,
    words: Mapping[str, str],
    values: Mapping[str, Decimal | int | str] = {},
    zero: bool = False,
    signed: Mapping[str, str] = {},
) -> bytes:
    """The .xlsx a unit fills in, with `values` (by indicator code) already in it where a draft exists."""
    form, buffer = ids.answer_form(plan, duty), io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": CREATED})
    page = _Page(book, book.add_worksheet(words["sheet"]), words)
    page.head(form, plan.unit[unit].name, period)
    if plan.duty[duty].zero_report:
        page.zero(zero)
    page.rows(form, values)
    page.sign_off(signed)
    page.finish(form.title)
    _identity_sheet(book, ids.identity(plan, duty, unit, period), form)
    book.close()
    return buffer.getvalue()


def _identity_sheet(book: Any, identity: dict[str, str], form: Form) -> None:
    sheet = book.add_worksheet(ids.SHEET)
    pairs = {**identity, ids.CHECKSUM: ids.checksum(identity, form)}
    for row, (key, value) in enumerate(pairs.items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    sheet.protect()
    sheet.very_hidden()


@dataclass
class _Page:
    """The visible sheet while it is written from top to bottom."""

    book: Any
    sheet: Any
    words: Mapping[str, str]
    row: int = 0
    formats: dict[str, Any] = field(default_factory=dict)

    def style(self, name: str) -> Any:
        """A format by its name in STYLES, or for figures by `scale:2`."""
        if name not in self.formats:
            kind, _, scale = name.partition(":")
            decimals = "." + "0" * int(scale) if scale not in ("", "0") else ""
            figure = {**BOX, "locked": False, "num_format": f"#,##0{decimals}"}
            self.formats[name] = self.book.add_format(figure if kind == "scale" else STYLES[kind])
        return self.formats[name]

    def head(self, form: Form, unit: str, period: str) -> None:
        """Column marks, title, whose return for which period, and how to fill in."""
        self.sheet.write_string(0, VALUE, ids.VALUE_COLUMN)
        self.sheet.write_string(0, CODE, ids.CODE_COLUMN)
        self.sheet.set_row(0, None, None, {"hidden": True})
        self.sheet.set_row(1, 30)
        self.sheet.merge_range(1, NUMBER, 1, NOTE, form.title, self.style("title"))
        self.sheet.merge_range(
            2, NUMBER, 2, MEASURE, self.words["unit"].format(unit=unit), self.style("line")
        )
        shown = self.words["period"].format(period=period_words(period)) if period else ""
        self.sheet.merge_range(2, VALUE, 2, NOTE, shown, self.style("line"))
        self.sheet.set_row(3, 32)
        self.sheet.merge_range(3, NUMBER, 3, NOTE, self.words["hint"], self.style("line"))
        self.row = 4

    def zero(self, ticked: bool) -> None:
        """The tick cell of a zero report 零报告."""
        self._label(self.words["zero"], ids.ZERO)
        self._text("tick", ids.TICK if ticked else "")
        self._check("zero", {"validate": "list", "source": [ids.TICK]}, tick=ids.TICK)
        self.row += 1

    def rows(self, form: Form, values: Mapping[str, Decimal | int | str]) -> None:
        """The table: a head line that stays in sight, sections, one row per indicator."""
        for column, key in enumerate(("number", "indicator", "unit_of_measure", "value", "note")):
            self.sheet.write_string(self.row, column, self.words[key], self.style("head"))
        self.row += 1
        self.sheet.freeze_panes(self.row, 0)
        self.sheet.repeat_rows(self.row - 1)
        number = 0
        for section in form.sections:
            self.sheet.merge_range(self.row, NUMBER, self.row, NOTE, section.name, self.style("section"))
            self.row += 1
            for indicator in section.indicators:
                number += 1
                self._indicator(number, indicator, values.get(indicator.code, ""))

    def _indicator(self, number: int, indicator: Indicator, value: Decimal | int | str) -> None:
        self.sheet.write_string(self.row, NUMBER, str(number), self.style("centred"))
        self.sheet.write_string(self.row, NAME, indicator.name, self.style("label"))
        self.sheet.write_string(self.row, MEASURE, indicator.unit_of_measure or "", self.style("centred"))
        self.sheet.write_string(self.row, CODE, indicator.code)
        if indicator.is_number:
            self._figure(indicator, value)
        else:
            self.sheet.set_row(self.row, 75)
            self._text("text", str(value))
            self._check("text", _at_most(ids.TEXT_LIMIT), limit=ids.TEXT_LIMIT)
        self.row += 1

    def _figure(self, indicator: Indicator, value: Decimal | int | str) -> None:
        style = self.style(f"scale:{indicator.scale}")
        if value == "":
            self.sheet.write_blank(self.row, VALUE, None, style)
        elif isinstance(value, str):
            self.sheet.write_string(self.row, VALUE, value, style)
        else:
            self.sheet.write_number(self.row, VALUE, value, style)
        self.sheet.write_blank(self.row, NOTE, None, self.style("text"))
        limit = indicator.max or LIMIT // 10**indicator.scale
        kind = "decimal" if indicator.scale else "integer"
        rule = {"validate": kind, "criteria": "between", "minimum": 0, "maximum": limit}
        self._check(kind, rule, limit=f"{limit:,}", scale=indicator.scale)

    def sign_off(self, signed: Mapping[str, str]) -> None:
        """Who filled in, reviewed and answers for the return."""
        for key in ids.SIGNERS:
            self._label(self.words[key], f"#{key}")
            self._text("tick", signed.get(key, ""))
            self._check("text", _at_most(ids.NAME_LIMIT), limit=ids.NAME_LIMIT)
            self.row += 1

    def _label(self, text: str, mark: str) -> None:
        self.sheet.merge_range(self.row, NUMBER, self.row, MEASURE, text, self.style("label"))
        self.sheet.write_string(self.row, CODE, mark)

    def _text(self, style: str, text: str) -> None:
        # merge_range writes through write(), which would make a formula of a text that begins with "="
        self.sheet.merge_range(self.row, VALUE, self.row, NOTE, "", self.style(style))
        if text:
            self.sheet.write_string(self.row, VALUE, text, self.style(style))

    def _check(self, kind: str, rule: dict[str, Any], **shown: Any) -> None:
        message = self.words[f"error_{kind}"].format(**shown)
        said = {"error_title": self.words["error_title"], "error_message": message}
        self.sheet.data_validation(self.row, VALUE, self.row, VALUE, {**rule, **said})

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


def _at_most(length: int) -> dict[str, Any]:
    return {"validate": "length", "criteria": "<=", "value": length}
