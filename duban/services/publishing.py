"""Keeping a campaign's documents as its ledger is: only what something has happened to is looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from duban import agenda, calendars
from duban.ledger import Ledger
from duban.ledger import tables as t
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services.campaigns import deployed_plan
from duban.services.reporting import Drafted, draft_documents, due_periods, journal_head

Key = tuple[str, str]
"""Duty and period."""


def draft_due(
    ledger: Ledger, campaign: str, *, texts: Renderer, folder: Path, as_of: datetime | None = None
) -> list[Drafted]:
    """Draft the documents of every due period that are not there, or that something has happened to
    since the last look. Looking twice is as looking once."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plan = deployed_plan(conn, campaign, now)
        seq, _ = journal_head(conn, campaign, now)
        wanted = _wanted(conn, plan, now)
    drafted = [
        draft_documents(ledger, campaign, duty, period, texts=texts, folder=folder, as_of=as_of)
        for duty, period in wanted
    ]
    if wanted and (as_of is None or ledger.kind == "virtual"):
        with ledger.write(campaign, as_of=as_of) as w:
            w.conn.execute(t.look.delete().where(t.look.c.campaign == campaign))
            w.conn.execute(
                t.look.insert(), {"campaign": campaign, "seq": seq, "at": calendars.to_micros(now)}
            )
    return drafted


def _wanted(conn: Connection, plan: Plan, now: datetime) -> list[Key]:
    """The due periods to look at, in order of time."""
    due = due_periods(plan, now)
    d, look = t.draft.c, t.look.c
    rows = conn.execute(select(d.duty, d.period, d.folder).where(d.campaign == plan.slug))
    there = {(r.duty, r.period) for r in rows if Path(r.folder).is_dir()}
    last = conn.execute(select(look.seq, look.at).where(look.campaign == plan.slug)).first()
    changed = None if last is None else _recorded(conn, plan, last.seq)
    if last is None or changed is None:
        return due
    turned = _turned(conn, plan, calendars.from_micros(last.at, plan.zone), now)
    return [key for key in due if key not in there or key in changed or key in turned]


def _recorded(conn: Connection, plan: Plan, seq: int) -> set[Key] | None:
    """What submissions and decisions after `seq` speak of; None when the plan itself has changed."""
    j = t.journal.c
    rows = conn.execute(
        select(j.kind, j.ref).where(
            j.campaign == plan.slug, j.seq > seq, j.kind.in_(("plan", "submission", "decision"))
        )
    ).all()
    if any(r.kind == "plan" for r in rows):
        return None
    return {_spoken_of(r.ref) for r in rows}


def _spoken_of(ref: str) -> Key:
    """A submission's or decision's id begins with the key of its obligation."""
    obligation = ref.rsplit("@", 1)[0].rsplit("#", 1)[0]
    _, duty, _, period = obligation.split("/")[:4]
    return duty, period


def _turned(conn: Connection, plan: Plan, since: datetime, now: datetime) -> set[Key]:
    """The periods in which some state changed by the clock alone: a grace or an extension ran out."""
    found = {key for at, key in plan.memo("turns", lambda: _turns(plan)) if since < at <= now}
    d = t.decision.c
    ended = conn.scalars(
        select(d.obligation).where(
            d.campaign == plan.slug, d.until > calendars.to_micros(since), d.until <= calendars.to_micros(now)
        )
    )
    return found | {_spoken_of(obligation) for obligation in ended}


def _turns(plan: Plan) -> list[tuple[datetime, Key]]:
    found: dict[tuple[datetime, Key], None] = {}
    for o in agenda.obligations(plan):
        grace = timedelta(days=plan.duty[o.duty].grace or 0)
        if o.due_at:
            found[o.due_at, (o.duty, o.period or "")] = None
            found[o.due_at + grace, (o.duty, o.period or "")] = None
    return list(found)
