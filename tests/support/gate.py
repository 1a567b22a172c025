"""The portal of the tests: a live server on loopback, and the people who sign in there."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from duban.access import links
from duban.access.roles import EVERY, Held
from duban.calendars import to_micros
from duban.ledger import Ledger, open_ledger
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.plan import Bundle
from duban.portal.office import Office
from duban.portal.serving import Protocol, listening, server
from duban.rendering import renderer
from duban.services import accounts, admitting, keys
from duban.services.deploying import deploy
from duban.settings import Settings
from tests.support.town import HAIAN, Town, at, haian_bundle

PASSWORD = "correct horse battery"
SECRET = "secret of the tests, long enough to be one"
NOW = "2018-11-06 09:00"
"""The morning after October's monthly return was due."""

STAFF = {
    "jicha": ("稽查科", Held("coordinator", EVERY)),
    "fenguan": ("分管领导", Held("leader", HAIAN)),
    "shenhe": ("审核员", Held("reviewer", HAIAN)),
    "chushen": ("初审员", Held("reviewer", HAIAN, "nanmo")),
    "chayue": ("查阅员", Held("reader", HAIAN)),
}
"""Accounts: login, name and role."""
LOGIN = {"coordinator": "jicha", "leader": "fenguan", "reviewer": "shenhe", "superior": "chushen",
         "reader": "chayue"}  # fmt: skip
UNIT = {"unit": "baidian", "parent": "nanmo", "other": "libao"}
"""baidian reports to nanmo; libao has nothing to do with either."""
ROLES = (*LOGIN, *UNIT, "nobody")


def family_bundle() -> Bundle:
    """Hai'an as shipped, but for one branch that stands above another: nanmo above baidian."""
    files = dict(haian_bundle().files)
    plain, below = "baidian,白甸镇分局,白甸分局,branches,,", "baidian,白甸镇分局,白甸分局,branches,nanmo,"
    assert plain in files["units.csv"]
    files["units.csv"] = files["units.csv"].replace(plain, below)
    return Bundle(tuple(sorted(files.items())))


def furnish(ledger: Ledger, bundle: Bundle | None = None) -> None:
    """Put the plan in force and let the staff in."""
    deploy(ledger, bundle or family_bundle(), reason="test", as_of=at("2018-09-06 08:30"))
    ledger.set_clock(at("2018-09-06 09:00"))
    for login, (name, held) in STAFF.items():
        accounts.make_account(ledger, login, name, PASSWORD, "test")
        accounts.give_role(ledger, login, held, "test")


class Letters:
    """A transport that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Parcel] = []

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Keep it."""
        self.sent.append(parcel)


def plain_client(url: str, **about: Any) -> httpx.Client:
    """A client of a server on loopback. It reads no certificates, which would take longer than all else."""
    return httpx.Client(base_url=url, timeout=60, verify=False, **about)


@dataclass
class Gate:
    """The portal as it is reached from outside, and the town behind it."""

    office: Office
    url: str
    letters: Letters
    town: Town
    _tokens: dict[str, str] = field(default_factory=dict)

    def contact(self, unit: str) -> int:
        """The first contact of a unit."""
        of = t.contact_of.c
        mine = (of.campaign == HAIAN) & (of.recipient == f"unit:{unit}")
        with self.town.ledger.read() as conn:
            return int(conn.scalars(select(of.contact).where(mine).order_by(of.rank)).first() or 0)

    def link(self, unit: str, until: str = "2018-12-31 00:00") -> str:
        """The personal link of a unit's liaison, as their reminders hold it."""
        link = links.Link(HAIAN, unit, self.contact(unit), 0, to_micros(at(until)))
        return f"/in/{links.signed(SECRET, link)}"

    def token(self, role: str) -> str:
        """The session token of somebody of the cast; "" for nobody."""
        if role == "nobody":
            return ""
        if role not in self._tokens:
            ledger = self.office.ledger
            if role in LOGIN:
                made = admitting.enter_by_password(ledger, LOGIN[role], PASSWORD)
            else:
                made = admitting.enter_by_link(ledger, SECRET, self.link(UNIT[role]).removeprefix("/in/"))
            assert made is not None, f"{role} was not let in"
            self._tokens[role] = made
        return self._tokens[role]

    def forget(self, role: str) -> None:
        """Let them sign in anew next time."""
        self._tokens.pop(role, None)

    def key(self, role: str) -> str:
        """A key of the API for the unit of somebody of the cast."""
        return keys.make_key(self.town.ledger, HAIAN, UNIT[role], "test", "jicha")

    def client(self, role: str = "nobody") -> httpx.Client:
        """A browser without a screen, signed in as somebody of the cast; follows no redirects."""
        token = self.token(role)
        cookies = {"duban": token} if token else {}
        return plain_client(self.url, cookies=cookies, headers={"Origin": self.url})

    def csrf(self, role: str) -> str:
        """What a form of theirs sends back."""
        from duban.portal.sessions import csrf_of

        return csrf_of(self.office, self.token(role))


@contextmanager
def serving(office: Office, at: socket.socket, protocol: type[Protocol] = Protocol) -> Iterator[None]:
    """The portal on a thread of this process, as `duban serve` runs it."""
    made = server(office, protocol)
    thread = threading.Thread(target=made.run, args=([at],), daemon=True)
    thread.start()
    patience = time.monotonic() + 20
    while not made.started and time.monotonic() < patience:
        time.sleep(0.01)
    assert made.started
    try:
        yield
    finally:
        made.should_exit = True
        thread.join(20)


@contextmanager
def gate(ledger_url: str, folder: Path, now: str = NOW, **settings: Any) -> Iterator[Gate]:
    """The portal over a furnished virtual ledger, its clock set to `now`."""
    ledger = open_ledger(ledger_url, kind="virtual")
    ledger.set_clock(at(now))
    letters, at_ = Letters(), listening("127.0.0.1", 0)
    where = f"http://127.0.0.1:{at_.getsockname()[1]}"
    mine = Settings(var=folder, ledger_url=ledger_url, given_secret=SECRET, url=where)
    office = Office(replace(mine, **settings), ledger, renderer(), letters)
    with at_, serving(office, at_):
        yield Gate(office, where, letters, Town(ledger, folder / "documents"))
    ledger.close()
