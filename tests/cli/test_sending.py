"""The outbox on the command line."""

from __future__ import annotations

import pytest

from duban.errors import Permanent
from duban.ledger import open_ledger
from duban.ledger.parcels import Parcel
from tests.cli.shell import Shell
from tests.support.town import HAIAN, Town

MORNING = "2018-10-08 08:30"


@pytest.fixture
def told(running: Shell) -> Shell:
    """Everybody was chased; libao's mailbox is none."""

    class Post:
        def send(self, parcel: Parcel, message_id: str) -> None:
            if parcel.address.startswith("libao"):
                raise Permanent("recipient refused (550)")

    ledger = open_ledger(f"sqlite:///{running.var / 'ledger.sqlite'}")
    town = Town(ledger, running.var / "documents")
    town.run(MORNING)
    town.deliver(Post(), MORNING)
    ledger.close()
    return running


def test_the_outbox_lists_what_was_sent_and_what_was_not(told: Shell) -> None:
    shown = told("outbox", HAIAN)
    assert shown.splitlines()[0] == "海安市药品“净网2018”专项行动　消息　已发送9　未送达1　由后一次代替10"
    line = next(x for x in shown.splitlines() if "李堡" in x and "未送达" in x)
    assert "2018年9月专项行动情况月报　各渠道均不接收（email答复550）" in line
    assert "@" not in shown


def test_what_did_not_arrive_can_be_asked_for_alone(told: Shell) -> None:
    (row,) = told.json("outbox", HAIAN, "--undelivered")
    assert {k: row[k] for k in ("recipient", "state", "why", "tries", "unclear", "kind", "detail")} == {
        "recipient": "libao", "state": "undelivered", "why": "refused", "tries": 1, "unclear": 0,
        "kind": "chase", "detail": "recipient refused (550)",
    }  # fmt: skip
    assert len(told.json("outbox", HAIAN)) == 20
