"""Sealed messages on their way: which are to be sent now, and what a channel carries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, literal_column, or_, select

from duban.ledger import tables as t


@dataclass(frozen=True, slots=True)
class File:
    """A file that a mail brings along."""

    name: str
    data: bytes
    kind: str
    """Its media type."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What a mail brings along if its channel carries files, and what it says if it brings none."""

    make: Callable[[], Sequence[File]]
    """Never raises; what cannot be made is left out."""
    plain: str
    html: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A sealed digest with its address: what a channel carries."""

    digest: str
    channel: str
    address: str
    subject: str
    plain: str
    html: str
    enclosed: Enclosed | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A digest to send now, and where to."""

    digest: str
    channel: str
    address: str


_DELIVERABLE = (
    select(t.delivery.c.digest, t.digest.c.channel, t.contact.c.address)
    .join(t.digest, t.digest.c.id == t.delivery.c.digest)
    .join(t.contact, t.contact.c.id == t.digest.c.contact)
    .where(
        # the index's own words, and no parameters: a planner does not know what they will be
        t.delivery.c.state.in_((literal_column("'ready'"), literal_column("'sending'"))),
        or_(
            (t.delivery.c.state == "ready") & (t.delivery.c.next_at <= bindparam("now")),
            (t.delivery.c.state == "sending") & (t.delivery.c.until <= bindparam("now")),
        ),
    )
    .order_by(t.delivery.c.next_at, t.delivery.c.digest)
)


def deliverable(conn: Connection, now: int) -> list[Waiting]:
    """Digests to send now: ready ones, and claimed ones whose holder went silent."""
    return [Waiting(*row) for row in conn.execute(_DELIVERABLE, {"now": now})]


_PARCEL = (
    select(
        t.digest.c.id, t.digest.c.channel, t.contact.c.address, t.digest.c.subject, t.digest.c.plain,
        t.digest.c.html,
    )
    .join(t.contact, t.contact.c.id == t.digest.c.contact)
    .where(t.digest.c.id == bindparam("of"))
)  # fmt: skip


def parcel(conn: Connection, digest: str) -> Parcel:
    """A sealed digest with its address."""
    return Parcel(*conn.execute(_PARCEL, {"of": digest}).one())
