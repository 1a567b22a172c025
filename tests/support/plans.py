"""Campaign folders of the repository as typed plans, and the same with something changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from duban.errors import PlanInvalid, Problem
from duban.plan import Bundle, Plan, Unit, parse

CAMPAIGNS = Path(__file__).parents[2] / "data" / "campaigns"


@cache
def texts(slug: str) -> Mapping[str, str]:
    """The files of data/campaigns/<slug> by relative name."""
    folder = CAMPAIGNS / slug
    forms = sorted(f"forms/{path.name}" for path in (folder / "forms").glob("*.yaml"))
    given = ["given.yaml"] if (folder / "given.yaml").exists() else []
    return {name: (folder / name).read_text("utf-8") for name in ("plan.yaml", *given, "units.csv", *forms)}


@cache
def load(slug: str) -> Plan:
    """The plan in data/campaigns/<slug>."""
    return parse(Bundle(tuple(texts(slug).items())))


def changed(*edits: tuple[str, str, str], slug: str = "haian-2018") -> Bundle:
    """The campaign's files, in each edit's file the first `old` replaced by `new`."""
    files = dict(texts(slug))
    for name, old, new in edits:
        assert old in files[name], f"{name} has no {old!r}"
        files[name] = files[name].replace(old, new, 1)
    return Bundle(tuple(files.items()))


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
