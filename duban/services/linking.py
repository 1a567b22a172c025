"""The personal links of a campaign's liaisons: shown, and revoked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, delete, func, or_, select

from duban import calendars
from duban.access.links import PERSONAL, Doorway, Link
from duban.errors import BadInput
from duban.ledger import Ledger, Writer, entering
from duban.ledger import admission as a
from duban.notices import HEAD, UNIT
from duban.plan import Plan
from duban.services.acting import record_act
from duban.services.campaigns import deployed_plan
from duban.services.contacts import end_links
from duban.services.hearing import Person, hearers
from duban.settings import Settings


@dataclass(frozen=True, slots=True)
class Liaison:
    """Somebody who speaks for a unit: a contact, what they are there, and their name where it is told."""

    unit: str
    contact: int
    channel: str
    address: str
    personal: bool
    """Whether the channel is read by one person, so that links and codes are sent there."""
    person: Person
    generation: int
    """How often their links were revoked."""
    seen_at: datetime | None
    """When they were last here, in a session that has not been cleared away."""

    @property
    def name(self) -> str:
        """As the unit has told it."""
        return self.person.name

    @property
    def phone(self) -> str:
        """As the unit has told it."""
        return self.person.phone


def link_for(
    conn: Connection, settings: Settings, plan: Plan, unit: str, contact: int, now: datetime
) -> str:  # fmt: skip
    """The link that lets a liaison in from today; only its path where no DUBAN_URL is set."""
    door = Doorway(settings.url, settings.secret, settings.link_days, settings.zone)
    generation = entering.generation(conn, plan.slug, unit, contact)
    until = door.until(now.astimezone(settings.zone).date())
    return door.personal(Link(plan.slug, unit, contact, generation, until))


def show_link(
    ledger: Ledger, settings: Settings, campaign: str, unit: str, contact: int, by: str
) -> str:  # fmt: skip
    """The same for somebody else to see. That it was shown is on record: whoever has it can report in the
    unit's name. Raises NotAllowed."""
    with ledger.write(campaign) as w:
        record_act(w, campaign, "link", f"{unit} {contact}", by)
        return link_for(w.conn, settings, deployed_plan(w.conn, campaign), unit, contact, w.at)


def links(conn: Connection, plan: Plan) -> list[Liaison]:
    """Who speaks for each unit, each contact once: by unit in the plan's order, then by preference."""
    raised, seen = _generations(conn, plan.slug), _seen(conn, plan)
    found: dict[tuple[str, int], Liaison] = {}
    for x in hearers(conn, plan):
        if not x.recipient.startswith((UNIT, HEAD)) or (x.unit, x.contact) in found:
            continue
        last = max(filter(None, (seen.get((x.contact, u)) for u in (x.unit, ""))), default=None)
        found[x.unit, x.contact] = Liaison(
            x.unit, x.contact, x.channel, x.address, x.channel in PERSONAL, x.person,
            raised.get((x.unit, x.contact), 0), last,
        )  # fmt: skip
    return list(found.values())


def _generations(conn: Connection, campaign: str) -> dict[tuple[str, int], int]:
    rows = conn.execute(select(a.link).where(a.link.c.campaign == campaign))
    return {(r.unit, r.contact): r.generation for r in rows}


def _seen(conn: Connection, plan: Plan) -> dict[tuple[int, str], datetime]:
    """By contact and unit; under "" where they came in by code, for all that they speak for."""
    s = a.session.c
    rows = conn.execute(
        select(s.contact, s.unit, func.max(s.seen_at))
        .where(s.contact.is_not(None), s.campaign.in_((plan.slug, "")))
        .group_by(s.contact, s.unit)
    ).tuples()
    return {(int(who or 0), unit): calendars.from_micros(at, plan.zone) for who, unit, at in rows}


def revoke_links(ledger: Ledger, campaign: str, unit: str, by: str) -> int:
    """Let none of a unit's links so far in any more, and end the sessions of whoever speaks for it; the
    next message carries new links. Returns how many liaisons it has. Raises BadInput, NotAllowed."""
    with ledger.write(campaign) as w:
        plan = deployed_plan(w.conn, campaign)
        if unit not in plan.unit:
            raise BadInput("bad-unit", value=unit, known=list(plan.unit))
        mine = entering.contacts_of(w.conn, campaign, unit)
        for contact in dict.fromkeys(mine):
            end_links(w, campaign, unit, contact)
        _end_sessions(w, campaign, unit, mine)
        record_act(w, campaign, "links", unit, by)
    return len(set(mine))


def _end_sessions(w: Writer, campaign: str, unit: str, contacts: Iterable[int]) -> None:
    """Those of the unit's links, and those that its contacts began by a code: they may do so again."""
    s = a.session.c
    by_code = and_(s.contact.in_(list(contacts)), s.unit == "")
    w.conn.execute(delete(a.session).where(or_(and_(s.campaign == campaign, s.unit == unit), by_code)))
