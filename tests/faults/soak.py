"""Kill the process again and again while it plays a campaign, let servers and databases fail, and see that
everybody has heard what they should, once: `python -m tests.faults.soak --kills 500 --seed 1`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import sqrt
from pathlib import Path

from tests.faults.audit import Findings
from tests.faults.databases import postgres
from tests.faults.ordeals import Ordeal, Outcome, endure

GOAL = 1.0
"""Doubles per 100 kills at random instants; what is missed is said, and breaks no rule."""


def ordeals(seed: int) -> Iterator[Ordeal]:
    """Campaigns of all kinds, again and again with other seeds."""
    while True:
        yield Ordeal("killed", seed, 100)
        yield Ordeal("killed, servers failing", seed + 1, 100, lanes=8, trouble=0.2)
        yield Ordeal("two workers, killed", seed + 2, 40, months=1, postgres=True, workers=2, outages=True)
        yield Ordeal("lanes at once", seed + 3, 100, months=2, lanes=8)
        yield Ordeal(
            "four workers, connections dropped", seed + 4, 40, months=1, postgres=True, workers=4, cuts=0.7
        )
        yield Ordeal(
            "four workers, everything at once", seed + 5, 40, months=2, postgres=True, workers=4, lanes=8,
            trouble=0.2, cuts=0.4, outages=True,
        )  # fmt: skip
        seed += 6


def soak(kills: int, seed: int, tell: Callable[[Outcome, int], None]) -> list[Outcome]:
    """Go through ordeals until there were so many kills."""
    outcomes: list[Outcome] = []
    done = 0
    with postgres() as databases:
        for ordeal in ordeals(seed):
            ordeal = replace(ordeal, kills=min(ordeal.kills, kills - done))
            with tempfile.TemporaryDirectory(prefix="duban-faults-") as folder:
                outcomes.append(endure(ordeal, Path(folder), databases))
            done += outcomes[-1].kills.total()
            tell(outcomes[-1], done)
            if done >= kills:
                return outcomes
    raise AssertionError("unreachable")


def row(outcome: Outcome) -> dict[str, object]:
    """One line of the table."""
    f = outcome.findings
    return {
        "ordeal": outcome.ordeal.name, "seed": outcome.ordeal.seed, "kills": outcome.kills.total(),
        "at any instant": outcome.kills["any"], "dropped connections": outcome.cut,
        "troubled calls": outcome.troubles.total(), "demanded": f.demanded, "arrived": f.arrived,
        "moot": f.in_time_to_be_moot, "refused": len(f.undelivered), "messages": f.messages,
        "doubles": dict(outcome.doubles), "lost": len(f.lost), "twice": len(f.twice), "wrong": len(f.wrong),
        "tampered": len(f.tampered), "seconds": round(outcome.seconds, 1),
    }  # fmt: skip


def main() -> int:
    """Print what came of it; 1 when a rule is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()

    def tell(outcome: Outcome, done: int) -> None:
        said = "  ".join(f"{k}: {v}" for k, v in row(outcome).items())
        print(f"{done}/{asked.kills}  {said}", file=sys.stderr, flush=True)
        for name in ("lost", "twice", "wrong", "tampered"):
            for line in getattr(outcome.findings, name)[:10]:
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
    """All campaigns together. A kill at a named point tells whether we get over it there; how often a double
    is to be expected, only kills at instants of which none is likelier than another can tell."""
    total, kills, doubles, risk = Findings(), Counter[str](), Counter[str](), Counter[str]()
    for o in outcomes:
        risk.update(o.at_risk)
        total.add(o.findings)
        kills += o.kills
        doubles += o.doubles
    by_chance = sum(n for cause, n in doubles.items() if cause.startswith("by chance"))
    return {
        "campaigns": len(outcomes), "kills": kills.total(), "kills at any instant": kills["any"],
        "kills at named points": dict(sorted((p, n) for p, n in kills.items() if p != "any")),
        "dropped connections": sum(o.cut for o in outcomes),
        "troubled calls": dict(sorted(sum((o.troubles for o in outcomes), Counter()).items())),
        "longest wait for a hanging server": round(max(o.longest_wait for o in outcomes), 2),
        "messages": total.messages, "demanded": total.demanded, "arrived": total.arrived,
        "moot before they could arrive": total.in_time_to_be_moot,
        "refused for good at every address": len(total.undelivered),
        "doubles, each without an outcome": doubles.total(), "doubles by cause and channel": dict(doubles),
        "doubles per 100 kills at any instant": rate(by_chance, kills["any"]),
        "doubles per 100 kills": rate(by_chance, kills.total()),
        "seconds of 100 in which a kill leaves a double": {
            channel: round(100 * n / sum(o.lived for o in outcomes), 2) for channel, n in sorted(risk.items())
        },
        "lost": len(total.lost),
        "twice": len(total.twice), "wrong": len(total.wrong), "tampered": len(total.tampered),
        "seconds": round(sum(o.seconds for o in outcomes), 1),
    }  # fmt: skip


def rate(hits: int, tries: int) -> str:
    """Per hundred, with the interval that holds the true rate 19 times in 20 (Wilson), and the goal."""
    low, high = interval(hits, tries)
    share = 100 * hits / max(1, tries)
    met = "met" if share < GOAL else "missed"
    return (
        f"{share:.2f} ({hits} of {tries}; 95 %: {100 * low:.2f} to {100 * high:.2f}; goal < {GOAL:g}: {met})"
    )


def interval(hits: int, tries: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share."""
    if tries == 0:
        return 0.0, 1.0
    p, n = hits / tries, tries
    middle, spread = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + z * z / n)), (middle + spread) / (1 + z * z / n)


if __name__ == "__main__":
    sys.exit(main())
