"""Forms: indicators that must fit each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from duban.errors import Problem
from duban.plan.forms import Count, Indicator, Register, Section
from duban.plan.rules.blocks import Block, doubled, looping
from duban.plan.rules.checks import NUMBERS, check_problems, is_number
from duban.plan.rules.folder import unknown
from duban.plan.rules.registers import register_problems


def problems(form: Block) -> Iterator[Problem]:
    """Mistakes in one form."""
    expected = f"forms/{form.id}.yaml"
    if form.id and form.source.file != expected:
        yield form.problem("id", "form-file-name", form.id, expected=expected)
    sections, register = form.blocks("sections", Section), form.block("register", Register)
    rows = [i for s in sections for i in s.blocks("indicators", Indicator)]
    columns, counts = register.blocks("columns", Indicator), register.blocks("counts", Count)
    yield from doubled(sections)
    yield from _empty(form, sections)
    yield from _codes([*rows, *columns, *counts])
    for group in ([*rows, *counts], columns):
        for indicator in group:
            yield from _indicator(indicator)
            yield from _replaces(indicator)
        yield from _sums(group)
    for indicator in rows:
        yield from _judged(indicator)
    for column in (*columns, *counts):
        if column.get("cumulative"):
            yield column.problem("cumulative", "cumulative-column", code_of(column))
    yield from check_problems(form)
    if register.raw:
        yield from register_problems(register, columns, counts)
    yield from _liaisons(form, [*rows, *columns])


def _empty(form: Block, sections: list[Block]) -> Iterator[Problem]:
    if form.raw.get("sections") in (None, []) and not form.has("register"):
        yield form.problem("sections", "form-empty", form.id)
    for section in sections:
        if section.raw.get("indicators") == []:
            yield section.problem("indicators", "form-empty", section.id)


def _codes(indicators: list[Block]) -> Iterator[Problem]:
    counts = Counter(code_of(i) for i in indicators if i.has("code"))
    for indicator in indicators:
        if counts[code_of(indicator)] > 1:
            yield indicator.problem("code", "duplicate-id", code_of(indicator))


def code_of(indicator: Block) -> str:
    """An indicator's code, rightly written or not."""
    return str(indicator.raw.get("code", ""))


def _indicator(indicator: Block) -> Iterator[Problem]:
    kind, code = indicator.get("type"), code_of(indicator)
    if kind in NUMBERS and not indicator.has("unit_of_measure"):
        yield indicator.problem((), "unit-of-measure-missing", code)
    if kind and kind != "decimal" and indicator.get("scale"):
        yield indicator.problem("scale", "scale-without-decimal", indicator.raw["scale"])
    if kind and kind not in NUMBERS:
        for key in ("within", "sum_of", "min", "max", "cumulative", "outliers"):
            if indicator.has(key):
                yield indicator.problem(key, "not-a-figure", code)
    if kind in NUMBERS and indicator.get("personal"):
        yield indicator.problem("personal", "personal-figure", code)
    choices = indicator.get("choices")
    if kind and choices is not None and bool(choices) != (kind == "choice"):
        yield indicator.problem("choices", "choices-and-type", code)
    if choices and len(set(choices)) < len(choices):
        yield indicator.problem("choices", "duplicate-id", next(c for c in choices if choices.count(c) > 1))


def _judged(indicator: Block) -> Iterator[Problem]:
    """A figure counted from the beginning is the last one said; and no bound excludes the other."""
    if indicator.get("cumulative") and indicator.get("periods") not in ("last", None):
        yield indicator.problem("cumulative", "cumulative-not-last", code_of(indicator))
    least, most = indicator.get("min"), indicator.get("max")
    if least and most and least > most:
        yield indicator.problem("min", "too-large", least, le=most)


def _replaces(indicator: Block) -> Iterator[Problem]:
    if indicator.has("replaces") and indicator.raw["replaces"] == code_of(indicator):
        yield indicator.problem("replaces", "circular", code_of(indicator))
    if indicator.has("factor") and (not indicator.has("replaces") or not is_number(indicator)):
        yield indicator.problem("factor", "factor-without-replaces", indicator.raw["factor"])
    factor = indicator.get("factor")
    if factor is not None and not factor.strip("0."):
        yield indicator.problem("factor", "too-small", factor, gt=0)


def _sums(indicators: list[Block]) -> Iterator[Problem]:
    """其中 and 合计 stay among figures of one scale, and lead to no circle."""
    by_code = {code_of(i): i for i in indicators}
    for key in ("within", "sum_of"):
        edges = {c: tuple(n for _, n in i.texts(key)) for c, i in by_code.items()}
        circles = looping(edges)
        for indicator in indicators:
            for at, name in indicator.texts(key):
                other = by_code.get(name)
                if other is None:
                    yield unknown(indicator, at, name, set(by_code) - {code_of(indicator)})
                elif code_of(indicator) in circles:
                    yield indicator.problem(at, "circular", name)
                elif not is_number(other):
                    yield indicator.problem(at, "not-a-figure", name)
                elif len({other.get("scale"), indicator.get("scale")} - {None}) > 1:
                    yield indicator.problem(at, "other-scale", name, scale=other.get("scale"))


def _liaisons(form: Block, indicators: list[Block]) -> Iterator[Problem]:
    """A list of liaisons says who they are and how to reach them, all of it erasable."""
    if form.get("fills") != "liaisons":
        return
    given = {code_of(i): i for i in indicators}
    reach = {"liaison_email", "liaison_phone"} & given.keys()
    if "liaison_name" not in given or not reach:
        yield form.problem("fills", "liaisons-incomplete", form.id)
    for code in sorted({"liaison_name", "liaison_email", "liaison_phone"} & given.keys()):
        if given[code].get("personal") is False:
            yield given[code].problem("code", "liaison-not-personal", code)
