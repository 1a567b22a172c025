"""Files made to do harm, or sent by mistake."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from collections.abc import Iterator

import pytest

from duban.errors import SubmissionInvalid
from duban.intake import reader
from tests.support.workbooks import SHEET1, filled, problems, read, rezipped

DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
FAR = b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
MERGES = b"<mergeCells>" + b'<mergeCell ref="A1:B1"/>' * 2001


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    reader.close()


def hostile() -> dict[str, tuple[str, bytes]]:
    """Name → (expected code, file)."""
    good = filled()
    strings = "xl/sharedStrings.xml"
    return {
        "empty": ("file-empty", b""),
        "eleven megabytes": ("file-too-large", b"PK" + bytes(11 * 2**20)),
        "old xls": ("file-is-xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        "with password": (
            "file-is-protected",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        ),
        "a pdf": ("file-not-a-workbook", b"%PDF-1.7"),
        "another archive": ("file-not-a-workbook", rezipped(_zip(), a_txt=b"a")),
        "cut short": ("workbook-broken", good[: len(good) // 2]),
        "one byte wrong": ("workbook-broken", _flipped(good)),
        "sheet not xml": ("workbook-broken", rezipped(good, SHEET1, rb"</sheetData>", b"</sheetData")),
        "bomb": ("workbook-inflates", rezipped(good, x_bin=bytes(30 * 2**20))),
        "many parts": ("workbook-inflates", rezipped(good, **{f"x{n}_bin": b"x" for n in range(600)})),
        "macro": ("workbook-has-macros", rezipped(good, xl__vbaProject_bin=b"x")),
        "macro sheet": ("workbook-has-macros", rezipped(good, xl__macrosheets__sheet1_xml=b"<x/>")),
        "doctype": ("workbook-has-doctype", rezipped(good, SHEET1, rb"(?s)^.*?<worksheet", DOCTYPE)),
        "last cell": ("workbook-too-large", rezipped(good, SHEET1, rb"<sheetData>", FAR)),
        "false dimension": (
            "workbook-too-large",
            rezipped(good, SHEET1, rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"'),
        ),
        "too many elements": (
            "workbook-too-large",
            rezipped(good, SHEET1, rb"<sheetData>", b"<sheetData>" + _rows(600_000)),
        ),
        "in utf-16": ("workbook-broken", rezipped(good, SHEET1, rb"(?s)^.*$", _utf16(good))),
        "giant merge": (
            "workbook-too-large",
            rezipped(good, SHEET1, rb'<mergeCell ref="[^"]*"', b'<mergeCell ref="A1:XFD1048576"'),
        ),
        "many merges": ("workbook-too-large", rezipped(good, SHEET1, rb"<mergeCells[^>]*>", MERGES)),
        "false count": (
            "workbook-too-large",
            rezipped(good, strings, rb'uniqueCount="\d+"', b'uniqueCount="4294967295"'),
        ),
        "false but smaller count": (
            "workbook-too-large",
            rezipped(good, strings, rb'uniqueCount="\d+"', b"uniqueCount='99999'"),
        ),
    }


def _rows(count: int) -> bytes:
    return b"".join(b'<row r="%d"/>' % n for n in range(1, count + 1))


def _utf16(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(SHEET1).decode().replace("UTF-8", "UTF-16").encode("utf-16")


def _zip() -> bytes:
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    return out.getvalue()


def _flipped(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        at = archive.getinfo(SHEET1).header_offset + 200
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_guard_stops(name: str) -> None:
    code, data = HOSTILE[name]
    began = time.process_time()
    assert [p.code for p in problems(data)] == [code]
    assert time.process_time() - began < 2


def test_two_parts_of_one_name_are_refused() -> None:
    out = io.BytesIO(filled())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(SHEET1, b"<worksheet/>")
    assert [p.code for p in problems(out.getvalue())] == ["workbook-broken"]


def test_what_kills_the_reader_kills_only_the_worker() -> None:
    for name in ("last cell", "false count", "cut short"):
        with pytest.raises(SubmissionInvalid) as caught:
            reader.read_sheets(HOSTILE[name][1])
        assert caught.value.problems[0].code == "workbook-broken"
        assert read(filled(clues=1)).cells["clues"] == 1


def test_a_reader_that_takes_too_long_is_ended_and_replaced() -> None:
    reader.close()  # so that the file waits for a new worker, which takes some 20 ms to start
    with pytest.raises(SubmissionInvalid):
        reader.read_sheets(filled(), seconds=0.0)
    assert "填报" in reader.read_sheets(filled())


def test_threads_that_read_at_once_get_each_their_own_file() -> None:
    found: dict[int, int] = {}

    def work(number: int) -> None:
        found[number] = read(filled(clues=number)).cells["clues"]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: n for n in range(16)}


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    out = io.BytesIO(filled())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/x.bin", bytes(50 * 2**20))
    data = out.getvalue()
    lying = data.replace((50 * 2**20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert [p.code for p in problems(lying)] == ["workbook-broken"]
