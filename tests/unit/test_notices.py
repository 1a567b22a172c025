"""Which of the moments that have come still matter, and to whom they are said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duban import agenda
from duban.notices import COORDINATOR, Line, choose, latest_per_obligation, recipient_of, still_owed
from duban.plan import Plan
from duban.standing import Ruling, standing
from tests.support.stands import DUE, MINUTES, History, at, histories, moment, owed, sent, stands


@dataclass(frozen=True)
class Due:
    """A moment as the ledger holds it."""

    kind: str
    days: int
    at: datetime
    due_at: datetime = DUE


def october(haian: Plan, until: str) -> list[Due]:
    """The moments of Qutang's October return that have come: 10-31, 11-02, 11-06, 11-08, 11-12, 11-15."""
    (found,) = [o for o in agenda.obligations(haian) if (o.unit, o.period) == ("qutang", "2018-10")]
    return [Due(m.kind, m.days, m.at) for m in found.moments if m.at <= at(until)]


@pytest.mark.parametrize(
    ("now", "verdicts"),
    [
        ("10-31 08:30", ["send"]),
        # one run after both reminders: the nearer one says it better
        ("11-02 08:30", ["superseded", "send"]),
        # a reminder after the deadline no longer matters, so the chase is said
        ("11-06 08:30", ["superseded", "superseded", "send"]),
        # down for a week: one chase, no burst
        ("11-12 08:30", ["superseded", "superseded", "superseded", "superseded", "send"]),
        # the unit is chased once and the coordinator told once
        ("11-15 08:30", ["superseded", "superseded", "superseded", "superseded", "send", "send"]),
    ],
)
def test_a_run_that_looks_late_says_only_the_latest_that_matters(
    haian: Plan, now: str, verdicts: list[str]
) -> None:
    assert choose(october(haian, now), stands(now=now), at(now)) == verdicts


def test_reminders_nobody_sent_before_the_deadline_are_not_sent_after_it(haian: Plan) -> None:
    # 11-06 00:05, the run just after the deadline: no chase has come yet
    assert choose(october(haian, "11-06 00:05"), stands(now="11-06 00:05"), at("11-06 00:05")) == [
        "superseded", "superseded",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "rulings",
    [
        [],
        [Ruling("accept", at("11-05 09:00"), 1)],
        [Ruling("extend", at("11-05 09:00"), None, at("11-20 00:00"))],
    ],
)
def test_a_unit_that_has_reported_is_left_alone(haian: Plan, rulings: list[Ruling]) -> None:
    found = stands(sent("11-05 08:00"), rulings)
    assert set(choose(october(haian, "11-15 08:30"), found, at("11-15 08:30"))) == {"moot"}


@pytest.mark.parametrize("kind", ["waive", "give-up"])
def test_nobody_is_chased_about_what_was_waived_or_given_up(haian: Plan, kind: str) -> None:
    found = stands([], [Ruling(kind, at("11-05 09:00"))])  # type: ignore[arg-type]
    assert set(choose(october(haian, "11-15 08:30"), found, at("11-15 08:30"))) == {"moot"}


def test_a_returned_report_is_chased_once_its_resubmit_by_time_is_over(haian: Plan) -> None:
    until = at("11-10 00:00")
    returned = [Ruling("return", at("11-07 09:00"), 1, until)]
    before = stands(sent("11-04 09:00"), returned, "11-08 08:30")
    assert before.state == "due"
    assert set(choose(october(haian, "11-08 08:30"), before, at("11-08 08:30"))) == {"superseded"}
    after = stands(sent("11-04 09:00"), returned, "11-12 08:30")
    assert after.state == "overdue"
    new = Due("chase", 1, at("11-12 08:30"), until)
    assert choose([*october(haian, "11-12 08:30"), new], after, at("11-12 08:30"))[-1] == "send"


def test_an_extension_silences_the_moments_of_the_old_due_time(haian: Plan) -> None:
    later = at("11-20 00:00")
    extended = stands([], [Ruling("extend", at("11-05 09:00"), None, later)], now="11-12 08:30")
    old = october(haian, "11-12 08:30")
    assert choose(old, extended, at("11-12 08:30")) == ["superseded"] * 5
    new = Due("remind", 5, at("11-12 08:30"), later)
    assert choose([*old, new], extended, at("11-12 08:30")) == ["superseded"] * 5 + ["send"]


