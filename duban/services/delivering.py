"""Sealing each recipient's digest of the day, then sending what is sealed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from duban import calendars, notices, quiet
from duban.access.links import Doorway
from duban.ledger import Ledger, Writer, journal, queries, speaking
from duban.ledger.speaking import Decided
from duban.notices import Line
from duban.outbox import Transport, send_ready
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services import sealing
from duban.services.campaigns import deployed_plan
from duban.services.contacts import renew_when_due
from duban.services.enclosing import enclosed, enclosing
from duban.services.lines import lines_of
from duban.services.turning import Again, Plans, Stands, Voice
from duban.services.voicing import at_once, seal_at_once


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one delivery run did."""

    sealed: int = 0
    withdrawn: int = 0
    """Messages that were no longer owed when their digest was sealed, or about to be sent."""
    sent: int = 0
    failed: int = 0


def deliver(
    ledger: Ledger, transport: Transport, texts: Renderer, *, owner: str, door: Doorway | None = None,
    as_of: datetime | None = None, noted: Path | None = None, lanes: int | None = None,
) -> Delivered:  # fmt: skip
    """Seal and send. Anybody may run it at any time: a digest is sealed once a day per recipient, and
    sent by whoever claims it, with links to the portal where it has an address. `noted` is a folder of
    this machine where word is left of what has arrived, before it is on record; so many `lanes` are worked
    at once."""
    renew_when_due(ledger, as_of=as_of)
    sealed, withdrawn = seal(ledger, texts, as_of=as_of)
    prompt, moot = seal_at_once(ledger, texts, as_of=as_of)
    done = send_ready(
        ledger, transport, owner=owner, door=door, look=second_look(texts, _discreet(ledger)), as_of=as_of,
        lanes=lanes, noted=noted, forms=enclosing(ledger, texts, as_of),
    )  # fmt: skip
    return Delivered(sealed + prompt, withdrawn + moot + done.withdrawn, done.sent, done.failed)


def _discreet(ledger: Ledger) -> frozenset[str]:
    """Campaigns that keep quiet at times."""
    with ledger.read() as conn:
        return frozenset(
            c for c in queries.campaigns(conn) if quiet.keeps_quiet(deployed_plan(conn, c))
        )  # fmt: skip


def second_look(texts: Renderer, discreet: frozenset[str] = frozenset()) -> Again:
    """How a sealed digest is looked at again before each try, and turned to another channel; `discreet` are
    the campaigns that keep quiet at times."""

    def still_true(w: Writer, plan: Plan, message: Decided, stands: Stands) -> bool:
        return _still_owed(message, stands, w.at)

    def seal(w: Writer, plans: Plans, stands: Stands, kept: Sequence[Decided], occasion: str) -> str:
        day = _day(w.at, plans.values())
        return _seal_one(w, texts, plans, stands, kept[0].contact, day, kept, occasion)

    return Again((*at_once(texts), Voice(notices.DAILY, still_true, seal)), discreet)


BATCH = 200
"""Recipients per sealing transaction: short enough that nobody waits long for the lock."""


def seal(ledger: Ledger, texts: Renderer, *, as_of: datetime | None = None) -> tuple[int, int]:
    """Make each waiting recipient's digest of the day, not before the morning. Returns how many were
    sealed, and how many messages were withdrawn because the unit has reported in between."""
    waiting = _waiting(ledger, as_of)
    by_contact = _by_contact(waiting)
    contacts = list(by_contact)
    sealed = withdrawn = 0
    for start in range(0, len(contacts), BATCH):
        meant = [m for contact in contacts[start : start + BATCH] for m in by_contact[contact]]
        campaigns = {m.campaign for m in meant}
        with ledger.write(journal.INSTALLATION, *campaigns, as_of=as_of) as w:
            made, dropped = _seal_batch(w, texts, campaigns, [m.id for m in meant])
        sealed, withdrawn = sealed + made, withdrawn + dropped
    return sealed, withdrawn


