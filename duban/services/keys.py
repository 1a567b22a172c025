"""Keys of the HTTP API: each speaks for one unit in one campaign. It is shown once; its digest is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from duban import calendars
from duban.access import passwords
from duban.errors import BadInput
from duban.ledger import Ledger
from duban.ledger import admission as a
from duban.plan import Plan
from duban.services.acting import record_act
from duban.services.campaigns import deployed_plan

LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it may be shown."""

    id: str
    unit: str
    name: str
    """What it is for, in the words of who made it."""
    made_at: datetime
    revoked_at: datetime | None


def make_key(ledger: Ledger, campaign: str, unit: str, name: str, by: str) -> str:
    """A new key `id.secret`, shown this once. Raises BadInput, and NotAllowed for a campaign that is not
    deployed."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput("bad-name", value=name, most=LONGEST_NAME)
    id_ = secrets.token_hex(6)
    key = f"{id_}.{passwords.new_token()}"
    with ledger.write(campaign) as w:
        plan = deployed_plan(w.conn, campaign)
        if unit not in plan.unit:
            raise BadInput("bad-unit", value=unit, known=list(plan.unit))
        row = {"id": id_, "campaign": campaign, "unit": unit, "digest": passwords.digest(key), "name": name}
        w.conn.execute(a.api_key.insert(), row | {"made_at": w.micros, "revoked_at": None})
        record_act(w, campaign, "key", f"{id_} {unit}", by)
    return key


def revoke_key(ledger: Ledger, campaign: str, id_: str, by: str) -> None:
    """Let a key in no more; revoking it again changes nothing. Raises BadInput."""
    k = a.api_key.c
    mine = (k.campaign == campaign) & (k.id == id_)
    with ledger.write(campaign) as w:
        found = w.conn.execute(select(k.unit, k.revoked_at).where(mine)).one_or_none()
        if found is None:
            raise BadInput("unknown-key", id=id_)
        if found.revoked_at is None:
            w.conn.execute(a.api_key.update().where(mine).values(revoked_at=w.micros))
            record_act(w, campaign, "unkey", f"{id_} {found.unit}", by)


def keys(conn: Connection, plan: Plan) -> list[Key]:
    """The keys of a campaign, those in use first, then by unit and age."""
    k = a.api_key.c
    rows = conn.execute(
        select(a.api_key)
        .where(k.campaign == plan.slug)
        .order_by(k.revoked_at.is_not(None), k.unit, k.made_at, k.id)
    )
    return [
        Key(
            r.id, r.unit, r.name, calendars.from_micros(r.made_at, plan.zone),
            None if r.revoked_at is None else calendars.from_micros(r.revoked_at, plan.zone),
        )
        for r in rows
    ]  # fmt: skip
