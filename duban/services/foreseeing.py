"""Every message to come of a deployed campaign: from its moments as they stand, from what was proposed, from
what it tells to many. What is met by then falls away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from duban import notices
from duban.calendars import to_micros
from duban.colours import Next
from duban.ledger import speaking
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.ledger.speaking import NO_CHANNEL, UnsettledMoment
from duban.notices import COORDINATOR, UNIT
from duban.plan import Plan
from duban.plan.duties import COLOURS
from duban.services.announcing import ahead
from duban.services.colouring import chains_of, next_of
from duban.services.foreseen import (
    Coming,
    Stage,
    announced,
    hearer_at,
    in_order,
    of_many,
    planned,
    unit_told,
)
from duban.services.proposing import Proposal, proposals
from duban.services.watching import standings
from duban.standing import Owed, Standing

__all__ = ["Coming", "Stage", "announced", "coming", "in_order", "planned"]


class _Said(NamedTuple):
    """What is to be said about a return, before it is known how."""

    at: datetime
    kind: str
    days: int
    owed: Owed
    due_at: datetime | None
    hearer: str
    stage: Stage


def coming(conn: Connection, plan: Plan, now: datetime) -> list[Coming]:
    """The messages of a deployed campaign that are still to come after `now`, in order of time."""
    stands = {s.owed.key: s for s in standings(conn, plan, Scope(plan.slug), now)}
    open_ = {key: s for key, s in stands.items() if s.open}
    reached = speaking.first_contacts(conn, plan.slug).items()
    ways = {to: None if way == NO_CHANNEL else way for to, (_, way) in reached}
    laid = {x.id: x for x in proposals(conn, plan, now)}
    colours = list(_colours(conn, plan, open_, now))
    said = [*_undecided(conn, plan, open_, now, colours), *colours, *_proposed(plan, stands, laid.values())]
    found = [_coming(plan, x, ways.get(x.hearer)) for x in said]
    found += _decided(conn, plan, stands, laid, ways, now)
    return in_order([*found, *_to_many(conn, plan, laid.values(), ways, now)])


def _decided(
    conn: Connection, plan: Plan, stands: Mapping[str, Standing], laid: Mapping[str, Proposal],
    ways: Mapping[str, str | None], now: datetime,
) -> Iterator[Coming]:  # fmt: skip
    """Messages that wait for a digest and are still true."""
    m = t.message.c
    rows = conn.execute(
        select(m.obligation, m.kind, m.days, m.moment_at, m.due_at, m.recipient, m.occasion)
        .join(t.unsealed, t.unsealed.c.message == m.id)
        .where(m.campaign == plan.slug, m.decided_at <= to_micros(now))
    )
    for r in rows:
        at, way, stood = plan.local(r.moment_at), ways.get(r.recipient), stands.get(r.obligation)
        if r.obligation is None:
            yield _about(plan, at, r.kind, r.recipient, way, "decided", laid.get(r.occasion))
        elif stood and (r.kind == "receipt" or notices.still_owed(stood, plan.local(r.due_at))):
            due_at = plan.local(r.due_at)
            yield _coming(plan, _Said(at, r.kind, r.days, stood.owed, due_at, r.recipient, "decided"), way)


def _about(
    plan: Plan, at: datetime, kind: str, hearer: str, way: str | None, stage: Stage, about: Proposal | None
) -> Coming:
    """A message about no single return; what it asks to approve, or what has been approved, is named."""
    made = of_many(plan, at, kind, hearer, way, stage)
    if about is None:
        return made
    return replace(
        made, unit=about.unit or made.unit, duty=about.duty, period=about.period, subject=about.subject,
        due_at=about.due_at, proposed=about.kind if kind == "approve" else "",
    )  # fmt: skip


def _undecided(
    conn: Connection, plan: Plan, stands: Mapping[str, Standing], now: datetime, colours: Iterable[_Said]
) -> Iterator[_Said]:
    """Moments that nothing was decided about: of those that have come what the next run will say, of those
    to come what is about the time that has to be kept now. Blue takes the place of that morning's chase."""
    m = t.moment.c
    rows = conn.execute(
        select(m.obligation, m.kind, m.days, m.at, m.due_at)
        .where(m.campaign == plan.slug, (m.at > to_micros(now)) | ~m.settled, m.kind.not_in(COLOURS))
        .order_by(m.at, m.kind, m.days)
    )
    blue = {(x.owed.key, x.at if x.stage == "planned" else now) for x in colours if x.kind == "blue"}
    come: dict[str, list[UnsettledMoment]] = defaultdict(list)
    for r in rows:
        at, due_at = plan.local(r.at), plan.local(r.due_at)
        moment = UnsettledMoment(r.obligation, r.kind, r.days, at, due_at)
        if r.obligation not in stands:
            continue
        if at <= now:
            come[r.obligation].append(moment)
        elif (
            due_at == stands[r.obligation].limit
            and not (r.kind == "remind" and at >= due_at)
            and not (r.kind == "chase" and (r.obligation, at) in blue)
        ):
            yield _said(plan, moment, stands[r.obligation], "planned")
    for key, mine in come.items():
        for moment, verdict in zip(mine, notices.choose(mine, stands[key], now), strict=True):
            if verdict == "send" and (moment.kind != "chase" or (key, now) not in blue):
                yield _said(plan, moment, stands[key], "due")


