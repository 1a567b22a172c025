"""Forms 报表 and their indicators, as written in forms/*.yaml."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from duban.plan.stated import Id, Stated, Text

LIMIT = 10**12
"""No scaled value may exceed this (DESIGN, The ledger): sums of 9 million of them still fit 64 bits."""

Axis = Literal["sum", "last", "avg", "min", "max", "count", "none"]


class Indicator(Stated):
    """An indicator 指标: one row of a form."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    name: Text
    unit_of_measure: Text | None = None
    """件, 个次, 万元 …; none for text."""
    type: Literal["integer", "decimal", "text"] = "integer"
    scale: Annotated[StrictInt, Field(ge=0, le=6)] = 0
    """Decimal places; a cell holds value x 10^scale as an integer."""
    required: StrictBool = True
    periods: Axis = "sum"
    """How values of several periods become one: `last` for stock figures (期末数)."""
    units: Axis = "sum"
    """How values of several units become one."""
    within: str | None = None
    """Code of the indicator this one is a part of (其中): never larger."""
    max: Annotated[StrictInt, Field(gt=0)] | None = None
    """Largest plausible value, in the unit of measure."""

    @property
    def is_number(self) -> bool:
        """Whether its cells are figures and not text."""
        return self.type != "text"

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
    indicators: tuple[Indicator, ...]


class Form(Stated):
    """A form 报表: sections of indicators."""

    id: Id
    title: Text
    version: StrictInt = 1
    sections: tuple[Section, ...]

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators in printed order."""
        return tuple(i for section in self.sections for i in section.indicators)

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Indicators by code."""
        return {i.code: i for i in self.indicators}
