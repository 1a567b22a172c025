"""What units write into forms: plausible figures, parts never above their totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from duban.agenda import Obligation
from duban.plan import Form, Indicator, Plan
from duban.plan.forms import Register
from duban.story import rules
from duban.story.acts import Said, Value, Words

FLOW = 40
"""Most a flow figure comes to in one return."""
STOCK = (80, 300)
"""Between these a stock figure begins; it grows by some every period."""
GROWTH = 4
"""What a cumulative figure grows by at least every period: more than a correction adds to the one before."""
NEW_ROWS = 2
"""Most rows that a register gets a period, besides a first one."""


@dataclass
class Writer:
    """Fills in one form for one obligation."""

    plan: Plan
    form: Form
    owed: Obligation
    random: Random
    words: Words
    nth: int
    """Which of its series of returns this is, from 0: stock figures grow with it."""
    known: Mapping[str, Value]
    """Figures it has to state because lower levels have reported them."""
    before: Mapping[str, Value] = field(default_factory=dict)
    """What it stated the time before."""
    grown: int = 0
    """Which of its returns with this form, for whatever duty: cumulative figures grow with it."""

    def said(self, carried: Sequence[dict[str, Value]]) -> Said:
        """All values, and the register's rows: those `carried` on, some of them closed, and new ones."""
        values: dict[str, Value] = {}
        for indicator in self.form.indicators:
            self._fill(indicator, values)
        ordered = {i.code: values[i.code] for i in self.form.indicators}
        settled = rules.settled(self.form, ordered, self.before, fixed=self.known)
        return Said(settled, tuple(self._rows(self.form.register_, carried)))

    def _fill(self, indicator: Indicator, values: dict[str, Value]) -> Value:
        """One value; first those it is made of, or is a part of."""
        code = indicator.code
        if code not in values:
            whole = self.form.by_code.get(indicator.within or "")
            if code in self.known:
                values[code] = self.known[code]
            elif indicator.sum_of:
                parts = [self._fill(self.form.by_code[c], values) for c in indicator.sum_of]
                values[code] = _at_scale(sum((Decimal(p) for p in parts), Decimal(0)), indicator)
            elif whole and code not in whole.sum_of:
                values[code] = self._part(indicator, Decimal(self._fill(whole, values)))
            else:
                values[code] = self._free(indicator)
        return values[code]

    def _part(self, indicator: Indicator, whole: Decimal) -> Value:
        """Some of the whole: most of a stock, any share of a flow; always the same share of what only
        grows, so that it grows as well."""
        low = 60 if indicator.is_stock else 0
        random = self._steady(indicator) if indicator.cumulative else self.random
        return _at_scale(whole * random.randint(low, 100) / 100, indicator)

    def _free(self, indicator: Indicator) -> Value:
        if not indicator.is_number:
            return self._text(indicator)
        if indicator.is_stock:
            base, grown = self._steady(indicator).randint(*STOCK), self.random.randint(0, 2)
            figure = Decimal(
                base + (GROWTH * self.grown + grown if indicator.cumulative else self.nth * grown)
            )
        else:
            figure = Decimal(self.random.randint(0, FLOW * 10**indicator.scale)).scaleb(-indicator.scale)
        return _at_scale(min(figure, Decimal(indicator.max or figure)), indicator)

    def _steady(self, indicator: Indicator) -> Random:
        """What is the unit's own, whatever the period."""
        return Random(f"{self.owed.unit} {indicator.code}")

    def _text(self, indicator: Indicator) -> str:
        if indicator.type == "choice":
            return self.random.choice(indicator.choices)
        if indicator.type == "date":
            return _day_of(self.owed, self.random).isoformat()
        if indicator.personal:
            return self._personal(indicator.code)
        return str(self.random.choice(self.words["story"]["answers"]))

    def _personal(self, code: str) -> str:
        """Nobody's name, number or mailbox."""
        unit, story = self.plan.unit[self.owed.unit], self.words["story"]
        if "mail" in code:
            mails = [c.address for c in unit.channels if c.kind == "email"]
            return mails[0] if mails else f"{unit.id}@units.example"
        if any(part in code for part in ("phone", "tel", "mobile")):
            return "0000-0000000"
        return str(story["position"] if "position" in code else story["liaison"].format(unit=unit.short))

    def _rows(
        self, register: Register | None, carried: Sequence[dict[str, Value]]
    ) -> Iterable[dict[str, Value]]:
        if register is None:
            return
        for row in carried:
            yield self._closed(register, row) if self.random.random() < 0.5 else dict(row)
        for n in range(1 + self.random.randint(0, NEW_ROWS)):
            yield self._row(register, n)

    def _row(self, register: Register, n: int) -> dict[str, Value]:
        """A new row, told from others by the period and its number; it is open yet."""
        row: dict[str, Value] = {}
        for column in register.columns:
            value = self._free(column)
            if column.code in register.key and column.is_number:
                value = self.nth * 100 + n + 1
            elif column.code in register.key and column.type == "text" and not column.personal:
                value = f"{self.plan.unit[self.owed.unit].short}{self.nth + 1:02d}{n + 1:02d}"
            row[column.code] = value
        closing = register.closed
        if closing:
            left = [c for c in register.by_code[closing.column].choices if c not in closing.values]
            row[closing.column] = left[0] if left else ""
        return {code: value for code, value in row.items() if value != ""}

    def _closed(self, register: Register, row: dict[str, Value]) -> dict[str, Value]:
        closing = register.closed
        return row | ({closing.column: closing.values[0]} if closing else {})


def _at_scale(figure: Decimal, indicator: Indicator) -> Value:
    if not indicator.scale:
        return int(figure)
    return Decimal(int(figure.scaleb(indicator.scale))).scaleb(-indicator.scale)


def _day_of(owed: Obligation, random: Random) -> date:
    first, last = owed.covers
    return first + timedelta(days=random.randint(0, max((last - first).days, 0)))


def zeros(form: Form, said: Said, before: Mapping[str, Value]) -> Said:
    """What a zero report states: nothing happened; stocks are as they are, or as they were."""
    stocks = {c: v for c, v in said.values.items() if form.by_code[c].is_stock}
    flows: dict[str, Value] = {i.code: 0 for i in form.indicators if i.is_number and not i.is_stock}
    return Said(rules.settled(form, flows | stocks, before, fixed=flows))


def raised(form: Form, said: Said) -> Said:
    """A correction: one total was one too low; or a sentence has grown."""
    parts = {code for i in form.indicators for code in i.sum_of}
    for indicator in form.indicators:
        value, code = said.values.get(indicator.code), indicator.code
        bound = indicator.sum_of or indicator.within or indicator.max or code in parts
        if indicator.is_number and not bound and isinstance(value, int | Decimal):
            return Said(said.values | {code: value + 1}, said.rows)
    for indicator in form.indicators:
        if indicator.type == "text" and not indicator.personal and indicator.code in said.values:
            longer = f"{said.values[indicator.code]}{said.values[indicator.code]}"
            return Said(said.values | {indicator.code: longer}, said.rows)
    return said


def broken(form: Form, said: Said) -> dict[str, Value]:
    """What people do to forms: a unit of measure typed into a number cell, and a cell left out."""
    values = dict(said.values)
    numbers = [i for i in form.indicators if i.is_number]
    if numbers:
        values[numbers[0].code] = f"{values[numbers[0].code]}{numbers[0].unit_of_measure}多"
    required = [i.code for i in (numbers or form.indicators) if i.required]
    if required:
        values.pop(required[-1])
    return values
