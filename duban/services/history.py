"""What a unit has reported before: the earlier returns that the rules of a form look back to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from duban import calendars
from duban.ledger import queries
from duban.ledger.queries import Scope
from duban.past import Past
from duban.plan import Duty, Form, Plan
from duban.plan.rhythm import Chained
from duban.services.addresses import Address, owed
from duban.services.campaigns import replaced
from duban.services.watching import standings
from duban.standing import Standing

__all__ = ["Past", "past", "pasts", "series"]

MOST = 12
"""So many obligations are looked back: a year of months says how a unit's figures run."""
LIMITLESS = 2**62
"""Later than any due time."""
TOGETHER = 300
"""Obligations asked about in one query."""


@dataclass(frozen=True, slots=True)
class _Line:
    """The obligations before one, the last ones, the oldest first."""

    form: Form
    duty: str
    keys: tuple[str, ...]
    last: str
    """That one of them whose closing figures are the next one's opening ones, if it counts."""


_Known = dict[tuple[str, str, str], list[tuple[int, str]]]
"""(unit, duty, subject) → due time and key of its obligations, in order."""


def past(conn: Connection, plan: Plan, to: Address, now: datetime) -> tuple[Past, ...]:
    """The earlier counting returns of the same unit and subject for the same duty, as known at `now`, the
    oldest first; none where no rule of the form looks back.

    1. Earlier is what was due before, an event nothing.
    2. A unit that takes the place of one other goes on from its returns; one that takes over from several, or
       beside its own, has only its own: what they add up to nobody has stated.
    3. Of other duties with the same form the cumulative figures are looked at as well: 中期 before 总结.
    """
    return pasts(conn, plan, [to], now)[0]


def pasts(conn: Connection, plan: Plan, to: Sequence[Address], now: datetime) -> list[tuple[Past, ...]]:
    """The same for several addresses of one campaign, in as many queries as for one."""
    asking = [a for a in to if _looks_back(plan, a)]
    if not asking:
        return [()] * len(to)
    known = _obligations(conn, plan, asking)
    lines = {a: line for a in asking if (line := _line(plan, a, known)) is not None}
    keys = sorted({key for line in lines.values() for key in line.keys})
    counting = {
        s.owed.key: s
        for chunk in _chunks(keys)
        for s in standings(conn, plan, Scope(plan.slug, keys=chunk), now)
        if s.met
    }
    cells = _cells(conn, plan, counting)
    return [tuple(_said(plan, lines[a], counting, cells)) if a in lines else () for a in to]


def _chunks(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from (tuple(names[n : n + TOGETHER]) for n in range(0, len(names), TOGETHER))


def series(plan: Plan, to: Address) -> tuple[list[str], list[str]]:
    """The units and the duties whose returns this one may be measured by."""
    units = [to.unit, *(u.id for u in plan.units if u.successor == to.unit)]
    return units, [to.duty, *_kin(plan, to.duty)]


def _looks_back(plan: Plan, to: Address) -> bool:
    form = plan.form_for(to.duty, to.unit) if to.duty in plan.duty and to.unit in plan.unit else None
    return form is not None and form.looks_back


def _kin(plan: Plan, name: str) -> list[str]:
    """Other duties that ask for the same cumulative figures; not a chained one, which is the sum of them."""
    duty, form = plan.duty[name], plan.form_of(name)
    if form is None or not any(i.cumulative for i in form.indicators):
        return []
    return [
        d.id for d in plan.file.duties
        if d.id != name and d.form == duty.form and not _are_chained(d, duty) and not d.copy_of
    ]  # fmt: skip


def _are_chained(one: Duty, other: Duty) -> bool:
    rhythms = (r for d in (one, other) for r in (d.rhythm, *(v.rhythm for v in d.variants)))
    return any(isinstance(r, Chained) and r.duty in (one.id, other.id) for r in rhythms)


def _obligations(conn: Connection, plan: Plan, to: Sequence[Address]) -> _Known:
    """The obligations of everybody concerned, by due time; what has none has no place in a line."""
    units, duties = (sorted({x for a in to for x in series(plan, a)[n]}) for n in (0, 1))
    dues = [x.due_at for a in to if (x := owed(plan, a)) and x.due_at]
    bound = calendars.to_micros(max(dues)) if len(dues) == len(to) else LIMITLESS
    found: _Known = {}
    for chunk in _chunks(units):
        for line, times in queries.due_times(conn, plan.slug, duties, chunk, bound).items():
            found[line] = sorted((at, key) for key, at in times.items())
    return found


def _line(plan: Plan, to: Address, known: _Known) -> _Line | None:
    """What comes before an address; None where it has no due time itself."""
    form, subject = plan.form_for(to.duty, to.unit), to.subject or ""
    due = _due(plan, to, known)
    if form is None or due is None:
        return None
    (_, *others), duties = series(plan, to)
    own = known.get((to.unit, to.duty, subject), [])
    began = min([at for at, _ in own] + [due])
    before = _earlier(known, [(to.unit, to.duty, subject)], due)
    if len(others) == 1:  # in whose place it has come
        before = _earlier(known, [(others[0], to.duty, subject)], began) + before
    last = before[-1][0] if before else due
    joined = _earlier(known, [(u, to.duty, subject) for u in others], due)
    taken_over = any(at >= last and (at, key) not in before for at, key in joined)
    adjoining = before[-1][1] if before and not taken_over else ""
    before += _earlier(known, [(to.unit, d, subject) for d in duties[1:]], due)
    keys = tuple(key for _, key in sorted(before)[-MOST:])
    return _Line(form, to.duty, keys, adjoining)


def _due(plan: Plan, to: Address, known: _Known) -> int | None:
    mine = known.get((to.unit, to.duty, to.subject or ""), [])
    planned = owed(plan, to)
    recorded = next((at for at, key in mine if key == to.obligation), None)
    if recorded is not None or planned is None or planned.due_at is None or planned.is_event:
        return recorded
    return calendars.to_micros(planned.due_at)


def _earlier(known: _Known, of: Sequence[tuple[str, str, str]], due: int) -> list[tuple[int, str]]:
    return sorted((at, key) for line in of for at, key in known.get(line, ()) if at < due)


def _cells(
    conn: Connection, plan: Plan, counting: Mapping[str, Standing]
) -> dict[str, dict[str, int]]:  # fmt: skip
    """Obligation → its counting figures, under the codes of the plan in force."""
    versions = {f"{key}@{s.version}": key for key, s in counting.items()}
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for submission, figures in queries.figures(conn, sorted(versions)).items():
        key = versions[submission]
        renamed = replaced(conn, plan, counting[key].owed.duty)
        for code, value in figures.items():
            name, times = renamed.get(code, (code, 1))
            found[key][name] = value * times
    return found


def _said(
    plan: Plan, line: _Line, counting: Mapping[str, Standing], cells: Mapping[str, Mapping[str, int]]
) -> Iterator[Past]:
    growing = {i.code for i in line.form.indicators if i.cumulative}
    for key in line.keys:
        stands = counting.get(key)
        if stands is None:
            continue
        same, stated = stands.owed.duty == line.duty, cells.get(key, {})
        codes = line.form.figures.keys() if same else growing
        yield Past(
            stands.owed.period,
            {code: value for code, value in stated.items() if code in codes},
            called="" if same else plan.duty[stands.owed.duty].name,
            adjoins=key == line.last,
        )
