"""Files that come with the harbour's summary: cases (documents), decisions (one each), pictures."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from duban.intake.attachments import EACH, MOST, TOGETHER, Attached
from tests.support.corpus.case import outset, packed
from tests.support.harbour import CASES, PDF, PNG
from tests.support.workbooks import rezipped

JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOCX = packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"})
DOCM = packed({"word/document.xml": b"<x/>", "word/vbaProject.bin": b"x"})
HARMFUL, KIND, EMPTY = "attachment-harmful", "attachment-wrong-kind", "attachment-empty"
UNKNOWN, FEW = "attachment-unknown", "attachments-too-few"


@dataclass(frozen=True)
class Bundle:
    """Files beside a good form, and the codes of all that is wrong with them; none where it is taken."""

    name: str
    files: tuple[Attached, ...]
    codes: tuple[str, ...] = ()
    shown: str = ""
    """The name by which the last file is told of."""


PICTURES: dict[str, tuple[str, bytes, str]] = {
    "png": ("照片.png", PNG, ""),
    "jpeg": ("照片.JPG", JPEG, ""),
    "film": ("现场.mp4", b"\0\0\0\x18ftypisom" + bytes(60), ""),
    "picture of a phone": ("照片.heic", b"\0\0\0\x18ftypheic" + bytes(60), ""),
    "empty": ("照片.png", b"", EMPTY),
    "21 MB": ("照片.jpg", JPEG + bytes(EACH), "attachment-too-large"),
    "program as picture": ("照片.jpg", b"MZ" + bytes(60), HARMFUL),
    "program of Linux as picture": ("照片.jpg", b"\x7fELF" + bytes(60), HARMFUL),
    "script as picture": ("照片.jpg", b"#!/bin/sh\nrm -rf /\n", HARMFUL),
    "shortcut as picture": ("照片.jpg", b"L\0\0\0\x01\x14\x02\0" + bytes(60), HARMFUL),
    "picture named as program": ("照片.exe", JPEG, HARMFUL),
    "two endings": ("照片.jpg.exe", JPEG, HARMFUL),
    "program with blanks before its ending": ("照片.jpg      .scr", JPEG, HARMFUL),
    "ending in capitals": ("照片.EXE", JPEG, HARMFUL),
    "ending with a full stop": ("照片.exe.", JPEG, HARMFUL),
    "ending with a blank": ("照片.exe ", JPEG, HARMFUL),
    "ending with what is not seen": ("照片.exe\u200b", JPEG, HARMFUL),
    "batch file": ("run.bat", b"@echo off\r\n", HARMFUL),
    "PowerShell": ("run.ps1", b"Get-Item", HARMFUL),
    "svg": ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", HARMFUL),
    "svg named png": ("图.png", b"<svg><script>alert(1)</script></svg>", KIND),
    "html": ("图.html", b"<script>alert(1)</script>", HARMFUL),
    "html named jpg": ("图.jpg", b"<html><script>alert(1)</script></html>", KIND),
    "gif and page at once": ("图.gif", b"GIF89a/*<script>alert(1)</script>*/", ""),
    "page of the web saved": ("图.mht", b"MIME-Version: 1.0", HARMFUL),
    "link file": ("图.url", b"[InternetShortcut]", HARMFUL),
    "document among pictures": ("文.pdf", PDF, KIND),
    "zip": ("照片.zip", packed({"a.jpg": JPEG}), KIND),
    "zip bomb": ("照片.zip", packed({"a": bytes(8 << 20)}), KIND),
    "zip in a picture's name": ("照片.jpg", packed({"a": b"a"}), KIND),
    "picture and zip at once": ("照片.jpg", JPEG + packed({"a.exe": b"MZ"}), ""),
    "picture named as document": ("照片.pdf", JPEG, KIND),
    "no ending": ("照片", PNG, KIND),
    "only an ending": (".png", PNG, KIND),
    "archive of 30,000 parts": ("照片.docx", b"PK\x03\x04" + b"PK\x01\x02" * 30_000, HARMFUL),
    "archive with a broken list": ("照片.docx", b"PK\x03\x04" + bytes(99), KIND),
    "text of zeros": ("照片.txt", bytes(99), KIND),
}
CASES_OF: dict[str, tuple[str, bytes, str]] = {
    "docx": ("案.docx", DOCX, ""),
    "doc": ("案.doc", OLE + bytes(600), ""),
    "text": ("案.txt", "甲案".encode(), ""),
    "text in GBK": ("案.txt", "甲案".encode("gbk"), ""),
    "pdf": ("案.pdf", PDF, ""),
    "pdf and page at once": ("案.pdf", PDF + b"<script>alert(1)</script>", ""),
    "docm": ("案.docm", DOCM, HARMFUL),
    "docm named docx": ("案.docx", DOCM, HARMFUL),
    "doc with macros": ("案.doc", OLE + bytes(600) + "_VBA_PROJECT".encode("utf-16-le"), HARMFUL),
    "workbook as document": ("案.docx", packed({"xl/workbook.xml": b"<x/>"}), KIND),
    "docx named pdf": ("案.pdf", DOCX, ""),
    "xlsm": ("案.xlsm", packed({"xl/workbook.xml": b"<x/>"}), HARMFUL),
    "xlsx with macros": ("案.docx", rezipped(outset(), xl__vbaProject_bin=b"x"), HARMFUL),
    "text that is binary": ("案.txt", b"\xff\xff\xff", KIND),
    "rtf": ("案.rtf", b"{\\rtf1}", KIND),
}
NAMES: dict[str, tuple[str, str]] = {
    "path": ("../../etc/照片.png", "照片.png"),
    "path of Windows": ("C:\\temp\\照片.png", "照片.png"),
    "absolute path": ("/etc/passwd/照片.png", "照片.png"),
    "NUL": ("照\0片.png", "照片.png"),
    "line feed": ("照\n片.png", "照片.png"),
    "header smuggled": ("照片\r\nSet-Cookie: a.png", "照片Set-Cookie: a.png"),
    "right-to-left override": ("照片\u202egnp.png", "照片gnp.png"),
    "300 characters": ("长" * 300 + ".png", "长" * 100 + "….png"),
    "5,000 characters of an ending": ("a." + "b" * 5000 + ".png", ""),
    "lone surrogate": ("照\ud800片.png", "照片.png"),
    "quotation marks": ("照\"片'.png", "照\"片'.png"),
    "markup": ("<img src=x>.png", "<img src=x>.png"),
    "template": ("{{7*7}}.png", "{{7*7}}.png"),
    "emoji": ("👍.png", "👍.png"),
    "blanks": ("   .png", "   .png"),
    "device of Windows": ("CON.png", "CON.png"),
}


def bundles() -> Iterator[Bundle]:
    """All of them, each beside the four documents that the summary needs."""
    for name, (file, data, code) in PICTURES.items():
        yield Bundle(f"picture: {name}", (*CASES, Attached("pictures", file, data)), (code,) if code else ())
    for name, (file, data, code) in CASES_OF.items():
        others = tuple(c for c in CASES if c.file_name != "乙案.pdf")
        codes = (code,) if code else ()
        yield Bundle(f"document: {name}", (*others, Attached("cases", file, data)), codes)
    for name, (file, shown) in NAMES.items():
        yield Bundle(f"name: {name}", (*CASES, Attached("pictures", file, PNG)), shown=shown)
    yield from _together()


def _together() -> Iterator[Bundle]:
    picture = Attached("pictures", "照片.png", PNG)
    yield Bundle("80 pictures", (*CASES, *(picture for _ in range(80))))
    yield Bundle("201 files", (*CASES, *(picture for _ in range(MOST - 3))), ("attachments-too-large",))
    halves = (Attached("pictures", f"{n}.jpg", JPEG + bytes(EACH - 99)) for n in range(TOGETHER // EACH + 1))
    yield Bundle("60 MB", (*CASES, *halves), ("attachments-too-large",))
    yield Bundle("none", (), (FEW,))
    yield Bundle("one case twice", (CASES[0], CASES[0], *CASES[2:]), (FEW,))
    yield Bundle("a decision short", CASES[:3], (FEW,))
    yield Bundle("a kind nobody asked for", (*CASES, Attached("secrets", "x.pdf", PDF)), (UNKNOWN,))
    yield Bundle("kind of 5,000 characters", (*CASES, Attached("k" * 5000, "x.pdf", PDF)), (UNKNOWN,))
    yield Bundle("kind with a path", (*CASES, Attached("../cases", "x.pdf", PDF)), (UNKNOWN,))
    yield Bundle("nested zips as document", (*CASES, Attached("pictures", "a.zip", _nested())), (KIND,))


def _nested(depth: int = 40) -> bytes:
    data = b"x"
    for _ in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.zip", data)
        data = out.getvalue()
    return data
