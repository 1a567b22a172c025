"""What becomes of a message that does not arrive at once: looked at again, paced, turned to the next channel;
and what a group chat is told."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from deployments.servers import HOST
from duban.access.links import Doorway
from duban.errors import DeliveryFailed, Retryable, TooFast, Unclear, Unreachable
from duban.ledger import journal
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.ledger.proof import verify
from duban.outbox import send_ready
from duban.outbox.channels import AppriseTransport
from duban.outbox.lanes import Lane
from duban.outbox.pacing import Limit
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from tests.support.chats import Provider, provider
from tests.support.post import World
from tests.support.town import BRANCHES, FIGURES, HAIAN, ZONE, Town, at, haian_bundle

MORNING = "2018-10-08 08:30"
"""First chase of the September return."""
NEXT_DAY = "2018-10-09 08:30"
DOOR = Doorway("https://duban.example", "a secret of this test, and of nothing else", 45, ZONE)


@pytest.fixture
def chat() -> Iterator[Provider]:
    with provider() as running:
        yield running


def only(town: Town, *units: str) -> None:
    """Everybody else has reported."""
    for unit in set(BRANCHES) - set(units):
        town.report(unit, "2018-09", "2018-10-01 09:00")


def living_on(town: Town, channels: str, unit: str = "haian") -> None:
    """Hai'an in force, where a branch is reached by other channels."""
    files = dict(haian_bundle().files)
    row = re.search(rf"^{unit},.*$", files["units.csv"], re.MULTILINE)
    assert row
    files["units.csv"] = files["units.csv"].replace(
        row[0], re.sub(r"(webhook=\w+;)?email=\S+?@haian.example", channels, row[0])
    )
    deploy(town.ledger, Bundle(tuple(sorted(files.items()))), reason="", as_of=at("2018-09-06 08:30"))


def turns(town: Town) -> list[tuple[str, str, str | None]]:
    """What became of digests that were given up: old one, reason, successor."""
    with town.ledger.read() as conn:
        rows = conn.execute(select(t.turn).order_by(t.turn.c.at, t.turn.c.digest, t.turn.c.message))
        return [(r.digest, r.reason, r.successor) for r in rows]


def whole(town: Town) -> None:
    """Every record is in its journal and as it was written."""
    with town.ledger.read() as conn:
        for name in (HAIAN, journal.INSTALLATION):
            assert verify(conn, name).reason == ""


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# ---- looked at again -----------------------------------------------------------------------------


def test_who_reports_while_a_digest_waits_to_be_sent_again_never_gets_it(
    deployed: Town, outside: World
) -> None:
    only(deployed, "haian")
    deployed.run(MORNING)
    outside.post.answer = "451 try later"
    assert deployed.deliver(outside.transport, MORNING).failed == 1
    deployed.report("haian", "2018-09", "2018-10-08 08:33")
    outside.post.answer = "250 OK"
    done = deployed.deliver(outside.transport, "2018-10-08 08:40")
    assert (done.sent, done.withdrawn) == (0, 1)
    assert outside.post.recipients == []
    assert [(reason, after) for _, reason, after in turns(deployed)] == [("withdrawn", None)]
    assert deployed.count(t.delivery) == 0
    assert deployed.deliver(outside.transport, NEXT_DAY).sent == 0
    whole(deployed)


def test_what_is_still_owed_of_a_waiting_digest_goes_without_the_rest(deployed: Town, outside: World) -> None:
    only(deployed, "haian", "libao")
    deployed.run("2018-10-15 08:30")  # ten days late: the coordinator hears of both, in one digest
    outside.post.answer = "451 try later"
    deployed.deliver(outside.transport, "2018-10-15 08:30")
    deployed.report("haian", "2018-09", "2018-10-15 08:33")
    outside.post.answer = "250 OK"
    done = deployed.deliver(outside.transport, "2018-10-15 08:40")
    mails = {m["To"]: text(m) for m in outside.post.mails}
    assert set(mails) == {"jicha@haian.example", "libao@haian.example"}
    assert "李堡镇分局" in mails["jicha@haian.example"]
    assert "海安镇分局" not in mails["jicha@haian.example"]
    assert (done.sent, done.failed, done.withdrawn) == (2, 0, 2)
    # haian's own chase is taken back, the coordinator's digest sealed anew with what is left of it.
    assert sorted(reason for _, reason, _ in turns(deployed)) == ["resealed", "withdrawn", "withdrawn"]
    whole(deployed)


