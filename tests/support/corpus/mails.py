"""Mails to the office: from the east station, from machines, and from people who mean harm."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from urllib.parse import quote

from tests.support.corpus.case import packed
from tests.support.doors import identified
from tests.support.harbour import SIGNED, form
from tests.support.mailbox import mail

EAST = "east@harbour.example"
ACCEPTED, REFUSED, IGNORED = "accepted", "refused", "ignored"
WITHOUT = ("mail-without-form",)


@dataclass(frozen=True)
class Mail:
    """A mail, what becomes of each return in it, why, and the name by which its first file is told of."""

    name: str
    raw: bytes
    verdicts: tuple[str, ...]
    problems: tuple[str, ...] = ()
    shown: str = ""


@cache
def good() -> bytes:
    """A station's return for January."""
    return form("hazards", "east", "2024-01", values={"visits": 3}, signed=SIGNED)


def mails() -> Iterator[Mail]:
    """All of them, each with a Message-ID of its own."""
    for theme in (names, machines, senders, shapes, broken, heavy):
        yield from theme()


def _mail(name: str, *files: tuple[str, bytes], sender: str = EAST, **headers: str) -> EmailMessage:
    return mail(sender, name, files or [("表.xlsx", good())], message_id=_id(name), **headers)


def _id(name: str) -> str:
    return f"<{name.encode().hex()[:200]}@corpus.example>"


def _raw(
    name: str, disposition: bytes, kind: bytes = b"application/octet-stream", body: bytes = b""
) -> bytes:
    return (
        b"From: <east@harbour.example>\r\nSubject: x\r\nMessage-ID: "
        + _id(name).encode()
        + b"\r\nContent-Type: "
        + kind
        + b"\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: " + disposition + b"\r\n\r\n" + (body or base64.encodebytes(good()))
    )


def names() -> Iterator[Mail]:
    """File names in Chinese, however they were written."""
    gbk, utf8 = "东站.xlsx".encode("gbk"), "东站.xlsx".encode()
    b64 = base64.b64encode
    ways = {
        "RFC 2231": b"attachment; filename*=UTF-8''" + quote("东站.xlsx").encode(),
        "RFC 2231 in GB2312": b"attachment; filename*=gb2312'zh-cn'" + quote(gbk).encode(),
        "RFC 2231 in parts": b"attachment; filename*0*=UTF-8''%E4%B8%9C; filename*1*=%E7%AB%99.xlsx",
        "RFC 2231 in unknown letters": b"attachment; filename*=x-unknown''" + quote("东站.xlsx").encode(),
        "RFC 2047 in GBK": b'attachment; filename="=?GBK?B?' + b64(gbk) + b'?="',
        "RFC 2047 in UTF-8": b'attachment; filename="=?UTF-8?B?' + b64(utf8) + b'?="',
        "RFC 2047 in quoted letters": b'attachment; filename="=?gb18030?Q?'
        + quopri.encodestring(gbk, header=True)
        + b'?="',
        "RFC 2047 in two words": (
            b'attachment; filename="=?UTF-8?B?'
            + b64("东".encode())
            + b"?= =?UTF-8?B?"
            + b64("站.xlsx".encode())
            + b'?="'
        ),
        "raw GBK": b'attachment; filename="' + gbk + b'"',
        "raw UTF-8": b'attachment; filename="' + utf8 + b'"',
        "without quotation marks": b"attachment; filename=" + utf8,
        "path of Windows": b'attachment; filename="C:\\\\Users\\\\' + utf8 + b'"',
        "path that climbs": b'attachment; filename="../../' + utf8 + b'"',
        "folded": b'attachment;\r\n filename="' + utf8 + b'"',
        "only in Content-Type": b"attachment",
        "inline": b'inline; filename="' + utf8 + b'"',
    }
    for name, disposition in ways.items():
        kind = b'application/x; name="' + utf8 + b'"' if name == "only in Content-Type" else b"application/x"
        yield Mail(f"name by {name}", _raw(name, disposition, kind), (ACCEPTED,), shown="东站.xlsx")
    yield Mail("NUL in the name", _raw("nul", b'attachment; filename="a\0.xlsx"'), (ACCEPTED,))
    yield Mail(
        "name of 5,000", _raw("long", b'attachment; filename="' + b"a" * 5000 + b'.xlsx"'), (ACCEPTED,)
    )
    yield Mail(
        "name running backwards",
        _raw("rtl", 'attachment; filename="东站\u202exslx.xlsx"'.encode()),
        (ACCEPTED,),
    )
    yield Mail("no name at all", _raw("nameless", b"attachment"), (REFUSED,), WITHOUT)


