"""Small files that would become large, or keep somebody busy."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator

from tests.support.corpus.case import (
    BOOK,
    BROKEN,
    INFLATES,
    LARGE,
    LINKS,
    MAIN,
    STRINGS,
    Case,
    Refused,
    Understood,
    Verdict,
    noise,
    outset,
    packed,
    parts_of,
    rows_of,
    sheet,
)
from tests.support.corpus.packages import with_parts
from tests.support.workbooks import SHEET1, rezipped

_FAR_CORNER = b'<sheetData><row r="5000"><c r="GR5000"><v>1</v></c></row></sheetData>'


def bombs() -> dict[str, tuple[Callable[[], bytes], Verdict]]:
    """Small files that would become large."""
    return {
        "30 MB of zeros": (lambda: with_parts(**{"x.bin": bytes(30 << 20)}), INFLATES),
        "61 MB in parts of a megabyte": (
            lambda: with_parts(**{f"x{n}.bin": bytes(1 << 20) for n in range(61)}),
            INFLATES,
        ),
        "20 MB in parts of a megabyte": (
            lambda: with_parts(**{f"x{n}.bin": bytes(1 << 20) for n in range(20)}),
            INFLATES,
        ),
        "600 parts": (lambda: with_parts(**{f"x{n}.bin": b"x" for n in range(600)}), INFLATES),
        "20,000 parts": (
            lambda: packed({**parts_of(outset()), **{f"{n}": b"" for n in range(20_000)}}),
            INFLATES,
        ),
        "lies about its size": (_lying, BROKEN),
        "bzip2": (lambda: packed(parts_of(outset()), zipfile.ZIP_BZIP2), BROKEN),
        "lzma": (lambda: packed(parts_of(outset()), zipfile.ZIP_LZMA), BROKEN),
        "zip in zip in zip": (
            lambda: with_parts(**{"a.zip": packed({"b.zip": packed({"c": bytes(1000)})})}),
            Understood(),
        ),
        "one text for 50,000 cells": (_shared_text, BROKEN),
        "a value of 5 MB": (_long_value, Refused("not-a-number", "填报!D20", "7" * 60 + "…")),
        "a formula of 5 MB": (_long_formula, Refused("cell-formula-uncached", "填报!D20")),
        "100 sheets that reach far": (lambda: _many_sheets(90, _FAR_CORNER), LARGE),
        "one far sheet ninety times": (lambda: _many_sheets(90, _FAR_CORNER, one=True), LARGE),
        "5,000 sheets": (lambda: _many_sheets(5000, b"<sheetData/>", one=True), LARGE),
        "ten million string items": (_many_items, INFLATES),
        "150,000 string items": (lambda: _strings(b"<si/>" * 150_000), LARGE),
        "count of 5,000 digits": (lambda: _count(b"9" * 5000), LARGE),
        "count of four thousand millions": (lambda: _count(b"4294967295"), LARGE),
        "count of 99,999": (lambda: _count(b"99999"), LARGE),
        "count of 500": (lambda: _count(b"500"), Understood()),
        "negative count": (lambda: _count(b"-1"), Understood()),
    }


def cases() -> Iterator[Case]:
    """All of them."""
    for name, (make, verdict) in bombs().items():
        yield Case("bomb", name, make, verdict)


def _lying() -> bytes:
    data = with_parts(**{"x.bin": bytes(50 << 20)})
    return data.replace((50 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def _shared_text() -> bytes:
    parts = parts_of(outset())
    text = noise(4000).hex().encode()
    parts[STRINGS] = parts[STRINGS].replace(b"</sst>", b"<si><t>" + text + b"</t></si></sst>")
    count = parts[STRINGS].count(b"<si>") - 1
    parts[SHEET1] = rows_of(1000, 50, f'<c r="{{0}}" t="s"><v>{count}</v></c>')
    return packed(parts)


def _digits(size: int) -> bytes:
    return b"7" * 60 + noise(size // 2).hex().encode()


def _long_value() -> bytes:
    return sheet(rb'<c r="D20"[^>]*>.*?</c>', b'<c r="D20" t="str"><v>' + _digits(5 << 20) + b"</v></c>")


def _long_formula() -> bytes:
    return sheet(rb'<c r="D20"[^>]*>.*?</c>', b'<c r="D20"><f>' + _digits(5 << 20) + b"</f></c>")


def _many_sheets(count: int, xml: bytes, one: bool = False) -> bytes:
    parts = parts_of(outset())
    parts["xl/worksheets/far.xml"] = b"<worksheet " + MAIN + b">" + xml + b"</worksheet>"
    names, links = [], []
    for n in range(count):
        path = "far" if one else f"far{n}"
        parts[f"xl/worksheets/{path}.xml"] = parts["xl/worksheets/far.xml"]
        names.append(f'<sheet name="s{n}" sheetId="{100 + n}" r:id="rX{n}"/>')
        links.append(f'<Relationship Id="rX{n}" Type="x/worksheet" Target="worksheets/{path}.xml"/>')
    parts[BOOK] = parts[BOOK].replace(b"</sheets>", "".join(names).encode() + b"</sheets>")
    parts[LINKS] = parts[LINKS].replace(b"</Relationships>", "".join(links).encode() + b"</Relationships>")
    return packed(parts)


def _strings(items: bytes) -> bytes:
    return rezipped(outset(), STRINGS, rb"</sst>", items + b"</sst>")


def _many_items() -> bytes:
    return _strings(b"<si/>" * 10_000_000)


def _count(digits: bytes) -> bytes:
    return rezipped(outset(), STRINGS, rb'uniqueCount="\d+"', b'uniqueCount="' + digits + b'"')
