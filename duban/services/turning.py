"""What becomes of a sealed digest that has not arrived: looked at again before each try, and turned to the
next channel of its recipients when one has failed for good (docs/decisions/0012)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from duban import quiet
from duban.calendars import to_micros
from duban.ledger import Writer, carried, journal
from duban.ledger import tables as t
from duban.ledger.speaking import Decided
from duban.plan import Plan
from duban.services import sealing
from duban.services.campaigns import deployed_plan
from duban.standing import Standing

Plans = Mapping[str, Plan]
Stands = Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Voice:
    """How messages of some kinds are looked at and sealed: the day's digest, or what goes at once."""

    kinds: frozenset[str]
    still_true: Callable[[Writer, Plan, Decided, Stands], bool]
    seal: Callable[[Writer, Plans, Stands, Sequence[Decided], str], str]
    """Seals messages to one contact as the digest of an occasion, and returns its id."""
    apart: bool = False
    """Whether each occasion is a message of its own."""
    shared: Callable[[Decided], str] = lambda _: ""
    """What the messages have in common that one recipient hears together."""


@dataclass(frozen=True, slots=True)
class Again:
    """The second look of `duban.outbox`."""

    voices: tuple[Voice, ...]
    discreet: frozenset[str] = frozenset()
    """Campaigns that keep quiet at times; what speaks for no such campaign is not asked about."""

    def quiet_until(self, w: Writer, digest: str) -> int | None:
        """None: none of the campaigns that a digest speaks for keeps quiet now. Else when the last of them
        ends its quiet."""
        plans = [deployed_plan(w.conn, c) for c in sorted(self.discreet)]
        ends = {p.slug: end for p in plans if (end := quiet.until(p, w.at)) is not None}
        if not ends:
            return None
        mine = {m.campaign for m in carried.messages_in(w.conn, digest)} & ends.keys()
        return max((to_micros(ends[campaign]) for campaign in mine), default=None)

    def still_true(self, w: Writer, digest: str) -> int | None:
        """None: it may leave as it was sealed. Else it is taken back, and what is still true of it is sealed
        anew; returns how many of its messages are not."""
        if not carried.touched(w.conn, digest, w.micros):
            return None
        mine = carried.messages_in(w.conn, digest)
        voice, plans, stands = self._found(w, mine)
        kept = [m for m in mine if is_true(voice, w, plans[m.campaign], m, stands)]
        if len(kept) == len(mine):
            return None
        successor = voice.seal(w, plans, stands, kept, _occasion(digest)) if kept else None
        kept_ids = {m.id for m in kept}
        _record(w, digest, [(m, "resealed", successor) for m in kept])
        _record(w, digest, [(m, "withdrawn", None) for m in mine if m.id not in kept_ids])
        w.conn.execute(t.delivery.delete().where(t.delivery.c.digest == digest))
        return len(mine) - len(kept)

    def give_up(self, w: Writer, digest: str) -> None:
        """Seal what is still true of it anew for the next contact of each recipient; what has none, or cannot
        be said, is undelivered."""
        mine = carried.messages_in(w.conn, digest)
        voice, plans, stands = self._found(w, mine)
        by_contact: dict[tuple[int, str] | None, list[Decided]] = defaultdict(list)
        for message in mine:
            way, true = carried.next_contact(w.conn, message), True
            with sealing.by_itself([message]):  # a return may have come in while it was being sent
                true = is_true(voice, w, plans[message.campaign], message, stands)
            if true:
                by_contact[way].append(message)
            else:
                _record(w, digest, [(message, "withdrawn", None)])
        for way, messages in by_contact.items():
            successor = _turned(w, voice, plans, stands, messages, way, digest) if way else None
            became = "next-channel" if successor else "undelivered"
            _record(w, digest, [(m, became, successor) for m in messages])

    def _found(self, w: Writer, mine: Sequence[Decided]) -> tuple[Voice, Plans, Stands]:
        plans = {c: deployed_plan(w.conn, c) for c in dict.fromkeys(m.campaign for m in mine)}
        voice = next(v for v in self.voices if mine[0].kind in v.kinds)
        return voice, plans, sealing.standings_of(w, plans, mine)


def is_true(voice: Voice, w: Writer, plan: Plan, message: Decided, stands: Stands) -> bool:
    """Whether a message may leave: what it says is so, and whom it is for is somebody still."""
    return voice.still_true(w, plan, message, stands) and sealing.is_heard(w, plan, message)


def _turned(
    w: Writer, voice: Voice, plans: Plans, stands: Stands, messages: Sequence[Decided], way: tuple[int, str],
    digest: str,
) -> str | None:  # fmt: skip
    contact, channel = way
    mine, successor = [replace(m, contact=contact, channel=channel) for m in messages], None
    with sealing.by_itself(mine):
        successor = voice.seal(w, plans, stands, mine, _occasion(digest))
    return successor


def _occasion(digest: str) -> str:
    """Of a digest in place of an earlier one: another, and the same whoever makes it."""
    return f"after-{hashlib.sha256(digest.encode()).hexdigest()[:16]}"


def _record(w: Writer, digest: str, became: Sequence[tuple[Decided, str, str | None]]) -> None:
    rows = [
        {"digest": digest, "message": m.id, "reason": reason, "successor": successor, "at": w.micros}
        for m, reason, successor in became
    ]
    w.record("turn", journal.INSTALLATION, rows)