def machines() -> Iterator[Mail]:
    """What no person waits on gets no answer."""
    headers = {
        "vacation": {"Auto_Submitted": "auto-replied"},
        "generated": {"Auto_Submitted": "auto-generated; x=y"},
        "bulk": {"Precedence": "bulk"},
        "junk": {"Precedence": "Junk"},
        "list": {"List_Id": "<all.x.example>"},
        "autoreply": {"X_Autoreply": "yes"},
        "autorespond": {"X_Autorespond": "out"},
        "failed recipient": {"X_Failed_Recipients": "a@b.example"},
        "no return path": {"Return_Path": "<>"},
    }
    for name, more in headers.items():
        yield Mail(f"machine: {name}", _mail(name, **more).as_bytes(policy=SMTP), (IGNORED,))
    for robot in (
        "MAILER-DAEMON@mx.example",
        "postmaster@x.example",
        "no-reply@x.example",
        "noreply@x.example",
    ):
        yield Mail(f"robot {robot}", bytes(_mail(robot, sender=robot)), (IGNORED,))
    yield Mail(
        "bounce with our own mail in it",
        b"From: x@mx.example\r\nSubject: failed\r\nMessage-ID: <bounce@mx>\r\n"
        b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n\r\nno such user\r\n--b\r\n'
        b"Content-Type: message/rfc822\r\n\r\n" + bytes(_mail("inner")) + b"\r\n--b--\r\n",
        (IGNORED,),
    )
    yield Mail("our own answer come back", bytes(_mail("loop", sender="duban@harbour.example")), (IGNORED,))
    yield Mail("a person's answer", bytes(_mail("person", Auto_Submitted="no")), (ACCEPTED,))


def senders() -> Iterator[Mail]:
    """Who it says it is from."""
    body = b"\r\nSubject: x\r\n\r\nhello"
    froms = {
        "nobody": b"Subject: x",
        "empty From": b"From: ",
        "two From": b"From: a@b.example\r\nFrom: c@d.example",
        "two addresses": b"From: a@b.example, c@d.example",
        "group": b"From: all: a@b.example;",
        "no address": b"From: x",
        "header smuggled": b"From: <a@b.example%0d%0aBcc: c@d.example>",
        "address of quotation marks": b'From: "a b"@c.example',
        "address of 5,000": b"From: " + b"a" * 5000 + b"@b@c",
        "raw GBK name": b"From: \xb6\xab\xd5\xbe",
    }
    for name, line in froms.items():
        yield Mail(f"from {name}", line + b"\r\nMessage-ID: " + _id(name).encode() + body, (IGNORED,))
    yield Mail("stranger", bytes(_mail("stranger", sender="x@else.example")), (REFUSED,), ("sender-unknown",))
    disguised = (
        b'From: "east@harbour.example" <x@else.example>\r\n' + bytes(_mail("disguise")).partition(b"\n")[2]
    )
    yield Mail("stranger in a unit's name", disguised, (REFUSED,), ("sender-unknown",))
    west = form("hazards", "west", "2024-01", values={"visits": 3}, signed=SIGNED)
    yield Mail(
        "another unit's form", bytes(_mail("west", ("表.xlsx", west))), (REFUSED,), ("sender-unknown",)
    )


