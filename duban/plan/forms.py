"""Forms 报表 and their indicators, as written in forms/*.yaml."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from duban.plan.stated import Id, Names, Stated, Text, several

LIMIT = 10**12
"""No scaled value may exceed this (DESIGN, The ledger): sums of 9 million of them still fit 64 bits."""

Axis = Literal["sum", "last", "avg", "min", "max", "count", "none"]


CODE = r"^[a-z][a-z0-9_]{0,39}$"
Code = Annotated[str, Field(pattern=CODE)]


def _condition(value: object) -> object:
    texts = isinstance(value, list) and all(isinstance(v, str) and v for v in value)
    if value in ("positive", "filled") or (texts and value):
        return value
    raise PydanticCustomError("bad-condition", "positive, filled, or a list of choices")


_CODE = {"type": "string", "pattern": CODE}
Codes = Annotated[
    tuple[Code, ...],
    BeforeValidator(several),
    WithJsonSchema({"anyOf": [_CODE, {"type": "array", "items": _CODE, "minItems": 1}]}),
]
"""One code, or several."""
Asked = Literal["positive", "filled"]
Condition = Annotated[Asked | tuple[Text, ...], BeforeValidator(_condition)]
"""`positive`, `filled`, or choices of which it is one."""
Relation = Literal["at-most", "at-least", "equal"]
Weight = Literal["error", "query"]
"""error: the return is refused; query: it counts, and a 备注 explains it."""


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
    min: Annotated[StrictInt, Field(gt=0)] | None = None
    """Smallest plausible value, in the unit of measure; nothing is ever below zero."""
    max: Annotated[StrictInt, Field(gt=0)] | None = None
    """Largest plausible value, in the unit of measure."""
    cumulative: StrictBool = False
    """Counted from the beginning on (累计): below the unit's last return only with a 备注 that says why."""
    outliers: StrictBool = True
    """Whether a figure quite out of the unit's own line is asked about."""

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


class Check(Stated):
    """A rule between the figures of one return: two sums compared, or what one figure makes necessary."""

    left: Codes = ()
    """Figures that are added up."""
    is_: Annotated[Relation | None, Field(alias="is")] = None
    right: Codes = ()
    """Figures that their sum is held against."""
    before: Codes = ()
    """Figures of the unit's last return, added to the right: 期末 = 期初 + 增加 - 减少."""
    if_: Annotated[dict[Code, Condition], Field(alias="if")] = Field(default_factory=dict)
    """Indicator → `positive`, `filled`, or choices of which it is one; all of them must hold."""
    needs: Codes = ()
    """At least one of these is filled in then, a figure above zero."""
    grade: Weight = "error"
    because: Text | None = None
    """The reason, as the unit is told it."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Every indicator of this return that it speaks of; a 备注 on any of them explains it."""
        return (*self.left, *self.right, *self.if_, *self.needs)


class Tally(Stated):
    """How many files there are, held against what the return states."""

    figures: Codes
    """Figures of the form, added up."""
    is_: Annotated[Relation, Field(alias="is")] = "equal"
    """What the number of files is, to their sum."""
    grade: Weight = "error"
    because: Text | None = None
    """The reason, as the unit is told it."""


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
    checks: tuple[Check, ...] = ()
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
    def figures(self) -> dict[str, Indicator]:
        """What totals are made of, by code."""
        return {i.code: i for i in self.numbers}

    @cached_property
    def looks_back(self) -> bool:
        """Whether any of its rules needs what the unit has reported before."""
        judged = any(i.cumulative or i.outliers for i in self.indicators if i.is_number)
        return judged or any(c.before for c in self.checks)

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
        return self._with(sections=(section,), register_=None, checks=())

    def without(self, hidden: Iterable[str]) -> Form:
        """The form as somebody sees it who fills in all sections but some."""
        gone = frozenset(hidden)
        return self._with(sections=tuple(s for s in self.sections if s.id not in gone)) if gone else self

    def _with(self, **changes: Any) -> Form:
        # model_copy would take along what is cached
        return Form.model_construct(**{name: getattr(self, name) for name in Form.model_fields} | changes)
