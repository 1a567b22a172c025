"""The published JSON Schemas: current, true of the five campaigns, and against mistakes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from duban.plan.schema import schema_texts, schemas
from duban.plan.source import read_yaml
from tests.support.plans import CAMPAIGNS, texts

MADE = schemas()
VALID = {name: Draft202012Validator(made) for name, made in MADE.items()}
FILES = sorted(p.relative_to(CAMPAIGNS).as_posix() for p in CAMPAIGNS.rglob("*.yaml"))


def kind(path: str) -> str:
    return "form" if "/forms/" in path else Path(path).stem


@pytest.mark.parametrize("path", FILES)
def test_every_file_of_the_campaigns_fits_its_schema(path: str) -> None:
    data = read_yaml(path, (CAMPAIGNS / path).read_text("utf-8")).data
    assert [e.message for e in VALID[kind(path)].iter_errors(data)] == []


@pytest.mark.parametrize("path", FILES)
def test_every_file_names_its_schema_for_the_editor(path: str) -> None:
    first = (CAMPAIGNS / path).read_text("utf-8").splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    named = ((CAMPAIGNS / path).parent / first.removeprefix(prefix)).resolve()
    assert named == CAMPAIGNS.parents[1] / "docs" / "schema" / f"{kind(path)}.schema.json"
    assert named.is_file()


def test_the_published_schemas_are_those_of_the_models() -> None:
    folder = CAMPAIGNS.parents[1] / "docs" / "schema"
    assert {p.name: p.read_text("utf-8") for p in folder.iterdir()} == schema_texts()


@pytest.mark.parametrize("name", MADE)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(MADE[name])


def test_keys_are_described_in_the_words_of_the_models() -> None:
    duty = MADE["plan"]["$defs"]["Duty"]["properties"]
    assert duty["sign"]["description"] == "Who must have signed: 填报人, 审核人, 负责人."
    assert {"except", "per", "copy_of"} <= set(duty)
    assert "for" in MADE["form"]["$defs"]["Section"]["properties"]
    assert "register" in MADE["form"]["properties"]


MISTAKES: dict[str, Callable[[dict[str, Any]], None]] = {
    "a key that is not one": lambda p: p.update(phase=[]),
    "a start that is no date": lambda p: p.update(start="tomorrow"),
    "no title": lambda p: p.pop("title"),
    "an unknown kind of phase": lambda p: p["phases"][0].update(kind="acton"),
    "a rhythm of two kinds": lambda p: p["duties"][0]["rhythm"].update(due="2018-12-20"),
    "an unknown length": lambda p: p["duties"][0]["rhythm"].update(every="fortnight"),
    "a day no month has": lambda p: p["duties"][0]["rhythm"].update(on=32),
    "no in": lambda p: p["duties"][0]["rhythm"].pop("in"),
    "a clock without quotes": lambda p: p["office"].update(morning=510),
    "a chain both ways": lambda p: p["duties"][0].update(rhythm={"before": "a", "after": "b", "days": 1}),
    "a number for a name": lambda p: p["groups"][0].update(name=5),
    "an origin nobody is": lambda p: p.update(origin="press"),
    "a due day in words": lambda p: p["duties"][0].update(rhythm={"due": "someday"}),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_does_not_fit(mistake: str) -> None:
    plan = copy.deepcopy(read_yaml("plan.yaml", texts("haian-2018")["plan.yaml"]).data)
    assert VALID["plan"].is_valid(plan)
    MISTAKES[mistake](plan)
    assert not VALID["plan"].is_valid(plan)
