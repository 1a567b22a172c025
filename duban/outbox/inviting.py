"""Links to the portal in a message: sealed as marks that hold no secret, put in as the message leaves.

So no record holds a link that lets somebody in, and a message is sealed alike whether or not the
installation has a portal. Where it has none, the whole passage between its two marks goes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from sqlalchemy import Connection

from duban.access.links import PERSONAL, Doorway, Link
from duban.ledger import entering
from duban.ledger.parcels import Enclosed, Parcel
from duban.outbox.lanes import Enclosing


def _passage(name: str) -> re.Pattern[str]:
    """What stands between two marks. The first one is ours; what further text says in such marks is text."""
    marks = (rf"(?:<!--)?\[\[{slash}duban:{name}\]\](?:-->)?\n?" for slash in ("", "/"))
    return re.compile("(.*?)".join(marks), re.DOTALL)


PASSAGE = _passage("links")
FORMS = _passage("forms")
"""Words about the forms that a mail brings along: gone where it brings none."""
MARK = re.compile(r"\[\[duban:(link|page) ([a-z0-9/-]*)\]\]")
SIGN_IN = "[[duban:page signin]]"


def link_mark(campaign: str, unit: str) -> str:
    """Stands where the recipient's own link for a unit belongs."""
    return f"[[duban:link {campaign}/{unit}]]"


def board_mark(campaign: str) -> str:
    """Stands where the address of a campaign's board belongs."""
    return f"[[duban:page c/{campaign}]]"


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a message asks in where; each place is a name and its mark."""

    personal: tuple[tuple[str, str], ...] = ()
    """Links of its recipient's own, by unit."""
    boards: tuple[tuple[str, str], ...] = ()
    """Boards of campaigns, for coordinators: they sign in with their accounts."""
    sign_in: str = SIGN_IN
    group: bool = False
    """Whether more than one person reads it, so that it may name no link of anybody's."""


def is_personal(channel: str) -> bool:
    """Whether one person reads a channel."""
    return channel in PERSONAL


MAIL = "email"
"""The channel that carries files."""
SYSTEMS = frozenset({"webhook"})
"""Kinds of channels at whose other end a unit's own system reads."""


def is_group(channel: str) -> bool:
    """Whether a chat reads a channel, or may: there it is said that something is due, and never by whom."""
    return not is_personal(channel) and channel not in SYSTEMS


def filled(conn: Connection, parcel: Parcel, door: Doorway | None, forms: Enclosing | None = None) -> Parcel:
    """The parcel as it leaves: marks replaced by links, which are the same at every try; the passage left
    out where there is no portal. Forms are enclosed where it speaks of them."""
    return _with_forms(_with_links(conn, parcel, door), forms)


def _with_forms(parcel: Parcel, forms: Enclosing | None) -> Parcel:
    if "[[duban:forms]]" not in parcel.plain + parcel.html:
        return parcel
    plain, html = (FORMS.sub("", text, count=1) for text in (parcel.plain, parcel.html))
    if forms is None:
        return replace(parcel, plain=plain, html=html)
    enclosed = Enclosed(partial(forms, parcel.digest), plain, html)
    plain, html = (FORMS.sub(r"\1", text, count=1) for text in (parcel.plain, parcel.html))
    return replace(parcel, plain=plain, html=html, enclosed=enclosed)


def _with_links(conn: Connection, parcel: Parcel, door: Doorway | None) -> Parcel:
    if door is None:
        return replace(parcel, plain=PASSAGE.sub("", parcel.plain), html=PASSAGE.sub("", parcel.html))
    contact, day = entering.sealed_for(conn, parcel.digest)
    filler = _Filler(conn, door, contact if is_personal(parcel.channel) else None, day)
    return replace(parcel, plain=filler.fill(parcel.plain), html=filler.fill(parcel.html))


@dataclass(frozen=True)
class _Filler:
    conn: Connection
    door: Doorway
    contact: int | None
    """None for a group."""
    day: date

    def fill(self, text: str) -> str:
        return PASSAGE.sub(lambda found: MARK.sub(self._place, found[1]), text, count=1)

    def _place(self, mark: re.Match[str]) -> str:
        if mark[1] == "page":
            return f"{self.door.url}/{mark[2]}"
        campaign, _, unit = mark[2].partition("/")
        # Who speaks for the unit may have changed since the message was sealed.
        if self.contact is None or not entering.speaks_for(self.conn, self.contact, campaign, unit):
            return self.door.sign_in
        generation = entering.generation(self.conn, campaign, unit, self.contact)
        return self.door.personal(Link(campaign, unit, self.contact, generation, self.door.until(self.day)))
