"""Filled forms of Qutang's October return, and what people and programs do to them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from duban.documents.blank import WORDS, blank_form
from duban.errors import Problem, SubmissionInvalid
from duban.intake.submission import Parsed, read_submission
from duban.rendering import renderer
from tests.support.plans import load

PLAN = load("haian-2018")
MONTHLY = PLAN.form["monthly"]
TO: dict[str, Any] = {"plan": PLAN, "duty": "monthly", "unit": "qutang", "period": "2018-10"}
MARKS = {key: key for key in WORDS} | {"sheet": "填报"}
ZEROS = {i.code: 0 for i in MONTHLY.indicators if i.is_number}
SHEET1 = "xl/worksheets/sheet1.xml"

Edit = Callable[[Any], None]


def filled(**values: Any) -> bytes:
    """Qutang's October form, every figure 0 but `values`."""
    return blank_form(**TO, words=MARKS, values={**ZEROS, **values})


def edited(data: bytes, edit: Edit) -> bytes:
    """The workbook after somebody opened, changed and saved it."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    edit(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def rezipped(data: bytes, part: str = "", old: bytes = b"", new: bytes = b"", **more: bytes) -> bytes:
    """The same archive with `old` once replaced by `new` in a part, and more parts."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            body = source.read(name)
            if name == part:
                assert re.search(old, body)
                body = re.sub(old, lambda _: new, body, count=1)
            target.writestr(name, body)
        for name, body in more.items():
            target.writestr(name.replace("__", "/").replace("_", "."), body)
    return out.getvalue()


def read(data: bytes, **to: Any) -> Parsed:
    return read_submission(data, "表.xlsx", **{**TO, **to})


def problems(data: bytes, **to: Any) -> tuple[Problem, ...]:
    """What is wrong with the file, each with a sentence to say it."""
    with pytest.raises(SubmissionInvalid) as caught:
        read(data, **to)
    assert all(p.file == "表.xlsx" for p in caught.value.problems)
    assert not [p for p in caught.value.problems if f"（{p.code}）" in renderer().problem(p)]
    return caught.value.problems


def row_of(sheet: Any, code: str) -> int:
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 6).value == code)


def setting(code: str, value: Any, number_format: str = "") -> Edit:
    """An edit that puts `value` into the indicator's cell."""

    def edit(book: Any) -> None:
        cell = book["填报"].cell(row_of(book["填报"], code), 4)
        cell.value = value
        cell.number_format = number_format or cell.number_format

    return edit
