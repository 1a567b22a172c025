"""Telling all whom it concerns, once: what a campaign asks of them when it begins, what an amended plan
changes for them; and drafting what a person approves, the circular 通报 about a period and the thanks.

A run looks at one row to see that there is nothing to say, however many units there are. What was told is on
record, so that row may be lost: who was told is not told again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from duban.assignments import concerned
from duban.calendars import at_local, to_micros
from duban.ledger import Ledger, Writer, speaking
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.notices import UNIT, unit_of
from duban.plan import Plan, Unit
from duban.services import circulating, thanking
from duban.services.campaigns import deployed_plan, versions
from duban.services.telling import tell_all
from duban.services.watching import standings
from duban.standing import Standing
from duban.touched import Touched, touches

TOLD = re.compile(r"~(?:kickoff|amendment)-v(\d+)(?:-since-v(\d+))?$")
"""What an occasion says: up to which version of the plan its units have been told, and since which one."""
NEVER = 2**62


def kickoff_occasion(campaign: str, version: int) -> str:
    """The occasion on which units are told of a campaign as a version of its plan has it."""
    return f"{campaign}~kickoff-v{version}"


def amendment_occasion(campaign: str, version: int, since: int) -> str:
    """The occasion on which units who knew a version are told what a later one changes."""
    return f"{campaign}~amendment-v{version}-since-v{since}"


@dataclass(frozen=True, slots=True)
class Version:
    """The plan in force."""

    plan: Plan
    number: int


def decide_announcements(ledger: Ledger, campaign: str, *, as_of: datetime | None = None) -> int:
    """Decide what is to be told to many and was not told yet, and draft what is to be approved; on working
    days, from the morning on. Returns how many messages and drafts there are now because of it."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        if not _speaks(plan) or not _at_work(plan, now) or not _is_due(conn, plan, now):
            return 0
    with ledger.write(campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, campaign)
        # Another run may have said it in the meantime, or an amendment may have silenced it.
        if not _speaks(plan) or not _at_work(plan, w.at):
            return 0
        done = _announce(w, plan) if _may_announce(w.conn, plan, w.at) else 0
        return done + thanking.draft_when_closed(w, plan)


def _speaks(plan: Plan) -> bool:
    says = plan.file.messages
    return says.kickoff or says.amendments or says.thanks or any(d.circular for d in plan.file.duties)


def _at_work(plan: Plan, now: datetime) -> bool:
    here = now.astimezone(plan.zone)
    return plan.days.is_working(here.date()) and here.time() >= plan.file.office.morning


def _is_due(conn: Connection, plan: Plan, now: datetime) -> bool:
    return _may_announce(conn, plan, now) or thanking.is_due(conn, plan, now)


def _marker(campaign: str) -> str:
    """Whose row of `look` says up to which version, and until when, nothing is to be said."""
    return f"{campaign}~announced"


def _may_announce(conn: Connection, plan: Plan, now: datetime) -> bool:
    look = t.look.c
    row = conn.execute(select(look.seq, look.at).where(look.campaign == _marker(plan.slug))).first()
    return row is None or row.seq != _newest(conn, plan.slug) or row.at <= to_micros(now)


def _newest(conn: Connection, campaign: str) -> int:
    p = t.plan_version.c
    newest = select(p.version).where(p.campaign == campaign).order_by(p.version.desc()).limit(1)
    return int(conn.scalars(newest).one())


def _announce(w: Writer, plan: Plan) -> int:
    """Everything that this version of the plan has to say by now; then note when to look again."""
    version = Version(plan, _newest(w.conn, plan.slug))
    told = told_versions(w.conn, plan.slug)
    contacts = speaking.first_contacts(w.conn, plan.slug)

    def tell(units: Iterable[str], kind: str, occasion: str) -> int:
        hearers = [h for unit in units for h in speaking.hearers(contacts, UNIT + unit)]
        return len(tell_all(w, plan, hearers, kind, occasion))

    beginning = list(_beginning(plan, told, w.at))
    done = tell(beginning, "kickoff", kickoff_occasion(plan.slug, version.number))
    told |= dict.fromkeys(beginning, version.number)
    for since, units in _amended(w.conn, version, told, w.at):
        done += tell(units, "amendment", amendment_occasion(plan.slug, version.number, since))
    done += circulating.draft_due(w, plan)
    _note(w, version, [*_begin_later(plan, told, w.at), *circulating.later(plan, w.at)])
    return done


def told_versions(conn: Connection, campaign: str) -> dict[str, int]:
    """The version of the plan that each unit was told of last."""
    m = t.message.c
    about = m.obligation.is_(None) & (m.campaign == campaign) & m.kind.in_(("kickoff", "amendment"))
    found: dict[str, int] = {}
    for recipient, occasion in conn.execute(select(m.recipient, m.occasion).where(about)):
        if known := TOLD.search(occasion):
            unit = unit_of(recipient)
            found[unit] = max(found.get(unit, 0), int(known[1]))
    return found


def begins(plan: Plan, unit: Unit) -> datetime:
    """When a unit is told of a campaign: the morning of its first working day there."""
    day = max(plan.start, unit.opens or plan.start)
    return at_local(plan.days.on_or_after(day), plan.file.office.morning, plan.zone)


