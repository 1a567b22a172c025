"""Acknowledging 签收: what a unit is asked to confirm, and that it is confirmed once."""

from __future__ import annotations

import pytest

from duban.errors import NotAllowed, Retryable
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.ledger.proof import verify
from duban.services.acknowledging import Asked, acknowledge, to_acknowledge
from duban.services.campaigns import deployed_plan
from tests.support import colours as c
from tests.support.colours import approve, key, only, told
from tests.support.town import HAIAN, Town, at


@pytest.fixture
def warned(town: Town) -> Town:
    """Blue about Libao's October left on 8 November, orange on the 12th."""
    only(town, "libao", "dagong")
    for day in ("2018-11-06", "2018-11-08"):
        told(town, f"{day} 08:30")
    town.report("dagong", "2018-10", "2018-11-09 09:00")
    told(town, "2018-11-12 08:30")
    approve(town, "2018-11-12 09:00", role="coordinator")
    told(town, "2018-11-12 09:05", run=False)
    return town


def asked(town: Town, unit: str, when: str = "2018-11-12 12:00") -> list[Asked]:
    with town.ledger.read() as conn:
        return to_acknowledge(conn, deployed_plan(conn, HAIAN), unit, at(when))


def test_each_colour_that_left_is_asked_about_the_last_one_first(warned: Town) -> None:
    found = asked(warned, "libao")
    assert [(x.kind, x.obligation, x.sent_at, x.acknowledged) for x in found] == [
        ("orange", key("libao"), at("2018-11-12 09:05"), None),
        ("blue", key("libao"), at("2018-11-08 08:30"), None),
    ]
    assert [x.kind for x in asked(warned, "libao", "2018-11-12 09:00")] == ["blue"]
    assert [x.kind for x in asked(warned, "dagong")] == ["blue"]
    assert asked(warned, "haian") == []


def test_an_acknowledgement_is_on_record_once(warned: Town) -> None:
    orange, blue = asked(warned, "libao")
    for when in ("2018-11-12 10:00", "2018-11-12 11:00"):
        acknowledge(warned.ledger, HAIAN, orange.message, by="李堡镇分局", as_of=at(when))
    after = asked(warned, "libao")
    assert [(x.kind, x.acknowledged, x.by) for x in after] == [
        ("orange", at("2018-11-12 10:00"), "李堡镇分局"), ("blue", None, ""),
    ]  # fmt: skip
    assert asked(warned, "libao", "2018-11-12 09:59")[0].acknowledged is None
    assert warned.count(t.acknowledgement) == 1
    assert blue.acknowledged is None
    with warned.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_only_a_colour_that_has_left_can_be_acknowledged(warned: Town) -> None:
    m = t.message.c
    with warned.ledger.read() as conn:
        chase = conn.scalars(t.message.select().with_only_columns(m.id).where(m.kind == "chase")).first()
    for message in (chase, "nothing"):
        with pytest.raises(NotAllowed, match="nothing-to-acknowledge"):
            acknowledge(warned.ledger, HAIAN, str(message), by="x", as_of=at("2018-11-12 12:00"))


def test_a_colour_that_was_decided_and_not_sent_is_not_asked_about(town: Town) -> None:
    only(town, "libao")
    told(town, "2018-11-06 08:30")
    town.run("2018-11-08 08:30")
    assert asked(town, "libao", "2018-11-08 09:00") == []
    about = (t.message.c.kind == "blue") & (t.message.c.obligation == c.key("libao"))
    assert town.count(t.message, about) == 1


def test_a_colour_that_was_taken_back_before_it_left_is_not_asked_about(town: Town) -> None:
    class Away:
        def send(self, parcel: Parcel, message_id: str) -> None:
            raise Retryable("away")

    only(town, "libao")
    told(town, "2018-11-06 08:30")
    town.run("2018-11-08 08:30")
    town.deliver(Away(), "2018-11-08 08:30")
    (blue,) = asked(town, "libao", "2018-11-08 08:31")
    town.report("libao", "2018-10", "2018-11-08 08:33")
    assert town.deliver(Away(), "2018-11-08 08:40").withdrawn == 1
    assert asked(town, "libao", "2018-11-08 09:00") == []
    with pytest.raises(NotAllowed, match="nothing-to-acknowledge"):
        acknowledge(town.ledger, HAIAN, blue.message, by="x", as_of=at("2018-11-08 09:00"))
