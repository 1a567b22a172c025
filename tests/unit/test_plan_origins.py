"""Every value of a plan says who stated it: the notice, or the coordinator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.plan.origins import origin_problems, statements
from duban.plan.source import read_yaml
from tests.support.plans import texts

YAML_FILES = [name for name in texts("haian-2018") if name.endswith(".yaml")]
MARKS = {"origin", "origins", "source"}


def stated(name: str) -> dict[str, tuple[str | None, str | None]]:
    """Key → (origin, words) of one of Hai'an's files."""
    found = statements(read_yaml(name, texts("haian-2018")[name]))
    return {s.key: (s.origin, s.source) for s in found}


def leaves(data: Any, path: str = "") -> Iterator[str]:
    """Keys of everything that is not a block of keys, lists of plain values taken whole."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key not in MARKS:
                yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        for number, item in enumerate(data):
            yield from leaves(item, f"{path}[{number}]")
    else:
        yield path


@pytest.mark.parametrize("name", YAML_FILES)
def test_every_value_of_haian_is_stated_once_by_the_notice_or_the_coordinator(name: str) -> None:
    source = read_yaml(name, texts("haian-2018")[name])
    assert sorted(s.key for s in statements(source)) == sorted(leaves(source.data))
    assert {s.origin for s in statements(source)} <= {"notice", "coordinator"}
    assert origin_problems(source) == []


@pytest.mark.parametrize(
    "key",
    [
        "title", "issuer", "issued",  # the heading of the notice
        "start.date", "end.date", "phases[0].name", "phases[1].kind", "phases[2].end.date",  # 六、进度安排
        "duties[0].by", "duties[0].to", "duties[0].rhythm.on", "duties[0].rhythm.in",  # 七（三）
        "duties[1].rhythm.when", "coordinator.unit",
    ],
)  # fmt: skip
def test_what_is_printed_in_the_notice_is_said_to_be_so(key: str) -> None:
    assert stated("plan.yaml")[key][0] == "notice"


@pytest.mark.parametrize(
    "key",
    [
        "slug", "short", "zone", "office.morning", "duties[0].name", "duties[0].form", "duties[1].id",
        "duties[0].rhythm.first", "duties[0].rhythm.last", "duties[0].moments.remind",
        "duties[0].moments.chase", "duties[0].moments.escalate", "duties[0].zero_report",
    ],
)  # fmt: skip
def test_what_the_notice_does_not_say_is_the_coordinators(key: str) -> None:
    assert stated("plan.yaml")[key][0] == "coordinator"


def test_the_notice_prints_no_table_so_every_row_of_the_forms_is_the_coordinators() -> None:
    for name in ("forms/monthly.yaml", "forms/major-case.yaml"):
        assert {origin for origin, _ in stated(name).values()} == {"coordinator"}


def test_a_value_carries_the_notices_words_of_the_block_around_it() -> None:
    found = stated("plan.yaml")
    assert found["phases[0].end.date"][1] == "至9月中旬"
    assert found["duties[0].rhythm.on"][1] == "各分局每月5日前报前一个月情况"
    assert found["title"][1] is None


def test_a_list_of_plain_values_is_one_statement() -> None:
    found = list(statements(read_yaml("x.yaml", "origin: notice\nremind: [5, 1]\n")))
    assert [(s.key, s.value, s.line) for s in found] == [("remind", "[5, 1]", 2)]


def test_only_the_first_value_that_nobody_stated_is_reported() -> None:
    text = "a: {origin: notice, b: 1}\nc: 2\nd: 3\n"
    found = [(p.code, p.place, p.key, p.value) for p in origin_problems(read_yaml("x.yaml", text))]
    assert found == [("origin-missing", "2", "c", "2")]


def test_an_origin_of_a_key_that_is_not_there_is_reported_wherever_it_stands() -> None:
    text = "origin: notice\norigins: {a: notice}\nlist:\n  - b: 1\n    origins: {c: coordinator}\n"
    found = [(p.code, p.place, p.key) for p in origin_problems(read_yaml("x.yaml", text))]
    assert found == [
        ("origin-of-nothing", "2", "origins.a"),
        ("origin-of-nothing", "5", "list[0].origins.c"),
    ]


ORIGINS = st.sampled_from(["notice", "coordinator"])
LEVELS = st.lists(st.none() | ORIGINS, min_size=1, max_size=6)


@given(LEVELS, st.none() | ORIGINS)
def test_the_nearest_mark_holds(levels: list[str | None], single: str | None) -> None:
    block: dict[str, Any] = {"leaf": 1} | ({"origins": {"leaf": single}} if single else {})
    for depth, origin in enumerate(reversed(levels)):
        if origin:
            block["origin"] = origin
        if depth < len(levels) - 1:
            block = {"block": block}
    source = read_yaml("x.yaml", json.dumps(block))
    nearest = single or next((o for o in reversed(levels) if o), None)
    assert [s.origin for s in statements(source)] == [nearest]
    assert [p.code for p in origin_problems(source)] == ([] if nearest else ["origin-missing"])
