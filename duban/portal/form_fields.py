"""What stands in the fields of a form page, between the browser and the JSON document of a return. Pure.

Fields are named as problems name places: `cells.fines`, `notes.fines`, `rows.2.place`, `signed.head`, `zero`.
Everything stays text exactly as it was typed; only intake reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from duban.errors import Problem
from duban.plan.forms import Form, Register
from duban.plan.identity import SIGNERS
from duban.registers import Row
from duban.services.issuing import Begun

BLANK = 3
"""Blank rows that a register's page has at its end."""
MORE = 5
"""Rows that one asking adds."""
MOST_ROWS = 2000
PLACE = re.compile(r"rows\[(\d+)\](?:\.(\w+))?", re.ASCII)


@dataclass(frozen=True)
class Typed:
    """A form as it is filled in so far."""

    cells: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    signed: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Mapping[str, str], ...] = ()
    zero: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing has been filled in."""
        return not (self.zero or self.cells or self.notes or self.signed or any(self.rows))


def of_posted(form: Form, posted: Mapping[str, Any]) -> Typed:
    """What a browser sent, of the fields that the form has."""

    def said(name: str) -> str:
        value = posted.get(name, "")
        return value if isinstance(value, str) and value.strip() else ""

    def part(prefix: str, codes: Iterable[str]) -> dict[str, str]:
        return {code: text for code in codes if (text := said(f"{prefix}.{code}"))}

    columns = form.register_.by_code if form.register_ else {}
    count = min(whole_number(said("rows")), MOST_ROWS) if columns else 0
    return Typed(
        part("cells", form.by_code), part("notes", form.by_code), part("signed", SIGNERS),
        tuple(part(f"rows.{n}", columns) for n in range(count)), zero=bool(said("zero")),
    )  # fmt: skip


def document(identity: Mapping[str, str], typed: Typed) -> dict[str, Any]:
    """The JSON document of a return, as `intake/document.py` reads it; blank rows at the end left out."""
    rows = list(typed.rows)
    while rows and not rows[-1]:
        rows.pop()
    found: dict[str, Any] = {key: value for key, value in identity.items() if value}
    found |= {"zero": typed.zero, "cells": dict(typed.cells)}
    parts = {"notes": dict(typed.notes), "signed": dict(typed.signed), "rows": [dict(r) for r in rows]}
    return found | {key: value for key, value in parts.items() if value}


def of_document(form: Form, said: Mapping[str, Any]) -> Typed:
    """What a document says in the fields that the form has now; whatever else it says is left out."""

    def part(members: Any, codes: Iterable[str]) -> dict[str, str]:
        known = members if isinstance(members, dict) else {}
        said = {code: str(known[code]) for code in codes if isinstance(known.get(code), str | int | float)}
        return {code: text for code, text in said.items() if text.strip()}

    columns = form.register_.by_code if form.register_ else {}
    rows = said.get("rows")
    return Typed(
        part(said.get("cells"), form.by_code), part(said.get("notes"), form.by_code),
        part(said.get("signed"), SIGNERS),
        tuple(part(row, columns) for row in rows[:MOST_ROWS]) if columns and isinstance(rows, list) else (),
        zero=said.get("zero") is True,
    )  # fmt: skip


def of_values(
    form: Form, values: Mapping[str, Decimal | str], notes: Mapping[str, str], signed: Mapping[str, str],
    rows: Sequence[Row], *, zero: bool = False,
) -> Typed:  # fmt: skip
    """A return that was read before, as it would be typed."""
    cells = {code: figure(values[code]) for code in form.by_code if code in values and values[code] != ""}
    if zero:  # a zero report says so itself; what it says besides is its stock figures
        cells = {code: text for code, text in cells.items() if form.by_code[code].is_stock}
    register = form.register_
    said = tuple(row.said(register) for row in rows) if register else ()
    return Typed(cells, {c: x for c, x in notes.items() if c in form.by_code}, dict(signed), said, zero)


def figure(value: Decimal | str) -> str:
    """A stored value as it is typed."""
    return format(value, "f") if isinstance(value, Decimal) else value


def with_carried(register: Register, typed: Typed, carried: Sequence[Row]) -> tuple[Typed, frozenset[int]]:
    """The rows that were open before come along, those not there yet before all others; and which of the
    rows they are, whose keys are locked."""
    named = [{code: row.said(register).get(code, "") for code in register.key} for row in carried]

    def key_of(row: Mapping[str, str]) -> dict[str, str]:
        return {code: row.get(code, "").strip() for code in register.key}

    here = [key_of(row) for row in typed.rows]
    lacking = [c.said(register) for c, key in zip(carried, named, strict=True) if key not in here]
    rows = (*lacking, *typed.rows)
    locked = frozenset(n for n, row in enumerate(rows) if key_of(row) in named)
    return replace(typed, rows=rows), locked


def begun(form: Form, typed: Typed, carried: Sequence[Row]) -> Begun:
    """The same for a workbook: the rows that are carried on first, no blank ones between."""
    locked: frozenset[int] = frozenset()
    if form.register_ is not None:
        typed, locked = with_carried(form.register_, typed, carried)
    first = [row for n, row in enumerate(typed.rows) if n in locked]
    others = [row for n, row in enumerate(typed.rows) if n not in locked and row]
    rows = (*first, *others)
    return Begun(typed.cells, typed.notes, typed.signed, rows, len(first), typed.zero)


def field_of(problem: Problem, form: Form | None) -> str:
    """The name of the field that a problem is about; "" for one about the whole return."""
    if problem.code.startswith("attachment") and problem.key:
        return f"files.{problem.key}"
    row = PLACE.fullmatch(problem.place)
    if row:
        return f"rows.{row[1]}.{row[2] or problem.key}"
    prefix, _, code = problem.place.partition(".")
    codes = {} if form is None else form.by_code
    if (prefix in ("cells", "notes") and code in codes) or (prefix == "signed" and code in SIGNERS):
        return problem.place
    if problem.key in codes:
        return f"cells.{problem.key}"
    if problem.key in SIGNERS:
        return f"signed.{problem.key}"
    return problem.key if problem.key in ("zero", "rows", "received_at", "statement") else ""


def whole_number(text: str) -> int:
    """A number of up to five digits that our own page has sent; 0 for anything else."""
    return int(text) if re.fullmatch(r"\d{1,5}", text, re.ASCII) else 0
