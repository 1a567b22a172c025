"""What it takes to seal a message: how things stand under the lock, the sealed text, what became of each
decided message. Digests of the day and messages that go at once are sealed alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import bindparam

from duban import notices
from duban.ledger import Writer, journal
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.ledger.speaking import Decided
from duban.outbox.inviting import Invited, board_mark, is_group, is_personal, link_mark
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services.campaigns import deployed_plan
from duban.services.watching import standings
from duban.standing import Standing

OWED = ("remind", "chase")
"""Kinds of messages that say to a unit that it owes something."""
CHUNK = 500
"""Obligations looked up by one statement."""


def standings_of(w: Writer, plans: Mapping[str, Plan], waiting: Sequence[Decided]) -> dict[str, Standing]:
    """How what these messages are about stands now."""
    found: dict[str, Standing] = {}
    for campaign, plan in plans.items():
        keys = sorted({m.obligation for m in waiting if m.campaign == campaign and m.obligation})
        for start in range(0, len(keys), CHUNK):
            scope = Scope(campaign, keys=tuple(keys[start : start + CHUNK]))
            found |= {s.owed.key: s for s in standings(w.conn, plan, scope, w.at)}
    return found


def spoken_to(message: Decided, plan: Plan) -> str:
    """Who is spoken to: the coordinator's unit, or the unit itself."""
    unit = notices.unit_of(message.recipient)
    return (plan.coordinator if unit == notices.COORDINATOR else plan.unit[unit]).name


def record_digest(
    w: Writer, texts: Renderer, template: str, values: Mapping[str, Any], kept: Sequence[Decided],
    contact: int, day: date, occasion: str = "",
) -> str:  # fmt: skip
    """Render a message, put it on record and make it ready to be sent. Returns its id."""
    values = {**values, "invited": _invited(w, kept)}
    if is_group(kept[0].channel):
        template, values = "messages/group", _for_a_group(w, kept) | {"invited": values["invited"]}
    row = {
        "id": f"{contact}/{day}" + (f"/{occasion}" if occasion else ""), "contact": contact,
        "channel": kept[0].channel, "day": day.isoformat(), "occasion": occasion, "sealed_at": w.micros,
        "subject": texts.render(f"{template}-subject.txt", **values),
        "plain": texts.render(f"{template}-body.txt", **values),
        "html": texts.render(f"{template}-body.html", **values),
    }  # fmt: skip
    w.record("digest", journal.INSTALLATION, [row])
    ready = {"digest": row["id"], "state": "ready", "owner": "", "until": 0, "tries": 0, "next_at": w.micros}
    w.conn.execute(t.delivery.insert(), ready)
    return str(row["id"])


def _for_a_group(w: Writer, kept: Sequence[Decided]) -> dict[str, Any]:
    """All that a chat may be told: how many things of which campaigns wait for somebody who signs in."""
    shorts = [deployed_plan(w.conn, m.campaign).file.short for m in kept]
    return {
        "owed": len({m.obligation for m in kept if m.kind in OWED}),
        "others": len({m.id for m in kept if m.kind not in OWED}),
        "shorts": list(dict.fromkeys(shorts)),
    }


MOST_LINKS = 5
"""Who is told of more units than that signs in once, for all of them."""


def _invited(w: Writer, kept: Sequence[Decided]) -> Invited:
    """Where a message asks its recipient in."""
    plans = {m.campaign: deployed_plan(w.conn, m.campaign) for m in kept}
    spoken = dict.fromkeys((m.campaign, notices.unit_of(m.recipient)) for m in kept)
    boards = [c for c, who in spoken if who == notices.COORDINATOR]
    units = [(c, who) for c, who in spoken if who != notices.COORDINATOR]
    group = not is_personal(kept[0].channel)
    personal = () if group or len(units) > MOST_LINKS else units
    return Invited(
        tuple((f"{plans[c].file.short}　{plans[c].unit[u].name}", link_mark(c, u)) for c, u in personal),
        tuple((plans[c].file.short, board_mark(c)) for c in boards),
        group=group,
    )


def record_fates(w: Writer, mine: Sequence[Decided], kept: Collection[str], digest: str | None) -> None:
    """Put on record what became of each message: in this digest, or no longer owed."""
    by_campaign: dict[str, list[dict[str, object]]] = defaultdict(list)
    for message in mine:
        sealed = message.id in kept
        by_campaign[message.campaign].append(
            {
                "message": message.id, "digest": digest if sealed else None,
                "reason": "sealed" if sealed else "no-longer-owed", "at": w.micros,
            }
        )  # fmt: skip
    for campaign, rows in by_campaign.items():
        w.record("fate", campaign, rows)
    done = t.unsealed.delete().where(t.unsealed.c.message == bindparam("id"))
    w.conn.execute(done, [{"id": m.id} for m in mine])  # one by one: no statement takes 40,000 names
