"""Returns that programs send: received some at a time, each request done once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from duban.errors import BadInput
from duban.intake.attachments import Attached
from duban.ledger import Ledger
from duban.services import answering
from duban.services.addresses import Address
from duban.services.answering import Asked, Before
from duban.services.campaigns import deployed_plan
from duban.services.numbering import by_submission
from duban.services.reading import receipt_of
from duban.services.receiving import Arrival, Outcome, receive_many
from duban.services.storing import digest_of


@dataclass(frozen=True, slots=True)
class Filing:
    """A return on its way in."""

    to: Address
    data: bytes | None
    name: str
    attached: tuple[Attached, ...]
    received_at: datetime
    key: tuple[str, str] | None = None
    """Id of the unit's key, and what the program calls its request."""
    request: str = ""
    """Digest of the whole request."""


def receive_each(ledger: Ledger, filings: Sequence[Filing]) -> list[Outcome]:
    """Receive some returns, each by itself. One whose request was answered before gets that answer again;
    BadInput where its key stands for another request. No two of them may have one key."""
    asked = [_asked(f) for f in filings if f.key]
    known = answering.claim(ledger, asked) if asked else {}
    answers = {n: a for n, f in enumerate(filings) if (a := _again(ledger, f, known.get(f.key or ("", ""))))}
    fresh = [n for n in range(len(filings)) if n not in answers]
    answers |= zip(fresh, _received(ledger, [filings[n] for n in fresh]), strict=True)
    noted = {key: _submission(answers[n]) for n in fresh if (key := filings[n].key)}
    if noted:
        answering.note(ledger, noted)
    return [answers[n] for n in range(len(filings))]


def _asked(filing: Filing) -> Asked:
    api_key, key = filing.key or ("", "")
    return Asked(api_key, key, filing.request, filing.to.obligation, digest_of(filing.data or b""))


def _again(ledger: Ledger, filing: Filing, before: Before | None) -> Outcome | None:
    """The answer that a request was given before; None for a new one."""
    if before is not None and not before.same:
        return BadInput("key-reused")
    if before is None or before.submission is None:
        return None
    with ledger.read() as conn:
        plan = deployed_plan(conn, filing.to.campaign)
        found = by_submission(conn, plan, before.submission)
        given = receipt_of(conn, plan, found.to, found.version) if found else None
    return replace(given, repeated=True) if given else None


def _submission(answer: Outcome) -> str | None:
    if isinstance(answer, Exception):
        return None
    to = Address(answer.campaign, answer.unit, answer.duty, answer.period, answer.subject)
    return f"{to.obligation}@{answer.version}"


def _received(ledger: Ledger, filings: Sequence[Filing]) -> list[Outcome]:
    arrivals = [Arrival(f.to, f.data, f.name, f.attached, f.received_at, door="api") for f in filings]
    return receive_many(ledger, arrivals)
