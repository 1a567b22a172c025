"""Nothing of a campaign that keeps quiet leaves, and what has waited leaves once, when the quiet is over."""

from __future__ import annotations

from email.message import EmailMessage

from sqlalchemy import select

from duban.calendars import to_micros
from duban.ledger import journal
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.outbox.channels import AppriseTransport
from duban.plan import Bundle
from duban.services.deploying import deploy
from duban.services.running import run_campaign
from tests.support.post import World
from tests.support.speech import speaking
from tests.support.town import HAIAN, Town, at

MORNING = "2018-10-08 08:30"
"""First chase of the September return."""
NIGHT = 'quiet: {start: "21:00", end: "07:30"}'
LATE_MORNING = 'quiet: {start: "21:00", end: "09:30"}'
WORKING_DAYS = "working_days: true"
FRIDAY, MONDAY = "2018-10-12", "2018-10-15"


def discreet(*says: str) -> Bundle:
    """Hai'an keeping quiet."""
    return speaking(", ".join(says))


def put_in_force(town: Town, bundle: Bundle) -> None:
    deploy(town.ledger, bundle, reason="test", as_of=at("2018-09-06 08:30"))


def body(mail: EmailMessage) -> str:
    found = mail.get_body(("plain",))
    assert found is not None
    return str(found.get_content())


def extend(town: Town, unit: str, when: str, period: str = "2018-10") -> None:
    town.decide(unit, period, "extend", when, until=at("2018-12-20 00:00"))


def written(town: Town) -> int:
    """How far the journal of the installation is."""
    return town.count(t.journal, t.journal.c.campaign == journal.INSTALLATION)


def test_what_a_person_decides_at_night_is_one_message_when_the_night_is_over(
    town: Town, outside: World
) -> None:
    put_in_force(town, discreet(NIGHT))
    extend(town, "haian", "2018-09-12 20:59")
    assert town.deliver(outside.transport, "2018-09-12 20:59:59").sent == 1
    extend(town, "haian", "2018-09-12 21:00", "2018-11")
    extend(town, "haian", "2018-09-13 06:00", "2018-09")
    before = written(town)
    for when in ("2018-09-12 21:00", "2018-09-13 06:00", "2018-09-13 07:29:59"):
        done = town.deliver(outside.transport, when)
        assert (done.sealed, done.sent) == (0, 0)
    assert written(town) == before, "a run in the quiet writes nothing"
    assert town.deliver(outside.transport, "2018-09-13 07:30").sent == 1
    assert len(outside.post.mails) == 2
    assert body(outside.post.mails[1]).count("的时限已延至") == 2


def test_over_a_weekend_it_waits_for_mondays_morning(town: Town, outside: World) -> None:
    put_in_force(town, discreet(WORKING_DAYS))
    extend(town, "haian", "2018-10-13 10:00")
    for when in ("2018-10-13 10:00", "2018-10-14 23:59", f"{MONDAY} 08:29:59"):
        assert town.deliver(outside.transport, when).sent == 0
    assert town.deliver(outside.transport, f"{MONDAY} 08:30").sent == 1


def test_the_digest_of_the_morning_waits_for_the_end_of_the_quiet(town: Town, outside: World) -> None:
    put_in_force(town, discreet(LATE_MORNING))
    town.run(MORNING)
    assert town.deliver(outside.transport, MORNING).sealed == 0
    assert town.deliver(outside.transport, "2018-10-08 09:29:59").sealed == 0
    # who reports in the meantime hears nothing
    town.report("haian", "2018-09", "2018-10-08 09:29:59")
    done = town.deliver(outside.transport, "2018-10-08 09:30")
    assert (done.sealed, done.sent, done.withdrawn) == (9, 9, 1)
    assert "haian@haian.example" not in outside.post.recipients


def test_a_second_try_waits_for_the_morning_and_costs_none(town: Town, outside: World) -> None:
    put_in_force(town, discreet('quiet: {start: "08:33", end: "13:00"}'))
    town.run(MORNING)
    outside.post.answer = "451 later"
    assert town.deliver(outside.transport, MORNING).failed == 7
    outside.post.answer = "250 OK"
    assert town.deliver(outside.transport, "2018-10-08 08:36").sent == 0
    with town.ledger.read() as conn:
        waiting = conn.execute(select(t.delivery).where(t.delivery.c.state == "ready")).all()
    assert {(r.next_at, r.tries, r.owner) for r in waiting} == {(to_micros(at("2018-10-08 13:00")), 1, "")}
    assert town.deliver(outside.transport, "2018-10-08 12:59:59").sent == 0
    assert town.deliver(outside.transport, "2018-10-08 13:00").sent == 7
    assert verify_all(town)