def _seal_batch(
    w: Writer, texts: Renderer, campaigns: set[str], batch: Sequence[str]
) -> tuple[int, int]:  # fmt: skip
    plans = {c: deployed_plan(w.conn, c) for c in campaigns}
    day = _day(w.at, plans.values())
    # Read again under the locks: another run may have sealed these in the meantime.
    waiting = speaking.unsealed_messages(w.conn, w.micros, day, batch)
    stands = sealing.standings_of(w, plans, waiting)
    sealed = withdrawn = 0
    for contact, mine in _by_contact(waiting).items():
        kept, digest = list(mine), None
        with sealing.by_itself(mine):
            kept = [m for m in mine if _may_leave(w, plans, m, stands)]
            digest = _seal_one(w, texts, plans, stands, contact, day, kept) if kept else None
        if kept and digest is None:
            continue
        sealed, withdrawn = sealed + (digest is not None), withdrawn + len(mine) - len(kept)
        sealing.record_fates(w, mine, {m.id for m in kept}, digest)
    return sealed, withdrawn


def _by_contact(waiting: Iterable[Decided]) -> dict[int, list[Decided]]:
    found: dict[int, list[Decided]] = defaultdict(list)
    for message in waiting:
        found[message.contact].append(message)
    return found


def _waiting(ledger: Ledger, as_of: datetime | None) -> list[Decided]:
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plans = [deployed_plan(conn, c) for c in queries.campaigns(conn)]
        if not plans:
            return []
        waiting = speaking.unsealed_messages(conn, calendars.to_micros(now), _day(now, plans))
        mine = [p for p in plans if p.slug in {m.campaign for m in waiting}]
    # What could not go with yesterday's digest waits for the morning, not for midnight.
    early = any(
        now < calendars.at_local(now.astimezone(p.zone).date(), p.file.office.morning, p.zone) for p in mine
    )
    return [] if early else _outspoken(waiting, mine, now)


def _outspoken(waiting: list[Decided], plans: Iterable[Plan], now: datetime) -> list[Decided]:
    """Without messages of campaigns that keep quiet, and without recipients who would hear of such a
    campaign later today: there is one digest a day."""
    ends = {p.slug: (p, end) for p in plans if (end := quiet.until(p, now)) is not None}
    if not ends:
        return waiting
    today = {c for c, (p, end) in ends.items() if end.date() == now.astimezone(p.zone).date()}
    later = {m.contact for m in waiting if m.campaign in today}
    return [m for m in waiting if m.campaign not in ends and m.contact not in later]


def _day(now: datetime, plans: Iterable[Plan]) -> str:
    """The local day of the installation. Campaigns of one installation share a zone in practice; where
    they do not, the first one's day counts."""
    return now.astimezone(next(iter(plans)).zone).date().isoformat()


def _may_leave(w: Writer, plans: Plans, message: Decided, stands: Stands) -> bool:
    return _still_owed(message, stands, w.at) and sealing.is_heard(w, plans[message.campaign], message)


def _still_owed(message: Decided, stands: Stands, now: datetime) -> bool:
    if message.obligation not in stands:  # an amendment dropped it
        return False
    due_at = calendars.from_micros(message.due_at, UTC)
    stale = message.kind == "remind" and now >= due_at
    return notices.still_owed(stands[message.obligation], due_at) and not stale


def _seal_one(
    w: Writer, texts: Renderer, plans: Plans, stands: Stands, contact: int, day: str,
    kept: Sequence[Decided], occasion: str = "",
) -> str:  # fmt: skip
    lines = lines_of(w.conn, kept, plans, stands, w.at)
    lines = sorted(lines, key=lambda x: x.kind == "blue")  # and not the chase that waited with it
    owed = _told(x for x in lines if x.kind != "escalate")
    escalated = _told(x for x in lines if x.kind == "escalate")
    for_others = any(
        notices.unit_of(m.recipient) not in (notices.COORDINATOR, stands[m.obligation].owed.unit)
        for m in kept
    )
    values = {
        "owed": owed, "escalated": escalated, "day": date.fromisoformat(day),
        "issuer": plans[kept[0].campaign].file.issuer,
        "recipient": "、".join(dict.fromkeys(sealing.spoken_to(m, plans[m.campaign]) for m in kept)),
        "several": len({m.recipient for m in kept}) > 1 or len({m.campaign for m in kept}) > 1 or for_others,
        "forms": enclosed(plans, stands, kept),
    }  # fmt: skip
    made_on = date.fromisoformat(day)
    return sealing.record_digest(w, texts, "messages/digest", values, kept, contact, made_on, occasion)


def _told(lines: Iterable[Line]) -> list[Line]:
    return notices.together(notices.latest_per_obligation(lines))
