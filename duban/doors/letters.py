"""A mail as it came → who sent it, what is attached, and whether anybody waits for an answer."""

from __future__ import annotations

import hashlib
import re
from binascii import a2b_base64
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message

from duban.doors.returns import File
from duban.intake.file_kinds import plain_name

MOST = 80
"""Attachments of one mail."""
DEEPEST = 8
PIECE = 2**16
WINMAIL = ("application/ms-tnef", "application/vnd.ms-tnef")
NO_FILES = (
    "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "text/vcard",
    "text/x-vcard", "text/calendar",
)  # fmt: skip
"""What mail programs add by themselves."""
BULK = ("bulk", "junk", "list", "auto_reply", "auto-reply")
AUTOMATIC = ("X-Autoreply", "X-Autorespond", "List-Id", "X-Failed-Recipients")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
ROBOTS = re.compile(r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail, read."""

    sender: str
    subject: str
    message_id: str
    """Empty where it has none."""
    digest: str
    """SHA-256 of all of it."""
    references: str
    files: tuple[File, ...]
    winmail: bool = False
    """Outlook has packed its attachments into a file of its own."""
    automatic: bool = False
    """A machine sent it: an answer would be answered."""

    @property
    def key(self) -> str:
        """The same for a mail that the server has delivered twice, another for anything else."""
        parts = [
            self.message_id or self.digest,
            self.sender,
            *(hashlib.sha256(f.data).hexdigest() for f in self.files),
        ]
        return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def read_letter(data: bytes) -> Letter:
    """Read a mail; nothing in it can make this fail."""
    mail = _parsed(data)
    files = tuple(_files(mail))
    winmail = any(p.get_content_type() in WINMAIL or _name(p).lower() == "winmail.dat" for p in mail.walk())
    return Letter(
        sender(mail), _printable(header(mail, "Subject"))[:200],
        _identifier(mail, "Message-ID"), hashlib.sha256(data).hexdigest(), _identifier(mail, "References"),
        tuple(f for f in files if f.name.lower() != "winmail.dat"), winmail, is_automatic(mail),
    )  # fmt: skip


def _parsed(data: bytes) -> Message:
    """In pieces: as a whole it would be held in memory nine times over."""
    parser = BytesFeedParser()
    for begin in range(0, len(data), PIECE):
        parser.feed(data[begin : begin + PIECE])
    return parser.close()


def is_automatic(mail: Message) -> bool:
    """Auto-replies, bounces, lists: whatever no person waits on (RFC 3834)."""
    said = header(mail, "Auto-Submitted").lower().partition(";")[0].strip()
    if said not in ("", "no") or header(mail, "Precedence").lower().strip() in BULK:
        return True
    if any(mail.get(name) is not None for name in AUTOMATIC):
        return True
    if header(mail, "Return-Path").strip() == "<>" or mail.get_content_type() == "multipart/report":
        return True
    return ROBOTS.match(sender(mail)) is not None


def sender(mail: Message) -> str:
    """The one address in From; empty where there is not exactly one. Taken from the header as it was sent: a
    decoded display name may look like an address, and email.utils is fooled by one too."""
    found = [_utf8_or_gbk(str(raw)) for key, raw in mail.raw_items() if key.lower() == "from"]
    if len(found) != 1:
        return ""
    bare = QUOTED.sub("", " ".join(found[0].split()))
    between = re.findall(r"<([^<>]*)>", bare)
    addresses = between if between else [bare]
    return addresses[0].strip().lower() if len(addresses) == 1 else ""


def header(mail: Message, name: str) -> str:
    """A header in one line of text, whichever way its Chinese was written: RFC 2047, UTF-8, or bare GBK."""
    for key, raw in mail.raw_items():
        if key.lower() == name.lower():
            return decoded(str(raw))
    return ""


def decoded(raw: str) -> str:
    """The text of a header's value; a value that cannot be decoded stays as it is."""
    text = _utf8_or_gbk(raw)
    with suppress(MessageError, ValueError):  # no base64
        text = "".join(p if isinstance(p, str) else _text(p, charset) for p, charset in decode_header(text))
    return " ".join(text.split())


def _text(data: bytes, charset: str | None) -> str:
    """Bytes in the charset they are said to be in. Programs that say gb2312 write GBK."""
    is_chinese = (charset or "").lower().replace("_", "-") in ("gb2312", "gbk", "x-gbk", "gb-2312", "gb18030")
    try:
        return data.decode("gb18030" if is_chinese else charset or "ascii", "replace")
    except LookupError:
        return _utf8_or_gbk(data.decode("utf-8", "surrogateescape"))


def _utf8_or_gbk(raw: str) -> str:
    data = raw.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _identifier(mail: Message, name: str) -> str:
    """Message-IDs, and nothing else that could break out of a header of ours."""
    return " ".join(re.findall(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>", header(mail, name)))[:2000]


def _files(mail: Message, depth: int = 0) -> Iterator[File]:
    """Everything attached, also to mails that are attached themselves: a forward."""
    if depth > DEEPEST:
        return
    if mail.is_multipart():
        for part in mail.get_payload():
            if isinstance(part, Message):
                yield from _files(part, depth + 1)
        return
    name = _name(mail)
    kind = mail.get_content_disposition()
    is_picture = mail.get_content_maintype() == "image" and mail.get("Content-ID") and kind != "attachment"
    # pictures of a signature belong to the text
    if name and not is_picture and mail.get_content_type() not in NO_FILES:
        yield File(name, _content(mail))


def _content(part: Message) -> bytes:
    """An attachment's bytes. What is decoded is let go: the library would hold it five times over."""
    raw = part.get_payload()
    if isinstance(raw, str) and header(part, "Content-Transfer-Encoding").strip().lower() == "base64":
        with suppress(ValueError):  # not ASCII, or cut short: the library takes what there is
            data = a2b_base64(raw)
            part.set_payload("")
            return data
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _name(part: Message) -> str:
    """An attachment's file name, by RFC 2231, RFC 2047, or neither; never a path."""
    for key in ("Content-Disposition", "Content-Type"):
        raw = next((str(v) for k, v in part.raw_items() if k.lower() == key.lower()), None)
        if raw is not None:
            # bare bytes must become text before their parameters are parsed
            del part[key]
            part[key] = _utf8_or_gbk(" ".join(raw.split("\n"))).replace("\r", "")
    found = part.get_param("filename", header="Content-Disposition") or part.get_param("name") or ""
    if isinstance(found, tuple):  # RFC 2231: charset, language, text
        found = _text(found[2].encode("raw-unicode-escape"), found[0])
    return plain_name(decoded(found)).strip()
