"""What is written of each try: the claim before the data leaves, what came of it after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, func, select

from duban.access.links import Doorway
from duban.calendars import to_micros
from duban.errors import DeliveryFailed, Permanent, TooFast, Unclear
from duban.ledger import Writer, journal, parcels
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.outbox import pacing
from duban.outbox.inviting import filled
from duban.outbox.lanes import Enclosing, Lane, SecondLook

CLAIM = timedelta(minutes=10)
"""How long a claim holds when its holder goes silent."""
FIRST_PAUSE = timedelta(minutes=5)
"""Pause before the second try; each further one is twice as long."""
MOST_TRIES = 8

# Built once: a morning sends hundreds, and building a statement takes longer than running it.
_d = t.delivery.c
_mine = _d.digest == bindparam("of")
_free = (_d.state == "ready") & (_d.next_at <= bindparam("now")) | (_d.state == "sending") & (
    _d.until <= bindparam("now")
)
# Rows that another worker holds are passed by on PostgreSQL; SQLite has one writer at a time.
FREE = select(_d.digest).where(_mine, _free).with_for_update(skip_locked=True)
TAKE = (
    t.delivery.update()
    .where(_mine, _free)
    .values(
        state="sending", owner=bindparam("by"), until=bindparam("claimed_until"), tries=_d.tries + 1
    )
)  # fmt: skip
PUT_OFF = t.delivery.update().where(_mine, _free).values(
    state="ready", owner="", next_at=bindparam("again_at")
)  # fmt: skip
LET_GO = (
    t.delivery.update()
    .where(_mine, _d.state == "sending", _d.owner == bindparam("by"))
    .values(
        state=bindparam("to_state"), owner="", next_at=bindparam("again_at"),
        tries=_d.tries - bindparam("untried"),
    )
)  # fmt: skip
OPEN = (
    select(t.attempt.c.n)
    .outerjoin(t.outcome, (t.outcome.c.digest == t.attempt.c.digest) & (t.outcome.c.n == t.attempt.c.n))
    .where(
        t.attempt.c.digest == bindparam("of"), t.attempt.c.n == bindparam("try"), t.outcome.c.n.is_(None)
    )
)  # fmt: skip
ARRIVED = t.delivery.update().where(_mine).values(state="sent", owner="")
TRIES = select(_d.tries).where(_mine)
LAST_ATTEMPT = select(func.max(t.attempt.c.n)).where(t.attempt.c.digest == bindparam("of"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A digest that is ours to send, and the number of this attempt."""

    parcel: Parcel
    n: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A digest that is not sent any more; so many of its messages nobody owes now."""

    withdrawn: int


def claim(
    w: Writer, lane: Lane, digest: str, owner: str, door: Doorway | None, look: SecondLook | None,
    forms: Enclosing | None = None,
) -> Claimed | Closed | int | None:  # fmt: skip
    """Take a digest: exactly one changed row means that it is ours. It is looked at again first, and may be
    taken back. None: somebody else's. A number: when it may leave, and its lane has a place for it."""
    if w.conn.scalar(FREE, {"of": digest, "now": w.micros}) is None:
        return None
    quiet_until = look.quiet_until(w, digest) if look else None
    if quiet_until is not None:
        w.conn.execute(PUT_OFF, {"of": digest, "now": w.micros, "again_at": quiet_until})
        return quiet_until
    withdrawn = look.still_true(w, digest) if look else None
    if withdrawn is not None:
        return Closed(withdrawn)
    free_at = pacing.take(w, lane.name, lane.limits) if lane.limits else None
    if free_at is not None:
        w.conn.execute(PUT_OFF, {"of": digest, "now": w.micros, "again_at": free_at})
        return free_at
    until = to_micros(w.at + CLAIM)
    if (
        w.conn.execute(TAKE, {"of": digest, "now": w.micros, "by": owner, "claimed_until": until}).rowcount
        != 1
    ):
        return None
    n = (w.conn.scalar(LAST_ATTEMPT, {"of": digest}) or 0) + 1
    w.record("attempt", journal.INSTALLATION, [{"digest": digest, "n": n, "started_at": w.micros}])
    return Claimed(filled(w.conn, parcels.parcel(w.conn, digest), door, forms), n)


def record(
    w: Writer, claimed: Claimed, lane: Lane, owner: str, failure: DeliveryFailed | None,
    look: SecondLook | None,
) -> None:  # fmt: skip
    """Write down what came of a try. Of one that may have arrived nothing is known: it stays without an
    outcome, as one that a crash interrupts does."""
    digest = claimed.parcel.digest
    if not isinstance(failure, Unclear):
        row = {"digest": digest, "n": claimed.n, "at": w.micros, **_outcome(failure)}
        w.record("outcome", journal.INSTALLATION, [row])
    tries = w.conn.scalar(TRIES, {"of": digest}) or 1
    paced = isinstance(failure, TooFast)
    spent = isinstance(failure, Permanent) or (tries >= MOST_TRIES and not paced)
    state = "sent" if failure is None else "failed" if spent else "ready"
    pause = FIRST_PAUSE * 2 ** (tries - 1)
    if isinstance(failure, TooFast):
        pause = timedelta(seconds=failure.seconds)
        pacing.hold(w, lane.name, lane.limits, failure.seconds)
    after = {"to_state": state, "again_at": to_micros(w.at + pause), "untried": int(paced)}
    ours = w.conn.execute(LET_GO, {"of": digest, "by": owner, **after}).rowcount == 1
    # Not ours any more: the claim ran out and somebody else has sent it or is about to.
    if ours and state == "failed" and look:
        look.give_up(w, digest)


def settle(w: Writer, arrived: Sequence[tuple[str, int]]) -> None:
    """Write down that attempts have succeeded whose process ended before it could say so."""
    for digest, n in arrived:
        if w.conn.scalar(OPEN, {"of": digest, "try": n}) is None:
            continue
        row = {"digest": digest, "n": n, "at": w.micros, **_outcome(None)}
        w.record("outcome", journal.INSTALLATION, [row])
        if w.conn.scalar(LAST_ATTEMPT, {"of": digest}) == n:
            w.conn.execute(ARRIVED, {"of": digest})


def _outcome(failure: DeliveryFailed | None) -> dict[str, str]:
    if failure is None:
        return {"result": "delivered", "detail": ""}
    result = "permanent" if isinstance(failure, Permanent) else "retryable"
    return {"result": result, "detail": failure.detail}
