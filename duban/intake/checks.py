"""Rules between figures, and between them and what a unit has reported before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from duban.errors import Problem
from duban.intake.refusal import shown
from duban.intake.values import plain
from duban.outliers import outlier
from duban.past import Past, last_said, opening, said
from duban.plan.forms import Check, Form, Indicator

Member = tuple[str, Decimal | None, bool]
"""A figure of a sum by its name, None where nothing is stated, and whether it is that of the last return."""


@dataclass(frozen=True)
class Facts:
    """A return as the rules see it: its figures with the counts of its rows, its texts, its 备注, and what
    came before it."""

    form: Form
    cells: Mapping[str, int]
    texts: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    past: Sequence[Past] = ()
    unread: Collection[str] = ()
    zero: bool = False
    """A zero report, which waives the texts."""

    def members(self, codes: Sequence[str], last: Past | None = None) -> list[Member]:
        """Figures of this return or of the last one, by their names; one of a section that this unit does
        not see is not stated."""
        here, known = self.cells if last is None else last.cells, self.form.figures
        return [
            (known[c].name, known[c].decimal(here[c]) if c in here else None, last is not None)
            if c in known
            else (c, None, last is not None)
            for c in codes
        ]


def broken_checks(facts: Facts) -> Iterator[Problem]:
    """Every rule of the form that does not hold; a query that a 备注 answers is a note."""
    for check in facts.form.checks:
        yield from _demanded(facts, check) if check.if_ else _compared(facts, check)
    for indicator in facts.form.indicators:
        value = facts.cells.get(indicator.code)
        if value is not None:
            yield from _fallen(facts, indicator, value)
            yield from _out_of_line(facts, indicator, value)


def explained(problem: Problem, notes: Mapping[str, str], codes: Sequence[str]) -> Problem:
    """The problem as a note where the unit has said why, beside any of the figures in question."""
    note = next((notes[code] for code in codes if code in notes), None)
    if note is None:
        return problem
    return replace(problem, grade="note", params={**problem.params, "note": shown(note)})


def disagreement(relation: str | None, left: Sequence[Member], right: Sequence[Member]) -> bool:
    """Whether two sums contradict a relation. What is blank is some figure not below zero: a sum of which a
    part is blank is at least the rest."""
    under, over = _total(left), _total(right)
    under_whole, over_whole = (all(v is not None for _, v, _ in side) for side in (left, right))
    too_much = under > over and over_whole and relation in ("at-most", "equal")
    too_little = under < over and under_whole and relation in ("at-least", "equal")
    return too_much or too_little


def sums(left: Sequence[Member], right: Sequence[Member]) -> dict[str, Any]:
    """Both sides with every figure, for the sentence."""
    found: dict[str, Any] = {}
    for key, side in (("left", left), ("right", right)):
        found[key] = [[name, "" if v is None else plain(v), is_last] for name, v, is_last in side]
        found[f"{key}_sum"] = plain(_total(side))
    return found


def _total(side: Sequence[Member]) -> Decimal:
    return sum((v for _, v, _ in side if v is not None), Decimal(0))


def _compared(facts: Facts, check: Check) -> Iterator[Problem]:
    last = opening(facts.past)
    if check.before and last is None:
        return
    left, right = facts.members(check.left), facts.members(check.right)
    right += facts.members(check.before, last)
    if not disagreement(check.is_, left, right):
        return
    code = next((c for c in (*check.left, *check.right) if c in facts.cells), check.left[0])
    params = {"is": check.is_, **sums(left, right)}
    yield _broken(facts, check, "figures-disagree", code, params)


def _demanded(facts: Facts, check: Check) -> Iterator[Problem]:
    known = {**facts.form.by_code, **facts.form.figures}
    asked = [known[code] for code in check.needs if code in known]
    if not asked or not all(_holds(facts, code, wanted) for code, wanted in check.if_.items()):
        return
    if any(_is_given(facts, i) or i.code in facts.unread or _is_missed(facts, i) for i in asked):
        return
    if facts.zero and not any(i.is_number for i in asked):
        return
    stated = [[known[code].name, _stated(facts, known[code])] for code in check.if_ if code in known]
    params = {
        "if": stated, "needs": [i.name for i in asked], "figures": any(i.is_number for i in asked),
    }  # fmt: skip
    yield _broken(facts, check, "figure-needs-another", asked[0].code, params)


def _stated(facts: Facts, indicator: Indicator) -> str:
    if indicator.code in facts.cells:
        return plain(indicator.decimal(facts.cells[indicator.code]))
    return shown(facts.texts.get(indicator.code, ""))


def _holds(facts: Facts, code: str, wanted: str | tuple[str, ...]) -> bool:
    if isinstance(wanted, tuple):
        return facts.texts.get(code) in wanted
    return facts.cells.get(code, 0) > 0 if wanted == "positive" else code in {*facts.cells, *facts.texts}


def _is_given(facts: Facts, indicator: Indicator) -> bool:
    value = facts.cells.get(indicator.code, 0) if indicator.is_number else indicator.code in facts.texts
    return value > 0


def _is_missed(facts: Facts, indicator: Indicator) -> bool:
    """Required and left blank, which is told already."""
    return indicator.required and indicator.code not in {*facts.cells, *facts.texts} and not facts.zero


def _broken(facts: Facts, check: Check, code: str, key: str, params: dict[str, Any]) -> Problem:
    value = facts.cells.get(key)
    indicator = facts.form.figures.get(key) or facts.form.by_code[key]
    stated = "" if value is None else plain(indicator.decimal(value))
    more = {**_named(indicator), **params, "because": check.because or ""}
    problem = Problem(code, key=key, value=stated, params=more, grade=check.grade)
    return explained(problem, facts.notes, check.codes) if check.grade == "query" else problem


def _fallen(facts: Facts, indicator: Indicator, value: int) -> Iterator[Problem]:
    """A figure counted from the beginning does not fall. Only with a reason: the earlier one may be wrong and
    frozen by then, and nobody is made to repeat what is not true."""
    before = last_said(facts.past, indicator.code) if indicator.cumulative else None
    if before is not None and value < before.cells[indicator.code]:
        last = plain(indicator.decimal(before.cells[indicator.code]))
        params = {**_named(indicator), "last": last, "period": before.period, "called": before.called}
        stated = plain(indicator.decimal(value))
        problem = Problem("cumulative-fell", key=indicator.code, value=stated, params=params)
        yield explained(problem, facts.notes, [indicator.code])


def _out_of_line(facts: Facts, indicator: Indicator, value: int) -> Iterator[Problem]:
    if not (indicator.is_number and indicator.outliers):
        return
    found = outlier(value, said(facts.past, indicator.code), is_stock=indicator.is_stock)
    if found is None or (indicator.cumulative and found.side == "low"):  # which fell, as is told already
        return
    params = {
        **_named(indicator), "count": found.count, "median": _fraction(found.middle, indicator),
        "smallest": plain(indicator.decimal(found.smallest)),
        "largest": plain(indicator.decimal(found.largest)),
    }  # fmt: skip
    stated = plain(indicator.decimal(value))
    problem = Problem("figure-unusual", key=indicator.code, value=stated, params=params, grade="query")
    yield explained(problem, facts.notes, [indicator.code])


def _named(indicator: Indicator) -> dict[str, Any]:
    return {"name": indicator.name, "unit_of_measure": indicator.unit_of_measure or ""}


def _fraction(middle: Fraction, indicator: Indicator) -> str:
    """A median, which may lie half-way between two values."""
    return plain((Decimal(middle.numerator) / middle.denominator).scaleb(-indicator.scale))
