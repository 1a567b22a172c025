"""Obligations, arrivals and rulings about Qutang's October return, due before 2018-11-06 in Shanghai."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from duban.standing import Arrival, Owed, Ruling, Standing, standing

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPENS = datetime(2018, 11, 1, tzinfo=SHANGHAI)
DUE = datetime(2018, 11, 6, tzinfo=SHANGHAI)
SECOND = timedelta(seconds=1)

History = tuple[list[Arrival], list[Ruling]]


def at(text: str) -> datetime:
    """`11-05 23:59:59` of 2018 in Shanghai."""
    return datetime.fromisoformat(f"2018-{text}").replace(tzinfo=SHANGHAI)


def owed(**changes: Any) -> Owed:
    values = {
        "key": "haian-2018/monthly/qutang/2018-10", "duty": "monthly", "unit": "qutang", "period": "2018-10",
        "opens_at": OPENS, "due_at": DUE,
    }  # fmt: skip
    return Owed(**{**values, **changes})


def sent(*times: str, invalid: Sequence[int] = (), zero: Sequence[int] = ()) -> list[Arrival]:
    """Versions 1, 2, … received at these times."""
    return [Arrival(n, at(time), n not in invalid, n in zero) for n, time in enumerate(times, start=1)]


def stands(
    arrivals: Sequence[Arrival] = (), rulings: Sequence[Ruling] = (), now: str = "12-31 12:00", **changes: Any
) -> Standing:
    return standing(owed(**changes), arrivals, rulings, at(now))


MINUTES = st.integers(-7 * 1440, 14 * 1440)
"""Around the due time, from before the return opens to a fortnight late."""


def moment(minutes: int) -> datetime:
    return DUE + timedelta(minutes=minutes)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """What may come in and be decided: versions in order of receipt, rulings in order of decision."""
    times = sorted(draw(st.lists(MINUTES, max_size=5)))
    arrivals = [
        Arrival(n, moment(minutes), draw(st.booleans()), draw(st.booleans()))
        for n, minutes in enumerate(times, start=1)
    ]
    rulings = []
    for arrival in arrivals:
        if arrival.valid and draw(st.booleans()):
            decided = arrival.received_at + timedelta(minutes=draw(st.integers(0, 3000)))
            until = draw(
                st.none() | st.builds(lambda m, d=decided: d + timedelta(minutes=m), st.integers(1, 9000))
            )
            rulings.append(Ruling("return", decided, arrival.version, until, draw(st.booleans())))
    for kind in draw(st.lists(st.sampled_from(["waive", "give-up", "extend"]), max_size=2)):
        until = moment(draw(st.integers(1, 9000))) if kind == "extend" else None
        rulings.append(Ruling(kind, moment(draw(MINUTES)), None, until))
    return arrivals, sorted(rulings, key=lambda r: r.at)
