"""The telephone list 电话催报单: whom to ring about what is overdue, whom to ask for there, and what came of
earlier calls. Who has reported is not on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from duban import agenda, notices
from duban.calendars import to_micros
from duban.errors import BadInput, NotAllowed, Problem
from duban.ledger import Ledger
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan, Unit
from duban.plan.duties import COLOURS, Colour
from duban.services import storing
from duban.services.addresses import Address
from duban.services.called import calls_made, record_call
from duban.services.campaigns import deployed_plan
from duban.services.hearing import Asked, to_ask_for
from duban.services.proposing import said_colours
from duban.services.reading import versions
from duban.services.watching import CHUNK, standings
from duban.standing import Standing
from duban.telephone import Logged, Outcome

ABOVE = ("escalate", "orange", "red")
"""Kinds of messages that put something before somebody above a unit's liaison."""
LONGEST = {"person": 40, "note": 500}
"""How many characters a call's words may have."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is asked for."""

    standing: Standing
    days: int
    """Calendar days since the last day it was due on."""
    escalated: bool
    """Whether it has been put before somebody above the unit's liaison."""
    colour: Colour | None = None
    """The highest colour of supervision 三色督办 that was said of it."""
    reason: str = ""
    """Why it was returned 退回."""
    problems: tuple[Problem, ...] = ()
    """What was wrong with the last version, where it was refused."""


@dataclass(frozen=True, slots=True)
class Call:
    """A unit to be rung."""

    unit: Unit
    """Who answers for what is owed: the unit itself, or whoever took over from it."""
    items: tuple[Item, ...]
    """What it owes, the longest overdue first."""
    people: tuple[Asked, ...]
    ways: tuple[tuple[str, str], ...]
    """Channel and address by which the plan reaches it, where nobody with a telephone is known."""
    made: tuple[Logged, ...]
    """The calls about these items, the last first."""

    @property
    def lines(self) -> list[list[Item]]:
        """The items, those together that differ by subject only."""
        found: dict[tuple[object, ...], list[Item]] = {}
        for item in self.items:
            s = item.standing
            alike = (s.owed.unit, s.owed.duty, s.owed.period, s.limit, s.came_in, item.reason)
            found.setdefault((*alike, repr(item.problems)), []).append(item)
        return list(found.values())

    @property
    def days(self) -> int:
        """Since when the oldest item has been overdue."""
        return self.items[0].days

    @property
    def escalated(self) -> bool:
        """Whether any of it was escalated."""
        return any(item.escalated for item in self.items)

    @property
    def colour(self) -> Colour | None:
        """The highest colour of any of it."""
        said = {item.colour for item in self.items}
        return next((c for c in reversed(COLOURS) if c in said), None)

    def promised(self, now: datetime) -> datetime | None:
        """Until when they have promised it, as long as that has not passed; exclusive."""
        return self.made[0].until if self.made and self.made[0].holds(now) else None


def call_list(conn: Connection, plan: Plan, now: datetime) -> list[Call]:
    """Whom to ring at `now`, the worst first: the longest overdue, then the most items."""
    found = _asked(plan, standings(conn, plan, Scope(plan.slug), now), _escalated(conn, plan, now))
    by_unit: dict[str, list[tuple[Standing, bool]]] = {}
    day = now.astimezone(plan.zone).date()
    for stands, escalated in found:
        by_unit.setdefault(notices.speaker(plan, stands.owed.unit, day), []).append((stands, escalated))
    people, made = to_ask_for(conn, plan.slug), _made(conn, plan, now)
    colours = _colours(conn, [s for s, _ in found], now)
    calls = []
    for unit in (u for u in plan.units if u.id in by_unit):
        items = tuple(_item(conn, plan, s, escalated, colours, now) for s, escalated in by_unit[unit.id])
        mine = people.get(unit.id, ())
        keys = {item.standing.owed.key for item in items}
        calls.append(
            Call(
                unit, tuple(sorted(items, key=lambda item: -item.days)), mine,
                () if any(p.phone for p in mine) else tuple((c.kind, c.address) for c in unit.channels),
                tuple(x for x in made.get(unit.id, ()) if keys & set(x.about)),
            )
        )  # fmt: skip
    return sorted(calls, key=lambda c: (-c.days, -len(c.items)))


def _asked(
    plan: Plan, found: Iterable[Standing], escalated: set[tuple[str, int]]
) -> list[tuple[Standing, bool]]:
    """What a unit is rung about, and whether it was escalated. A copy is never asked for: the original is,
    and meets it."""
    asked = []
    for s in found:
        if not s.open or s.limit is None or plan.duty[s.owed.duty].copy_of:
            continue
        above = (s.owed.key, to_micros(s.limit)) in escalated
        if above or s.state == "overdue":
            asked.append((s, above))
    return asked


