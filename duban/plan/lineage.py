"""Indicators across the versions of a plan: what a code means never changes (DESIGN, The ledger).

A cell is a whole number at its indicator's scale. If scale, unit of measure or operators of a code could
change, every figure reported before would silently mean something else; so an amendment adds a code that
`replaces` the old one, with a factor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from duban.errors import Problem
from duban.plan.forms import Form, Indicator
from duban.plan.model import Plan

MEANING = ("type", "scale", "unit_of_measure", "periods", "units")


def codes(form: Form) -> dict[str, Indicator]:
    """Every code of a form: its rows, its register's columns and counts."""
    register = form.register_
    more = (*register.columns, *register.counts) if register else ()
    return {i.code: i for i in (*form.indicators, *more)}


def changed_meanings(earlier: Sequence[Plan], plan: Plan) -> Iterator[Problem]:
    """Codes of a duty that mean something else than in an earlier version, and replacements that are
    not exact."""
    for duty in plan.file.duties:
        form = plan.form_of(duty.id)
        if form is None:
            continue
        before = known_before(earlier, duty.id)
        for code, indicator in codes(form).items():
            was = before.get(code)
            if was is not None:
                yield from _changed(form, was, indicator)
            old = before.get(indicator.replaces or "")
            if old is not None and multiplier(old, indicator).denominator != 1:
                params = {"name": indicator.name, "key": "factor"}
                file = f"forms/{form.id}.yaml"
                yield Problem("replacement-inexact", file, key=code, value=indicator.factor, params=params)


def known_before(earlier: Sequence[Plan], duty: str) -> dict[str, Indicator]:
    """Every code a duty was ever answered with, as it was when it came in."""
    found: dict[str, Indicator] = {}
    for plan in earlier:
        form = plan.form_of(duty) if duty in plan.duty else None
        if form is not None:
            found = codes(form) | found
    return found


def multiplier(old: Indicator, new: Indicator) -> Fraction:
    """What a stored value of the old code is multiplied by to be one of the new code."""
    return Fraction(new.factor) * Fraction(10) ** (new.scale - old.scale)


def replacements(earlier: Sequence[Plan], plan: Plan, duty: str) -> dict[str, tuple[str, int]]:
    """Old code → the code that stands for it now, and what its stored values are multiplied by."""
    form = plan.form_of(duty)
    before, now = known_before(earlier, duty), codes(form) if form else {}
    found: dict[str, tuple[str, int]] = {}
    for code, indicator in (before | now).items():
        old = before.get(indicator.replaces or "")
        if old is not None:
            found[old.code] = (code, int(multiplier(old, indicator)))
    return {old: _followed(old, found) for old in found if old not in now}


def _followed(code: str, found: dict[str, tuple[str, int]]) -> tuple[str, int]:
    """The last code of a row of replacements."""
    times = 1
    seen = {code}
    while code in found:
        code, factor = found[code]
        times *= factor
        if code in seen:
            break
        seen.add(code)
    return code, times


def _changed(form: Form, was: Indicator, now: Indicator) -> Iterator[Problem]:
    for key in MEANING:
        before, after = getattr(was, key), getattr(now, key)
        if before != after:
            params = {"name": now.name, "key": key, "was": before}
            file = f"forms/{form.id}.yaml"
            yield Problem("indicator-changed", file, key=now.code, value=str(after), params=params)
