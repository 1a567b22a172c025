"""What stands in a cell → the value it means, or why it means none. Nothing is guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from duban.errors import Problem, SubmissionInvalid
from duban.intake.refusal import refusal
from duban.intake.sheets import Fault
from duban.plan.forms import LIMIT, Form, Indicator
from duban.plan.identity import NAME_LIMIT, TEXT_LIMIT

TYPED = re.compile(r"[\s!-~\uff01-\uff5e]*")
"""ASCII and its full-width twins. NFKC alone would also make 52 of 5² and 1 of ①."""
FIGURE = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")
UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Also what makes the letters after it run backwards: a name would read as another."""
UNSEEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Marks of direction and width that come along when a number is copied from a contact or a web page."""
BLANKS = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
AROUND = BLANKS + UNSEEN
"""What may stand around a value without being part of it."""
FLOAT_DIGITS = 15
"""What Excel holds and shows; the 17th digit of 0.1+0.2 is noise."""
LARGEST_EXPONENT = 18
HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
DAY = re.compile(r"(\d{4})(?:-(\d\d?)-|/(\d\d?)/|\.(\d\d?)\.|年(\d\d?)月)(\d\d?)(日?)", re.ASCII)
"""2019-06-21, 2019/6/21, 2019.6.21, 2019年6月21日; 日 belongs to the last one only."""


@dataclass(frozen=True)
class Entry:
    """What stands at one place of what was sent."""

    raw: object
    place: str
    fault: Fault | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands there; a zero is something."""
        empty = self.raw is None or (isinstance(self.raw, str) and not self.raw.strip(AROUND))
        return empty and self.fault is None


@dataclass(frozen=True)
class SentRow:
    """A row of a register, its values not yet read."""

    place: str
    cells: dict[str, Entry]


@dataclass(frozen=True)
class Sent:
    """A return as a door understood it, its values not yet read."""

    zero: bool
    form_version: int
    cells: dict[str, Entry]
    signed: dict[str, Entry] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    """Codes whose place was missing or doubled, already a problem."""
    notes: dict[str, Entry] = field(default_factory=dict)
    rows: tuple[SentRow, ...] = ()


@dataclass
class Values:
    """Values read so far, and what could not be read."""

    cells: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    signed: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_values(form: Form, sent: Sent) -> Values:
    """Every entry that is not blank, by its indicator's type."""
    values, names = Values(), {code: i.name for code, i in form.by_code.items()}
    for indicator in form.indicators:
        entry = sent.cells.get(indicator.code)
        if entry is not None and not entry.is_blank:
            _read(values, entry, indicator)
    for key, entry in sent.signed.items():
        _read_text(values, values.signed, key, entry, NAME_LIMIT)
    for code, entry in sent.notes.items():
        _read_text(values, values.notes, code, entry, TEXT_LIMIT, names.get(code, ""))
    return values


def _read(values: Values, entry: Entry, indicator: Indicator) -> None:
    try:
        if indicator.is_number:
            values.cells[indicator.code] = number(_sound(entry), indicator)
        elif indicator.type == "date":
            values.texts[indicator.code] = day(_faultless(entry))
        elif indicator.type == "choice":
            values.texts[indicator.code] = choice(_sound(entry), indicator)
        else:
            values.texts[indicator.code] = text(_sound(entry))
    except SubmissionInvalid as error:
        measure = {"unit_of_measure": indicator.unit_of_measure or ""}
        values.problems += _placed(error, entry, indicator.code, indicator.name, **measure)


def _read_text(
    values: Values, into: dict[str, str], key: str, entry: Entry, limit: int, name: str = ""
) -> None:
    try:
        if not entry.is_blank:
            into[key] = text(_sound(entry), limit)
    except SubmissionInvalid as error:
        values.problems += _placed(error, entry, key, name)


