"""A generator of mistakes applied to all campaigns: each wrong plan is told the line that is wrong."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest

from duban.agenda import life, obligations
from duban.errors import PlanInvalid
from duban.plan import Bundle, parse
from duban.plan.source import read_yaml
from duban.plan.warnings import warnings
from duban.questions import questions
from duban.rendering import renderer
from tests.support.plans import CAMPAIGNS, mistakes, shipped
from tests.support.slips import Slip, slips
from tests.support.wrong_words import PIECES, ROWS, UNITS, WORDS

SLUGS = sorted(folder.name for folder in CAMPAIGNS.iterdir() if (folder / "plan.yaml").exists())
FEW = 2
"""Of each kind of slip, so many places of a campaign."""
CASES = [(slug, slip) for slug in SLUGS for slip in slips(slug, shipped(slug), seed=3, most=FEW)]


def wrong(slug: str, slip: Slip) -> Bundle:
    return Bundle(tuple({**shipped(slug), slip.file: slip.text}.items()))


@pytest.mark.parametrize(
    ("slug", "slip"), CASES, ids=[f"{slug}, line {slip.line}: {slip.name}" for slug, slip in CASES]
)
def test_a_slip_of_the_pen_is_told_its_file_and_line_in_chinese(slug: str, slip: Slip) -> None:
    found = mistakes(wrong(slug, slip))
    assert (slip.at, str(slip.line), slip.code) in [(p.file, p.place, p.code) for p in found]
    for problem in found:
        said = renderer().problem(problem)
        assert said.startswith(problem.file)
        assert f"（{problem.code}）" not in said  # how a code without a sentence is said


def test_all_of_them_are_different_and_there_are_hundreds() -> None:
    digests = {wrong(slug, slip).digest for slug, slip in CASES}
    assert len(digests) == len(CASES) >= 100 * len(SLUGS)
    assert not digests & {Bundle(tuple(shipped(slug).items())).digest for slug in SLUGS}


def test_no_kind_of_slip_is_without_a_case() -> None:
    kinds = {*(w.name for w in WORDS), *(p.name for p in PIECES), *(name for name, _, _ in ROWS)}
    assert kinds <= {slip.name for _, slip in CASES}


# --- plans torn at random -------------------------------------------------------------------------

JUNK: tuple[Any, ...] = (
    None, "", 0, -1, 31, 10**20, 1.5, True, [], {}, [[]], [{}], ["x"], "x", "month", "lead", "parent", "task",
    "2018-02-30", "2018-09-06", "2199-12-31", "1900-01-01", "9999-12-31", "长" * 300, {"x": 1},
)  # fmt: skip
RHYTHMS: tuple[dict[str, Any], ...] = (
    {"every": "day", "in": "same", "skip": "holidays"},
    {"every": "week", "on": ["mon", "fri"], "in": "same"},
    {"every": "half-month", "on": 16, "in": "next", "roll": "next"},
    {"every": "month", "on": 30, "in": "same", "cutoff": 25, "at": "closing"},
    {"every": "quarter", "on": "last", "month": 3, "in": "next", "covers": "to-date"},
    {"every": "year", "on": 31, "in": "next", "opens": 365},
    {"dates": ["2190-02-28", "2199-12-31"], "covers": "whole"},
    {"due": "undetermined"},
    {"when": "event", "within": {"hours": 8760}},
)
DUTY: tuple[tuple[str, Any], ...] = (
    ("per", "task"), ("by", "lead"), ("by", ["lead", "cooperating"]), ("to", "parent"),
    ("except", "branches"), ("quota", {"at_least": 3, "unit_of_measure": "篇"}), ("grace", 365),
    ("form", None), ("moments", {"remind": [365, 1], "chase": [365], "escalate": 365}),
    ("phases", []), ("variants", []), ("circular", 365),
    ("escalation", {"blue": 1, "orange": 200, "red": 365, "leader_approves": ["red"]}),
)  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into plain data."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [p for key, value in pairs for p in [(*path, key), *places(value, (*path, key))]]


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def tear(data: Any, random: Random) -> None:
    """Take something out, put junk in its place, or move another piece there."""
    path = random.choice(places(data))
    around = at(data, path[:-1])
    match random.randrange(3):
        case 0:
            del around[path[-1]]
        case 1:
            around[path[-1]] = copy.deepcopy(random.choice(JUNK))
        case _:
            around[path[-1]] = copy.deepcopy(at(data, random.choice(places(data))))


def rewrite(data: Any, random: Random) -> None:
    """Another rhythm or another value that is good in itself, for one of the duties."""
    duty = random.choice(data["duties"])
    if random.random() < 0.6:
        others = [{"before": d["id"], "days": 365} for d in data["duties"]]
        others += [{"end_of": phase["id"], "days": 9} for phase in data.get("phases", ())]
        duty["rhythm"] = copy.deepcopy(random.choice([*RHYTHMS, *others]))
    else:
        key, value = random.choice(DUTY)
        duty[key] = copy.deepcopy(value)


def use(bundle: Bundle) -> bool:
    """Whether it makes a plan; then everything that is derived from it can be asked for, and said."""
    try:
        plan = parse(bundle)
    except PlanInvalid as invalid:
        return not [renderer().problem(p) for p in invalid.problems]
    found = obligations(plan)
    assert len({o.key for o in found}) == len(found)
    due = sorted({(o.duty, o.period or "", o.due_day) for o in found if o.due_day})
    asked = [*warnings(plan, due), *questions(plan)]
    assert all(renderer().problem(p) for p in asked)
    assert life(plan)[0] <= plan.start
    assert plan.coordinator.id in plan.unit
    return True


@pytest.mark.parametrize("slug", SLUGS)
def test_a_torn_plan_is_refused_or_works_and_never_breaks(slug: str) -> None:
    random = Random(f"torn {slug}")
    whole = {name: read_yaml(name, text).data for name, text in shipped(slug).items() if name != UNITS}
    outcomes = []
    for _ in range(80):
        data = copy.deepcopy(whole)
        if random.random() < 0.6:
            rewrite(data["plan.yaml"], random)
        else:
            tear(data[random.choice(["plan.yaml", *data])], random)
        files = {name: json.dumps(value, ensure_ascii=False) for name, value in data.items()}
        outcomes.append(use(Bundle(tuple({**shipped(slug), **files}.items()))))
    assert outcomes.count(True) > 10  # enough of both, or nothing was put to the test
    assert outcomes.count(False) > 10
