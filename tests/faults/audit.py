"""What arrived, held against what should have: from the servers' own logs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.faults.expected import Demand, demands, is_in, must_arrive, reported, sent_back
from tests.faults.outside import Arrived, Log
from tests.faults.scene import Scene, mailbox

SOON, LATE, ESCALATED = "请按时报送", "已过报送时限", "逾期时间较长"
"""How a digest's parts begin."""
BACK = re.compile(r"所报(\d+)年(\d+)月情况表已退回")
LINE = re.compile(r"^\s*\d+\. (?:站点行动\s+)?(?:第(?P<unit>\d+)站\s+)?(?P<year>\d+)年(?P<month>\d+)月情况表")
PARTS = ((SOON, "remind"), (LATE, "chase"), (ESCALATED, "escalate"))


@dataclass(frozen=True)
class Said:
    """One thing that a message says of one unit's return of one period."""

    unit: str
    period: str
    kind: str
    stage: int
    at: datetime
    by: str
    """Name of the message."""


def said_by(message: Arrived, scene: Scene) -> list[Said]:
    """What a message says."""
    kind, found = "", []
    at = scene.stages[message.stage].at
    own = message.address.partition("@")[0]
    for line in message.text.splitlines():
        kind = next((k for mark, k in PARTS if mark in line), kind)
        row = LINE.match(line)
        if row and kind:
            unit = f"u{row['unit']}" if row["unit"] else own
            period = f"{row['year']}-{int(row['month']):02d}"
            found.append(Said(unit, period, kind, message.stage, at, message.name))
    return found


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
    doubles: int = 0
    """Messages that came again since an attempt was left without an outcome."""
    undelivered: int = 0
    """What a server refused for good."""
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    """Came again although every attempt had its outcome."""
    wrong: list[str] = field(default_factory=list)
    """Said what was not to be said: to a unit that had reported, or what a later word had overtaken."""
    tampered: list[str] = field(default_factory=list)
    """Records that do not hang together."""

    @property
    def broken(self) -> bool:
        """Whether a rule is broken."""
        return bool(self.lost or self.twice or self.wrong or self.tampered)

    def add(self, other: Findings) -> None:
        """Sum up."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def audit(scene: Scene, log: Log, open_attempts: Counter[str], troubled: bool) -> Findings:
    """Compare. `open_attempts` counts, for each message, the attempts that were left without an outcome."""
    found = Findings(messages=len(log.arrived))
    _count_doubles(found, log.arrived, open_attempts)
    heard = [s for message in first_of_each(log.arrived) for s in said_by(message, scene)]
    _check_said(found, scene, (s for m in log.arrived for s in said_by(m, scene)))
    _check_demands(found, scene, heard, log, troubled)
    _check_returns(found, scene, log, troubled)
    return found


def first_of_each(arrived: Iterable[Arrived]) -> list[Arrived]:
    """Messages without those that came again."""
    seen: dict[tuple[str, str], Arrived] = {}
    for message in arrived:
        seen.setdefault((message.address, message.name), message)
    return list(seen.values())


def _count_doubles(found: Findings, arrived: Sequence[Arrived], open_attempts: Counter[str]) -> None:
    for (address, name), times in Counter((m.address, m.name) for m in arrived).items():
        again = times - 1
        excused = min(again, open_attempts[name])
        found.doubles += excused
        if again > excused:
            found.twice.append(f"{address}: {times} times, {open_attempts[name]} attempts open: {name}")


def _check_said(found: Findings, scene: Scene, said: Iterable[Said]) -> None:
    spans = reported(scene)
    for s in said:
        if is_in(spans.get((s.unit, s.period), []), s.at):
            found.wrong.append(f"{s.unit} {s.period} {s.kind} at {s.at}: has reported")


def _check_demands(found: Findings, scene: Scene, heard: Sequence[Said], log: Log, troubled: bool) -> None:
    wanted = demands(scene)
    found.demanded = len(wanted)
    by_kind: dict[tuple[str, str, str], list[Said]] = defaultdict(list)
    for s in heard:
        by_kind[s.unit, s.period, s.kind].append(s)
    for demand in wanted:
        mine = by_kind[demand.unit, demand.period, demand.kind]
        fitting = [s for s in mine if demand.since <= s.at < demand.until]
        for s in fitting:
            mine.remove(s)
        found.arrived += bool(fitting)
        if len(fitting) > 1:
            found.twice.append(f"{_named(demand)}: said by {len(fitting)} messages")
        if not fitting:
            _missing(found, demand, scene, log, troubled)
    for left in by_kind.values():
        found.wrong += [f"{s.unit} {s.period} {s.kind} at {s.at}: not to be said then" for s in left]


def _missing(found: Findings, demand: Demand, scene: Scene, log: Log, troubled: bool) -> None:
    if _refused(demand, scene, log):
        found.undelivered += 1
    elif must_arrive(demand, scene, troubled):
        found.lost.append(_named(demand))
    else:
        found.in_time_to_be_moot += 1


def _refused(demand: Demand, scene: Scene, log: Log) -> bool:
    who = "office" if demand.voice == "office" else demand.unit
    return any(
        address in (who, mailbox(who)) and demand.since <= scene.stages[stage].at < demand.until
        for stage, address in log.refused_for_good
    )


def _named(demand: Demand) -> str:
    return f"{demand.unit} {demand.period} {demand.kind} from {demand.since} to {demand.until}"


def _check_returns(found: Findings, scene: Scene, log: Log, troubled: bool) -> None:
    """Whose return was sent back hears of it once, before it sends another one."""
    told = Counter(
        m.address.partition("@")[0] + f" {month[1]}-{int(month[2]):02d}"
        for m in first_of_each(log.arrived)
        if (month := BACK.search(m.text))
    )
    for act in sent_back(scene):
        times = told.pop(f"{act.unit} {act.period}", 0)
        refused = any(a in (act.unit, mailbox(act.unit)) for _, a in log.refused_for_good)
        if times > 1:
            found.twice.append(f"{act.unit} {act.period}: sent back, told {times} times")
        if times == 0 and not refused and not troubled:
            found.lost.append(f"{act.unit} {act.period}: sent back and not told")
    found.wrong += [f"{who}: told of a return that was not" for who in told]
