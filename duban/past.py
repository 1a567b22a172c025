"""What a unit has reported before, as far as the rules of a form look back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier return that counts."""

    period: str
    cells: Mapping[str, int]  # value x 10^scale, under today's codes
    called: str = ""
    """The duty it answered, where that is another one with the same form."""
    adjoins: bool = False
    """Nothing lies between it and the return that is looked at: no gap, no unit taken over meanwhile. Only of
    such a one the closing figures are the next one's opening figures."""


def last_said(past: Sequence[Past], code: str) -> Past | None:
    """The last return that states a figure; `past` has the oldest first."""
    return next((p for p in reversed(past) if code in p.cells), None)


def said(past: Sequence[Past], code: str) -> list[int]:
    """Every value a figure had, the oldest first."""
    return [p.cells[code] for p in past if code in p.cells]


def opening(past: Sequence[Past]) -> Past | None:
    """The return whose closing figures are the opening ones of this; None where there is no such."""
    return past[-1] if past and past[-1].adjoins else None
