"""A new campaign from an old one: dates move by whole months, text and comments stay."""

from __future__ import annotations

from datetime import date

import pytest

from duban.agenda import obligations
from duban.plan import Bundle, parse
from duban.plan.renewing import Change, Renewed, renewed
from tests.support.plans import texts

SLUGS = ("zhanjiang-2017", "haian-2018", "sanming-2023", "chongming-food", "meixian-2019")


def mark(changes: list[Change]) -> str:
    return "请核对：" + "、".join(c.before for c in changes)


def anew(slug: str, start: date) -> Renewed:
    return renewed(Bundle(tuple(texts(slug).items())), "new-one", start, mark)


def plan_text(found: Renewed) -> str:
    return dict(found.bundle.files)["plan.yaml"]


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("start", [date(2027, 3, 1), date(2028, 2, 29), date(2027, 12, 31)])
def test_every_campaign_made_anew_is_a_plan(slug: str, start: date) -> None:
    plan = parse(anew(slug, start).bundle)
    assert (plan.slug, plan.start) == ("new-one", start)


def test_the_agenda_moves_with_the_campaign() -> None:
    plan = parse(anew("haian-2018", date(2027, 3, 1)).bundle)
    due = dict.fromkeys((o.period, o.due_day) for o in obligations(plan) if o.duty == "monthly")
    # September 2018 is 102 months before March 2027.
    assert list(due) == [
        ("2027-03", date(2027, 4, 5)), ("2027-04", date(2027, 5, 5)), ("2027-05", date(2027, 6, 5)),
        ("2027-06", date(2027, 7, 5)),
    ]  # fmt: skip
    assert sum(o.duty == "monthly" for o in obligations(plan)) == 40


def test_inexact_dates_keep_their_precision() -> None:
    plan = parse(anew("haian-2018", date(2027, 3, 1)).bundle)
    spans = {s.id: (s.start, s.end) for s in plan.stages}
    assert spans["survey"] == (date(2027, 3, 1), date(2027, 3, 20))
    assert spans["action"] == (date(2027, 3, 21), date(2027, 5, 31))  # to the end of a longer month
    assert plan.phase["survey"].end.precision == "xun"  # type: ignore[union-attr]


def test_a_year_moved_by_some_months_is_exact_to_the_month() -> None:
    # 2019 to 2021, moved by 38 months: not to the end of 2025
    plan = parse(anew("meixian-2019", date(2022, 3, 1)).bundle)
    end = plan.file.end
    assert (end.date, end.precision) == (date(2025, 2, 28), "month")
    whole = parse(anew("meixian-2019", date(2022, 1, 1)).bundle).file.end
    assert (whole.date, whole.precision) == (date(2024, 12, 31), "year")


def test_a_day_that_would_fall_before_the_start_becomes_the_start() -> None:
    # Mid-September's tenth-day span would end on 20 March, before a start on the 25th.
    plan = parse(anew("haian-2018", date(2027, 3, 25)).bundle)
    survey, action = plan.phase["survey"], plan.phase["action"]
    assert survey.end is not None
    assert (survey.end.date, survey.end.precision) == (date(2027, 3, 25), "day")
    assert action.start is not None
    assert (action.start.date, action.start.precision) == (date(2027, 3, 25), "day")


def test_comments_and_order_stay_and_every_change_is_marked() -> None:
    found = anew("haian-2018", date(2027, 3, 1))
    old, new = texts("haian-2018")["plan.yaml"].splitlines(), plan_text(found).splitlines()
    assert len(old) == len(new)
    differing = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert [b for a, b in differing if "# 请核对：" not in b] == ["slug: new-one"]
    assert any('morning: "08:30" # reminders' in line for line in new)
    moved = {c.key: c.after for c in found.changes if c.moved}
    assert moved["issued"] == "2027-03-01"
    assert moved["duties[0].rhythm.last"] == "2027-06"
    assert "start.source" in {c.key for c in found.changes if not c.moved}


def test_what_belonged_to_the_old_campaign_only_stays_behind() -> None:
    files = dict(texts("haian-2018"))
    amendments = "amendments:\n  - {on: 2018-10-20, reason: 延长, origin: coordinator}\n\n# 报送\n"
    files["plan.yaml"] = files["plan.yaml"].replace("\nduties:", f"\n{amendments}duties:")
    files["given.yaml"] = "origin: coordinator\ndetermined: {self-check: 2018-11-30}\n"
    found = renewed(Bundle(tuple(files.items())), "new-one", date(2027, 3, 1), mark)
    plan = parse(found.bundle)
    assert plan.file.amendments == ()
    assert plan.determined == {}
    assert "# 报送\nduties:" in plan_text(found)


def test_periods_of_other_lengths_and_lists_move_too() -> None:
    files = dict(texts("haian-2018"))
    files["plan.yaml"] = files["plan.yaml"].replace(
        "      every: month\n      on: 5\n      in: next\n      first: 2018-09\n      last: 2018-12\n",
        "      every: quarter\n      on: 5\n      in: next\n      first: 2018-Q3\n      last: 2018-Q4\n",
    ) + (
        "waivers:\n  - {units: haian, duty: monthly, periods: [2018-Q4], reason: 无, origin: coordinator}\n"
        "days: {off: [2018-10-08], origin: coordinator}\n"
    )
    plan = parse(renewed(Bundle(tuple(files.items())), "new-one", date(2027, 3, 1), mark).bundle)
    # The third quarter's first month, July 2018, moves to January 2027.
    assert [o.period for o in obligations(plan) if o.unit == "haian" and o.duty == "monthly"] == [
        "2027-Q1",
        "2027-Q2",
    ]
    assert plan.file.waivers[0].periods == ("2027-Q2",)
    assert plan.file.days.off == (date(2027, 4, 8),)
