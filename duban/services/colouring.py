"""Three-colour supervision 三色督办 of what is owed: blue goes with the day's digest, orange and red are
proposed and leave once a person has approved them.

What may be said now is told by records alone: colours said, proposals, answers, each for one due time. A
moment only says when to look. One whose colour has to wait is put off until it may be said; one that waits
for a person is settled, and set again in the transaction that approves the colour before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, bindparam, select

from duban import agenda, notices
from duban.calendars import to_micros
from duban.colours import Next, Steps, ordered, upcoming
from duban.errors import NotAllowed
from duban.ledger import Ledger, Writer
from duban.ledger import tables as t
from duban.ledger.speaking import UnsettledMoment
from duban.plan import Plan
from duban.plan.duties import COLOURS, Colour
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.proposing import APPROVER, NOBODY, Proposal, proposal_of, propose, said_colours
from duban.services.telling import tell
from duban.services.watching import CHUNK, standing_of
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class Chain:
    """The colours of one obligation, for the due time that holds."""

    steps: Steps
    said: Mapping[Colour, datetime] = field(default_factory=dict)
    held: frozenset[Colour] = frozenset()
    """Those that wait for a person, or were refused by one."""


@dataclass(frozen=True, slots=True)
class Coloured:
    """What one run decided about colours."""

    blue: Mapping[str, UnsettledMoment] = field(default_factory=dict)
    """What is to be said to liaisons now, by obligation."""
    proposed: int = 0


def decide_colours(
    w: Writer, plan: Plan, found: Sequence[Standing], contacts: Mapping[str, tuple[int, str]]
) -> Coloured:
    """Decide about obligations of which a colour's moment has come: blue is to be said, orange and red are
    proposed, and the next one is put off until it may follow."""
    mine = [s for s in found if s.open and s.limit is not None]
    chains, blue, later, proposed = chains_of(w.conn, plan, mine, w.at), {}, [], 0
    for stands in mine:
        chain = chains[stands.owed.key]
        now = next_of(plan, stands, chain)
        if now is None or now.at > w.at:
            later.append((stands, now))
        elif now.colour == "blue":
            blue[stands.owed.key] = _moment(stands, now)
            told = replace(chain, said={**chain.said, now.colour: w.at})
            later.append((stands, next_of(plan, stands, told)))
        else:
            _propose(w, plan, stands, now, NOBODY, contacts)
            proposed += 1
    _put_off(w, later)
    return Coloured(blue, proposed)


def chains_of(conn: Connection, plan: Plan, found: Sequence[Standing], now: datetime) -> dict[str, Chain]:
    """The colours of some obligations: which their moments ask for, which were said, which are held."""
    limits = {s.owed.key: to_micros(s.limit) for s in found if s.limit is not None}
    keys, made = list(limits), {}
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        steps, said = _steps(conn, chunk), said_colours(conn, chunk, to_micros(now))
        held = _held(conn, chunk, to_micros(now))
        for key in chunk:
            due = limits[key]
            told = {c: plan.local(said[key, due, c]) for c in COLOURS if (key, due, c) in said}
            made[key] = Chain(ordered(steps[key, due]), told, frozenset(held[key, due]))
    return made


def next_of(plan: Plan, stands: Standing, chain: Chain) -> Next | None:
    """The colour of an obligation that follows, unless it waits for a person."""
    assert stands.limit is not None  # only what has a due time is late
    due_day = agenda.day_before(stands.limit.astimezone(plan.zone))
    return upcoming(plan, due_day, chain.steps, chain.said, chain.held)


def _steps(conn: Connection, keys: Sequence[str]) -> dict[tuple[str, int], list[tuple[str, int]]]:
    """The rule under which each fell due, as its moments have it: a later plan may have another."""
    m = t.moment.c
    wanted = select(m.obligation, m.due_at, m.kind, m.days)
    rows = conn.execute(wanted.where(m.obligation.in_(keys), m.kind.in_(COLOURS)))
    found: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    for r in rows:
        found[r.obligation, r.due_at].append((r.kind, r.days))
    return found


def _held(conn: Connection, keys: Sequence[str], until: int) -> dict[tuple[str, int], set[Colour]]:
    p, a = t.proposal.c, t.approval.c
    rows = conn.execute(
        select(p.obligation, p.due_at, p.kind)
        .outerjoin(t.approval, (a.proposal == p.id) & (a.approved_at <= until))
        .where(p.obligation.in_(keys), p.proposed_at <= until, a.verdict.is_distinct_from("approve"))
    )
    found: dict[tuple[str, int], set[Colour]] = defaultdict(set)
    for r in rows:
        found[r.obligation, r.due_at].add(r.kind)
    return found


def _moment(stands: Standing, now: Next) -> UnsettledMoment:
    assert stands.limit is not None
    return UnsettledMoment(stands.owed.key, now.colour, now.days, now.at, stands.limit)


def _put_off(w: Writer, later: Iterable[tuple[Standing, Next | None]]) -> None:
    """Let the moment of each colour come when it may follow, whether or not it has come before."""
    rows = [
        {"o": s.owed.key, "k": x.colour, "n": x.days, "d": to_micros(s.limit), "to": to_micros(x.at)}
        for s, x in later
        if x is not None and s.limit is not None
    ]
    m = t.moment.c
    mine = (m.obligation == bindparam("o")) & (m.kind == bindparam("k")) & (m.days == bindparam("n"))
    moved = t.moment.update().where(mine, m.due_at == bindparam("d"))
    if rows:
        w.conn.execute(moved.values(at=bindparam("to"), settled=False), rows)


def _propose(
    w: Writer, plan: Plan, stands: Standing, now: Next, by: str,
    contacts: Mapping[str, tuple[int, str]] | None = None, *, reason: str = "",
) -> str:  # fmt: skip
    assert stands.limit is not None
    leads = _leader_approves(w.conn, plan, stands, now.colour)
    content: dict[str, Any] = {"days": now.days, APPROVER: "leader" if leads else "coordinator"}
    if reason:
        content["reason"] = reason
    kind, key = cast("Any", now.colour), stands.owed.key
    return propose(w, plan, kind, key, content, by, key, to_micros(stands.limit), contacts=contacts)


def _leader_approves(conn: Connection, plan: Plan, stands: Standing, colour: Colour) -> bool:
    """By the plan under which it fell due, as that says which colours there are; by the one in force where
    that had none, as of an event that is reported after an amendment which asks for it."""
    then = deployed_plan(conn, plan.slug, stands.limit).duty.get(stands.owed.duty)
    rule = (then and then.escalation) or plan.duty[stands.owed.duty].escalation
    return rule is not None and colour in rule.leader_approves


def propose_by_hand(
    ledger: Ledger, to: Address, *, by: str, reason: str, as_of: datetime | None = None
) -> Proposal:  # fmt: skip
    """The coordinator proposes the next colour before its day, or once more after it was refused. Raises
    NotAllowed where nothing is owed, or no colour or one that waits is next, and without a reason."""
    if not reason.strip():
        raise NotAllowed("reason-missing")
    with ledger.write(to.campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, to.campaign)
        stands = standing_of(w.conn, plan, to.obligation, w.at)
        if not stands.open or stands.limit is None or stands.limit > w.at:
            raise NotAllowed("not-overdue", obligation=to.obligation)
        chain = chains_of(w.conn, plan, [stands], w.at)[to.obligation]
        following = next_of(plan, stands, replace(chain, held=frozenset()))
        if following is None:
            raise NotAllowed("no-colour-left", obligation=to.obligation)
        if following.colour == "blue":
            raise NotAllowed("blue-first", at=following.at)
        if _waits(w.conn, to.obligation, to_micros(stands.limit)):
            raise NotAllowed("already-proposed", obligation=to.obligation)
        made = proposal_of(w.conn, plan, _propose(w, plan, stands, following, by, reason=reason), w.at)
        assert made is not None  # it has just been recorded
        return made


def _waits(conn: Connection, key: str, due: int) -> bool:
    p, a = t.proposal.c, t.approval.c
    wanted = select(p.id).outerjoin(t.approval, a.proposal == p.id)
    open_ = wanted.where(p.obligation == key, p.due_at == due, a.proposal.is_(None))
    return conn.execute(open_.limit(1)).first() is not None


def send_letter(w: Writer, plan: Plan, proposal: Proposal) -> None:
    """Decide the letter that was approved, to the head of the unit or the leader in charge, and let the
    next colour follow it."""
    assert proposal.due_at is not None
    unit = notices.speaker(plan, proposal.unit, w.at.astimezone(plan.zone).date())
    tell(
        w, plan, notices.recipient_of(proposal.kind, unit), proposal.kind, proposal.id,
        obligation=proposal.obligation, due_at=to_micros(proposal.due_at),
    )  # fmt: skip
    stands = standing_of(w.conn, plan, proposal.obligation, w.at)
    chain = chains_of(w.conn, plan, [stands], w.at)[proposal.obligation]
    _put_off(w, [(stands, next_of(plan, stands, chain))])
