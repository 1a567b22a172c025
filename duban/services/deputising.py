"""Deputies 代理: who stands in for a unit's liaisons from one day to another. And the kind of channel that
a unit wants first. What is on record names the unit, a number and the days, and nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select, update

from duban.errors import BadInput
from duban.intake.validate import MAILBOX
from duban.ledger import Ledger, Writer
from duban.ledger import admission as a
from duban.ledger import tables as t
from duban.notices import UNIT
from duban.outbox.inviting import SYSTEMS
from duban.plan import Plan, Unit
from duban.services.acting import record_act
from duban.services.campaigns import deployed_plan
from duban.services.contacts import renew_contacts
from duban.services.liaisons import EMAIL

LONGEST = {"name": 40, "phone": 30, "address": 250}
"""How many characters may be told of a deputy."""
MOST = 10
"""Deputies of a unit whose days are not over: more are a slip, or somebody who plays."""
GONE = "erased:"
"""Before its number, instead of the address of a contact that was erased."""
ADDRESS = re.compile(rf"(?!{GONE})[^\s<>\"'{{}}]+")
"""Nobody may be named who would take the place of a contact that was erased."""


@dataclass(frozen=True, slots=True)
class Deputy:
    """Somebody who stands in for a unit's liaisons."""

    n: int
    """Within the unit; never given twice."""
    name: str
    phone: str
    channel: str
    address: str
    since: date
    until: date  # inclusive
    in_force: bool


def deputies(conn: Connection, campaign: str, unit: str) -> list[Deputy]:
    """A unit's deputies, by their days; those whose days are over as long as nobody has taken them out."""
    x = t.deputy.c
    mine = (x.campaign == campaign) & (x.unit == unit)
    rows = conn.execute(select(t.deputy).where(mine).order_by(x.since, x.n))
    return [
        Deputy(
            r.n, r.name, r.phone, r.channel, r.address, date.fromisoformat(r.since),
            date.fromisoformat(r.until), r.in_force,
        )
        for r in rows
    ]  # fmt: skip


def name_deputy(
    ledger: Ledger, campaign: str, unit: str, *, name: str, phone: str, channel: str, address: str,
    since: date, until: date, by: str, as_of: datetime | None = None,
) -> int:  # fmt: skip
    """Let a unit's messages go to somebody from the first day to the last, both inclusive. Returns the
    deputy's number in the unit; whoever is named twice alike is one. Raises BadInput, NotAllowed."""
    said = {"name": name.strip(), "phone": phone.strip(), "channel": channel, "address": address.strip()}
    with ledger.write(campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, campaign)
        _check(plan, _unit(plan, unit), said)
        today = w.at.astimezone(plan.zone).date()
        if until < since:
            raise BadInput("deputy-days", since=since.isoformat(), until=until.isoformat())
        if until < today:
            raise BadInput("deputy-past", until=until.isoformat())
        row = {**said, "since": since.isoformat(), "until": until.isoformat()}
        known = [d for d in deputies(w.conn, campaign, unit) if d.until >= today]
        alike = next((d.n for d in known if _row(d) == row), None)
        if alike is not None:
            return alike
        if len(known) >= MOST:
            raise BadInput("deputies-too-many", most=MOST)
        n = _next(w.conn, campaign, unit)
        key = {"campaign": campaign, "unit": unit, "n": n}
        w.conn.execute(t.deputy.insert(), {**key, **row, "in_force": False})
        record_act(w, campaign, "deputy", f"{unit} {n} {since} {until}", by)
        renew_contacts(w, plan, unit)
    return n


def drop_deputy(
    ledger: Ledger, campaign: str, unit: str, n: int, *, by: str, as_of: datetime | None = None
) -> None:  # fmt: skip
    """Let somebody stand in no more, and forget who it was; that somebody did stays on record. Raises
    BadInput."""
    x = t.deputy.c
    mine = (x.campaign == campaign) & (x.unit == unit) & (x.n == n)
    with ledger.write(campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, campaign)
        gone = w.conn.execute(delete(t.deputy).where(mine).returning(x.channel, x.address)).one_or_none()
        if gone is None:
            raise BadInput("unknown-deputy", n=n, unit=unit)
        record_act(w, campaign, "undeputy", f"{unit} {n}", by)
        if unit in plan.unit:
            renew_contacts(w, plan, unit)
        _forget(w, gone.channel, gone.address)


