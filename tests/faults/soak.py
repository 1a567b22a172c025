"""Kill the process again and again while it plays a campaign, let servers and databases fail, and see that
everybody has heard what they should, once: `python -m tests.faults.soak --kills 500 --seed 1`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from sqlalchemy import select

from duban.ledger import Ledger, journal, open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.outbox.sending import message_id
from duban.services.deploying import deploy
from tests.faults.audit import Findings, audit
from tests.faults.databases import Databases, postgres
from tests.faults.outside import Log, Moods, outside
from tests.faults.player import Ended, Life, read_progress, write_progress
from tests.faults.scene import SLUG, Scene, deployed_at, scene
from tests.faults.traps import AFTER_250, POINTS

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
    trouble: float = 0.0
    """The share of calls that go wrong at the servers."""
    cuts: float = 0.0
    """Database connections dropped, per second."""
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
    doubles_after_named: int = 0
    """Doubles that are certain: killed on purpose between the server's 250 and the outcome."""
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
    """Says how each life is to end, from a seed."""

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
    played = scene(ordeal.seed, ordeal.units, ordeal.months)
    folder.mkdir(exist_ok=True)
    progress = folder / "progress"
    write_progress(progress, 0, 0)
    url = databases.new() if ordeal.postgres and databases else f"sqlite:///{folder / 'ledger.sqlite'}"
    outcome = Outcome(ordeal)
    log = Log(lambda: _stage_of(progress, ordeal.workers))
    with ExitStack() as stack:
        channels = stack.enter_context(outside(log, Moods(ordeal.seed, ordeal.trouble)))
        ledger = open_ledger(url, kind="virtual")
        stack.callback(ledger.close)
        deploy(ledger, played.bundle, reason="test", as_of=deployed_at())
        nurseries = [Nursery() for _ in range(ordeal.workers)]
        for nursery in nurseries:
            stack.callback(nursery.close)
        stages = len(played.stages)
        life = Life(ordeal.seed, ordeal.units, ordeal.months, url, channels, str(progress), stages)
        with _cutting(outcome, databases, url, ordeal):
            _play(ordeal, life, nurseries, outcome)
        _judge(outcome, played, log, ledger)
    outcome.seconds = time.monotonic() - began
    return outcome


def _stage_of(progress: Path, workers: int) -> int:
    return min(read_progress(progress, w)[0] for w in range(workers))  # who is done waits in the next one


def _play(ordeal: Ordeal, life: Life, nurseries: list[Nursery], outcome: Outcome) -> None:
    killer = Killer(Random(ordeal.seed), ordeal.kills, ordeal.named)
    lives = [replace(life, worker=w, workers=ordeal.workers) for w in range(ordeal.workers)]
    with ThreadPoolExecutor(len(lives)) as pool:
        list(pool.map(lambda x: _until_done(killer, x, nurseries[x.worker], outcome), lives))


def _until_done(killer: Killer, life: Life, nursery: Nursery, outcome: Outcome) -> None:
    """One life after another, until one comes to its end by itself."""
    failures, where = 0, (0, 0)
    while True:
        ending = killer.next(life)
        ended = nursery.live(ending)
        if ended.how == "done":
            return
        if ended.how == "killed":
            killer.left -= 1
            outcome.kills["any" if ended.at_any_instant else ending.trap] += 1
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


def _judge(outcome: Outcome, played: Scene, log: Log, ledger: Ledger) -> None:
    ordeal = outcome.ordeal
    left_open = _open_attempts(ledger)
    outcome.findings = audit(played, log, left_open, troubled=ordeal.trouble > 0)
    outcome.troubles, outcome.longest_wait = log.troubles, max(log.waited, default=0.0)
    on_purpose = outcome.kills[AFTER_250]
    outcome.doubles_after_named = min(on_purpose, outcome.findings.doubles)
    with ledger.read() as conn:
        for name in (SLUG, journal.INSTALLATION):
            proof = verify(conn, name)
            if proof.broken_at is not None:
                outcome.findings.tampered.append(f"{name}: {proof.broken_at}")
        waiting = conn.execute(select(t.unsealed.c.message)).all()
    outcome.findings.lost += [f"never sealed: {row.message}" for row in waiting]


def _open_attempts(ledger: Ledger) -> Counter[str]:
    """Attempts without an outcome, by the name of their message in the servers' logs."""
    a, o, g = t.attempt.c, t.outcome.c, t.digest.c
    said = select(o.n).where(o.digest == a.digest, o.n == a.n)
    wanted = select(g.id, g.subject).join(t.attempt, g.id == a.digest).where(~said.exists())
    with ledger.read() as conn:
        return Counter(message_id(r.id, r.subject) for r in conn.execute(wanted))


