"""A campaign of 200 stations whose process is killed, whose servers fail and whose database is cut off:
everybody has heard what they should, once. `make soak` does the same with hundreds of kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.databases import postgres
from tests.faults.ordeals import Ordeal, Outcome, endure

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def sound(outcome: Outcome) -> bool:
    """Whether no rule was broken; prints what was."""
    print(outcome.kills, outcome.troubles, outcome.doubles, outcome.findings)
    return not outcome.broken


def test_nobody_misses_a_message_or_hears_it_twice_when_the_process_is_killed(tmp_path: Path) -> None:
    kills = 0
    for seed in range(11, 31):  # a fast machine is through with a campaign before many kills
        outcome = endure(Ordeal("killed", seed=seed, kills=14 - kills, months=1), tmp_path / str(seed))
        assert sound(outcome)
        f = outcome.findings
        assert f.arrived + f.in_time_to_be_moot + len(f.undelivered) == f.demanded > 200
        assert f.undelivered, "some addresses are no more"
        kills += outcome.kills.total()
        if kills == 14:
            break
    assert kills == 14


def test_servers_that_refuse_hang_and_drop_the_line_are_asked_again(tmp_path: Path) -> None:
    outcome = endure(
        Ordeal("failing", seed=12, kills=6, months=1, lanes=8, trouble=0.25), tmp_path
    )  # fmt: skip
    assert sound(outcome)
    wanted = {"reset", "451", "550", "dropped", "mute", "hangs", "away"}
    assert {f"email {trouble}" for trouble in wanted} <= outcome.troubles.keys()
    assert {"webhook 401", "webhook 404", "hooks away"} <= outcome.troubles.keys()
    assert outcome.longest_wait < 2, "a server that hangs is not waited for"


def test_two_workers_with_a_failing_database_say_everything_once(tmp_path: Path) -> None:
    with postgres() as databases:
        ordeal = Ordeal(
            "workers", seed=13, kills=4, units=40, months=1, postgres=True, workers=2, cuts=0.4, outages=True
        )  # fmt: skip
        outcome = endure(ordeal, tmp_path, databases)
    assert sound(outcome)
