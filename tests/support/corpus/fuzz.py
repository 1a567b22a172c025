"""The same form damaged at random, and cut off everywhere: never a crash, never another figure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from tests.support.corpus.case import Case, Spoiled, outset, packed, parts_of
from tests.support.corpus.documents import said
from tests.support.workbooks import SHEET1

CUTS, FLIPS, SWAPS, EDITS = 60, 120, 40, 160
PARTS = (
    SHEET1, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels",
    "[Content_Types].xml",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Every damage by its number."""
    for n in range(CUTS):
        yield Case("cut", f"at {n}/{CUTS}", partial(_cut, n), Spoiled())
    for n in range(FLIPS):
        yield Case("bits", f"flipped, {n}", partial(_flipped, n), Spoiled())
    for n in range(SWAPS):
        yield Case("bytes", f"moved, {n}", partial(_moved, n), Spoiled())
    for n in range(EDITS):
        yield Case("XML", f"mangled, {n}", partial(_mangled, n), Spoiled())
    for n in range(CUTS):
        yield Case("JSON", f"cut at {n}/{CUTS}", partial(_cut_document, n), Spoiled(), "表.json")


def _cut(n: int) -> bytes:
    return outset()[: len(outset()) * n // CUTS]


def _cut_document(n: int) -> bytes:
    return said()[: len(said()) * n // CUTS]


def _flipped(n: int) -> bytes:
    chance, data = random.Random(n), bytearray(outset())
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _moved(n: int) -> bytes:
    chance, data = random.Random(n), outset()
    begin, size = chance.randrange(len(data)), chance.randrange(1, 400)
    at = chance.randrange(len(data))
    piece, rest = data[begin : begin + size], data[:begin] + data[begin + size :]
    return rest[:at] + piece + rest[at:]


def _mangled(n: int) -> bytes:
    """One of the parts with tags and attributes torn out or doubled; no text between tags is touched."""
    chance, parts = random.Random(n), parts_of(outset())
    name = PARTS[n % len(PARTS)]
    pieces = parts[name].replace(b"<", b"\0<").replace(b">", b">\0").split(b"\0")
    tags = [i for i, piece in enumerate(pieces) if piece.startswith(b"<")]
    at = chance.choice(tags)
    way = chance.randrange(4)
    if way == 0:
        pieces[at] = b""
    elif way == 1:
        pieces[at] *= 2
    elif way == 2:
        other = chance.choice(tags)
        pieces[at], pieces[other] = pieces[other], pieces[at]
    else:
        words = pieces[at].split(b" ")
        del words[chance.randrange(len(words))]
        pieces[at] = b" ".join(words)
    return packed({**parts, name: b"".join(pieces)})
