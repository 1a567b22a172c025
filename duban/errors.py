"""What can go wrong, said so that a person can mend it.

DubanError
├── BadInput             the caller's data is wrong; carries every Problem found (exit code 2)
│   ├── PlanInvalid      a campaign folder that does not make a plan
│   └── SubmissionInvalid  a file that does not make a submission
├── NotAllowed           the ledger refuses: its clock, its triggers, its order
├── DoorShut             a drop folder or mailbox cannot be reached: nothing is known of what lies in it
└── DeliveryFailed       a channel did not take a message
    ├── Permanent        trying again cannot help
    │   └── NoSuchAddress  nobody is there
    └── Retryable        trying again may help
        ├── Unreachable  nobody answers there: what else goes there need not be tried now
        ├── TooFast      the provider wants a pause
        └── Unclear      the message has left and no answer came: it may have arrived

An error carries codes and values; templates/wording.yaml turns them into Chinese at the rim.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Grade = Literal["error", "query", "note"]
"""error: mended before it counts; query: counts, to be explained by a 备注; note: explained."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake, or one thing to be explained: where it is, what stands there, what was expected."""

    code: str
    """Key of the sentence in templates/wording.yaml."""
    file: str = ""
    place: str = ""
    """A line (`12`), a cell (`月报!D7`) or a JSON path (`cells.fines`)."""
    key: str = ""
    value: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    grade: Grade = "error"

    @property
    def refuses(self) -> bool:
        """Whether what it is found in is refused."""
        return self.grade == "error"


class DubanError(Exception):
    """Anything Duban raises on purpose; `code` names its sentence in templates/wording.yaml."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(f"{code} {params}" if params else code)
        self.code = code
        self.params = params


class BadInput(DubanError):
    """Data from outside is wrong; `problems` has every mistake, not only the first."""

    def __init__(self, code: str, problems: tuple[Problem, ...] = (), **params: Any) -> None:
        super().__init__(code, **params)
        self.problems = problems


class PlanInvalid(BadInput):
    """A campaign folder that does not make a plan."""


class SubmissionInvalid(BadInput):
    """A file that does not make a submission."""


class NotAllowed(DubanError):
    """The ledger refuses what was asked."""


class DoorShut(DubanError):
    """A drop folder or mailbox cannot be reached: nothing is known of what lies in it."""


class DeliveryFailed(DubanError):
    """A channel did not take a message."""

    def __init__(self, detail: str) -> None:
        super().__init__("delivery-failed", detail=detail)
        self.detail = detail


class Permanent(DeliveryFailed):
    """The address or the channel's set-up is wrong: trying again cannot help."""


class NoSuchAddress(Permanent):
    """The other side takes no mail for that address."""


class Retryable(DeliveryFailed):
    """The other side is down or busy: trying again may help."""


class Unreachable(Retryable):
    """Nobody answers there, or lets us in: nothing has left."""


class TooFast(Retryable):
    """The provider takes no more for now; that is no failure of the message."""

    def __init__(self, detail: str, seconds: int) -> None:
        super().__init__(detail)
        self.seconds = seconds
        """For how long nothing more is to be sent there."""


class Unclear(Retryable):
    """The message has left and no answer came: it may have arrived."""
