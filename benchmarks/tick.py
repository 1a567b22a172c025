"""A run of a campaign over few units and over 40,000: with nothing due it takes about as long, with
everything due it costs as much for each unit. On the core, without Prefect: `python benchmarks/tick.py`."""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.side import TURNS, Case, arguments, report, seconds
from duban.ledger import Ledger, open_ledger
from duban.ledger.parcels import Parcel
from duban.plan import Bundle, Plan, parse
from duban.rendering import Renderer, renderer
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.running import run_campaign

FEW, MANY, MANY_QUICK = 50, 40_000, 4_000
SLUG = "province-2024"
QUIET = 2.0
"""A run with nothing due may take so many times as long over many units."""
FLAT = 1.5
"""What is done for each unit may cost so many times as much: a tree of 40,000 keys is deeper than one of 50,
and a machine is never quite quiet. What grows with the number of units misses this by far."""

PLAN = """\
slug: province-2024
title: 全省专项行动
short: 全省行动
issuer: 省局
issued: 2024-01-02
origin: coordinator
start: 2024-01-02
end: 2024-01-31
groups:
  - {id: offices, name: 各所}
  - {id: bureau, name: 机关}
coordinator: {unit: chief}
phases:
  - {id: action, kind: action, name: 集中整治, start: 2024-01-02, end: 2024-01-31}
duties:
  - id: weekly
    name: 情况表
    by: 各所
    phases: [action]
    to: chief
    rhythm: {due: 2024-01-26}
    form: short
"""
REMINDED = "    moments: {remind: [1, 2, 3, 4, 7, 8, 9, 10]}\n"
LOUD = """\
    escalation: {origin: coordinator, blue: 1, orange: 3}
messages: {origin: coordinator, kickoff: true, amendments: true, thanks: true, receipts: [portal, mailbox]}
"""
"""A plan that says all there is to say besides: all units at the beginning, and colours once it is late."""
FORM = """\
id: short
title: 情况表
origin: coordinator
sections:
  - id: work
    name: 检查
    indicators:
      - {code: visits, name: 检查次数, unit_of_measure: 次}
"""


class Paper:
    """Takes every message and keeps none."""

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Nothing leaves."""


def bundle(units: int, more: str = REMINDED) -> Bundle:
    """A campaign with so many units, and what else its plan states."""
    chief = "chief,省局专班,专班,bureau,email=chief@province.example,coordinator"
    of = "第{0:05d}所,{0:05d}所,offices,email=u{0:05d}@province.example,coordinator"
    rows = ["id,name,short,groups,channels,origin", chief]
    rows += [f"u{n:05d},{of.format(n)}" for n in range(units)]
    files = {"plan.yaml": PLAN + more, "units.csv": "\n".join(rows) + "\n", "forms/short.yaml": FORM}
    return Bundle(tuple(sorted(files.items())))


class Province:
    """A campaign on a ledger of its own, and what is measured on it."""

    def __init__(self, folder: Path, units: int, more: str = REMINDED) -> None:
        folder.mkdir(exist_ok=True)
        self.units = units
        made = bundle(units, more)
        self.plan: Plan = parse(made)
        self.ledger: Ledger = open_ledger(f"sqlite:///{folder / f'{units}.sqlite'}", kind="virtual")
        self.texts: Renderer = renderer()
        deploy(self.ledger, made, reason="benchmark", as_of=self.at(2, "08:00"))

    def at(self, day: int, clock: str) -> datetime:
        """An instant of the campaign's month."""
        return datetime.fromisoformat(f"2024-01-{day:02d} {clock}").replace(tzinfo=self.plan.zone)

    def run(self, when: datetime) -> int:
        """One run; how many messages it decided, and drafts for approval."""
        done = run_campaign(
            self.ledger, SLUG, texts=self.texts, documents=None, owner="benchmark", as_of=when
        )  # fmt: skip
        return sum(said.sent + said.proposed + said.announced for said in done.said)

    def deliver(self, when: datetime) -> int:
        """One delivery; how many messages left."""
        return deliver(self.ledger, Paper(), self.texts, owner="benchmark", as_of=when).sent


