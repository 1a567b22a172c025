"""The call log 电话记录, written and read.

A record says when, by whom, about what, the outcome and a promised day. The person who answered and what
they said are personal: their salted digests are on record, the words in the erasable table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from duban.calendars import to_micros
from duban.ledger import Writer, insert_once_each
from duban.ledger import tables as t
from duban.plan import Plan
from duban.services import storing
from duban.services.carrying import revealed
from duban.telephone import Logged, Outcome


def calls_made(
    conn: Connection, plan: Plan, now: datetime, *, unit: str | None = None, about: str | None = None
) -> list[Logged]:
    """The calls of a campaign, to one unit or about one obligation, recorded until `now`; the last made
    first."""
    c = t.call.c
    mine = (c.campaign == plan.slug) & (c.recorded_at <= to_micros(now))
    if unit is not None:
        mine &= c.unit == unit
    if about is not None:
        mine &= c.about.contains(json.dumps(about), autoescape=True)
    rows = conn.execute(select(t.call).where(mine).order_by(c.called_at.desc(), c.id.desc())).all()
    return _read(conn, plan, rows)


def _read(conn: Connection, plan: Plan, rows: Sequence[Row[Any]]) -> list[Logged]:
    words = revealed(conn, (digest for r in rows for digest in (r.person, r.note) if digest))
    return [
        Logged(
            r.id, r.unit, tuple(json.loads(r.about)), r.by, r.outcome,
            None if r.until is None else plan.local(r.until), words.get(r.person, ""), words.get(r.note, ""),
            plan.local(r.called_at), plan.local(r.recorded_at),
        )
        for r in rows
    ]  # fmt: skip


def record_call(
    w: Writer, plan: Plan, unit: str, about: Iterable[str], by: str, outcome: Outcome, until: datetime | None,
    person: str, note: str, called_at: datetime, salt: storing.Salt,
) -> Logged:  # fmt: skip
    """Put a call on record, its words apart."""
    count = w.conn.scalar(select(func.count()).where(t.call.c.campaign == plan.slug)) or 0
    id_ = f"{plan.slug}~call{count + 1:04d}"
    apart = {
        name: _apart(text, salt(f"{id_}/{name}"))
        for name, text in (("person", person), ("note", note))
        if text
    }
    digests = {name: apart[name]["digest"] if name in apart else "" for name in ("person", "note")}
    row = digests | {
        "id": id_, "campaign": plan.slug, "unit": unit, "about": json.dumps(sorted(about)), "by": by,
        "outcome": outcome, "until": None if until is None else to_micros(until),
        "called_at": to_micros(called_at), "recorded_at": w.micros,
    }  # fmt: skip
    w.record("call", plan.slug, [row])
    insert_once_each(w.conn, t.personal, list(apart.values()))
    return next(x for x in calls_made(w.conn, plan, w.at, unit=unit) if x.id == id_)


def _apart(text: str, salt: str) -> dict[str, str]:
    return {"digest": storing.digest_of(f"{salt}{text}".encode()), "salt": salt, "text": text}
