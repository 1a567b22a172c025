"""What a campaign has to go through: its process killed, its servers failing, its database cut off; and how
it came through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from duban.ledger import open_ledger
from duban.services.deploying import deploy
from tests.faults.audit import Findings
from tests.faults.databases import Databases
from tests.faults.judging import at_risk, judge
from tests.faults.lives import Ended, Life, Progress, read_progress
from tests.faults.logs import Log, Moods
from tests.faults.outside import outside
from tests.faults.scene import scene
from tests.faults.stations import deployed_at
from tests.faults.traps import POINTS

ROOT = Path(__file__).resolve().parents[2]
MEAN_LIFE, LONGEST_LIFE = 0.12, 1.5
"""Seconds after which lives end at any instant, and those do whose point is not passed."""
MOST_FAILURES = 25
"""A stage that fails so often will not end well."""


@dataclass(frozen=True)
class Ordeal:
    """What a campaign has to go through."""

    name: str
    seed: int
    kills: int = 20
    units: int = 200
    months: int = 3
    postgres: bool = False
    workers: int = 1
    lanes: int = 1
    """So many are worked at once by each worker."""
    trouble: float = 0.0
    """The share of calls that go wrong at the servers."""
    cuts: float = 0.0
    """Database connections dropped, per second."""
    outages: bool = False
    """Whether the database takes no connections for hours, twice."""
    named: float = 0.5
    """The share of kills at a named point; the others come at any instant."""


@dataclass
class Outcome:
    """How a campaign came through."""

    ordeal: Ordeal
    kills: Counter[str] = field(default_factory=Counter)
    """By the point that was hit; `any` is any instant."""
    failed: int = 0
    """Lives that ended by an error: a dropped connection."""
    cut: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    longest_wait: float = 0.0
    deaths: list[tuple[float, str]] = field(default_factory=list)
    """When each kill had come, and at which point."""
    doubles: Counter[str] = field(default_factory=Counter)
    """By cause and channel."""
    at_risk: dict[str, float] = field(default_factory=dict)
    """Seconds in which a kill leaves a double, by channel."""
    lived: float = 0.0
    """Seconds of all lives together."""
    findings: Findings = field(default_factory=Findings)
    seconds: float = 0.0

    @property
    def broken(self) -> bool:
        """Whether a rule is broken."""
        return self.findings.broken or self.longest_wait > 5


class Nursery:
    """A player process that lives one life after another."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.player"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        )  # fmt: skip

    def live(self, life: Life) -> Ended:
        """One life."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(life.line())
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("the player is gone")
        return Ended(**json.loads(answer))

    def close(self) -> None:
        """No more lives."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@dataclass
class Killer:
    """Says how each life is to end, from a seed: at a point drawn from all alike, the so-manieth time that it
    comes by; or after a time without memory, so that no instant is likelier than another."""

    chance: Random
    left: int
    named: float

    def next(self, life: Life) -> Life:
        """The same life with an end."""
        if self.left <= 0:
            return life
        longer = 1 if life.workers == 1 else 3 * life.workers  # they wait for each other
        if self.chance.random() < self.named:
            point = self.chance.choice(POINTS)
            nth = 1 + int(self.chance.expovariate(1 / 4))
            return replace(life, trap=point, nth=nth, after=LONGEST_LIFE * longer)
        return replace(life, after=0.02 + self.chance.expovariate(1 / MEAN_LIFE) * longer)


def endure(ordeal: Ordeal, folder: Path, databases: Databases | None = None) -> Outcome:
    """Play a campaign through all of it."""
    began = time.monotonic()
    played = scene(ordeal.seed, ordeal.units, ordeal.months, ordeal.outages)
    folder.mkdir(exist_ok=True)
    url = databases.new() if ordeal.postgres and databases else f"sqlite:///{folder / 'ledger.sqlite'}"
    admin = databases.admin if ordeal.outages and databases else ""
    outcome = Outcome(ordeal)
    with ExitStack() as stack:
        progress = Progress(folder / "progress", ordeal.workers)
        stack.callback(progress.close)
        log = Log(progress.stage)
        channels = stack.enter_context(outside(log, Moods(played, ordeal.seed, ordeal.trouble)))
        ledger = open_ledger(url, kind="virtual")
        stack.callback(ledger.close)
        deploy(ledger, played.bundle, reason="test", as_of=deployed_at())
        nurseries = [Nursery() for _ in range(ordeal.workers)]
        for nursery in nurseries:
            stack.callback(nursery.close)
        life = Life(
            ordeal.seed, ordeal.units, ordeal.months, url, channels, str(progress.path), len(played.stages),
            workers=ordeal.workers, lanes=ordeal.lanes, admin=admin,
        )  # fmt: skip
        with _cutting(outcome, databases, url, ordeal):
            _play(ordeal, life, nurseries, outcome)
        outcome.findings, outcome.doubles = judge(
            played, log, ledger, folder, outcome.deaths, ordeal.trouble > 0
        )
        outcome.at_risk = at_risk(log, folder / "answered")
    outcome.troubles, outcome.longest_wait = log.troubles, max(log.waited, default=0.0)
    outcome.seconds = time.monotonic() - began
    return outcome


def _play(ordeal: Ordeal, life: Life, nurseries: list[Nursery], outcome: Outcome) -> None:
    killer = Killer(Random(ordeal.seed), ordeal.kills, ordeal.named)
    lives = [replace(life, worker=w) for w in range(ordeal.workers)]
    with ThreadPoolExecutor(len(lives)) as pool:
        list(pool.map(lambda x: _until_done(killer, x, nurseries[x.worker], outcome), lives))


def _until_done(killer: Killer, life: Life, nursery: Nursery, outcome: Outcome) -> None:
    """One life after another, until one comes to its end by itself."""
    failures, where = 0, (0, 0)
    while True:
        ending = killer.next(life)
        began = time.monotonic()
        ended = nursery.live(ending)
        outcome.lived += time.monotonic() - began
        if ended.how == "done":
            return
        if ended.how == "killed":
            killer.left -= 1
            point = "any" if ended.at_any_instant else ending.trap
            outcome.kills[point] += 1
            outcome.deaths.append((time.monotonic(), point))
            continue
        outcome.failed += 1
        at = read_progress(life.progress, life.worker)
        failures, where = (failures + 1, at) if at == where else (1, at)
        if outcome.ordeal.cuts == 0 or failures > MOST_FAILURES:
            raise RuntimeError(f"a life ended by itself at {at}:\n{ended.detail}")


@contextmanager
def _cutting(outcome: Outcome, databases: Databases | None, url: str, ordeal: Ordeal) -> Iterator[None]:
    """Drop connections of the database, now and then."""
    if not ordeal.cuts or databases is None:
        yield
        return
    ended, chance = threading.Event(), Random(ordeal.seed)

    def cut() -> None:
        while not ended.wait(chance.expovariate(ordeal.cuts)):
            outcome.cut += databases.drop_connections(url, chance)

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
