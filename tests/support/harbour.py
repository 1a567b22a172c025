"""The harbour's stations and what they send."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from duban.documents.blank import blank_form
from duban.intake.attachments import Attached
from duban.ledger import Ledger
from duban.ledger.proof import verify
from duban.ledger.queries import Scope
from duban.rendering import renderer
from duban.services.carrying import carried_rows
from duban.services.deploying import deploy
from duban.services.receiving import Address, Receipt, receive
from duban.services.watching import standings
from duban.standing import Standing
from tests.support.harbour_plan import BUNDLE, harbour

HARBOUR = "harbour-2024"
ZONE = ZoneInfo("Asia/Shanghai")

SIGNED = {"filler": "填报员", "head": "站长"}
PDF = b"%PDF-1.4\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
CASES = (
    Attached("cases", "甲案.pdf", PDF + b"1"), Attached("cases", "乙案.pdf", PDF + b"2"),
    Attached("decisions", "甲决定.pdf", PDF + b"3"), Attached("decisions", "乙决定.pdf", PDF + b"4"),
)  # fmt: skip
"""What a summary has to bring along."""


def at(text: str) -> datetime:
    """An instant on the harbour's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def hazard(place: str, state: str = "整改中", level: str = "一般", hazard: str = "堆放") -> dict[str, Any]:
    """A row of the register."""
    return {"place": place, "hazard": hazard, "level": level, "found": "2024-01-09", "state": state}


def form(duty: str, unit: str, period: str = "", **more: Any) -> bytes:
    """The unit's own workbook."""
    return blank_form(harbour(), duty, unit, period, words=renderer().words["blank"], **more)


def document(cells: Mapping[str, Any], **members: Any) -> bytes:
    """The same as JSON."""
    return json.dumps({"cells": cells, **members}).encode()


@dataclass
class Harbour:
    """The harbour with a ledger: what its stations do, at a time."""

    ledger: Ledger

    def deploy(self) -> None:
        """The office puts the plan in force on the first morning."""
        deploy(self.ledger, BUNDLE, reason="test", as_of=at("2024-01-01 08:30"))

    def send(
        self, duty: str, unit: str, period: str, when: str, data: bytes | None, *,
        subject: str | None = None, attachments: Sequence[Attached] = (), name: str = "表",
    ) -> Receipt:  # fmt: skip
        """A station reports."""
        to = Address(HARBOUR, unit, duty, period, subject)
        return receive(
            self.ledger, to, data, name, door="workbook", attachments=attachments, received_at=at(when),
            as_of=at(when),
        )  # fmt: skip

    def hazards(self, unit: str, period: str, when: str, *rows: Mapping[str, Any], **more: Any) -> Receipt:
        """A station's monthly register, by workbook."""
        data = form("hazards", unit, period, values={"visits": 1}, rows=rows, signed=SIGNED, **more)
        return self.send("hazards", unit, period, when, data)

    def rows(self, query: Any) -> list[tuple[Any, ...]]:
        """What the ledger holds."""
        with self.ledger.read() as conn:
            return [tuple(r) for r in conn.execute(query)]

    def stands(self, key: str, when: str) -> Standing:
        """How one obligation stands."""
        with self.ledger.read() as conn:
            (found,) = standings(conn, harbour(), Scope(HARBOUR, key=f"{HARBOUR}/{key}"), at(when))
        return found

    def carried(self, unit: str, period: str, when: str) -> list[str]:
        """Keys of the rows that a station's next register has to carry on."""
        with self.ledger.read() as conn:
            found = carried_rows(conn, harbour(), Address(HARBOUR, unit, "hazards", period), at(when))
        return [r.key for r in found]

    def proven(self) -> bool:
        """Whether the journal's chain is whole and everything is what its digest says."""
        with self.ledger.read() as conn:
            return verify(conn, HARBOUR).broken_at is None
