"""A rehearsal of a campaign with registers, quotas, outsiders, days set later and waivers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import select

from duban.ledger import Ledger, open_ledger
from duban.ledger import tables as t
from duban.rehearsal import Rehearsal, rehearse
from duban.rehearsal.accounts import DutyAccount
from duban.rendering import renderer
from duban.services import summing
from duban.services.campaigns import deployed_plan
from duban.settings import Settings
from tests.support.town import at
from tests.support.works import write_works

WORKS, END = "works-2024", at("2024-09-01 09:00")


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rehearsal, Ledger]]:
    folder = tmp_path_factory.mktemp("works")
    path = folder / "ledger.sqlite"
    campaign = str(write_works(folder))
    result = rehearse(Settings(var=folder, ledger_url=""), campaign, renderer(), keep=path)
    ledger = open_ledger(f"sqlite:///{path}")
    yield result, ledger
    ledger.close()


Works = tuple[Rehearsal, Ledger]


def of(works: Works, duty: str) -> DutyAccount:
    return next(d for d in works[0].closing.duties if d.duty.id == duty)


def test_it_comes_to_an_end_and_adds_up(works: Works) -> None:
    assert (works[0].closing.open, works[0].closing.disagreeing) == (0, [])


def test_what_is_owed_is_counted_by_hand(works: Works) -> None:
    # three stations and three months: one of the nine registers is waived; two bulletins each a month
    assert (of(works, "hazards").expected, of(works, "hazards").waived) == (8, 1)
    assert of(works, "bulletins").expected == 18
    # two builders, once; the chained returns for three reports
    assert of(works, "self-check").expected == 2
    assert (of(works, "checks").expected, of(works, "report").expected) == (9, 3)


def test_an_open_day_is_set_and_what_outsiders_owe_is_put_on_record(works: Works) -> None:
    plans, s = t.plan_version, t.submission.c
    with works[1].read() as conn:
        assert len(conn.execute(select(plans)).all()) == 2, "the plan as deployed, and with the day"
        doors = set(conn.scalars(select(s.door).where(s.obligation.like("works-2024/self-check/%"))))
    assert doors == {"paper"}
    assert of(works, "self-check").met >= 1


def test_an_open_row_is_carried_on_until_it_is_closed(works: Works) -> None:
    e, s = t.entry.c, t.submission.c
    with works[1].read() as conn:
        rows = conn.execute(
            select(s.obligation, e.key, e.closed).join(t.submission, s.id == e.submission).where(s.valid)
        ).all()
    by_month: dict[str, dict[str, bool]] = {}
    for r in rows:
        if "/west/" in r.obligation:
            by_month.setdefault(r.obligation[-7:], {})[r.key] = r.closed
    march, april = by_month["2024-03"], by_month["2024-04"]
    still_open = {key for key, closed in march.items() if not closed}
    assert still_open
    assert still_open <= set(april)


def test_the_counts_of_a_register_are_figures(works: Works) -> None:
    with works[1].read() as conn:
        plan = deployed_plan(conn, WORKS)
        totals = {x.indicator.code: x for x in summing.campaign_totals(conn, plan, "hazards", END)}
        e, s = t.entry.c, t.submission.c
        rows = conn.execute(
            select(s.obligation, s.version, e.closed).join(t.submission, s.id == e.submission).where(s.valid)
        ).all()
    last = {r.obligation: r.version for r in sorted(rows, key=lambda r: r.version)}
    closed = sum(r.closed for r in rows if r.version == last[r.obligation])
    assert totals["closed_hazards"].value == Decimal(closed)


def test_totals_by_attribute_add_up_to_the_whole(works: Works) -> None:
    with works[1].read() as conn:
        plan = deployed_plan(conn, WORKS)
        groups = summing.totals_by(conn, plan, "checks", END, "area")
        under = summing.totals_under(conn, plan, "checks", END, "safety")
        (whole,) = [
            x.value for x in summing.campaign_totals(conn, plan, "checks", END) if x.indicator.code == "sites"
        ]
    assert [g.label for g in groups] == ["城区", "山区"]
    sites = [x.value or 0 for g in groups for x in g.totals if x.indicator.code == "sites"]
    assert sum(sites) == whole
    # the office itself owes no check; each station is one of its children
    assert [g.label for g in under] == ["east", "west", "hills", ""]
    assert next(x.value for x in under[-1].totals if x.indicator.code == "sites") == whole
    # of nine returns each station owes three
    assert [g.totals[0].expected for g in under] == [3, 3, 3, 9]


def test_targets_and_rankings_follow_the_figures(works: Works) -> None:
    with works[1].read() as conn:
        plan = deployed_plan(conn, WORKS)
        rate, calm = summing.verdicts(conn, plan, END)
        places = summing.ranking(conn, plan, "report", END)
    assert rate.numerator
    assert rate.denominator
    assert rate.final
    assert rate.value == Fraction(rate.numerator.value or 0) / Fraction(rate.denominator.value or 1)
    assert (rate.state == "reached") == (rate.value >= Fraction(1, 2))
    assert calm.state == "words"
    assert {p.unit for p in places} == {"east", "west", "hills"}
    best = [p.values[0] for p in places]
    assert best == sorted(best, key=lambda v: -float(v or 0))


def test_the_story_says_what_a_person_did(works: Works) -> None:
    text = "\n".join(x.text for d in works[0].days for x in d.lines)
    assert "安全科经研究确定报送时间：施工单位自查报告" in text
    assert "检查情况汇总到期" in text
