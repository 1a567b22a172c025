"""The sheet of a register 台账 in a filled workbook: every line under its hidden marks is a row."""

from __future__ import annotations

from collections.abc import Mapping

from duban.errors import Problem
from duban.intake.cells import Rows, entry_at, word
from duban.intake.refusal import refusal, shown
from duban.intake.sheets import Faults, cell_name
from duban.intake.values import SentRow
from duban.plan import identity as ids
from duban.plan.forms import Register


def read_register(
    sheets: Mapping[str, Rows], faults: Mapping[str, Faults], register: Register
) -> tuple[tuple[SentRow, ...], list[Problem]]:
    """The register's rows, blank ones too, and what its columns get wrong; SubmissionInvalid when there
    is no such sheet, or more than one."""
    sheet, marks = _marked(sheets, register)
    columns, problems = _columns(sheet, sheets[sheet][marks], marks, register)
    lines = range(marks + 1, len(sheets[sheet]))
    wrong = faults.get(sheet, {})
    rows = (
        SentRow(
            f"{sheet}!{line + 1}",
            {code: entry_at(sheet, sheets[sheet], wrong, line, column) for code, column in columns.items()},
        )
        for line in lines
    )
    return tuple(rows), problems


def _marked(sheets: Mapping[str, Rows], register: Register) -> tuple[str, int]:
    found = [
        (name, line)
        for name, rows in sheets.items()
        for line, row in enumerate(rows)
        if ids.ROW_COLUMN in map(word, row)
    ]
    if len(found) == 1:
        return found[0]
    names = "、".join(shown(name) for name, _ in found) or "、".join(map(shown, sheets))
    params = {"sheets": names, "name": register.name}
    raise refusal("register-sheet-doubled" if found else "register-sheet-missing", **params)


def _columns(
    sheet: str, marks: list[object], line: int, register: Register
) -> tuple[dict[str, int], list[Problem]]:
    """Where each column stands; one that is missing, doubled or never printed is a problem."""
    found: dict[str, int] = {}
    problems = []
    for column, cell in enumerate(marks):
        mark = word(cell)
        code = mark.removeprefix(ids.COLUMN_MARK)
        if code == mark:
            continue
        if code in found or code not in register.by_code:
            place = f"{sheet}!{cell_name(line, column)}"
            name = register.by_code[code].name if code in found else shown(code)
            params = {"name": name}
            problems.append(
                Problem(
                    "column-doubled" if code in found else "column-unknown",
                    place=place,
                    key=shown(code),
                    params=params,
                )
            )
        else:
            found[code] = column
    missing = [c for c in register.columns if c.code not in found]
    problems += [Problem("column-missing", place=sheet, key=c.code, params={"name": c.name}) for c in missing]
    return found, problems
