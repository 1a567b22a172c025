"""What every block of a plan has in common: who stated it, and how days, clocks and names are written."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from duban import periods

Origin = Literal["notice", "coordinator"]
"""Who stated a value: the printed notice, or the coordinator who filled a gap it leaves."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

YEARS = r"(19|20|21)\d\d"
"""Any other year is a slip of the pen, and near the ends of the calendar no due day can be moved."""


def _one_line(value: str) -> str:
    if any(unicodedata.category(c) == "Cc" for c in value):
        raise PydanticCustomError("not-one-line", "no line breaks or control characters")
    return value


def _clock(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise PydanticCustomError("bad-clock", "HH:MM")


def _due_clock(value: object) -> object:
    return value if value == "closing" else _clock(value)


def _period(value: object) -> object:
    text = str(value) if type(value) is int else value  # YAML reads a bare 2018 as a number
    if isinstance(text, str) and re.match(YEARS, text) and periods.is_period(text):
        return text
    raise PydanticCustomError("bad-period", "2018-09, 2018-W36, 2018-Q3, 2018-H1, 2018 …")


def _day(value: object) -> object:
    try:
        if isinstance(value, str) and re.fullmatch(YEARS + r"-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("bad-date", "YYYY-MM-DD")


def _due_days(value: object) -> object:
    """One day or several, each 1 to 31, `last` or a weekday; always a tuple inside."""
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not (item in ("last", *WEEKDAYS) or (type(item) is int and 1 <= item <= 31)):
            raise PydanticCustomError("bad-due-day", "1 to 31, last, or mon to sun")
    if not items or len(set(items)) < len(items):
        raise PydanticCustomError("bad-due-day", "each day once")
    return tuple(items)


def several(value: object) -> object:
    """One text for a list of one."""
    return (value,) if isinstance(value, str) else value


def _goal(value: object) -> object:
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,4})?)%", value) if isinstance(value, str) else None
    if match is not None:
        return Fraction(match[1]) / 100
    if type(value) is int and value >= 0:
        return Fraction(value)
    raise PydanticCustomError("bad-goal", "80% or a whole number")


def _text_schema(pattern: str, *examples: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Number = Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z.-]{0,19}$")]
"""A task's number as printed: `1.1.1`."""
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Names = Annotated[
    tuple[Text, ...],
    BeforeValidator(several),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]
"""Units and groups, each by id, name, short name or alias, as the notice names them."""
Clock = Annotated[time, BeforeValidator(_clock), _text_schema(r"^([01]\d|2[0-3]):[0-5]\d$", "08:30")]
DueClock = Annotated[
    time | Literal["closing"],
    BeforeValidator(_due_clock),
    _text_schema(r"^(([01]\d|2[0-3]):[0-5]\d|closing)$", "12:00", "closing"),
]
"""A clock time, or `closing`: 下班前, the end of the plan's office hours."""
PeriodName = Annotated[
    str, BeforeValidator(_period), WithJsonSchema({"type": ["string", "integer"], "examples": ["2018-09"]})
]
Day = Annotated[date, BeforeValidator(_day), _text_schema(r"^\d{4}-\d{2}-\d{2}$", "2018-09-06")]
_ONE_DUE_DAY = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 31}, {"enum": ["last", *WEEKDAYS]}]}
DueDays = Annotated[
    tuple[int | str, ...],
    BeforeValidator(_due_days),
    WithJsonSchema({"anyOf": [*_ONE_DUE_DAY["anyOf"], {"type": "array", "items": _ONE_DUE_DAY}]}),
]
Goal = Annotated[
    Fraction,
    BeforeValidator(_goal),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\d{1,6}(\.\d{1,4})?%$"},
                {"type": "integer", "minimum": 0},
            ]
        }
    ),
]
"""`80%`, or a count."""
DayCount = Annotated[StrictInt, Field(ge=1, le=365)]
DaysBefore = Annotated[StrictInt, Field(ge=0, le=365)]
"""0: on the day itself."""


class Stated(BaseModel):
    """Anything written in a plan: frozen, no unknown keys, with who said it and in which words."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    origin: Origin | None = None
    """Holds for this block and everything in it; None: as the block around it."""
    origins: dict[str, Origin] = {}
    """Single keys of this block that differ."""
    source: Text | None = None
    """The notice's own words."""