MORNINGS = (16, 17, 18, 19, 22, 23, 24, 25)
"""Working mornings on which everybody is reminded."""


def timed(work: Callable[[datetime], int], when: datetime, wanted: int) -> float:
    """Seconds that some work takes, which has to do something for so many units."""
    found: list[int] = []
    taken = seconds(lambda: found.append(work(when)))
    if found != [wanted]:
        raise AssertionError(f"{found} of {wanted} at {when}")
    return taken


def measure(few: Province, many: Province) -> list[Case]:
    """Both campaigns in turn: everything due, sent, then nothing due. Messages leave the large one on the
    first morning only, tens of thousands of them, which is a measurement of some minutes."""
    taken: dict[tuple[str, int], list[float]] = defaultdict(list)
    for p in (few, many):
        p.run(p.at(2, "09:00"))
    for n, day in enumerate(MORNINGS[:TURNS]):
        for p in (few, many):
            morning, later = p.at(day, "08:30"), p.at(day, "10:00")
            taken["decided", p.units].append(timed(p.run, morning, p.units))
            if p is few or n == 0:
                taken["sent", p.units].append(timed(p.deliver, morning, p.units))
                taken["idle", p.units] += _repeated(p.deliver, later)
            taken["quiet", p.units] += _repeated(p.run, later)
    found = {key: median(values) for key, values in taken.items()}
    return [
        _quiet("run, nothing due", few, many, found, "quiet"),
        _quiet("delivery, nothing waiting", few, many, found, "idle"),
        _flat("run, everything due", few, many, found, "decided"),
        _flat("sealed and sent", few, many, found, "sent"),
    ]


SAID_TO_ALL = (("begun", 2), ("blue", 29), ("orange", 31))
"""What is said to all units of a loud plan, and proposed for approval, on which mornings: due on the 26th, a
Friday; blue on the first working day after it, and orange two days after that."""


def measure_loud(few: Province, many: Province) -> list[Case]:
    """The same of a plan that says more. Nothing is delivered: that costs as much whatever is said."""
    taken: dict[tuple[str, int], list[float]] = defaultdict(list)
    for name, day in SAID_TO_ALL:
        for p in (few, many):
            taken[name, p.units].append(timed(p.run, p.at(day, "08:30"), p.units))
            taken["quiet", p.units] += _repeated(p.run, p.at(day, "10:00"))
    found = {key: median(values) for key, values in taken.items()}
    return [
        _quiet("run, nothing due, colours and kick-off on", few, many, found, "quiet"),
        _flat("kick-off decided", few, many, found, "begun"),
        _flat("blue decided", few, many, found, "blue"),
        _flat("orange proposed", few, many, found, "orange"),
    ]


def _repeated(work: Callable[[datetime], int], when: datetime) -> list[float]:
    return [timed(work, when + timedelta(minutes=n), 0) for n in range(TURNS)]


Found = Mapping[tuple[str, int], float]


def _quiet(case: str, few: Province, many: Province, found: Found, key: str) -> Case:
    ours, baseline = found[key, many.units] * 1e3, found[key, few.units] * 1e3
    name = f"{case}: {many.units} units beside {few.units}"
    return Case(name, ours, baseline, "ms", baseline / ours, 1 / QUIET, ours <= QUIET * baseline)


def _flat(case: str, few: Province, many: Province, found: Found, key: str) -> Case:
    ours, baseline = (found[key, p.units] / p.units * 1e6 for p in (many, few))
    name = f"{case}, each of {many.units} beside {few.units}"
    return Case(name, ours, baseline, "µs", baseline / ours, 1 / FLAT, ours <= FLAT * baseline)


def main() -> int:
    """Measure and report."""
    asked = arguments(__doc__)
    many_units = MANY_QUICK if asked.quick else MANY
    with tempfile.TemporaryDirectory(prefix="duban-tick-") as name:
        cases: list[Case] = []
        for work, more in ((measure, REMINDED), (measure_loud, LOUD)):
            folder = Path(name) / work.__name__
            few, many = Province(folder, FEW, more), Province(folder, many_units, more)
            with closing(few.ledger), closing(many.ledger):
                cases += work(few, many)
        return report(cases, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main())
