"""How units, their heads and leaders are reached, as units.csv says it."""

from __future__ import annotations

import pytest

from duban.errors import PlanInvalid
from duban.plan import parse
from duban.rendering import renderer
from tests.support.pier import UNITS, bundle


def wrong(old: str, new: str) -> list[tuple[str, str, str, str]]:
    """Code, line, column and value of what is wrong with a changed table."""
    assert UNITS.count(old) == 1
    with pytest.raises(PlanInvalid) as caught:
        parse(bundle(units=UNITS.replace(old, new)))
    return [(p.code, p.place, p.key, p.value) for p in caught.value.problems]


def test_heads_and_leaders_are_read_as_channels_are() -> None:
    several = UNITS.replace("email=chief@pier.example", "sms=10800001234;email=chief@pier.example")
    unit = parse(bundle(units=several)).unit
    assert [(way.kind, way.address) for way in unit["east"].head] == [
        ("sms", "10800001234"), ("email", "chief@pier.example"),
    ]  # fmt: skip
    assert [(way.kind, way.address) for way in unit["west"].leader] == [
        ("email", "vice-director@pier.example")
    ]
    assert (unit["west"].prefers, unit["east"].prefers, unit["north"].head) == ("email", None, ())


@pytest.mark.parametrize(
    ("column", "old"),
    [
        ("channels", "email=north@pier.example"), ("head", "email=chief@pier.example"),
        ("leader", "email=vice-director@pier.example"),
    ],
)  # fmt: skip
def test_the_same_way_twice_in_a_cell_is_a_mistake(column: str, old: str) -> None:
    line = str(next(n for n, row in enumerate(UNITS.splitlines(), 1) if old in row))
    assert wrong(old, f"{old}; {old}") == [("duplicate-way", line, column, old)]


def test_a_mailbox_that_units_share_or_that_is_also_the_heads_is_no_mistake() -> None:
    shared = UNITS.replace("email=north@", "email=east@").replace("email=chief@", "email=east@")
    assert parse(bundle(units=shared)).unit["north"].channels[0].address == "east@pier.example"


@pytest.mark.parametrize(
    ("new", "code", "words"),
    [
        ("chief@pier.example", "bad-channel", "应写成 渠道=地址"),
        ("email=chief @pier.example", "bad-pattern", "地址中不能有空格、引号和尖括号"),
    ],
)
def test_a_heads_way_is_checked_as_a_channel_is(new: str, code: str, words: str) -> None:
    assert [x[:3] for x in wrong("email=chief@pier.example", new)] == [(code, "4", "head")]
    with pytest.raises(PlanInvalid) as caught:
        parse(bundle(units=UNITS.replace("email=chief@pier.example", new)))
    assert words in renderer().problem(caught.value.problems[0])
