"""The voice of what a person decided: a return, an answer to a request, a withdrawn acceptance. One message
to each recipient about all that was decided since the last run, whatever the day's digest says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import select

from duban.ledger import Writer
from duban.ledger import tables as t
from duban.ledger.speaking import Decided
from duban.notices import Prompt
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services import sealing
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


def voice(texts: Renderer) -> Voice:
    """How these messages are looked at, and sealed."""

    def seal(w: Writer, plans: Plans, stands: Stands, kept: Sequence[Decided], occasion: str) -> str:
        return _seal_one(w, texts, plans, stands, kept[0].contact, kept, occasion)

    return Voice(frozenset(get_args(Prompt)), _still_true, seal)


def _still_true(w: Writer, plan: Plan, message: Decided, stands: Mapping[str, Standing]) -> bool:
    """A return that was answered meanwhile, or a request that was, needs no words any more."""
    found = stands.get(message.obligation)
    if message.kind == "return":
        return found is not None and found.came_in == "returned"
    if message.kind == "request":
        request = request_of(w.conn, plan, message.obligation, w.at)
        return request is not None and request.id == message.occasion
    return found is not None and not (message.kind == "withdraw" and found.came_in == "returned")


def _seal_one(
    w: Writer, texts: Renderer, plans: Mapping[str, Plan], stands: Mapping[str, Standing], contact: int,
    kept: Sequence[Decided], occasion: str,
) -> str:  # fmt: skip
    items = [_item(w, plans[m.campaign], m, stands[m.obligation]) for m in kept]
    day = w.at.astimezone(plans[kept[0].campaign].zone).date()
    values = {
        "items": items, "day": day, "issuer": plans[kept[0].campaign].file.issuer,
        "recipient": "、".join(dict.fromkeys(sealing.spoken_to(m, plans[m.campaign]) for m in kept)),
        "several": len({m.campaign for m in kept}) > 1,
    }  # fmt: skip
    return sealing.record_digest(w, texts, "messages/prompt", values, kept, contact, day, occasion)


def _item(w: Writer, plan: Plan, message: Decided, stands: Standing) -> Item:
    duty, unit = plan.duty[stands.owed.duty], plan.unit[stands.owed.unit]
    asked = message.kind == "request"
    record = _record(w, t.request if asked else t.decision, message.occasion)
    until = plan.local(record.until) if asked else stands.limit or w.at
    subject = plan.subject_name(duty, stands.owed.subject) if stands.owed.subject else ""
    return Item(
        message.kind, plan.file.title, plan.file.short, unit.name, duty.name, stands.owed.period, subject,
        record.reason, until, until <= w.at,
    )  # fmt: skip


def _record(w: Writer, table: Any, key: str) -> Any:
    return w.conn.execute(select(table).where(table.c.id == key)).one()
