"""A real IMAP server (pymap) on loopback, and mails as units, machines and Outlook write them."""

from __future__ import annotations

import imaplib
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from deployments.servers import HOST, free_port
from duban.doors.imap import Account, Mailbox, opened, quoted
from tests.support.harbour import at

USER, PASSWORD = "duban@harbour.example", "geheim"
FOLDERS = ("已收", "退回", "其他")
SHEET = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class PostBox:
    """The office's mailbox, as its mail server and its people see it."""

    def __init__(self, port: int, scheme: str = "imap") -> None:
        self.url = f"{scheme}://{USER.replace('@', '%40')}:{PASSWORD}@{HOST}:{port}/INBOX"
        self.account = Account.from_url(self.url)

    def arrives(self, mail: bytes | EmailMessage, when: str) -> None:
        """The server takes a mail."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)
        with self.open() as box:
            date = imaplib.Time2Internaldate(at(when))
            assert box.imap.append("INBOX", "", date, raw)[0] == "OK"

    def held(self, folder: str = "INBOX") -> list[str]:
        """Subjects of what lies in a folder, raw."""
        with self.open() as box:
            if box.imap.select(quoted(folder), readonly=True)[0] != "OK":
                return []
            headers = [box.read(m.uid, "HEADER") for m in box.arrived()]
        return [re.findall(rb"(?mi)^Subject: *(.*?)\r?$", h)[0].decode("utf-8", "replace") for h in headers]

    def empty(self) -> None:
        """As on its first day."""
        with self.open() as box:
            for name in FOLDERS:
                box.imap.delete(quoted(name))
            box.imap.select("INBOX")
            for mail in box.arrived():
                box.imap.uid("STORE", mail.uid, "+FLAGS", "(\\Deleted)")
            box.imap.expunge()

    @contextmanager
    def open(self) -> Iterator[Mailbox]:
        with opened(self.account) as box:
            yield box


@contextmanager
def imap_server(certificate: Path | None = None) -> Iterator[PostBox]:
    """The server, running; with a certificate it lets nobody sign in before STARTTLS."""
    port, tls = free_port(), ["--cert", str(certificate)] if certificate else ["--no-tls"]
    command = [
        sys.executable, "-W", "ignore", "-c", "from pymap.main import main; main()", "--host", HOST,
        "--port", str(port), *tls, "--no-service", "managesieve", "--no-service", "admin",
        "dict", "--demo-data", "--demo-user", USER, "--demo-password", PASSWORD,
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            yield _ready(PostBox(port))
        finally:
            server.terminate()


def _ready(box: PostBox) -> PostBox:
    for _ in range(100):
        try:
            box.empty()
            return box
        except Exception:
            time.sleep(0.1)
    raise AssertionError("the IMAP server did not start")


def mail(
    sender: str, subject: str = "月报", files: Sequence[tuple[str, bytes]] = (), *,
    message_id: str = "<1@east.example>", **headers: str,
) -> EmailMessage:  # fmt: skip
    """A mail with attachments, as a mail program writes it."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"填报员 <{sender}>", USER, subject
    made["Message-ID"] = message_id
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("附件请查收。")
    for name, data in files:
        made.add_attachment(data, *SHEET, filename=name)
    return made
