"""Claim, send, record. `attempt` is committed before the data leaves, its outcome after; an attempt
without an outcome is a possible double and nothing else is (DESIGN, The ledger)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import bindparam, func, select

from duban.calendars import to_micros
from duban.errors import DeliveryFailed, Permanent
from duban.ledger import Ledger, Writer, journal, queries
from duban.ledger import tables as t
from duban.ledger.queries import Parcel


class Transport(Protocol):
    """Takes a parcel to its address. Raises DeliveryFailed."""

    def send(self, parcel: Parcel, message_id: str) -> None: ...


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
TAKE = (
    t.delivery.update()
    .where(_mine, _free)
    .values(
        state="sending", owner=bindparam("by"), until=bindparam("claimed_until"), tries=_d.tries + 1
    )
)  # fmt: skip
LET_GO = (
    t.delivery.update()
    .where(_mine, _d.state == "sending", _d.owner == bindparam("by"))
    .values(state=bindparam("to_state"), owner="", next_at=bindparam("again_at"))
)
TRIES = select(_d.tries).where(_mine)
LAST_ATTEMPT = select(func.max(t.attempt.c.n)).where(t.attempt.c.digest == bindparam("of"))


def send_ready(
    ledger: Ledger, transport: Transport, *, owner: str, as_of: datetime | None = None
) -> tuple[int, int]:
    """Send every digest whose time has come. Returns how many went out and how many did not."""
    with ledger.read() as conn:
        waiting = queries.deliverable(conn, to_micros(ledger.now(as_of)))
    sent = failed = 0
    for digest in waiting:
        claimed = _claim(ledger, digest, owner, as_of)
        if claimed is None:
            continue
        parcel, n = claimed
        failure = _send(transport, parcel)
        _record(ledger, digest, n, owner, failure, as_of)
        sent, failed = (sent + 1, failed) if failure is None else (sent, failed + 1)
    return sent, failed


def message_id(digest: str, subject: str) -> str:
    """The Message-ID of a digest: the same at every try, so that mail programs can tell a double."""
    return f"<{hashlib.sha256(f'{digest} {subject}'.encode()).hexdigest()[:32]}@duban.example>"


def _claim(ledger: Ledger, digest: str, owner: str, as_of: datetime | None) -> tuple[Parcel, int] | None:
    """Exactly one changed row means the digest is ours."""
    with ledger.write(journal.INSTALLATION, as_of=as_of) as w:
        until = to_micros(w.at + CLAIM)
        changed = w.conn.execute(TAKE, {"of": digest, "now": w.micros, "by": owner, "claimed_until": until})
        if changed.rowcount != 1:
            return None
        n = _next_attempt(w, digest)
        w.record("attempt", journal.INSTALLATION, [{"digest": digest, "n": n, "started_at": w.micros}])
        return queries.parcel(w.conn, digest), n


def _next_attempt(w: Writer, digest: str) -> int:
    return (w.conn.scalar(LAST_ATTEMPT, {"of": digest}) or 0) + 1


def _send(transport: Transport, parcel: Parcel) -> DeliveryFailed | None:
    try:
        transport.send(parcel, message_id(parcel.digest, parcel.subject))
    except DeliveryFailed as failure:
        return failure
    except Exception as error:  # one message that no channel can carry must not stop all the others
        return Permanent(type(error).__name__)
    return None


def _record(
    ledger: Ledger, digest: str, n: int, owner: str, failure: DeliveryFailed | None, as_of: datetime | None
) -> None:
    with ledger.write(journal.INSTALLATION, as_of=as_of) as w:
        permanent = isinstance(failure, Permanent)
        result = "delivered" if failure is None else "permanent" if permanent else "retryable"
        detail = "" if failure is None else failure.detail
        row = {"digest": digest, "n": n, "at": w.micros, "result": result, "detail": detail}
        w.record("outcome", journal.INSTALLATION, [row])
        tries = w.conn.scalar(TRIES, {"of": digest}) or 1
        spent = permanent or tries >= MOST_TRIES
        state = "sent" if failure is None else "failed" if spent else "ready"
        pause = FIRST_PAUSE * 2 ** (tries - 1)
        # Not ours any more: the claim ran out and somebody else has sent it or is about to.
        after = {"to_state": state, "again_at": to_micros(w.at + pause)}
        w.conn.execute(LET_GO, {"of": digest, "by": owner, **after})
