"""A filled workbook, read by its hidden marks: rows and columns may have moved, sheets been renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from duban.errors import Problem
from duban.intake.cells import Rows, at, entry_at, word
from duban.intake.guard import unpack
from duban.intake.reader import read_sheets
from duban.intake.refusal import refusal, refused, shown
from duban.intake.register_sheet import read_register
from duban.intake.sheets import Faults, cell_name
from duban.intake.values import Entry, Sent
from duban.plan import identity as ids
from duban.plan.forms import Form
from duban.plan.model import Plan

TICKS = {ids.TICK, "✓", "✔", "☑"}
UNKNOWN = 50
"""A sheet full of strange rows is told about so many of them."""


@dataclass(frozen=True)
class _FormSheet:
    """The sheet that bears the marks."""

    name: str
    rows: Rows
    value_column: int
    code_column: int
    note_column: int | None
    faults: Faults

    def place(self, row: int) -> str:
        """Where a row's value stands: `填报!D7`."""
        return f"{self.name}!{cell_name(row, self.value_column)}"

    def entry(self, row: int) -> Entry:
        """What stands in a row's value cell."""
        return entry_at(self.name, self.rows, self.faults, row, self.value_column)

    def note(self, row: int) -> Entry | None:
        """What stands in a row's note cell 备注; None on a form printed before there was one."""
        column = self.note_column
        return None if column is None else entry_at(self.name, self.rows, self.faults, row, column)


def read_workbook(
    data: bytes, file_name: str, plan: Plan, expected: Mapping[str, str], form: Form
) -> tuple[Sent, list[Problem]]:
    """What a workbook says, if it is the form `expected` names; SubmissionInvalid when it is another
    form, whose rows would mean something else."""
    package = unpack(data, file_name)
    sheets = read_sheets(data)
    wrong, other_form = _identity_problems(sheets.pop(ids.SHEET, None), plan, expected, form)
    if other_form:
        raise refused(wrong)
    surveys = {name: package.surveys.get(part) for name, part in package.sheets.items()}
    faults = {name: survey.faults for name, survey in surveys.items() if survey}
    if any(any(rows) and name not in faults for name, rows in sheets.items()):
        raise refusal("workbook-broken")  # a sheet that the guard has not seen
    sent, problems = _sent(_form_sheet(sheets, faults), form)
    if form.register_ is None:
        return sent, wrong + problems
    rows, unclear = read_register(sheets, faults, form.register_)
    return replace(sent, rows=rows), wrong + problems + unclear


def _identity_problems(
    rows: Rows | None, plan: Plan, expected: Mapping[str, str], form: Form
) -> tuple[list[Problem], bool]:
    """What the identity sheet gets wrong, and whether it makes this another form altogether."""
    found = {word(at(row, 0)): word(at(row, 1)) for row in rows or ()}
    if not {*ids.FIELDS, ids.CHECKSUM} <= found.keys():
        return [Problem("identity-missing")], True
    said = {f: found.get(f, "") for f in (*ids.FIELDS[:4], ids.SUBJECT)}
    wrong = [
        _mismatch(f, expected.get(f, ""), v, plan)
        for f, v in said.items()
        if not is_meant(f, expected, v, plan)
    ]
    if found["form"] != expected["form"]:
        return [*wrong, _mismatch("form", expected["form"], found["form"], plan)], True
    if found["form_version"] != expected["form_version"]:
        versions = {"expected": expected["form_version"], "found": shown(found["form_version"])}
        problem = Problem("form-version", key="form_version", value=versions["found"], params=versions)
        return [*wrong, problem], True
    if ids.checksum(found, form) != found[ids.CHECKSUM]:
        return [*wrong, Problem("identity-tampered")], True
    return wrong, False


def is_meant(field: str, expected: Mapping[str, str], found: str, plan: Plan) -> bool:
    """Whether a return names what is expected; a unit may go by any of its names."""
    wanted = expected.get(field, "")
    return found == wanted or (field == "unit" and ids.answers_for(plan, found, wanted))


