"""A pier around New Year 2019: several liaisons a station, chats, people above; a log is owed each day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from duban.access.links import Doorway
from duban.ledger import Ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.plan import Bundle, Plan, parse
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.deputising import name_deputy
from duban.services.receiving import Address, receive
from duban.services.running import run_campaign
from tests.support.harbour import document

PIER = "pier-2018"
ZONE = ZoneInfo("Asia/Shanghai")
PLAN = """\
slug: pier-2018
title: 码头冬季安全专项行动
short: 码头冬安
issuer: 港区管理局
issued: 2018-12-01
origin: coordinator
start: 2018-12-01
end: 2019-01-31
groups:
  - {id: stations, name: 各站}
  - {id: offices, name: 机关}
coordinator: {unit: office}
messages: {liaisons: HEARD}
duties:
  - id: log
    name: 日志
    by: 各站
    to: office
    rhythm: {every: day, in: same}
    attachments:
      - {id: log, name: 日志, kinds: [document]}
    moments: {remind: [0]}
  - id: liaison
    name: 联络员
    by: 各站
    to: office
    rhythm: {due: 2018-12-05}
    form: liaison
"""
UNITS = """\
id,name,short,aliases,groups,parent,channels,prefers,head,leader,opens,closes,successor,origin
office,安全办,安办,,offices,,email=office@pier.example,,,email=director@pier.example,,,,coordinator
bureau,上级局,上局,,offices,,email=bureau@pier.example,,,,,,,coordinator
east,东站,东站,东港站,stations,office,email=east@pier.example;wecom=east,,email=chief@pier.example,,,,,coordinator
west,西站,西站,,stations,,wecom=west;email=west@pier.example,email,,email=vice-director@pier.example,,,,coordinator
north,北站,北站,,stations,,email=north@pier.example,,,,,,,coordinator
"""
LIAISONS = """\
id: liaison
title: 联络员
version: 2
origin: coordinator
fills: liaisons
register:
  name: 联络员
  key: [n]
  columns:
    - {code: n, name: 序, type: text}
    - {code: liaison_name, name: 姓名, type: text, personal: true}
    - {code: liaison_phone, name: 电话, type: text, personal: true, required: false}
    - {code: liaison_email, name: 邮箱, type: text, personal: true, required: false}
"""


DOOR = Doorway("https://duban.example", "a secret of this test, and of nothing else", 45, ZONE)


def at(text: str) -> datetime:
    """An instant on the pier's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def bundle(heard: str = "all", units: str = UNITS) -> Bundle:
    """The plan, with every liaison hearing or the first of them."""
    plan = PLAN.replace("HEARD", heard)
    return Bundle((("forms/liaison.yaml", LIAISONS), ("plan.yaml", plan), ("units.csv", units)))


@dataclass
class Pier:
    """The pier with a ledger: who is named there, and what leaves."""

    ledger: Ledger

    @property
    def plan(self) -> Plan:
        """The plan where every liaison hears."""
        return parse(bundle())

    def deploy(self, heard: str = "all", when: str = "2018-12-01 08:00", **more: str) -> None:
        """Put the plan in force."""
        deploy(self.ledger, bundle(heard, **more), reason="test", as_of=at(when))

    def liaisons(self, unit: str, when: str, *names: str) -> None:
        """A station's return of its liaisons, in their order; each has a mailbox of that name."""
        rows = [
            {"n": str(n), "liaison_name": f"{name}站员", "liaison_email": f"{name}@pier.example"}
            for n, name in enumerate(names, 1)
        ]
        to, data = Address(PIER, unit, "liaison", ""), document({}, rows=rows)
        receipt = receive(self.ledger, to, data, "联络员.json", door="portal", as_of=at(when))
        assert receipt.valid, receipt.problems

    def deputy(self, unit: str, name: str, since: str, until: str, when: str, **more: Any) -> int:
        """A station names somebody to stand in, from a day to a day."""
        said = {"phone": "", "channel": "email", "address": f"{name}@pier.example", "by": unit} | more
        return name_deputy(
            self.ledger, PIER, unit, name=f"{name}代理", since=date.fromisoformat(since),
            until=date.fromisoformat(until), as_of=at(when), **said,
        )  # fmt: skip

    def morning(self, when: str) -> PaperTransport:
        """A run and a delivery; what left."""
        out = PaperTransport()
        run_campaign(self.ledger, PIER, texts=renderer(), documents=None, owner="run", as_of=at(when))
        deliver(self.ledger, out, renderer(), owner="out", door=DOOR, as_of=at(when))
        return out

    def told(self, when: str, *but: str) -> list[str]:
        """Whom what leaves on a morning goes to, but for some."""
        return sorted(x for p in self.morning(when).parcels if (x := _short(p.channel, p.address)) not in but)

    def ways(self, *recipients: str) -> dict[str, list[str]]:
        """Addresses of some recipients, or of all, the first one first; a mailbox here by its name."""
        of, c = t.contact_of.c, t.contact.c
        wanted = select(of.recipient, c.channel, c.address).join(t.contact, of.contact == c.id)
        found: dict[str, list[str]] = {name: [] for name in recipients}
        for name, *way in self.rows(wanted.where(of.campaign == PIER).order_by(of.recipient, of.rank)):
            if not recipients or name in recipients:
                found.setdefault(name, []).append(_short(*way))
        return found

    def contact(self, address: str) -> int:
        """The contact with a mailbox here."""
        c = t.contact.c
        ((found,),) = self.rows(select(c.id).where(c.address == f"{address}@pier.example"))
        return int(found)

    def rows(self, query: Any) -> list[tuple[Any, ...]]:
        """What the ledger holds."""
        with self.ledger.read() as conn:
            return [tuple(r) for r in conn.execute(query)]

    def proven(self) -> bool:
        """Whether the journal's chain is whole and everything is what its digest says."""
        with self.ledger.read() as conn:
            return verify(conn, PIER).broken_at is None


def _short(channel: str, address: str) -> str:
    return address.partition("@")[0] if channel == "email" else f"{channel}={address}"
