"""Campaign folders of the repository as typed plans, and the same with something changed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from duban.errors import PlanInvalid, Problem
from duban.plan import Bundle, Plan, Unit, parse

CAMPAIGNS = Path(__file__).parents[2] / "data" / "campaigns"


SPEECH = (
    (r"^messages:\n(?: .*\n)*\n", ""),
    (r"^    escalation:.*\n(?:      .*\n)*", ""),
    (r"^    circular: .*\n", ""),
    (r", circular: coordinator", ""),
    (r"(remind: \[[\d, ]*\d), 0\]", r"\1]"),
    (r", peer: (?:true|coordinator)", ""),
)
"""What in plan.yaml says more than reminders and chases, and what to write in its place."""
HEARERS = ("head", "leader", "prefers")


def quiet_plan(files: Mapping[str, str]) -> Mapping[str, str]:
    """A campaign's files without what is said besides reminders before and chases after: no messages, colours
    and circulars, no word on the due day itself, and nobody above the liaisons. Most tests are about such
    plans; what the shipped ones say has tests of its own."""
    plan = files["plan.yaml"]
    for pattern, other in SPEECH:
        plan = re.sub(pattern, other, plan, flags=re.MULTILINE)
    rows = [
        {column: cell for column, cell in row.items() if column not in HEARERS}
        for row in csv.DictReader(io.StringIO(files["units.csv"]))
    ]
    return {**files, "plan.yaml": plan, "units.csv": table(rows)}


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as the text of units.csv."""
    out = io.StringIO()
    columns = dict.fromkeys(column for row in rows for column in row)
    writer = csv.DictWriter(out, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@cache
def texts(slug: str) -> Mapping[str, str]:
    """The files of data/campaigns/<slug> by relative name, as a quiet plan."""
    return quiet_plan(shipped(slug))


@cache
def shipped(slug: str) -> Mapping[str, str]:
    """The files of data/campaigns/<slug> by relative name, as they are."""
    folder = CAMPAIGNS / slug
    forms = sorted(f"forms/{path.name}" for path in (folder / "forms").glob("*.yaml"))
    given = ["given.yaml"] if (folder / "given.yaml").exists() else []
    return {name: (folder / name).read_text("utf-8") for name in ("plan.yaml", *given, "units.csv", *forms)}


@cache
def load(slug: str) -> Plan:
    """The plan in data/campaigns/<slug>, as a quiet one."""
    return parse(Bundle(tuple(texts(slug).items())))


@cache
def load_shipped(slug: str) -> Plan:
    """The plan in data/campaigns/<slug>, as it is."""
    return parse(Bundle(tuple(shipped(slug).items())))


def changed(*edits: tuple[str, str, str], slug: str = "haian-2018") -> Bundle:
    """The campaign's files as a quiet plan, in each edit's file the first `old` replaced by `new`."""
    files = dict(texts(slug))
    for name, old, new in edits:
        assert old in files[name], f"{name} has no {old!r}"
        files[name] = files[name].replace(old, new, 1)
    return Bundle(tuple(files.items()))


def quiet_folder(slug: str, into: Path) -> Path:
    """The campaign as a quiet plan, in a folder of its own; returns that."""
    for name, text in texts(slug).items():
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        (into / name).write_text(text, "utf-8")
    return into


def with_cells(bundle: Bundle, cells: Mapping[str, Mapping[str, str]]) -> Bundle:
    """The bundle with other cells in units.csv, by unit and column; new columns come last."""
    files = dict(bundle.files)
    rows = list(csv.DictReader(io.StringIO(files["units.csv"])))
    assert {*cells} <= {row["id"] for row in rows}
    changed_rows = [{**row, **cells.get(row["id"], {})} for row in rows]
    return Bundle(tuple({**files, "units.csv": table(changed_rows)}.items()))


def mistakes(bundle: Bundle) -> tuple[Problem, ...]:
    """Every problem that parsing the bundle reports."""
    with pytest.raises(PlanInvalid) as caught:
        parse(bundle)
    return caught.value.problems


def remade(
    plan: Plan, *, units: Iterable[Unit] | None = None, alone: bool = False, **first_duty: Any
) -> Plan:
    """The plan with other units, or with other values for its first duty, which may stand `alone`;
    nothing is checked again."""
    others = () if alone else plan.file.duties[1:]
    duties = (plan.file.duties[0].model_copy(update=first_duty), *others)
    file = plan.file.model_copy(update={"duties": duties})
    return Plan(file=file, units=plan.units if units is None else tuple(units), forms=plan.forms)
