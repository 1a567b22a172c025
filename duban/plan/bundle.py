"""A campaign folder's texts → Plan, or every mistake in them at once."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from duban.errors import PlanInvalid, Problem
from duban.plan import rules
from duban.plan.forms import Form
from duban.plan.model import Plan, PlanFile, Unit
from duban.plan.origins import origin_problems
from duban.plan.source import Located, Path, read_yaml

T = TypeVar("T", bound=BaseModel)

UNIT_COLUMNS = ("id", "name", "short", "groups", "parent", "channels", "opens", "closes", "origin")


@dataclass(frozen=True)
class Bundle:
    """The texts of a campaign folder by relative name: what a plan version is made of."""

    files: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The whole bundle as one canonical text."""
        return json.dumps(dict(self.files), ensure_ascii=False, sort_keys=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical text: the same files are the same plan."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @staticmethod
    def from_text(text: str) -> Bundle:
        """The bundle that `text` was made from."""
        return Bundle(tuple(sorted(json.loads(text).items())))


def parse(bundle: Bundle) -> Plan:
    """Read a bundle. Raises PlanInvalid with every mistake, each with file, line, key and value."""
    files = dict(bundle.files)
    sources, problems = [], []
    plan_source = read_yaml("plan.yaml", files.get("plan.yaml", ""))
    if "plan.yaml" not in files:
        problems.append(Problem("file-missing", "plan.yaml"))
    sources.append(plan_source)
    plan_file = _model(PlanFile, plan_source, problems) if "plan.yaml" in files else None
    units, unit_lines = _units(files.get("units.csv"), problems)
    forms: dict[str, Form] = {}
    form_files = sorted(n for n in files if n.startswith("forms/"))
    for name in form_files:
        source = read_yaml(name, files[name])
        sources.append(source)
        form = _model(Form, source, problems)
        if form is not None:
            forms[name] = form
            problems += rules.form_problems(form, source)
    for source in sources:
        problems += source.problems + origin_problems(source)
    known_units = [u.id for u in units] if units else None
    form_names = [name.removeprefix("forms/").removesuffix(".yaml") for name in files if name in form_files]
    problems += rules.plan_problems(plan_source, known_units, form_names)
    if isinstance(plan_source.data, dict) and isinstance(plan_source.data.get("groups"), list):
        problems += rules.unit_problems(plan_source, units, unit_lines)
    if problems or plan_file is None:
        raise PlanInvalid("plan-invalid", tuple(_in_order(problems)), count=len(problems))
    return Plan(file=plan_file, units=units, forms=tuple(forms.values()))


def _in_order(problems: list[Problem]) -> list[Problem]:
    order = {"plan.yaml": 0, "units.csv": 1}
    return sorted(_once(problems), key=lambda p: (order.get(p.file, 2), p.file, int(p.place or 0), p.key))


def _once(problems: list[Problem]) -> list[Problem]:
    """The problems without repetitions, in the order they were found."""
    seen: dict[tuple[str, str, str, str], Problem] = {}
    for problem in problems:
        seen.setdefault((problem.file, problem.place, problem.key, problem.code), problem)
    return list(seen.values())


def _model(model: type[T], source: Located, problems: list[Problem]) -> T | None:
    if any(p.code == "yaml-syntax" for p in source.problems):
        return None
    if not isinstance(source.data, dict):
        problems.append(source.problem((), "not-a-mapping"))
        return None
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        problems += [_problem(e, lambda p, c, v, k: source.problem(p, c, v, **k)) for e in error.errors()]
        return None


CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown-key",
    "literal_error": "bad-choice",
    "string_pattern_mismatch": "bad-pattern",
    "string_too_long": "too-long",
    "string_too_short": "too-short",
    "greater_than": "too-small",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-large",
    "int_type": "not-an-integer",
    "bool_type": "not-a-boolean",
    "bool_parsing": "not-a-boolean",
    "string_type": "not-text",
    "tuple_type": "not-a-list",
    "dict_type": "not-a-mapping",
    "model_type": "not-a-mapping",
}
TAGS = {"monthly", "event"}
OURS = {"not-one-line", "bad-clock", "bad-month", "bad-date", "bad-day-of-month"}


def _problem(error: Any, place: Callable[[Path, str, Any, dict[str, Any]], Problem]) -> Problem:
    """One pydantic error in our words: our codes, and no path parts that are not in the file."""
    path = tuple(p for i, p in enumerate(error["loc"]) if not (p in TAGS and error["loc"][i - 1] == "rhythm"))
    kind, value = error["type"], error["input"]
    code = kind if kind in OURS else CODES.get(kind, "wrong-type")
    shown = "" if isinstance(value, dict | list) or kind == "missing" else value
    return place(path, code, shown, {"detail": error["msg"], **error.get("ctx", {})})


def _units(text: str | None, problems: list[Problem]) -> tuple[tuple[Unit, ...], dict[str, int]]:
    if text is None:
        problems.append(Problem("file-missing", "units.csv"))
        return (), {}
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="_more", strict=True)
    units: list[Unit] = []
    lines: dict[str, int] = {}
    columns = tuple(reader.fieldnames or ())
    if columns != UNIT_COLUMNS:
        problems.append(
            Problem(
                "csv-columns", "units.csv", "1", value=",".join(columns),
                params={"expected": ",".join(UNIT_COLUMNS)},
            )
        )  # fmt: skip
        return (), {}
    try:
        for row in reader:
            unit = _unit(row, reader.line_num, problems)
            if unit is None:
                continue
            if unit.id in lines:
                problems.append(_csv_problem(reader.line_num, "id", "duplicate-id", unit.id))
            lines[unit.id] = reader.line_num
            units.append(unit)
    except csv.Error as error:
        problems.append(_csv_problem(reader.reader.line_num, "", "csv-syntax", detail=str(error)))
    return tuple(units), lines


def _csv_problem(line: int, key: str, code: str, value: Any = "", **params: Any) -> Problem:
    return Problem(code, "units.csv", str(line), key, str(value), params)


def _unit(row: dict[str, Any], line: int, problems: list[Problem]) -> Unit | None:
    if row.get("_more") or None in row.values():
        problems.append(_csv_problem(line, "", "csv-cells", expected=len(UNIT_COLUMNS)))
        return None
    channels = []
    for text in filter(None, row["channels"].split(";")):
        kind, sign, address = text.strip().partition("=")
        if not sign:
            problems.append(_csv_problem(line, "channels", "bad-channel", text))
            return None
        channels.append({"kind": kind, "address": address})
    data = {k: v.strip() for k, v in row.items() if v.strip()} | {
        "groups": tuple(g.strip() for g in row["groups"].split(";") if g.strip()),
        "channels": tuple(channels),
    }
    try:
        return Unit.model_validate(data)
    except ValidationError as error:
        problems += [
            _problem(e, lambda p, c, v, k: _csv_problem(line, str(p[0]), c, v, **k)) for e in error.errors()
        ]
        return None
