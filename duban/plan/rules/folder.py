"""A campaign folder as the rules see it: what could be read, and what each name in it means."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from duban.errors import Problem
from duban.plan.duties import Duty, Variant
from duban.plan.model import names
from duban.plan.plan_file import Phase
from duban.plan.rhythm import Chained, Dates, EndOfPhase, Event, Every, Once
from duban.plan.rules.blocks import Block, texts_at
from duban.plan.source import Path
from duban.plan.stated import Stated
from duban.plan.tasks import Task
from duban.plan.unit_table import UnitTable
from duban.plan.units import Group, Unit

RHYTHMS: dict[str, type[Stated]] = {
    "every": Every, "dates": Dates, "due": Once, "end_of": EndOfPhase, "when": Event,
    "before": Chained, "after": Chained,
}  # fmt: skip
"""What kind of rhythm a key makes it, in the order they are looked for."""
SHOWN = 12
"""How many known names an error lists."""


@dataclass
class Folder:
    """plan.yaml, given.yaml, units.csv and the forms, as far as they could be read."""

    plan: Block
    given: Block
    table: UnitTable
    forms: tuple[Block, ...]

    @cached_property
    def span(self) -> tuple[date, date] | None:
        """The campaign's first and last day; None while they are missing, broken or reversed."""
        start, end = self.plan.get("start"), self.plan.get("end")
        return (start.date, end.date) if start and end and start.date <= end.date else None

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups that could be read."""
        found = []
        for block in self.plan.blocks("groups", Group):
            if block.get("id") and block.get("name"):
                aliases, outside = block.get("aliases") or (), bool(block.get("outside"))
                group = Group(id=block.get("id"), name=block.get("name"), aliases=aliases, outside=outside)
                found.append(group)
        return tuple(found)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The units, each once."""
        return tuple({u.id: u for u in self.table.units}.values())

    @cached_property
    def unit_ids(self) -> frozenset[str]:
        """The ids in units.csv."""
        return frozenset(u.id for u in self.units)

    @cached_property
    def meanings(self) -> dict[str, list[tuple[Unit, ...]]]:
        """What units and groups are called, with every meaning."""
        return names({g.id: g for g in self.groups}.values(), self.units)

    @cached_property
    def excused(self) -> frozenset[str]:
        """Names of units and groups that stand in broken rows: they exist, whatever they mean."""
        broken = {str(b.raw.get(k)) for b in self.plan.blocks("groups", Group) for k in ("id", "name")}
        return frozenset(broken - self.meanings.keys()) | self.table.broken

    @cached_property
    def can_name(self) -> bool:
        """Whether units and groups are known at all; a file that could not be read is not held
        against those who refer to it."""
        return bool(self.groups and self.units)

    @cached_property
    def duties(self) -> list[Block]:
        """The duties."""
        return self.plan.blocks("duties", Duty)

    @cached_property
    def phases(self) -> list[Block]:
        """The phases."""
        return self.plan.blocks("phases", Phase)

    @cached_property
    def tasks(self) -> list[Block]:
        """The tasks."""
        return self.plan.blocks("tasks", Task)

    def ids(self, key: str) -> list[str]:
        """The ids in a list of plan.yaml."""
        return [block.id for block in self.plan.blocks(key, BaseModel)]

    def who(self, named: Iterable[Any]) -> set[str]:
        """Ids of the units that names stand for, as far as they stand for one thing."""
        found = [self.meanings[n][0] for n in named if n in self.meanings and len(self.meanings[n]) == 1]
        return {u.id for members in found for u in members}

    def named(self, block: Block, key: str) -> set[str]:
        """Ids of the units that a key names."""
        return self.who(name for _, name in block.texts(key))


def rhythm_of(block: Block) -> Block | None:
    """The rhythm of a duty or variant, under the model of its kind."""
    raw = block.raw.get("rhythm")
    if not isinstance(raw, dict):
        return None
    return block.block("rhythm", next((m for key, m in RHYTHMS.items() if key in raw), Every))


def rhythms(duty: Block) -> list[Block]:
    """A duty's own rhythm, then those of its variants."""
    return [r for b in (duty, *duty.blocks("variants", Variant)) if (r := rhythm_of(b))]


def copies(duty: Block) -> list[tuple[Path, str]]:
    """Who is named to get copies, with the places."""
    raw = duty.raw.get("cc")
    rows = list(enumerate(raw)) if isinstance(raw, list) else [(None, raw)]
    found: list[tuple[Path, str]] = []
    for index, row in rows:
        at: Path = ("cc",) if index is None else ("cc", index)
        found += texts_at((*at, "to"), row.get("to")) if isinstance(row, dict) else texts_at(at, row)
    return found


def unknown(block: Block, at: str | Path, name: str, known: Iterable[str]) -> Problem:
    """A reference to nothing, with what it may have meant first."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(name, choices, 5, 0.6)
    shown = [*near, *(c for c in choices if c not in near)][:SHOWN]
    return block.problem(at, "unknown-reference", name, known="、".join(shown))
