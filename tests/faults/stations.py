"""The made-up campaign of the stations: its plan, who takes part, and how each of them is reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from duban.plan import Bundle

SLUG = "stations-2023"
ZONE = ZoneInfo("Asia/Shanghai")
MONTHLY, FINDING = "monthly", "finding"
OFFICE = "office"
GONE = "gone-"
"""Before an address that is no more."""
REMIND, CHASE, ESCALATE = (10, 6, 2), (1, 3), 6
BLUE, ORANGE = 4, 7
"""Days after the due day; of supervised stations."""
FOLDER = 8
"""Every so many-th station, beginning with the first, sends through a folder, and gets receipts."""
HEAD = "head-"
"""Before a station's id: its head."""

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
  - {{id: supervised, name: 督办站}}
  - {{id: bureau, name: 机关}}
messages: {{origin: coordinator, kickoff: true, receipts: [folder]}}
coordinator: {{unit: office}}
duties:
  - id: monthly
    name: 情况表
    by: 各站
    to: office
    rhythm: {{every: month, on: 25, in: same}}
    form: monthly
    moments: {{remind: {remind}, chase: {chase}, escalate: {escalate}}}
    escalation: {{origin: coordinator, for: supervised, blue: {blue}, orange: {orange}}}
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


def stations(units: int) -> tuple[str, ...]:
    """Their ids."""
    return tuple(f"u{n:03d}" for n in range(1, units + 1))


def unit_name(unit: str) -> str:
    """What a station is called."""
    return f"第{unit[1:]}站"


def mailbox(unit: str) -> str:
    """A station's address."""
    return f"{unit}@stations.example"


def ways(unit: str) -> tuple[tuple[str, str], ...]:
    """Channel and address of each way to reach a unit, the best first: most by mail, some by their own
    system or a chat first; some addresses are no more, of a few units every one."""
    if unit.startswith(HEAD):
        return (("email", mailbox(unit)),)
    mail, hook = ("email", mailbox(unit)), ("webhook", unit)
    no_mail, no_hook = ("email", GONE + mailbox(unit)), ("webhook", GONE + unit)
    number = 0 if unit == OFFICE else int(unit[1:])
    return {
        3: (("dingtalk", unit), mail), 7: (no_mail, hook), 9: (no_hook, mail), 10: (hook, mail),
        13: (no_mail,) if number % 40 == 13 else (mail,), 17: (no_hook, no_mail, hook), 20: (hook, mail),
    }.get(number % 20 or (number and 20), (mail,))  # fmt: skip


def is_supervised(unit: str) -> bool:
    """Whether it is spoken to in colours once it is late. So few that no message has more than ten of them to
    approve: it would name ten."""
    return int(unit[1:]) % 20 in (2, 7, 17)


def gets_receipts(unit: str) -> bool:
    """Whether it sends through the folder."""
    return int(unit[1:]) % FOLDER == 1


def unit_at(address: str) -> str:
    """Whose address it is."""
    return address.removeprefix(GONE).partition("@")[0]


def due_days(months: int) -> list[date]:
    """The 25th of each month."""
    return [date(2023 + (11 + m) // 12, (11 + m) % 12 + 1, 25) for m in range(months)]


def local(day: date, clock: time) -> datetime:
    """An instant on the campaign's clocks."""
    return datetime.combine(day, clock, ZONE)


def deployed_at() -> datetime:
    """The plan is put in force before the first return can be sent."""
    return local(date(2023, 12, 1), time(8))


@cache
def bundle(units: int, months: int) -> Bundle:
    """The files of a campaign with so many stations and monthly returns."""
    end = date(2023 + (11 + months) // 12, (11 + months) % 12 + 1, 1) - timedelta(days=1)
    plan = PLAN.format(
        slug=SLUG, end=end, remind=list(REMIND), chase=list(CHASE), escalate=ESCALATE,
        blue=BLUE, orange=ORANGE,
    )  # fmt: skip
    files = {
        "forms/finding.yaml": FINDING_FORM, "forms/monthly.yaml": MONTHLY_FORM,
        "plan.yaml": plan, "units.csv": "\n".join(_rows(units)) + "\n",
    }  # fmt: skip
    return Bundle(tuple(sorted(files.items())))


def _rows(units: int) -> Iterator[str]:
    yield "id,name,short,groups,channels,head,origin"
    yield f"{OFFICE},市专班办公室,专班,bureau,{_stated(OFFICE)},,coordinator"
    for unit in stations(units):
        groups = "stations;supervised" if is_supervised(unit) else "stations"
        head = _stated(HEAD + unit) if is_supervised(unit) else ""
        yield f"{unit},{unit_name(unit)},{unit[1:]}站,{groups},{_stated(unit)},{head},coordinator"


def _stated(unit: str) -> str:
    return ";".join(f"{channel}={address}" for channel, address in ways(unit))
