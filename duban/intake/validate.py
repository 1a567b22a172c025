"""The rules between cells. Blank is blank, zero is zero; only a zero report makes one of the other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from duban.errors import Problem
from duban.intake.checks import Facts, broken_checks
from duban.intake.refusal import shown
from duban.intake.values import plain
from duban.past import Past
from duban.plan.forms import Form, Indicator
from duban.plan.identity import LIAISON_EMAIL

MAILBOX = re.compile(r"[^\s<>\"'{}@,;:]{1,64}@[^\s<>\"'{}@,;:]{1,180}")
"""One mailbox and nothing around it."""


@dataclass(frozen=True)
class Validated:
    """Figures as they are to be stored, and every rule they break."""

    cells: dict[str, int]
    problems: tuple[Problem, ...]


def validate(
    form: Form,
    *,
    zero: bool,
    zero_allowed: bool,
    cells: Mapping[str, int],
    texts: Mapping[str, str],
    unread: Collection[str] = (),
    notes: Mapping[str, str] | None = None,
    counted: Mapping[str, int] | None = None,
    past: Sequence[Past] = (),
) -> Validated:
    """Check a return's figures (scaled) and texts; `counted` are those that its register's rows come to.

    1. A required indicator has a value; `unread` ones are mended first and not asked for twice.
    2. A part (其中) is not larger than its total; a total (合计) is the exact sum of its parts, and not less
       than those stated where one is blank; a figure lies within its stated bounds.
    3. A zero report states 0 for every flow figure. It says nothing about stock figures, which stay
       required, and waives the texts.
    4. The mailbox of a liaison is one that a message can be sent to.
    5. The form's own rules hold, cumulative figures do not fall, and what is quite out of the unit's line is
       asked about: queries, which refuse nothing and which a 备注 answers.
    """
    stated = zero and zero_allowed
    found: list[Problem] = [] if stated or not zero else [Problem("zero-not-allowed", key="zero")]
    known = {**cells, **(counted or {})}
    for indicator in form.indicators:
        value = cells.get(indicator.code)
        if stated and value and _is_flow(indicator):
            found.append(_problem("zero-report-contradicted", indicator, value))
        elif _is_missing(indicator, stated, {*cells, *texts, *unread}):
            found.append(_problem("cell-missing", indicator, None))
        found += _mailbox(form, indicator, texts)
    for indicator in form.numbers:
        found += _bounds(form, indicator, known)
        found += _sums(form, indicator, known, unread)
    zeros = {i.code: 0 for i in form.indicators if stated and _is_flow(i)}
    facts = Facts(form, {**known, **zeros}, texts, notes or {}, past, unread, stated)
    return Validated({**cells, **zeros}, (*found, *broken_checks(facts)))


def _is_flow(indicator: Indicator) -> bool:
    return indicator.is_number and not indicator.is_stock


def _is_missing(indicator: Indicator, zero: bool, given: Collection[str]) -> bool:
    waived = zero and not indicator.is_stock
    return indicator.required and not waived and indicator.code not in given


def _bounds(form: Form, indicator: Indicator, cells: Mapping[str, int]) -> Iterator[Problem]:
    value = cells.get(indicator.code)
    if value is None:
        return
    if indicator.min is not None and indicator.decimal(value) < indicator.min:
        yield _problem("below-minimum", indicator, value, minimum=indicator.min)
    if indicator.max is not None and indicator.decimal(value) > indicator.max:
        yield _problem("above-maximum", indicator, value, maximum=indicator.max)
    total = cells.get(indicator.within or "")
    if total is not None and value > total:
        whole = form.figures[indicator.within or ""]
        named = {"total": whole.name, "total_value": plain(whole.decimal(total))}
        yield _problem("part-exceeds-total", indicator, value, **named)


def _sums(
    form: Form, indicator: Indicator, cells: Mapping[str, int], unread: Collection[str]
) -> Iterator[Problem]:
    value, parts = cells.get(indicator.code), [form.figures.get(code) for code in indicator.sum_of]
    # a part of a section that this unit does not see is not known here
    if value is None or not parts or None in parts or set(indicator.sum_of) & set(unread):
        return
    stated = [i.decimal(cells[i.code]) for i in parts if i is not None and i.code in cells]
    total, summed = indicator.decimal(value), sum(stated, Decimal(0))
    if total < summed or (total != summed and len(stated) == len(parts)):
        names = "、".join(i.name for i in parts if i is not None)
        yield _problem("sum-differs", indicator, value, parts=names, summed=plain(summed))


def _mailbox(form: Form, indicator: Indicator, texts: Mapping[str, str]) -> Iterator[Problem]:
    found = texts.get(indicator.code)
    if form.fills and indicator.code == LIAISON_EMAIL and found and not MAILBOX.fullmatch(found):
        params = {"name": indicator.name}
        yield Problem("not-a-mailbox", key=indicator.code, value=shown(found), params=params)


def _problem(code: str, indicator: Indicator, value: int | None, **params: Any) -> Problem:
    shown = "" if value is None else plain(indicator.decimal(value))
    measured = {"name": indicator.name, "unit_of_measure": indicator.unit_of_measure or ""}
    return Problem(code, key=indicator.code, value=shown, params={**measured, **params})
