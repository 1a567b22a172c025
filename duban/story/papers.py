"""The files units send: forms filled in, JSON documents, and what is attached to them."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import xlsxwriter

from duban.agenda import Obligation
from duban.documents.blank import blank_form
from duban.plan import Plan
from duban.story.acts import Cue, File, Value, Words

CREATED = datetime(2000, 1, 1)


def workbook(
    plan: Plan, o: Obligation, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]], zero: bool,
    words: Words,
) -> bytes:  # fmt: skip
    """The form itself, filled in."""
    return blank_form(
        plan, o.duty, o.unit, o.period or "", subject=o.subject, words=words["blank"], values=values,
        rows=rows, zero=zero, signed=words["story"]["signed"],
    )  # fmt: skip


def document(
    plan: Plan, o: Obligation, values: Mapping[str, Value], rows: Sequence[Mapping[str, Value]], zero: bool,
    words: Words,
) -> bytes:  # fmt: skip
    """The same as a JSON document."""
    said: dict[str, object] = {
        "campaign": plan.slug, "unit": o.unit, "duty": o.duty, "period": o.period or "",
        "signed": dict(words["story"]["signed"]), "cells": {code: _plain(v) for code, v in values.items()},
    }  # fmt: skip
    if o.subject:
        said["subject"] = o.subject
    if zero:
        said["zero"] = True
    if rows:
        said["rows"] = [{code: _plain(v) for code, v in row.items()} for row in rows]
    return json.dumps(said, ensure_ascii=False).encode()


def _plain(value: Value) -> int | str:
    return value if isinstance(value, int) else str(value)


def files(o: Obligation, cue: Cue) -> tuple[File, ...]:
    """As many files as are asked for, and of what is welcome one; a broken return has one too few, a
    corrected one one more."""
    counts: dict[str, int] = {}
    for a in o.attachments:
        counts[a.id] = counts[a.per] if a.per in counts else max(a.least, 1)
    if counts and cue.manner == "raised":
        first = o.attachments[0]
        for a in o.attachments:
            counts[a.id] += a.id == first.id or a.per == first.id
    found = [
        _file(f"{o.key}{cue.mark}", a.id, a.kinds[0], n) for a in o.attachments for n in range(counts[a.id])
    ]
    demanded = [a.id for a in o.attachments if a.least]
    if cue.manner == "broken" and demanded:
        found = [f for f in found if f.id != demanded[-1]]
    return tuple(found)


def _file(key: str, meant_as: str, kind: str, n: int) -> File:
    text = f"{key} {meant_as} {n + 1}".encode()
    made, ending = {
        "image": (_png(text), "png"),
        "video": (_mp4(text), "mp4"),
        "sheet": (_xlsx(text), "xlsx") if kind == "sheet" else (b"", ""),
    }.get(kind, (_pdf(text), "pdf"))
    return File(meant_as, f"{meant_as}-{n + 1}.{ending}", made)


def _pdf(text: bytes) -> bytes:
    """One empty page; `text` in a comment."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    )
    made, places = b"%PDF-1.4\n%" + text + b"\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj%sendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + (
        b"xref\n0 4\n0000000000 65535 f \n" + table
        + b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(made)
    )  # fmt: skip


def _png(text: bytes) -> bytes:
    """One white dot; `text` in a comment."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + chunk(b"tEXt", b"Comment\x00" + text)
        + chunk(b"IDAT", zlib.compress(b"\x00\xff"))
        + chunk(b"IEND", b"")
    )


def _mp4(text: bytes) -> bytes:
    """A film without a picture; `text` in its free space."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body) + 8) + kind + body

    return box(b"ftyp", b"isom\x00\x00\x02\x00isommp41") + box(b"free", text) + box(b"mdat", b"")


def _xlsx(text: bytes) -> bytes:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": CREATED})
    book.add_worksheet().write_string(0, 0, text.decode())
    book.close()
    return stream.getvalue()
