"""What the harness itself is worth: it has to see what is wrong, and to know by itself what is right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, time
from functools import cache
from typing import get_args

import pytest

from tests.faults.audit import BEGUN, PARTS, Findings, audit
from tests.faults.chats import OWED
from tests.faults.expected import DAILY, Demand, Kind, demands, must_arrive
from tests.faults.logs import Arrived, Log
from tests.faults.scene import scene
from tests.faults.soak import interval
from tests.faults.stations import (
    GONE,
    OFFICE,
    gets_receipts,
    is_supervised,
    local,
    mailbox,
    unit_at,
    unit_name,
    ways,
)

SCENE = scene(44, units=100, months=1)
BEGINS = {kind: mark for mark, kind in PARTS}
SAYS = {
    "return": "{unit}所报{month}已退回，请更正。",
    "extend": "{unit}报送{month}的时限已延至12月29日。",
    "refuse": "{unit}延期报送{month}的申请未获同意。",
    "receipt": "{unit}所报{month}已于2023年12月5日10:00收到。回执号1。",
    "approve": "以下1项等待批准：\n  1. 橙色督办　{unit}　{month}，已逾期7天",
    "kickoff": BEGUN,
    "ask": "{unit}申请将{month}的时限延至12月29日，请答复。",
}


@cache
def told() -> list[Demand]:
    return demands(SCENE)


def arrivals(meant: list[Demand]) -> Log:
    """A log in which these were sent at the stage that decided them, in the words of the templates, to the
    first address that is there; and what has none was refused."""
    log = Log(lambda: 0)
    for n, d in enumerate(meant):
        stage = next(i for i, s in enumerate(SCENE.stages) if s.delivers and s.at >= d.since)
        there = [way for way in ways(d.hearer) if not way[1].startswith(GONE)]
        if not there:
            log.refused_for_good.add((stage, *ways(d.hearer)[-1]))
        elif d.since <= SCENE.stages[stage].at < d.until:
            log.arrived.append(arrival(n, stage, d, *there[0]))
    return log


def arrival(n: int, stage: int, d: Demand, channel: str, address: str) -> Arrived:
    """One message about one thing."""
    report, who = reported(d.period), unit_name(d.unit)
    listed = f"  1. {report}，已逾期10天\n     {who}" if d.hearer == OFFICE else f"  1. {report}"
    text = SAYS[d.kind].format(unit=who, month=report) if d.kind in SAYS else f"{BEGINS[d.kind]}\n{listed}"
    if channel == "dingtalk":
        text = "有1条通知" if d.kind not in DAILY else f"有1{OWED}"
        return Arrived(stage, channel, address, "", json.dumps({"text": {"content": text}}).encode())
    # as a webhook is told: a mail would say the same in more words
    return Arrived(stage, "webhook", address, f"<{n}>", json.dumps({"message": text}).encode())


def reported(period: str) -> str:
    """What a return is called: of a month, or of what happened on a day."""
    if not period:
        return ""
    year, month, *day = (int(part) for part in period.split("-"))
    return f"{year}年{month}月{day[0]}日重大情况" if day else f"{year}年{month}月情况表"


def audited(log: Log, open_attempts: Mapping[str, int] | None = None) -> Findings:
    return audit(SCENE, log, Counter(open_attempts or {}), troubled=False)


def test_a_log_with_everything_in_it_is_sound() -> None:
    found = audited(arrivals(told()))
    assert not found.broken, found
    assert found.arrived + len(found.undelivered) + found.in_time_to_be_moot == found.demanded == len(told())
    assert found.arrived > 60
    assert {d.kind for d in told()} == {*get_args(Kind)}


@pytest.mark.parametrize(
    "kind", ["remind", "chase", "blue", "escalate", "ask", "extend", "refuse", "receipt", "orange", "kickoff"]
)
def test_a_message_that_did_not_come_is_missed(kind: str) -> None:
    gone = next(d for d in told() if d.kind == kind and must_arrive(d, SCENE, False) and by_mail(d.hearer))
    log = arrivals([d for d in told() if d != gone])
    assert audited(log).lost == [str(gone)]


def by_mail(unit: str) -> bool:
    return ways(unit) == (("email", mailbox(unit)),)


def test_a_message_that_came_again_needs_an_open_attempt() -> None:
    log = arrivals(told())
    first = next(m for m in log.arrived if m.name)
    log.arrived.append(first)
    assert len(audited(log).twice) == 1
    found = audited(log, {first.name: 1})
    assert found.doubles == [("webhook", first.name)]
    assert found.twice == []


def test_a_chat_that_hears_again_needs_an_open_attempt() -> None:
    log = arrivals(told())
    first = next(m for m in log.arrived if m.channel == "dingtalk")
    log.arrived.insert(log.arrived.index(first), first)
    assert len(audited(log).twice) == 1
    assert audited(log, {first.address: 1}).doubles == [("dingtalk", first.address)]


def test_what_is_said_on_two_channels_needs_an_open_attempt() -> None:
    log = arrivals(told())
    first = next(m for m in log.arrived if m.channel == "webhook")
    log.arrived.append(Arrived(first.stage, "webhook", first.address, "<turned>", first.content))
    assert len(audited(log).twice) == 1
    assert audited(log, {first.name: 1}).doubles == [("turned", first.name)]


def test_a_message_to_a_unit_that_has_reported_is_wrong() -> None:
    log = arrivals(told())
    reported = {a.unit for a in SCENE.acts if a.kind == "report"}
    first = next(m for m in log.arrived if m.name and unit_at(m.address) in reported)
    last = len(SCENE.stages) - 1
    log.arrived.append(Arrived(last, first.channel, first.address, "<late>", first.content))
    assert f"{unit_at(first.address)} 2023-12 remind" in audited(log).wrong[0]


def test_a_station_named_in_a_chat_is_wrong() -> None:
    log = arrivals(told())
    first = next(m for m in log.arrived if m.channel == "dingtalk")
    named = json.dumps({"text": {"content": f"{unit_name(first.address)}有1{OWED}"}}).encode()
    log.arrived[log.arrived.index(first)] = Arrived(first.stage, "dingtalk", first.address, "", named)
    assert "is named in a chat" in audited(log).wrong[0]


def test_what_is_expected_of_silent_stations_is_worked_out_by_hand() -> None:
    """Due on Monday 25 December 2023: reminders on Friday the 15th, said when the clocks have jumped over it
    to the 16th, on the 19th and on Friday the 22nd, since the 23rd is a Saturday; chases on the 26th and the
    28th; the office hears on the first morning after the clocks jumped from 28 December to 4 January, since
    the sixth day, the 31st, is followed by a holiday. Who asked for more time did so on the 22nd."""
    morning = local(date(2024, 1, 4), time(8, 30))
    silent = set(SCENE.units) - {a.unit for a in SCENE.acts if a.kind == "report" and a.at < morning}
    silent -= {a.unit for a in SCENE.acts if a.kind in ("ask", "return")}
    silent -= {u for u in SCENE.units if is_supervised(u) or gets_receipts(u)}
    assert silent
    for unit in silent:
        assert heard(unit) == [
            ("remind", "12-16 08:30"), ("remind", "12-19 08:30"), ("remind", "12-22 08:30"),
            ("chase", "12-26 08:30"), ("chase", "12-28 08:30"), ("escalate", "01-04 08:30"),
        ]  # fmt: skip


def test_what_is_expected_of_who_got_more_time_is_worked_out_by_hand() -> None:
    """Until Friday 29 December, granted on the 23rd: of its reminders those of the 19th (ten days before)
    and of Friday the 22nd (six before: the 23rd is a Saturday) have passed, and the grant says it all;
    another one on the 27th. The clocks jump over the 29th and New Year; on 4 January both chases have come
    (30 December and 1 January are days off: the 2nd), and the office's turn (the 4th)."""
    asked = {a.unit for a in SCENE.acts if a.kind == "extend"}
    morning = local(date(2024, 1, 4), time(8, 30))
    patient = asked - {a.unit for a in SCENE.acts if a.kind == "report" and a.at < morning}
    assert patient
    for unit in patient:
        assert heard(unit) == [
            ("remind", "12-16 08:30"), ("remind", "12-19 08:30"), ("remind", "12-22 08:30"),
            ("ask", "12-22 15:00"), ("extend", "12-23 15:00"),
            ("remind", "12-27 08:30"), ("chase", "01-04 08:30"), ("escalate", "01-04 08:30"),
        ]  # fmt: skip


def test_what_is_expected_of_a_supervised_station_is_worked_out_by_hand() -> None:
    """Blue on the fourth day, Friday 29 December, said on 4 January when the clocks have jumped over it;
    orange on the seventh, 1 January, a holiday, but no sooner than three days after blue: Sunday the 7th,
    hence on the 8th; approved that morning, ten minutes past ten."""
    assert heard("u037")[-4:] == [
        ("blue", "01-04 08:30"), ("escalate", "01-04 08:30"), ("approve", "01-08 08:30"),
        ("orange", "01-08 10:10"),
    ]  # fmt: skip


def heard(unit: str) -> list[tuple[str, str]]:
    mine = sorted((d for d in told() if d.unit == unit and d.period), key=lambda d: (d.since, d.kind))
    return [(d.kind, d.since.strftime("%m-%d %H:%M")) for d in mine]


def test_the_interval_of_a_share_is_wilsons() -> None:
    """Newcombe 1998, table I: 15 of 148, 95 %: 0.0624 to 0.1605; 0 of 20: 0 to 0.1611."""
    assert [round(x, 4) for x in interval(15, 148)] == [0.0624, 0.1605]
    assert [round(x, 4) for x in interval(0, 20)] == [0.0, 0.1611]
