"""A mailbox by IMAP, as far as Duban needs it: look, read, put into a folder. Nothing is ever deleted.

The standard library's imaplib: what it lacks, folder names in Chinese, is ten lines (docs/decisions/0010).
"""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from duban.errors import DoorShut

TIMEOUT = 60.0
PORTS = {"imaps": 993, "imap": 143}
UID = re.compile(rb"\bUID (\d+)")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as the server lists it."""

    uid: str
    size: int
    received_at: datetime
    """INTERNALDATE: when the server took it, whatever its Date line says."""


@dataclass(frozen=True, repr=False)
class Account:
    """Where the mailbox is; never printed, since it holds a password."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    folder: str

    @staticmethod
    def from_url(url: str) -> Account:
        """`imaps://user:password@host[:port]/INBOX`, user and password percent-encoded. Raises DoorShut."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS[parts.scheme]
        except (ValueError, KeyError) as error:
            raise DoorShut("door-shut", place="DUBAN_MAILBOX", detail="imaps://…") from error
        return Account(
            parts.scheme, parts.hostname or "", port, unquote(parts.username or ""),
            unquote(parts.password or ""), unquote(parts.path.strip("/")) or "INBOX",
        )  # fmt: skip


class Mailbox:
    """An open mailbox."""

    def __init__(self, imap: imaplib.IMAP4) -> None:
        self.imap = imap
        _, said = imap.capability()  # a server tells more of itself after signing in
        self.can_move = b" MOVE" in bytes(said[-1]).upper()

    def arrived(self) -> list[Arrived]:
        """Every message in the folder that is not done, the oldest first."""
        (found,) = self._uid("SEARCH", "UNDELETED", "UNFLAGGED")[-1:] or [b""]
        uids = (found or b"").decode().split()
        listed: list[Arrived] = []
        for start in range(0, len(uids), 200):
            chunk = ",".join(uids[start : start + 200])
            for line in self._uid("FETCH", chunk, "(UID INTERNALDATE RFC822.SIZE)"):
                listed += _arrived(line)
        return sorted(listed, key=lambda m: (m.received_at, int(m.uid)))

    def read(self, uid: str, part: str = "") -> bytes:
        """A message, or its HEADER alone, left as unread as it was; empty when it has gone."""
        for line in self._uid("FETCH", uid, f"(BODY.PEEK[{part}])"):
            if isinstance(line, tuple):
                return bytes(line[1])
        return b""

    def put(self, uid: str, folder: str) -> None:
        """Move a message to a folder, or one below INBOX where the server wants it there; to none of both,
        and it is flagged, by which we know it again."""
        for name in (folder, f"INBOX{self._delimiter()}{folder}"):
            with suppress(imaplib.IMAP4.error):
                self.imap.create(quoted(name))  # NO when it is there already
            try:
                self._move(uid, quoted(name))
                return
            except imaplib.IMAP4.abort:
                raise
            except imaplib.IMAP4.error:
                continue
        self._uid("STORE", uid, "+FLAGS", "(\\Seen \\Flagged)")

    def _move(self, uid: str, name: str) -> None:
        """Where the server cannot move, copy and mark ours as done, so that no message is lost in between."""
        if self.can_move:
            self._uid("MOVE", uid, name)
            return
        self._uid("COPY", uid, name)
        self._uid("STORE", uid, "+FLAGS", "(\\Seen \\Deleted)")

    def _delimiter(self) -> str:
        """What stands between the names of a folder and of one below it."""
        line = (self.imap.list('""', '""')[1] or [None])[0]
        found = re.search(rb'"(.)"', line if isinstance(line, bytes) else b"")
        return found[1].decode() if found else "/"

    def _uid(self, command: str, *arguments: str) -> list[Any]:
        kind, found = self.imap.uid(command, *arguments)
        if kind != "OK":
            raise imaplib.IMAP4.error(f"{command}: {kind}")
        return [line for line in found if line is not None]


@contextmanager
def opened(account: Account) -> Iterator[Mailbox]:
    """The mailbox, signed in and its folder selected. Raises DoorShut, without the password in it."""
    try:
        imap = _connected(account)
    except (OSError, imaplib.IMAP4.error) as error:
        raise _shut(account, error) from None
    try:
        try:
            imap.login(account.user, account.password)
            if imap.select(quoted(account.folder))[0] != "OK":
                raise imaplib.IMAP4.error("SELECT")
            box = Mailbox(imap)
        except (OSError, imaplib.IMAP4.error) as error:
            raise _shut(account, error) from None
        yield box
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            imap.logout()


def _connected(account: Account) -> imaplib.IMAP4:
    """Encrypted where the URL says so, or the server offers it; its certificate must be good."""
    if account.scheme == "imaps":
        tls = ssl.create_default_context()
        return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=tls, timeout=TIMEOUT)
    imap = imaplib.IMAP4(account.host, account.port, timeout=TIMEOUT)
    if "STARTTLS" in imap.capabilities:
        imap.starttls(ssl.create_default_context())
    return imap


def _shut(account: Account, error: Exception) -> DoorShut:
    return DoorShut("door-shut", place=f"{account.host}:{account.port}", detail=type(error).__name__)


def _arrived(line: Any) -> list[Arrived]:
    text = line if isinstance(line, bytes) else bytes(line[0])
    uid, size, at = UID.search(text), SIZE.search(text), ARRIVED.search(text)
    if not (uid and size and at):
        return []
    when = parsedate_to_datetime(at[1].decode("ascii").strip().replace("-", " ", 2))
    return [Arrived(uid[1].decode(), int(size[1]), when)]


def quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3) between quotes."""

    def encoded(match: re.Match[str]) -> str:
        raw = base64.b64encode(match[0].encode("utf-16-be")).decode().rstrip("=")
        return f"&{raw.replace('/', ',')}-"

    text = re.sub(r"[^\x20-\x7e]+", encoded, folder.replace("&", "&-"))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
