"""What the board says about a campaign: phases, who is overdue, what falls due next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from duban import agenda
from duban.plan import Plan, Unit
from duban.standing import Rates, Standing, rates


@dataclass(frozen=True, slots=True)
class Debtor:
    """A unit that is past a due time with nothing valid in."""

    unit: Unit
    items: tuple[Standing, ...]
    """What it owes, the oldest first."""

    def days(self, now: datetime) -> int:
        """For how many days its oldest debt has been overdue, as chases count them."""
        limits = [s.limit for s in self.items if s.limit]
        return (now.date() - agenda.day_before(min(limits))).days if limits else 0


@dataclass(frozen=True, slots=True)
class Ahead:
    """Returns of one duty and period that fall due together."""

    duty: str
    period: str
    due_at: datetime
    open: int
    """Units that have not reported yet."""
    units: int
    """Units that are expected to."""
    again: bool
    """Whether it is what was returned 退回 that has to come again."""


def debtors(plan: Plan, found: Iterable[Standing]) -> list[Debtor]:
    """Who is overdue, in the plan's order."""
    late: dict[str, list[Standing]] = {}
    for s in found:
        if s.open and s.state == "overdue":
            late.setdefault(s.owed.unit, []).append(s)
    return [Debtor(u, tuple(late[u.id])) for u in plan.units if u.id in late]


def ahead(found: Sequence[Standing], now: datetime, most: int = 6) -> list[Ahead]:
    """What falls due next, the soonest first; what everybody has met already is left out, and of what has
    not begun yet all but the next period of each duty."""
    groups: dict[tuple[datetime, str, str, bool], list[Standing]] = {}
    for s in found:
        if s.expected and s.limit and s.limit > now and s.state != "closed":
            groups.setdefault((s.limit, s.owed.duty, s.owed.period, s.answer_by is not None), []).append(s)
    made = [
        Ahead(duty, period, due_at, _units(s for s in mine if s.open), _units(mine), again)
        for (due_at, duty, period, again), mine in sorted(groups.items(), key=lambda item: item[0])
    ]
    begun = {(s.owed.duty, s.owed.period) for s in found if s.state != "not-due"}
    first: dict[str, str] = {}

    def is_near(a: Ahead) -> bool:
        return (a.duty, a.period) in begun or first.setdefault(a.duty, a.period) == a.period

    return [a for a in made if a.open and is_near(a)][:most]


def _units(found: Iterable[Standing]) -> int:
    return len({s.owed.unit for s in found})


def so_far(found: Sequence[Standing]) -> Rates:
    """The rates over everything whose time has come."""
    return rates(s for s in found if s.state != "not-due" or s.met)
