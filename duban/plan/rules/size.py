"""A plan that obliges to more than anybody can keep is a slip of the pen, caught before it is built."""

from __future__ import annotations

from collections.abc import Iterator

from duban.errors import Problem
from duban.plan.duties import Quota
from duban.plan.rules.blocks import Block
from duban.plan.rules.duties import TASK, debtors, subjects_of, tasks_of
from duban.plan.rules.folder import Folder, rhythms
from duban.plan.rules.periods_of import count

LIMIT = 1_000_000
"""Obligations of one campaign: a daily return of every county in the country for a year."""


def problems(folder: Folder) -> Iterator[Problem]:
    """The first duty with which the campaign becomes too large."""
    total = 0
    for duty in folder.duties:
        total += sum(count(folder, rhythm) for rhythm in rhythms(duty)) * _answers(folder, duty)
        if total > LIMIT:
            yield duty.problem("rhythm", "too-many-obligations", total, limit=LIMIT)
            return


def _answers(folder: Folder, duty: Block) -> int:
    """At most how many returns one due day brings."""
    units, quota = len(debtors(folder, duty)), duty.block("quota", Quota).get("at_least")
    if duty.raw.get("per") == TASK:
        return units * len(tasks_of(folder, duty))
    if duty.has("per"):
        return units * len(subjects_of(folder, duty))
    return units * (quota or 1)
