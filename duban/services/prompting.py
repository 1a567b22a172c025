"""Sealing what goes at once: a return, an answer to a request, a withdrawn acceptance (rule 6). One message
to each recipient about all that was decided since the last run, whatever the day's digest says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from duban.calendars import to_micros
from duban.ledger import Ledger, Writer, journal, speaking
from duban.ledger import tables as t
from duban.ledger.speaking import Decided
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services import sealing
from duban.services.campaigns import deployed_plan
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


def seal_prompts(ledger: Ledger, texts: Renderer, *, as_of: datetime | None = None) -> tuple[int, int]:
    """Make each waiting recipient's message. Returns how many, and how many items were withdrawn because
    they are no longer true."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        waiting = speaking.prompt_messages(conn, to_micros(now))
    if not waiting:
        return 0, 0
    campaigns = {m.campaign for m in waiting}
    with ledger.write(journal.INSTALLATION, *campaigns, as_of=as_of) as w:
        return _seal(w, texts, {c: deployed_plan(w.conn, c) for c in campaigns})


def voice(texts: Renderer) -> Voice:
    """How a sealed message is looked at again and sealed anew."""

    def seal(w: Writer, plans: Plans, stands: Stands, kept: Sequence[Decided], occasion: str) -> str:
        return _seal_one(w, texts, plans, stands, kept[0].contact, kept, occasion)

    return Voice(_still_true, seal)


def _seal(w: Writer, texts: Renderer, plans: Mapping[str, Plan]) -> tuple[int, int]:
    by_contact: dict[int, list[Decided]] = defaultdict(list)
    for message in speaking.prompt_messages(w.conn, w.micros):  # again, under the locks
        if message.campaign in plans:
            by_contact[message.contact].append(message)
    stands = sealing.standings_of(w, plans, [m for mine in by_contact.values() for m in mine])
    sealed = withdrawn = 0
    for contact, mine in by_contact.items():
        kept = [m for m in mine if _still_true(w, plans[m.campaign], m, stands)]
        digest = _seal_one(w, texts, plans, stands, contact, kept) if kept else None
        sealing.record_fates(w, mine, {m.id for m in kept}, digest)
        sealed, withdrawn = sealed + (digest is not None), withdrawn + len(mine) - len(kept)
    return sealed, withdrawn


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
    kept: Sequence[Decided], occasion: str = "",
) -> str:  # fmt: skip
    items = [_item(w, plans[m.campaign], m, stands[m.obligation]) for m in kept]
    day = w.at.astimezone(plans[kept[0].campaign].zone).date()
    values = {
        "items": items, "day": day, "issuer": plans[kept[0].campaign].file.issuer,
        "recipient": "、".join(dict.fromkeys(sealing.spoken_to(m, plans[m.campaign]) for m in kept)),
        "several": len({m.campaign for m in kept}) > 1,
    }  # fmt: skip
    occasion = occasion or kept[0].occasion
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
