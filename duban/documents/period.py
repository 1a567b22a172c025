"""What the documents of one period say: the view that workbook and summary are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duban.figures import CellRow, Total
from duban.plan import Form, Plan
from duban.standing import Rates, Standing


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """Everything a period's documents say, as of one instant."""

    plan: Plan
    duty: str
    period: str
    form: Form
    as_of: datetime
    standings: list[Standing]
    rates: Rates
    totals: list[Total]
    cells: list[CellRow]
    texts: dict[str, dict[str, str]]
    """Unit → text indicator → answer."""
    head: str
    """The journal's head when this was read: a report that leaves prints it."""
    seq: int
