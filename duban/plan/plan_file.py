"""plan.yaml as a coordinator writes it: field names are its keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from duban.plan.dates import LocalDays, Printed
from duban.plan.duties import Duty, Waiver
from duban.plan.speech import Speech
from duban.plan.stated import Day, Id, Names, Stated, Text
from duban.plan.tasks import Milestone, Subjects, Target, Task
from duban.plan.units import Coordinator, Group, Office


class Phase(Stated):
    """A phase 阶段; both ends belong to it. A side left open is the campaign's, or that of the phase
    it lies within."""

    id: Id
    kind: Literal["survey", "action", "guidance", "consolidation"]
    name: Text
    start: Printed | None = None
    end: Printed | None = None
    ends_with: Text | None = None
    """The event that ends it, where the notice prints no day."""
    within: Id | None = None
    """The phase it is a part of."""
    only: Names = ()
    """Units it concerns; empty: all."""


class Amended(Stated):
    """A change of the plan, for the reader; what it changed is the plan itself."""

    on: Day
    reason: Text


class PlanFile(Stated):
    """plan.yaml as written."""

    slug: Id
    title: Text
    short: Annotated[Text, Field(max_length=20)]
    issuer: Text
    issued: Day | None = None
    """None: the notice prints no date."""
    zone: Text = "Asia/Shanghai"
    start: Printed
    end: Printed
    office: Office = Office()
    days: LocalDays = LocalDays()
    messages: Speech = Speech()
    groups: tuple[Group, ...]
    coordinator: Coordinator
    phases: tuple[Phase, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    subjects: tuple[Subjects, ...] = ()
    tasks: tuple[Task, ...] = ()
    duties: tuple[Duty, ...]
    targets: tuple[Target, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    amendments: tuple[Amended, ...] = ()
