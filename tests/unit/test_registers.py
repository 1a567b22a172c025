"""Rows of registers: keys, what stays open, what they count to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from duban import registers
from tests.support.harbour_plan import harbour

FORM = harbour().form["hazards"]
REGISTER = FORM.register_
assert REGISTER is not None


def row(place: str, state: str = "整改中", level: str = "一般", **cells: int) -> registers.Row:
    assert REGISTER is not None
    texts = {"place": place, "hazard": "堆放", "level": level, "state": state}
    return registers.row(REGISTER, cells, texts)


def test_a_row_is_closed_by_the_value_the_plan_names() -> None:
    assert not row("甲").closed
    assert row("甲", "已整改").closed


def test_only_open_rows_are_carried_on() -> None:
    assert REGISTER is not None
    rows = [row("甲"), row("乙", "已整改"), row("丙")]
    assert registers.open_rows(REGISTER, rows) == (rows[0], rows[2])
    of_its_period = REGISTER.model_copy(update={"closed": None})
    assert registers.open_rows(of_its_period, rows) == ()


def test_an_open_row_that_is_not_mentioned_is_left_out_by_its_key() -> None:
    assert REGISTER is not None
    assert registers.left_out(REGISTER, [row("甲"), row("乙")], [row("乙", "已整改")]) == ["甲|堆放"]


def test_a_row_from_before_a_key_column_goes_by_the_other_columns() -> None:
    assert REGISTER is not None
    old = registers.row(REGISTER, {}, {"place": "甲"})
    assert registers.left_out(REGISTER, [old], [row("甲", "已整改")]) == []
    assert registers.left_out(REGISTER, [old], [row("乙")]) == ["甲|"]


def test_rows_count_to_figures() -> None:
    assert REGISTER is not None
    rows = [row("甲"), row("乙", "已整改"), row("丙", "已整改", "重大"), row("丁", level="重大")]
    # four rows; 甲 and 丁 are open; of the closed ones only 丙 is 重大
    assert registers.counts(REGISTER, rows) == {"all_rows": 4, "open_rows": 2, "major_closed": 1}
    assert registers.counts(REGISTER, []) == {"all_rows": 0, "open_rows": 0, "major_closed": 0}


def test_totals_are_made_of_figures_and_counts() -> None:
    assert [i.code for i in FORM.numbers] == ["visits", "all_rows", "open_rows", "major_closed"]


@given(st.lists(st.tuples(st.text(max_size=4), st.text(max_size=4)), unique=True, max_size=6))
def test_different_rows_never_have_one_key(pairs: list[tuple[str, str]]) -> None:
    assert REGISTER is not None
    keys = {registers.row(REGISTER, {}, {"place": a, "hazard": b}).key for a, b in pairs}
    assert len(keys) == len(pairs)
