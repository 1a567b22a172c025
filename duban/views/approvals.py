"""What waits for a person's answer, and drafts of circulars: values for templates, and their JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from duban.circulars import Circular
from duban.plan import Plan
from duban.views.agenda import iso

if TYPE_CHECKING:
    from duban.console import Console
    from duban.ledger import Ledger
    from duban.services.proposing import Proposal


def approvals_view(app: Console, campaign: str, as_of: datetime | None, everything: bool) -> dict[str, Any]:
    """What is open; with `everything` also what fell away or was answered."""
    from duban.services.proposing import proposals
    from duban.services.watching import standings_by_key

    plan = app.deployed(campaign, as_of)
    now = app.ledger.now(as_of)
    with app.ledger.read() as conn:
        found = proposals(conn, plan, now, open_only=not everything)
        stands = standings_by_key(conn, plan, [x.obligation for x in found if x.obligation], now)
    return {"plan": plan, "now": now.astimezone(plan.zone), "found": found, "stands": stands}


def approvals_json(found: Iterable[Proposal]) -> list[dict[str, Any]]:
    """Each proposal with its answer, where there is one."""
    return [
        {
            "id": x.id, "kind": x.kind, "unit": x.unit or None, "duty": x.duty or None,
            "period": x.period or None, "subject": x.subject or None, "due_at": iso(x.due_at),
            "approver": x.approver, "by": x.by or None, "proposed_at": iso(x.proposed_at), "stale": x.stale,
            "answer": x.answer and {
                "verdict": x.answer.verdict, "by": x.answer.by, "reason": x.answer.reason or None,
                "at": iso(x.answer.at),
            },
        }
        for x in found
    ]  # fmt: skip


@contextmanager
def passing(app: Console, propose: bool) -> Iterator[Ledger]:
    """The ledger to propose something in; or one that keeps nothing."""
    if propose:
        yield app.ledger
        return
    with app.ledger.trial() as trial:
        yield trial


def circular_view(
    app: Console, campaign: str, duty: str, period: str, by: str, as_of: datetime | None, propose: bool
) -> tuple[Plan, Proposal, Circular]:
    """The circular about a period as it stands, laid before its approver or kept nowhere."""
    from duban.services.circulating import circular_of, draft_circular
    from duban.services.proposing import proposal_of

    plan = app.deployed(campaign)
    with passing(app, propose) as ledger:
        made = draft_circular(ledger, plan.slug, duty, period, by=by, as_of=as_of)
        with ledger.read() as conn:
            found = proposal_of(conn, plan, made, ledger.now(as_of))
    assert found is not None  # it was just made
    return plan, found, circular_of(plan, found.content)


def circular_json(plan: Plan, found: Proposal, c: Circular, proposed: bool) -> dict[str, Any]:
    """The circular for machines; shares as exact fractions."""
    return {
        "campaign": plan.slug, "duty": c.duty, "period": c.period or None, "due_at": iso(c.due_at),
        "as_of": iso(c.as_of), "proposal": found.id if proposed else None, "expected": c.expected,
        "met": c.met, "on_time": c.on_time,
        "units": [
            {"unit": r.unit, "state": r.state, "expected": r.expected, "met": r.met, "on_time": r.on_time,
             "days_late": r.days, "why": r.why or None, "reason": r.reason or None}
            for r in c.rows
        ],
        "ranking": [
            {"place": p.place, "unit": p.unit, "values": [None if v is None else str(v) for v in p.values]}
            for p in c.places
        ],
        "journal": {"seq": c.seq, "head": c.head},
    }  # fmt: skip