def test_a_digest_that_nothing_happened_to_leaves_as_it_was_sealed(deployed: Town, outside: World) -> None:
    only(deployed, "haian")
    deployed.run(MORNING)
    outside.post.answer = "451 try later"
    deployed.deliver(outside.transport, MORNING)
    outside.post.answer = "250 OK"
    assert deployed.deliver(outside.transport, NEXT_DAY).sent == 1
    assert "2018年10月8日" in text(outside.post.mails[0])
    assert turns(deployed) == []


def test_a_reminder_is_not_sent_after_its_deadline(deployed: Town, outside: World) -> None:
    only(deployed, "haian")
    # Of October's return, due on 5 November: a day before is a Sunday, so Friday the 2nd.
    deployed.report("haian", "2018-09", "2018-10-01 10:00")
    for unit in BRANCHES[1:]:
        deployed.report(unit, "2018-10", "2018-11-01 09:00")
    deployed.run("2018-11-02 08:30")
    outside.post.answer = "451 try later"
    assert deployed.deliver(outside.transport, "2018-11-02 08:30").failed == 1
    outside.post.answer = "250 OK"
    assert deployed.deliver(outside.transport, "2018-11-06 00:01").withdrawn == 1
    assert outside.post.mails == []


def test_a_return_that_was_answered_meanwhile_is_not_told(deployed: Town, outside: World) -> None:
    deployed.report("haian", "2018-09", "2018-10-01 09:00")
    deployed.decide("haian", "2018-09", "return", "2018-10-02 09:00", until=at("2018-10-10"))
    outside.post.answer = "451 try later"
    assert deployed.deliver(outside.transport, "2018-10-02 09:01").failed == 1
    deployed.report("haian", "2018-09", "2018-10-02 09:03", {**FIGURES, "clues": 10})
    outside.post.answer = "250 OK"
    done = deployed.deliver(outside.transport, "2018-10-02 09:10")
    assert (done.sent, done.withdrawn) == (0, 1)


# ---- the next channel ----------------------------------------------------------------------------


def test_what_one_channel_refuses_for_good_goes_by_the_next(town: Town, outside: World) -> None:
    living_on(town, "email=gone@haian.example;email=haian@haian.example")
    only(town, "haian")
    town.run(MORNING)
    outside.post.refused = {"gone@haian.example"}
    done = town.deliver(outside.transport, MORNING)
    assert (done.sent, done.failed) == (1, 1)
    assert outside.post.recipients == ["haian@haian.example"]
    assert [reason for _, reason, _ in turns(town)] == ["next-channel"]
    assert town.deliver(outside.transport, NEXT_DAY).sent == 0
    whole(town)


def test_what_no_channel_takes_is_undelivered_and_not_tried_again(deployed: Town, outside: World) -> None:
    only(deployed, "haian")
    deployed.run(MORNING)
    outside.post.refused = {"haian@haian.example"}
    done = deployed.deliver(outside.transport, MORNING)
    assert (done.sent, done.failed) == (0, 1)
    assert [(reason, after) for _, reason, after in turns(deployed)] == [("undelivered", None)]
    assert deployed.deliver(outside.transport, NEXT_DAY).failed == 0


def test_a_channel_that_is_busy_all_day_is_left_for_the_next(town: Town, outside: World) -> None:
    living_on(town, "email=busy@haian.example;email=haian@haian.example")
    only(town, "haian")
    town.run(MORNING)

    class BusyForOne:
        tries = 0

        def send(self, parcel: Parcel, message_id: str) -> None:
            if parcel.address == "busy@haian.example":
                self.tries += 1
                raise Retryable("busy")
            outside.transport.send(parcel, message_id)

    busy, now = BusyForOne(), at(MORNING)
    for _ in range(2000):
        deliver(town.ledger, busy, town.texts, owner="out", as_of=now)
        now += timedelta(minutes=10)
        if outside.post.recipients:
            break
    # Pauses of 5, 10, 20 … 320 minutes before tries 2 to 8: 635 minutes in all.
    assert busy.tries == 8
    assert timedelta(minutes=635) <= now - at(MORNING) <= timedelta(minutes=635 + 8 * 10)
    assert outside.post.recipients == ["haian@haian.example"]


# ---- lanes and limits ----------------------------------------------------------------------------


class Answering:
    """Answers as told, by address."""

    def __init__(self, **answers: DeliveryFailed) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def send(self, parcel: Parcel, message_id: str) -> None:
        self.asked.append(parcel.address)
        failure = self.answers.get(parcel.channel)
        if failure is not None:
            raise failure