def _escalated(conn: Connection, plan: Plan, now: datetime) -> set[tuple[str, int]]:
    """Obligation and due time of every escalation decided until `now`."""
    m = t.message.c
    rows = conn.execute(
        select(m.obligation, m.due_at).where(
            m.campaign == plan.slug, m.kind.in_(ABOVE), m.verdict == "send",
            m.decided_at <= to_micros(now),
        )
    )  # fmt: skip
    return set(rows.tuples())


def _colours(conn: Connection, found: Sequence[Standing], now: datetime) -> dict[str, Colour]:
    """The highest colour said of each, for the due time that holds."""
    limits = {s.owed.key: to_micros(s.limit) for s in found if s.limit is not None}
    keys, highest = list(limits), dict[str, Colour]()
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        said = said_colours(conn, chunk, to_micros(now))
        highest |= {key: c for c in COLOURS for key in chunk if (key, limits[key], c) in said}
    return highest


def _item(
    conn: Connection, plan: Plan, stands: Standing, escalated: bool, colours: Mapping[str, Colour],
    now: datetime,
) -> Item:  # fmt: skip
    assert stands.limit is not None  # only what has a due time is overdue
    local = (now.astimezone(plan.zone), stands.limit.astimezone(plan.zone))
    days = max(0, (local[0].date() - agenda.day_before(local[1])).days)
    colour = colours.get(stands.owed.key)
    if stands.came_in not in ("returned", "refused"):
        return Item(stands, days, escalated, colour)
    owed = stands.owed
    to = Address(plan.slug, owed.unit, owed.duty, owed.period, owed.subject or None)
    last = versions(conn, plan, to, now)[0]
    reason = last.returned.reason if last.returned else ""
    return Item(stands, days, escalated, colour, reason, () if last.valid else last.problems)


def _made(conn: Connection, plan: Plan, now: datetime) -> dict[str, list[Logged]]:
    found: dict[str, list[Logged]] = {}
    for x in calls_made(conn, plan, now):
        found.setdefault(x.unit, []).append(x)
    return found


def log_call(
    ledger: Ledger, campaign: str, unit: str, by: str, outcome: Outcome, note: str = "",
    called_at: datetime | None = None, as_of: datetime | None = None, *, until: datetime | None = None,
    person: str = "",
) -> Logged:  # fmt: skip
    """Put on record that a unit was rung (now, where no time is given), about what was overdue there, or
    else about what was about to be due. The same call twice is one.

    Raises BadInput for an unknown unit, a time to come, a promise without a day or a day without a promise;
    NotAllowed where the unit owed nothing then.
    """
    with ledger.write(campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, campaign)
        rung = _unit(plan, unit)
        at = called_at or min(w.clock_at, w.at)
        if at > w.clock_at:
            raise BadInput("called-in-future", called_at=at.isoformat())
        _check(outcome, until, at, {"person": person.strip(), "note": note.strip()})
        about = _owed_then(w.conn, plan, rung, at)
        if not about:
            raise NotAllowed("nothing-to-ask", unit=rung.name)
        said = (at, outcome, until, by, person.strip(), note.strip())
        for known in calls_made(w.conn, plan, w.at, unit=rung.id):
            if said == (known.called_at, known.outcome, known.until, known.by, known.person, known.note):
                return known
        return record_call(
            w, plan, rung.id, about, by, outcome, until, said[4], said[5], at, storing.salt_of(ledger)
        )


def _unit(plan: Plan, name: str) -> Unit:
    found = plan.named.get(name, ())
    if len(found) != 1:
        raise BadInput("bad-unit", value=name, known=[u.id for u in plan.units][:60])
    return found[0]


def _check(outcome: Outcome, until: datetime | None, at: datetime, texts: dict[str, str]) -> None:
    if (outcome == "promised") != (until is not None):
        raise BadInput("promise-and-day")
    if until is not None and until <= at:
        raise BadInput("promise-past")
    for name, text in texts.items():
        if len(text) > LONGEST[name]:
            raise BadInput("words-too-long", what=name, most=LONGEST[name])


def _owed_then(conn: Connection, plan: Plan, unit: Unit, at: datetime) -> list[str]:
    """Keys of what a unit was asked for at `at`."""
    day = at.astimezone(plan.zone).date()
    answers_for = (u.id for u in plan.units if notices.speaker(plan, u.id, day) == unit.id)
    found = [s for u in answers_for for s in standings(conn, plan, Scope(plan.slug, unit=u), at)]
    asked = [s.owed.key for s, _ in _asked(plan, found, _escalated(conn, plan, at))]
    return asked or [s.owed.key for s in found if s.open and s.state in ("due", "late")]
