"""Sending over SMTP on loopback: our mail channel against bare smtplib on one kept connection and against
Apprise as it comes; and the whole path (decide, seal, claim, render, send, record) against Apprise's bare
send.

The mail server is a process of its own that takes everything. Every side sends the same texts to the same
recipients. Bare smtplib is what its documentation shows: one connection, an `EmailMessage` made for each
mail. That class takes most of the time, so what a connection could carry at best is told, too, without a
goal: mails composed beforehand, of which only the sending is counted. Apprise as it comes makes an object
and a connection for each mail; its pause of 5.5 seconds between sends on one object is not counted. The
whole path is told once more with the blank form of what is owed in each mail.
"""

from __future__ import annotations

import multiprocessing
import shutil
import smtplib
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from apprise.plugins.email import NotifyEmail

from benchmarks.county import PLAN, SLUG
from benchmarks.side import TURNS, Case, arguments, more, report, seconds
from duban.ledger import Ledger, open_ledger, parcels
from duban.ledger.parcels import Parcel
from duban.outbox.channels import AppriseTransport
from duban.plan import Bundle, parse
from duban.rendering import renderer
from duban.services.chasing import decide_messages
from duban.services.delivering import deliver, seal
from duban.services.deploying import deploy
from duban.settings import ROOT

MAILS, QUICK = 400, 150
STOCK, QUICK_STOCK = 60, 30
"""Apprise as it comes is so slow that fewer tell its rate."""
FEWER = 4
"""A mail with a form takes so much longer that so many times fewer tell its rate."""
BARE, FASTER, WHOLE = 0.8, 8.0, 3.0
"""The goals."""
HOST = "127.0.0.1"


def serve(port: int) -> None:
    """A mail server that takes everything and says as little as it may."""
    listener = socket.create_server((HOST, port), backlog=64)
    while True:
        conn, _ = listener.accept()
        with conn, conn.makefile("rb") as lines:
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conn.sendall(b"220 ready\r\n")
            try:
                _talk(conn, lines)
            except OSError:
                continue


