"""What may lie in a drop folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.corpus.case import packed
from tests.support.doors import identified
from tests.support.harbour import PDF, SIGNED, form

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@cache
def good() -> bytes:
    """A station's return for January."""
    return form("hazards", "west", "2024-01", values={"visits": 3}, signed=SIGNED)


@dataclass(frozen=True)
class Drop:
    """How files are laid, and what becomes of each return that is taken up."""

    name: str
    lay: Callable[[Path], None]
    verdicts: tuple[str, ...]
    problems: tuple[str, ...] = ()


def _put(place: str | bytes, data: bytes = b"") -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        path = root / os.fsdecode(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data or good())

    return lay


def _all(*parts: Callable[[Path], None]) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        for part in parts:
            part(root)

    return lay


def _link(place: str, target: str) -> Callable[[Path], None]:
    return lambda root: (root / place).symlink_to(target)


def _socket(root: Path) -> None:
    # a socket's path may have 107 bytes
    before = os.getcwd()
    os.chdir(root)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("s.xlsx")
    finally:
        os.chdir(before)


def _sparse(place: str, size: int) -> Callable[[Path], None]:
    def lay(root: Path) -> None:
        with open(root / place, "wb") as stream:
            stream.truncate(size)

    return lay


def _hard(root: Path) -> None:
    _put("表.xlsx")(root)
    os.link(root / "表.xlsx", root / "表2.xlsx")


ACCEPTED, REFUSED = ("accepted",), ("refused",)
DROPS = [
    Drop("a return", _put("表.xlsx"), ACCEPTED),
    Drop("deep below", _put("a/" * 10 + "表.xlsx"), ACCEPTED),
    Drop("too deep below", _put("a/" * 14 + "表.xlsx"), ()),
    Drop("500 deep", _put("a/" * 500 + "表.xlsx"), ()),
    Drop("line feed in the name", _put("表\n二.xlsx"), ACCEPTED),
    Drop("control characters in the name", _put("表\x1b[31m.xlsx"), ACCEPTED),
    Drop("name running backwards", _put("表\u202exslx.xlsx"), ACCEPTED),
    Drop("name of 250 bytes", _put("a" * 245 + ".xlsx"), ACCEPTED),
    Drop("name in GBK", _put("月报.xlsx".encode("gbk")), ACCEPTED),
    Drop("name of broken bytes", _put(b"\xff\xfe\xfd.xlsx"), ACCEPTED),
    Drop("name with quotation marks", _put("'\"`$(id)`.xlsx"), ACCEPTED),
    Drop("name of a folder of ours", _put("accepted.xlsx"), ACCEPTED),
    Drop("name like an option", _put("-rf.xlsx"), ACCEPTED),
    Drop("name with emoji", _put("👍.xlsx"), ACCEPTED),
    Drop("ending in capitals", _put("表.XLSX"), ACCEPTED),
    Drop(
        "as JSON",
        _put("表.json", identified("finding", "west", "2024-02-01", cells={"narrative": "x"})),
        ACCEPTED,
    ),
    Drop("link to a file", _link("表.xlsx", "/etc/passwd"), ()),
    Drop("link to nothing", _link("表.xlsx", "nowhere"), ()),
    Drop("link to itself", _link("表.xlsx", "表.xlsx"), ()),
    Drop("link to the folder", _link("again", "."), ()),
    Drop("link to the root", _link("again", "/"), ()),
    Drop(
        "link among attachments",
        _all(_put("表.xlsx"), _put("表/x.pdf", PDF), lambda r: (r / "表/y.pdf").symlink_to("/etc/passwd")),
        REFUSED,
        ("attachment-unknown",),
    ),
    Drop("pipe", lambda root: os.mkfifo(root / "表.xlsx"), ()),
    Drop(
        "pipe among attachments",
        _all(_put("表.xlsx"), _put("表/x.pdf", PDF), lambda r: os.mkfifo(r / "表/y.pdf")),
        REFUSED,
        ("attachment-unknown",),
    ),
    Drop("socket", _socket, ()),
    Drop("the same file by two names", _hard, ("accepted", "accepted")),
    Drop("empty", _sparse("表.xlsx", 0), REFUSED, ("file-empty",)),
    Drop("a gigabyte of nothing", _sparse("表.xlsx", 1 << 30), REFUSED, ("file-too-large",)),
    Drop(
        "attachments of 60 MB",
        _all(_put("表.xlsx"), _put("表/x", b"x"), lambda r: _sparse("表/y", 60 << 20)(r)),
        REFUSED,
        ("attachments-too-large",),
    ),
    Drop(
        "300 attachments",
        _all(_put("表.xlsx"), *(_put(f"表/{n}", b"x") for n in range(300))),
        REFUSED,
        ("attachments-too-large",),
    ),
    Drop("still written: part", _put("表.xlsx.part"), ()),
    Drop("still written: crdownload", _put("表.xlsx.crdownload"), ()),
    Drop("lock file of Office", _put("~$表.xlsx", b"x"), ()),
    Drop("hidden", _put(".表.xlsx"), ()),
    Drop("in a hidden folder", _put(".git/表.xlsx"), ()),
    Drop(
        "left by systems",
        _all(_put("Thumbs.db", b"x"), _put("desktop.ini", b"x"), _put(".DS_Store", b"x")),
        (),
    ),
    Drop("old workbook", _put("表.xls", OLE), REFUSED, ("file-is-xls",)),
    Drop(
        "bomb",
        _put("表.xlsx", packed({"[Content_Types].xml": b"", "a": bytes(30 << 20)})),
        REFUSED,
        ("workbook-inflates",),
    ),
    Drop("zip", _put("表.zip", packed({"表.xlsx": b"x"})), REFUSED, ("file-not-a-workbook",)),
    Drop("picture", _put("表.jpg", b"\xff\xd8\xff"), REFUSED, ("file-not-a-workbook",)),
    Drop("nobody's", _put("表.json", b"{}"), REFUSED, ("identity-missing",)),
    Drop("nobody's unit", _put("表.json", identified("hazards", "x", "2024-01")), REFUSED, ("unknown-unit",)),
    Drop(
        "nobody's campaign",
        _put("表.json", identified("x", "y", campaign="../x")),
        REFUSED,
        ("campaign-not-known",),
    ),
    Drop("a folder named as a workbook", lambda root: (root / "表.xlsx").mkdir(), ()),
    Drop(
        "a thousand returns of nobody",
        _all(*(_put(f"{n}.json", b"{}") for n in range(1000))),
        REFUSED * 1000,
        ("identity-missing",),
    ),
]
