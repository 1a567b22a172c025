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

An error carries codes and values; templates/wording.yaml turns them into Chinese at the rim.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, what stands there, what was expected."""

    code: str
    """Key of the sentence in templates/wording.yaml."""
    file: str = ""
    place: str = ""
    """A line (`12`), a cell (`月报!D7`) or a JSON path (`cells.fines`)."""
    key: str = ""
    value: str = ""
    params: dict[str, Any] = field(default_factory=dict)


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
