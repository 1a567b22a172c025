"""What a drain of the doors did, for a run's final state and for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from duban.doors.returns import Answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one return."""

    door: str
    name: str
    verdict: str
    """`accepted`, `refused`, or `failed`: tried again by a later drain."""
    receipt: str = ""
    problems: tuple[str, ...] = ()
    """Codes of what was wrong."""

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "door": self.door, "name": self.name, "verdict": self.verdict, "receipt": self.receipt or None,
            "problems": list(self.problems),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drained:
    """What was done, and how much is still on its way."""

    outcomes: tuple[Outcome, ...] = ()
    waiting: int = 0

    def __add__(self, other: Drained) -> Drained:
        return Drained(self.outcomes + other.outcomes, self.waiting + other.waiting)

    def count(self, verdict: str) -> int:
        """How many ended so."""
        return sum(o.verdict == verdict for o in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {"returns": [o.as_json() for o in self.outcomes], "waiting": self.waiting}


def outcome(door: str, answer: Answer) -> Outcome:
    """An answer, in short."""
    receipt, error = answer.receipt, answer.error
    found = receipt.problems if receipt else getattr(error, "problems", ())
    codes = tuple(dict.fromkeys(p.code for p in found)) or ((error.code,) if error else ())
    kind = "accepted" if answer.accepted else "refused"
    return Outcome(door, answer.name, kind, receipt.number if receipt else "", codes)


def failed(door: str, name: str, error: Exception) -> Outcome:
    """Not the sender's fault: it stays where it is."""
    return Outcome(door, name, "failed", problems=(getattr(error, "code", type(error).__name__),))
