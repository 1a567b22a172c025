"""What every block of a plan has in common: who stated it, and how days, months and clocks are written."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt
from pydantic_core import PydanticCustomError

Origin = Literal["notice", "coordinator"]
"""Who stated a value: the printed notice, or the coordinator who filled a gap it leaves."""


def _one_line(value: str) -> str:
    if any(unicodedata.category(c) == "Cc" for c in value):
        raise PydanticCustomError("not-one-line", "no line breaks or control characters")
    return value


Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]


def _clock(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise PydanticCustomError("bad-clock", "HH:MM")


def _month(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", value):
        return value
    raise PydanticCustomError("bad-month", "YYYY-MM")


def _day(value: object) -> object:
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise PydanticCustomError("bad-date", "YYYY-MM-DD")


def _day_of_month(value: object) -> object:
    if value == "last" or (type(value) is int and 1 <= value <= 31):
        return value
    raise PydanticCustomError("bad-day-of-month", "1 to 31, or last")


Clock = Annotated[time, BeforeValidator(_clock)]
Month = Annotated[str, BeforeValidator(_month)]
Day = Annotated[date, BeforeValidator(_day)]
DayOfMonth = Annotated[int | Literal["last"], BeforeValidator(_day_of_month)]
DayCount = Annotated[StrictInt, Field(ge=1, le=365)]


class Stated(BaseModel):
    """Anything written in a plan: frozen, no unknown keys, with who said it and in which words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: Origin | None = None
    """Holds for this block and everything in it; None: as the block around it."""
    origins: dict[str, Origin] = {}
    """Single keys of this block that differ."""
    source: Text | None = None
    """The notice's own words."""
