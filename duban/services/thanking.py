"""Thanks and commendation when a campaign is closed: drafted once with the whole campaign's figures of
reporting, approved by a person, told to all units."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from duban.assignments import concerned
from duban.ledger import Writer
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services.proposing import NOBODY, proposals, propose
from duban.services.summing import ranking
from duban.services.watching import is_closed, standings
from duban.standing import Standing, rates


@dataclass(frozen=True, slots=True)
class Kept:
    """How a unit has reported in a whole campaign."""

    unit: str
    name: str
    expected: int
    """0: what it had to do was not reported on by a day."""
    met: int
    on_time: int

    @property
    def in_full(self) -> bool:
        """Whether all that was expected has come, and in time."""
        return 0 < self.expected == self.on_time


@dataclass(frozen=True, slots=True)
class Thanks:
    """What is drafted."""

    expected: int
    met: int
    on_time: int
    seq: int
    head: str
    """The journal's place and digest that the figures stand on."""
    rows: tuple[Kept, ...]
    first: tuple[str, ...]
    """Names of the units that the plan's ranking has in the first place."""

    @property
    def in_full(self) -> list[Kept]:
        """Units of full and punctual reporting."""
        return [r for r in self.rows if r.in_full]

    @property
    def outstanding(self) -> tuple[str, ...]:
        """The first in the plan's ranking, unless it has but those at its head who reported in full."""
        return () if set(self.first) == {r.name for r in self.in_full} else self.first


def thanks_of(content: Mapping[str, Any]) -> Thanks:
    """The thanks that a proposal holds, as they were drafted."""
    values = {k: v for k, v in content.items() if k in Thanks.__dataclass_fields__}
    rows = tuple(Kept(**r) for r in content["rows"])
    return Thanks(**values | {"rows": rows, "first": tuple(content["first"])})


def is_due(conn: Connection, plan: Plan, now: datetime) -> bool:
    """Whether thanks are to be drafted: wanted, not drafted yet, nothing is owed any more, and no circular
    waits that they would overtake."""
    if not plan.file.messages.thanks or now.astimezone(plan.zone).date() <= plan.end:
        return False
    p = t.proposal.c
    drafted = select(p.id).where(p.campaign == plan.slug, p.kind == "thanks").limit(1)
    if conn.execute(drafted).first() is not None or not is_closed(conn, plan, now):
        return False
    return all(p.kind != "circular" for p in proposals(conn, plan, now, open_only=True))


def draft_when_closed(w: Writer, plan: Plan) -> int:
    """Draft the thanks when they are due. Returns how many drafts there are now because of it."""
    if not is_due(w.conn, plan, w.at):
        return 0
    propose(w, plan, "thanks", plan.slug, asdict(_thanks(w, plan)), NOBODY)
    return 1


def _thanks(w: Writer, plan: Plan) -> Thanks:
    by_unit: dict[str, list[Standing]] = defaultdict(list)
    found = standings(w.conn, plan, Scope(plan.slug), w.at)
    for s in found:
        by_unit[s.owed.unit].append(s)
    told = (concerned(plan) | (by_unit.keys() - plan.outside)) - {plan.coordinator.id}
    whole = rates(s for s in found if s.owed.unit in told)
    rows = []
    for unit in (u for u in plan.units if u.id in told):
        mine = rates(by_unit[unit.id])
        rows.append(Kept(unit.id, unit.name, mine.expected, mine.met, mine.on_time))
    head = w.heads[plan.slug]
    return Thanks(
        whole.expected, whole.met, whole.on_time, head.seq, head.digest, tuple(rows), tuple(_first(w, plan))
    )


def _first(w: Writer, plan: Plan) -> list[str]:
    """Who has the first place; nobody where all share it."""
    found: dict[str, None] = {}
    for duty in plan.file.duties:
        places = ranking(w.conn, plan, duty.id, w.at) if duty.ranking else []
        first = [p for p in places if p.place == 1]
        if len(first) < len(places):
            found |= dict.fromkeys(plan.unit[p.unit].name for p in first)
    return list(found)
