"""What units hear: once, only while it is true, one digest a day, through real servers."""

from __future__ import annotations

from collections import Counter
from email.message import EmailMessage

import pytest

from duban.errors import NotAllowed, Permanent, Retryable
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.outbox.channels import AppriseTransport
from tests.support.post import World
from tests.support.town import BRANCHES, Town, at

MORNING = "2018-10-08 08:30"
"""First chase of the September return: 5 October lies in the National Day holiday."""


def test_everybody_is_reminded_once_on_its_own_first_channel(deployed: Town, outside: World) -> None:
    deployed.run("2018-09-30 08:30")
    done = deployed.deliver(outside.transport, "2018-09-30 08:30")
    assert (done.sent, done.failed) == (10, 0)
    # qutang, nanmo and baidian prefer the webhook; the other seven have only e-mail.
    assert outside.hook_paths() == ["baidian", "nanmo", "qutang"]
    assert sorted(outside.post.recipients) == sorted(
        f"{u}@haian.example" for u in BRANCHES if u not in ("qutang", "nanmo", "baidian")
    )
    again = deployed.deliver(outside.transport, "2018-09-30 09:00")
    assert (again.sealed, again.sent) == (0, 0)


def test_the_mail_says_what_is_owed_and_when_in_both_parts(deployed: Town, outside: World) -> None:
    deployed.run("2018-09-30 08:30")
    deployed.deliver(outside.transport, "2018-09-30 08:30")
    mail = outside.post.mails[0]
    assert mail["Subject"] == "【药品净网2018】请于10月5日（周五）24时前报送2018年9月专项行动情况月报"
    assert mail["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        text = body.get_content()
        assert "10月5日（周五）24时前" in text
        assert "2018年9月专项行动情况月报" in text
        assert "稽查科" in text


def test_a_unit_that_has_reported_never_hears_of_it(deployed: Town, outside: World) -> None:
    deployed.report("haian", "2018-09", "2018-10-01 09:00")
    deployed.run(MORNING)
    deployed.deliver(outside.transport, MORNING)
    assert "haian@haian.example" not in outside.post.recipients
    assert len(outside.post.recipients) + len(outside.hook_paths()) == 9


def test_a_return_between_decision_and_sending_withdraws_the_message(deployed: Town, outside: World) -> None:
    deployed.run(MORNING)
    deployed.report("haian", "2018-09", "2018-10-08 08:31")
    done = deployed.deliver(outside.transport, "2018-10-08 08:32")
    assert (done.sent, done.withdrawn) == (9, 1)
    assert "haian@haian.example" not in outside.post.recipients
    assert deployed.count(t.fate, t.fate.c.reason == "no-longer-owed") == 1


def test_a_run_that_comes_a_week_late_sends_each_unit_one_digest_with_what_still_matters(
    deployed: Town, outside: World
) -> None:
    # Reminder of 30 September and chases of 8 and 12 October have passed unseen.
    deployed.run("2018-10-13 09:00")
    done = deployed.deliver(outside.transport, "2018-10-13 09:00")
    assert done.sent == 10
    assert max(Counter(outside.post.recipients).values()) == 1
    assert all("已过时限" in m["Subject"] for m in outside.post.mails)
    sent = deployed.count(t.message, t.message.c.verdict == "send")
    superseded = deployed.count(t.message, t.message.c.verdict == "superseded")
    # Each unit: the chase of day 7 is said; the reminder and the chase of day 3 are on record.
    assert (sent, superseded) == (10, 20)


def test_a_message_that_could_not_leave_yesterday_is_not_repeated_beside_todays(
    deployed: Town, outside: World
) -> None:
    deployed.run(MORNING)
    deployed.run("2018-10-12 08:30")
    deployed.deliver(outside.transport, "2018-10-12 08:30")
    body = outside.post.mails[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().count("2018年9月专项行动情况月报") == 1


def test_the_coordinator_hears_of_units_late_by_ten_days_in_one_digest(
    deployed: Town, outside: World
) -> None:
    for unit in BRANCHES[:8]:
        deployed.report(unit, "2018-09", "2018-10-01 09:00")
    deployed.run("2018-10-15 08:30")
    deployed.deliver(outside.transport, "2018-10-15 08:30")
    mails = [m for m in outside.post.mails if m["To"] == "jicha@haian.example"]
    assert len(mails) == 1
    body = mails[0].get_body(("plain",))
    assert body is not None
    assert "墩头镇分局" in body.get_content()
    assert "白甸镇分局" in body.get_content()


def test_an_extension_moves_reminders_and_chases_to_the_new_day(deployed: Town, outside: World) -> None:
    deployed.decide("haian", "2018-09", "extend", "2018-10-05 10:00", until=at("2018-10-16"))
    deployed.run(MORNING)
    deployed.deliver(outside.transport, MORNING)
    # It hears of the extension, and is not chased.
    assert [m["Subject"] for m in to_haian(outside)] == [
        "【药品净网2018】2018年9月专项行动情况月报已延期至10月15日（周一）24时前"
    ]
    # The new due day is 15 October (Monday): a day before is Sunday, so Friday the 12th.
    deployed.run("2018-10-12 08:30")
    deployed.deliver(outside.transport, "2018-10-12 08:30")
    assert "请于10月15日（周一）24时前" in to_haian(outside)[1]["Subject"]


def to_haian(outside: World) -> list[EmailMessage]:
    return [m for m in outside.post.mails if m["To"] == "haian@haian.example"]


def test_a_busy_server_is_tried_again_later_under_the_same_message_id(deployed: Town, outside: World) -> None:
    deployed.run(MORNING)
    outside.post.answer = "451 try later"
    done = deployed.deliver(outside.transport, MORNING)
    assert (done.sent, done.failed) == (3, 7)
    assert deployed.deliver(outside.transport, "2018-10-08 08:31").sent == 0
    outside.post.answer = "250 OK"
    assert deployed.deliver(outside.transport, "2018-10-08 08:40").sent == 7
    assert len(outside.post.recipients) == len(set(outside.post.recipients)) == 7
    assert deployed.count(t.attempt) == 17


def test_a_mailbox_that_does_not_exist_is_not_tried_again_and_stops_nobody(
    deployed: Town, outside: World
) -> None:
    outside.post.refused = {"haian@haian.example"}
    deployed.run(MORNING)
    done = deployed.deliver(outside.transport, MORNING)
    assert (done.sent, done.failed) == (9, 1)
    assert deployed.deliver(outside.transport, "2018-10-09 08:30").failed == 0
    assert deployed.count(t.outcome, t.outcome.c.result == "permanent") == 1


def test_an_attempt_left_without_outcome_goes_again_under_the_same_message_id(
    deployed: Town, outside: World
) -> None:
    class Killed(BaseException):
        """Stands for the end of the process between sending and recording."""

    class DiesAfterSending:
        def send(self, parcel: Parcel, message_id: str) -> None:
            outside.transport.send(parcel, message_id)
            raise Killed

    for unit in BRANCHES[1:]:
        deployed.report(unit, "2018-09", "2018-10-01 09:00")
    deployed.run(MORNING)
    with pytest.raises(Killed):
        deployed.deliver(DiesAfterSending(), MORNING)
    assert deployed.deliver(outside.transport, "2018-10-08 08:35").sent == 0, "the claim still holds"
    assert deployed.deliver(outside.transport, "2018-10-08 08:41").sent == 1
    first, second = outside.post.mails
    assert first["Message-ID"] == second["Message-ID"]
    # The possible double is exactly the attempt without an outcome.
    assert deployed.count(t.attempt) - deployed.count(t.outcome) == 1


def test_a_virtual_ledger_reaches_loopback_only() -> None:
    with pytest.raises(NotAllowed, match="virtual-needs-loopback"):
        AppriseTransport({"email": "mailto://mail.example/?to={address}"}, loopback_only=True)


@pytest.mark.parametrize(
    ("channels", "kind"),
    [
        ({}, Permanent),
        ({"email": "mailto://127.0.0.1:1/?mode=insecure&from=duban@haian.example&to={address}"}, Retryable),
    ],
)
def test_a_channel_that_fails_says_whether_trying_again_can_help(
    channels: dict[str, str], kind: type[Exception]
) -> None:
    parcel = Parcel("1/2018-10-08", "email", "haian@haian.example", "s", "p", "<p>h</p>")
    with pytest.raises(kind):
        AppriseTransport(channels, loopback_only=True).send(parcel, "<x@duban.example>")
