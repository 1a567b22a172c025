"""Whose form a workbook says it is, and how other programs write the same form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from duban.documents.blank import blank_form
from duban.plan.identity import checksum, identity
from tests.support.corpus.case import OUTSET, Case, Refused, Understood, Verdict, outset, packed, parts_of
from tests.support.workbooks import MARKS, MONTHLY, PLAN, SHEET1, TO, ZEROS, edited

STRINGS = "xl/sharedStrings.xml"


def whose() -> dict[str, tuple[Callable[[], bytes], Verdict]]:
    """What the hidden sheet says."""
    tampered, missing = Refused("identity-tampered"), Refused("identity-missing")
    return {
        "hidden sheet deleted": (lambda: edited(outset(), lambda b: b.remove(b["_duban"])), missing),
        "hidden sheet renamed": (
            lambda: edited(outset(), lambda b: setattr(b["_duban"], "title", "x")),
            missing,
        ),
        "hidden sheet emptied": (lambda: edited(outset(), _emptied), missing),
        "checksum deleted": (lambda: _said(7, None), tampered),
        "checksum of zeros": (lambda: _said(7, "0" * 64), tampered),
        "unit changed": (
            lambda: _said(3, "nanmo"),
            Refused("wrong-identity", "_duban!unit", "nanmo", alone=False),
        ),
        "period changed": (
            lambda: _said(4, "2018-09"),
            Refused("wrong-identity", "_duban!period", "2018-09", alone=False),
        ),
        "period as a date": (_dated, Refused("wrong-identity", "_duban!period", "", alone=False)),
        "form changed": (
            lambda: _said(5, "major"),
            Refused("wrong-identity", "_duban!form", "major"),
        ),
        "older version": (lambda: _said(6, "0"), Refused("form-version", "", "0")),
        "newer version": (lambda: _said(6, "2"), Refused("form-version", "", "2")),
        "version as a number": (lambda: _said(6, 1), Understood()),
        "name of a megabyte": (
            lambda: _said(3, "x" * 30_000),
            Refused("wrong-identity", "_duban!unit", "x" * 60 + "…", alone=False),
        ),
        "another unit's form": (
            lambda: _form(unit="nanmo"),
            Refused("wrong-identity", "_duban!unit", "nanmo"),
        ),
        "another period's form": (
            lambda: _form(period="2018-09"),
            Refused("wrong-identity", "_duban!period", "2018-09"),
        ),
        "another duty's form": (
            lambda: _form(duty="major-case", values={}),
            Refused("wrong-identity", "_duban!form", "major-case", alone=False),
        ),
        "another campaign's form": (
            _foreign,
            Refused("wrong-identity", "_duban!campaign", "harbour-2024", alone=False),
        ),
        "unit by its name": (lambda: _renamed("曲塘镇分局"), Understood()),
    }


def dialects() -> dict[str, tuple[Callable[[], bytes], Verdict]]:
    """The same form as other programs write it."""
    return {
        "openpyxl": (lambda: edited(outset(), lambda _: None), Understood()),
        "inline strings": (_inlined, Understood()),
        "prefixed elements": (lambda: _rewritten(_prefixed), Understood()),
        "single quotation marks": (lambda: _rewritten(_single_quoted), Understood()),
        "blanks and lines between elements": (
            lambda: _rewritten(lambda x: x.replace(b"><c", b">\n  <c").replace(b"</row>", b"\n</row>\n")),
            Understood(),
        ),
        "strict": (_strict, Understood()),
        "extension lists": (
            lambda: _rewritten(
                lambda x: x.replace(
                    b"</worksheet>",
                    b'<extLst><ext uri="{x}"><a:b xmlns:a="urn:wps"/></ext></extLst></worksheet>',
                )
            ),
            Understood(),
        ),
        "alternate content of WPS": (
            lambda: _rewritten(
                lambda x: x.replace(
                    b"<sheetData>",
                    b'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
                    b'<mc:Choice Requires="x"/></mc:AlternateContent><sheetData>',
                )
            ),
            Understood(),
        ),
        "numbers stored as text": (
            lambda: _rewritten(
                lambda x: re.sub(
                    rb'<c r="(D\d+)"( s="\d+")?><v>([\d.]+)</v>', rb'<c r="\1"\2 t="str"><v>\3</v>', x
                )
            ),
            Understood(),
        ),
        "rows without spans, cells without styles": (
            lambda: _rewritten(lambda x: re.sub(rb' (spans|s)="[^"]*"', b"", x)),
            Understood(),
        ),
        "more strings than used": (
            lambda: packed(
                {
                    **parts_of(outset()),
                    STRINGS: parts_of(outset())[STRINGS].replace(
                        b"</sst>", b"<si><t>x</t></si>" * 500 + b"</sst>"
                    ),
                }
            ),
            Understood(),
        ),
        "strings in several runs": (_runs, Understood()),
        "strings with pinyin": (_pinyin, Understood()),
    }


def cases() -> Iterator[Case]:
    """All of them."""
    for theme, found in (("whose", whose()), ("dialect", dialects())):
        for name, (make, verdict) in found.items():
            yield Case(theme, name, make, verdict)


def _emptied(book: Any) -> None:
    book["_duban"].delete_rows(1, 20)


def _said(row: int, value: Any) -> bytes:
    """Another value on the hidden sheet: campaign, duty, unit, period, form, version, checksum."""
    return edited(outset(), lambda book: setattr(book["_duban"].cell(row, 2), "value", value))


def _dated() -> bytes:
    from datetime import date

    return _said(4, date(2018, 10, 1))


def _form(**to: Any) -> bytes:
    return blank_form(**{**TO, "words": MARKS, "values": {**ZEROS, **OUTSET}, **to})


def _foreign() -> bytes:
    return edited(_form(), lambda book: setattr(book["_duban"].cell(1, 2), "value", "harbour-2024"))


def _renamed(name: str) -> bytes:
    def edit(book: Any) -> None:
        said = identity(PLAN, "monthly", "qutang", "2018-10") | {"unit": name}
        book["_duban"].cell(3, 2).value = name
        book["_duban"].cell(7, 2).value = checksum(said, MONTHLY)

    return edited(outset(), edit)


def _rewritten(change: Callable[[bytes], bytes]) -> bytes:
    return packed({**parts_of(outset()), SHEET1: change(parts_of(outset())[SHEET1])})


def _prefixed(xml: bytes) -> bytes:
    return re.sub(rb"<(/?)(?=\w)", rb"<\1x:", xml).replace(b"xmlns=", b"xmlns:x=")


def _single_quoted(xml: bytes) -> bytes:
    head, begin, rest = xml.partition(b"<sheetData>")
    data, end, tail = rest.partition(b"</sheetData>")
    return head + begin + data.replace(b'"', b"'") + end + tail


def _inlined() -> bytes:
    parts = parts_of(outset())
    items = re.findall(rb"<si>(.*?)</si>", parts[STRINGS], re.DOTALL)
    for name in [n for n in parts if n.startswith("xl/worksheets/sheet")]:
        parts[name] = re.sub(
            rb't="s"><v>(\d+)</v>', lambda m: b't="inlineStr"><is>' + items[int(m[1])] + b"</is>", parts[name]
        )
    parts[STRINGS] = re.sub(rb"<si>.*</si>", b"", parts[STRINGS])
    return packed(parts)


def _strict() -> bytes:
    old, new = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
    found = {}
    for name, part in parts_of(outset()).items():
        mended = part.replace(old + b"spreadsheetml/2006/main", new + b"spreadsheetml/main")
        found[name] = mended.replace(
            old + b"officeDocument/2006/relationships", new + b"officeDocument/relationships"
        )
    return packed(found)


def _runs() -> bytes:
    parts = parts_of(outset())
    parts[STRINGS] = re.sub(
        rb"<si>(<t[^>]*>.*?</t>)</si>", rb"<si><r><rPr><b/></rPr>\1</r></si>", parts[STRINGS]
    )
    return packed(parts)


def _pinyin() -> bytes:
    parts = parts_of(outset())
    ruby = b'<rPh sb="0" eb="1"><t>x</t></rPh><phoneticPr fontId="1"/></si>'
    parts[STRINGS] = parts[STRINGS].replace(b"</si>", ruby)
    return packed(parts)
