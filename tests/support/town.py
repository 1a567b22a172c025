"""The cast of the tests: Hai'an's coordinator and branches, on a ledger of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from duban.documents.blank import blank_form
from duban.ledger import Ledger, journal
from duban.ledger import tables as t
from duban.plan import Bundle, Plan, parse
from duban.rendering import Renderer, renderer
from duban.services.deciding import decide
from duban.services.delivering import Delivered, deliver
from duban.services.deploying import deploy
from duban.services.receiving import Address, Receipt, receive
from duban.services.running import Run, run_campaign
from duban.standing import Standing
from tests.support.plans import texts

ZONE = ZoneInfo("Asia/Shanghai")
HAIAN = "haian-2018"
BRANCHES = ("haian", "chengdong", "jiaoxie", "libao", "dagong", "qutang", "yazhou", "nanmo", "duntou",
            "baidian")  # fmt: skip

FIGURES: dict[str, Decimal | int | str] = {
    "sellers": 12, "inspected": 30, "sites_monitored": 45, "clues": 9, "clues_police": 2,
    "clues_telecom": 3, "samples": 6, "samples_failed": 1, "cases_filed": 4, "cases_closed": 2,
    "cases_open": 2, "fines": Decimal("3.25"), "ads": 5, "sites_closed": 1, "events": 2,
    "summary": "正常开展",
}  # fmt: skip
"""A correct monthly return."""


def at(text: str) -> datetime:
    """An instant on Hai'an's clocks: `2018-10-06 00:05` or with seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def haian_bundle() -> Bundle:
    """The campaign's folder, as a quiet plan."""
    return Bundle(tuple(texts(HAIAN).items()))


@dataclass
class Town:
    """Hai'an with a ledger: what people do, at a time."""

    ledger: Ledger
    folder: Path

    @property
    def plan(self) -> Plan:
        """The plan as shipped."""
        return parse(haian_bundle())

    @property
    def texts(self) -> Renderer:
        """The shipped templates."""
        return renderer()

    def deploy(self, when: str = "2018-09-06 08:30") -> None:
        """The coordinator puts the plan in force."""
        deploy(self.ledger, haian_bundle(), reason="test", as_of=at(when))

    def form(self, unit: str, period: str, values: Mapping[str, Any] = FIGURES, **more: Any) -> bytes:
        """The unit's own workbook, filled in."""
        words = self.texts.words["blank"]
        return blank_form(self.plan, "monthly", unit, period, words=words, values=values, **more)

    def report(
        self, unit: str, period: str, when: str, values: Mapping[str, Any] = FIGURES, **more: Any
    ) -> Receipt:
        """A branch sends its monthly return."""
        data = self.form(unit, period, values, **more)
        return self.send(unit, period, when, data, f"{unit}.xlsx")

    def send(
        self, unit: str, period: str, when: str, data: bytes, name: str, duty: str = "monthly"
    ) -> Receipt:
        """A branch sends some file."""
        to = Address(HAIAN, unit, duty, period)
        return receive(self.ledger, to, data, name, door="workbook", received_at=at(when), as_of=at(when))

    def decide(
        self, unit: str, period: str, kind: Any, when: str, duty: str = "monthly", **more: Any
    ) -> Standing:
        """The coordinator decides."""
        to = Address(HAIAN, unit, duty, period)
        return decide(self.ledger, to, kind, by="jicha", reason="test", as_of=at(when), **more)

    def run(self, when: str, lease: bool = True, owner: str = "run") -> Run:
        """One run of the campaign."""
        return run_campaign(
            self.ledger, HAIAN, texts=self.texts, documents=self.folder, owner=owner, lease=lease,
            as_of=at(when),
        )  # fmt: skip

    def deliver(self, transport: Any, when: str, owner: str = "deliver") -> Delivered:
        """One run of the outbox."""
        return deliver(self.ledger, transport, self.texts, owner=owner, as_of=at(when))

    def records(self) -> tuple[list[tuple[Any, ...]], ...]:
        """Both journals, digest by digest: equal ones hold equal records in equal order."""
        j = t.journal.c
        with self.ledger.read() as conn:
            return tuple(
                [tuple(r) for r in conn.execute(
                    select(j.seq, j.recorded_at, j.kind, j.ref, j.digest)
                    .where(j.campaign == name).order_by(j.seq))]
                for name in (HAIAN, journal.INSTALLATION)
            )  # fmt: skip

    def count(self, table: Any, *where: Any) -> int:
        """How many rows a table has."""
        with self.ledger.read() as conn:
            return int(conn.scalar(select(func.count()).select_from(table).where(*where)) or 0)
