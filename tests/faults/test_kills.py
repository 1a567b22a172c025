"""A campaign of 200 stations whose process is killed, whose servers fail and whose database is cut off:
everybody has heard what they should, once. `make soak` does the same with hundreds of kills."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path

import pytest

from tests.faults.audit import Findings, audit
from tests.faults.databases import postgres
from tests.faults.expected import Demand, demands
from tests.faults.outside import Arrived, Log
from tests.faults.scene import local, scene
from tests.faults.soak import Ordeal, Outcome, endure

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def sound(outcome: Outcome) -> bool:
    """Whether no rule was broken; prints what was."""
    f = outcome.findings
    print(outcome.kills, outcome.troubles, f)
    return not (f.lost or f.twice or f.wrong or f.tampered)


def test_nobody_misses_a_message_or_hears_it_twice_when_the_process_is_killed(tmp_path: Path) -> None:
    kills = 0
    for seed in range(11, 31):  # a fast machine is through with a campaign before many kills
        outcome = endure(Ordeal("killed", seed=seed, kills=14 - kills, months=1), tmp_path / str(seed))
        assert sound(outcome)
        assert outcome.findings.arrived + outcome.findings.in_time_to_be_moot == outcome.findings.demanded
        assert outcome.findings.demanded > 200
        assert outcome.findings.doubles <= sum(outcome.kills.values())
        kills += sum(outcome.kills.values())
        if kills == 14:
            break
    assert kills == 14


def test_servers_that_refuse_hang_and_drop_the_line_are_asked_again(tmp_path: Path) -> None:
    outcome = endure(Ordeal("failing", seed=12, kills=6, months=1, trouble=0.25), tmp_path)
    assert sound(outcome)
    assert {"refused", "4xx", "dropped"} <= outcome.troubles.keys()
    assert outcome.longest_wait < 2, "a server that hangs is not waited for"


def test_two_workers_with_a_failing_database_say_everything_once(tmp_path: Path) -> None:
    with postgres() as databases:
        ordeal = Ordeal(
            "workers", seed=13, kills=4, units=40, months=1, postgres=True, workers=2, cuts=0.4
        )  # fmt: skip
        outcome = endure(ordeal, tmp_path, databases)
    assert sound(outcome)


# What the harness itself is worth: it has to see what is wrong.

SCENE = scene(5, units=20, months=1)


def arrivals(meant: list[Demand]) -> Log:
    """A log in which these were sent at the stage that decided them, in the words of the templates."""
    begins = {"remind": "请按时报送：", "chase": "已过报送时限", "escalate": "逾期时间较长"}
    log = Log(lambda: 0)
    for n, d in enumerate(meant):
        stage = next(i for i, s in enumerate(SCENE.stages) if s.delivers and s.at >= d.since)
        who = f"第{d.unit[1:]}站　" if d.voice == "office" else ""
        year, month = d.period.split("-")
        text = f"{begins[d.kind]}\n  1. {who}{year}年{int(month)}月情况表\n"
        address = "office" if d.voice == "office" else d.unit
        body = json.dumps({"message": text}).encode()
        log.arrived.append(Arrived(stage, "webhook", address, f"<{n}>", body))
    return log


def told() -> list[Demand]:
    return demands(SCENE)


def audited(log: Log, open_attempts: Mapping[str, int] | None = None) -> Findings:
    """What an audit finds about the digests; of returns sent back these logs hold nothing."""
    found = audit(SCENE, log, Counter(open_attempts or {}), troubled=False)
    found.lost = [x for x in found.lost if "sent back" not in x]
    return found


def test_a_log_with_everything_in_it_is_sound() -> None:
    found = audited(arrivals(told()))
    assert not found.broken, found
    assert found.arrived == found.demanded == len(told()) > 20


def test_a_message_that_did_not_come_is_missed() -> None:
    assert len(audited(arrivals(told()[1:])).lost) == 1


def test_a_message_that_came_again_needs_an_open_attempt() -> None:
    log = arrivals(told())
    log.arrived.append(log.arrived[0])
    assert len(audited(log).twice) == 1
    found = audited(log, {log.arrived[0].name: 1})
    assert (found.doubles, found.twice) == (1, [])


def test_a_message_to_a_unit_that_has_reported_is_wrong() -> None:
    log = arrivals(told())
    first = log.arrived[0]
    assert any(a.unit == first.address and a.kind == "report" for a in SCENE.acts)
    last = len(SCENE.stages) - 1
    log.arrived.append(Arrived(last, first.channel, first.address, "<late>", first.content))
    assert f"{first.address} 2023-12 remind" in audited(log).wrong[0]


def test_what_is_expected_of_one_station_is_worked_out_by_hand() -> None:
    """Due on Monday 25 December 2023: reminders on the 19th and on Friday the 22nd, since the 23rd is a
    Saturday; chases on the 26th and 28th; the office hears on the first morning after the clocks jumped from
    28 December to 4 January, since the sixth day, the 31st, is followed by a holiday."""
    morning = local(date(2024, 1, 4), time(8, 30))
    silent = set(SCENE.units) - {a.unit for a in SCENE.acts if a.kind == "report" and a.at < morning}
    assert silent
    for unit in silent:
        mine = [(d.kind, d.since.strftime("%m-%d %H:%M")) for d in told() if d.unit == unit]
        assert mine == [
            ("remind", "12-19 08:30"), ("remind", "12-22 08:30"), ("chase", "12-26 08:30"),
            ("chase", "12-28 08:30"), ("escalate", "01-04 08:30"),
        ]  # fmt: skip
