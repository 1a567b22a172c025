"""Receipts 回执: what was stored, for whom, and its place in the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from duban.errors import Problem
from duban.plan import Plan
from duban.services.addresses import Address, copied, owed


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt 回执."""

    number: str
    campaign: str
    unit: str
    duty: str
    period: str
    version: int
    valid: bool
    zero: bool
    received_at: datetime
    due_at: datetime | None
    seq: int
    chain: str
    """The journal's digest with this submission in it; the next receipt's chains to it."""
    problems: tuple[Problem, ...] = ()
    repeated: bool = False
    """The same file had been stored already; this is its receipt."""
    subject: str | None = None
    attachments: tuple[str, ...] = ()
    """Names of the files kept with it."""
    copies: tuple[str, ...] = ()
    """Units that get a copy 抄送."""
    copied_to: tuple[str, ...] = ()
    """Duties that this submission has met besides."""
    otherwise: tuple[str, ...] = ()
    """The ways by which the plan wants it, where the unit has taken another one; it counts all the same."""


def receipt(
    plan: Plan, to: Address, row: Mapping[str, Any], place: tuple[int, str], *,
    limit: datetime | None, problems: tuple[Problem, ...], attachments: Sequence[str], repeated: bool = False,
) -> Receipt:  # fmt: skip
    """The receipt of a row of `submission` at its place (seq, digest) of the journal."""
    obligation = owed(plan, to)
    return Receipt(
        receipt_number(to.campaign, row["receipt_no"]), to.campaign, to.unit, to.duty, to.period,
        row["version"], row["valid"], row["zero"], plan.local(row["received_at"]), limit, *place,
        problems, repeated, to.subject, tuple(attachments),
        copies=obligation.copies if obligation else (),
        copied_to=tuple(a.duty for a in copied(plan, to)) if row["valid"] else (),
        otherwise=_otherwise(plan, to, row["door"]),
    )  # fmt: skip


UNITS_OWN = frozenset({"portal", "mailbox", "folder", "api"})
"""Doors that a unit goes through itself; what an officer puts in has come some other way."""


def _otherwise(plan: Plan, to: Address, door: str) -> tuple[str, ...]:
    through = plan.duty[to.duty].through if to.duty in plan.duty else ()
    return through if through and door in UNITS_OWN and door not in through else ()


def receipt_number(campaign: str, number: int) -> str:
    """`haian-2018-000012`."""
    return f"{campaign}-{number:06d}"


def late_by(receipt: Receipt) -> timedelta:
    """How long after its due time a submission came; zero when it was on time."""
    if receipt.due_at is None or receipt.received_at < receipt.due_at:
        return timedelta()
    return receipt.received_at - receipt.due_at
