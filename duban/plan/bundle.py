"""A campaign folder's texts → Plan, or every mistake in them at once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from duban.errors import PlanInvalid, Problem
from duban.plan import rules
from duban.plan.forms import Form
from duban.plan.mistakes import our_problem
from duban.plan.model import Plan
from duban.plan.origins import origin_problems
from duban.plan.plan_file import PlanFile
from duban.plan.rules.blocks import Block
from duban.plan.rules.folder import Folder
from duban.plan.source import Located, read_yaml
from duban.plan.stated import Day, Id, Stated
from duban.plan.unit_table import UnitTable, read_units

T = TypeVar("T", bound=BaseModel)

PLAN, GIVEN = "plan.yaml", "given.yaml"
TEMPLATES = "templates/"
"""Folder of a campaign's own texts. What is in them is looked at by duban.services.own_texts."""
SPAN = ("start", "end")
"""What given.yaml may state in plan.yaml's stead."""


class Given(Stated):
    """given.yaml: what a notice leaves open and the coordinator gives when deploying, or later."""

    start: Any = None
    end: Any = None
    determined: dict[Id, Day] = Field(default_factory=dict)
    """Due days of undetermined duties."""


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
    problems = [] if PLAN in files else [Problem("file-missing", PLAN)]
    given_source = _given_source(files, problems)
    plan_source = _source(PLAN, files.get(PLAN, ""), problems, checked=PLAN in files)
    plan_source.graft(given_source, SPAN)
    form_sources = [
        _source(n, files[n], problems, checked=True) for n in sorted(files) if n.startswith("forms/")
    ]
    given = _model(Given, given_source, problems)
    plan_file = _model(PlanFile, plan_source, problems) if PLAN in files else None
    forms = [_model(Form, source, problems) for source in form_sources]
    table = read_units(files.get("units.csv"), problems)
    problems += rules.problems(_folder(plan_source, given_source, table, form_sources))
    if problems or plan_file is None or given is None:
        found = _in_order([_span_missing(p) for p in problems])
        raise PlanInvalid("plan-invalid", tuple(found), count=len(found))
    whole = tuple(form for form in forms if form)
    own = tuple((name, files[name]) for name in sorted(files) if name.startswith(TEMPLATES))
    return Plan(
        file=plan_file, units=tuple(table.units), forms=whole, determined=given.determined, templates=own
    )  # fmt: skip


def _given_source(files: dict[str, str], problems: list[Problem]) -> Located:
    source = _source(GIVEN, files.get(GIVEN, ""), problems, checked=GIVEN in files)
    if source.data is None and not source.problems:
        source.data = {}  # nothing given is given by an empty file, too
    return source


def _folder(plan: Located, given: Located, table: UnitTable, forms: list[Located]) -> Folder:
    blocks = tuple(_block(form, Form) for form in forms)
    return Folder(_block(plan, PlanFile), _block(given, Given), table, blocks)


def _source(name: str, text: str, problems: list[Problem], *, checked: bool) -> Located:
    """A file's data; what is wrong with its text goes to `problems`."""
    source = read_yaml(name, text)
    if checked:
        problems += [*source.problems, *origin_problems(source)]
    return source


def _block(source: Located, model: type[BaseModel]) -> Block:
    return Block(source, (), model, source.data if isinstance(source.data, dict) else {})


def _span_missing(problem: Problem) -> Problem:
    """What the notice may leave open can be given when deploying; the sentence says so."""
    is_span = problem.code == "missing" and problem.file == PLAN and problem.key in SPAN
    return Problem("span-missing", problem.file, problem.place, problem.key) if is_span else problem


def _in_order(problems: list[Problem]) -> list[Problem]:
    order = {PLAN: 0, GIVEN: 1, "units.csv": 2}
    return sorted(_once(problems), key=lambda p: (order.get(p.file, 3), p.file, int(p.place or 0), p.key))


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
        problems += [our_problem(e, lambda p, c, v, k: source.problem(p, c, v, **k)) for e in error.errors()]
        return None
