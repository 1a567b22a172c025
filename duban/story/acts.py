"""What people in a story do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from duban import agenda
from duban.plan import Plan
from duban.services.receiving import Address

Value = Decimal | int | str


@dataclass(frozen=True, slots=True)
class File:
    """A file that comes with a return."""

    id: str
    """The attachment it is meant as."""
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What a return states that is fit to be counted."""

    values: dict[str, Value] = field(default_factory=dict)
    """By indicator; flow figures of a zero report are zeros."""
    rows: tuple[dict[str, Value], ...] = ()
    """The rows of a register."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person does."""

    at: datetime
    kind: Literal["submit", "give-up", "determine"]
    to: Address
    data: bytes = b""
    file_name: str = ""
    files: tuple[File, ...] = ()
    door: str = "workbook"
    said: Said | None = None
    """None for a file that is refused, and for acts that are no returns."""
    by: str = ""
    reason: str = ""
    day: date | None = None
    """determine: the due day that is set."""


@dataclass(frozen=True, slots=True)
class Story:
    """A plan, who does what and when."""

    plan: Plan
    """As it is in the end: with the days that were still to be determined when it was deployed."""
    acts: tuple[Act, ...]

    @property
    def until(self) -> date:
        """The last day worth playing: the day after the last act or due time."""
        last = max([a.at for a in self.acts] + list(agenda.after_deadlines(self.plan)))
        return last.astimezone(self.plan.zone).date() + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cue:
    """One appearance of somebody who owes something, before its lines are written."""

    at: datetime
    owed: agenda.Obligation
    manner: Literal["plain", "broken", "raised", "zero"]
    workbook: bool
    mark: str = ""
    """Tells the files of one obligation apart."""


Words = dict[str, Any]
"""`blank` (texts of the form) and `story` (what people in it sign and say) of the wording."""
