"""What arrived, held against what should have: from the servers' own logs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.faults.chats import Chats
from tests.faults.expected import Demand, demands, is_in, must_arrive, reported
from tests.faults.logs import Arrived, Log
from tests.faults.scene import Scene
from tests.faults.stations import HEAD, unit_at, ways

UNIT, MONTH = r"第(?P<unit>\d+)站", r"(?P<year>\d+)年(?P<month>\d+)月情况表"
DAY = r"(?P<year>\d+)年(?P<month>\d+)月(?P<day>\d+)日"
LINE = re.compile(rf"^\s*\d+\. (?:站点行动\s+)?(?:{UNIT}\s+)?{MONTH}")
PARTS = (
    ("请按时报送", "remind"),
    ("已过报送时限", "chase"),
    ("现作蓝色督办", "blue"),
    ("逾期时间较长", "escalate"),
    ("现作橙色督办", "orange"),
)
"""How a digest's parts begin, and a letter."""
BEGUN = "现将本单位的任务和报送要求告知如下"
AT_ONCE = (
    (re.compile(rf"{UNIT}所报{MONTH}已退回"), "return"),
    (re.compile(rf"{UNIT}报送{MONTH}的时限已延至"), "extend"),
    (re.compile(rf"{UNIT}延期报送{MONTH}的申请未获同意"), "refuse"),
    (re.compile(rf"{UNIT}所报{MONTH}已于.*收到"), "receipt"),
    (re.compile(rf"{UNIT}所报{DAY}重大情况已于.*收到"), "receipt"),
    (re.compile(rf"橙色督办\s+{UNIT}\s+{MONTH}"), "approve"),
    (re.compile(rf"{UNIT}申请将{MONTH}的时限延至"), "ask"),
)


@dataclass(frozen=True)
class Said:
    """One thing that a message says of one unit's return of one period."""

    unit: str
    period: str
    kind: str
    at: datetime
    hearer: str
    by: str
    """Name of the message."""


def said_by(message: Arrived, scene: Scene) -> list[Said]:
    """What a message says."""
    part, overdue, found = "", None, []
    at, own = scene.stages[message.stage].at, unit_at(message.address)
    if BEGUN in message.text:
        return [Said(own, "", "kickoff", at, own, message.name)]
    for line in message.text.splitlines():
        part = next((kind for mark, kind in PARTS if mark in line), part)
        told = [(row, kind) for pattern, kind in AT_ONCE if (row := pattern.search(line))]
        if part and not told and (listed := LINE.match(line)):
            told = [] if part == "escalate" else [(listed, part)]
            overdue = listed
        elif part == "escalate" and overdue:  # the names of all that owe it stand in the line below
            units, period = re.findall(UNIT, line), _period(overdue.groupdict())
            found += [Said(f"u{u}", period, part, at, own, message.name) for u in units]
        for row, kind in told:
            unit = f"u{row['unit']}" if row["unit"] else own.removeprefix(HEAD)
            found.append(Said(unit, _period(row.groupdict()), kind, at, own, message.name))
    return found


def _period(row: dict[str, str]) -> str:
    month = f"{row['year']}-{int(row['month']):02d}"
    return f"{month}-{int(row['day']):02d}" if row.get("day") else month


