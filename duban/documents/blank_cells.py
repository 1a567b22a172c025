"""Cells of a form that a unit fills in: how they look, and what may be typed into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from duban.plan import identity as ids
from duban.plan.forms import LIMIT, Indicator

Value = Decimal | int | str

FONT = {"font_name": "SimSun", "font_size": 11, "valign": "vcenter"}
BOX = {**FONT, "border": 1, "text_wrap": True}
STYLES: dict[str, dict[str, Any]] = {
    "title": {**FONT, "font_size": 16, "bold": True, "align": "center"},
    "seal": {**FONT, "align": "right"},
    "line": {**FONT, "text_wrap": True},
    "head": {**BOX, "bold": True, "align": "center", "bg_color": "#D9E2F3"},
    "section": {**BOX, "bold": True, "bg_color": "#F2F2F2"},
    "label": BOX,
    "centred": {**BOX, "align": "center"},
    "text": {**BOX, "locked": False, "num_format": "@", "valign": "top"},
    "entry": {**BOX, "locked": False, "num_format": "@"},
    "tick": {**BOX, "locked": False, "align": "center", "num_format": "@"},
    "date": {**BOX, "locked": False, "align": "center", "num_format": "yyyy-mm-dd"},
}
LISTS = 3
"""First column of the hidden sheet in which lists of choices stand."""
DAYS = (date(1900, 1, 1), date(2999, 12, 31))


@dataclass
class Cells:
    """What the pages of one workbook share: formats, lists of choices, messages."""

    book: Any
    words: Mapping[str, str]
    formats: dict[str, Any] = field(default_factory=dict)
    lists: dict[tuple[str, ...], str] = field(default_factory=dict)

    def style(self, name: str, *, locked: bool = False) -> Any:
        """A format by its name in STYLES, or for figures by `scale:2`."""
        key = f"{name}!" if locked else name
        if key not in self.formats:
            kind, _, scale = name.partition(":")
            decimals = "." + "0" * int(scale) if scale not in ("", "0") else ""
            figure = {**BOX, "locked": False, "num_format": f"#,##0{decimals}"}
            found = figure if kind == "scale" else STYLES[kind]
            self.formats[key] = self.book.add_format({**found, "locked": True} if locked else found)
        return self.formats[key]

    def style_of(self, indicator: Indicator, *, locked: bool = False) -> Any:
        """The format of an indicator's cell."""
        kinds = {"date": "date", "choice": "tick", "text": "text"}
        return self.style(kinds.get(indicator.type, f"scale:{indicator.scale}"), locked=locked)

    def check(self, sheet: Any, row: int, column: int, indicator: Indicator) -> None:
        """Refuse at the keyboard what would be refused on arrival."""
        if indicator.is_number:
            limit = indicator.max or LIMIT // 10**indicator.scale
            kind = "decimal" if indicator.scale else "integer"
            rule = {"validate": kind, "criteria": "between", "minimum": 0, "maximum": limit}
            self.rule(sheet, row, column, kind, rule, limit=f"{limit:,}", scale=indicator.scale)
        elif indicator.type == "date":
            rule = {"validate": "date", "criteria": "between", "minimum": DAYS[0], "maximum": DAYS[1]}
            self.rule(sheet, row, column, "date", rule)
        elif indicator.type == "choice":
            rule = {"validate": "list", "source": self._list(indicator.choices)}
            self.rule(sheet, row, column, "choice", rule)
        else:
            self.at_most(sheet, row, column, ids.TEXT_LIMIT)

    def at_most(self, sheet: Any, row: int, column: int, length: int) -> None:
        """Refuse a text that is too long."""
        rule = {"validate": "length", "criteria": "<=", "value": length}
        self.rule(sheet, row, column, "text", rule, limit=length)

    def rule(self, sheet: Any, row: int, column: int, kind: str, rule: dict[str, Any], **shown: Any) -> None:
        """A validation with its message."""
        message = self.words[f"error_{kind}"].format(**shown)
        said = {"error_title": self.words["error_title"], "error_message": message}
        sheet.data_validation(row, column, row, column, {**rule, **said})

    def _list(self, choices: tuple[str, ...]) -> str:
        # a list written out in the rule ends at 255 characters and splits at every comma
        if choices not in self.lists:
            column = xl_col_to_name(LISTS + len(self.lists))
            self.lists[choices] = f"={ids.SHEET}!${column}$1:${column}${len(choices)}"
        return self.lists[choices]

    def write_lists(self, hidden: Any) -> None:
        """Put the lists of choices on the hidden sheet; after all checks."""
        for column, choices in enumerate(self.lists):
            for row, choice in enumerate(choices):
                hidden.write_string(row, LISTS + column, choice)


def write(sheet: Any, row: int, column: int, value: Value, style: Any, indicator: Indicator) -> None:
    """A value, or the blank it is to be typed into. Never through write(), which would make a formula of
    a text that begins with "="."""
    if value == "":
        sheet.write_blank(row, column, None, style)
    elif not isinstance(value, str):
        sheet.write_number(row, column, value, style)
    elif indicator.type == "date" and (day := _day(value)) is not None:
        sheet.write_datetime(row, column, day, style)
    else:
        sheet.write_string(row, column, value, style)


def on_a4(sheet: Any) -> None:
    """As wide as the paper, with room for a file's holes and a seal."""
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.6, right=0.5, top=0.6, bottom=0.7)
    sheet.center_horizontally()


def lines(text: str, width: int) -> int:
    """Lines that a text takes, a Chinese character being as wide as two letters."""
    return -(-sum(2 if ord(c) > 255 else 1 for c in text) // width) or 1


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
