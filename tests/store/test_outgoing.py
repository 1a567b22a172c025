"""The outbox of a campaign as people see it: what became of every message, and why."""

from __future__ import annotations

from collections import Counter

from duban.errors import NoSuchAddress, Permanent, Retryable, Unclear
from duban.ledger.parcels import Parcel
from duban.rehearsal import PaperTransport
from duban.services.outgoing import Message, messages
from tests.support.town import BRANCHES, Town, at

MORNING = "2018-10-08 08:30"


class Answering(PaperTransport):
    """Fails as told, by address."""

    def __init__(self, **answers: Exception) -> None:
        super().__init__()
        self.answers = answers

    def send(self, parcel: Parcel, message_id: str) -> None:
        failure = self.answers.get(parcel.address.partition("@")[0])
        if failure is not None:
            raise failure
        super().send(parcel, message_id)


def seen(town: Town) -> dict[str, Message]:
    """The last message to each unit."""
    with town.ledger.read() as conn:
        return {m.recipient: m for m in reversed(messages(conn, town.plan))}


def test_each_message_tells_what_became_of_it(deployed: Town) -> None:
    deployed.run(MORNING)
    assert {m.state for m in seen(deployed).values()} == {"due"}
    deployed.report("haian", "2018-09", "2018-10-08 08:31")
    failing = Answering(
        libao=Retryable("refused (451)"),
        dagong=NoSuchAddress("recipient refused (550)"),
        yazhou=Unclear("no answer"),
    )
    deployed.deliver(failing, "2018-10-08 08:32")
    found = seen(deployed)
    states = {unit: (m.state, m.why, m.tries, m.unclear, m.detail) for unit, m in found.items()}
    assert states["haian"] == ("withdrawn", "no-longer-owed", 0, 0, "")
    assert states["chengdong"] == ("sent", "", 1, 0, "")
    assert states["libao"] == ("again", "", 1, 0, "refused (451)")
    assert states["dagong"] == ("undelivered", "refused", 1, 0, "recipient refused (550)")
    assert states["yazhou"] == ("again", "", 1, 1, "")
    assert found["chengdong"].at == at("2018-10-08 08:32")
    assert found["libao"].at == at("2018-10-08 08:37")
    # qutang's first channel is a webhook.
    assert {unit: m.channel for unit, m in found.items() if unit in ("qutang", "libao")} == {
        "qutang": "webhook", "libao": "email",
    }  # fmt: skip


def test_a_message_is_followed_to_the_channel_that_took_it(deployed: Town) -> None:
    for unit in set(BRANCHES) - {"qutang"}:
        deployed.report(unit, "2018-09", "2018-10-01 09:00")
    deployed.run(MORNING)

    class NoHook(PaperTransport):
        def send(self, parcel: Parcel, message_id: str) -> None:
            if parcel.channel == "webhook":
                raise Permanent("HTTP 404")
            super().send(parcel, message_id)

    deployed.deliver(NoHook(), MORNING)
    mine = seen(deployed)["qutang"]
    assert (mine.state, mine.channel, mine.tries, mine.detail) == ("sent", "email", 2, "")


def test_what_a_later_one_says_better_is_shown_as_put_aside(deployed: Town) -> None:
    deployed.run("2018-10-13 09:00")
    with deployed.ledger.read() as conn:
        found = messages(conn, deployed.plan)
    # Of each of ten branches: a reminder and a chase put aside, the chase of day 7 to be sent.
    assert Counter(m.state for m in found) == {"superseded": 20, "due": 10}


def test_no_address_is_in_it(deployed: Town) -> None:
    deployed.run(MORNING)
    deployed.deliver(PaperTransport(), MORNING)
    with deployed.ledger.read() as conn:
        assert "@" not in repr(messages(conn, deployed.plan))
