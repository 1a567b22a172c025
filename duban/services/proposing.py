"""What waits for a person before it leaves: letters of an escalation, circulars 通报, thanks. Proposals and
their answers stand in the ledger, so nothing has to stay running for them; `approving` takes the answer."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select

from duban import notices
from duban.calendars import to_micros
from duban.ledger import Writer, speaking
from duban.ledger import tables as t
from duban.notices import COORDINATOR, LEADER
from duban.plan import Plan
from duban.plan.duties import COLOURS
from duban.services.telling import tell_all
from duban.services.watching import CHUNK, standings_by_key

ProposalKind = Literal["orange", "red", "circular", "thanks"]
Verdict = Literal["approve", "return"]
Approver = Literal["coordinator", "leader"]
NOBODY = ""
"""Who proposes what the plan asks for."""
APPROVER = "approver"
"""Member of a proposal's content that says whom it waits for; the coordinator, where there is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to a proposal."""

    verdict: Verdict
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that leaves once a person has approved it."""

    id: str
    kind: ProposalKind
    obligation: str
    """"": it is about no single return."""
    unit: str
    duty: str
    period: str
    subject: str
    due_at: datetime | None
    """The due time that a colour belongs to."""
    about: str
    content: Mapping[str, Any]
    by: str
    proposed_at: datetime
    approver: Approver
    answer: Answer | None = None
    stale: bool = False
    """Not answered, and no longer true: reported meanwhile, given more time, or drafted anew."""

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.answer is None and not self.stale


def propose(
    w: Writer, plan: Plan, kind: ProposalKind, about: str, content: Mapping[str, Any], by: str,
    obligation: str | None = None, due_at: int | None = None, *,
    contacts: Mapping[str, tuple[int, str]] | None = None,
) -> str:  # fmt: skip
    """Put a proposal on record and tell whoever approves it. Returns its id, which ends with its place in
    the campaign's journal. Who proposes many brings the campaign's contacts."""
    row = {
        "id": f"{plan.slug}~p{w.heads[plan.slug].seq + 1}", "campaign": plan.slug, "kind": kind,
        "obligation": obligation, "due_at": due_at, "about": about,
        "content": json.dumps(dict(content), ensure_ascii=False, sort_keys=True), "by": by,
        "proposed_at": w.micros,
    }  # fmt: skip
    w.record("proposal", plan.slug, [row])
    leads = content.get(APPROVER) == "leader"
    to = LEADER + plan.coordinator.id if leads else COORDINATOR
    if contacts is None:
        contacts = speaking.contacts_of(w.conn, plan.slug, [to])
    tell_all(w, plan, speaking.hearers(contacts, to), "approve", str(row["id"]))
    return str(row["id"])


def proposals(conn: Connection, plan: Plan, now: datetime, *, open_only: bool = False) -> list[Proposal]:
    """The proposals of a campaign made until `now`, the oldest first."""
    p, a = t.proposal.c, t.approval.c
    wanted = p.campaign == plan.slug
    found = _found(conn, plan, now, wanted & a.proposal.is_(None) if open_only else wanted)
    return [x for x in found if x.open or not open_only]


def proposal_of(conn: Connection, plan: Plan, id_: str, now: datetime) -> Proposal | None:
    """One proposal of a campaign."""
    p = t.proposal.c
    return next(iter(_found(conn, plan, now, (p.id == id_) & (p.campaign == plan.slug))), None)


def _found(conn: Connection, plan: Plan, now: datetime, wanted: Any) -> list[Proposal]:
    p, a, o, until = t.proposal.c, t.approval.c, t.obligation.c, to_micros(now)
    rows = conn.execute(
        select(
            t.proposal, o.unit, o.duty, o.period, o.subject, a.verdict, a.by.label("answered_by"), a.reason,
            a.approved_at,
        )
        .outerjoin(t.approval, (a.proposal == p.id) & (a.approved_at <= until))
        .outerjoin(t.obligation, o.id == p.obligation)
        .where(wanted, p.proposed_at <= until)
        .order_by(p.proposed_at, func.length(p.id), p.id)
    ).all()  # fmt: skip
    stale = _stale(conn, plan, [r for r in rows if r.verdict is None], now)
    return [_proposal(plan, r, r.id in stale) for r in rows]


def _proposal(plan: Plan, row: Row[Any], stale: bool) -> Proposal:
    content = json.loads(row.content)
    answered = row.verdict and Answer(row.verdict, row.answered_by, row.reason, plan.local(row.approved_at))
    return Proposal(
        row.id, row.kind, row.obligation or "", row.unit or "", row.duty or str(content.get("duty", "")),
        row.period or str(content.get("period", "")), row.subject or "",
        None if row.due_at is None else plan.local(row.due_at), row.about, content, row.by,
        plan.local(row.proposed_at), "leader" if content.get(APPROVER) == "leader" else "coordinator",
        answered or None, stale,
    )  # fmt: skip


def _stale(conn: Connection, plan: Plan, waiting: list[Row[Any]], now: datetime) -> set[str]:
    """Ids of those that are no longer true."""
    letters = [r for r in waiting if r.obligation is not None]
    return _letters_stale(conn, plan, letters, now) | _replaced(conn, plan, waiting, to_micros(now))


def _letters_stale(conn: Connection, plan: Plan, rows: list[Row[Any]], now: datetime) -> set[str]:
    """A colour is proposed about what is owed, for the due time that holds, and once."""
    keys = sorted({r.obligation for r in rows})
    stands = standings_by_key(conn, plan, keys, now)
    said: set[tuple[str, int, str]] = set()
    for start in range(0, len(keys), CHUNK):
        said |= said_colours(conn, keys[start : start + CHUNK], to_micros(now)).keys()
    return {
        r.id
        for r in rows
        if r.obligation not in stands
        or not notices.still_owed(stands[r.obligation], plan.local(r.due_at))
        or (r.obligation, r.due_at, r.kind) in said
    }


def said_colours(conn: Connection, keys: Iterable[str], until: int) -> dict[tuple[str, int, str], int]:
    """When each colour was said of some obligations, by obligation, due time and colour."""
    m = t.message.c
    rows = conn.execute(
        select(m.obligation, m.due_at, m.kind, m.decided_at).where(
            m.obligation.in_(list(keys)), m.kind.in_(COLOURS), m.verdict == "send", m.decided_at <= until
        )
    )
    return {(r.obligation, r.due_at, r.kind): r.decided_at for r in rows}


def _replaced(conn: Connection, plan: Plan, waiting: Iterable[Row[Any]], until: int) -> set[str]:
    """What was drafted anew: of several drafts about one thing the last one waits."""
    drafts = [r for r in waiting if r.obligation is None]
    if not drafts:
        return set()
    p = t.proposal.c
    rows = conn.execute(
        select(p.id, p.kind, p.about)
        .where(p.campaign == plan.slug, p.obligation.is_(None), p.proposed_at <= until)
        .order_by(p.proposed_at, func.length(p.id), p.id)
    )
    about: dict[tuple[str, str], list[str]] = defaultdict(list)
    for r in rows:
        about[r.kind, r.about].append(r.id)
    return {r.id for r in drafts if about[r.kind, r.about][-1] != r.id}