def ordeals(seed: int) -> Iterator[Ordeal]:
    """Campaigns of all kinds, again and again with other seeds."""
    while True:
        yield Ordeal("killed", seed, 100)
        yield Ordeal("killed, servers failing", seed + 1, 100, trouble=0.2)
        yield Ordeal("two workers, killed", seed + 2, 30, months=1, postgres=True, workers=2)
        yield Ordeal(
            "four workers, connections dropped", seed + 3, 30, months=1, postgres=True, workers=4, cuts=0.7
        )
        yield Ordeal(
            "two workers, everything at once", seed + 4, 30, months=1, postgres=True, workers=2, trouble=0.2,
            cuts=0.4,
        )  # fmt: skip
        seed += 5


def soak(kills: int, seed: int, tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Go through ordeals until there were so many kills."""
    outcomes: list[Outcome] = []
    with postgres() as databases:
        for ordeal in ordeals(seed):
            left = kills - sum(sum(o.kills.values()) for o in outcomes)
            ordeal = replace(ordeal, kills=min(ordeal.kills, left))
            with tempfile.TemporaryDirectory(prefix="duban-faults-") as folder:
                outcomes.append(endure(ordeal, Path(folder), databases))
            tell(outcomes[-1])
            if sum(sum(o.kills.values()) for o in outcomes) >= kills:
                return outcomes
    raise AssertionError("unreachable")


def row(outcome: Outcome) -> dict[str, object]:
    """One line of the table."""
    f = outcome.findings
    return {
        "ordeal": outcome.ordeal.name, "seed": outcome.ordeal.seed, "kills": sum(outcome.kills.values()),
        "at any instant": outcome.kills["any"], "dropped connections": outcome.cut,
        "troubled calls": sum(outcome.troubles.values()), "demanded": f.demanded, "arrived": f.arrived,
        "moot": f.in_time_to_be_moot, "refused": f.undelivered, "messages": f.messages, "doubles": f.doubles,
        "of them on purpose": outcome.doubles_after_named, "lost": len(f.lost), "twice": len(f.twice),
        "wrong": len(f.wrong), "tampered": len(f.tampered), "seconds": round(outcome.seconds, 1),
    }  # fmt: skip


def main() -> int:
    """Print what came of it; 1 when a rule is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()

    def tell(outcome: Outcome) -> None:
        print("  ".join(f"{k}: {v}" for k, v in row(outcome).items()), file=sys.stderr, flush=True)
        f = outcome.findings
        for name in ("lost", "twice", "wrong", "tampered"):
            for line in getattr(f, name)[:10]:
                print(f"    {name}: {line}", file=sys.stderr, flush=True)

    outcomes = soak(asked.kills, asked.seed, tell)
    whole = summary(outcomes)
    if asked.json:
        print(json.dumps({"ordeals": [row(o) for o in outcomes], "all": whole}, ensure_ascii=False, indent=1))
    else:
        for name, value in whole.items():
            print(f"{name:40} {value}")
    return 1 if any(o.broken for o in outcomes) else 0


def summary(outcomes: list[Outcome]) -> dict[str, object]:
    """All campaigns together."""
    total, kills = Findings(), Counter[str]()
    for o in outcomes:
        total.add(o.findings)
        kills += o.kills
    on_purpose = sum(o.doubles_after_named for o in outcomes)
    by_chance = total.doubles - on_purpose
    return {
        "campaigns": len(outcomes), "kills": sum(kills.values()), "kills at any instant": kills["any"],
        "kills at named points": dict(sorted((p, n) for p, n in kills.items() if p != "any")),
        "dropped connections": sum(o.cut for o in outcomes),
        "troubled calls": dict(sum((o.troubles for o in outcomes), Counter())),
        "longest wait for a hanging server": round(max(o.longest_wait for o in outcomes), 2),
        "messages": total.messages, "demanded": total.demanded, "arrived": total.arrived,
        "moot before they could arrive": total.in_time_to_be_moot, "refused for good": total.undelivered,
        "doubles without outcome": total.doubles, "of them killed there on purpose": on_purpose,
        "doubles per 100 other kills": round(100 * by_chance / max(1, sum(kills.values()) - on_purpose), 2),
        "lost": len(total.lost), "twice": len(total.twice), "wrong": len(total.wrong),
        "tampered": len(total.tampered), "seconds": round(sum(o.seconds for o in outcomes), 1),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
