"""Stops a hostile or unreadable file before any workbook library sees it (FACTS, Workbooks).

Bounds are on what a parser would have to do: bytes inflated, cells reached, strings reserved.
What still gets through meets a worker process that may die (reader.py).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from duban.errors import SubmissionInvalid
from duban.intake.refusal import refusal, refused
from duban.intake.sheets import Survey, survey

MEGABYTE = 2**20
FILE = 10 * MEGABYTE
INFLATED = 60 * MEGABYTE
RATIO = 100
"""Office text deflates 5 to 30 times; only parts above a megabyte are held to this."""
ENTRIES = 500
STRINGS = 100_000
SLOPPY = 1000
"""A string count this small is harmless to reserve, so a careless program's is let pass."""

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
"""No office program writes it, and what we look for below would not be seen in it."""
STRING_ITEM = re.compile(rb"<(?:\w+:)?si[\s/>]")
STRING_COUNT = re.compile(rb"""\b(?:uniqueC|c)ount\s*=\s*["'](\d+)["']""")
STRING_TABLE = re.compile(rb"<(?:\w+:)?sst\b[^<>]*>")
RECALCULATES = re.compile(rb"""fullCalcOnLoad\s*=\s*["'](?:1|true)["']""")


@dataclass(frozen=True)
class Package:
    """A workbook's parts after the guard let them through."""

    parts: dict[str, bytes]
    surveys: dict[str, Survey]
    """By part name, of those that hold cells."""


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
    return Package(parts, _surveys(parts))


def _inflate(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [i for i in archive.infolist() if not i.is_dir()]
            _bounded_entries(entries)
            return {i.filename: archive.read(i) for i in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise refusal("workbook-broken") from error


def _bounded_entries(entries: list[zipfile.ZipInfo]) -> None:
    # zipfile never reads past the size an entry states, and checks the sum of what it read
    inflated = sum(i.file_size for i in entries)
    swollen = [i for i in entries if i.file_size > max(MEGABYTE, RATIO * i.compress_size)]
    if len(entries) > ENTRIES or inflated > INFLATED or swollen:
        raise refusal("workbook-inflates", f"{inflated / MEGABYTE:.0f}", limit=INFLATED // MEGABYTE)
    if any(i.flag_bits & 1 for i in entries):
        raise refusal("file-is-protected")
    if len({i.filename.lower() for i in entries}) < len(entries):
        # readers differ in which of two parts with one name they take
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
        real = len(STRING_ITEM.findall(part))
        stated = [int(n) for n in STRING_COUNT.findall(table.group())]
        unique = [int(n) for n in re.findall(rb"""uniqueCount\s*=\s*["'](\d+)""", table.group())]
        if max([real, *stated]) > STRINGS or any(n > max(real, SLOPPY) for n in unique):
            raise refusal("workbook-too-large", limit_rows=Survey.ROWS, limit_columns=Survey.COLUMNS)


def _surveys(parts: dict[str, bytes]) -> dict[str, Survey]:
    """A survey of every part that could be a worksheet, whatever it is called."""
    recalculates = RECALCULATES.search(parts["xl/workbook.xml"]) is not None
    sheets = {name: part for name, part in parts.items() if b"sheetData" in part}
    try:
        return {name: survey(part, recalculates) for name, part in sheets.items()}
    except ExpatError as error:
        raise refusal("workbook-broken") from error
