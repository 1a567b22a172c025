"""Circulars 通报: drafted from how a period's returns stand, approved by a person, told to all
who owe them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from duban import circulars, notices
from duban.calendars import at_local
from duban.circulars import Circular, Ranked, Row, circular_from, content, days_late
from duban.errors import BadInput, NotAllowed, Problem
from duban.ledger import Ledger, Writer, speaking
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.notices import COORDINATOR, UNIT
from duban.occurrences import occurrences
from duban.plan import Duty, Plan
from duban.services.campaigns import deployed_plan
from duban.services.proposing import NOBODY, Proposal, propose
from duban.services.summing import ranking
from duban.services.telling import tell_all
from duban.services.watching import standings
from duban.standing import Standing, rates

__all__ = ["Circular", "circular_of", "draft_circular", "draft_due", "later", "tell_all_units"]


def circular_of(plan: Plan, content: Mapping[str, Any]) -> Circular:
    """The circular that a proposal holds, as it was drafted."""
    return circular_from(plan, content)


def draft_circular(
    ledger: Ledger, campaign: str, duty: str, period: str, *, by: str, as_of: datetime | None = None
) -> str:
    """Draft a circular about a period as it stands now, for a person to approve, and return its proposal's
    id. Drafting it anew replaces a draft that nobody has answered. Raises BadInput for what is not there,
    and NotAllowed for what is not due yet."""
    with ledger.write(campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, campaign)
        if duty not in plan.duty:
            problem = Problem("unknown-duty", key="duty", value=duty, params={"known": list(plan.duty)})
            raise BadInput("bad-address", (problem,), count=1)
        return _propose(w, plan, duty, period, _standings(w.conn, plan, duty, period, w.at), by)


def draft_due(w: Writer, plan: Plan) -> int:
    """Draft the circulars whose morning has come. Of several periods of a duty that have gone by only the
    last is drafted, and none that was due before the campaign was deployed. Returns how many."""
    done = 0
    for duty, period, found in _due(w.conn, plan, w.at):
        _propose(w, plan, duty.id, period, found, NOBODY)
        done += 1
    return done


def _due(conn: Connection, plan: Plan, now: datetime) -> Iterator[tuple[Duty, str, list[Standing]]]:
    since = _deployed_at(conn, plan)
    for duty in plan.file.duties:
        come = [(due_at, period) for at, due_at, period in mornings(plan, duty) if at <= now]
        due_at, period = max(come, default=(since, ""))
        if due_at > since and not _was_drafted(conn, plan.slug, about(duty.id, period)):
            found = _standings(conn, plan, duty.id, period, now)
            if any(s.expected for s in found):
                yield duty, period, found


def to_draft(conn: Connection, plan: Plan, now: datetime) -> Iterator[tuple[datetime, str, str]]:
    """When which circulars are still drafted, by duty and period; those that the next run drafts first."""
    yield from ((now, duty.id, period) for duty, period, _ in _due(conn, plan, now))
    for duty in plan.file.duties:
        yield from ((at, duty.id, period) for at, _, period in mornings(plan, duty) if at > now)


def later(plan: Plan, now: datetime) -> Iterator[datetime]:
    """The mornings to come on which a circular is drafted."""
    for duty in plan.file.duties:
        yield from (at for at, _, _ in mornings(plan, duty) if at > now)


def about(duty: str, period: str) -> str:
    """What a circular is about, as its proposal says it."""
    return f"{duty}/{period}"


def tell_all_units(w: Writer, plan: Plan, proposal: Proposal) -> None:
    """Tell what a person has approved to the units that it names, or whoever took over from them, and to the
    coordinator."""
    day = w.at.astimezone(plan.zone).date()
    named = [row["unit"] for row in proposal.content["rows"]]
    units = dict.fromkeys(notices.speaker(plan, u, day) for u in named if u in plan.unit)
    recipients = [UNIT + u for u in units if u not in plan.outside and u != plan.coordinator.id]
    contacts = speaking.first_contacts(w.conn, plan.slug)
    hearers = [h for r in (*recipients, COORDINATOR) for h in speaking.hearers(contacts, r)]
    tell_all(w, plan, hearers, proposal.kind, proposal.id)


def mornings(plan: Plan, duty: Duty) -> list[tuple[datetime, datetime, str]]:
    """When the circular about each period of a duty is drafted, the due time, the period."""
    if not duty.circular or duty.copy_of:
        return []
    return plan.memo(("circulars", duty.id), lambda: list(_planned(plan, duty, duty.circular or 0)))


def _planned(plan: Plan, duty: Duty, days: int) -> Iterator[tuple[datetime, datetime, str]]:
    """Where some units have another rhythm, a period is due when the last of them is."""
    due: dict[str, tuple[datetime, date]] = {}
    for rhythm in (duty.rhythm, *(v.rhythm for v in duty.variants)):
        for o in occurrences(plan, duty, rhythm):
            due_at = o.due_at(plan)
            if due_at is not None and o.due_day is not None:
                latest = max((due_at, o.due_day), due.get(o.period or "", (due_at, o.due_day)))
                due[o.period or ""] = latest
    for period, (due_at, day) in due.items():
        morning = plan.days.on_or_after(day + timedelta(days=days))
        yield at_local(morning, plan.file.office.morning, plan.zone), due_at, period


def _deployed_at(conn: Connection, plan: Plan) -> datetime:
    p = t.plan_version.c
    first = select(p.recorded_at).where(p.campaign == plan.slug).order_by(p.version).limit(1)
    return plan.local(conn.scalars(first).one())


def _was_drafted(conn: Connection, campaign: str, what: str) -> bool:
    p = t.proposal.c
    same = (p.campaign == campaign) & (p.kind == "circular") & (p.about == what)
    return conn.execute(select(p.id).where(same).limit(1)).first() is not None


def _standings(conn: Connection, plan: Plan, duty: str, period: str, now: datetime) -> list[Standing]:
    """The planned returns of a period that count or are waived; of units outside nothing is told."""
    found = standings(conn, plan, Scope(plan.slug, duty=duty, period=period), now)
    return [
        s
        for s in found
        if s.owed.counted and s.owed.due_at and not s.owed.event and s.owed.unit not in plan.outside
    ]


def _propose(w: Writer, plan: Plan, duty: str, period: str, found: list[Standing], by: str) -> str:
    if not found:
        problem = Problem("unknown-obligation", key="period", value=f"{duty} {period}".strip())
        raise BadInput("bad-address", (problem,), count=1)
    due_at = max(s.owed.due_at for s in found if s.owed.due_at)
    if due_at > w.at:
        raise NotAllowed("circular-too-early", duty=plan.duty[duty].name, period=period, due_at=due_at)
    made = _circular(w, plan, duty, period, due_at, found)
    return propose(w, plan, "circular", about(duty, period), content(made), by)


def _circular(
    w: Writer, plan: Plan, duty: str, period: str, due_at: datetime, found: list[Standing]
) -> Circular:
    by_unit: dict[str, list[Standing]] = defaultdict(list)
    for s in found:
        by_unit[s.owed.unit].append(s)
    days = _days_late(w, plan, found)
    rows = [circulars.row(plan, u.id, by_unit[u.id], days[u.id], w.at) for u in plan.units if u.id in by_unit]
    shares, head = rates(found), w.heads[plan.slug]
    measures, places = _places(w, plan, duty, rows)
    return Circular(
        duty, plan.duty[duty].name, period, due_at, w.at.astimezone(plan.zone), head.seq, head.digest,
        shares.expected, shares.met, shares.on_time, tuple(rows), measures, places,
        plan.duty[duty].ranking is not None,
    )  # fmt: skip


def _places(
    w: Writer, plan: Plan, duty: str, rows: list[Row]
) -> tuple[tuple[tuple[str, str], ...], tuple[Ranked, ...]]:
    """What units are ranked by, and the places: as the plan states it, else by this period's rates."""
    rule = plan.duty[duty].ranking
    found = ranking(w.conn, plan, duty, w.at) if rule else circulars.places(rows)
    measures = (
        tuple((m.by, _figure_name(plan, m.duty or duty, m.indicator)) for m in rule.measures)
        if rule
        else (("reporting", ""), ("on-time", ""))
    )
    return measures, tuple(Ranked(p.place, p.unit, plan.unit[p.unit].name, p.values) for p in found)


def _figure_name(plan: Plan, duty: str, code: str | None) -> str:
    form = plan.form_of(duty)
    return next((i.name for i in form.numbers if i.code == code), code or "") if form and code else ""


def _days_late(w: Writer, plan: Plan, found: list[Standing]) -> dict[str, int]:
    """How late each unit's latest return is: by the first version that came in, unless that one was in time
    and has not kept it; then by the one that counts."""
    late = {f"{s.owed.key}@{s.version}": s for s in found if s.met and not s.on_time and s.due_at}
    days: dict[str, int] = defaultdict(int)
    for id_, came in _received(w, list(late)).items():
        s = late[id_]
        assert s.due_at is not None
        first = s.first_valid if s.first_valid and s.first_valid >= s.due_at else plan.local(came)
        days[s.owed.unit] = max(days[s.owed.unit], days_late(first, s.due_at))
    return days


def _received(w: Writer, submissions: list[str]) -> dict[str, int]:
    s, found = t.submission.c, dict[str, int]()
    for start in range(0, len(submissions), 500):
        wanted = select(s.id, s.received_at).where(s.id.in_(submissions[start : start + 500]))
        found |= dict(w.conn.execute(wanted).tuples().all())
    return found
