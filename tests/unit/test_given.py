"""What a campaign was given when deployed holds on while its folder leaves it open."""

from __future__ import annotations

from datetime import date

import pytest

from duban.plan import Bundle
from duban.plan.given import Givens, carried, slug_of, with_given
from duban.plan.source import read_yaml

OPEN = "slug: c\nduties:\n  - {id: a, rhythm: {due: undetermined}}\n  - {id: b, rhythm: {due: 2018-12-01}}\n"
TOLD = "origin: coordinator\nstart: 2018-09-01\nend: 2018-12-31\ndetermined: {a: 2018-11-30}\n"


def bundle(plan: str, given: str | None = None) -> Bundle:
    files = {"plan.yaml": plan} | ({} if given is None else {"given.yaml": given})
    return Bundle(tuple(sorted(files.items())))


def held(found: Bundle) -> dict[str, object]:
    data = read_yaml("given.yaml", dict(found.files).get("given.yaml", "")).data
    return dict(data) if data else {}


def test_a_folder_that_is_told_nothing_keeps_what_the_deployed_plan_had() -> None:
    assert held(carried(bundle(OPEN), bundle(OPEN, TOLD))) == {
        "origin": "coordinator", "start": "2018-09-01", "end": "2018-12-31",
        "determined": {"a": "2018-11-30"},
    }  # fmt: skip


def test_carrying_twice_is_carrying_once() -> None:
    once = carried(bundle(OPEN), bundle(OPEN, TOLD))
    assert carried(bundle(OPEN), once) == once


def test_a_folder_deployed_again_after_it_was_told_something_is_the_plan_in_force() -> None:
    told = with_given(bundle(OPEN), Givens(determined={"a": date(2018, 11, 30)}))
    assert held(carried(bundle(OPEN), told)) == held(told)
    assert carried(bundle(OPEN), told) == told


PROPOSED = "origin: coordinator\nstart: 2018-01-01\nend: 2018-06-30\n"


def test_what_was_told_when_deploying_prevails_over_what_the_folder_goes_on_proposing() -> None:
    told = with_given(bundle(OPEN, PROPOSED), Givens(start=date(2018, 9, 1), end=date(2018, 12, 31)))
    assert carried(bundle(OPEN, PROPOSED), told) == told
    later = carried(with_given(bundle(OPEN, PROPOSED), Givens(end=date(2019, 1, 31))), told)
    assert (held(later)["start"], held(later)["end"]) == ("2018-09-01", "2019-01-31")
    assert carried(with_given(bundle(OPEN, PROPOSED), Givens(end=date(2019, 1, 31))), later) == later
    assert carried(bundle(OPEN, PROPOSED), later) == later


def test_a_folder_that_proposes_anew_prevails_over_what_was_told_before() -> None:
    told = with_given(bundle(OPEN, PROPOSED), Givens(start=date(2018, 9, 1), end=date(2018, 12, 31)))
    anew = PROPOSED.replace("2018-06-30", "2018-07-31")
    found = held(carried(bundle(OPEN, anew), told))
    assert (found["start"], found["end"]) == ("2018-09-01", "2018-07-31")


@pytest.mark.parametrize("given", ["end: 2019-01-31\n", "origin: coordinator\nend: 2019-01-31\n"])
def test_what_the_folder_says_itself_prevails(given: str) -> None:
    found = held(carried(bundle(OPEN, given), bundle(OPEN, TOLD)))
    assert (found["start"], found["end"]) == ("2018-09-01", "2019-01-31")
    assert found["origin"] == "coordinator"


def test_a_day_set_again_prevails_over_the_one_before() -> None:
    again = bundle(OPEN, "origin: coordinator\ndetermined: {a: 2018-12-05}\n")
    assert held(carried(again, bundle(OPEN, TOLD)))["determined"] == {"a": "2018-12-05"}


def test_what_the_plan_prints_by_now_is_not_carried() -> None:
    printed = OPEN.replace("duties:", "start: 2018-10-01\nduties:").replace("undetermined", "2018-11-20")
    found = held(carried(bundle(printed), bundle(OPEN, TOLD)))
    assert found == {"origin": "coordinator", "end": "2018-12-31"}


def test_a_folder_that_leaves_nothing_open_stays_as_it_is() -> None:
    plan = "slug: c\nstart: 2018-09-01\nend: 2018-12-31\n"
    assert carried(bundle(plan), bundle(OPEN, TOLD)) == bundle(plan)


@pytest.mark.parametrize(("plan", "slug"), [(OPEN, "c"), ("a: [", ""), ("- 1", ""), ("", "")])
def test_the_slug_is_read_before_anything_is_checked(plan: str, slug: str) -> None:
    assert slug_of(bundle(plan)) == slug
