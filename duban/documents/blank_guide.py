"""The sheet of a form that says how to fill it in 填报说明, until when, and whom to ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from duban.debtors import attachments_of
from duban.documents.blank_cells import Cells, lines, on_a4
from duban.plan import identity as ids
from duban.plan.forms import Form
from duban.plan.model import Plan
from duban.rendering import due_words

WIDTH = 76
"""Of the only column, in half-width characters; A4 upright."""
HEIGHT = 18
"""Of a printed line, in points."""


def guide_page(
    sheet: Any, cells: Cells, plan: Plan, duty: str, unit: str, *, due_at: datetime | None, compared: bool
) -> None:
    """Title and numbered points; `compared` says that figures of last time stand beside."""
    words, form = cells.words, ids.answer_form(plan, duty, unit)
    sheet.set_column(0, 0, WIDTH)
    sheet.set_row(0, 36)
    sheet.write_string(0, 0, words["guide_title"].format(form=form.title), cells.style("title"))
    points = [*_points(plan, duty, unit, form, words, compared), *_ends(plan, words, due_at)]
    for row, point in enumerate(points, start=1):
        line = f"{row}. {point}"
        sheet.set_row(row, HEIGHT * lines(line, WIDTH - 6) + 6)
        sheet.write_string(row, 0, line, cells.style("line"))
    sheet.protect("", {"format_columns": True, "format_rows": True})
    on_a4(sheet)
    sheet.print_area(0, 0, len(points), 0)


def _points(plan: Plan, duty: str, unit: str, form: Form, words: Any, compared: bool) -> Iterator[str]:
    rule = plan.duty[duty]
    yield words["guide_fill"]
    yield words["guide_figures"]
    if rule.zero_report:
        yield words["guide_zero"].format(tick=ids.TICK)
    yield words["guide_note"]
    if compared:
        yield words["guide_before"]
    if form.register_ is not None:
        yield words["guide_register"].format(register=form.register_.name)
    if rule.sign:
        yield words["guide_sign"].format(names="、".join(words[key] for key in rule.sign))
    yield words["guide_seal"]
    wanted = [a.name for a in attachments_of(plan, rule, plan.unit[unit]) if a.at_least]
    if wanted:
        yield words["guide_attachments"].format(names="、".join(wanted))


def _ends(plan: Plan, words: Any, due_at: datetime | None) -> Iterator[str]:
    yield words["guide_send"]
    yield words["guide_secret"]
    if due_at is not None:
        yield words["guide_deadline"].format(deadline=due_words(due_at))
    yield words["guide_ask"].format(unit=plan.coordinator.name)