def shapes() -> Iterator[Mail]:
    """How the return lies in it."""
    outer = mail(EAST, "forward", message_id=_id("forward"))
    outer.add_attachment(mail("clerk@east.example", "内", [("表.xlsx", good())]))
    yield Mail("forwarded", bytes(outer), (ACCEPTED,))
    nested: EmailMessage = _mail("nested")
    for _ in range(3):
        shell = mail(EAST, "nested", message_id=_id("shell"))
        shell.add_attachment(nested)
        nested = shell
    yield Mail("forwarded three times", bytes(nested), (ACCEPTED,))
    tnef = mail(EAST, "winmail", message_id=_id("winmail"))
    tnef.add_attachment(b"\x78\x9f\x3e\x22" + bytes(99), "application", "ms-tnef", filename="winmail.dat")
    yield Mail("winmail.dat", bytes(tnef), (REFUSED,), ("mail-winmail",))
    both = _mail("winmail and form")
    both.add_attachment(b"\x78\x9f\x3e\x22", "application", "ms-tnef", filename="WinMail.dat")
    yield Mail("winmail.dat beside the form", bytes(both), (ACCEPTED,))
    named = mail(EAST, "x", [("WINMAIL.DAT", b"\x78\x9f\x3e\x22")], message_id=_id("winmail2"))
    yield Mail("winmail.dat of another type", bytes(named), (REFUSED,), ("mail-winmail",))
    for name, file, data, code in (
        ("old workbook", "表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file-is-xls"),
        ("workbook of WPS", "表.et", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file-is-xls"),
        ("broken workbook", "表.xlsx", b"PK\x03\x04", "workbook-broken"),
        ("no workbook", "表.xlsx", b"<html>", "file-not-a-workbook"),
        ("empty workbook", "表.xlsx", b"", "file-empty"),
        ("bomb", "表.xlsx", packed({"[Content_Types].xml": b"", "a": bytes(30 << 20)}), "workbook-inflates"),
        ("workbook zipped", "表.zip", packed({"表.xlsx": good()}), "mail-without-form"),
        ("picture", "表.jpg", b"\xff\xd8\xff", "mail-without-form"),
        ("program", "表.exe", b"MZ", "mail-without-form"),
        ("JSON of nobody", "表.json", b"{}", "identity-missing"),
        ("JSON in a text file", "表.txt", identified("hazards", "nobody", "2024-01"), "unknown-unit"),
        ("another campaign", "表.json", identified("x", "y", campaign="z"), "campaign-not-known"),
    ):
        yield Mail(name, bytes(_mail(name, (file, data))), (REFUSED,), (code,))
    yield Mail(
        "text only", b"From: east@harbour.example\r\nMessage-ID: <t@x>\r\n\r\nhello", (REFUSED,), WITHOUT
    )
    quoted = _mail("quoted").as_bytes().replace(b"base64", b"quoted-printable")
    yield Mail("workbook said to be quoted letters", quoted, (REFUSED,), ("file-not-a-workbook",))
    yield Mail(
        "unknown encoding",
        _mail("unknown").as_bytes().replace(b"base64", b"x-yenc"),
        (REFUSED,),
        ("file-not-a-workbook",),
    )
    spaced = b"\r\n \r\n".join(base64.b64encode(good())[i : i + 40] for i in range(0, len(good()) * 2, 40))
    yield Mail("base64 with gaps", _raw("gaps", b'attachment; filename="a.xlsx"', body=spaced), (ACCEPTED,))
    cut = base64.encodebytes(good())[:-7]
    yield Mail(
        "base64 cut short",
        _raw("cut", b'attachment; filename="a.xlsx"', body=cut),
        (REFUSED,),
        ("workbook-broken",),
    )


def broken() -> Iterator[Mail]:
    """What no mail program would write; whoever can be answered is."""
    sender = b"From: east@harbour.example\r\n"
    wholes = {
        "garbage": b"garbage",
        "binary": b"\x00\xff" * 50,
        "only a line feed": b"\r\n",
        "no From": b"Subject: x\r\n\r\n",
        "header without a colon": b"From east@harbour.example\r\n\r\n",
    }
    for name, raw in wholes.items():
        yield Mail(name, raw, (IGNORED,))
    parts = {
        "boundary missing": b"Content-Type: multipart/mixed\r\n\r\nx",
        "boundary empty": b'Content-Type: multipart/mixed; boundary=""\r\n\r\nx',
        "boundary never used": b"Content-Type: multipart/mixed; boundary=b\r\n\r\nx",
        "boundary never closed": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx",
        "boundary of 5,000": b"Content-Type: multipart/mixed; boundary=" + b"b" * 5000 + b"\r\n\r\nx",
        "subject of no base64": b"Subject: =?utf-8?B?!!!?=\r\n\r\nx",
        "subject in unknown letters": b"Subject: =?x-unknown?B?eA==?=\r\n\r\nx",
        "subject of 100,000": b"Subject: " + b"a" * 100_000 + b"\r\n\r\nx",
        "10,000 headers": b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\nx",
        "type of nonsense": b"Content-Type: ;;;===\r\n\r\nx",
        "charset of nonsense": b"Content-Type: text/plain; charset=\xff\r\n\r\nx",
        "Message-ID of nonsense": b"Message-ID: <a\r\n b>\r\nReferences: \xff\xfe <c> <\r\n\r\nx",
        "100 mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 100,
        "200 multiparts in multiparts": b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(200)
        ),
    }
    for name, rest in parts.items():
        yield Mail(name, sender + b"X-Case: " + name.encode() + b"\r\n" + rest, (REFUSED,), WITHOUT)


def heavy() -> Iterator[Mail]:
    """Much of it."""
    days = [f"2024-{m:02d}-{d:02d}" for m in range(1, 3) for d in range(1, 29)]
    found = [(f"{d}.json", identified("finding", "east", d, cells={"narrative": d})) for d in days]
    yield Mail("56 returns", bytes(_mail("returns", *found)), (ACCEPTED,) * len(found))
    yield Mail(
        "81 files",
        bytes(_mail("files", *((f"{n}.txt", b"x") for n in range(81)))),
        (REFUSED,),
        ("mail-too-many",),
    )
    lines = base64.encodebytes(bytes(57)).replace(b"\n", b"\r\n") * (30 * 2**20 // 57)
    kind, shown = b"application/pdf", b'attachment; filename="a.pdf"'
    yield Mail("40 MB", _raw("large", shown, kind, lines), (REFUSED,), WITHOUT)
