"""The story of Hai'an's units: who sends what, and when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise

import pytest

from duban import agenda, calendars
from duban.errors import SubmissionInvalid
from duban.intake import reader
from duban.intake.submission import Parsed, read_submission
from duban.plan import Plan
from duban.rendering import renderer
from duban.story import Act, Story, tell
from tests.support.plans import load

SEED = 20180906


@pytest.fixture(scope="module")
def story(haian: Plan) -> Iterator[Story]:
    yield tell(haian, SEED, renderer().words)
    reader.close()


def monthly(story: Story) -> dict[tuple[str, str], list[Act]]:
    """(unit, period) → what was done about the monthly return, in order of time."""
    found = defaultdict(list)
    for act in story.acts:
        if act.to.duty == "monthly":
            found[act.to.unit, act.to.period].append(act)
    return found


def parsed(plan: Plan, act: Act) -> Parsed | None:
    """What the file says; None when it is refused."""
    to = act.to
    try:
        return read_submission(
            act.data,
            act.file_name,
            plan=plan,
            duty=to.duty,
            unit=to.unit,
            period=to.period,
            subject=to.subject,
        )
    except SubmissionInvalid:
        return None


def test_the_same_seed_tells_the_same_story_to_the_byte(haian: Plan, story: Story) -> None:
    assert tell(haian, SEED, renderer().words).acts == story.acts


def test_another_seed_tells_another_story(haian: Plan, story: Story) -> None:
    assert tell(haian, SEED + 1, renderer().words).acts != story.acts


def test_acts_come_in_order_of_time(story: Story) -> None:
    assert all(before.at <= after.at for before, after in pairwise(story.acts))


def test_every_branch_does_something_about_every_month(haian: Plan, story: Story) -> None:
    owed = {(o.unit, o.period) for o in agenda.of_duty(haian, "monthly")}
    assert set(monthly(story)) == owed
    assert len(owed) == 40


def test_nothing_is_sent_before_it_can_be_known(haian: Plan, story: Story) -> None:
    opens = {(o.unit, o.period): o.opens_at for o in agenda.of_duty(haian, "monthly")}
    assert all(acts[0].at >= opens[key] for key, acts in monthly(story).items())


def test_one_return_of_the_last_month_never_comes_and_is_given_up(haian: Plan, story: Story) -> None:
    (given_up,) = [act for act in story.acts if act.kind == "give-up"]
    assert given_up.to.period == "2018-12"
    assert (given_up.by, given_up.reason != "") == ("稽查科", True)
    assert monthly(story)[given_up.to.unit, "2018-12"] == [given_up]
    # fourteen days of patience after midnight of 6 January, in the forenoon; the day after is the last
    assert given_up.at == datetime(2019, 1, 20, 10, tzinfo=haian.zone)
    assert story.until == date(2019, 1, 21)


def test_units_are_early_late_and_on_the_very_second(haian: Plan, story: Story) -> None:
    # eleven behaviours dealt to ten units and shifted by one each month: behaviour (u + p) mod 11.
    # "late" is the 9th and "just-late" the 5th, one unit a month each; "last-second" is the 3rd, which the
    # shift deals in the first three months only
    due = {(o.unit, o.period): o.due_at for o in agenda.of_duty(haian, "monthly") if o.due_at}
    first = {key: acts[0].at - due[key] for key, acts in monthly(story).items() if acts[0].kind == "submit"}
    counts = Counter("on" if d.total_seconds() < 0 else "just" if not d else "late" for d in first.values())
    assert counts == {"on": 31, "just": 4, "late": 4}
    assert sum(d.total_seconds() == -1 for d in first.values()) == 3


def test_broken_files_are_mended_and_corrections_follow(haian: Plan, story: Story) -> None:
    # "broken-first" is the 7th behaviour, "corrects" the 10th, "zero" the 11th: four, four and three times
    sent = {
        key: [parsed(haian, a) for a in acts if a.kind == "submit"] for key, acts in monthly(story).items()
    }
    twice = {key: found for key, found in sent.items() if len(found) == 2}
    broken = [key for key, found in twice.items() if found[0] is None]
    assert (len(twice), len(broken)) == (8, 4)
    assert all(found[-1] is not None for found in sent.values() if found)
    assert sum(found[-1].zero for found in sent.values() if found and found[-1]) == 3
    for first, second in (found for key, found in twice.items() if key not in broken):
        assert first
        assert second
        changed = {c for c in first.cells if first.cells[c] != second.cells[c]}
        assert [second.cells[c] - first.cells[c] for c in changed] == [1]


def test_one_major_case_is_reported_in_the_middle_of_the_campaign(haian: Plan, story: Story) -> None:
    (case,) = [act for act in story.acts if act.to.duty == "major-case"]
    # two fifths of the 116 days from 6 September to 31 December: 46 days on
    assert case.at == calendars.at_local(date(2018, 10, 22), time(15, 20), haian.zone)
    assert case.to.period == "2018-10-22"
    # the monthly returns with eight second versions, an event of either kind, and the list at the end
    assert len(story.acts) == 40 + 8 + 2 + 1
    assert parsed(haian, case) is not None


def test_the_first_returns_of_a_form_are_workbooks_and_the_others_documents(story: Story) -> None:
    by_month = defaultdict(set)
    for (_, month), acts in monthly(story).items():
        by_month[month] |= {a.file_name.rpartition(".")[2] for a in acts if a.kind == "submit"}
    assert by_month == {
        "2018-09": {"xlsx", "json"}, "2018-10": {"json"}, "2018-11": {"json"}, "2018-12": {"json"},
    }  # fmt: skip


def test_what_an_act_says_is_what_its_file_says(haian: Plan, story: Story) -> None:
    for act in story.acts:
        found = parsed(haian, act) if act.kind == "submit" else None
        assert (found is None) == (act.said is None)
        if found and act.said:
            form = haian.form_of(act.to.duty)
            assert form
            stated = {c: form.by_code[c].decimal(v) for c, v in found.cells.items() if c in form.by_code}
            numbers = {c: Decimal(v) for c, v in act.said.values.items() if form.by_code[c].is_number}
            assert stated == numbers


# --- the other campaigns --------------------------------------------------------------------------


def told(slug: str) -> Story:
    return tell(load(slug), SEED, renderer().words)


def test_the_upper_level_states_what_the_lower_one_has_reported() -> None:
    story = told("zhanjiang-2017")
    upper = [a for a in story.acts if a.to.duty == "monthly-up" and a.said]
    for act in upper:
        before = [
            a for a in story.acts
            if (a.to.duty, a.to.period) == ("monthly", act.to.period) and a.said and a.at < act.at
        ]  # fmt: skip
        last = {a.to.unit: a for a in before}  # of several versions the later one
        added = sum(int(a.said.values["inspected"]) for a in last.values() if a.said)
        said = int(act.said.values["inspected"]) if act.said else 0
        raised = act.file_name.endswith("-2.json") or act.file_name.endswith("-2.xlsx")
        assert raised or said == added
    assert len({a.to.period for a in upper}) == 7, "June to December"


def test_a_notice_that_comes_late_is_answered_from_then_on() -> None:
    # issued 12 June 2017, though the campaign began in May
    story = told("zhanjiang-2017")
    assert min(a.at for a in story.acts).date() > date(2017, 6, 12)


def test_copies_come_by_themselves_and_are_given_up_with_what_they_copy() -> None:
    story = told("sanming-2023")
    copies = [a for a in story.acts if a.to.duty.endswith("-copy")]
    assert all(a.kind == "give-up" for a in copies)
    never = {(a.to.unit, a.to.duty) for a in story.acts if a.kind == "give-up"}
    assert all((a.to.unit, a.to.duty.removesuffix("-copy")) in never for a in copies)


def test_files_are_attached_as_the_duty_demands_them() -> None:
    # two cases at least of a market-supervision body, each with its decision
    story = told("sanming-2023")
    market = [a for a in story.acts if a.to.duty == "final" and a.said and a.to.unit.endswith("-market")]
    for act in market:
        counts = Counter(f.id for f in act.files)
        assert counts["cases"] >= 2
        assert counts["decisions"] == counts["cases"]


def test_each_task_is_reported_on_by_itself() -> None:
    plan, story = load("chongming-food"), told("chongming-food")
    owed = {(o.unit, o.period, o.subject) for o in agenda.obligations(plan)}
    assert {(a.to.unit, a.to.period, a.to.subject) for a in story.acts} == owed


def test_nobodys_number_or_mailbox_is_in_a_liaison_list() -> None:
    story = told("meixian-2019")
    for act in story.acts:
        if act.to.duty == "liaison" and act.said:
            assert act.said.values["liaison_phone"] == "0000-0000000"
            assert str(act.said.values["liaison_email"]).endswith(".example")