def _mismatch(field: str, expected: str, found: str, plan: Plan) -> Problem:
    return wrong_identity(field, expected, found, plan, place=f"{ids.SHEET}!{field}")


def wrong_identity(field: str, expected: str, found: str, plan: Plan, place: str) -> Problem:
    """Somebody else's form, or another duty's or period's, named as people name them."""
    params = {"field": field, "expected": _name(field, expected, plan), "found": _name(field, found, plan)}
    return Problem("wrong-identity", place=place, key=field, value=shown(found), params=params)


def _name(field: str, value: str, plan: Plan) -> str:
    names = {
        "campaign": {plan.slug: plan.file.short},
        "duty": {d.id: d.name for d in plan.file.duties},
        "unit": {u.id: u.name for u in plan.units},
        "form": {f.id: f.title for f in plan.forms},
    }
    return names.get(field, {}).get(value, shown(value))


def _form_sheet(sheets: Mapping[str, Rows], faults: Mapping[str, Faults]) -> _FormSheet:
    marked = []
    for name, rows in sheets.items():
        for row in rows:
            columns = {word(cell): column for column, cell in enumerate(row)}
            if {ids.VALUE_COLUMN, ids.CODE_COLUMN} <= columns.keys():
                marks = (columns[ids.VALUE_COLUMN], columns[ids.CODE_COLUMN], columns.get(ids.NOTE_COLUMN))
                marked.append(_FormSheet(name, rows, *marks, faults.get(name, {})))
    if len(marked) != 1:
        names = "、".join(shown(m.name) for m in marked) or "、".join(map(shown, sheets))
        raise refusal("form-sheet-doubled" if marked else "form-sheet-missing", sheets=names)
    return marked[0]


def _sent(sheet: _FormSheet, form: Form) -> tuple[Sent, list[Problem]]:
    rows: dict[str, list[int]] = {}
    for index, row in enumerate(sheet.rows):
        code = word(at(row, sheet.code_column))
        if code and code != ids.CODE_COLUMN:
            rows.setdefault(code, []).append(index)
    problems = _row_problems(sheet, form, rows)
    single = {code: sheet.entry(found[0]) for code, found in rows.items() if len(found) == 1}
    zero = False
    if ids.ZERO in single:
        zero, unclear = _tick(single[ids.ZERO])
        problems += unclear
    sent = Sent(
        zero,
        form.version,
        {code: entry for code, entry in single.items() if code in form.by_code},
        {key: single[f"#{key}"] for key in ids.SIGNERS if f"#{key}" in single},
        frozenset(form.by_code.keys() - single.keys()),
        {c: note for c in single if c in form.by_code and (note := sheet.note(rows[c][0]))},
    )
    return sent, problems


def _row_problems(sheet: _FormSheet, form: Form, rows: Mapping[str, list[int]]) -> list[Problem]:
    known = {*form.by_code, ids.ZERO, *(f"#{key}" for key in ids.SIGNERS)}
    names = {i.code: i.name for i in form.indicators}
    problems = [
        Problem("row-missing", place=sheet.name, key=code, params={"name": names[code]})
        for code in form.by_code
        if code not in rows
    ]
    strange = 0
    for code, found in rows.items():
        strange += code not in known
        if strange > UNKNOWN and code not in known:
            continue
        name = {"name": names.get(code, shown(code))}
        places = "、".join(cell_name(row, sheet.value_column) for row in found)
        if code not in known:
            problems.append(Problem("row-unknown", place=sheet.place(found[0]), key=shown(code), params=name))
        elif len(found) > 1:
            params = {**name, "places": places}
            problems.append(Problem("row-doubled", place=sheet.place(found[0]), key=code, params=params))
    return problems


def _tick(entry: Entry) -> tuple[bool, list[Problem]]:
    if entry.is_blank:
        return False, []
    if entry.fault is None and (entry.raw is True or word(entry.raw) in TICKS):
        return True, []
    value = entry.fault.value if entry.fault else entry.raw
    params = {"tick": ids.TICK}
    return False, [Problem("zero-unclear", place=entry.place, key="zero", value=shown(value), params=params)]
