"""Returns as JSON, from programs that are careless, mistaken or hostile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.support.corpus.case import OUTSET, Case, Refused, Understood, Verdict
from tests.support.workbooks import ZEROS

CELLS: dict[str, Any] = {**ZEROS, **OUTSET, "fines": 3.25}
SYNTAX, DEEP, TEXT = Refused("json-syntax"), Refused("json-too-deep"), Refused("json-not-utf8")
FINES = "cells.fines"


def said(**members: Any) -> bytes:
    """The document of the outset with other members."""
    return json.dumps({"cells": CELLS, **members}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def celled(**cells: Any) -> bytes:
    """The document with other cells."""
    return said(cells={**CELLS, **cells})


def literal(value: str, key: str = "fines") -> bytes:
    """The document with one cell written by hand."""
    rest = json.dumps({k: v for k, v in CELLS.items() if k != key})[1:-1]
    return f'{{"cells": {{"{key}": {value}, {rest}}}}}'.encode()


def whole() -> dict[str, tuple[bytes | Callable[[], bytes], Verdict]]:
    """What may be wrong with the document as such."""
    good = said()
    return {
        "as it should be": (good, Understood()),
        "byte order mark": (b"\xef\xbb\xbf" + good, Understood()),
        "blanks and lines before": (b" \r\n\t" + good, Understood()),
        "lines behind": (good + b"\n\n", Understood()),
        "UTF-16": (good.decode().encode("utf-16"), Refused("file-not-a-workbook")),
        "UTF-16 without mark": (good.decode().encode("utf-16-le"), SYNTAX),
        "UTF-32": (good.decode().encode("utf-32"), Refused("file-not-a-workbook")),
        "GBK": (good.decode().encode("gbk"), TEXT),
        "half a character": (good[:-2] + b'"\xe4\xb8"}', TEXT),
        "cut short": (good[:-3], SYNTAX),
        "two documents": (good + good, SYNTAX),
        "a list": (b"[" + good + b"]", Refused("file-not-a-workbook")),
        "a text": (b'"x"', Refused("file-not-a-workbook")),
        "null": (b"null", Refused("file-not-a-workbook")),
        "empty": (b"{}", Refused("cell-missing", FINES, "", alone=False)),
        "comment": (b"{/* x */" + good[1:], SYNTAX),
        "comma at the end": (good[:-1] + b",}", SYNTAX),
        "single quotation marks": (good.replace(b'"', b"'"), SYNTAX),
        "bare keys": (b"{cells: {}}", SYNTAX),
        "control character": (celled(summary="x").replace(b'"x"', b'"\x01"'), SYNTAX),
        "NUL behind": (good + b"\0", SYNTAX),
        "one megabyte of blanks": (b"{" + b" " * (1 << 20), Refused("file-too-large")),
        "200,000 lists deep": (b'{"cells": ' + b"[" * 200_000, DEEP),
        "200,000 objects deep": (b'{"cells": ' + b'{"a":' * 200_000, DEEP),
        "a list of 400,000": (literal("[" + "0," * 400_000 + "0]"), Refused("not-a-number", FINES)),
        "400,000 lists": (literal("[" + "[]," * 300_000 + "[]]"), Refused("not-a-number", FINES)),
        "100,000 members": (
            said(**{f"x{n}": 0 for n in range(60_000)}),
            Refused("unknown-member", "x0", "", alone=False),
        ),
        "100,000 cells": (
            celled(**{f"x{n}": 0 for n in range(60_000)}),
            Refused("unknown-code", "cells.x0", "", alone=False),
        ),
        "a key of 500,000": (said(**{"k" * 500_000: 0}), Refused("unknown-member", "k" * 60 + "…", "")),
        "a member twice": (
            b'{"zero": false, "zero": true,' + good[1:],
            Refused("duplicate-member", "zero", "", alone=False),
        ),
        "a cell twice": (literal('3.25, "fines": 4'), Refused("duplicate-member", "fines", "")),
        "member of objects": (
            said(**{"__proto__": {"zero": True}}),
            Refused("unknown-member", "__proto__", ""),
        ),
        "path as a member": (said(**{"../../x": 1}), Refused("unknown-member", "../../x", "")),
        **{
            f"{depth} lists deep in a cell": (
                literal("[" * depth + "]" * depth),
                Refused("not-a-number", FINES),
            )
            for depth in (1, 20, 500)
        },
    }


def members() -> dict[str, tuple[bytes, Verdict]]:
    """What may be wrong with one member."""
    wrong = partial(Refused, "wrong-member", alone=False)
    other = partial(Refused, "wrong-identity")
    return {
        "zero as text": (said(zero="false"), wrong("zero", "false")),
        "zero as a number": (said(zero=1), wrong("zero", "1")),
        "zero as null": (said(zero=None), wrong("zero", "None")),
        "cells as a list": (said(cells=["x"]), wrong("cells", "['x']")),
        "cells as null": (said(cells=None), wrong("cells", "None")),
        "signed as text": (said(signed="张三"), wrong("signed", "张三")),
        "signed by a stranger": (said(signed={"boss": "x"}), Refused("unknown-member", "signed.boss", "")),
        "signed by a number": (said(signed={"head": 7}), Understood()),
        "signed by nobody": (said(signed={"head": None}), Understood()),
        "signed by a list": (said(signed={"head": ["x"]}), Refused("cell-not-text", "signed.head", "['x']")),
        "signed at length": (said(signed={"head": "张" * 61}), Refused("text-too-long", "signed.head")),
        "notes as text": (said(notes="x"), wrong("notes", "x")),
        "a note": (said(notes={"fines": "含上月"}), Understood(notes={"fines": "含上月"})),
        "a note on nothing": (said(notes={"bribes": "x"}), Refused("unknown-code", "notes.bribes", "")),
        "rows where there is no register": (said(rows=[{}]), Refused("register-not-wanted", "rows", "")),
        "rows as an object": (said(rows={"a": 1}), wrong("rows", "{'a': Decimal('1')}")),
        "unit by id": (said(unit="qutang"), Understood()),
        "unit by name": (said(unit="曲塘镇分局"), Understood()),
        "unit of blanks": (said(unit=" qutang "), other("unit", " qutang ")),
        "another unit": (said(unit="nanmo"), other("unit", "nanmo")),
        "another unit by name": (said(unit="南莫镇分局"), other("unit", "南莫镇分局")),
        "unit as a list": (said(unit=["qutang"]), other("unit", "['qutang']")),
        "unit as an object": (said(unit={"id": "qutang"}), other("unit", "{'id': 'qutang'}")),
        "unit as true": (said(unit=True), other("unit", "True")),
        "another campaign": (said(campaign="harbour-2024"), other("campaign", "harbour-2024")),
        "another duty": (said(duty="major-case"), other("duty", "major-case")),
        "another period": (said(period="2018-11"), other("period", "2018-11")),
        "period as a number": (said(period=201810), other("period", "201810")),
        "a subject": (said(subject="1"), other("subject", "1")),
        "unit deep in lists": (
            b'{"unit": ' + b"[" * 800 + b"]" * 800 + b"," + said()[1:],
            Refused("wrong-identity", "unit"),
        ),
        "zero report that reports": (
            said(zero=True),
            Refused("zero-report-contradicted", "cells.clues", "7", alone=False),
        ),
    }


VALUES: dict[str, tuple[str, Verdict]] = {
    "text with thousands": ('"1,234"', Understood({"fines": 123400})),
    "full-width text": ('"１２"', Understood({"fines": 1200})),
    "many zeros": ("12.5" + "0" * 5000, Understood({"fines": 1250})),
    "exponent": ("1.25e1", Understood({"fines": 1250})),
    "minus zero": ("-0", Understood({"fines": 0})),
    "null": ("null", Refused("cell-missing", FINES, "")),
    "empty text": ('""', Refused("cell-missing", FINES, "")),
    "true": ("true", Refused("not-a-number", FINES, "True")),
    "list": ("[3]", Refused("not-a-number", FINES, "[Decimal('3')]")),
    "object": ('{"value": 3}', Refused("not-a-number", FINES, "{'value': Decimal('3')}")),
    "NaN": ("NaN", Refused("not-a-number", FINES, "NaN")),
    "infinity": ("Infinity", Refused("not-a-number", FINES, "Infinity")),
    "minus infinity": ("-Infinity", Refused("not-a-number", FINES, "-Infinity")),
    "1e400": ("1e400", Refused("figure-too-large", FINES, "1E+400")),
    "1e-400": ("1e-400", Refused("too-many-decimals", FINES, "1E-400")),
    "exponent of 30 digits": ("1e" + "9" * 30, Refused("not-a-number", FINES, "1e" + "9" * 30)),
    "exponent of 18 digits": ("1e" + "9" * 17, Refused("figure-too-large", FINES)),
    "minus exponent of 18 digits": ("1e-" + "9" * 17, Refused("too-many-decimals", FINES)),
    "500,000 digits": ("9" * 500_000, Refused("figure-too-large", FINES, "9" * 60 + "…")),
    "500,000 decimals": ("0." + "9" * 500_000, Refused("too-many-decimals", FINES)),
    "three decimals": ("1.234", Refused("too-many-decimals", FINES, "1.234")),
    "negative": ("-3", Refused("negative", FINES, "-3")),
    "万元": ('"3万元"', Refused("not-a-number", FINES, "3万元")),
    "leading zeros": ("007", SYNTAX),
    "plus": ("+7", SYNTAX),
    "hexadecimal": ("0x7", SYNTAX),
    "lone surrogate": ('"\\ud800"', Refused("not-a-number", FINES, "?")),
    "escaped NUL": ('"\\u0000"', Refused("not-a-number", FINES, "�")),
    "escaped digits": ('"\\u0031\\u0032"', Understood({"fines": 1200})),
}
LINES: dict[str, tuple[str, Verdict]] = {
    "lone surrogate": ('"甲\\ud800"', Refused("text-unprintable", "cells.summary", "甲�")),
    "two surrogates": ('"\\ud83d\\udc4d"', Understood(texts={"summary": "👍"})),
    "escaped NUL": ('"甲\\u0000"', Refused("text-unprintable", "cells.summary", "甲�")),
    "bell": ('"甲\\u0007"', Refused("text-unprintable", "cells.summary", "甲�")),
    "override": ('"甲\\u202e乙"', Refused("text-unprintable", "cells.summary", "甲�乙")),
    "number": ("12.50", Understood(texts={"summary": "12.50"})),
    "true": ("true", Refused("cell-not-text", "cells.summary", "True")),
    "list": ('["甲"]', Refused("cell-not-text", "cells.summary", "['甲']")),
    "900,000 characters": (
        '"' + "a" * 900_000 + '"',
        Refused("text-too-long", "cells.summary", "a" * 60 + "…"),
    ),
    "null": ("null", Understood(texts={})),
}


def cases() -> Iterator[Case]:
    """All of them."""
    for theme, found in (("document", whole()), ("member", members())):
        for name, (data, verdict) in found.items():
            yield _case(theme, name, data if callable(data) else partial(bytes, data), verdict)
    for name, (value, verdict) in VALUES.items():
        yield _case("JSON figure", name, partial(literal, value), verdict)
    for name, (value, verdict) in LINES.items():
        yield _case("JSON text", name, partial(literal, value, "summary"), verdict)


def _case(theme: str, name: str, make: Callable[[], bytes], verdict: Verdict) -> Case:
    return Case(theme, name, make, verdict, "表.json")
