"""What types cannot say: references that must exist, dates that must not contradict each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from duban import calendars
from duban.errors import Problem
from duban.plan.forms import Form
from duban.plan.model import Monthly, PrintedDate, Unit
from duban.plan.source import Located, Path

T = TypeVar("T", bound=BaseModel)


def plan_problems(source: Located, units: list[str] | None, forms: list[str]) -> list[Problem]:
    """Mistakes in plan.yaml as a whole; `units` is None when units.csv could not be read.

    Reads what stands there piece by piece, so that one broken piece hides no mistake in another.
    """
    data = source.data if isinstance(source.data, dict) else {}
    start, end = _try(PrintedDate, _dated(data.get("start"))), _try(PrintedDate, _dated(data.get("end")))
    problems = [*_zone(data, source), *_references(data, units, forms, source)]
    for key in ("groups", "phases", "duties"):
        problems += _doubled(source, key, _items(data, key))
    if start and end:
        problems += _span(source, (), start, end)
        problems += _phases(data, start.date, end.date, source)
        problems += _rhythms(data, start.date, end.date, source)
    return problems


def _items(data: dict[str, Any], key: str) -> list[tuple[int, dict[str, Any]]]:
    rows = data.get(key)
    return [(i, r) for i, r in enumerate(rows) if isinstance(r, dict)] if isinstance(rows, list) else []


def _try(model: type[T], raw: Any) -> T | None:
    try:
        return model.model_validate(raw)
    except ValidationError:
        return None


def _dated(raw: Any) -> Any:
    return raw if isinstance(raw, dict) else {"date": raw}


def _zone(data: dict[str, Any], source: Located) -> Iterator[Problem]:
    zone = data.get("zone", "Asia/Shanghai")
    try:
        ZoneInfo(str(zone))
    except (KeyError, ValueError, OSError):
        yield source.problem(("zone",), "unknown-zone", zone)


def _doubled(source: Located, key: str, rows: list[tuple[int, dict[str, Any]]]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, row in rows:
        name = str(row.get("id", ""))
        if name and name in seen:
            yield source.problem((key, index, "id"), "duplicate-id", name)
        seen.add(name)


def _span(source: Located, path: Path, start: PrintedDate, end: PrintedDate) -> Iterator[Problem]:
    if end.date < start.date:
        yield source.problem((*path, "end"), "end-before-start", end.date, start=str(start.date))
    for key, printed in (("start", start), ("end", end)):
        expected = _resolved(printed, key == "start")
        if expected != printed.date and printed.precision != "day":
            params = {"precision": printed.precision, "expected": str(expected)}
            yield source.problem((*path, key), "precision-mismatch", printed.date, **params)


def _resolved(printed: PrintedDate, is_start: bool) -> date:
    """The day an imprecise date means: 上旬 ends on the 10th, 中旬 on the 20th, 下旬 on the last day."""
    day = printed.date
    if printed.precision == "xun":
        first = day.replace(day=1 if day.day <= 10 else 11 if day.day <= 20 else 21)
        return first if is_start else calendars.last_day_of_xun(day)
    if printed.precision == "month":
        return day.replace(day=1) if is_start else calendars.day_in_month(day.year, day.month, 31)
    if printed.precision == "year":
        return date(day.year, 1, 1) if is_start else date(day.year, 12, 31)
    return day


def _phases(data: dict[str, Any], start: date, end: date, source: Located) -> Iterator[Problem]:
    for index, row in _items(data, "phases"):
        path: Path = ("phases", index)
        first = _try(PrintedDate, _dated(row.get("start")))
        last = _try(PrintedDate, _dated(row.get("end")))
        if first and last:
            yield from _span(source, path, first, last)
        for key, printed in (("start", first), ("end", last)):
            if printed and not start <= printed.date <= end:
                yield source.problem((*path, key), "outside-campaign", printed.date, span=f"{start} … {end}")


def _references(
    data: dict[str, Any], units: list[str] | None, forms: list[str], source: Located
) -> Iterator[Problem]:
    groups = [str(row.get("id")) for _, row in _items(data, "groups")] or None
    wanted: list[tuple[Path, Any, list[str] | None]] = []
    coordinator = data.get("coordinator")
    if isinstance(coordinator, dict):
        wanted.append((("coordinator", "unit"), coordinator.get("unit"), units))
    for index, duty in _items(data, "duties"):
        for key, known in (("by", groups), ("to", units), ("form", forms)):
            wanted.append((("duties", index, key), duty.get(key), known))
    for path, name, known in wanted:
        if name is not None and known is not None and name not in known:
            yield source.problem(path, "unknown-reference", name, known="、".join(known[:12]))


def _rhythms(data: dict[str, Any], start: date, end: date, source: Located) -> Iterator[Problem]:
    for index, duty in _items(data, "duties"):
        rhythm = _try(Monthly, duty.get("rhythm"))
        if rhythm is None:
            continue
        path: Path = ("duties", index, "rhythm")
        if rhythm.last < rhythm.first:
            yield source.problem((*path, "last"), "end-before-start", rhythm.last, start=rhythm.first)
        for key, month in (("first", rhythm.first), ("last", rhythm.last)):
            first, last = calendars.month_span(month)
            if last < start or first > end:
                yield source.problem((*path, key), "outside-campaign", month, span=f"{start} … {end}")
        due_day = rhythm.due_day(rhythm.first)
        if due_day < start:
            yield source.problem((*path, "first"), "due-before-start", rhythm.first, due=str(due_day))


def unit_problems(source: Located, units: tuple[Unit, ...], lines: dict[str, int]) -> list[Problem]:
    """Mistakes in units.csv as a whole."""
    data = source.data if isinstance(source.data, dict) else {}
    groups, names = [str(row.get("id")) for _, row in _items(data, "groups")], {u.id for u in units}
    problems = []
    for unit in units:
        line = str(lines[unit.id])
        for group in unit.groups:
            if group not in groups:
                params = {"known": "、".join(groups)}
                problems.append(Problem("unknown-reference", "units.csv", line, "groups", group, params))
        if unit.parent and (unit.parent not in names or unit.parent == unit.id):
            params = {"known": "、".join(sorted(names - {unit.id})[:12])}
            problems.append(Problem("unknown-reference", "units.csv", line, "parent", unit.parent, params))
        if unit.opens and unit.closes and unit.closes < unit.opens:
            params = {"start": str(unit.opens)}
            problems.append(
                Problem("end-before-start", "units.csv", line, "closes", str(unit.closes), params)
            )
    return problems


def form_problems(form: Form, source: Located) -> list[Problem]:
    """Mistakes in one form."""
    problems = []
    if source.file != f"forms/{form.id}.yaml":
        problems.append(source.problem(("id",), "form-file-name", form.id, expected=f"forms/{form.id}.yaml"))
    counts = Counter(i.code for i in form.indicators)
    for s, section in enumerate(form.sections):
        for i, indicator in enumerate(section.indicators):
            path: Path = ("sections", s, "indicators", i)
            if counts[indicator.code] > 1:
                problems.append(source.problem((*path, "code"), "duplicate-id", indicator.code))
            if indicator.is_number and not indicator.unit_of_measure:
                problems.append(source.problem(path, "unit-of-measure-missing", indicator.code))
            if indicator.scale and indicator.type != "decimal":
                problems.append(source.problem((*path, "scale"), "scale-without-decimal", indicator.scale))
            total = form.by_code.get(indicator.within or "")
            if indicator.within and (total is None or total.scale != indicator.scale or total == indicator):
                known = "、".join(form.by_code)
                problems.append(
                    source.problem((*path, "within"), "unknown-reference", indicator.within, known=known)
                )
    return problems
