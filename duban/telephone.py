"""A telephone call 电话催报: who rang which unit, when, and what came of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

Outcome = Literal["promised", "told", "says-sent", "difficulty", "refuses", "no-answer", "wrong-number"]
"""promised: to report by a day; told: reached, and no more; says-sent: they say it was sent already;
difficulty: they cannot yet, and say why; refuses: they say they do not owe it or will not."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
UNREACHED: frozenset[str] = frozenset({"no-answer", "wrong-number"})


@dataclass(frozen=True, slots=True)
class Logged:
    """One call that was made."""

    id: str
    unit: str
    about: tuple[str, ...]
    """Keys of the obligations that were asked for."""
    by: str
    outcome: Outcome
    until: datetime | None
    """promised: they report before it; exclusive."""
    person: str
    """Who answered; "" when nobody said, or when it was erased since."""
    note: str
    """What they answered, likewise."""
    called_at: datetime
    recorded_at: datetime

    @property
    def reached(self) -> bool:
        """Whether somebody was spoken to."""
        return self.outcome not in UNREACHED

    def holds(self, now: datetime) -> bool:
        """Whether it is a promise whose day has not passed."""
        return self.until is not None and now < self.until
