"""Mistakes once made here; each test names the rule that was broken."""

from __future__ import annotations

from decimal import Decimal

import pytest

from duban.plan.source import read_yaml
from duban.standing import Arrival
from tests.support.plans import changed, mistakes
from tests.support.stands import at, stands
from tests.unit.test_figures import total


def test_a_paper_return_recorded_second_but_received_first_is_on_time() -> None:
    # DESIGN 5: received_at decides timeliness, whatever the order of recording.
    found = stands([Arrival(1, at("11-07 09:00"), True), Arrival(2, at("11-05 10:00"), True)])
    assert found.on_time
    assert found.first_received == found.first_valid == at("11-05 10:00")


def test_counting_returns_of_a_decimal_figure_counts_them() -> None:
    cells = {("2018-09", "a"): 150, ("2018-10", "a"): 150, ("2018-09", "b"): 150}
    assert total(cells, type="decimal", scale=2, periods="count").value == Decimal(3)


def test_a_figure_of_a_unit_that_is_not_expected_is_not_in_the_total() -> None:
    assert total({("2018-09", "a"): 5, ("2018-09", "z"): 100}).value == Decimal(5)


@pytest.mark.parametrize("text", ["a: \x07", "a: !!int abc", "a: !!bool abc", "a: &x [*x]", "? [a, b]\n: c"])
def test_no_yaml_text_raises(text: str) -> None:
    assert [p.code for p in read_yaml("x.yaml", text).problems] == ["yaml-syntax"]


def test_a_broken_form_is_not_also_said_to_be_missing() -> None:
    found = mistakes(changed(("forms/monthly.yaml", "scale: 2", "scale: 9")))
    assert [(p.code, p.file) for p in found] == [("too-large", "forms/monthly.yaml")]


def test_a_broken_plan_is_not_blamed_on_the_units() -> None:
    found = mistakes(changed(("plan.yaml", "title: ", "title: ]")))
    assert [(p.code, p.file) for p in found] == [("yaml-syntax", "plan.yaml")]


def test_a_return_due_before_the_campaign_begins_is_flagged() -> None:
    # In its own month, September's return would be due on the 5th; the campaign begins on the 6th.
    found = mistakes(changed(("plan.yaml", "in: next", "in: same")))
    assert [(p.code, p.key) for p in found] == [("due-before-start", "duties[0].rhythm.first")]


def test_an_unknown_key_named_like_a_rhythm_keeps_its_place() -> None:
    (p,) = mistakes(changed(("plan.yaml", "issued: 2018-09-06", "issued: 2018-09-06\nevent: x")))
    assert (p.code, p.key) == ("unknown-key", "event")


def test_a_csv_error_is_on_its_line() -> None:
    found = mistakes(changed(("units.csv", "chengdong,", '"chengdong"x,')))
    assert [p.place for p in found if p.code == "csv-syntax"] == ["6"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("issued: 2018-09-06", "issued: 2018-W36-4", "bad-date"),
        ("zero_report: true", "zero_report: yes", "not-a-boolean"),
    ],
)
def test_near_misses_are_not_guessed_at(old: str, new: str, code: str) -> None:
    (p,) = mistakes(changed(("plan.yaml", old, new)))
    assert p.code == code
