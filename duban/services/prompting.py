"""The voice of what a person decided: a return, an answer to a request, a withdrawn acceptance. One message
to each recipient about all that was decided since the last run, whatever the day's digest says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import select

from duban import agenda
from duban.ledger import Writer
from duban.ledger import tables as t
from duban.ledger.speaking import Decided
from duban.notices import LEADER, Prompt
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services import enclosing, sealing
from duban.services.proposing import proposal_of
from duban.services.receipting import Taken, is_latest, taken
from duban.services.requesting import request_of
from duban.services.turning import Plans, Stands, Voice
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is told, in words that need no look-up."""

    kind: str
    title: str
    short: str
    unit: str
    duty: str
    period: str
    subject: str
    reason: str
    until: datetime
    """What the unit has to keep now, or the due time that it asks for."""
    late: bool
    """Whether that has passed."""
    proposed: str = ""
    """Kind of what waits for approval."""
    peer: bool = False
    """Whether its unit is asked 商请 and not supervised 督办."""
    days: int = 0
    """Calendar days since the due day, of a colour that waits for approval."""
    taken: Taken | None = None
    """The return that a receipt is about."""


def voice(texts: Renderer) -> Voice:
    """How these messages are looked at, and sealed."""

    def seal(w: Writer, plans: Plans, stands: Stands, kept: Sequence[Decided], occasion: str) -> str:
        return _seal_one(w, texts, plans, stands, kept[0].contact, kept, occasion)

    return Voice(frozenset(get_args(Prompt)), _still_true, seal)


def _still_true(w: Writer, plan: Plan, message: Decided, stands: Mapping[str, Standing]) -> bool:
    """A return that was answered meanwhile, or a request that was, needs no words any more; nor does an
    answer to a request once the return is in."""
    if message.kind == "approve":
        proposal = proposal_of(w.conn, plan, message.occasion, w.at)
        return proposal is not None and proposal.open
    found = stands.get(message.obligation)
    if message.kind == "receipt":
        return is_latest(w, message, found)
    if message.kind == "return":
        return found is not None and found.came_in == "returned"
    if message.kind == "request":
        request = request_of(w.conn, plan, message.obligation, w.at)
        return request is not None and request.id == message.occasion
    if message.kind in ("extend", "refuse"):
        return found is not None and not found.met
    return found is not None and not (message.kind == "withdraw" and found.came_in == "returned")


def _seal_one(
    w: Writer, texts: Renderer, plans: Mapping[str, Plan], stands: Mapping[str, Standing], contact: int,
    kept: Sequence[Decided], occasion: str,
) -> str:  # fmt: skip
    items = [ITEMS.get(m.kind, _item)(w, plans[m.campaign], m, stands) for m in kept]
    day = w.at.astimezone(plans[kept[0].campaign].zone).date()
    values = {
        "items": items, "day": day, "issuer": plans[kept[0].campaign].file.issuer,
        "recipient": "、".join(dict.fromkeys(_addressed(texts, m, plans[m.campaign]) for m in kept)),
        "several": len({m.campaign for m in kept}) > 1,
        "forms": enclosing.enclosed(plans, stands, kept),
    }  # fmt: skip
    return sealing.record_digest(w, texts, "messages/prompt", values, kept, contact, day, occasion)


def _addressed(texts: Renderer, message: Decided, plan: Plan) -> str:
    name = sealing.spoken_to(message, plan)
    return texts.say("letter.leader", name=name) if message.recipient.startswith(LEADER) else name


def _item(w: Writer, plan: Plan, message: Decided, found: Stands) -> Item:
    stands = found[message.obligation]
    duty, unit = plan.duty[stands.owed.duty], plan.unit[stands.owed.unit]
    asked = message.kind == "request"
    record = _record(w, t.request if asked else t.decision, message.occasion)
    until = plan.local(record.until) if asked else stands.limit or w.at
    subject = plan.subject_name(duty, stands.owed.subject) if stands.owed.subject else ""
    return Item(
        message.kind, plan.file.title, plan.file.short, unit.name, duty.name, stands.owed.period, subject,
        record.reason, until, until <= w.at,
    )  # fmt: skip


def _proposed(w: Writer, plan: Plan, message: Decided, _: Stands) -> Item:
    """What waits for approval, about a return or about a duty's whole period."""
    found = proposal_of(w.conn, plan, message.occasion, w.at)
    assert found is not None  # looked at under this lock
    until, duty = found.due_at or w.at, plan.duty.get(found.duty)
    subject = plan.subject_name(duty, found.subject) if duty and found.subject else ""
    days = w.at.astimezone(plan.zone).date() - agenda.day_before(until.astimezone(plan.zone))
    return Item(
        message.kind, plan.file.title, plan.file.short, plan.unit[found.unit].name if found.unit else "",
        duty.name if duty else found.duty, found.period, subject, "", until, until <= w.at, found.kind,
        found.unit in plan.peers, max(0, days.days),
    )  # fmt: skip


def _receipt(w: Writer, plan: Plan, message: Decided, found: Stands) -> Item:
    stands = found[message.obligation]
    duty, until = plan.duty[stands.owed.duty], stands.limit or w.at
    subject = plan.subject_name(duty, stands.owed.subject) if stands.owed.subject else ""
    return Item(
        message.kind, plan.file.title, plan.file.short, plan.unit[stands.owed.unit].name, duty.name,
        stands.owed.period, subject, "", until, False, taken=taken(w, plan, message, stands),
    )  # fmt: skip


ITEMS: dict[str, Callable[[Writer, Plan, Decided, Stands], Item]] = {
    "approve": _proposed, "receipt": _receipt,
}  # fmt: skip
"""How each kind of message becomes an item; the others speak of a decision or a request."""


def _record(w: Writer, table: Any, key: str) -> Any:
    return w.conn.execute(select(table).where(table.c.id == key)).one()