def _said(plan: Plan, moment: UnsettledMoment | Next, stands: Standing, stage: Stage) -> _Said:
    kind = moment.colour if isinstance(moment, Next) else moment.kind
    hearer = hearer_at(plan, kind, stands.owed.unit, moment.at)
    return _Said(moment.at, kind, moment.days, stands.owed, stands.limit, hearer, stage)


def _colours(conn: Connection, plan: Plan, stands: Mapping[str, Standing], now: datetime) -> Iterator[_Said]:
    """The colours to come of each return, one after another, each approved on its day; none follows one that
    waits for a person or was refused by one."""
    duties = {d.id for d in plan.file.duties if d.escalation} | set(_once_coloured(conn, plan))
    mine = [s for s in stands.values() if s.limit is not None and s.owed.duty in duties]
    chains = chains_of(conn, plan, mine, now)
    for s in mine:
        chain = chains[s.owed.key]
        while (following := next_of(plan, s, chain)) is not None:
            come = following.at <= now
            yield _said(plan, following, s, "due" if come else "planned")
            told = now if come else following.at
            chain = replace(chain, said={**chain.said, following.colour: told})


def _once_coloured(conn: Connection, plan: Plan) -> list[str]:
    """Duties that a colour's moment asks about, by an earlier plan perhaps."""
    m, o = t.moment.c, t.obligation.c
    wanted = select(o.duty).distinct().join(t.moment, m.obligation == o.id)
    return list(conn.scalars(wanted.where(m.campaign == plan.slug, m.kind.in_(COLOURS))))


def _proposed(plan: Plan, stands: Mapping[str, Standing], laid: Iterable[Proposal]) -> Iterator[_Said]:
    """Letters that leave once a person has approved them."""
    for x in laid:
        if x.open and x.obligation in stands:
            owed, days = stands[x.obligation].owed, int(x.content.get("days", 0))
            hearer = hearer_at(plan, x.kind, x.unit, x.proposed_at)
            yield _Said(x.proposed_at, x.kind, days, owed, x.due_at, hearer, "proposed")


def _to_many(
    conn: Connection, plan: Plan, laid: Iterable[Proposal], ways: Mapping[str, str | None], now: datetime
) -> Iterator[Coming]:
    """What is told to many, and what is drafted to be approved, or was."""
    found = ahead(conn, plan, now)
    for unit, at in found.begins.items():
        stage: Stage = "due" if at <= now else "planned"
        yield of_many(plan, at, "kickoff", UNIT + unit, ways.get(UNIT + unit), stage)
    for unit in found.amended:
        yield of_many(plan, now, "amendment", UNIT + unit, ways.get(UNIT + unit), "due")
    way = ways.get(COORDINATOR)
    for at, duty, period in found.drafts:
        stage = "due" if at <= now else "planned"
        yield of_many(plan, at, "circular", COORDINATOR, way, stage, duty=duty, period=period)
    if found.thanks:
        yield of_many(plan, now, "thanks", COORDINATOR, way, "due")
    for x in laid:
        if x.open and not x.obligation:
            for unit in (row["unit"] for row in x.content["rows"] if row["unit"] in plan.unit):
                to = hearer_at(plan, x.kind, unit, now)
                yield _about(plan, x.proposed_at, x.kind, to, ways.get(to), "proposed", x)


def _coming(plan: Plan, said: _Said, channel: str | None) -> Coming:
    owed = said.owed
    return Coming(
        said.at, said.kind, said.days, unit_told(plan, said.hearer), said.hearer, owed.key, owed.unit,
        owed.duty, owed.period, owed.subject, said.due_at, channel, said.stage,
    )  # fmt: skip
