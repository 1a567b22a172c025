"""A person approves a proposal, and what it is about leaves in the same transaction; or returns it, and it
does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from duban.access.roles import Role
from duban.errors import NotAllowed
from duban.ledger import Ledger, Writer
from duban.plan import Plan
from duban.services import circulating, colouring
from duban.services.campaigns import deployed_plan
from duban.services.proposing import Proposal, Verdict, proposal_of

CarryOut = Callable[[Writer, Plan, Proposal], None]
CARRY_OUT: dict[str, CarryOut] = {
    "orange": colouring.send_letter, "red": colouring.send_letter, "circular": circulating.tell_all_units,
    "thanks": circulating.tell_all_units,
}  # fmt: skip
"""What approving a proposal of each kind does."""


def answer(
    ledger: Ledger, campaign: str, proposal_id: str, verdict: Verdict, *, by: str, role: Role,
    reason: str = "", as_of: datetime | None = None,
) -> Proposal:  # fmt: skip
    """Record the answer to a proposal, under the lock that a second answer waits for. Raises NotAllowed for
    one that was answered, is no longer true, waits for somebody else, or is returned without a reason."""
    with ledger.write(campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, campaign)
        proposal = proposal_of(w.conn, plan, proposal_id, w.at)
        if proposal is None:
            raise NotAllowed("unknown-proposal", id=proposal_id)
        _check(proposal, verdict, role, reason)
        row = {
            "proposal": proposal.id, "campaign": campaign, "verdict": verdict, "by": by,
            "reason": reason.strip(), "approved_at": w.micros,
        }  # fmt: skip
        w.record("approval", campaign, [row])
        if verdict == "approve":
            CARRY_OUT[proposal.kind](w, plan, proposal)
        answered = proposal_of(w.conn, plan, proposal_id, w.at)
        assert answered is not None
        return answered


def _check(proposal: Proposal, verdict: Verdict, role: Role, reason: str) -> None:
    if proposal.answer is not None:
        raise NotAllowed("already-answered", id=proposal.id, by=proposal.answer.by)
    if role != "leader" and (role != "coordinator" or proposal.approver == "leader"):
        raise NotAllowed("leader-approves", approver=proposal.approver)
    if proposal.stale:
        raise NotAllowed("proposal-stale", id=proposal.id)
    if verdict == "return" and not reason.strip():
        raise NotAllowed("reason-missing")
