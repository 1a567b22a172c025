"""The rows of a register 台账 that came with a return."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from duban import registers
from duban.errors import Problem
from duban.intake.refusal import shown
from duban.intake.validate import validate
from duban.intake.values import Sent, SentRow, read_values
from duban.plan.forms import Form, Register
from duban.registers import Row

MOST = 200
"""A register full of mistakes is told about so many of them."""


def read_rows(
    form: Form, register: Register, sent: Sequence[SentRow], carried: Sequence[Row]
) -> tuple[tuple[Row, ...], list[Problem]]:
    """The rows that say anything, and every mistake in them. `carried` are those still open before."""
    written = [r for r in sent if any(not e.is_blank for e in r.cells.values())]
    rows: list[Row] = []
    problems: list[Problem] = []
    for row in written:
        found, wrong = _row(form, row)
        rows.append(registers.row(register, *found))
        problems += wrong
    problems += _doubled(register, written, rows)
    # keys that could not be read would be called missing as well
    if not problems:
        problems += _left_out(register, carried, rows)
    return tuple(rows), problems[:MOST]


def _row(form: Form, sent: SentRow) -> tuple[tuple[dict[str, int], dict[str, str]], list[Problem]]:
    values = read_values(form.row, Sent(zero=False, form_version=form.version, cells=sent.cells))
    unread = {p.key for p in values.problems}
    valid = validate(
        form.row, zero=False, zero_allowed=False, cells=values.cells, texts=values.texts, unread=unread
    )
    rest = [replace(p, place=_place(sent, p.key)) for p in valid.problems]
    return (valid.cells, values.texts), [*values.problems, *rest]


def _place(sent: SentRow, code: str) -> str:
    return sent.cells[code].place if code in sent.cells else sent.place


def _doubled(register: Register, sent: Sequence[SentRow], rows: Sequence[Row]) -> Iterator[Problem]:
    places: dict[str, list[str]] = defaultdict(list)
    for at, row in zip(sent, rows, strict=True):
        if row.key.strip("|"):
            places[row.key].append(_place(at, register.key[0]))
    for key, found in places.items():
        if len(found) > 1:
            params = {"places": "、".join(found), "name": register.name}
            yield Problem("register-row-doubled", place=found[0], key="rows", value=shown(key), params=params)


def _left_out(register: Register, carried: Sequence[Row], rows: Sequence[Row]) -> Iterator[Problem]:
    closing = register.closed
    if closing is None:
        return
    params = {
        "name": register.name,
        "column": register.by_code[closing.column].name,
        "closing": "、".join(closing.values),
    }
    for key in registers.left_out(register, carried, rows):
        yield Problem("register-row-missing", key="rows", value=shown(key), params=params)
