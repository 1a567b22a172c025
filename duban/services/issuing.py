"""The form that is handed out to a unit, with what it has to carry on already in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from duban.documents.blank import blank_form
from duban.ledger import Ledger
from duban.ledger.queries import Scope
from duban.past import Past, last_said
from duban.plan import Plan
from duban.plan.forms import Form, Indicator
from duban.plan.identity import answer_form
from duban.registers import Row
from duban.services.addresses import Address, check_owed, resolved
from duban.services.campaigns import deployed_plan
from duban.services.carrying import carried_rows
from duban.services.history import past
from duban.services.watching import standings

FIGURE = re.compile(r"\d{1,10}(?:\.\d{1,5})?", re.ASCII)
"""What a cell of a workbook keeps to the last digit; anything else stays text."""
CELL = 32767
"""Characters that a cell of a workbook holds."""


def form_name(plan: Plan, to: Address) -> str:
    """What the file of a form is called: unit, period and subject; of a duty of a single date, the duty."""
    parts = (plan.unit[to.unit].short, to.period or plan.duty[to.duty].name, to.subject or "")
    return "-".join(part for part in parts if part) + ".xlsx"


@dataclass(frozen=True)
class Begun:
    """What is filled in already, as it was typed: a draft, or the version that is to be corrected."""

    cells: Mapping[str, str]
    notes: Mapping[str, str]
    signed: Mapping[str, str]
    rows: Sequence[Mapping[str, str]]
    """Those that are carried on come first."""
    carried: int
    zero: bool


def issue_form(
    ledger: Ledger, to: Address, *, words: Mapping[str, str], begun: Begun | None = None,
    as_of: datetime | None = None,
) -> bytes:  # fmt: skip
    """The workbook for one obligation of a deployed campaign, blank or with what is filled in already; the
    rows of a register 台账 still open stand in it, and beside cumulative figures what was stated last.
    Raises BadInput when there is no such obligation, NotAllowed for a campaign not deployed."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plan = deployed_plan(conn, to.campaign, now)
        to = resolved(plan, to)
        check_owed(conn, plan, to, now)
        rows = carried_rows(conn, plan, to, now)
        before, due_at = past(conn, plan, to, now), _limit(conn, plan, to, now)
    form = answer_form(plan, to.duty, to.unit)
    begun = begun or _blank(form, rows)
    columns = form.register_.by_code if form.register_ else {}
    return blank_form(
        plan, to.duty, to.unit, to.period, subject=to.subject, words=words,
        values=_values(form.by_code, begun.cells), notes=_texts(begun.notes), zero=begun.zero,
        signed=_texts(begun.signed), rows=[_values(columns, row) for row in begun.rows],
        carried=begun.carried, before=_last_time(form, before), due_at=due_at,
    )  # fmt: skip


def _blank(form: Form, rows: Sequence[Row]) -> Begun:
    carried = [row.said(form.register_) for row in rows] if form.register_ else []
    return Begun({}, {}, {}, carried, len(carried), False)


def _values(known: Mapping[str, Indicator], said: Mapping[str, str]) -> dict[str, Decimal | str]:
    """Figures as figures; what is none stays as it was typed, to be found wrong where it stands."""
    texts = _texts({code: text for code, text in said.items() if code in known})
    return {
        code: Decimal(text.strip()) if known[code].is_number and FIGURE.fullmatch(text.strip()) else text
        for code, text in texts.items()
    }  # fmt: skip


def _texts(said: Mapping[str, str]) -> dict[str, str]:
    return {key: text[:CELL] for key, text in said.items()}


def _limit(conn: Connection, plan: Plan, to: Address, now: datetime) -> datetime | None:
    """Until when it is to be sent, extensions counted; None for what has no due time."""
    found = standings(conn, plan, Scope(to.campaign, key=to.obligation), now)
    return found[0].limit if found else None


def _last_time(form: Form, before: Sequence[Past]) -> dict[str, int]:
    """The figures of last time that those of now go on from."""
    going_on = [i.code for i in form.indicators if i.is_number and (i.cumulative or i.is_stock)]
    found = {code: last_said(before, code) for code in going_on}
    return {code: said.cells[code] for code, said in found.items() if said is not None}
