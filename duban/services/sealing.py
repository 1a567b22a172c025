"""What it takes to seal a message: how things stand under the lock, the sealed text, what became of each
decided message. Digests of the day and messages that go at once are sealed alike."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from duban import notices
from duban.ledger import Writer, journal
from duban.ledger import tables as t
from duban.ledger.speaking import Decided
from duban.outbox.inviting import Invited, board_mark, is_group, is_personal, link_mark
from duban.plan import Plan
from duban.rendering import Own, Renderer
from duban.services.campaigns import deployed_plan
from duban.services.watching import standings_by_key
from duban.standing import Standing

log = logging.getLogger(__name__)

OWED = ("remind", "chase", "blue")
"""Kinds of messages that say to a unit that it owes something."""


def standings_of(w: Writer, plans: Mapping[str, Plan], waiting: Sequence[Decided]) -> dict[str, Standing]:
    """How what these messages are about stands now."""
    found: dict[str, Standing] = {}
    for campaign, plan in plans.items():
        keys = sorted({m.obligation for m in waiting if m.campaign == campaign and m.obligation})
        found |= standings_by_key(w.conn, plan, keys, w.at)
    return found


def is_heard(w: Writer, plan: Plan, message: Decided) -> bool:
    """Whether whom a message was decided for is somebody still: its unit is in the plan, and a further
    liaison who was to hear as well is one of those who do."""
    unit = notices.unit_of(message.recipient)
    if unit != notices.COORDINATOR and unit not in plan.unit:
        return False
    of = t.contact_of.c
    mine = (of.campaign == message.campaign) & (of.recipient == message.recipient) & (of.rank == 0)
    return "/" not in message.recipient or w.conn.scalar(select(of.contact).where(mine)) is not None


@contextmanager
def by_itself(mine: Sequence[Decided]) -> Iterator[None]:
    """What cannot be made of some messages must not keep back all the others; it is in the log, and they
    wait. Nothing may be written in here but what goes through or fails as a whole."""
    try:
        yield
    except DBAPIError:  # no message's fault
        raise
    except Exception:
        log.exception("cannot say %s", ", ".join(m.id for m in mine[:5]))


def spoken_to(message: Decided, plan: Plan) -> str:
    """Who is spoken to: the coordinator's unit, or the unit itself."""
    unit = notices.unit_of(message.recipient)
    return (plan.coordinator if unit == notices.COORDINATOR else plan.unit[unit]).name


def record_digest(
    w: Writer, texts: Renderer, template: str, values: Mapping[str, Any], kept: Sequence[Decided],
    contact: int, day: date, occasion: str = "",
) -> str:  # fmt: skip
    """Render a message, put it on record and make it ready to be sent. Returns its id."""
    plans = {c: deployed_plan(w.conn, c) for c in dict.fromkeys(m.campaign for m in kept)}
    values = {**values, "invited": _invited(plans, kept)}
    if is_group(kept[0].channel):
        template, values = "messages/group", _for_a_group(plans, kept) | {"invited": values["invited"]}
    own = plans[kept[0].campaign].templates if len(plans) == 1 else ()
    occasion = _unused(w, contact, day, occasion) if occasion else ""
    row = {
        "id": f"{contact}/{day}" + (f"/{occasion}" if occasion else ""), "contact": contact,
        "channel": kept[0].channel, "day": day.isoformat(), "occasion": occasion, "sealed_at": w.micros,
        **said(texts, template, values, own),
    }  # fmt: skip
    w.record("digest", journal.INSTALLATION, [row])
    ready = {"digest": row["id"], "state": "ready", "owner": "", "until": 0, "tries": 0, "next_at": w.micros}
    w.conn.execute(t.delivery.insert(), ready)
    return str(row["id"])


def said(texts: Renderer, template: str, values: Mapping[str, Any], own: Own) -> dict[str, str]:
    """Subject, plain text and HTML, in words of the campaign's own where it has some. What was tried on
    samples may still fail on what is true one day; then ours are better than no message."""
    parts = {"subject": "subject.txt", "plain": "body.txt", "html": "body.html"}
    if own:
        try:
            mine = texts.own(own)
            return {key: mine.render(f"{template}-{part}", **values) for key, part in parts.items()}
        except Exception:
            log.exception("a campaign's own %s failed", template)
    return {key: texts.render(f"{template}-{part}", **values) for key, part in parts.items()}


def _unused(w: Writer, contact: int, day: date, occasion: str) -> str:
    """An occasion without a digest of this contact's on this day: who has come to speak for one more unit
    since the others were told hears once more."""
    g = t.digest.c
    same = (g.contact == contact) & (g.day == day.isoformat()) & (g.occasion == occasion)
    taken = w.conn.scalar(select(g.id).where(same)) is not None
    return _unused(w, contact, day, f"{occasion}+") if taken else occasion


def _for_a_group(plans: Mapping[str, Plan], kept: Sequence[Decided]) -> dict[str, Any]:
    """All that a chat may be told: how many things of which campaigns wait for somebody who signs in."""
    shorts = [plans[m.campaign].file.short for m in kept]
    return {
        "owed": len({m.obligation for m in kept if m.kind in OWED}),
        "others": len({m.id for m in kept if m.kind not in OWED}),
        "shorts": list(dict.fromkeys(shorts)),
    }


MOST_LINKS = 5
"""Who is told of more units than that signs in once, for all of them."""


def _invited(plans: Mapping[str, Plan], kept: Sequence[Decided]) -> Invited:
    """Where a message asks its recipient in."""
    spoken = dict.fromkeys((m.campaign, _asked_in_as(m)) for m in kept)
    boards = [c for c, who in spoken if who == notices.COORDINATOR]
    units = [(c, who) for c, who in spoken if who != notices.COORDINATOR]
    group = not is_personal(kept[0].channel)
    personal = () if group or len(units) > MOST_LINKS else units
    return Invited(
        tuple((f"{plans[c].file.short}　{plans[c].unit[u].name}", link_mark(c, u)) for c, u in personal),
        tuple((plans[c].file.short, board_mark(c)) for c in boards),
        group=group,
    )


def _asked_in_as(message: Decided) -> str:
    """Whose page a message leads to; who approves signs in to the board."""
    return notices.COORDINATOR if message.kind == "approve" else notices.unit_of(message.recipient)


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