@dataclass
class Findings:
    """What a campaign's end shows."""

    demanded: int = 0
    messages: int = 0
    """What the servers took."""
    arrived: int = 0
    """Demands that were heard."""
    in_time_to_be_moot: int = 0
    """Demands that came to nothing since the unit reported, or a later word overtook them, first."""
    undelivered: list[Demand] = field(default_factory=list)
    """Demands whose hearer's last address was refused for good."""
    doubles: list[tuple[str, str]] = field(default_factory=list)
    """Channel and name of what came again since an attempt was left without an outcome; of a chat, its
    token."""
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    """Came again although every attempt had its outcome."""
    wrong: list[str] = field(default_factory=list)
    """Said what was not to be said: to a unit that had reported, or what a later word had overtaken."""
    tampered: list[str] = field(default_factory=list)
    """Records that do not hang together, or say of a message what the servers do not."""

    @property
    def broken(self) -> bool:
        """Whether a rule is broken."""
        return bool(self.lost or self.twice or self.wrong or self.tampered)

    def add(self, other: Findings) -> None:
        """Sum up."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def audit(scene: Scene, log: Log, open_attempts: Counter[str], troubled: bool) -> Findings:
    """Compare. `open_attempts` counts, for each message, the attempts that were left without an outcome;
    those in a chat by its token."""
    found = Findings(messages=len(log.arrived))
    named = [m for m in log.arrived if m.name]
    _count_doubles(found, named, open_attempts)
    _check_said(found, scene, (s for m in named for s in said_by(m, scene)))
    heard = [s for message in first_of_each(named) for s in said_by(message, scene)]
    _check_demands(found, scene, heard, log, open_attempts, troubled)
    return found


def first_of_each(arrived: Iterable[Arrived]) -> list[Arrived]:
    """Messages without those that came again."""
    seen: dict[tuple[str, str], Arrived] = {}
    for message in arrived:
        seen.setdefault((message.address, message.name), message)
    return list(seen.values())


def _count_doubles(found: Findings, arrived: Sequence[Arrived], open_attempts: Counter[str]) -> None:
    for (channel, address, name), times in Counter((m.channel, m.address, m.name) for m in arrived).items():
        again = times - 1
        excused = min(again, open_attempts[name])
        found.doubles += [(channel, name)] * excused
        if again > excused:
            found.twice.append(f"{address}: {times} times, {open_attempts[name]} attempts open: {name}")


UNASKED = ("ask", "receipt", "kickoff")
"""What asks nothing of the unit that it is about."""


def _check_said(found: Findings, scene: Scene, said: Iterable[Said]) -> None:
    spans = reported(scene)
    for s in said:
        if s.kind not in UNASKED and is_in(spans.get((s.unit, s.period), []), s.at):
            found.wrong.append(f"{s.unit} {s.period} {s.kind} at {s.at}: has reported")


def _check_demands(
    found: Findings, scene: Scene, heard: Sequence[Said], log: Log, open_attempts: Counter[str],
    troubled: bool,
) -> None:  # fmt: skip
    wanted = demands(scene)
    found.demanded = len(wanted)
    chats = Chats(scene, wanted, log, open_attempts)
    by_kind: dict[tuple[str, str, str, str], list[Said]] = defaultdict(list)
    for s in heard:
        by_kind[s.unit, s.period, s.kind, s.hearer].append(s)
    for demand in wanted:
        mine = by_kind[demand.unit, demand.period, demand.kind, demand.hearer]
        fitting = [s for s in mine if demand.since <= s.at < demand.until]
        for s in fitting:
            mine.remove(s)
        in_chat = chats.said(demand)
        if in_chat or fitting:
            found.arrived += 1
        else:
            _missing(found, demand, scene, log, troubled)
        by = [demand.hearer] * in_chat + list(dict.fromkeys(s.by for s in fitting))
        _count_turned(found, demand, by, open_attempts)
    for left in by_kind.values():
        found.wrong += [f"{s.unit} {s.period} {s.kind} to {s.hearer} at {s.at}: not to be said" for s in left]
    found.doubles += chats.doubles
    found.twice += chats.twice
    found.wrong += chats.wrong


def _count_turned(
    found: Findings, demand: Demand, by: Sequence[str], open_attempts: Counter[str]
) -> None:  # fmt: skip
    """One thing said by several messages: one of them may have been taken without an answer, and what was in
    it turned to another channel or sealed anew."""
    for name in by[:-1]:
        if not open_attempts[name]:
            found.twice.append(f"{demand}: said by {len(by)} messages")
        elif ("turned", name) not in found.doubles:
            found.doubles.append(("turned", name))


def _missing(found: Findings, demand: Demand, scene: Scene, log: Log, troubled: bool) -> None:
    if _refused(demand, scene, log):
        found.undelivered.append(demand)
    elif must_arrive(demand, scene, troubled):
        found.lost.append(str(demand))
    else:
        found.in_time_to_be_moot += 1


def _refused(demand: Demand, scene: Scene, log: Log) -> bool:
    """Whether the last of the hearer's addresses was refused for good while it was to be said."""
    last = ways(demand.hearer)[-1]
    return any(
        (channel, address) == last and demand.since <= scene.stages[stage].at < demand.until
        for stage, channel, address in log.refused_for_good
    )
