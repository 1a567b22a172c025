"""What the documents of one period say: the view that workbook and summary are made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from duban import figures
from duban.figures import CellRow, Column, Source, Total
from duban.plan import Form, Indicator, Plan
from duban.standing import Rates, Standing


@dataclass(frozen=True, slots=True)
class Return:
    """One return of the period, with what came with it."""

    source: Source
    standing: Standing
    unit: str
    """The unit's name."""
    subject: str
    """What it is about besides: a task's number and name, an inspected body; mostly empty."""
    texts: dict[str, str] = field(default_factory=dict)
    """Answers by indicator."""
    notes: dict[str, str] = field(default_factory=dict)
    """备注 by indicator."""
    files: tuple[tuple[str, str], ...] = ()
    """(name of the attachment, file name)."""


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """Everything a period's documents say, as of one instant."""

    plan: Plan
    duty: str
    period: str
    form: Form | None
    """None: the duty is answered by files alone."""
    as_of: datetime
    standings: list[Standing]
    rates: Rates
    totals: list[Total]
    cells: list[CellRow]
    returns: list[Return]
    head: str
    """The journal's head when this was read: a report that leaves prints it."""
    seq: int

    @property
    def by_subject(self) -> bool:
        """Whether a unit makes several returns in the period."""
        return any(r.subject for r in self.returns)

    @property
    def columns(self) -> list[Column]:
        """What the consolidated table shows: figures; where each return is about a subject of its own,
        its words too."""
        if self.form is None:
            return []
        sources = [r.source for r in self.returns]
        shown = figures.figure_columns(self.plan, self.form, sources)
        if not self.by_subject:
            return shown
        words = {i.code for i in self.words}
        codes = {c.indicator.code for c in shown} | words
        return [c for c in figures.columns(self.plan, self.form) if c.indicator.code in codes]

    @property
    def words(self) -> list[Indicator]:
        """The indicators answered in words that may be shown: personal answers stay where they are kept."""
        if self.form is None:
            return []
        asked = figures.columns(self.plan, self.form)
        return [c.indicator for c in asked if not c.indicator.is_number and not c.indicator.personal]

    @property
    def sayings(self) -> list[tuple[Return, Indicator, str, bool]]:
        """Every answer in words and every note (True), by return, in printed order."""
        if self.form is None:
            return []
        personal = {i.code for i in self.form.indicators if i.personal}
        asked = [
            c.indicator for c in figures.columns(self.plan, self.form) if c.indicator.code not in personal
        ]
        words = {i.code for i in self.words}
        return [
            (r, i, said[i.code], noted)
            for r in self.returns
            for i in asked
            for said, noted in ((r.texts, False), (r.notes, True))
            if i.code in said and (noted or i.code in words)
        ]

    @property
    def lines(self) -> list[Line]:
        """The consolidated table as texts, line by line."""
        values = figures.matrix(self.cells, self.columns, [r.source for r in self.returns])
        return [
            Line(r, [_cell(r, c.indicator, values[r.source][c.indicator.code]) for c in self.columns])
            for r in self.returns
        ]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as it is read."""

    text: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One return's line of the consolidated table."""

    of: Return
    cells: list[Cell]


def _cell(one: Return, indicator: Indicator, value: Decimal | None) -> Cell:
    if indicator.is_number:
        return Cell("" if value is None else format(value, "f"), True)
    return Cell(one.texts.get(indicator.code, ""), False)
