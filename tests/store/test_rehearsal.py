"""A rehearsal plays a whole campaign to its end, and its final figures are what its acts add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from duban.intake import reader
from duban.intake.submission import read_submission
from duban.ledger import Ledger, open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.rehearsal import Rehearsal, rehearse
from duban.rendering import renderer
from duban.settings import Settings
from duban.story import Act, opening, tell
from tests.support.plans import load

CAMPAIGNS = ("zhanjiang-2017", "haian-2018", "sanming-2023", "chongming-food", "meixian-2019")


@dataclass
class Played:
    """A rehearsal and the ledger it left."""

    slug: str
    result: Rehearsal
    ledger: Ledger

    @property
    def text(self) -> str:
        """The story as it is printed."""
        return "\n".join(f"{d.date} {x.at} {x.text}" for d in self.result.days for x in d.lines)

    def figure(self, duty: str, indicator: str) -> Decimal | None:
        """A final figure as the ledger gives it."""
        (mine,) = [d for d in self.result.closing.duties if d.duty.id == duty]
        return next(f.total.value for f in mine.figures if f.total.indicator.code == indicator)

    def records(self) -> list[tuple[object, ...]]:
        """Every journal entry, digest by digest."""
        j = t.journal.c
        with self.ledger.read() as conn:
            rows = conn.execute(select(t.journal).order_by(j.campaign, j.seq))
            return [tuple(r) for r in rows]


def play(slug: str, folder: Path, name: str = "one") -> Played:
    path = folder / f"{slug}-{name}.sqlite"
    result = rehearse(Settings(var=folder, ledger_url=""), slug, renderer(), seed=1, keep=path)
    return Played(slug, result, open_ledger(f"sqlite:///{path}"))


# One process plays a campaign, and all tests about it are there: two would play it twice.
TOGETHER = [pytest.param(c, marks=pytest.mark.xdist_group(f"rehearsal of {c}")) for c in CAMPAIGNS]


@pytest.fixture(scope="module", params=TOGETHER)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    made = play(str(request.param), tmp_path_factory.mktemp("rehearsal"))
    yield made
    made.ledger.close()
    reader.close()


def test_every_obligation_ends_met_given_up_or_waived(played: Played) -> None:
    for duty in played.result.closing.duties:
        assert duty.open == 0, duty.duty.id
        assert duty.met + duty.given_up == duty.expected, duty.duty.id
    assert "专项行动结束" in played.result.days[-1].lines[-1].text


def test_the_final_figures_are_what_the_acts_add_up_to(played: Played) -> None:
    closing = played.result.closing
    assert closing.disagreeing == []
    assert closing.figures > 0


def test_the_journal_holds(played: Played) -> None:
    with played.ledger.read() as conn:
        assert verify(conn, played.slug).broken_at is None
        assert verify(conn, "*").broken_at is None


def test_everything_is_delivered_once_a_day_and_nothing_waits(played: Played) -> None:
    with played.ledger.read() as conn:
        daily = select(t.digest.c.contact, t.digest.c.day).where(t.digest.c.occasion == "")
        keys = [(r.contact, r.day) for r in conn.execute(daily)]
        assert conn.execute(t.unsealed.select()).first() is None
        assert conn.execute(t.delivery.select().where(t.delivery.c.state != "sent")).first() is None
    assert len(keys) == len(set(keys)) > 0


FLOWS = {
    "zhanjiang-2017": ("monthly-up", "inspected", 0),
    "haian-2018": ("monthly", "fines", 2),
    "sanming-2023": ("final", "cyber_cleaned", 4),
    "chongming-food": ("progress", "count", 0),
    "meixian-2019": ("monthly", "goods", 2),
}
"""Of each campaign a duty and one of its figures, one value a unit and period; with its decimal places."""


def test_a_figure_is_the_sum_of_what_each_counting_file_says(played: Played) -> None:
    duty, indicator, scale = FLOWS[played.slug]
    plan = load(played.slug)
    last: dict[str, Act] = {}
    for act in tell(plan, 1, renderer().words).acts:
        if act.to.duty == duty and act.said is not None:
            last[act.to.obligation] = act
    added = 0
    for act in last.values():
        to = act.to
        parsed = read_submission(
            act.data, act.file_name, plan=plan, duty=duty, unit=to.unit, period=to.period, subject=to.subject
        )
        added += parsed.cells.get(indicator, 0)
    assert added > 0
    assert played.figure(duty, indicator) == Decimal(added).scaleb(-scale)


@pytest.mark.parametrize(
    ("slug", "deployed"),
    [("zhanjiang-2017", "2017-06-12"), ("haian-2018", "2018-09-06"), ("meixian-2019", "2019-06-19")],
)
def test_a_campaign_is_deployed_on_its_first_day_or_when_its_notice_comes(slug: str, deployed: str) -> None:
    assert opening(load(slug)).isoformat() == deployed


def test_units_behave_like_units(tmp_path: Path) -> None:
    found = play("haian-2018", tmp_path)
    for words in (
        "未通过校验",
        "（重新报送）",
        "（零报告）",
        "（逾期）",
        "不再催报",
        "重大违法犯罪案件情况",
        "23:59",
    ):
        assert words in found.text
    for deadline in ("2018-10-06 00:05", "2018-11-06 00:05", "2018-12-06 00:05", "2019-01-06 00:05"):
        assert deadline in found.text
    assert found.text.count("月报到期") == found.text.count("应报10") == 4  # ten branches, four months
    found.ledger.close()


def test_three_years_print_a_page_a_month_and_not_a_line_a_return(played: Played) -> None:
    lines = sum(len(d.lines) for d in played.result.days)
    returns = sum(d.met + d.events for d in played.result.closing.duties)
    assert lines < 300 + returns


@pytest.mark.parametrize("slug", ["haian-2018", "sanming-2023"])
def test_the_same_seed_leaves_the_same_journal(tmp_path: Path, slug: str) -> None:
    one, two = play(slug, tmp_path, "one"), play(slug, tmp_path, "two")
    assert one.records() == two.records()
    one.ledger.close()
    two.ledger.close()