def test_of_two_on_one_morning_the_shorter_reminder_and_the_longer_chase_are_said() -> None:
    morning = at("11-02 08:30")
    reminders = [Due("remind", days, morning) for days in (1, 5)]
    assert choose(reminders, stands(now="11-02 08:30"), morning) == ["send", "superseded"]
    morning = at("11-12 08:30")
    chases = [Due("chase", days, morning) for days in (7, 5)]
    assert choose(chases, stands(now="11-12 08:30"), morning) == ["send", "superseded"]


def test_an_escalation_is_said_to_the_coordinator_and_all_else_to_the_unit() -> None:
    assert recipient_of("escalate", "qutang") == COORDINATOR
    assert {recipient_of(kind, "qutang") for kind in ("remind", "chase")} == {"unit:qutang"}


KINDS = st.sampled_from(["remind", "chase", "escalate"])


@st.composite
def moments_that_came(draw: st.DrawFn, now: int) -> list[Due]:
    found = []
    for minutes in draw(st.lists(st.integers(-9 * 1440, now), max_size=9)):
        due_at = draw(st.sampled_from([DUE, DUE + timedelta(days=3), DUE + timedelta(days=6)]))
        found.append(Due(draw(KINDS), draw(st.integers(1, 9)), moment(minutes), due_at))
    return sorted(found, key=lambda m: m.at)


@given(st.data(), histories(), MINUTES)
def test_every_voice_says_one_thing_at_most_and_the_latest_that_matters(
    data: st.DataObject, history: History, minutes: int
) -> None:
    now = moment(minutes)
    arrivals, rulings = history
    moved = [replace(r, until=DUE + timedelta(days=3)) if r.kind == "extend" else r for r in rulings]
    found = standing(owed(), arrivals, moved, now)
    came = data.draw(moments_that_came(minutes))
    verdicts = choose(came, found, now)
    assert len(verdicts) == len(came)
    if not found.open:
        assert set(verdicts) <= {"moot"}
        return
    said = {recipient_of(m.kind, "qutang"): m for m, v in zip(came, verdicts, strict=True) if v == "send"}
    assert len(said) == verdicts.count("send")
    assert set(verdicts) <= {"send", "superseded"}
    matters = [m for m in came if m.due_at == found.limit and not (m.kind == "remind" and now >= m.due_at)]
    for voice in {recipient_of(m.kind, "qutang") for m in matters} | set(said):
        latest = max(m.at for m in matters if recipient_of(m.kind, "qutang") == voice)
        assert said[voice].at == latest


@given(st.data(), histories(), MINUTES)
def test_a_met_obligation_gives_only_moot(data: st.DataObject, history: History, minutes: int) -> None:
    arrivals = [*history[0], *sent("12-01 09:00")]
    came = data.draw(moments_that_came(minutes))
    found = stands([replace(a, version=n) for n, a in enumerate(arrivals, 1)], [], now="12-02 09:00")
    assert choose(came, found, at("12-02 09:00")) == ["moot"] * len(came)


# --- what was decided earlier ---------------------------------------------------------------------


def test_a_message_is_still_true_while_the_return_is_owed_for_the_same_due_time() -> None:
    assert still_owed(stands(), DUE)
    assert not still_owed(stands(sent("11-07 09:00")), DUE)
    assert not still_owed(stands([], [Ruling("extend", at("11-05 09:00"), None, at("11-20 00:00"))]), DUE)


def line(key: str, kind: str, due_at: datetime = DUE) -> Line:
    return Line(
        "haian-2018", "t", "s", kind, "曲塘镇分局", "月报", "稽查科", "2018-10", due_at, 0, False, key
    )


def test_yesterdays_reminder_is_not_repeated_beside_todays_chase() -> None:
    later = line("b", "remind", DUE + timedelta(days=30))
    lines = [later, line("a", "remind"), line("c", "chase"), line("a", "chase")]
    assert latest_per_obligation(lines) == [line("a", "chase"), line("c", "chase"), later]
