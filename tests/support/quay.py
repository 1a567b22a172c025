"""The harbour's portal: its stations at their forms, of every kind a plan can ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import select

from duban.access import links
from duban.access.roles import Held, Role
from duban.calendars import to_micros
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.services import accounts, admitting
from tests.support.gate import PASSWORD, SECRET, Gate, plain_client
from tests.support.gate import gate as opened
from tests.support.harbour import HARBOUR, Harbour, at


class Quay:
    """The portal of the harbour and whoever signs in there."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.harbour = Harbour(gate.office.ledger)
        self.url = gate.url

    def token(self, unit: str) -> str:
        """A session of a station's liaison."""
        of = t.contact_of.c
        mine = (of.campaign == HARBOUR) & (of.recipient == f"unit:{unit}")
        with self.gate.office.ledger.read() as conn:
            contact = conn.scalars(select(of.contact).where(mine).order_by(of.rank)).first()
        assert contact is not None
        link = links.Link(HARBOUR, unit, contact, 0, to_micros(at("2024-12-31 00:00")))
        made = admitting.enter_by_link(self.gate.office.ledger, SECRET, links.signed(SECRET, link))
        assert made is not None
        return made

    def officer(self, role: Role) -> httpx.Client:
        """Somebody of the office, without a screen."""
        ledger = self.gate.office.ledger
        accounts.make_account(ledger, role, role, PASSWORD, "test")
        accounts.give_role(ledger, role, Held(role, HARBOUR), "test")
        token = admitting.enter_by_password(ledger, role, PASSWORD)
        assert token is not None
        return plain_client(self.url, cookies={"duban": token}, headers={"Origin": self.url})


@contextmanager
def quay(folder: Path, now: str) -> Iterator[Quay]:
    """The harbour's portal at some time, on a ledger of its own."""
    url = f"sqlite:///{folder}/harbour.sqlite"
    ledger = open_ledger(url, kind="virtual")
    Harbour(ledger).deploy()
    ledger.close()
    with opened(url, folder, now) as gate:
        yield Quay(gate)
