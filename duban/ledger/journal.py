"""The chained journal: every record takes the next place of its campaign's chain.

A link's digest covers the link before it, its place, time and kind, and the whole record, so a row
changed, removed or slipped in afterwards breaks the chain (`proof.py` finds where).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from duban.ledger import tables

INSTALLATION = "*"
"""The journal of records that belong to no single campaign: digests and their delivery."""

GENESIS = "0" * 64

KINDS: dict[str, Table] = {
    "plan": tables.plan_version,
    "schedule": tables.schedule,
    "submission": tables.submission,
    "decision": tables.decision,
    "request": tables.request,
    "expunged": tables.expunged,
    "act": tables.act,
    "evidence": tables.evidence,
    "call": tables.call,
    "proposal": tables.proposal,
    "approval": tables.approval,
    "acknowledgement": tables.acknowledgement,
    "message": tables.message,
    "fate": tables.fate,
    "digest": tables.digest,
    "attempt": tables.attempt,
    "outcome": tables.outcome,
    "turn": tables.turn,
}


@dataclass(frozen=True, slots=True)
class Extras:
    """What a submission holds besides its cells."""

    attachments: tuple[tuple[int, str, str, str], ...] = ()
    """n, id, name, digest of the file; by n."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """备注 by indicator."""
    entries: tuple[tuple[int, str, bool, Mapping[str, int | str]], ...] = ()
    """n, key, closed, and what each column says; by n."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a journal; `seq` 0 is a journal without entries."""

    seq: int = 0
    digest: str = GENESIS
    recorded_at: int = 0


def ref_of(table: Table, row: dict[str, Any]) -> str:
    """How the journal names a record: its primary key."""
    return "|".join(str(row[c.name]) for c in table.primary_key.columns)


def link(head: Head, campaign: str, recorded_at: int, kind: str, record: dict[str, Any]) -> Head:
    """The head after `record` was appended."""
    seq = head.seq + 1
    body = canonical([head.digest, campaign, seq, recorded_at, kind, record])
    return Head(seq, hashlib.sha256(body.encode()).hexdigest(), recorded_at)


def canonical(value: Any) -> str:
    """JSON with one spelling for one value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def cells_digest(cells: Mapping[str, int], texts: Mapping[str, str], more: Extras | None = None) -> str:
    """SHA-256 over the cells of a submission and all that came with them, which lets the journal cover
    them. Without anything more it is what it was before there could be more."""
    parts: list[Any] = [dict(cells), dict(texts)]
    if more is not None and more != Extras():
        parts += [list(more.attachments), dict(more.notes), list(more.entries)]
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


TERM = ("obligation", "n", "recorded_at", "phases", "opens_at", "due_at", "counted", "waived", "dropped")


def terms_digest(terms: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 over the terms that one schedule laid down."""
    rows = sorted([term[name] for name in TERM] for term in terms)
    return hashlib.sha256(canonical(rows).encode()).hexdigest()
