"""The consolidated workbook 汇总表 of one period: units down, indicators across, n/N under each total."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from wcwidth import wcswidth

from duban import figures
from duban.documents.period import PeriodFigures, Return
from duban.plan import Indicator
from duban.rendering import Renderer, deadline_words

CREATED = datetime(2000, 1, 1)
"""Stamped into every workbook, so that the same figures are the same file."""

HIGHEST_ROW = 409
"""Points; Excel takes no more."""


def consolidated_workbook(data: PeriodFigures, texts: Renderer) -> bytes:
    """The workbook as bytes; every text is written as text, never as a formula."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": CREATED})
    words = texts.words["consolidated"]
    formats = _formats(book)
    if data.columns:
        _Figures(book.add_worksheet(words["sheet"]), data, texts, formats).write()
    if data.sayings and not data.by_subject:
        _sayings_sheet(book.add_worksheet(words["words_sheet"]), data, words, formats)
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
        "away": book.add_format(base | {"align": "center", "font_color": "#999999"}),
        "gap": book.add_format(base | {"text_wrap": True, "font_color": "#A61B1B", "align": "center"}),
    }
    for scale in range(7):
        pattern = "#,##0" + (f".{'0' * scale}" if scale else "")
        made[f"number{scale}"] = book.add_format(base | {"num_format": pattern, "align": "right"})
        made[f"total{scale}"] = book.add_format(
            base | {"num_format": pattern, "align": "right", "bold": True, "top": 2}
        )
    return made


@dataclass
class _Figures:
    """The sheet of figures while it is written: one return a line, indicators across, totals below."""

    sheet: Any
    data: PeriodFigures
    texts: Renderer
    formats: dict[str, Any]

    def write(self) -> None:
        """All of it."""
        data, sheet = self.data, self.sheet
        self.columns = data.columns
        self.heads = 2 if data.by_subject else 1
        self.last = self.heads + len(self.columns) + any(r.files for r in data.returns) - 1
        self._head()
        values = figures.matrix(data.cells, self.columns, [r.source for r in data.returns])
        for row, one in enumerate(data.returns, 3):
            self._return(row, one, values[one.source])
        self._totals(3 + len(data.returns))
        sheet.set_row(0, 28)
        sheet.set_row(2, 66)
        for column in range(self.last + 1):
            sheet.set_column(column, column, self._width(column))
        sheet.freeze_panes(3, self.heads)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _width(self, column: int) -> int:
        """In characters of the sheet's font; answers in words get room."""
        if column < self.heads:
            return 24 if self.data.by_subject else 16
        asked = self.columns[column - self.heads] if column - self.heads < len(self.columns) else None
        if asked is None or asked.indicator.type == "text":
            return 36
        return 18 if self.data.by_subject else 11

    def _fit(self, row: int, texts: Mapping[int, str]) -> None:
        """A row as high as its longest text needs: wrapped lines are not fitted by every program."""
        lines = [
            sum(-(-max(wcswidth(line), 1) // (self._width(column) - 2)) for line in text.splitlines())
            for column, text in texts.items()
        ]
        self.sheet.set_row(row, min(20 + 15 * (max([1, *lines]) - 1), HIGHEST_ROW))

    def _head(self) -> None:
        data, texts, formats = self.data, self.texts, self.formats
        words = texts.words["consolidated"]
        local = data.as_of.astimezone(data.plan.zone)
        self.sheet.merge_range(0, 0, 0, max(self.last, 1), "", formats["title"])
        self.sheet.write_string(0, 0, texts.say("consolidated.title", f=data), formats["title"])
        note = texts.say("consolidated.note", f=data, at=local.strftime("%Y-%m-%d %H:%M"))
        self.sheet.write_string(1, 0, note, formats["note"])
        names = [words["subject"], words["unit"]] if data.by_subject else [words["unit"]]
        for c in self.columns:
            measure = c.indicator.unit_of_measure
            names.append(f"{c.indicator.name}\n({measure})" if measure else c.indicator.name)
        if any(r.files for r in data.returns):
            names.append(words["files"])
        for column, name in enumerate(names):
            self.sheet.write_string(2, column, name, formats["head"])

    def _return(self, row: int, one: Return, values: dict[str, Decimal | None]) -> None:
        names = [one.subject, one.unit] if self.data.by_subject else [one.unit]
        texts = dict(enumerate(names))
        for column, asked in enumerate(self.columns, self.heads):
            code = asked.indicator.code
            if not asked.seen_by(one.source.unit):
                not_asked = self.texts.words["consolidated"]["not_asked"]
                self.sheet.write_string(row, column, not_asked, self.formats["away"])
            elif asked.indicator.is_number:
                _number(self.sheet, row, column, values[code], asked.indicator, self.formats, "number")
            else:
                texts[column] = one.texts.get(code, "")
        if any(r.files for r in self.data.returns):
            texts[self.last] = _files(one)
        for column, text in texts.items():
            self.sheet.write_string(row, column, text, self.formats["text"])
        self._fit(row, texts)

    def _totals(self, row: int) -> None:
        words, formats, plan = self.texts.words["consolidated"], self.formats, self.data.plan
        for offset, key in enumerate(("total", "reported", "missing")):
            self.sheet.write_string(row + offset, 0, words[key], formats["head"])
        totals = {t.indicator.code: t for t in self.data.totals}
        for column, asked in enumerate(self.columns, self.heads):
            total = totals.get(asked.indicator.code)
            if total is None:
                continue
            _number(self.sheet, row, column, total.value, total.indicator, formats, "total")
            gap = formats["gap" if total.missing else "text"]
            self.sheet.write_string(row + 1, column, f"{total.reported}/{total.expected}", gap)
            names = "、".join(plan.unit[u].short for u in total.missing)
            self.sheet.write_string(row + 2, column, names or words["none"], gap)
        self.sheet.set_row(row + 2, 48)


def _files(one: Return) -> str:
    """What came with a return, by what it was asked for as."""
    return "；".join(f"{kind}：{name}" for kind, name in one.files)


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


def _sayings_sheet(sheet: Any, data: PeriodFigures, words: Any, formats: dict[str, Any]) -> None:
    """Answers in words and notes, one a line."""
    for column, name in enumerate(words["sayings"]):
        sheet.write_string(0, column, name, formats["head"])
    for row, (one, indicator, text, noted) in enumerate(data.sayings, 1):
        name = f"{indicator.name}{words['noted']}" if noted else indicator.name
        for column, cell in enumerate((one.unit, name, text)):
            sheet.write_string(row, column, cell, formats["text"])
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 2, 90)
    sheet.freeze_panes(1, 0)


def _rates_sheet(sheet: Any, data: PeriodFigures, texts: Renderer, formats: dict[str, Any]) -> None:
    words = texts.words
    own = words["consolidated"]
    for column, name in enumerate(own["rates"]):
        sheet.write_string(0, column, name, formats["head"])
    for row, one in enumerate(data.returns, 1):
        s = one.standing
        first = s.first_valid.strftime("%Y-%m-%d %H:%M:%S") if s.first_valid else ""
        on_time = "" if not s.met else own["on_time"] if s.on_time else own["late"]
        cells = (
            one.unit, one.subject, deadline_words(s.due_at), words["states"][s.state],
            words["came_in"][s.came_in], first, on_time, _files(one),
        )  # fmt: skip
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text, formats["text"])
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 2, 24)
    sheet.set_column(3, 6, 20)
    sheet.set_column(7, 7, 60)
    sheet.freeze_panes(1, 0)
