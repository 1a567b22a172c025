"""docs/plan-language.md: the models read every snippet, and a rhythm means what stands beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from duban.phrasing import duty_rhythm_words
from duban.plan import Form, Plan
from duban.plan.bundle import Given
from duban.plan.duties import Duty
from duban.plan.plan_file import Phase, PlanFile
from duban.plan.rhythm import Rhythm
from duban.plan.schema import schemas
from duban.plan.source import read_yaml
from duban.plan.unit_table import read_units
from duban.rendering import renderer
from tests.support.plans import CAMPAIGNS, load

TEXT = (CAMPAIGNS.parents[1] / "docs" / "plan-language.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml ([a-z-]+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
HAIAN = load("haian-2018")
MODELS: dict[str, Any] = {"phase": Phase, "duty": Duty, "form": Form, "given": Given}


def data(text: str) -> Any:
    located = read_yaml("snippet", text)
    assert not located.problems
    return located.data


def of(kind: str) -> list[str]:
    return [text for name, text in BLOCKS if name == kind]


def test_every_snippet_is_of_a_known_kind() -> None:
    assert {name for name, _ in BLOCKS} == {*MODELS, "rhythms", "plan-keys"}


@pytest.mark.parametrize(("kind", "text"), [b for b in BLOCKS if b[0] in MODELS])
def test_a_block_is_what_it_says(kind: str, text: str) -> None:
    assert MODELS[kind].model_validate(data(text))


@pytest.mark.parametrize("text", of("plan-keys"))
def test_keys_of_a_plan_fit_in_a_plan(text: str) -> None:
    plan = data((CAMPAIGNS / "haian-2018" / "plan.yaml").read_text("utf-8")) | data(text)
    assert PlanFile.model_validate(plan)
    assert not list(Draft202012Validator(schemas()["plan"]).iter_errors(plan))


RHYTHMS = [line.removeprefix("- ").split(" # ") for block in of("rhythms") for line in block.splitlines()]


@pytest.mark.parametrize(("text", "words"), RHYTHMS)
def test_a_rhythm_means_what_stands_beside_it(text: str, words: str) -> None:
    rhythm = TypeAdapter(Rhythm).validate_python(data(text))
    duty = HAIAN.file.duties[0].model_copy(update={"id": "shown", "rhythm": rhythm})
    file = HAIAN.file.model_copy(update={"duties": (*HAIAN.file.duties, duty)})
    plan = Plan(file=file, units=HAIAN.units, forms=HAIAN.forms)
    assert duty_rhythm_words(renderer(), plan, duty) == words


def test_the_unit_table_is_one() -> None:
    problems: list[Any] = []
    table = re.search(r"^```csv\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert table is not None
    found = read_units(table[1], problems)
    assert [u.id for u in found.units] == ["jicha", "lehua"]
    assert [(u.prefers, len(u.head), len(u.leader)) for u in found.units] == [(None, 0, 1), ("webhook", 1, 0)]
    assert problems == []
