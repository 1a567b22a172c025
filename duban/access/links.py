"""Personal links 专用链接: who they are for and until when, signed under the installation's secret.

A link is not stored: it is made again, the same, whenever it is needed, and revoked by raising the
generation of its liaison's links. Group chats get no personal link, only the address to sign in at.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from itsdangerous import BadData, URLSafeSerializer

from duban.calendars import to_micros
from duban.settings import Settings

PERSONAL = frozenset({"email", "sms"})
"""Channels that one person reads; every other kind may be a group's."""
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Link:
    """Lets a liaison in for one unit of a campaign."""

    campaign: str
    unit: str
    contact: int
    generation: int
    until: int
    """UTC microseconds, exclusive."""


def signed(secret: str, link: Link) -> str:
    """The token of a link; the same one whenever it is made."""
    return str(_serializer(secret).dumps(list(astuple(link))))


def read(secret: str, token: str, now: int) -> Link | None:
    """What a token says; None for one that is not ours or has run out. Whether it was revoked the ledger
    knows."""
    if len(token) > LONGEST:
        return None
    try:
        said = _serializer(secret).loads(token)
    except (BadData, ValueError):
        return None
    link = _link(said)
    return link if link is not None and now < link.until else None


def _link(said: Any) -> Link | None:
    """Signed by us, and still read with care: an older version may have said something else."""
    kinds = (str, str, int, int, int)
    if not isinstance(said, list) or len(said) != len(kinds):
        return None
    fits = all(isinstance(part, kind) for part, kind in zip(said, kinds, strict=True))
    return Link(*said) if fits else None


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="duban-link", signer_kwargs={"digest_method": hashlib.sha256})


@dataclass(frozen=True, slots=True)
class Doorway:
    """Where the portal is, and what links to it are made of."""

    url: str
    secret: str = field(repr=False)
    days: int
    """For so many whole days after its own a link holds."""
    zone: ZoneInfo

    def until(self, day: date) -> int:
        """When a link given out on `day` ends: the midnight after its last day."""
        last = day + timedelta(days=self.days + 1)
        return to_micros(datetime.combine(last, time(), self.zone))

    def personal(self, link: Link) -> str:
        """The address that lets its liaison in."""
        return f"{self.url}/in/{signed(self.secret, link)}"

    @property
    def sign_in(self) -> str:
        """The address that asks who is there."""
        return f"{self.url}/signin"


def doorway(settings: Settings) -> Doorway | None:
    """What links are made of; None where no address of the portal is set."""
    if not settings.url:
        return None
    return Doorway(settings.url, settings.secret, settings.link_days, settings.zone)
