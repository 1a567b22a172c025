"""A return as JSON, for programs: the same meaning as the workbook, nothing unknown let pass."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from duban.errors import Problem
from duban.intake.guard import MEGABYTE, bounded
from duban.intake.refusal import refusal, shown
from duban.intake.values import Entry, Sent, SentRow
from duban.intake.workbook import is_meant, wrong_identity
from duban.plan.forms import Form
from duban.plan.identity import SIGNERS, SUBJECT
from duban.plan.model import Plan

IDENTITY = ("campaign", "unit", "duty", "period", SUBJECT)
MEMBERS = (*IDENTITY, "zero", "signed", "cells", "notes", "rows")
UNKNOWN = 50
"""A document full of strange keys is told about so many of them."""


def read_document(
    data: bytes, plan: Plan, expected: Mapping[str, str], form: Form
) -> tuple[Sent, list[Problem]]:
    """What a JSON document says:
    `{campaign?, unit?, duty?, period?, subject?, zero?, signed?: {filler, reviewer, head},
    cells: {code: value}, notes?: {code: text}, rows?: [{column: value}]}`."""
    bounded(data, MEGABYTE)
    problems: list[Problem] = []
    document = _parse(data, problems)
    problems += [_unknown("unknown-member", key, MEMBERS) for key in _strangers(document, MEMBERS)]
    problems += _mismatches(document, plan, expected)
    zero = document.get("zero", False)
    if not isinstance(zero, bool):
        problems.append(_wrong_type("zero", zero, "boolean"))
    cells = _object(document, "cells", tuple(form.by_code), "unknown-code", problems)
    signed = _object(document, "signed", SIGNERS, "unknown-member", problems)
    notes = _object(document, "notes", tuple(form.by_code), "unknown-code", problems)
    rows = tuple(_rows(document, form, problems))
    return Sent(zero is True, form.version, cells, signed, notes=notes, rows=rows), problems


def _rows(document: Mapping[str, Any], form: Form, problems: list[Problem]) -> Iterator[SentRow]:
    rows = document.get("rows", [])
    if not isinstance(rows, list):
        problems.append(_wrong_type("rows", rows, "list"))
        return
    columns = tuple(form.register_.by_code) if form.register_ else ()
    if rows and not columns:
        problems.append(Problem("register-not-wanted", place="rows", key="rows"))
        return
    for number, row in enumerate(rows):
        place = f"rows[{number}]"
        yield SentRow(place, _object({place: row}, place, columns, "unknown-column", problems))


def _figure(text: str) -> Decimal | str:
    """A number exactly as written; one beyond every bound stays text, which no figure cell takes."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _parse(data: bytes, problems: list[Problem]) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            doubled = [shown(key) for key, count in counts.items() if count > 1]
            problems.extend(Problem("duplicate-member", place=key, key=key) for key in doubled[:UNKNOWN])
        return members

    try:
        # parse_int too: Python's own integers refuse 4300 digits with an error of their own
        found = json.loads(
            data.decode("utf-8-sig"),
            parse_float=_figure, parse_int=_figure, parse_constant=Decimal, object_pairs_hook=once,
        )  # fmt: skip
    except json.JSONDecodeError as error:
        raise refusal("json-syntax", line=error.lineno, column=error.colno, detail=error.msg) from error
    except UnicodeDecodeError as error:
        raise refusal("json-not-utf8") from error
    except RecursionError as error:
        raise refusal("json-too-deep") from error
    return found if isinstance(found, dict) else {}


def _mismatches(document: Mapping[str, Any], plan: Plan, expected: Mapping[str, str]) -> Iterator[Problem]:
    for field in IDENTITY:
        found = document.get(field)
        if found is not None and not (_is_word(found) and is_meant(field, expected, str(found), plan)):
            yield wrong_identity(field, expected.get(field, ""), shown(found), plan, place=field)


def _is_word(found: object) -> bool:
    """Whether it is what an identity is made of; a period may be the number of a year."""
    return isinstance(found, str | Decimal)


def _object(
    document: Mapping[str, Any], key: str, known: tuple[str, ...], code: str, problems: list[Problem]
) -> dict[str, Entry]:
    members = document.get(key, {})
    if not isinstance(members, dict):
        problems.append(_wrong_type(key, members, "object"))
        return {}
    problems += [_unknown(code, f"{key}.{name}", known) for name in _strangers(members, known)]
    return {name: Entry(raw, f"{key}.{name}") for name, raw in members.items() if name in known}


def _strangers(members: Mapping[str, Any], known: tuple[str, ...]) -> list[str]:
    return [name for name in members if name not in known][:UNKNOWN]


def _unknown(code: str, path: str, known: tuple[str, ...]) -> Problem:
    key = shown(path.rpartition(".")[2])
    return Problem(code, place=shown(path), key=key, params={"known": "、".join(known)})


def _wrong_type(key: str, value: object, expected: str) -> Problem:
    return Problem("wrong-member", place=key, key=key, value=shown(value), params={"expected": expected})