def _untold(plan: Plan, told: dict[str, int], day: date) -> Iterator[Unit]:
    """Who is still to be told of a campaign that is not over."""
    if plan.file.messages.kickoff and day <= plan.end:
        wanted = concerned(plan) - told.keys()
        yield from (u for u in plan.units if u.id in wanted and not _is_closed(u, day))


def _beginning(plan: Plan, told: dict[str, int], now: datetime) -> Iterator[str]:
    day = now.astimezone(plan.zone).date()
    yield from (u.id for u in _untold(plan, told, day) if begins(plan, u) <= now)


def _begin_later(plan: Plan, told: dict[str, int], now: datetime) -> Iterator[datetime]:
    day = now.astimezone(plan.zone).date()
    yield from (at for u in _untold(plan, told, day) if (at := begins(plan, u)) > now)


def _is_closed(unit: Unit, day: date) -> bool:
    return unit.closes is not None and unit.closes < day


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is still to be told or drafted, if nothing changes."""

    begins: dict[str, datetime]
    """When each unit hears of the campaign."""
    amended: list[str]
    """Units that the next run tells what the plan in force changes for them."""
    drafts: list[tuple[datetime, str, str]]
    """When circulars are drafted, by duty and period."""
    thanks: bool
    """Whether the next run drafts them."""


def ahead(conn: Connection, plan: Plan, now: datetime) -> Ahead:
    """What the next run and those after it will say to many."""
    told, day = told_versions(conn, plan.slug), now.astimezone(plan.zone).date()
    begin = {u.id: begins(plan, u) for u in _untold(plan, told, day)}
    thanks, drafts = thanking.is_due(conn, plan, now), list(circulating.to_draft(conn, plan, now))
    if not _may_announce(conn, plan, now):
        return Ahead(begin, [], [x for x in drafts if x[0] > now], thanks)
    version = Version(plan, _newest(conn, plan.slug))
    told |= {u: version.number for u, at in begin.items() if at <= now}
    amended = [u for _, units in _amended(conn, version, told, now) for u in units]
    return Ahead(begin, amended, drafts, thanks)


def _amended(
    conn: Connection, version: Version, told: dict[str, int], now: datetime
) -> Iterator[tuple[int, list[str]]]:
    """Units that the plan touches since what they were told last, by the version that they know."""
    plan = version.plan
    if not plan.file.messages.amendments or version.number == 1:
        return
    known = _known_since(conn, version)
    bases: dict[int, list[str]] = defaultdict(list)
    for unit in plan.units:
        # Who is still to be told of the whole campaign is not told of its changes.
        if unit.id in told or not plan.file.messages.kickoff:
            bases[max(told.get(unit.id, 0), known)].append(unit.id)
    day = now.astimezone(plan.zone).date()
    for since in sorted(b for b in bases if b < version.number):
        found = changes(conn, version, since, now)
        met = settled(conn, plan, now) if any(x.shifts for x in found.values()) else frozenset()
        mine = (u for u in bases[since] if u in found and not _is_closed(plan.unit[u], day))
        if units := [u for u in mine if still_touched(found[u], u, met).anything]:
            yield since, units


def _known_since(conn: Connection, version: Version) -> int:
    """The last earlier version that was not to be told of from here, so that everybody knows it."""
    earlier = versions(conn, version.plan.slug)[: version.number - 1]
    silent = (n for n, plan in enumerate(earlier, 1) if not plan.file.messages.amendments)
    return max(silent, default=1)


def changes(conn: Connection, version: Version, since: int, at: datetime) -> dict[str, Touched]:
    """What a version changes for each unit that knows an earlier one, as of its announcement."""
    key = ("changes", version.number, since, at)
    old = versions(conn, version.plan.slug)[since - 1]
    return version.plan.memo(key, lambda: dict(touches(old, version.plan, at)))


Settled = frozenset[tuple[str, str, str]]
"""Duty, unit and period of returns that are in, waived, or given another day: what the plan says now of their
due times is told to nobody."""


def settled(conn: Connection, plan: Plan, now: datetime, unit: str | None = None) -> Settled:
    """What is settled, of all units or of one."""
    found = standings(conn, plan, Scope(plan.slug, unit=unit), now)
    left = {(s.owed.duty, s.owed.unit, s.owed.period) for s in found if _goes_by_plan(s)}
    return frozenset((s.owed.duty, s.owed.unit, s.owed.period) for s in found) - left


def _goes_by_plan(s: Standing) -> bool:
    """Whether it is still owed, and by the day of the plan: not by one that a person has granted since."""
    return not s.met and s.came_in != "waived" and s.state != "closed" and s.limit == s.owed.due_at


def still_touched(touched: Touched, unit: str, met: Settled) -> Touched:
    """What of it still matters to a unit."""
    return touched.without(lambda duty, period: (duty, unit, period) in met)


def _note(w: Writer, version: Version, later: Iterable[datetime]) -> None:
    marker, at = _marker(version.plan.slug), min(map(to_micros, later), default=NEVER)
    w.conn.execute(t.look.delete().where(t.look.c.campaign == marker))
    w.conn.execute(t.look.insert(), {"campaign": marker, "seq": version.number, "at": at})