def _talk(conn: socket.socket, lines: Any) -> None:
    for line in lines:
        verb = line[:4].upper()
        if verb == b"DATA":
            conn.sendall(b"354 go\r\n")
            for part in lines:
                if part == b".\r\n":
                    break
        conn.sendall(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        if verb == b"QUIT":
            return


@contextmanager
def mail_server() -> Iterator[int]:
    """Its port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    process.start()
    for _ in range(200):
        try:
            socket.create_connection((HOST, port), 1).close()
            break
        except OSError:
            process.join(0.05)
    try:
        yield port
    finally:
        process.terminate()
        process.join()


FORMS = "messages: {origin: coordinator, forms: true}\n"


def bundle(units: int, forms: bool = False) -> Bundle:
    """A county of so many offices, each with a mailbox, reminded of what is due on a Monday."""
    plan = PLAN.split("  - id: sixty")[0] + "    moments: {origin: coordinator, remind: [3]}\n"
    plan += FORMS if forms else ""
    rows = "".join(
        f"u{n:04d},第{n}分局,{n}分局,offices,coordinator,email=u{n:04d}@county.example\n"
        for n in range(units)
    )
    head = "id,name,short,groups,origin,channels\nchief,县局专班,专班,bureau,coordinator,\n"
    monthly = (ROOT / "data/campaigns/haian-2018/forms/monthly.yaml").read_text(encoding="utf-8")
    return Bundle(
        tuple(sorted({"forms/monthly.yaml": monthly, "plan.yaml": plan, "units.csv": head + rows}.items()))
    )


def channels(port: int) -> dict[str, str]:
    """The one channel."""
    return {"email": f"mailto://{HOST}:{port}/?mode=insecure&from=duban@county.example&to={{address}}"}


SENDER = "duban@county.example"


def _mail(parcel: Parcel, n: int) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"] = parcel.subject, SENDER
    mail["To"], mail["Message-ID"] = parcel.address, f"<{n}@duban.example>"
    mail.set_content(parcel.plain)
    mail.add_alternative(parcel.html, subtype="html")
    return mail


class Side:
    """A ledger on which everybody is about to be reminded, copied for each turn."""

    def __init__(self, folder: Path, port: int, mails: int, forms: bool = False) -> None:
        folder.mkdir()
        self.folder, self.port, self.mails = folder, port, mails
        made = bundle(mails, forms)
        self.zone = parse(made).zone
        self.numbers = count()
        with self._ledger(folder / "first.sqlite") as ledger:
            deploy(ledger, made, reason="benchmark", as_of=datetime(2024, 1, 1, 9, tzinfo=self.zone))
        # Weekly returns are due on Mondays: three days before the 15th is Friday the 12th.
        self.now = datetime(2024, 1, 12, 9, tzinfo=self.zone)
        with self.copy() as ledger:
            decide_messages(ledger, SLUG, as_of=self.now)
            seal(ledger, renderer(), as_of=self.now)
            with ledger.read() as conn:
                waiting = parcels.deliverable(conn, int((self.now + timedelta(1)).timestamp() * 1_000_000))
                self.parcels = [parcels.parcel(conn, w.digest) for w in waiting]
        assert len(self.parcels) == mails, len(self.parcels)

    @contextmanager
    def _ledger(self, path: Path) -> Iterator[Ledger]:
        ledger = open_ledger(f"sqlite:///{path}", kind="virtual")
        yield ledger
        ledger.close()

    @contextmanager
    def copy(self) -> Iterator[Ledger]:
        """A ledger of its own."""
        path = self.folder / f"{next(self.numbers)}.sqlite"
        shutil.copyfile(self.folder / "first.sqlite", path)
        with self._ledger(path) as ledger:
            yield ledger

    def ours(self) -> None:
        """The mail channel."""
        with AppriseTransport(channels(self.port), loopback_only=True).open() as post:
            for n, parcel in enumerate(self.parcels):
                post.send(parcel, f"<{n}@duban.example>")

    def bare(self) -> None:
        """smtplib, as its documentation shows it."""
        with smtplib.SMTP(HOST, self.port) as smtp:
            for n, parcel in enumerate(self.parcels):
                smtp.send_message(_mail(parcel, n))

    def precomposed(self) -> list[tuple[str, bytes]]:
        """Recipients with their mails, ready to be sent."""
        return [(p.address, _mail(p, n).as_bytes(policy=SMTP)) for n, p in enumerate(self.parcels)]

    def wire(self, mails: Sequence[tuple[str, bytes]]) -> None:
        """smtplib, and nothing else."""
        with smtplib.SMTP(HOST, self.port) as smtp:
            for address, content in mails:
                smtp.sendmail(SENDER, [address], content)

    def stock(self, most: int) -> None:
        """Apprise as it comes."""
        for parcel in self.parcels[:most]:
            url = channels(self.port)["email"].replace("{address}", parcel.address)
            results = NotifyEmail.parse_url(url)
            plugin = NotifyEmail(**results)
            assert plugin.notify(title=parcel.subject, body=parcel.html, body_format="html")

    def whole(self, ledger: Ledger) -> None:
        """Decide, seal, claim, render, send, record."""
        transport = AppriseTransport(channels(self.port), loopback_only=True)
        decide_messages(ledger, SLUG, as_of=self.now)
        done = deliver(ledger, transport, renderer(), owner="benchmark", as_of=self.now)
        assert (done.sent, done.failed) == (self.mails, 0), done


def measure(side: Side, filled: Side, stock: int) -> list[Case]:
    """All of them take turns; rates of mails a second."""
    rates: dict[str, list[float]] = {}
    ready = side.precomposed()

    def note(name: str, mails: int, work: Callable[[], None]) -> None:
        rates.setdefault(name, []).append(mails / seconds(work))

    side.ours()
    for _ in range(TURNS):
        note("bare", side.mails, side.bare)
        note("ours", side.mails, side.ours)
        note("wire", side.mails, lambda: side.wire(ready))
        note("stock", stock, lambda: side.stock(stock))
        for name, each in (("whole", side), ("forms", filled)):
            with each.copy() as ledger:
                note(name, each.mails, lambda each=each, ledger=ledger: each.whole(ledger))  # type: ignore[misc]
    found = SimpleNamespace(**{name: median(each) for name, each in rates.items()})
    return [
        more("mail channel, against bare smtplib on one connection", found.ours, found.bare, goal=BARE),
        more("the same, against mails composed beforehand", found.ours, found.wire, goal=None),
        more("mail channel, against Apprise as it comes", found.ours, found.stock, goal=FASTER),
        more("decided to recorded, against Apprise's bare send", found.whole, found.stock, goal=WHOLE),
        more("the same with blank forms, against without", found.forms, found.whole, goal=None),
    ]


def main() -> int:
    """Prints what was measured."""
    given = arguments(__doc__)
    mails, stock = (QUICK, QUICK_STOCK) if given.quick else (MAILS, STOCK)
    with tempfile.TemporaryDirectory(prefix="duban-notify-") as name, mail_server() as port:
        plain = Side(Path(name) / "plain", port, mails)
        filled = Side(Path(name) / "forms", port, mails // FEWER, forms=True)
        cases = measure(plain, filled, stock)
    return report(cases, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
