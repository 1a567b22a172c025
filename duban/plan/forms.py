"""Forms 报表 and their indicators, as written in forms/*.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt

from duban.plan.stated import Id, Names, Stated, Text

LIMIT = 10**12
"""No scaled value may exceed this (DESIGN, The ledger): sums of 9 million of them still fit 64 bits."""

Axis = Literal["sum", "last", "avg", "min", "max", "count", "none"]


Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Indicator(Stated):
    """An indicator 指标: one row of a table, or one column of a register."""

    code: Code
    name: Text
    unit_of_measure: Text | None = None
    """件, 个次, 万元 …; none for text."""
    type: Literal["integer", "decimal", "text", "date", "choice"] = "integer"
    scale: Annotated[StrictInt, Field(ge=0, le=6)] = 0
    """Decimal places; a cell holds value x 10^scale as an integer."""
    required: StrictBool = True
    periods: Axis = "sum"
    """How values of several periods become one: `last` for stock figures (期末数)."""
    units: Axis = "sum"
    """How values of several units become one."""
    within: str | None = None
    """Code of the indicator this one is a part of (其中): never larger."""
    sum_of: tuple[str, ...] = ()
    """Codes whose sum it has to be (合计)."""
    choices: tuple[Text, ...] = ()
    """The answers a `choice` allows."""
    personal: StrictBool = False
    """A person's name, number or mailbox: kept in the one erasable table, on record as a salted digest."""
    replaces: str | None = None
    """Code of the indicator it takes the place of since an amendment: scale, unit of measure and
    operators of a code never change."""
    factor: Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,9})?$")] = "1"
    """What one of the replaced one's unit of measure is in this one's: 10000 from 万元 to 元."""
    max: Annotated[StrictInt, Field(gt=0)] | None = None
    """Largest plausible value, in the unit of measure."""

    @property
    def is_number(self) -> bool:
        """Whether its cells are figures and not text."""
        return self.type in ("integer", "decimal")

    @property
    def is_stock(self) -> bool:
        """A stock or cumulative figure, which a zero report says nothing about."""
        return self.periods == "last"

    def scaled(self, value: Decimal) -> int:
        """The integer a cell stores; ValueError when `value` has more decimal places than `scale`."""
        shifted = value.scaleb(self.scale)
        if shifted != shifted.to_integral_value():
            raise ValueError("scale")
        return int(shifted)

    def decimal(self, scaled: int) -> Decimal:
        """The exact value of a stored integer."""
        return Decimal(scaled).scaleb(-self.scale)


class Section(Stated):
    """A section of a form."""

    id: Id
    name: Text
    for_: Annotated[Names, Field(alias="for")] = ()
    """The units that see and fill it; empty: all."""
    indicators: tuple[Indicator, ...]


class Closing(Stated):
    """When a register's row is closed 销号: its column has one of these values."""

    column: str
    values: tuple[Text, ...]


class Count(Indicator):
    """An indicator that a register's rows give by themselves."""

    where: dict[str, tuple[Text, ...]] = Field(default_factory=dict)
    """Column → the values that count; all of them must hold. Empty: every row."""
    open: StrictBool | None = None
    """Only open rows, or only closed ones."""


class Register(Stated):
    """A register 台账: rows with an identity, carried forward until closed (销号, 挂牌督办)."""

    name: Text
    key: tuple[str, ...]
    """Codes of the columns that tell one row from another."""
    columns: tuple[Indicator, ...]
    closed: Closing | None = None
    """None: rows are of their period and not carried forward."""
    counts: tuple[Count, ...] = ()

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Columns by code."""
        return {c.code: c for c in self.columns}


class Form(Stated):
    """A form 报表: sections of indicators, a register of rows, or both."""

    id: Id
    title: Text
    version: StrictInt = 1
    sections: tuple[Section, ...] = ()
    register_: Annotated[Register | None, Field(alias="register")] = None
    fills: Literal["liaisons"] | None = None
    """What a valid return fills in besides: who speaks for the unit."""

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators a unit fills in, in printed order."""
        return tuple(i for section in self.sections for i in section.indicators)

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Indicators by code."""
        return {i.code: i for i in self.indicators}

    @cached_property
    def numbers(self) -> tuple[Indicator, ...]:
        """What totals are made of: the figures a unit fills in, then the counts of its register's rows."""
        counts = self.register_.counts if self.register_ else ()
        return (*(i for i in self.indicators if i.is_number), *counts)

    @cached_property
    def is_personal(self) -> bool:
        """Whether a return may hold what has to be erasable."""
        columns = self.register_.columns if self.register_ else ()
        return any(i.personal for i in (*self.indicators, *columns))

    @cached_property
    def row(self) -> Form:
        """One row of the register as a form of its own; what tells rows apart has to be filled in."""
        register = self.register_
        if register is None:
            raise ValueError(self.id)
        columns = [c.model_copy(update={"required": c.required or c.code in register.key})
                   for c in register.columns]  # fmt: skip
        section = Section.model_construct(id="row", name=register.name, indicators=tuple(columns))
        return self._with(sections=(section,), register_=None)

    def without(self, hidden: Iterable[str]) -> Form:
        """The form as somebody sees it who fills in all sections but some."""
        gone = frozenset(hidden)
        return self._with(sections=tuple(s for s in self.sections if s.id not in gone)) if gone else self

    def _with(self, **changes: Any) -> Form:
        # model_copy would take along what is cached
        return Form.model_construct(**{name: getattr(self, name) for name in Form.model_fields} | changes)
