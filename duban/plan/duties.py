"""Duties 报送要求: which units report what to whom, when, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, StrictBool, StrictInt

from duban.plan.forms import Tally
from duban.plan.rhythm import Rhythm
from duban.plan.stated import DayCount, DaysBefore, Id, Names, Number, PeriodName, Stated, Text

PARENT = "parent"
"""As a recipient: the unit's own superior, as units.csv names it."""
LEAD, COOPERATING = "lead", "cooperating"
"""As debtors of a duty per task: the task's units of that role."""
RESERVED = (PARENT, LEAD, COOPERATING)

Door = Literal["workbook", "portal", "mailbox", "folder", "api", "paper", "telephone"]
Signer = Literal["filler", "reviewer", "head"]
Files = Literal["document", "sheet", "image", "video", "any"]


class Moments(Stated):
    """When a duty's units are reminded and chased, in days around the due day."""

    remind: tuple[DaysBefore, ...] = ()
    """Days before, 0 on the day itself; on a day off, the working day before it."""
    chase: tuple[DayCount, ...] = ()
    """Days after; on a day off, the working day after it."""
    escalate: DayCount | None = None
    """Days after which the coordinator is told to take it up in person."""


Colour = Literal["blue", "orange", "red"]
COLOURS: tuple[Colour, ...] = get_args(Colour)


class Escalation(Stated):
    """Three-colour supervision 三色督办, in days after the due day: blue to the liaison, orange to the head
    of the unit and red to the leader in charge, each of these after a person has approved it."""

    for_: Annotated[Names, Field(alias="for")] = ()
    """Only these units; empty: all that owe the duty."""
    blue: DayCount
    orange: DayCount | None = None
    red: DayCount | None = None
    leader_approves: tuple[Literal["orange", "red"], ...] = ()
    """Colours that wait for the leader 分管领导; the others wait for the coordinator."""

    @property
    def steps(self) -> tuple[tuple[Colour, int], ...]:
        """The colours in use with their days, in order."""
        given: Iterator[tuple[Colour, int | None]] = ((c, getattr(self, c)) for c in COLOURS)
        return tuple((colour, days) for colour, days in given if days is not None)


class Copy(Stated):
    """Who gets a copy 抄送."""

    to: Names
    same: Text | None = None
    """Only those that share this attribute with the reporting unit: 同级 is `same: 县区`."""


def _copies(value: object) -> object:
    if not isinstance(value, list):
        value = [value]
    return [v if isinstance(v, dict) else {"to": v} for v in value]


class Attachment(Stated):
    """Files that belong to a return."""

    id: Id
    name: Text
    at_least: Annotated[StrictInt, Field(ge=0, le=100)] = 1
    """0: welcome, not demanded."""
    kinds: tuple[Files, ...] = ("any",)
    per: Id | None = None
    """As many as there are files of this other attachment: each case with its decision."""
    count: Tally | None = None
    """How many in words of the return itself: a pack for each case it reports. Unless `at_least` is written,
    none is demanded besides."""
    for_: Annotated[Names, Field(alias="for")] = ()
    """Only these units; empty: all."""

    @property
    def least(self) -> int:
        """How many are demanded whatever the return states."""
        return 0 if self.count and "at_least" not in self.model_fields_set else self.at_least


class Paper(Stated):
    """A paper original 盖章件 that follows, ticked when it arrives."""

    days: DayCount
    """Days after the due day until which it may arrive."""


class Quota(Stated):
    """How many a period wants: 每周二期, 三篇以上. Each is an obligation with its number as subject."""

    at_least: Annotated[StrictInt, Field(ge=1, le=100)]
    unit_of_measure: Text


class Variant(Stated):
    """Another rhythm for some of a duty's units."""

    for_: Annotated[Names, Field(alias="for")]
    rhythm: Rhythm


class Measure(Stated):
    """One thing units are ranked by: a share of their returns, or an indicator's total."""

    by: Literal["reporting", "on-time", "indicator"]
    duty: Id | None = None
    indicator: Text | None = None
    lowest_first: StrictBool = False


class Ranking(Stated):
    """Units ranked by merit, as a draft for a person to decide on."""

    units: Names
    measures: tuple[Measure, ...]


class Duty(Stated):
    """A duty 报送要求: a rule that makes obligations."""

    id: Id
    name: Text
    by: Names
    """Who owes it; `lead` and `cooperating` with `per: task`."""
    except_: Annotated[Names, Field(alias="except")] = ()
    to: Text
    """A unit, or `parent`."""
    cc: Annotated[
        tuple[Copy, ...],
        BeforeValidator(_copies, json_schema_input_type=Names | Copy | list[Names | Copy]),
    ] = ()
    per: Id | None = None
    """`task`: one return per task (those of `tasks`, or all); or the id of a list of subjects."""
    tasks: tuple[Number, ...] = ()
    rhythm: Rhythm
    variants: tuple[Variant, ...] = ()
    phases: tuple[Id, ...] = ()
    """Lives only in these phases; empty: in those that a return's span touches."""
    form: Id | None = None
    attachments: tuple[Attachment, ...] = ()
    copy_of: Id | None = None
    """A copy of what the unit reports for another duty, owed to somebody else: that return meets it."""
    through: tuple[Door, ...] = ()
    """How returns are to arrive; empty: any way."""
    sign: tuple[Signer, ...] = ()
    """Who must have signed: 填报人, 审核人, 负责人."""
    paper: Paper | None = None
    quota: Quota | None = None
    zero_report: StrictBool = False
    """Whether 零报告 is a valid answer: every flow figure is stated to be zero."""
    grace: DayCount | None = None
    """Days past the due day during which a return is late and not yet overdue."""
    ranking: Ranking | None = None
    moments: Moments = Moments()
    escalation: Escalation | None = None
    circular: DayCount | None = None
    """Days after the due day until a circular 通报 about the period is drafted for a person to approve."""


class Waiver(Stated):
    """A waiver 免报 known beforehand: takes obligations out of the count."""

    units: Names
    duty: Id
    periods: tuple[PeriodName, ...] = ()
    """Empty: all of them."""
    reason: Text
