"""The form that is handed out to a unit, with what it has to carry on already in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from duban.documents.blank import blank_form
from duban.ledger import Ledger
from duban.plan.identity import answer_form
from duban.services.addresses import Address, check_owed, resolved
from duban.services.campaigns import deployed_plan
from duban.services.carrying import carried_rows


def issue_form(
    ledger: Ledger, to: Address, *, words: Mapping[str, str], as_of: datetime | None = None
) -> bytes:
    """The workbook for one obligation of a deployed campaign; the rows of a register 台账 still open stand
    in it. Raises BadInput when there is no such obligation, NotAllowed for a campaign not deployed."""
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plan = deployed_plan(conn, to.campaign, now)
        to = resolved(plan, to)
        check_owed(conn, plan, to, now)
        rows = carried_rows(conn, plan, to, now)
    register = answer_form(plan, to.duty, to.unit).register_
    filled = [row.values(register) for row in rows] if register else []
    return blank_form(
        plan, to.duty, to.unit, to.period, subject=to.subject, words=words, rows=filled, carried=len(filled)
    )