def prefer(
    ledger: Ledger, campaign: str, unit: str, channel: str | None, by: str, as_of: datetime | None = None
) -> None:  # fmt: skip
    """Let a kind of channel come first for a unit, whoever is named; None: as units.csv says. Raises
    BadInput for a kind that the unit has not."""
    p = t.preference.c
    mine = (p.campaign == campaign) & (p.unit == unit)
    with ledger.write(campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, campaign)
        kinds = channels_of(w.conn, plan, _unit(plan, unit).id)
        if channel is not None and channel not in kinds:
            raise BadInput("unknown-channel", value=channel, known=kinds)
        if channel == preference(w.conn, campaign, unit):
            return
        w.conn.execute(delete(t.preference).where(mine))
        if channel is not None:
            row = {"campaign": campaign, "unit": unit, "channel": channel}
            w.conn.execute(t.preference.insert(), row)
        record_act(w, campaign, "prefer", f"{unit} {channel or '-'}", by)
        renew_contacts(w, plan, unit)


def preference(conn: Connection, campaign: str, unit: str) -> str | None:
    """The kind of channel that a unit has asked for; None: it has not."""
    p = t.preference.c
    return conn.scalar(select(p.channel).where(p.campaign == campaign, p.unit == unit))


def channels_of(conn: Connection, plan: Plan, unit: str) -> list[str]:
    """The kinds of channels by which a unit can be told, those of units.csv first."""
    of, c = t.contact_of.c, t.contact.c
    mine = (of.campaign == plan.slug) & (of.recipient == UNIT + unit)
    now = select(c.channel).join(t.contact_of, of.contact == c.id).where(mine).order_by(of.rank)
    return list(dict.fromkeys([*(way.kind for way in plan.unit[unit].channels), *conn.scalars(now)]))


def known_channels(plan: Plan) -> list[str]:
    """The kinds of channels by which a deputy can be told: by mail, or as any person or chat of this campaign
    is. Which systems are called is not for units to say."""
    named = (way.kind for u in plan.units for way in (*u.channels, *u.head, *u.leader))
    return [kind for kind in dict.fromkeys([EMAIL, *named]) if kind not in SYSTEMS]


def _unit(plan: Plan, unit: str) -> Unit:
    if unit not in plan.unit or unit in plan.outside:
        raise BadInput("bad-unit", value=unit, known=[u.id for u in plan.units if u.id not in plan.outside])
    return plan.unit[unit]


def _check(plan: Plan, unit: Unit, said: dict[str, str]) -> None:
    """What is wrong is said without what was written: it is about a person."""
    for what, most in LONGEST.items():
        if len(said[what]) > most or not said[what].isprintable():
            raise BadInput("deputy-words", what=what, most=most)
    if not said["name"]:
        raise BadInput("deputy-nameless")
    known = known_channels(plan)
    if said["channel"] not in known:
        raise BadInput("unknown-channel", value=said["channel"], known=known)
    form = MAILBOX if said["channel"] == EMAIL else ADDRESS
    if not form.fullmatch(said["address"]):
        raise BadInput("deputy-address", channel=said["channel"])


def _row(d: Deputy) -> dict[str, Any]:
    return {
        "name": d.name, "phone": d.phone, "channel": d.channel, "address": d.address,
        "since": d.since.isoformat(), "until": d.until.isoformat(),
    }  # fmt: skip


def _next(conn: Connection, campaign: str, unit: str) -> int:
    """One more than were ever named for the unit, so that what is on record is about one deputy only."""
    x = t.act.c
    named = (x.campaign == campaign) & (x.kind == "deputy") & x.about.startswith(f"{unit} ", autoescape=True)
    return (conn.scalar(select(func.count()).where(named)) or 0) + 1


def _forget(w: Writer, channel: str, address: str) -> None:
    """Blot out an address that nobody is reached by any more, unless a message is on its way there: records
    name the contact, which therefore stays."""
    c, d, of, u = t.contact.c, t.deputy.c, t.contact_of.c, t.unsealed.c
    on_its_way = (
        select(t.digest.c.id)
        .join(t.delivery, t.delivery.c.digest == t.digest.c.id)
        .where(t.digest.c.contact == c.id, t.delivery.c.state.in_(("ready", "sending")))
    )
    needed = (
        exists().where(of.contact == c.id),
        exists().where(u.contact == c.id),
        exists().where(d.channel == channel, d.address == address),
        on_its_way.exists(),
    )
    mine = (c.channel == channel) & (c.address == address)
    who = w.conn.scalar(select(c.id).where(mine, *(~x for x in needed)))
    if who is not None:
        w.conn.execute(delete(a.code).where(a.code.c.contact == who))
        w.conn.execute(update(t.contact).where(c.id == who).values(address=f"{GONE}{who}"))
