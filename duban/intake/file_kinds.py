"""What a file is, by its first bytes and its name together. Nothing of it is ever opened or run."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath

EXTENSIONS: dict[str, frozenset[str]] = {
    "document": frozenset({"docx", "doc", "pdf", "wps", "ofd", "txt"}),
    "sheet": frozenset({"xlsx", "xls", "et", "csv"}),
    "image": frozenset({"jpg", "jpeg", "png", "gif", "bmp", "webp", "tif", "tiff", "heic", "heif"}),
    "video": frozenset({"mp4", "m4v", "mov", "3gp", "avi", "mkv", "webm", "flv", "wmv", "mpg", "mpeg"}),
}
"""Kinds as plans name them."""
HARMFUL = frozenset({
    "exe", "com", "scr", "pif", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta",
    "msi", "msp", "dll", "sys", "cpl", "lnk", "jar", "apk", "sh", "run", "bin", "app", "dmg", "pkg",
    "deb", "rpm", "py", "pl", "rb", "php", "reg", "inf", "docm", "dotm", "xlsm", "xltm", "xlsb",
    "xlam", "pptm", "ppam", "sldm", "svg", "html", "htm", "mht", "mhtml", "url",
})  # fmt: skip
"""What runs, or carries what runs, when somebody opens it."""

PART = b"PK\x01\x02"
"""Begins each entry of an archive's list."""
MOST_PARTS = 20_000
"""An archive that lists more is made to keep somebody busy: only reading its list takes seconds."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROGRAMS = (
    b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe",
    b"L\0\0\0\x01\x14\x02\0", b"dex\n",
)  # fmt: skip
MACROS = "_VBA_PROJECT".encode("utf-16-le")
IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"BM")
VIDEOS = (b"\x1aE\xdf\xa3", b"FLV\x01", b"0&\xb2u\x8ef\xcf\x11", b"\0\0\x01\xba", b"\0\0\x01\xb3")
STILLS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")
"""Brands of the container that holds a picture and not a film."""
PARTS = {"word/document.xml": "document", "xl/workbook.xml": "sheet", "OFD.xml": "document"}


def extension(name: str) -> str:
    """What a file's name ends with, in small letters and without the dot. Windows drops dots and blanks
    behind it, and we what cannot be printed."""
    shown = "".join(c for c in name.replace("\\", "/") if c.isprintable()).rstrip(". ")
    return PurePosixPath(shown).suffix.lower().removeprefix(".")


def plain_name(name: str) -> str:
    """A file's name as it may be shown: without folders and control characters, and not at any length."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(c for c in last if c.isprintable())
    return shown if len(shown) <= 120 else f"{shown[:100]}….{extension(shown)[:10]}"


def is_harmful(name: str, data: bytes) -> bool:
    """Whether it could run: a program, a script, an office file with macros; or do harm by being read."""
    if extension(name) in HARMFUL or data.startswith(PROGRAMS):
        return True
    if data.startswith(OLE):
        return MACROS in data
    if data.count(PART) > MOST_PARTS:
        return True
    return any(part.lower().endswith("vbaproject.bin") for part in _parts(data))


def kind_of(name: str, data: bytes) -> str | None:
    """`document`, `sheet`, `image` or `video`; None where it is none of these, or its name says another."""
    kind = _by_content(data, extension(name))
    return kind if kind is not None and extension(name) in EXTENSIONS[kind] else None


def _by_content(data: bytes, ending: str) -> str | None:
    if data.startswith(b"%PDF-"):
        return "document"
    if data.startswith(OLE):  # one container for all older office files
        return "sheet" if ending in ("xls", "et") else "document"
    if data.startswith(b"PK"):
        parts = frozenset(_parts(data))
        return next((kind for part, kind in PARTS.items() if part in parts), None)
    if data.startswith(IMAGES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return "image"
    if data[4:8] == b"ftyp":
        return "image" if data[8:12] in STILLS else "video"
    if data.startswith(VIDEOS) or (data[:4] == b"RIFF" and data[8:12] == b"AVI "):
        return "video"
    if ending in ("txt", "csv") and _is_text(data):
        return "document" if ending == "txt" else "sheet"
    return None


def _is_text(data: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        try:
            return "\0" not in data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return False


def _parts(data: bytes) -> list[str]:
    """Names of an archive's parts; nothing is inflated."""
    if not data.startswith(b"PK") or data.count(PART) > MOST_PARTS:
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return []
