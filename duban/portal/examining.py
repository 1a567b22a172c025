"""A return as its reviewer looks at it: beside the last period's, with notes, oddities and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from duban.errors import Problem
from duban.plan import Form, Indicator, Plan
from duban.portal.tags import Shown, shown
from duban.services.addresses import Address
from duban.services.awaiting import superior_first
from duban.services.reading import Filed, Version, filed, filed_before, versions
from duban.services.requesting import Request, request_of
from duban.services.trail import Step, trail
from duban.services.watching import standing_of
from duban.standing import Standing

Value = Decimal | str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the form: now, last time, and what is said about it."""

    section: str
    indicator: Indicator
    value: Value
    before: Value
    note: str
    queries: tuple[Problem, ...]


@dataclass(frozen=True)
class Examined:
    """Everything the page to review a return shows."""

    standing: Standing
    shown: Shown
    versions: Sequence[Version]
    """The newest first."""
    current: Filed | None
    """The version that counts, or else the last one that came."""
    before: Filed | None
    """What counts of the period before."""
    lines: Sequence[Line]
    superior: str | None
    """Who has to endorse it first."""
    request: Request | None
    last: Step | None
    """What a person did about it last."""

    @property
    def refused(self) -> bool:
        """Whether there is a refused version whose time of receipt could be recognised 认定."""
        return any(not v.valid for v in self.versions)

    @property
    def queries(self) -> int:
        """How many oddities it has."""
        return sum(len(line.queries) for line in self.lines)


UNDECIDED = ("submission", "message", "call", "proposed", "approved", "not-approved", "acknowledged")
"""Steps of a trail by which nobody decided anything about a return."""


def examined(conn: Connection, plan: Plan, to: Address, now: datetime) -> Examined:
    """Read a return for its reviewer. Raises BadInput where there is no such obligation."""
    stands = standing_of(conn, plan, to.obligation, now)
    sent = versions(conn, plan, to, now)
    number = stands.version or (sent[0].version if sent else None)
    current = filed(conn, plan, to, number) if number else None
    before = filed_before(conn, plan, to, now)
    steps = [s for s in trail(conn, plan, to.obligation, now) if s.kind not in UNDECIDED]
    return Examined(
        stands, shown(stands), sent, current, before, _lines(current, before), superior_first(plan, stands),
        request_of(conn, plan, to.obligation, now), steps[-1] if steps else None,
    )  # fmt: skip


def _lines(current: Filed | None, before: Filed | None) -> list[Line]:
    form = current.form if current else None
    if current is None or form is None:
        return []
    said: Mapping[str, Value] = before.values if before else {}
    return [
        Line(
            section, i, current.values.get(i.code), said.get(i.code), current.notes.get(i.code, ""),
            tuple(p for p in current.version.problems if p.key == i.code),
        )
        for section, i in _rows(form)
    ]  # fmt: skip


def _rows(form: Form) -> list[tuple[str, Indicator]]:
    """What a form asks for in printed order, then what its register counts."""
    rows = [(s.name, i) for s in form.sections for i in s.indicators]
    counts = form.register_.counts if form.register_ else ()
    return rows + [(form.register_.name, c) for c in counts if form.register_]