def test_what_has_turned_to_the_next_channel_waits_too(town: Town, outside: World) -> None:
    # nanmo is told by webhook first; its second way is mail.
    put_in_force(town, discreet('quiet: {start: "08:31", end: "13:00"}'))
    for unit in ("haian", "chengdong", "jiaoxie", "libao", "dagong", "qutang", "yazhou", "duntou", "baidian"):
        town.report(unit, "2018-09", "2018-10-01 09:00")
    town.run(MORNING)
    only_mail = AppriseTransport({"email": outside.transport.channels["email"]}, loopback_only=True)
    outside.post.answer = "451 later"
    assert town.deliver(only_mail, MORNING).failed == 2
    outside.post.answer = "250 OK"
    assert town.deliver(outside.transport, "2018-10-08 12:00").sent == 0
    assert outside.post.mails == []
    assert town.deliver(outside.transport, "2018-10-08 13:00").sent == 1
    assert [m["To"] for m in outside.post.mails] == ["nanmo@haian.example"]


def verify_all(town: Town) -> bool:
    with town.ledger.read() as conn:
        return all(verify(conn, name).broken_at is None for name in (HAIAN, journal.INSTALLATION))


# ---- two campaigns -------------------------------------------------------------------------------

OTHER = "haian-2019"


def another(*says: str) -> Bundle:
    """The same campaign under another name, keeping quiet."""
    return speaking(", ".join(says), OTHER, "净网二期")


def both(town: Town, when: str) -> None:
    town.run(when)
    run_campaign(town.ledger, OTHER, texts=town.texts, documents=None, owner="run", as_of=at(when))


def test_one_digest_waits_for_a_campaign_whose_quiet_ends_today(town: Town, outside: World) -> None:
    put_in_force(town, speaking())
    put_in_force(town, another(LATE_MORNING))
    both(town, MORNING)
    assert town.deliver(outside.transport, MORNING).sent == 0
    assert town.deliver(outside.transport, "2018-10-08 09:30").sent == 10
    assert all("药品净网2018、净网二期" in m["Subject"] for m in outside.post.mails)


def test_a_campaign_that_is_quiet_all_day_does_not_hold_back_another(town: Town, outside: World) -> None:
    # Saturday 13 October: Hai'an chases whoever has not heard yet, the other keeps the weekend.
    put_in_force(town, speaking())
    put_in_force(town, another(WORKING_DAYS))
    both(town, MORNING)
    saturday = "2018-10-13 09:00"
    done = town.deliver(outside.transport, saturday)
    assert done.sent == 10
    assert all("药品净网2018" in m["Subject"] and "净网二期" not in m["Subject"] for m in outside.post.mails)
    outside.post.mails.clear()
    assert town.deliver(outside.transport, "2018-10-14 09:00").sent == 0
    assert town.deliver(outside.transport, f"{MONDAY} 08:30").sent == 10
    assert all("净网二期" in m["Subject"] and "药品净网2018" not in m["Subject"] for m in outside.post.mails)


def test_a_message_at_once_of_one_campaign_does_not_wait_for_the_other(town: Town, outside: World) -> None:
    put_in_force(town, speaking())
    put_in_force(town, another(NIGHT))
    extend(town, "haian", "2018-09-12 22:00")
    assert town.deliver(outside.transport, "2018-09-12 22:00").sent == 1


def test_a_sealed_digest_of_two_campaigns_waits_until_neither_is_quiet(town: Town, outside: World) -> None:
    put_in_force(town, speaking())
    put_in_force(town, another('quiet: {start: "08:33", end: "13:00"}'))
    both(town, MORNING)
    outside.post.answer = "451 later"
    assert town.deliver(outside.transport, MORNING).failed == 7
    outside.post.answer = "250 OK"
    assert town.deliver(outside.transport, "2018-10-08 10:00").sent == 0
    assert town.deliver(outside.transport, "2018-10-08 13:00").sent == 7
