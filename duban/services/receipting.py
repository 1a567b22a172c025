"""Receipts 回执 as messages: told in the transaction that takes a return in, through the doors that the plan
names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from duban import notices
from duban.calendars import to_micros
from duban.errors import Problem
from duban.ledger import Writer, speaking
from duban.ledger import tables as t
from duban.ledger.speaking import Decided, Hearer
from duban.notices import UNIT
from duban.plan import Plan
from duban.services.arriving import Sent
from duban.services.receipts import Receipt, receipt_number
from duban.services.telling import tell_each
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class Taken:
    """What a receipt says of a return."""

    number: str
    version: int
    zero: bool
    received_at: datetime
    timely: bool | None
    """None: it had no due time."""
    queries: tuple[Problem, ...]
    """What the unit is asked to explain."""


def tell_receipts(w: Writer, plan: Plan, taken: Iterable[tuple[Sent, Receipt]]) -> None:
    """Decide the message about each valid return that came in by a door after which one is sent."""
    doors = plan.file.messages.receipts
    mine = [(s, r) for s, r in taken if s.arrival.door in doors and r.valid and not r.repeated]
    if not mine:
        return
    day = w.at.astimezone(plan.zone).date()
    speakers = {unit: UNIT + notices.speaker(plan, unit, day) for unit in {s.to.unit for s, _ in mine}}
    contacts = speaking.contacts_of(w.conn, plan.slug, speakers.values())

    def told() -> Iterator[tuple[Hearer, str, str, int]]:
        for sent, receipt in mine:
            key = sent.to.obligation
            for hearer in speaking.hearers(contacts, speakers[sent.to.unit]):
                yield (
                    hearer,
                    f"{key}@{receipt.version}",
                    key,
                    to_micros(receipt.due_at or receipt.received_at),
                )

    tell_each(w, plan, "receipt", told())


def is_latest(w: Writer, message: Decided, stands: Standing | None) -> bool:
    """Whether a receipt is still true: of several valid versions the last is told, and none that was
    returned since."""
    s = t.submission.c
    last = select(func.max(s.version)).where(s.obligation == message.obligation, s.valid)
    newest = f"{message.obligation}@{w.conn.scalar(last)}"
    return stands is not None and stands.came_in != "returned" and message.occasion == newest


def taken(w: Writer, plan: Plan, message: Decided, stands: Standing) -> Taken:
    """The return that a receipt is about."""
    row = w.conn.execute(select(t.submission).where(t.submission.c.id == message.occasion)).one()
    gone = select(t.expunged.c.submission).where(t.expunged.c.submission == row.id)
    # What was expunged is not quoted.
    found = [Problem(**said) for said in json.loads(row.problems)] if not w.conn.scalar(gone) else []
    return Taken(
        receipt_number(plan.slug, row.receipt_no), row.version, row.zero, plan.local(row.received_at),
        stands.on_time if stands.due_at else None, tuple(p for p in found if p.grade == "query"),
    )  # fmt: skip
