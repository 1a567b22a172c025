"""Random plans: Hai'an's units under any rhythm the language has."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from duban import periods
from duban.plan import Plan
from duban.plan.dates import LocalDays, PrintedDate
from duban.plan.duties import Duty, Moments
from duban.plan.plan_file import Phase
from duban.plan.stated import WEEKDAYS
from tests.support.plans import load

HAIAN = load("haian-2018")
TWO = tuple(u for u in HAIAN.units if u.id in ("jicha", "qutang", "nanmo"))
FIRST, LAST = date(2004, 1, 1), date(2028, 12, 31)
COUNTS = st.lists(st.integers(1, 60), max_size=4).map(tuple)
CLOCKS = st.none() | st.sampled_from(["00:00", "12:00", "23:59", "closing"])


@st.composite
def spans(draw: st.DrawFn) -> tuple[date, date]:
    """A campaign's first and last day: some days to three years apart."""
    start = draw(st.dates(FIRST, LAST))
    return start, start + timedelta(days=draw(st.integers(0, 1100)))


@st.composite
def periodic(draw: st.DrawFn) -> dict[str, Any]:
    """`every: …` in any length."""
    length = draw(st.sampled_from(periods.LENGTHS))
    numbers = st.integers(1, 31) | st.just("last")
    rhythm: dict[str, Any] = {"every": length, "in": draw(st.sampled_from(["next", "same"]))}
    if length == "week":
        rhythm["on"] = draw(st.sampled_from(WEEKDAYS))
    elif length == "half-month":
        rhythm["on"] = draw(st.integers(1, 13) | st.just("last"))
    elif length != "day":
        rhythm["on"] = draw(numbers)
    if length == "month" and draw(st.booleans()):
        rhythm["cutoff"] = draw(st.integers(1, 28))
    if length in ("quarter", "half-year", "year"):
        rhythm["month"] = draw(st.none() | st.integers(1, periods.MONTHS[length]))
    return rhythm


@st.composite
def several_days(draw: st.DrawFn) -> dict[str, Any]:
    """每月10日、20日前, 每周二、五前."""
    if draw(st.booleans()):
        days: list[Any] = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=2, max_size=5, unique=True))
        return {"every": "week", "in": "same", "on": days}
    days = draw(st.lists(st.integers(1, 28), min_size=2, max_size=5, unique=True))
    return {"every": "month", "in": "same", "on": days}


@st.composite
def dated(draw: st.DrawFn, span: tuple[date, date]) -> dict[str, Any]:
    """Rhythms that name their days: one date, several, the end of a phase."""
    start, end = span
    days = st.integers(0, (end - start).days).map(lambda n: (start + timedelta(days=n)).isoformat())
    kind = draw(st.sampled_from(["once", "dates", "phase", "daily"]))
    if kind == "once":
        return {"due": draw(days)}
    if kind == "dates":
        return {"dates": draw(st.lists(days, min_size=1, max_size=6, unique=True))}
    if kind == "phase":
        return {"end_of": "all", "days": draw(st.integers(0, 40))}
    return {"every": "day", "in": draw(st.sampled_from(["next", "same"]))}


def made(
    span: tuple[date, date], rhythm: dict[str, Any], *more: dict[str, Any], moments: Moments | None = None,
    days: LocalDays | None = None,
) -> Plan:  # fmt: skip
    """A plan of two branches with a duty `first` under `rhythm`, and a duty for each further rhythm."""
    duties = tuple(
        Duty.model_validate(
            {"id": f"duty-{n}" if n else "first", "name": "情况", "by": ["qutang", "nanmo"], "to": "jicha",
             "rhythm": r}
        ).model_copy(update={"moments": moments or Moments()})
        for n, r in enumerate((rhythm, *more))
    )  # fmt: skip
    phase = Phase.model_validate({"id": "all", "kind": "action", "name": "全程"})
    file = HAIAN.file.model_copy(
        update={
            "start": PrintedDate.model_validate({"date": str(span[0])}),
            "end": PrintedDate.model_validate({"date": str(span[1])}), "duties": duties,
            "phases": (phase,), "tasks": (), "targets": (), "days": days or LocalDays(),
        }
    )  # fmt: skip
    return Plan(file=file, units=TWO, forms=HAIAN.forms)
