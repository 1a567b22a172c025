"""The chain of the journal: one spelling for one value, and no link without all before it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.ledger.journal import GENESIS, Head, canonical, cells_digest, link

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=9,
)
RECORDS = st.dictionaries(st.text(max_size=5), VALUES, max_size=5)


def test_a_value_has_one_spelling() -> None:
    # keys in order, no blanks, Chinese as it is
    assert canonical({"b": [1, None], "a": "曲塘"}) == '{"a":"曲塘","b":[1,null]}'


def test_the_first_link_hangs_on_64_zeros() -> None:
    body = f'["{"0" * 64}","haian-2018",1,1541433600000000,"submission",{{"id":"x"}}]'
    made = link(Head(), "haian-2018", 1541433600000000, "submission", {"id": "x"})
    assert made == Head(1, hashlib.sha256(body.encode()).hexdigest(), 1541433600000000)
    assert GENESIS == "0" * 64


@given(RECORDS)
def test_the_order_of_a_records_columns_changes_nothing(record: dict[str, Any]) -> None:
    backwards = dict(reversed(record.items()))
    assert link(Head(), "c", 1, "plan", record) == link(Head(), "c", 1, "plan", backwards)


@given(RECORDS, RECORDS)
def test_another_record_is_another_link(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = canonical(one) == canonical(other)
    assert (link(Head(), "c", 1, "plan", one) == link(Head(), "c", 1, "plan", other)) == same


@pytest.mark.parametrize(
    "changed", [{"campaign": "d"}, {"recorded_at": 2}, {"kind": "decision"}, {"record": {"id": "y"}}]
)
def test_a_link_covers_campaign_time_kind_and_record(changed: dict[str, Any]) -> None:
    values: dict[str, Any] = {"campaign": "c", "recorded_at": 1, "kind": "submission", "record": {"id": "x"}}
    assert link(Head(), **values).digest != link(Head(), **{**values, **changed}).digest


def test_a_link_covers_its_place_and_all_that_came_before() -> None:
    head = link(Head(), "c", 1, "plan", {"id": "x"})
    following = link(head, "c", 2, "plan", {"id": "y"})
    assert following.seq == 2
    assert link(replace(head, seq=5), "c", 2, "plan", {"id": "y"}).digest != following.digest
    other = link(Head(), "c", 1, "plan", {"id": "z"})
    assert link(other, "c", 2, "plan", {"id": "y"}).digest != following.digest


def test_a_blank_cell_and_a_zero_have_not_the_same_digest() -> None:
    assert cells_digest({"clues": 0}, {}) != cells_digest({}, {})
    assert cells_digest({"a": 1, "b": 2}, {}) == cells_digest({"b": 2, "a": 1}, {})