def number(raw: object, indicator: Indicator) -> int:
    """The scaled integer of what a unit typed; SubmissionInvalid with one problem otherwise.

    Full-width digits and well-placed thousands separators are read; units of measure are not.
    """
    value = _decimal(raw)
    if value.is_signed() and value:
        raise refusal("negative", raw)
    if value and value.adjusted() > LARGEST_EXPONENT:
        raise _too_large(raw, indicator)
    if _places(value) > indicator.scale:
        raise refusal("too-many-decimals", raw, scale=indicator.scale)
    scaled = abs(indicator.scaled(value))
    if scaled > LIMIT:
        raise _too_large(raw, indicator)
    return scaled


def text(raw: object, limit: int = TEXT_LIMIT) -> str:
    """A text without surrounding blanks, its lines ended by a line feed."""
    if isinstance(raw, float):
        raw = format(_decimal(raw), "f")
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise refusal("cell-not-text", raw)
    found = str(raw).replace("\r\n", "\n").replace("\r", "\n").strip(AROUND)
    if UNPRINTABLE.search(found):
        raise refusal("text-unprintable", UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", found))
    if len(found) > limit:
        raise refusal("text-too-long", found, length=len(found), limit=limit)
    return found


def day(raw: object) -> str:
    """The ISO day of a date cell, or of a day as offices write it; a clock time is not dropped unasked."""
    if isinstance(raw, datetime) and raw.time() != time():
        raise refusal("not-a-date", raw)
    if isinstance(raw, date):
        return raw.isoformat()[:10]
    match = DAY.fullmatch(raw.translate(HALF_WIDTH).strip(AROUND)) if isinstance(raw, str) else None
    if match is None or (match[7] and not match[5]):
        raise refusal("not-a-date", raw)
    month = match[2] or match[3] or match[4] or match[5]
    try:
        return date(int(match[1]), int(month), int(match[6])).isoformat()
    except ValueError as error:
        raise refusal("not-a-date", raw) from error


def choice(raw: object, indicator: Indicator) -> str:
    """One of the indicator's choices, as it is printed."""
    found = text(raw)
    if found not in indicator.choices:
        raise refusal("not-a-choice", found, choices="、".join(indicator.choices))
    return found


def plain(value: Decimal) -> str:
    """A decimal without exponent, as an office writes it."""
    return format(value, "f")


def _faultless(entry: Entry) -> object:
    if entry.fault is not None:
        raise refusal(entry.fault.code, entry.fault.value)
    return entry.raw


def _sound(entry: Entry) -> object:
    raw = _faultless(entry)
    if isinstance(raw, date | time | timedelta):  # a datetime is a date
        raise refusal("cell-is-date", raw)
    return raw


def _decimal(raw: object) -> Decimal:
    if isinstance(raw, float) and math.isfinite(raw):
        exact = Decimal(f"{raw:.{FLOAT_DIGITS}g}")
        return exact.quantize(Decimal(1)) if exact == exact.to_integral_value() and abs(raw) < 1e15 else exact
    if isinstance(raw, Decimal) and raw.is_finite():
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        return Decimal(raw)
    if isinstance(raw, str) and TYPED.fullmatch(raw.strip(UNSEEN)):
        typed = unicodedata.normalize("NFKC", raw.strip(UNSEEN)).strip()
        if FIGURE.fullmatch(typed):
            return Decimal(typed.replace(",", ""))
    raise refusal("not-a-number", raw)


def _places(value: Decimal) -> int:
    """Decimal places that matter. Counted on the digits: arithmetic would round at 28."""
    _, digits, exponent = value.as_tuple()
    significant = "".join(map(str, digits)).rstrip("0")
    if not significant or not isinstance(exponent, int):
        return 0
    return max(0, -(exponent + len(digits) - len(significant)))


def _too_large(raw: object, indicator: Indicator) -> SubmissionInvalid:
    return refusal("figure-too-large", raw, limit=plain(indicator.decimal(LIMIT)))


def _placed(error: SubmissionInvalid, entry: Entry, key: str, name: str = "", **more: str) -> list[Problem]:
    named = {"name": name, **more}
    return [replace(p, place=entry.place, key=key, params={**p.params, **named}) for p in error.problems]
