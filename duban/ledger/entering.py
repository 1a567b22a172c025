"""The named queries of who may come in: sessions, contacts of a unit, generations of links, codes, keys."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select

from duban.ledger import admission as a
from duban.ledger import tables as t
from duban.notices import HEAD, UNIT, unit_of


def session(conn: Connection, digest: str) -> Row[Any] | None:
    """The session of a token."""
    return conn.execute(select(a.session).where(a.session.c.digest == digest)).one_or_none()


def account(conn: Connection, login: str) -> Row[Any] | None:
    """A person of the bureau, disabled or not."""
    return conn.execute(select(a.account).where(a.account.c.login == login)).one_or_none()


def roles(conn: Connection, login: str) -> list[tuple[str, str, str]]:
    """Role, campaign and unit of what an account holds."""
    r = a.account_role.c
    rows = conn.execute(
        select(r.role, r.campaign, r.unit).where(r.login == login).order_by(r.campaign, r.role, r.unit)
    )
    return list(rows.tuples())


def _of_units() -> ColumnElement[bool]:
    """Whoever speaks for a unit: its liaisons, deputies and channels, and its head. The leader in charge does
    not."""
    of = t.contact_of.c
    return or_(*(of.recipient.startswith(name, autoescape=True) for name in (UNIT, HEAD)))


def units_of(conn: Connection, contact: int) -> list[tuple[str, str]]:
    """Campaign and unit of everything that a contact speaks for."""
    of = t.contact_of.c
    rows = conn.execute(
        select(of.campaign, of.recipient).where(of.contact == contact, _of_units()).distinct()
    )
    return sorted({(r.campaign, unit_of(r.recipient)) for r in rows})


def contacts_of(conn: Connection, campaign: str, unit: str) -> list[int]:
    """Who speaks for a unit, in order of preference, its head after all others."""
    of = t.contact_of.c
    further = of.recipient.startswith(f"{UNIT}{unit}/", autoescape=True)
    named = of.recipient.in_((UNIT + unit, HEAD + unit)) | further
    wanted = select(of.contact).where(of.campaign == campaign, named)
    return list(
        dict.fromkeys(conn.scalars(wanted.order_by(of.recipient == HEAD + unit, of.recipient, of.rank)))
    )


def speakers(conn: Connection, campaign: str, unit: str | None = None) -> set[tuple[str, int]]:
    """Unit and contact of all who speak for the units of a campaign, or for one of them."""
    if unit is not None:
        return {(unit, contact) for contact in contacts_of(conn, campaign, unit)}
    of = t.contact_of.c
    rows = conn.execute(select(of.recipient, of.contact).where(of.campaign == campaign, _of_units()))
    return {(unit_of(r.recipient), int(r.contact)) for r in rows}


def speaks_for(conn: Connection, contact: int, campaign: str, unit: str) -> bool:
    """Whether a contact is still one of the unit's."""
    return contact in contacts_of(conn, campaign, unit)


def generation(conn: Connection, campaign: str, unit: str, contact: int) -> int:
    """How often a liaison's links for a unit have been revoked."""
    g = a.link.c
    mine = (g.campaign == campaign) & (g.unit == unit) & (g.contact == contact)
    return conn.scalar(select(g.generation).where(mine)) or 0


def known_contact(conn: Connection, address: str, channels: Collection[str]) -> Row[Any] | None:
    """The contact of some unit that has this address on one of the channels."""
    c, of = t.contact.c, t.contact_of.c
    speaks = select(of.contact).where(_of_units())
    return conn.execute(
        select(c.id, c.channel, c.address)
        .where(_is(address), c.channel.in_(channels), c.id.in_(speaks))
        .order_by(c.id)
        .limit(1)
    ).one_or_none()


def _is(address: str) -> ColumnElement[bool]:
    return func.lower(t.contact.c.address) == address.strip().lower()


def api_key(conn: Connection, id_: str) -> Row[Any] | None:
    """A key, revoked or not."""
    return conn.execute(select(a.api_key).where(a.api_key.c.id == id_)).one_or_none()


def sealed_for(conn: Connection, digest: str) -> tuple[int, date]:
    """Contact and day of a sealed message."""
    g = t.digest.c
    row = conn.execute(select(g.contact, g.day).where(g.id == digest)).one()
    return row.contact, date.fromisoformat(row.day)
