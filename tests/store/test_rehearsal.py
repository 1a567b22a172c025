"""A rehearsal plays the whole campaign, and the same seed plays it to the same record."""

from __future__ import annotations

import pytest

from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.rehearsal import Day, rehearse
from duban.rendering import renderer
from duban.settings import Settings
from tests.support.town import HAIAN, Town


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Day], Town, Town]:
    folder = tmp_path_factory.mktemp("rehearsal")
    settings = Settings(var=folder, ledger_url="")
    towns = []
    for name in ("one", "two"):
        path = folder / f"{name}.sqlite"
        days = rehearse(settings, HAIAN, renderer(), seed=1, keep=path)
        towns.append(Town(open_ledger(f"sqlite:///{path}"), folder))
    return days, towns[0], towns[1]


def story(days: list[Day]) -> str:
    return "\n".join(f"{d.date} {x.at} {x.text}" for d in days for x in d.lines)


def test_it_runs_from_the_first_deadline_to_the_close(twice: tuple[list[Day], Town, Town]) -> None:
    days, _, _ = twice
    text = story(days)
    assert "专项行动结束" in text
    for deadline in ("2018-10-06 00:05", "2018-11-06 00:05", "2018-12-06 00:05", "2019-01-06 00:05"):
        assert deadline in text
    assert text.count("应报10") == 4


def test_units_behave_like_units(twice: tuple[list[Day], Town, Town]) -> None:
    days, town, _ = twice
    text = story(days)
    assert "未通过校验" in text
    assert "（第2版）" in text
    assert "零报告" in text
    assert "不再催报" in text
    assert "重大违法犯罪案件情况" in text
    assert "23:59" in text
    assert "，逾期" in text
    assert town.count(t.decision, t.decision.c.kind == "give-up") == 1


def test_the_same_seed_leaves_the_same_journal_and_it_holds(twice: tuple[list[Day], Town, Town]) -> None:
    _, one, two = twice
    assert one.records() == two.records()
    with one.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None
        assert verify(conn, "*").broken_at is None


def test_no_unit_gets_two_digests_on_one_day(twice: tuple[list[Day], Town, Town]) -> None:
    _, town, _ = twice
    with town.ledger.read() as conn:
        keys = [(r.contact, r.day) for r in conn.execute(t.digest.select())]
    assert len(keys) == len(set(keys)) > 50


def test_everything_is_delivered_and_nothing_waits(twice: tuple[list[Day], Town, Town]) -> None:
    _, town, _ = twice
    assert town.count(t.unsealed) == 0
    assert town.count(t.delivery, t.delivery.c.state != "sent") == 0
    town.ledger.close()
