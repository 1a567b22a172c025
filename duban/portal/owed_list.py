"""What a unit owes, in the order in which it has to act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from duban import calendars, events
from duban.debtors import debtors
from duban.ledger import queries
from duban.ledger.queries import Scope
from duban.plan import Duty, Plan, Unit
from duban.portal.tags import Shown, shown
from duban.services.acknowledging import Asked, to_acknowledge
from duban.services.addresses import Address, resolved
from duban.services.reading import Verdict, versions
from duban.services.recognising import spoken_for
from duban.services.watching import standings
from duban.standing import Owed, Standing


@dataclass(frozen=True)
class Item:
    """One line of the list."""

    to: Address
    duty: Duty
    stands: Standing | None
    """None without a due time, before the first report."""
    owed: Owed
    shown: Shown
    answerable: bool
    """Whether the portal can take it: a duty answered on paper alone has no page."""
    verdict: Verdict | None = None
    """Why the last version was sent back."""
    closed: Unit | None = None
    """The closed unit that owed it, where the unit of the page follows one."""


@dataclass(frozen=True)
class Child:
    """A unit below, with how it stands."""

    unit: Unit
    overdue: int
    due: int
    met: int


@dataclass(frozen=True)
class OwedList:
    """The page of one unit."""

    now: tuple[Item, ...]
    """To be reported by now, or sent back: the most urgent first."""
    coming: tuple[Item, ...]
    done: tuple[Item, ...]
    """The last one first."""
    events: tuple[Duty, ...]
    """What it reports whenever it happens."""
    children: tuple[Child, ...] = field(default=())
    closed: tuple[Unit, ...] = ()
    """The closed units that it follows."""


def owed_list(conn: Connection, plan: Plan, unit: str, now: datetime) -> OwedList:
    """What a unit owes, and what closed units whose successor it is still owe."""
    items = list(_items(conn, plan, unit, now))
    pressing = [
        i for i in items if i.stands and i.stands.open and i.stands.state in ("due", "late", "overdue")
    ]
    done = [i for i in items if i.stands is not None and not _to_do(i.stands)]
    coming = [i for i in items if i not in pressing and i not in done]
    never = datetime.max.replace(tzinfo=plan.zone)
    closed = tuple(plan.unit[u] for u in _closed(plan, unit, now))
    return OwedList(
        tuple(sorted(pressing, key=lambda i: (i.stands and i.stands.limit) or never)), tuple(coming),
        tuple(reversed(done)), tuple(_events(plan, unit)), tuple(_children(conn, plan, unit, now)), closed,
    )  # fmt: skip


@dataclass(frozen=True)
class Signing:
    """A letter or a blue notice that the unit is asked to acknowledge, or has: what was said at once about
    several returns is one."""

    kind: str
    sent_at: datetime
    acknowledged: datetime | None
    by: str
    messages: tuple[str, ...]
    standings: tuple[Standing, ...]


def signings(conn: Connection, plan: Plan, unit: str, now: datetime) -> list[Signing]:
    """What a unit is asked to acknowledge 签收, or has acknowledged, as long as the return is owed: who has
    reported has said more than that. Of several colours the last is asked about."""
    found = to_acknowledge(conn, plan, unit, now)
    keys = tuple(dict.fromkeys(x.obligation for x in found))
    if not keys:
        return []
    stands = {s.owed.key: s for s in standings(conn, plan, Scope(plan.slug, keys=keys), now) if s.open}
    latest = {x.obligation: x for x in reversed(found)}
    together: dict[tuple[str, datetime, datetime | None, str], list[Asked]] = {}
    for x in found:
        if x.obligation in stands and (x.acknowledged or x is latest[x.obligation]):
            together.setdefault((x.kind, x.sent_at, x.acknowledged, x.by), []).append(x)
    return [
        Signing(*said, tuple(x.message for x in mine), tuple(stands[x.obligation] for x in mine))
        for said, mine in together.items()
    ]


def _to_do(s: Standing) -> bool:
    return not s.met and s.came_in != "waived" and s.state != "closed"


def _items(conn: Connection, plan: Plan, unit: str, now: datetime) -> Iterable[Item]:
    found, today = _of_unit(conn, plan, unit, now), now.astimezone(plan.zone).date()
    for closed in _closed(plan, unit, now):
        for item in _of_unit(conn, plan, closed, now):
            mine = replace(item.to, unit=unit)
            if item.stands is None or _to_do(item.stands):
                # what it owes itself too, it reports for the closed one under that one's name
                to = mine if resolved(plan, mine, today) == item.to else item.to
                found.append(replace(item, to=to, closed=plan.unit[closed]))
    return found


def _closed(plan: Plan, unit: str, now: datetime) -> tuple[str, ...]:
    return tuple(u for u in spoken_for(plan, unit, now) if u != unit)


def _of_unit(conn: Connection, plan: Plan, unit: str, now: datetime) -> list[Item]:
    scope, until = Scope(plan.slug, unit=unit), calendars.to_micros(now)
    stood = {s.owed.key: s for s in standings(conn, plan, scope, now)}
    owing = queries.owed(conn, scope, until, plan.zone)
    return [_item(conn, plan, o, stood.get(o.key), now) for o in owing if _is_shown(plan, o, stood)]


def _is_shown(plan: Plan, o: Owed, stood: dict[str, Standing]) -> bool:
    """A standing event is no obligation before it happens; what a plan no longer knows was met or dropped."""
    return o.duty in plan.duty and (o.key in stood or not o.event)


def _item(conn: Connection, plan: Plan, o: Owed, stands: Standing | None, now: datetime) -> Item:
    duty, to = plan.duty[o.duty], Address.of(plan.slug, o)
    verdict = None
    if stands is not None and stands.came_in == "returned":
        last = versions(conn, plan, to, now)
        verdict = next((v.returned for v in last if v.returned), None)
    how = shown(stands) if stands else Shown("not-due", "grey")
    return Item(to, duty, stands, o, how, bool(duty.form or duty.attachments), verdict)


def _events(plan: Plan, unit: str) -> Iterable[Duty]:
    for duty in plan.file.duties:
        if any(d.unit.id == unit for d in debtors(plan, duty)) and events.is_event(plan, duty.id, unit):
            yield duty


def _children(conn: Connection, plan: Plan, unit: str, now: datetime) -> Iterable[Child]:
    for child in plan.children(unit):
        mine = [s for s in standings(conn, plan, Scope(plan.slug, unit=child.id), now) if s.expected]
        yield Child(
            child, sum(s.open and s.state == "overdue" for s in mine),
            sum(s.open and s.state in ("due", "late") for s in mine), sum(s.met for s in mine),
        )  # fmt: skip
