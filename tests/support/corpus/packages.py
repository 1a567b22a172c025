"""Files that are no workbook, and archives that are damaged or strange."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import partial

from tests.support.corpus.case import (
    BOOK,
    BROKEN,
    LINKS,
    STRINGS,
    STYLES,
    TYPES,
    Case,
    Refused,
    Understood,
    Verdict,
    outset,
    packed,
    parts_of,
)
from tests.support.workbooks import SHEET1, rezipped

NO_WORKBOOK, MACROS = Refused("file-not-a-workbook"), Refused("workbook-has-macros")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def other_files() -> dict[str, tuple[bytes, Verdict]]:
    """What is sent instead of a workbook, by the same ending."""
    return {
        "nothing": (b"", Refused("file-empty")),
        "one byte": (b"P", NO_WORKBOOK),
        "eleven megabytes": (b"PK" + bytes(11 << 20), Refused("file-too-large", value="11.0")),
        "old xls of WPS": (_ole("Workbook"), Refused("file-is-xls")),
        "older xls": (_ole("Book"), Refused("file-is-xls")),
        "with password": (_ole("EncryptedPackage"), Refused("file-is-protected")),
        "pdf": (b"%PDF-1.7\n", NO_WORKBOOK),
        "jpeg": (b"\xff\xd8\xff\xe0" + bytes(99), NO_WORKBOOK),
        "program": (b"MZ" + bytes(99), NO_WORKBOOK),
        "csv": ("指标,本期数\n收集违法线索,7\n".encode(), NO_WORKBOOK),
        "csv in GBK": ("指标,本期数\n收集违法线索,7\n".encode("gb18030"), NO_WORKBOOK),
        "html saved as workbook": (b"<html><table><tr><td>7</td></tr></table></html>", NO_WORKBOOK),
        "xml of Excel 2003": (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', NO_WORKBOOK),
        "mht": (b"MIME-Version: 1.0\nContent-Type: multipart/related\n", NO_WORKBOOK),
        "rar": (b"Rar!\x1a\x07\x01\x00", NO_WORKBOOK),
        "7z": (b"7z\xbc\xaf\x27\x1c", NO_WORKBOOK),
        "gzip of the workbook": (b"\x1f\x8b\x08\x00" + outset(), NO_WORKBOOK),
        "ods": (packed({"mimetype": b"application/vnd.oasis", "content.xml": b"<x/>"}), NO_WORKBOOK),
        "docx": (packed({TYPES: b"<Types/>", "word/document.xml": b"<x/>"}), NO_WORKBOOK),
        "xlsb": (packed({TYPES: b"<Types/>", "xl/workbook.bin": b"\x83\x01"}), NO_WORKBOOK),
        "zip with the workbook in it": (packed({"表.xlsx": outset()}), NO_WORKBOOK),
        "empty zip": (packed({}), NO_WORKBOOK),
        "jar": (packed({"META-INF/MANIFEST.MF": b"x"}), NO_WORKBOOK),
        "only the head of a zip": (b"PK\x03\x04", BROKEN),
        "zeros after PK": (b"PK" + bytes(5000), BROKEN),
        "link to a share": (b"\\\\server\\share\\a.xlsx", NO_WORKBOOK),
        "lock file of Office": (b"\x06admin" + bytes(159), NO_WORKBOOK),
    }


def archives() -> dict[str, tuple[Callable[[], bytes], Verdict]]:
    """What may be wrong with the archive itself."""
    return {
        "path that climbs": (lambda: with_parts(**{"../../etc/passwd": b"x"}), Understood()),
        "absolute path": (lambda: with_parts(**{"/etc/passwd": b"x"}), Understood()),
        "path of Windows": (lambda: with_parts(**{"..\\..\\a.exe": b"MZ"}), Understood()),
        "name with NUL": (lambda: _renamed("docProps/app.xml", "docProps/a\0p.xml"), Understood()),
        "a part twice": (lambda: _twice(SHEET1), BROKEN),
        "a part twice but for case": (
            lambda: with_parts(**{"XL/Worksheets/Sheet1.xml": b"<worksheet/>"}),
            BROKEN,
        ),
        "bytes before it": (lambda: b"MZ" + bytes(500) + outset(), NO_WORKBOOK),
        "bytes behind it": (lambda: outset() + bytes(500), Understood()),
        "another archive behind it": (lambda: outset() + packed({"a": b"b"}), NO_WORKBOOK),
        "a comment": (lambda: _commented(b"\xbf\xaa" * 100), Understood()),
        "unknown method": (lambda: _patched(8, 10, struct.pack("<H", 99)), BROKEN),
        "encrypted parts": (_encrypted, Refused("file-is-protected")),
        "stored, not deflated": (lambda: packed(parts_of(outset()), zipfile.ZIP_STORED), Understood()),
        "folders listed": (lambda: with_parts(**{"xl/": b"", "xl/worksheets/": b""}), Understood()),
        "one byte of the sheet wrong": (_flipped, BROKEN),
        "checksum wrong": (_wrong_sum, BROKEN),
        "half of it": (lambda: outset()[: len(outset()) // 2], BROKEN),
        "without its last byte": (lambda: outset()[:-1], BROKEN),
        "without its list": (lambda: outset()[: outset().rindex(b"PK\x01\x02")], BROKEN),
        "twice behind each other": (lambda: outset() + outset(), Understood()),
        "sheet missing": (lambda: _without(SHEET1), BROKEN),
        "list of sheets missing": (lambda: _without(LINKS), BROKEN),
        "book missing": (lambda: _without(BOOK), NO_WORKBOOK),
        "types missing": (lambda: _without(TYPES), NO_WORKBOOK),
        "strings missing": (lambda: _without(STRINGS), BROKEN),
        "styles missing": (lambda: _without(STYLES), Understood()),
        "theme and properties missing": (
            lambda: _without("xl/theme/theme1.xml", "docProps/app.xml", "docProps/core.xml"),
            Understood(),
        ),
        "macros": (lambda: with_parts(**{"xl/vbaProject.bin": b"x"}), MACROS),
        "macros in capitals": (
            lambda: with_parts(**{"XL/VBAPROJECT.BIN": b"x"}),
            MACROS,
        ),
        "macro sheet": (
            lambda: with_parts(**{"xl/macrosheets/sheet1.xml": b"<x/>"}),
            MACROS,
        ),
        "xlsm renamed": (
            lambda: rezipped(outset(), TYPES, rb"spreadsheetml\.sheet\.main", b"macroEnabled.main"),
            MACROS,
        ),
    }


def cases() -> Iterator[Case]:
    """All of them."""
    for name, (data, verdict) in other_files().items():
        yield Case("no workbook", name, partial(bytes, data), verdict)
    for name, (make, verdict) in archives().items():
        yield Case("archive", name, make, verdict)


def _ole(stream: str) -> bytes:
    return OLE + bytes(600) + stream.encode("utf-16-le") + bytes(400)


def with_parts(**more: bytes) -> bytes:
    """The outset with more in it."""
    return packed({**parts_of(outset()), **more})


def _without(*names: str) -> bytes:
    return packed({n: p for n, p in parts_of(outset()).items() if n not in names})


def _renamed(old: str, new: str) -> bytes:
    return outset().replace(old.encode(), new.encode())


def _twice(name: str) -> bytes:
    out = io.BytesIO(outset())
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, b"<worksheet/>")
    return out.getvalue()


def _commented(comment: bytes) -> bytes:
    out = io.BytesIO(outset())
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = comment
    return out.getvalue()


def _encrypted() -> bytes:
    return _patched(6, 8, struct.pack("<H", 1))


def _patched(local: int, listed: int, value: bytes) -> bytes:
    """The same two bytes overwritten in each head of an entry, and in the archive's list."""
    data = bytearray(outset())
    for mark, offset in ((b"PK\x03\x04", local), (b"PK\x01\x02", listed)):
        for found in re.finditer(re.escape(mark), outset()):
            data[found.start() + offset : found.start() + offset + 2] = value
    return bytes(data)


def _flipped() -> bytes:
    data = bytearray(outset())
    with zipfile.ZipFile(io.BytesIO(outset())) as archive:
        data[archive.getinfo(SHEET1).header_offset + 200] ^= 0xFF
    return bytes(data)


def _wrong_sum() -> bytes:
    data = bytearray(outset())
    data[data.index(b"PK\x01\x02") + 16] ^= 0xFF
    return bytes(data)
