"""What a changed plan changes: obligations added, moved and dropped, and everything else that reads
differently. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from duban.agenda import Obligation, obligations
from duban.plan import Form, Indicator, Plan

MARKS = {"origin", "origins", "source"}
"""Who said something is not what is said."""
INNER = {"indicators", "sections", "register_", "columns", "counts"}
"""What is compared piece by piece."""


@dataclass(frozen=True)
class Shift:
    """Obligations of one duty and period to which the same happens."""

    kind: Literal["added", "moved", "dropped"]
    duty: str
    period: str
    before: datetime | None
    """Exclusive due time of old; None for an added one, and for one without a due time."""
    after: datetime | None
    past: bool
    """Due by the day of comparison: what the old plan said holds, and a new one is outside the count."""
    units: tuple[str, ...]
    count: int
    """Obligations; more than units where there are subjects."""


@dataclass(frozen=True)
class Difference:
    """Something else that reads differently: of one part of the plan, one field."""

    part: str
    """`duty`, `phase`, `unit`, `indicator`, …"""
    id: str
    name: str
    field: str
    """Empty when the whole part is new or gone."""
    before: Any = None
    after: Any = None


@dataclass(frozen=True)
class Amendment:
    """Everything that differs between two plans of a campaign."""

    shifts: tuple[Shift, ...] = ()
    differences: tuple[Difference, ...] = field(default=())

    def of(self, kind: str) -> tuple[Shift, ...]:
        """The shifts of one kind."""
        return tuple(s for s in self.shifts if s.kind == kind)


def compare(old: Plan, new: Plan, at: datetime) -> Amendment:
    """What `new` changes of `old` for somebody who deploys it at `at`."""
    return Amendment(tuple(_shifts(old, new, at)), tuple(_differences(old, new)))


def _shifts(old: Plan, new: Plan, at: datetime) -> Iterator[Shift]:
    before, after = ({o.key.partition("/")[2]: o for o in obligations(p)} for p in (old, new))
    found: dict[tuple[Any, ...], list[Obligation]] = {}
    for key in dict.fromkeys([*before, *after]):
        was, comes = before.get(key), after.get(key)
        if was and comes and was.due_at == comes.due_at:
            continue
        kind = "moved" if was and comes else "dropped" if was else "added"
        shown = was or comes
        assert shown is not None
        due = (was.due_at if was else None, comes.due_at if comes else None)
        decided = due[0] if was else due[1]
        past = decided is not None and decided <= at
        found.setdefault((kind, shown.duty, shown.period or "", *due, past), []).append(shown)
    for key_, mine in found.items():
        kind, duty, period, was_due, comes_due, past = key_
        units = tuple(dict.fromkeys(o.unit for o in mine))
        yield Shift(kind, duty, period, was_due, comes_due, past, units, len(mine))


def _differences(old: Plan, new: Plan) -> Iterator[Difference]:
    """Part by part, in the order of the plan."""
    yield from _fields("plan", "", new.file.title, _scalars(old), _scalars(new))
    parts: list[tuple[str, Callable[[Plan], Iterable[Any]]]] = [
        ("phase", lambda p: p.file.phases),
        ("milestone", lambda p: p.file.milestones),
        ("group", lambda p: p.file.groups),
        ("unit", lambda p: p.units),
        ("task", lambda p: p.file.tasks),
        ("subjects", lambda p: p.file.subjects),
        ("duty", lambda p: p.file.duties),
        ("target", lambda p: p.file.targets),
    ]
    for part, get in parts:
        yield from _parts(part, {x.id: x for x in get(old)}, {x.id: x for x in get(new)})
    yield from _whole("waiver", old.file.waivers, new.file.waivers)
    yield from _forms(old, new)


def _scalars(plan: Plan) -> dict[str, Any]:
    """What the plan says as a whole."""
    file = plan.file
    return {
        "title": file.title, "short": file.short, "issuer": file.issuer, "issued": file.issued,
        "start": plan.start, "end": plan.end, "zone": file.zone, "coordinator": plan.coordinator.name,
        "office": _plain(file.office), "days": _plain(file.days), "messages": file.messages,
        "determined": plan.determined,
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """A value without who said it, so that a changed source word is no change."""
    if isinstance(value, BaseModel):
        names = type(value).model_fields
        return {n: _plain(getattr(value, n)) for n in names if n not in MARKS}
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return value


def _parts(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys([*old, *new]):
        was, comes = old.get(key), new.get(key)
        if was is None or comes is None:
            yield Difference(part, key, _name(was or comes), "", was, comes)
        else:
            yield from _fields(part, key, _name(comes), _values(was), _values(comes))


def _name(part: Any) -> str:
    return str(getattr(part, "name", None) or getattr(part, "title", ""))


def _values(part: BaseModel) -> dict[str, Any]:
    names = type(part).model_fields
    return {n: getattr(part, n) for n in names if n not in MARKS | INNER}


def _fields(
    part: str, key: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    for label, was in old.items():
        if _plain(was) != _plain(new[label]):
            yield Difference(part, key, name, label.rstrip("_"), was, new[label])


def _whole(part: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Difference]:
    """Parts without an id: there or not."""
    was, comes = ([_plain(x) for x in found] for found in (old, new))
    yield from (Difference(part, x.duty, "", "", x, None) for x in old if _plain(x) not in comes)
    yield from (Difference(part, x.duty, "", "", None, x) for x in new if _plain(x) not in was)


def _forms(old: Plan, new: Plan) -> Iterator[Difference]:
    yield from _parts("form", old.form, new.form)
    for form in new.forms:
        was = old.form.get(form.id)
        if was is None:
            continue
        sections = [{f"{form.id}.{s.id}": s for s in f.sections} for f in (was, form)]
        yield from _parts("section", *sections)
        registers = [{form.id: f.register_} if f.register_ else {} for f in (was, form)]
        yield from _parts("register", *registers)
        rows = [{f"{form.id}.{i.code}": i for i in f.indicators} for f in (was, form)]
        yield from _parts("indicator", *rows)
        columns = [{f"{form.id}.{c.code}": c for c in _columns(f)} for f in (was, form)]
        yield from _parts("column", *columns)


def _columns(form: Form) -> tuple[Indicator, ...]:
    register = form.register_
    return (*register.columns, *register.counts) if register else ()
