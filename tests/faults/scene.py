"""A made-up campaign of many stations, and what happens in it, from a seed: who reports when, when the
campaign runs, when messages are delivered, when nothing runs for a week."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from duban.plan import Bundle, Plan, parse

SLUG = "stations-2023"
ZONE = ZoneInfo("Asia/Shanghai")
MONTHLY, FINDING = "monthly", "finding"
WEBHOOK_FIRST = 10
"""Every so many-th station prefers the webhook to its mailbox."""

PLAN = """\
slug: {slug}
title: 全市站点安全专项行动
short: 站点行动
issuer: 市专班
issued: 2023-12-01
origin: coordinator
start: 2023-12-01
end: {end}
groups:
  - {{id: stations, name: 各站}}
  - {{id: bureau, name: 机关}}
coordinator: {{unit: office}}
duties:
  - id: monthly
    name: 情况表
    by: 各站
    to: office
    rhythm: {{every: month, on: 25, in: same}}
    form: monthly
    moments: {{remind: [6, 2], chase: [1, 3], escalate: 6}}
  - id: finding
    name: 重大情况
    by: 各站
    to: office
    rhythm: {{when: event, within: {{hours: 24}}}}
    form: finding
"""
MONTHLY_FORM = """\
id: monthly
title: 情况表
origin: coordinator
sections:
  - id: work
    name: 检查
    indicators:
      - {code: visits, name: 检查次数, unit_of_measure: 次}
      - {code: found, name: 发现问题, unit_of_measure: 个}
      - {code: mended, name: 其中：已整改, unit_of_measure: 个, within: found}
"""
FINDING_FORM = """\
id: finding
title: 重大情况
origin: coordinator
sections:
  - id: words
    name: 情况
    indicators:
      - {code: narrative, name: 情况, type: text}
"""

ActKind = Literal["report", "mistake", "finding", "return"]


@dataclass(frozen=True)
class Act:
    """Something that a person does: a unit sends a return, right or with a mistake, or reports a finding;
    the coordinator sends a return back."""

    kind: ActKind
    unit: str
    period: str
    at: datetime
    """When it reached us; what was sent while nothing ran is recorded later."""


@dataclass(frozen=True)
class Stage:
    """What happens at one instant of the campaign: people act, or the campaign runs, or messages leave."""

    at: datetime
    acts: tuple[Act, ...] = ()
    runs: bool = False
    delivers: bool = False


@dataclass(frozen=True)
class Scene:
    """The campaign with everything that happens in it."""

    units: tuple[str, ...]
    months: int
    stages: tuple[Stage, ...]

    @property
    def bundle(self) -> Bundle:
        """The campaign's files."""
        return bundle(len(self.units), self.months)

    @property
    def plan(self) -> Plan:
        """The plan."""
        return plan(len(self.units), self.months)

    @property
    def acts(self) -> list[Act]:
        """What people do, in order."""
        return [act for stage in self.stages for act in stage.acts]


def unit_name(unit: str) -> str:
    """What a station is called."""
    return f"第{unit[1:]}站"


def mailbox(unit: str) -> str:
    """A station's address."""
    return f"{unit}@stations.example"


