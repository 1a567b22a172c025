"""Rhythms whose parts must fit each other, the campaign and its phases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from duban import periods
from duban.errors import Problem
from duban.plan.dates import PrintedDate, Span
from duban.plan.rhythm import Chained, Dates, EndOfPhase, Event, Every, Once, OnDate, Within, due_days
from duban.plan.rules.blocks import Block
from duban.plan.rules.folder import Folder, rhythms, unknown
from duban.plan.rules.spans import imprecise, span_problems
from duban.plan.stated import WEEKDAYS

LONGEST = {"week": 0, "half-month": 16, "month": 31, "quarter": 31, "half-year": 31, "year": 31}
"""The largest number that `on` may be."""


def problems(folder: Folder) -> Iterator[Problem]:
    """Mistakes in the rhythms of all duties and variants, but for what chains them."""
    kinds: dict[type, Callable[[Folder, Block], Iterator[Problem]]] = {
        Every: _every, Dates: _dates, Once: _once, EndOfPhase: _end_of_phase, Event: _event,
    }  # fmt: skip
    for duty in folder.duties:
        for rhythm in rhythms(duty):
            if rhythm.model in kinds:
                yield from kinds[rhythm.model](folder, rhythm)
            if rhythm.model not in (Event, Chained) or rhythm.has("covers"):
                yield from span_problems(rhythm.block("covers", Span))


def _every(folder: Folder, r: Block) -> Iterator[Problem]:
    every = r.get("every")
    if every is None:
        return
    found = [*_on(r, every), *_month(r, every), *_cutoff(r, every)]
    yield from found
    whole = ends(folder, r, every)
    if whole is None:
        yield from _lengths(r, every)
        return
    yield from _range(folder, r, *whole)
    if not found and folder.span:
        yield from _first_due(r, whole[0], folder.span[0])


def _on(r: Block, every: str) -> Iterator[Problem]:
    on = r.get("on")
    if every == "day":
        if r.has("on"):
            yield r.problem("on", "on-not-wanted", r.raw["on"])
        return
    if not r.has("on"):
        yield r.problem("on", "missing")
        return
    for day in on or ():
        fits = day in WEEKDAYS if every == "week" else isinstance(day, int) and day <= LONGEST[every]
        if day != "last" and not fits:
            yield r.problem("on", "on-does-not-fit", day, every=every)
    if len(on or ()) > 1 and (every not in ("week", "month") or r.get("in") == "next"):
        yield r.problem("on", "several-due-days", "、".join(str(d) for d in on))


def _month(r: Block, every: periods.Length) -> Iterator[Problem]:
    month = r.get("month")
    longest = periods.MONTHS.get(every, 1) if every != "month" else 1
    if month is not None and (longest == 1 or month > longest):
        yield r.problem("month", "month-does-not-fit", month, every=every, longest=longest)


def _cutoff(r: Block, every: str) -> Iterator[Problem]:
    if r.has("cutoff") and (every != "month" or len(r.get("on") or ()) > 1):
        yield r.problem("cutoff", "cutoff-without-month", r.raw["cutoff"])


def _lengths(r: Block, every: str) -> Iterator[Problem]:
    for key in ("first", "last"):
        name = r.get(key)
        if name and periods.length_of(name) != every:
            yield r.problem(key, "period-length", name, every=every)


def ends(folder: Folder, r: Block, every: periods.Length) -> tuple[str, str] | None:
    """First and last period of `every: …`, stated or the campaign's own; None where one cannot be told."""
    names = []
    for key, side in (("first", 0), ("last", 1)):
        stated = r.get(key)
        if stated is None and (r.has(key) or folder.span is None):
            return None
        name = stated or periods.name_of(every, folder.span[side] if folder.span else date.min)
        if periods.length_of(name) != every:
            return None
        names.append(name)
    return names[0], names[1]


def _range(folder: Folder, r: Block, first: str, last: str) -> Iterator[Problem]:
    if periods.span(last) < periods.span(first):
        yield r.problem("last" if r.has("last") else "first", "end-before-start", last, start=first)
    for key, name in (("first", first), ("last", last)):
        begin, end = periods.span(name)
        if folder.span and r.has(key) and (end < folder.span[0] or begin > folder.span[1]):
            span = f"{folder.span[0]} … {folder.span[1]}"
            yield r.problem(key, "outside-campaign", name, span=span)


def _first_due(r: Block, first: str, start: date) -> Iterator[Problem]:
    """A return due before the campaign starts is a mistake of the plan, and never dropped silently."""
    rhythm = typed(r)
    if rhythm is None or periods.span(first)[1] < start:
        return
    day = due_days(rhythm, first if rhythm.in_ == "same" else periods.following(first))[0]
    if day < start:
        yield r.problem("first", "due-before-start", first, due=str(day))


def typed(r: Block) -> Every | None:
    """The rhythm as far as its due days need it."""
    keys = {k: r.raw[k] for k in ("every", "on", "month", "in") if r.has(k)}
    try:
        return Every.model_validate(keys)
    except ValueError:
        return None


def _due(folder: Folder, block: Block, key: str, printed: PrintedDate) -> Iterator[Problem]:
    yield from imprecise(block, key, printed, is_start=False)
    if folder.span and printed.date < folder.span[0]:
        yield block.problem(key, "due-before-start", printed.date, due=str(printed.date))


def _dates(folder: Folder, r: Block) -> Iterator[Problem]:
    found = r.get("dates")
    if found == ():
        yield r.problem("dates", "too-short")
    days: set[date] = set()
    names: set[str] = set()
    rows = r.raw["dates"] if isinstance(r.raw.get("dates"), list) else []
    for index, row in enumerate(rows):
        inner = row if isinstance(row, dict) else {"date": row}
        item = Block(r.source, (*r.path, "dates", index), OnDate, inner)
        printed = item.get("date")
        if not printed:
            continue
        yield from _due(folder, item, "date", printed)
        period = item.get("period") or printed.date.isoformat()
        if printed.date in days or period in names:
            yield item.problem("date", "duplicate-id", printed.date if printed.date in days else period)
        days.add(printed.date)
        names.add(period)


def _once(folder: Folder, r: Block) -> Iterator[Problem]:
    printed = r.get("due")
    if isinstance(printed, PrintedDate):
        yield from _due(folder, r, "due", printed)


def _end_of_phase(folder: Folder, r: Block) -> Iterator[Problem]:
    known = [p.id for p in folder.phases]
    for at, name in r.texts("end_of"):
        if name not in known:
            yield unknown(r, at, name, known)


def _event(folder: Folder, r: Block) -> Iterator[Problem]:
    within = r.block("within", Within)
    if isinstance(r.raw.get("within"), dict):
        yield from exactly_one(within, "hours", "days", "working_days")


def exactly_one(block: Block, *keys: str) -> Iterator[Problem]:
    """One of these keys has to be written, and no second one."""
    written = [key for key in keys if block.has(key)]
    if len(written) != 1:
        at = written[1] if written else keys[0]
        yield block.problem(at, "one-of", block.raw.get(at, ""), keys="、".join(keys))
