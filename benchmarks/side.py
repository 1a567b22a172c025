"""Ours and the baseline side by side: taking turns, medians, table, `--json`, `--quick`, exit code."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from wcwidth import wcswidth

TURNS = 5
"""Each side is measured at least so often."""


@dataclass(frozen=True)
class Case:
    """One measurement against its goal. With a baseline the goal is for the ratio, without one for ours."""

    case: str
    ours: float
    baseline: float | None
    unit: str
    ratio: float | None
    """How many times better than the baseline; more is better whatever the unit."""
    goal: float | None
    """None: told without a goal."""
    met: bool


def faster(case: str, ours: float, baseline: float, *, goal: float, unit: str = "s") -> Case:
    """Ours takes so many times less than the baseline; less is better (seconds, megabytes)."""
    ratio = baseline / ours
    return Case(case, ours, baseline, unit, ratio, goal, ratio >= goal)


def more(case: str, ours: float, baseline: float, *, goal: float | None, unit: str = "/s") -> Case:
    """Ours does so many times more than the baseline; more is better (a rate)."""
    ratio = ours / baseline
    return Case(case, ours, baseline, unit, ratio, goal, goal is None or ratio >= goal)


def at_least(case: str, ours: float, goal: float, *, unit: str) -> Case:
    """A figure that must not be smaller than its goal."""
    return Case(case, ours, None, unit, None, goal, ours >= goal)


def at_most(case: str, ours: float, goal: float, *, unit: str) -> Case:
    """A figure that must not be larger than its goal."""
    return Case(case, ours, None, unit, None, goal, ours <= goal)


def in_turn(ours: Callable[[], Any], baseline: Callable[[], Any], turns: int = TURNS) -> tuple[float, float]:
    """Median seconds of both; they take turns, so that a busy minute of the machine meets both alike."""
    taken = [(seconds(ours), seconds(baseline)) for _ in range(turns)]
    return median(mine for mine, _ in taken), median(other for _, other in taken)


def seconds(work: Callable[[], Any]) -> float:
    """How long some work takes once."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def arguments(purpose: str | None) -> argparse.Namespace:
    """`json` and `quick`, as every benchmark takes them."""
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--json", action="store_true", help="one JSON list instead of the table")
    parser.add_argument("--quick", action="store_true", help="less than a minute")
    return parser.parse_args()


def report(cases: Sequence[Case], *, as_json: bool) -> int:
    """Print what was measured; 1 when a goal was missed, else 0, for `sys.exit`."""
    if as_json:
        print(json.dumps([asdict(c) for c in cases], ensure_ascii=False, indent=1))
    else:
        print(table(cases))
    return 0 if all(c.met for c in cases) else 1


def table(cases: Sequence[Case]) -> str:
    """The measurements as columns of text."""
    head = ("case", "ours", "baseline", "unit", "ratio", "goal", "met")
    lines = [head, *(_cells(c) for c in cases)]
    widths = [max(wcswidth(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join("  ".join(_fill(*cell) for cell in zip(line, widths, range(len(line)), strict=True))
                     for line in lines)  # fmt: skip


def _cells(case: Case) -> tuple[str, ...]:
    goal = "" if case.goal is None else f"{case.goal:g}" + (" ×" if case.ratio is not None else "")
    ratio = "" if case.ratio is None else f"{case.ratio:.2f} ×"
    baseline = "" if case.baseline is None else _number(case.baseline)
    met = "" if case.goal is None else "yes" if case.met else "NO"
    return (case.case, _number(case.ours), baseline, case.unit, ratio, goal, met)


def _number(value: float) -> str:
    return f"{value:g}" if value == int(value) else f"{value:.4g}"


def _fill(cell: str, width: int, column: int) -> str:
    room = " " * (width - wcswidth(cell))
    return cell + room if column in (0, 3) else room + cell
