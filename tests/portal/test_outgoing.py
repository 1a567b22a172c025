"""The page of messages: what arrived and what did not, without addresses."""

from __future__ import annotations

from duban.errors import NoSuchAddress
from duban.ledger.parcels import Parcel
from tests.support.gate import Gate
from tests.support.town import HAIAN

PAGE = f"/c/{HAIAN}/outbox"


class Post:
    def send(self, parcel: Parcel, message_id: str) -> None:
        if parcel.address.startswith("libao"):
            raise NoSuchAddress("recipient refused (550)")


def test_a_coordinator_sees_what_did_not_arrive(gate: Gate) -> None:
    gate.town.run("2018-11-06 09:01")
    gate.town.deliver(Post(), "2018-11-06 09:02")
    with gate.client("coordinator") as client:
        found = client.get(PAGE).text
        alone = client.get(PAGE, params={"state": "undelivered"}).text
        other = client.get(PAGE, params={"state": "undelivered", "unit": "haian"}).text
    assert "条消息没有送达" in found
    assert "各渠道均不接收（email答复550）" in alone
    assert "已发送</span>" not in alone
    assert "没有这样的消息" in other
    assert "@haian.example" not in found + alone


def test_before_anything_was_said_the_page_is_empty(gate: Gate) -> None:
    with gate.client("reader") as client:
        found = client.get(PAGE)
    assert found.status_code == 200
    assert "没有这样的消息" in found.text
