"""What a file itself says it answers, before anybody knows whose it is or which form it follows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from duban.errors import SubmissionInvalid
from duban.intake.cells import at, word
from duban.intake.guard import MEGABYTE, bounded, in_turn, unpack
from duban.intake.reader import read_sheets
from duban.intake.refusal import refusal, refused
from duban.plan import identity as ids

IDENTITY = ("campaign", "duty", "unit", "period", ids.SUBJECT)
NEEDED = ("duty", "unit")
"""A duty of a single date has no period; the campaign may be known from elsewhere."""
LONGEST = 200
MARK_AND_BLANKS = b"\xef\xbb\xbf \t\r\n"


def stated_identity(data: bytes, file_name: str, needed: Sequence[str] = NEEDED) -> dict[str, str]:
    """Campaign, duty, unit, period and subject as a workbook's hidden sheet or a JSON document names them,
    blank where it does not. SubmissionInvalid for any other file, and for one that does not say what is
    needed. Nothing is believed here: the full reading compares every part again."""
    try:
        with in_turn(data):
            found = _of_document(data) if is_document(data) else _of_workbook(data, file_name)
    except SubmissionInvalid as error:
        raise refused(error.problems, file_name) from error
    known = {part: found.get(part, "") for part in IDENTITY}
    odd = any(len(v) > LONGEST or not v.isprintable() for v in known.values())
    if odd or not all(known[part] for part in needed):
        raise refused(refusal("identity-missing").problems, file_name)
    return known


def is_document(data: bytes) -> bool:
    """Whether a file is meant as JSON."""
    return data[:64].lstrip(MARK_AND_BLANKS).startswith(b"{")


def _of_workbook(data: bytes, file_name: str) -> Mapping[str, str]:
    unpack(data, file_name)
    rows = read_sheets(data).get(ids.SHEET, [])
    return {word(at(row, 0)): word(at(row, 1)) for row in rows}


def _of_document(data: bytes) -> Mapping[str, str]:
    bounded(data, MEGABYTE)
    try:
        # figures stay text: Python's own integers refuse 4300 digits
        found = json.loads(data.decode("utf-8-sig"), parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise refusal("json-syntax", line=error.lineno, column=error.colno, detail=error.msg) from error
    except UnicodeDecodeError as error:
        raise refusal("json-not-utf8") from error
    except RecursionError as error:
        raise refusal("json-too-deep") from error
    return {part: found[part] for part in IDENTITY if isinstance(found.get(part), str)}
