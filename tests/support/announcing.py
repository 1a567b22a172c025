"""Hai'an with a plan that speaks of more than what is owed, and what is told because of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, select

from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.services.deploying import Deployment, deploy
from duban.services.running import run_campaign
from tests.support.plans import changed
from tests.support.town import HAIAN, Town, at

Edit = tuple[str, str, str]
EVERYTHING = "kickoff: true, amendments: true"
OFFICES = ("jicha", "yaoxie", "xinyong")
"""The offices that lead tasks; the coordinator is the first of them."""
LAOBA = "laoba,老坝港分局,老坝分局,branches,,email=laoba@haian.example,{opens},,coordinator\nbaidian,"
MOMENTS = "    moments: {origin: coordinator, remind: [5, 1], chase: [1, 3, 7], escalate: 10}\n"


def speaking(*edits: Edit, messages: str = EVERYTHING) -> Bundle:
    """The shipped plan with some messages switched on, and other changes."""
    block = f"messages: {{origin: coordinator, {messages}}}\n\ngroups:"
    bundle = changed(("plan.yaml", "groups:", block), *edits)
    return Bundle(tuple(sorted(bundle.files)))


def circular(days: int = 3) -> Edit:
    """The monthly duty with circulars."""
    return "plan.yaml", MOMENTS, f"{MOMENTS}    circular: {days}\n"


def joining(opens: str = "") -> Edit:
    """One branch more."""
    return "units.csv", "baidian,", LAOBA.format(opens=opens)


def reached_by(unit: str, channels: str) -> Edit:
    """A branch with other channels."""
    table = dict(changed().files)["units.csv"]
    row = re.search(rf"^{unit},.*$", table, re.MULTILINE)
    assert row
    cells = row[0].split(",")
    cells[5] = channels
    return "units.csv", row[0], ",".join(cells)


def put(town: Town, bundle: Bundle, when: str, reason: str = "test") -> Deployment:
    """Deploy a plan."""
    return deploy(town.ledger, bundle, reason=reason, as_of=at(when))


@dataclass
class Listener:
    """Runs the campaign and hears what leaves."""

    town: Town
    paper: PaperTransport = field(default_factory=PaperTransport)

    def run(self, when: str) -> list[Parcel]:
        """One run, then one delivery; what has left."""
        run_campaign(
            self.town.ledger, HAIAN, texts=self.town.texts, documents=None, owner="run", lease=False,
            as_of=at(when),
        )  # fmt: skip
        return self.deliver(when)

    def deliver(self, when: str) -> list[Parcel]:
        """One delivery alone."""
        before = len(self.paper.parcels)
        self.town.deliver(self.paper, when)
        return self.paper.parcels[before:]


def told(town: Town, kind: str) -> list[str]:
    """Who was told something of a kind, in the order of decisions."""
    m, j = t.message.c, t.journal.c
    with town.ledger.read() as conn:
        rows = conn.execute(
            select(m.recipient).join(t.journal, (j.ref == m.id) & (j.kind == "message"))
            .where(m.kind == kind).order_by(j.seq)
        )  # fmt: skip
        return [r.recipient for r in rows]


def to(parcels: list[Parcel], address: str) -> Parcel:
    """The one parcel to an address."""
    (found,) = [p for p in parcels if p.address == address]
    return found


@contextmanager
def statements(town: Town) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(town.ledger.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(town.ledger.engine, "before_cursor_execute", note)
