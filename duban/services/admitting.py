"""Letting people in: by the link in a message, a password, a one-time code, or a proxy's word.

A session is a random token of which only the digest is kept; each entry makes a new one. Nothing here
tells whether a login or an address is known, by its answer or by the time it takes.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from threading import Thread
from typing import Any

from sqlalchemy import Row, delete, select

from duban.access import links, passwords
from duban.access.roles import Principal
from duban.calendars import to_micros
from duban.errors import DeliveryFailed
from duban.ledger import Ledger, Writer, entering, insert_once
from duban.ledger import admission as a
from duban.ledger.parcels import Parcel
from duban.outbox import Transport
from duban.outbox.sending import message_id
from duban.rendering import Renderer
from duban.services import recognising, throttling
from duban.services.recognising import who_has_key, who_is
from duban.services.throttling import throttled

__all__ = [
    "enter_by_code", "enter_by_link", "enter_by_password", "enter_by_proxy", "leave", "send_code",
    "throttled", "who_has_key", "who_is",
]  # fmt: skip

log = logging.getLogger(__name__)

LIFE = timedelta(days=7)
LINK_LIFE = timedelta(days=30)
"""A link's session, and never longer than the link."""
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
CODES_AN_HOUR = 5
"""For one address."""
CODES_IN_ALL = 300
"""In an hour: nobody floods the mail server through us."""
SAME_TIME = 1.0
"""Seconds after which asking for a code is answered, whether or not there was anybody to send it to."""
PASSWORD_TRIES = 10
"""For one account in a quarter of an hour; a good one sets it back."""
GUESSES = 120
"""Passwords and codes that are compared in a minute, whoever tries: each takes a good part of a second."""


def enter_by_link(ledger: Ledger, secret: str, token: str) -> str | None:
    """A session for whom a link is for; None for one that is not ours, has run out or was revoked."""
    link = links.read(secret, token, to_micros(ledger.now()))
    if link is None:
        return None
    with ledger.write() as w:
        known = entering.speaks_for(w.conn, link.contact, link.campaign, link.unit)
        made = entering.generation(w.conn, link.campaign, link.unit, link.contact)
        if not known or made != link.generation:
            return None
        until = min(to_micros(w.at + LINK_LIFE), link.until)
        return _open(w, until, contact=link.contact, campaign=link.campaign, unit=link.unit, generation=made)


def enter_by_password(ledger: Ledger, login: str, password: str, *, device: str = "") -> str | None:
    """A session for an account; None for a wrong password, no such account, or too many tries. A `device`
    that it has been in from before has tries of its own: guessing elsewhere shuts nobody out there."""
    login = login.strip().lower()
    tries = f"password:{login}:{device}" if device else f"password:{login}"
    if not device and _guessed_often(ledger):
        return None
    if throttled(ledger, tries, most=PASSWORD_TRIES, seconds=900):
        return None
    with ledger.read() as conn:
        kept = _password(entering.account(conn, login))
    if not passwords.fits(kept or passwords.NOBODYS, password) or kept is None:
        return None
    with ledger.write() as w:
        if _password(entering.account(w.conn, login)) != kept:  # changed while we compared
            return None
        throttling.forget(w, tries)
        return _open(w, to_micros(w.at + LIFE), login=login)


def _password(account: Row[Any] | None) -> str | None:
    """The hash of an account that may come in by password."""
    return None if account is None or account.disabled else account.password


def enter_by_proxy(ledger: Ledger, login: str) -> Principal | None:
    """Who a trusted proxy says is there, where they have an account."""
    with ledger.read() as conn:
        return recognising.by_account(conn, login.strip().lower())


def enter_by_code(ledger: Ledger, address: str, code: str) -> str | None:
    """A session for whom a one-time code was sent to; each code can be tried a few times and used once."""
    if _guessed_often(ledger):
        return None
    contact, kept = _tried(ledger, address)
    if not passwords.fits(kept or passwords.NOBODYS, code.strip()) or kept is None:
        return None
    c = a.code.c
    with ledger.write() as w:
        used = w.conn.execute(delete(a.code).where(c.contact == contact, c.digest == kept))
        if used.rowcount != 1:
            return None
        return _open(w, to_micros(w.at + LIFE), contact=contact)


