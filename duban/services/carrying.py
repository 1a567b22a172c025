"""Registers 台账 across returns: the rows that were open before, for the form and for the check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from duban import registers
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.plan.forms import Register
from duban.registers import Row
from duban.services.addresses import Address, owed
from duban.services.watching import standings


class _Return(NamedTuple):
    """A return that counts."""

    due_at: datetime
    unit: str
    submission: str


def carried_rows(conn: Connection, plan: Plan, to: Address, now: datetime) -> tuple[Row, ...]:
    """The rows still open after the counting returns before this one, of the same unit, duty and subject;
    none where rows are of their period. Those of a unit it has succeeded come with them, once it has
    closed."""
    form, mine = plan.form_for(to.duty, to.unit), owed(plan, to)
    register = form.register_ if form else None
    if register is None or register.closed is None or mine is None or mine.is_event or mine.due_at is None:
        return ()
    day = now.astimezone(plan.zone).date()
    gone = (u for u in plan.units if u.successor == to.unit and not u.is_open(day, date.max))
    units = (to.unit, *(u.id for u in gone))
    before = [r for unit in units for r in _before(conn, plan, replace(to, unit=unit), mine.due_at, now)]
    said: dict[tuple[str, str], Row] = {}
    # In order of due times and not only the last one: a correction may have come in after it. What the unit
    # says about a row that it took over comes after what was said by whom it has succeeded.
    for found in sorted(before, key=lambda r: (r.due_at, r.unit == to.unit)):
        for row in rows_of(conn, register, found.submission):
            for unit in units[1:] if found.unit == to.unit else ():
                said.pop((unit, row.key), None)
            said[found.unit, row.key] = row
    own_first = sorted(said, key=lambda at: at[0] != to.unit)
    return registers.open_rows(register, (said[at] for at in own_first))


def _before(conn: Connection, plan: Plan, to: Address, due_at: datetime, now: datetime) -> list[_Return]:
    """The counting returns of a unit that were due before some instant."""
    scope = Scope(to.campaign, duty=to.duty, unit=to.unit)
    return [
        _Return(s.owed.due_at, to.unit, f"{s.owed.key}@{s.version}")
        for s in standings(conn, plan, scope, now)
        if s.met and s.owed.due_at and s.owed.due_at < due_at and s.owed.subject == (to.subject or "")
    ]


def rows_of(conn: Connection, register: Register, submission: str) -> list[Row]:
    """The rows of one submission, in their order, told apart by the key in force. Personal answers are read
    as far as they still exist."""
    e, c = t.entry.c, t.entry_cell.c
    cells: dict[int, dict[str, int]] = defaultdict(dict)
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    for r in conn.execute(select(c.n, c.column, c.value, c.text).where(c.submission == submission)):
        if r.column not in register.by_code:
            continue
        if r.value is not None:
            cells[r.n][r.column] = r.value
        else:
            texts[r.n][r.column] = r.text
    personal = {code for code, column in register.by_code.items() if column.personal}
    known = revealed(conn, (x for row in texts.values() for code, x in row.items() if code in personal))
    entries = conn.scalars(select(e.n).where(e.submission == submission).order_by(e.n)).all()
    for row in texts.values():
        row.update({code: known.get(x, "") for code, x in row.items() if code in personal})
    return [registers.row(register, cells[n], texts[n]) for n in entries]


def revealed(conn: Connection, digests: Iterable[str]) -> dict[str, str]:
    """Personal answers by the digest on record; erased ones are not among them."""
    wanted, p = sorted(set(digests)), t.personal.c
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        rows = conn.execute(select(p.digest, p.text).where(p.digest.in_(wanted[start : start + 500])))
        found |= dict(rows.tuples().all())
    return found