def test_a_server_that_nobody_answers_at_is_left_alone_and_holds_up_nobody_else(deployed: Town) -> None:
    deployed.run(MORNING)
    away = Answering(email=Unreachable("away"))
    done = deployed.deliver(away, MORNING)
    # Three of seven mailboxes were tried; the three webhooks got theirs.
    assert (done.sent, done.failed) == (3, 3)
    assert deployed.count(t.attempt) == 6
    back = Answering()
    assert deployed.deliver(back, "2018-10-08 08:31").sent == 4, "the others have lost no try"
    assert deployed.deliver(back, "2018-10-08 08:36").sent == 3


def test_a_try_that_may_have_arrived_stays_without_an_outcome(deployed: Town) -> None:
    only(deployed, "haian")
    deployed.run(MORNING)
    assert deployed.deliver(Answering(email=Unclear("no answer")), MORNING).failed == 1
    assert (deployed.count(t.attempt), deployed.count(t.outcome)) == (1, 0)
    assert deployed.deliver(Answering(), "2018-10-08 08:36").sent == 1
    assert (deployed.count(t.attempt), deployed.count(t.outcome)) == (2, 1)


def test_a_hanging_provider_holds_only_its_own_lane(deployed: Town, outside: World, chat: Provider) -> None:
    chat.hang = 5.0
    hanging = f"json://{HOST}:{chat.port}/{{address}}?rto=1.5"
    transport = AppriseTransport(outside.transport.channels | {"webhook": hanging}, loopback_only=True)
    deployed.run(MORNING)
    arrived: list[float] = []
    post = outside.post.handle_DATA

    async def timed(*args: object) -> str:
        arrived.append(time.monotonic())
        return await post(*args)

    outside.post.handle_DATA = timed  # type: ignore[method-assign]
    began = time.monotonic()
    done = deliver(deployed.ledger, transport, deployed.texts, owner="out", as_of=at(MORNING), lanes=4)
    assert (done.sent, done.failed) == (7, 3)
    assert time.monotonic() - began >= 4.5, "three waited for, one after another"
    assert max(arrived) - began < 1.5, "and nobody else with them"


def robot(chat: Provider, channel: str = "dingtalk") -> dict[str, str]:
    return {channel: f"dingtalk://SECabc@tok3n/?via={chat.url}&rto=1&cto=1"}


class Paced(PaperTransport):
    """A robot that takes five a minute."""

    def lane(self, channel: str, address: str) -> Lane:
        return Lane("robot", (Limit(5, 60),))


class PacedRoads(Paced):
    def open(self) -> object:
        return self

    def __enter__(self) -> PacedRoads:
        return self

    def __exit__(self, *args: object) -> None:
        return


def test_what_is_over_a_providers_limit_waits_and_has_lost_no_try(deployed: Town) -> None:
    deployed.run(MORNING)
    paced = PacedRoads()
    assert deployed.deliver(paced, MORNING).sent == 5
    assert (deployed.count(t.attempt), deployed.count(t.delivery, t.delivery.c.tries == 0)) == (5, 5)
    assert deployed.deliver(paced, "2018-10-08 08:30:59").sent == 0
    # A second worker in the same minute finds no place either; a minute and its margin later there are five.
    assert deployed.deliver(paced, "2018-10-08 08:31:01", owner="other").sent == 5
    assert len({p.digest for p in paced.parcels}) == 10


def test_two_workers_together_keep_a_limit(deployed: Town) -> None:
    deployed.run(MORNING)
    paced = PacedRoads()
    deliver(deployed.ledger, PaperTransport(), deployed.texts, owner="seal", as_of=at("2018-10-08 08:29"))

    def work(owner: str) -> None:
        deliver(deployed.ledger, paced, deployed.texts, owner=owner, as_of=at(MORNING))

    with ThreadPoolExecutor(2) as pool:
        for job in [pool.submit(work, owner) for owner in ("one", "two")]:
            job.result()
    assert len(paced.parcels) == 5


def test_a_provider_that_says_too_fast_is_left_alone_for_as_long_as_it_wants(deployed: Town) -> None:
    deployed.run(MORNING)

    class Blocked(PacedRoads):
        answer: DeliveryFailed | None = TooFast("errcode 130101", 600)

        def send(self, parcel: Parcel, message_id: str) -> None:
            super().send(parcel, message_id)
            if self.answer:
                raise self.answer

    robot = Blocked()
    assert deployed.deliver(robot, MORNING).failed == 1
    assert len(robot.parcels) == 1
    robot.answer = None
    assert deployed.deliver(robot, "2018-10-08 08:39").sent == 0
    assert len(robot.parcels) == 1
    assert deployed.count(t.delivery, t.delivery.c.tries > 0) == 0, "it is no failure of a message"
    assert deployed.deliver(robot, "2018-10-08 08:41").sent == 5


