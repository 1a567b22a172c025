"""Rules between figures: what they name exists, can be added up, and is said in one way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from duban.errors import Problem
from duban.plan.forms import Check, Count, Indicator, Register, Section, Tally
from duban.plan.rules.blocks import Block
from duban.plan.rules.folder import Folder, unknown

COMPARING, DEMANDING = ("left", "is", "right", "before"), ("if", "needs")
NUMBERS = ("integer", "decimal")


def check_problems(form: Block) -> Iterator[Problem]:
    """Mistakes in a form's rules between figures."""
    rows = {str(i.raw.get("code")): i for i in answers(form)}
    figures = {code: i for code, i in rows.items() if is_number(i)}
    for check in form.blocks("checks", Check):
        yield from _shape(check)
        for key in ("left", "right", "before"):
            yield from _added(check, key, rows)
        yield from _measures(check, ("left", "right", "before"), figures)
        yield from _twice(check)
        for key in ("if", "needs"):
            yield from _known(check, key, rows)
        yield from _conditions(check, rows)


def answers(form: Block) -> list[Block]:
    """What a form's rules may speak of: what is filled in, and the counts of its register."""
    rows = [i for s in form.blocks("sections", Section) for i in s.blocks("indicators", Indicator)]
    return rows + form.block("register", Register).blocks("counts", Count)


def is_number(indicator: Block) -> bool:
    """Whether its cells are figures; so taken where its type is broken."""
    return indicator.get("type") in (*NUMBERS, None)


def form_of(folder: Folder, duty: Block) -> Block | None:
    """The form a duty is answered with, as far as it could be read."""
    wanted = f"forms/{duty.raw.get('form')}.yaml"
    return next((f for f in folder.forms if f.source.file == wanted and f.raw), None)


def tally_problems(folder: Folder, duty: Block, attachment: Block) -> Iterator[Problem]:
    """A number of files is held against figures of the duty's own form."""
    tally, form = attachment.block("count", Tally), form_of(folder, duty)
    if not tally.raw:
        return
    if attachment.has("per"):
        yield attachment.problem("count", "one-of", attachment.id, keys="per、count")
    if not duty.has("form"):
        yield attachment.problem("count", "duty-has-no-form", duty.id)
    if form is None:
        return
    rows = {str(i.raw.get("code")): i for i in answers(form)}
    yield from _added(tally, "figures", rows)
    yield from _measures(tally, ("figures",), rows)


def _shape(check: Block) -> Iterator[Problem]:
    """Either two sums are compared, or one figure demands another."""
    compares, demands = ([k for k in keys if check.has(k)] for keys in (COMPARING, DEMANDING))
    if compares and demands:
        yield check.problem(demands[0], "check-of-two-kinds", demands[0])
    elif demands and len(demands) < len(DEMANDING):
        missing = next(k for k in DEMANDING if k not in demands)
        yield check.problem((), "check-incomplete", missing, expected="if、needs")
    elif not demands:
        missing = next((k for k in ("left", "is") if k not in compares), "")
        missing = missing or ("" if {"right", "before"} & {*compares} else "right")
        if missing:
            yield check.problem((), "check-incomplete", missing, expected="left、is、right（或 before）")


def _added(block: Block, key: str, rows: Mapping[str, Block]) -> Iterator[Problem]:
    if block.raw.get(key) == []:
        yield block.problem(key, "too-short")
    for at, name in block.texts(key):
        if name not in rows:
            yield unknown(block, at, name, (c for c, i in rows.items() if is_number(i)))
        elif not is_number(rows[name]):
            yield block.problem(at, "not-a-figure", name)


def _measures(block: Block, keys: tuple[str, ...], figures: Mapping[str, Block]) -> Iterator[Problem]:
    """Only what is measured alike is added up and compared."""
    named = [(at, name) for key in keys for at, name in block.texts(key) if name in figures]
    measures = {name: figures[name].get("unit_of_measure") for _, name in named}
    first = next((m for m in measures.values() if m), None)
    for at, name in named:
        if measures[name] and measures[name] != first:
            yield block.problem(at, "other-measure", name, measure=measures[name], other=first)


def _twice(check: Block) -> Iterator[Problem]:
    """A figure on both sides says nothing, and twice on one side counts double."""
    seen: set[str] = set()
    for key in ("left", "right"):
        for at, name in check.texts(key):
            if name in seen:
                yield check.problem(at, "duplicate-id", name)
            seen.add(name)


def _known(check: Block, key: str, rows: Mapping[str, Block]) -> Iterator[Problem]:
    raw = check.raw.get(key)
    if raw in ([], {}):
        yield check.problem(key, "too-short")
    named = [((key, name), str(name)) for name in raw] if isinstance(raw, dict) else list(check.texts(key))
    conditions = check.raw.get("if")
    for at, name in named:
        if name not in rows:
            yield unknown(check, at, name, rows)
        elif key == "needs" and isinstance(conditions, dict) and name in conditions:
            yield check.problem(at, "circular", name)


def _conditions(check: Block, rows: Mapping[str, Block]) -> Iterator[Problem]:
    """What a condition asks of an indicator is something it can be."""
    raw = check.raw.get("if")
    for name, wanted in (raw if isinstance(raw, dict) else {}).items():
        indicator = rows.get(name)
        if indicator is None:
            continue
        if wanted == "positive" and not is_number(indicator):
            yield check.problem(("if", name), "not-a-figure", name)
        choices = indicator.get("choices") or ()
        for index, choice in enumerate(wanted if isinstance(wanted, list) else ()):
            if choice not in choices:
                yield unknown(check, ("if", name, index), str(choice), choices)