def _tried(ledger: Ledger, address: str) -> tuple[int, str | None]:
    """Count a try before it is looked at: contact and hash of a code that may still be tried."""
    c = a.code.c
    with ledger.write() as w:
        found = entering.known_contact(w.conn, address, links.PERSONAL)
        if found is None:
            return 0, None
        may = (c.contact == found.id) & (c.until > w.micros) & (c.tries < CODE_TRIES)
        tried = a.code.update().where(may).values(tries=c.tries + 1).returning(c.digest)
        return int(found.id), w.conn.scalar(tried)


def _guessed_often(ledger: Ledger) -> bool:
    return throttled(ledger, "guess", most=GUESSES, seconds=60)


def _open(
    w: Writer, until: int, *, login: str | None = None, contact: int | None = None, campaign: str = "",
    unit: str = "", generation: int = 0,
) -> str:  # fmt: skip
    """A new session, always under a new token."""
    token = passwords.new_token()
    _tidy(w)
    row = {
        "digest": passwords.digest(token), "login": login, "contact": contact, "campaign": campaign,
        "unit": unit, "generation": generation, "made_at": w.micros, "seen_at": w.micros, "until": until,
    }  # fmt: skip
    w.conn.execute(a.session.insert(), row)
    return token


def _tidy(w: Writer) -> None:
    """Clear away what has run out: sessions, codes, counts of yesterday."""
    s, c, h = a.session.c, a.code.c, a.throttle.c
    day_ago = to_micros(w.at - timedelta(days=1))
    for key, over in (
        (s.digest, s.until <= w.micros),
        (c.contact, c.until <= w.micros),
        (h.name, h.since < day_ago),
    ):
        # What another entry is clearing away is left to it: nobody waits, nobody waits in a ring.
        ours = select(key).where(over).with_for_update(skip_locked=True)
        w.conn.execute(delete(key.table).where(key.in_(ours)))


def leave(ledger: Ledger, token: str) -> None:
    """End a session."""
    with ledger.write() as w:
        w.conn.execute(delete(a.session).where(a.session.c.digest == passwords.digest(token)))


def send_code(
    ledger: Ledger, transport: Transport, texts: Renderer, address: str, *, within: float = SAME_TIME
) -> None:
    """Send a one-time code to a unit's contact, at once and without a record. It returns nothing, after
    the same time, whether or not the address is known; a slow channel goes on by itself."""
    began = time.monotonic()
    parcel = _code_for(ledger, texts, address)
    if parcel is not None:
        sending = Thread(target=_post, args=(transport, parcel), daemon=True)
        sending.start()
        sending.join(max(0.0, within - (time.monotonic() - began)))
    time.sleep(max(0.0, within - (time.monotonic() - began)))


def _code_for(ledger: Ledger, texts: Renderer, address: str) -> Parcel | None:
    """A new code for a contact, which ends the one before; None where there is nobody, or too often."""
    with ledger.read() as conn:
        found = entering.known_contact(conn, address, links.PERSONAL)
    if found is None or throttled(ledger, f"code:{found.id}", most=CODES_AN_HOUR, seconds=3600):
        return None
    if throttled(ledger, "code", most=CODES_IN_ALL, seconds=3600):
        return None
    code = passwords.new_code()
    row = {"contact": found.id, "digest": passwords.hashed(code), "tries": 0}
    with ledger.write() as w:
        w.conn.execute(delete(a.code).where(a.code.c.contact == found.id))
        row |= {"until": to_micros(w.at + CODE_LIFE), "made_at": w.micros}
        if not insert_once(w.conn, a.code, row):  # asked for twice at the same moment: one code goes out
            return None
    parts = ("subject.txt", "body.txt", "body.html")
    minutes = CODE_LIFE // timedelta(minutes=1)
    subject, plain, html = (
        texts.render(f"messages/code-{part}", code=code, minutes=minutes) for part in parts
    )
    return Parcel(passwords.new_token(), found.channel, found.address, subject, plain, html)


def _post(transport: Transport, parcel: Parcel) -> None:
    try:
        transport.send(parcel, message_id(parcel.digest, ""))
    except DeliveryFailed as failure:
        log.warning("a sign-in code was not sent: %s", failure.detail)
    except Exception as error:  # its words may hold the address
        log.warning("a sign-in code was not sent: %s", type(error).__name__)
