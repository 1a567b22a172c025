"""The workbook a unit fills in: labels locked, values checked as they are typed, identity hidden.

The same form is the same bytes, so a form sent twice has one digest.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from duban.documents.blank_cells import Cells, Value
from duban.documents.blank_guide import guide_page
from duban.documents.blank_page import Page
from duban.documents.blank_register import register_page
from duban.plan import identity as ids
from duban.plan.forms import Form
from duban.plan.model import Plan

WORDS = (
    "sheet",  # name of the visible sheet, at most 31 characters
    "register_sheet",  # name of the register's sheet
    "unit",  # {unit}
    "period",  # {period}
    "subject",  # {subject}
    "hint",  # how to fill in, and that nothing classified may be sent
    "register_hint",
    "number",
    "indicator",
    "unit_of_measure",
    "value",
    "before",  # head of the column with the figures of last time
    "note",
    "zero",
    "filler",
    "reviewer",
    "head",
    "seal",  # under the table, for the printed form
    "guide_sheet",  # name of the sheet of instructions
    "guide_title",  # {form}
    "guide_fill",
    "guide_figures",
    "guide_zero",  # {tick}
    "guide_note",
    "guide_before",
    "guide_register",  # {register}
    "guide_sign",  # {names}
    "guide_seal",
    "guide_attachments",  # {names}
    "guide_send",
    "guide_secret",
    "guide_deadline",  # {deadline}
    "guide_ask",  # {unit}
    "error_title",  # at most 32 characters, as are the messages below 255
    "error_integer",  # {limit}
    "error_decimal",  # {limit}, {scale}
    "error_text",  # {limit}
    "error_date",
    "error_choice",
    "error_zero",  # {tick}
)
"""Keys of the texts that templates/wording.yaml gives."""

CREATED = datetime(2018, 1, 1)
"""Constant, so that the same form is the same bytes."""


def blank_form(
    plan: Plan,
    duty: str,
    unit: str,
    period: str,
    *,
    words: Mapping[str, str],
    subject: str | None = None,
    values: Mapping[str, Value] = {},
    notes: Mapping[str, str] = {},
    rows: Sequence[Mapping[str, Value]] = (),
    carried: int = 0,
    zero: bool = False,
    signed: Mapping[str, str] = {},
    before: Mapping[str, int] = {},
    due_at: datetime | None = None,
) -> bytes:
    """The .xlsx a unit fills in, with what a draft has already in it: `values` and `notes` 备注 by
    indicator, `rows` of the register by column, days as ISO text. The first `carried` rows are open from
    before, so that what tells them apart is locked. `before` (scaled) are the figures of last time that stand
    beside, `due_at` is until when it is to be sent."""
    form, buffer = ids.answer_form(plan, duty, unit), io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": CREATED})
    cells = Cells(book, words)
    page = Page(book.add_worksheet(words["sheet"]), cells, before)
    page.head(form, plan.unit[unit].name, period, subject and plan.subject_name(plan.duty[duty], subject))
    if plan.duty[duty].zero_report:
        page.zero(zero)
    page.rows(form, values, notes)
    page.sign_off(signed)
    page.seal()
    page.finish(form.title)
    if form.register_ is not None:
        register_page(book.add_worksheet(words["register_sheet"]), cells, form.register_, rows, carried)
    guide = book.add_worksheet(words["guide_sheet"])
    guide_page(guide, cells, plan, duty, unit, due_at=due_at, compared=bool(before))
    _identity_sheet(book, ids.identity(plan, duty, unit, period, subject), form, cells)
    book.close()
    return buffer.getvalue()


def _identity_sheet(book: Any, identity: dict[str, str], form: Form, cells: Cells) -> None:
    sheet = book.add_worksheet(ids.SHEET)
    pairs = {**identity, ids.CHECKSUM: ids.checksum(identity, form)}
    for row, (key, value) in enumerate(pairs.items()):
        sheet.write_string(row, 0, key)
        sheet.write_string(row, 1, value)
    cells.write_lists(sheet)
    sheet.protect()
    sheet.very_hidden()