# ---- group chats ---------------------------------------------------------------------------------


def test_a_group_chat_is_told_that_something_is_due_and_never_by_whom(town: Town, chat: Provider) -> None:
    living_on(town, "dingtalk=qun")
    only(town, "haian")
    town.run(MORNING)
    transport = AppriseTransport(robot(chat), loopback_only=True)
    done = deliver(town.ledger, transport, town.texts, owner="out", door=DOOR, as_of=at(MORNING))
    assert done.sent == 1
    (call,) = chat.calls
    assert call.body["text"]["content"] == (
        "【药品净网2018】有1项应报\n"
        "请登录查看：https://duban.example/signin\n"
        "请按通知要求按时报送，不得通过本群报送材料和涉密内容。"
    )
    with town.ledger.read() as conn:
        (sealed,) = conn.execute(select(t.digest))
    for said in (sealed.subject, sealed.plain, sealed.html, call.body["text"]["content"]):
        for name in ("海安镇", "分局", "月报", "逾期", "过时限"):
            assert name not in said


def test_a_group_chat_without_a_portal_gets_no_marks(town: Town, chat: Provider) -> None:
    living_on(town, "dingtalk=qun")
    only(town, "haian")
    town.run(MORNING)
    town.deliver(AppriseTransport(robot(chat), loopback_only=True), MORNING)
    (call,) = chat.calls
    assert call.body["text"]["content"] == (
        "【药品净网2018】有1项应报\n请按通知要求按时报送，不得通过本群报送材料和涉密内容。"
    )


def test_a_coordinators_group_is_told_how_many_and_no_unit(town: Town, chat: Provider) -> None:
    living_on(town, "feishu=qun", unit="jicha")
    only(town, "haian", "libao")
    town.run("2018-10-15 08:30")
    paper = PaperTransport()
    deliver(town.ledger, paper, town.texts, owner="out", as_of=at("2018-10-15 08:30"))
    (mine,) = (p for p in paper.parcels if p.channel == "feishu")
    assert mine.subject == "【药品净网2018】有2条通知"
    assert "分局" not in mine.subject + mine.plain + mine.html


def test_a_robot_that_refuses_turns_to_the_mailbox_with_the_whole_message(
    town: Town, outside: World, chat: Provider
) -> None:
    living_on(town, "dingtalk=qun;email=haian@haian.example")
    only(town, "haian")
    town.run(MORNING)
    chat.says({"errcode": 310000, "errmsg": "keywords not in content"})
    transport = AppriseTransport(outside.transport.channels | robot(chat), loopback_only=True)
    done = deliver(town.ledger, transport, town.texts, owner="out", door=DOOR, as_of=at(MORNING))
    assert (done.sent, done.failed) == (1, 1)
    (mail,) = outside.post.mails
    assert "2018年9月专项行动情况月报" in text(mail)
    assert "https://duban.example/in/" in text(mail)
    whole(town)


def test_no_secret_of_a_channel_comes_into_the_ledger(town: Town, chat: Provider) -> None:
    living_on(town, "dingtalk=qun")
    only(town, "haian")
    town.run(MORNING)
    transport = AppriseTransport(robot(chat), loopback_only=True)
    now = at(MORNING)
    for answer, status in (({"errcode": 130101}, 200), (b"", 500), ({"errcode": 310000}, 200)):
        chat.says(answer, status)
        deliver(town.ledger, transport, town.texts, owner="out", as_of=now)
        now += timedelta(hours=1)
    assert len(chat.calls) == 3
    with town.ledger.read() as conn:
        for table in t.metadata.sorted_tables:
            for row in conn.execute(select(table)):
                assert "tok3n" not in repr(tuple(row))
                assert "SECabc" not in repr(tuple(row))


def test_sending_without_a_second_look_is_possible(deployed: Town) -> None:
    deployed.run(MORNING)
    paper = PaperTransport()
    busy = Answering(email=Retryable("x"), webhook=Retryable("x"))
    deployed.deliver(busy, MORNING)
    done = send_ready(deployed.ledger, paper, owner="b", as_of=at(NEXT_DAY))
    assert done.sent == 10
