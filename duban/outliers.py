"""Figures quite out of a unit's own line: a slipped decimal point, 元 for 万元. Pure.

Such slips are by factors of ten and more, and what offices report grows and shrinks by smaller ones; so a
figure is measured by the largest and the smallest of those before it, and what is small in itself is left
alone. Values are scaled integers of one indicator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Literal

ENOUGH = 4
"""So many earlier values make a line."""
FAR = 5
"""So many times above the usual largest, or of a stock below the usual smallest, is far."""
DROP = 500
"""A flow may be small for a month; only so many times below the usual smallest is it a wrong unit."""
SLIP = 100
"""An earlier figure so many times out of the line of the others was a slip itself."""
SMALL = 20
"""Differences below this are nothing among counts: of three cases after none nobody has to give account."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """A figure out of line, and the line."""

    side: Literal["high", "low"]
    middle: Fraction
    """The median of what came before."""
    smallest: int
    largest: int
    count: int


def outlier(value: int, earlier: Sequence[int], *, is_stock: bool = False) -> Outlier | None:
    """Whether a figure is to be asked about, measured by the unit's own earlier ones.

    1. With fewer than four earlier values, or zeros only, nothing is said.
    2. High: more than five times the usual largest.
    3. Low: of a stock less than a fifth of the usual smallest; of a flow, which may well be nothing or
       little, not zero and less than a five-hundredth of the usual smallest.
    4. An earlier slip by a factor of a hundred that got through does not make the line.
    """
    if len(earlier) < ENOUGH or not any(earlier):
        return None
    usual = sorted(earlier)
    is_high = _is_high(value, _most(usual))
    if not is_high and not _is_low(value, _least([v for v in usual if v or is_stock]), is_stock):
        return None
    middle = median(map(Fraction, usual))
    return Outlier("high" if is_high else "low", middle, usual[0], usual[-1], len(usual))


def _is_high(value: int, most: int) -> bool:
    return most > 0 and value > FAR * most and value - most >= SMALL


def _is_low(value: int, least: int, is_stock: bool) -> bool:
    far = FAR if is_stock else DROP
    return (is_stock or value > 0) and value * far < least and least - value >= SMALL


def _most(usual: Sequence[int]) -> int:
    """The largest that was no slip."""
    others = usual[:-1]
    return others[-1] if len(others) >= ENOUGH and 0 < others[-1] * SLIP < usual[-1] else usual[-1]


def _least(usual: Sequence[int]) -> int:
    """The smallest that was no slip."""
    others = usual[1:]
    return others[0] if len(others) >= ENOUGH and usual[0] * SLIP < others[0] else usual[0]
