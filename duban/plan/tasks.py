"""Tasks and their assignments 任务分工, targets, subjects, milestones."""

from __future__ import annotations

from typing import Literal

from duban.plan.dates import Printed
from duban.plan.stated import Goal, Id, Names, Number, Stated, Text


class Task(Stated):
    """A task of the notice, or a heading over several."""

    id: Number
    name: Text
    under: Number | None = None
    """The heading it stands under."""
    lead: Names = ()
    """牵头; empty where the notice leaves the cell empty."""
    leads: Literal["joint", "each"] = "joint"
    """Several leads: report together, the first one filing, or each for itself."""
    cooperating: Names = ()
    """配合, 责任."""


class Item(Stated):
    """One subject of a list: an inspected body, a project."""

    id: Number
    name: Text
    by: Names = ()
    """Who reports on it; empty: every unit of the duty."""


class Subjects(Stated):
    """A list of subjects that a duty asks one return each about."""

    id: Id
    name: Text
    items: tuple[Item, ...]


class Milestone(Stated):
    """Something that is to be reached, not reported."""

    id: Id
    name: Text
    on: Printed
    condition: Text | None = None
    """What it hangs on, in the notice's words."""
    by: Names = ()


class Target(Stated):
    """A target 目标: a ratio or a count to be reached by its horizon, or one in words for a person."""

    id: Id
    name: Text
    task: Number | None = None
    duty: Id | None = None
    """Whose indicators it is measured by."""
    numerator: Text | None = None
    """Indicator; with a `denominator` the target is a ratio, without one a count."""
    denominator: Text | None = None
    above: Goal | None = None
    """To be exceeded: 超过80%."""
    at_least: Goal | None = None
    """To be reached: 达到5%."""
    words: Text | None = None
    """A target no figure measures."""
    horizon: Literal["campaign", "year"] = "campaign"
    """`year`: to be reached anew in each calendar year (全年)."""
