"""How an obligation stands: Qutang's October return, due before 2018-11-06 00:00 in Shanghai."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban.standing import Ruling, Standing, rates, standing
from tests.support.stands import (
    DUE,
    MINUTES,
    OPENS,
    SECOND,
    History,
    at,
    histories,
    moment,
    owed,
    sent,
    stands,
)

# --- deadlines, to the second ---------------------------------------------------------------------


def test_a_return_received_in_the_last_second_of_the_due_day_is_on_time() -> None:
    found = stands(sent("11-05 23:59:59"))
    assert (found.on_time, found.met, found.came_in) == (True, True, "received")


def test_a_return_received_at_midnight_after_the_due_day_is_late() -> None:
    found = stands(sent("11-06 00:00:00"))
    assert (found.on_time, found.met, found.came_in) == (False, True, "received")


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("10-31 23:59:59", "not-due"),
        ("11-01 00:00:00", "due"),
        ("11-05 23:59:59", "due"),
        ("11-06 00:00:00", "overdue"),
        ("12-31 00:00:00", "overdue"),
    ],
)
def test_the_state_is_that_of_the_computed_deadline(now: str, state: str) -> None:
    assert stands(now=now).state == state


def test_a_case_that_may_be_reported_at_any_time_is_never_late_and_never_in_a_rate() -> None:
    found = stands(sent("12-01 10:00"), due_at=None)
    assert (found.state, found.on_time, found.met, found.expected) == ("due", True, True, False)


# --- what came in ---------------------------------------------------------------------------------


def test_an_empty_form_sent_early_and_filled_later_is_late() -> None:
    found = stands(sent("11-03 09:00", "11-07 09:00", invalid=[1]))
    assert (found.on_time, found.met, found.version) == (False, True, 2)
    assert (found.first_received, found.first_valid) == (at("11-03 09:00"), at("11-07 09:00"))


def test_a_refused_file_alone_leaves_the_return_open() -> None:
    found = stands(sent("11-03 09:00", invalid=[1]))
    assert (found.came_in, found.met, found.open, found.version) == ("refused", False, True, None)


def test_a_correction_after_the_deadline_is_revised_late_and_stays_on_time() -> None:
    found = stands(sent("11-04 09:00", "11-08 09:00"))
    assert (found.on_time, found.revised_late, found.version) == (True, True, 2)
    assert found.last_revised == at("11-08 09:00")
    assert not stands(sent("11-04 09:00", "11-05 09:00")).revised_late


def test_a_refused_correction_does_not_replace_what_counted() -> None:
    assert stands(sent("11-04 09:00", "11-05 09:00", invalid=[2])).version == 1


def test_the_version_that_counts_says_whether_it_is_a_zero_report() -> None:
    assert stands(sent("11-04 09:00", zero=[1])).came_in == "zero"
    assert stands(sent("11-04 09:00", "11-05 09:00", zero=[1])).came_in == "received"


# --- returned -------------------------------------------------------------------------------------


def returned(decided: str, version: int = 1, until: str = "", not_a_report: bool = False) -> Ruling:
    return Ruling("return", at(decided), version, at(until) if until else None, not_a_report)


def test_what_is_returned_does_not_count_as_reported() -> None:
    found = stands(sent("11-04 09:00"), [returned("11-07 09:00", until="11-10 00:00")], now="11-08 09:00")
    assert (found.came_in, found.met, found.open, found.on_time) == ("returned", False, True, False)


@pytest.mark.parametrize(("again", "on_time"), [("11-09 23:59:59", True), ("11-10 00:00:00", False)])
def test_on_time_stands_if_the_resubmit_by_time_is_kept_and_lapses_if_missed(
    again: str, on_time: bool
) -> None:
    found = stands(sent("11-04 09:00", again), [returned("11-07 09:00", until="11-10 00:00")])
    assert (found.met, found.on_time, found.version) == (True, on_time, 2)


def test_a_return_that_was_late_is_not_made_on_time_by_a_resubmit_by_time() -> None:
    found = stands(sent("11-06 09:00", "11-08 09:00"), [returned("11-07 09:00", until="11-10 00:00")])
    assert (found.met, found.on_time) == (True, False)


def test_a_resubmit_by_time_never_shortens_the_due_time() -> None:
    found = stands(sent("11-01 09:00", "11-05 09:00"), [returned("11-02 09:00", until="11-03 00:00")])
    assert found.on_time


def test_what_was_no_report_never_counted_as_on_time() -> None:
    ruling = returned("11-05 09:00", until="11-10 00:00", not_a_report=True)
    assert not stands(sent("11-04 09:00", "11-06 09:00"), [ruling]).on_time
    assert stands(sent("11-04 09:00", "11-05 10:00"), [ruling]).on_time  # a report within the due time is


def test_every_return_of_a_chain_has_to_be_answered_in_time() -> None:
    rulings = [returned("11-07 09:00", 1, "11-10 00:00"), returned("11-09 12:00", 2, "11-12 00:00")]
    assert stands(sent("11-04 09:00", "11-09 09:00", "11-11 09:00"), rulings).on_time
    assert not stands(sent("11-04 09:00", "11-09 09:00", "11-12 09:00"), rulings).on_time
    assert not stands(sent("11-04 09:00", "11-10 09:00", "11-11 09:00"), rulings).on_time


# --- decided --------------------------------------------------------------------------------------


def test_what_is_recognised_is_returned_and_missed_like_any_other() -> None:
    recognised = Ruling("recognise", at("11-06 10:00"), 1)
    again = returned("11-07 09:00", 2, "11-12 00:00")
    first = ("11-05 22:00", "11-06 09:00")  # refused in time, right too late
    assert not stands(sent(*first, invalid=[1])).on_time
    assert stands(sent(*first, invalid=[1]), [recognised]).on_time
    assert stands(sent(*first, "11-11 23:59:59", invalid=[1]), [recognised, again]).on_time
    assert not stands(sent(*first, "11-12 00:00:00", invalid=[1]), [recognised, again]).on_time


def test_an_extension_moves_this_obligations_deadline_and_keeps_the_first_in_sight() -> None:
    ruling = Ruling("extend", at("11-04 09:00"), None, at("11-09 00:00"))
    found = stands(sent("11-08 23:59:59"), [ruling])
    assert (found.on_time, found.due_at, found.first_due) == (True, at("11-09 00:00"), DUE)
    assert not stands(sent("11-09 00:00:00"), [ruling]).on_time


def test_a_correction_within_an_extension_is_not_revised_late() -> None:
    ruling = Ruling("extend", at("11-04 09:00"), None, at("11-09 00:00"))
    assert not stands(sent("11-04 10:00", "11-07 09:00"), [ruling]).revised_late
    assert stands(sent("11-04 10:00", "11-09 00:00"), [ruling]).revised_late


def test_an_extension_granted_after_the_deadline_holds_from_then_on() -> None:
    ruling = Ruling("extend", at("11-07 09:00"), None, at("11-09 00:00"))
    assert stands([], [ruling], now="11-06 09:00").state == "overdue"
    assert stands([], [ruling], now="11-07 09:00").state == "due"
    assert stands([], [ruling], now="11-09 00:00").state == "overdue"


def test_the_latest_of_two_extensions_holds() -> None:
    first, second = (Ruling("extend", at(f"11-0{n} 09:00"), None, at(f"11-1{n} 00:00")) for n in (3, 4))
    assert stands([], [first, second]).due_at == at("11-14 00:00")


def test_a_waived_return_leaves_the_denominator() -> None:
    found = stands([], [Ruling("waive", at("11-04 09:00"))])
    assert (found.came_in, found.expected, found.open) == ("waived", False, False)


def test_a_return_given_up_is_closed_and_still_missing() -> None:
    found = stands([], [Ruling("give-up", at("11-20 09:00"))])
    assert (found.state, found.open, found.expected, found.met) == ("closed", False, True, False)


def test_an_accepted_return_says_so_and_when() -> None:
    found = stands(sent("11-04 09:00"), [Ruling("accept", at("11-07 09:00"), 1)])
    assert (found.came_in, found.accepted, found.met) == ("accepted", at("11-07 09:00"), True)


def test_what_waits_behind_an_accepted_version_has_revised_nothing_yet() -> None:
    accepted = Ruling("accept", at("11-05 10:00"), 1)
    found = stands(sent("11-05 09:00", "11-07 09:00"), [accepted])
    assert (found.version, found.last_revised, found.revised_late) == (1, None, False)
    withdrawn = Ruling("withdraw", at("11-08 10:00"), 1)
    found = stands(sent("11-05 09:00", "11-07 09:00"), [accepted, withdrawn])
    assert (found.version, found.last_revised, found.revised_late) == (2, at("11-07 09:00"), True)


def test_what_was_due_before_the_campaign_began_here_is_in_no_rate() -> None:
    found = stands(counted=False)
    assert (found.expected, found.open) == (False, False)


# --- rules that hold of every history -------------------------------------------------------------


def judged(history: History, minutes: int) -> Standing:
    return standing(owed(), *history, moment(minutes))


@given(histories(), MINUTES)
def test_nobody_is_on_time_whose_first_valid_return_came_late_without_extension(
    history: History, minutes: int
) -> None:
    found = judged(history, minutes)
    if found.due_at == DUE and (found.first_valid is None or found.first_valid >= DUE):
        assert not found.on_time


@given(histories(), MINUTES)
def test_what_comes_later_changes_nothing_now(history: History, minutes: int) -> None:
    arrivals, rulings = history
    past = [a for a in arrivals if a.received_at <= moment(minutes)]
    decided = [r for r in rulings if r.at <= moment(minutes)]
    assert judged(history, minutes) == judged((past, decided), minutes)


@given(histories(), MINUTES)
def test_what_counts_is_valid_and_not_returned(history: History, minutes: int) -> None:
    found = judged(history, minutes)
    returned_versions = {r.version for r in history[1] if r.kind == "return" and r.at <= moment(minutes)}
    good = [a.version for a in history[0] if a.valid and a.received_at <= moment(minutes)]
    assert found.version == max(set(good) - returned_versions, default=None)
    assert not (found.open and found.met)
    assert not found.on_time or found.version is not None


@given(st.lists(st.tuples(histories(), st.booleans()), max_size=8), MINUTES)
def test_no_rate_is_above_one_and_expected_units_are_met_or_missing(
    town: list[tuple[History, bool]], minutes: int
) -> None:
    found = [
        standing(owed(unit=f"u{n}", counted=counted), *history, moment(minutes))
        for n, (history, counted) in enumerate(town)
    ]
    result = rates(found)
    assert 0 <= result.on_time <= result.met <= result.expected
    met = {s.owed.unit for s in found if s.expected and s.met}
    assert met | set(result.missing) == {s.owed.unit for s in found if s.expected}
    assert not met & set(result.missing)
    assert len(result.missing) == result.expected - result.met >= result.overdue
    assert (
        result.reporting is None or result.punctuality is None or result.punctuality <= result.reporting <= 1
    )


def test_both_rates_are_over_what_was_expected() -> None:
    # one on time, one late, one missing, one waived: 2 of 3 reported, 1 of 3 on time
    found = [
        standing(owed(unit="a"), sent("11-04 09:00"), [], at("11-08 09:00")),
        standing(owed(unit="b"), sent("11-07 09:00"), [], at("11-08 09:00")),
        standing(owed(unit="c"), [], [], at("11-08 09:00")),
        standing(owed(unit="d"), [], [Ruling("waive", at("11-04 09:00"))], at("11-08 09:00")),
    ]
    result = rates(found)
    assert (result.reporting, result.punctuality) == (Fraction(2, 3), Fraction(1, 3))
    assert (result.missing, result.overdue) == (("c",), 1)
    assert rates([]).reporting is None


def test_before_the_due_time_nothing_is_overdue_but_all_is_missing() -> None:
    result = rates([standing(owed(), [], [], DUE - SECOND)])
    assert (result.overdue, result.missing) == (0, ("qutang",))
    assert standing(owed(), [], [], OPENS - SECOND).state == "not-due"
