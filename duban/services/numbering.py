"""Receipts 回执 by their numbers: one of them, or all that a unit was given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from duban.ledger import tables as t
from duban.plan import Plan
from duban.services.addresses import Address
from duban.services.receipts import receipt_number

S, O = t.submission.c, t.obligation.c  # noqa: E741
LARGEST = 2**31 - 1
"""Numbers are stored as 32-bit integers."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a receipt number stands for."""

    number: str
    to: Address
    version: int
    valid: bool
    zero: bool
    door: str
    received_at: datetime


def by_number(conn: Connection, plan: Plan, number: str) -> Numbered | None:
    """What stands under `haian-2018-000012`; None where nothing does."""
    n = number_in(plan.slug, number)
    row = None if n is None else conn.execute(_wanted(plan).where(S.receipt_no == n)).one_or_none()
    return _numbered(plan, row) if row else None


def by_submission(conn: Connection, plan: Plan, submission: str) -> Numbered | None:
    """What a submission is in a list of receipts."""
    row = conn.execute(_wanted(plan).where(S.id == submission)).one_or_none()
    return _numbered(plan, row) if row else None


def receipts_of(
    conn: Connection, plan: Plan, unit: str, *, limit: int, before: int | None = None
) -> Sequence[Numbered]:
    """A unit's receipts, the newest first, those under a number only."""
    wanted = _wanted(plan).where(O.unit == unit).order_by(S.receipt_no.desc()).limit(limit)
    rows = conn.execute(wanted if before is None else wanted.where(S.receipt_no < before))
    return [_numbered(plan, row) for row in rows]


def number_in(campaign: str, number: str) -> int | None:
    """The count in a receipt's number; None for what is no number of that campaign."""
    head, sign, tail = number.rpartition("-")
    if not sign or head != campaign or not re.fullmatch("[0-9]{6,10}", tail) or int(tail) > LARGEST:
        return None
    return int(tail)


def _wanted(plan: Plan) -> Select[Any]:
    columns = (
        S.receipt_no,
        S.version,
        S.valid,
        S.zero,
        S.door,
        S.received_at,
        O.unit,
        O.duty,
        O.period,
        O.subject,
    )
    return select(*columns).join(t.obligation, O.id == S.obligation).where(S.campaign == plan.slug)


def _numbered(plan: Plan, row: Row[Any]) -> Numbered:
    to = Address(plan.slug, row.unit, row.duty, row.period, row.subject or None)
    number, received = receipt_number(plan.slug, row.receipt_no), plan.local(row.received_at)
    return Numbered(number, to, row.version, row.valid, row.zero, row.door, received)
