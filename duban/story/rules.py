"""Answers that keep to the rules of a form between its figures."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from decimal import Decimal

from duban.plan import Form
from duban.plan.forms import Check
from duban.story.acts import Value


def settled(
    form: Form, values: Mapping[str, Value], before: Mapping[str, Value], fixed: Container[str]
) -> dict[str, Value]:
    """The values changed where a rule between them is broken, except those that are `fixed`; one rule after
    another, as somebody does who mends a form."""
    found = dict(values)
    for check in form.checks:
        if check.if_:
            _give(form, check, found, fixed)
    for check in form.checks:
        if not check.if_ and all(code in before for code in check.before):
            _balance(check, found, sum((_figure(before, code) for code in check.before), Decimal(0)), fixed)
    return found


def _give(form: Form, check: Check, values: dict[str, Value], fixed: Container[str]) -> None:
    """One case behind a fine."""
    wanted = all(
        str(values.get(code, "")) in asked if isinstance(asked, tuple) else _figure(values, code) > 0
        for code, asked in check.if_.items()
    )
    free = [c for c in check.needs if c not in fixed and c in form.figures and c in values]
    if wanted and free and not any(_figure(values, code) for code in check.needs):
        values[free[0]] = 1


def _balance(check: Check, values: dict[str, Value], opening: Decimal, fixed: Container[str]) -> None:
    """Bring two sums together: less on the side that is too much, and what is lacking to the first of the
    other."""
    low, high = check.left, check.right
    excess = _sum(values, low) - _sum(values, high) - opening
    if excess > 0 and check.is_ != "at-least":
        excess = _less(values, [c for c in low if c not in fixed], excess)
        _more(values, [c for c in high if c not in fixed], excess)
    elif excess < 0 and check.is_ != "at-most":
        _more(values, [c for c in low if c not in fixed], -excess)


def _less(values: dict[str, Value], codes: Sequence[str], excess: Decimal) -> Decimal:
    """What is still too much after taking it from these, one after another."""
    for code in codes:
        taken = min(_figure(values, code), excess)
        values[code] = _like(values[code], _figure(values, code) - taken)
        excess -= taken
    return excess


def _more(values: dict[str, Value], codes: Sequence[str], lacking: Decimal) -> None:
    if codes and lacking:
        values[codes[0]] = _like(values[codes[0]], _figure(values, codes[0]) + lacking)


def _like(was: Value, now: Decimal) -> Value:
    return int(now) if isinstance(was, int) else now


def _sum(values: Mapping[str, Value], codes: Sequence[str]) -> Decimal:
    return sum((_figure(values, code) for code in codes), Decimal(0))


def _figure(values: Mapping[str, Value], code: str) -> Decimal:
    value = values.get(code)
    return Decimal(value) if isinstance(value, int | Decimal) else Decimal(0)