@cache
def bundle(units: int, months: int) -> Bundle:
    """The files of a campaign with so many stations and monthly returns."""
    end = date(2023 + (11 + months) // 12, (11 + months) % 12 + 1, 1) - timedelta(days=1)
    rows = [
        "id,name,short,groups,channels,origin",
        f"office,市专班办公室,专班,bureau,email={mailbox('office')},coordinator",
    ]
    for n in range(1, units + 1):
        unit = f"u{n:03d}"
        ways = f"email={mailbox(unit)}"
        if n % WEBHOOK_FIRST == 0:
            ways = f"webhook={unit};{ways}"
        rows.append(f"{unit},{unit_name(unit)},{unit[1:]}站,stations,{ways},coordinator")
    files = {
        "forms/finding.yaml": FINDING_FORM, "forms/monthly.yaml": MONTHLY_FORM,
        "plan.yaml": PLAN.format(slug=SLUG, end=end), "units.csv": "\n".join(rows) + "\n",
    }  # fmt: skip
    return Bundle(tuple(sorted(files.items())))


@cache
def plan(units: int, months: int) -> Plan:
    """The plan of the same."""
    return parse(bundle(units, months))


def deployed_at() -> datetime:
    """The plan is put in force before the first return can be sent."""
    return local(date(2023, 12, 1), time(8))


def local(day: date, clock: time) -> datetime:
    """An instant on the campaign's clocks."""
    return datetime.combine(day, clock, ZONE)


def document(act: Act) -> bytes:
    """What a unit sends: figures of its own, or a form with a part above its total."""
    number = int(act.unit[1:])
    if act.kind == "finding":
        return json.dumps({"cells": {"narrative": f"{act.unit} {act.period}"}}).encode()
    mended = 99 if act.kind == "mistake" else 2
    return json.dumps({"cells": {"visits": number, "found": 5, "mended": mended}}).encode()


def scene(seed: int, units: int = 200, months: int = 3) -> Scene:
    """The campaign as it goes with this seed."""
    chance = Random(seed)
    names = tuple(f"u{n:03d}" for n in range(1, units + 1))
    due_days = [date(2023 + (11 + m) // 12, (11 + m) % 12 + 1, 25) for m in range(months)]
    acts = [act for n, due in enumerate(due_days) for unit in names for act in _month(chance, unit, due, n)]
    return Scene(names, months, tuple(_stages(acts, due_days)))


def period_of(due: date) -> str:
    """The month that a return due on this day covers."""
    return due.strftime("%Y-%m")


WHEN = (
    (30, -20, -8), (15, -7, -7), (12, -6, -3), (10, -2, -2), (10, -1, 0), (10, 1, 3), (6, 4, 9), (7, 10, 14),
)  # fmt: skip
"""How many of a hundred report in which days around the due day; nearly all of them do."""
HOURS = (time(8, 20), time(8, 35), time(9), time(10), time(15), time(20))
"""Just before and just after messages leave, and in between."""


def _month(chance: Random, unit: str, due: date, n: int) -> list[Act]:
    period = period_of(due)
    row = chance.choices(WHEN, weights=[w for w, _, _ in WHEN])[0]
    day = due + timedelta(days=chance.randint(row[1], row[2]))
    sent = Act("report", unit, period, local(day, chance.choice(HOURS)))
    found = [sent]
    fate = chance.random()
    if fate < 0.1:
        found.insert(0, Act("mistake", unit, period, sent.at - timedelta(hours=24)))
    elif fate < 0.15 and day < due - timedelta(days=12):
        # Sent back at once, and mended long before anybody is reminded.
        found.append(Act("return", unit, period, local(day, time(20, 10))))
        found.append(Act("report", unit, period, local(day + timedelta(days=2), time(10))))
    if chance.random() < 0.05:
        happened = due - timedelta(days=chance.randint(10, 20))
        found.append(Act("finding", unit, happened.isoformat(), local(happened, time(15))))
    return found


DELIVERIES = (time(8, 30), time(8, 45), time(9, 20), time(11), time(16), time(20, 20))


def _stages(acts: list[Act], due_days: list[date]) -> list[Stage]:
    """One run each morning and after each deadline, some deliveries a day; but nothing runs for the week
    around the second due day, and at the turn of the year the clocks jump."""
    first, last = deployed_at().date() + timedelta(days=1), due_days[-1] + timedelta(days=16)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    asleep, jumped = _asleep(due_days), (date(2023, 12, 29), date(2024, 1, 4))
    work = [
        Stage(local(day, clock), runs=clock == DELIVERIES[0], delivers=True)
        for day in days for clock in DELIVERIES
    ]  # fmt: skip
    work += [Stage(local(due + timedelta(days=1), time(0, 5)), runs=True, delivers=True) for due in due_days]
    work = [s for s in work if not any(a <= s.at.date() < b for a, b in (asleep, jumped))]
    by_instant: dict[datetime, list[Act]] = {}
    for act in acts:
        at = _after_jump(act.at, jumped)
        by_instant.setdefault(at, []).append(Act(act.kind, act.unit, act.period, at))
    people = [Stage(at, tuple(mine)) for at, mine in by_instant.items()]
    return sorted([*work, *people], key=lambda s: s.at)


def _asleep(due_days: list[date]) -> tuple[date, date]:
    due = due_days[1] if len(due_days) > 1 else due_days[0] - timedelta(days=30)
    return due - timedelta(days=3), due + timedelta(days=4)


def _after_jump(at: datetime, jumped: tuple[date, date]) -> datetime:
    """What somebody would have done in days that never were is done the next moment, before anything runs."""
    if jumped[0] <= at.date() < jumped[1]:
        return local(jumped[1], time(7)) + (at - local(jumped[0], time())) / 200
    return at
