"""Letters that wait for approval, as they would go if they were approved now. Nothing is kept of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from duban import notices
from duban.calendars import to_micros
from duban.ledger.speaking import Decided
from duban.outbox.inviting import MAIL, PASSAGE, Invited
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services import sealing
from duban.services.lettering import letter_values
from duban.services.lines import lines_of
from duban.services.proposing import Proposal
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter, without the links that its mail would bring."""

    kind: str
    recipient: str
    """Who gets it: `head:libao`, `leader:libao`."""
    subject: str
    body: str


def preview(
    conn: Connection, texts: Renderer, plan: Plan, found: Sequence[Proposal],
    stands: Mapping[str, Standing], now: datetime,
) -> list[Preview]:  # fmt: skip
    """What several proposals would be said as: what one unit is told by one colour is one letter."""
    letters: dict[str, list[Decided]] = {}
    for proposal in found:
        message = _as_decided(plan, proposal, now)
        letters.setdefault(f"{message.recipient}/{message.kind}", []).append(message)
    return [_letter(conn, texts, plan, kept, stands, now) for kept in letters.values()]


def _letter(
    conn: Connection, texts: Renderer, plan: Plan, kept: Sequence[Decided], stands: Mapping[str, Standing],
    now: datetime,
) -> Preview:  # fmt: skip
    lines = lines_of(conn, kept, {plan.slug: plan}, stands, now, proposed=True)
    values = {**letter_values(conn, plan, kept, lines, now), "invited": Invited(), "forms": ""}
    said = sealing.said(texts, "messages/escalation", values, plan.templates)
    body = PASSAGE.sub("", said["plain"]).strip()
    return Preview(kept[0].kind, kept[0].recipient, said["subject"].strip(), body)


def _as_decided(plan: Plan, proposal: Proposal, now: datetime) -> Decided:
    unit = notices.speaker(plan, proposal.unit, now.astimezone(plan.zone).date())
    assert proposal.due_at is not None  # a colour belongs to a due time
    return Decided(
        proposal.id, plan.slug, proposal.obligation, proposal.kind, int(proposal.content.get("days", 0)),
        to_micros(now), to_micros(proposal.due_at), notices.recipient_of(proposal.kind, unit), 0, MAIL,
        proposal.id,
    )  # fmt: skip
