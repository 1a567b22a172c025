"""Stops a hostile or unreadable file before any workbook library sees it (FACTS, Workbooks).

Bounds are on what a parser would have to do: bytes inflated, cells reached, strings reserved.
What still gets through meets a worker process that may die (reader.py).
"""

from __future__ import annotations

import io
import os
import re
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from xml.parsers.expat import ExpatError

from duban.errors import SubmissionInvalid
from duban.intake.formats import misleading_styles
from duban.intake.refusal import refusal, refused
from duban.intake.sheets import sheet_parts, too_large
from duban.intake.survey import AREA, Survey, survey

MEGABYTE = 2**20
FILE = 10 * MEGABYTE
INFLATED = 60 * MEGABYTE
RATIO = 100
"""Office text deflates 5 to 30 times; only parts above a megabyte are held to this, and files above four."""
ENTRIES = 500
LISTED = b"PK\x01\x02"
"""Begins each entry of an archive's list, which is read as a whole."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What office programs use; others may reserve what they state."""
STRINGS = 100_000
SLOPPY = 1000
"""A string count this small is harmless to reserve, so a careless program's is let pass."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
"""No office program writes it, and what we look for below would not be seen in it."""
STRING_ITEM = re.compile(rb"<(?:\w+:)?si[\s/>]")
STRING_COUNT = re.compile(rb"""\b(?:uniqueC|c)ount\s*=\s*["'](\d{1,19})""")
UNIQUE_COUNT = re.compile(rb"""\buniqueCount\s*=\s*["'](\d{1,19})""")
STRING_TABLE = re.compile(rb"<(?:\w+:)?sst\b[^<>]*>")
RECALCULATES = re.compile(rb"""fullCalcOnLoad\s*=\s*["'](?:1|true)["']""")


LIGHT = 4 * MEGABYTE // RATIO
"""What is no larger inflates to four megabytes at most, so that many may be read at once."""
_heavy = threading.Lock()


@contextmanager
def in_turn(data: bytes) -> Iterator[None]:
    """One large file at a time is opened and read, however many threads take files in."""
    if len(data) <= LIGHT:
        yield
        return
    with _heavy:
        yield


def _forget() -> None:
    """A forked child has not the thread that would release it."""
    global _heavy
    _heavy = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


@dataclass(frozen=True)
class Package:
    """A workbook's parts after the guard let them through."""

    parts: dict[str, bytes]
    surveys: dict[str, Survey]
    """By part name, of those that hold cells."""
    sheets: dict[str, str]
    """Part names by the names of their sheets."""


def guard(data: bytes, file_name: str) -> None:
    """Let a fit workbook pass; SubmissionInvalid with the one reason otherwise."""
    unpack(data, file_name)


def unpack(data: bytes, file_name: str) -> Package:
    """Guard a workbook and keep what had to be inflated to do so."""
    try:
        return _unpacked(data)
    except SubmissionInvalid as error:
        raise refused(error.problems, file_name) from error


def bounded(data: bytes, limit: int = FILE) -> None:
    """Refuse an empty or too large file, whatever it holds."""
    if not data:
        raise refusal("file-empty")
    if len(data) > limit:
        raise refusal("file-too-large", f"{len(data) / MEGABYTE:.1f}", limit=limit // MEGABYTE)


def _unpacked(data: bytes) -> Package:
    bounded(data)
    if data.startswith(OLE):
        raise refusal("file-is-protected" if ENCRYPTED in data else "file-is-xls")
    if not data.startswith(b"PK"):
        raise refusal("file-not-a-workbook")
    parts = _inflate(data)
    if "[Content_Types].xml" not in parts or "xl/workbook.xml" not in parts:
        raise refusal("file-not-a-workbook")
    _no_macros(parts)
    for part in parts.values():
        if part.startswith(UTF_16):
            raise refusal("workbook-broken")
        if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise refusal("workbook-has-doctype")
    _strings(parts)
    surveys, sheets = _surveys(parts), sheet_parts(parts)
    if sum(surveys[part].area for part in sheets.values() if part in surveys) > AREA:
        raise too_large()
    return Package(parts, surveys, sheets)


def _inflate(data: bytes) -> dict[str, bytes]:
    if data.count(LISTED) > 2 * ENTRIES:
        raise refusal("workbook-inflates", "", limit=INFLATED // MEGABYTE)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [i for i in archive.infolist() if not i.is_dir()]
            _bounded_entries(entries, len(data))
            return {i.filename: archive.read(i) for i in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise refusal("workbook-broken") from error


def _bounded_entries(entries: list[zipfile.ZipInfo], size: int) -> None:
    # zipfile never reads past the size an entry states, and checks the sum of what it read
    inflated = sum(i.file_size for i in entries)
    swollen = [i for i in entries if i.file_size > max(MEGABYTE, RATIO * i.compress_size)]
    swollen_together = inflated > max(4 * MEGABYTE, RATIO * size)
    if len(entries) > ENTRIES or inflated > INFLATED or swollen or swollen_together:
        raise refusal("workbook-inflates", f"{inflated / MEGABYTE:.0f}", limit=INFLATED // MEGABYTE)
    if any(i.flag_bits & 1 for i in entries):
        raise refusal("file-is-protected")
    doubled = len({i.filename.lower() for i in entries}) < len(entries)
    # readers differ in which of two parts with one name they take
    if doubled or any(i.compress_type not in METHODS for i in entries):
        raise refusal("workbook-broken")


def _no_macros(parts: dict[str, bytes]) -> None:
    macro_parts = ("vbaproject.bin", "vbadata.xml")
    named = any(n.lower().endswith(macro_parts) or "macrosheets/" in n.lower() for n in parts)
    if named or b"macroEnabled" in parts["[Content_Types].xml"]:
        raise refusal("workbook-has-macros")


def _strings(parts: dict[str, bytes]) -> None:
    for part in parts.values():
        table = STRING_TABLE.search(part)
        if table is None:
            continue
        if b"<!--" in part or b"<![CDATA[" in part:
            raise refusal("workbook-broken")  # of a text with either, readers take different parts
        real = _count(STRING_ITEM.finditer(part))
        stated = _largest(STRING_COUNT, table.group())
        if max(real, stated) > STRINGS or _largest(UNIQUE_COUNT, table.group()) > max(real, SLOPPY):
            raise too_large()


def _count(found: Iterable[object]) -> int:
    return sum(1 for _ in islice(found, STRINGS + 1))


def _largest(number: re.Pattern[bytes], tag: bytes) -> int:
    return max((int(m[1]) for m in islice(number.finditer(tag), ENTRIES)), default=0)


def _surveys(parts: dict[str, bytes]) -> dict[str, Survey]:
    """A survey of every part that could be a worksheet, whatever it is called."""
    recalculates = RECALCULATES.search(parts["xl/workbook.xml"]) is not None
    sheets = {name: part for name, part in parts.items() if b"sheetData" in part}
    misleading = misleading_styles(parts.get("xl/styles.xml", b""))
    try:
        return {name: survey(part, recalculates, misleading) for name, part in sheets.items()}
    except (ExpatError, ValueError) as error:  # ValueError: an encoding that expat does not know
        raise refusal("workbook-broken") from error
