"""Returns by mail: whose they are, when they came, and exactly one answer to each mail."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from duban.calendars import to_micros
from duban.doors.drained import Drained
from duban.doors.imap import Account
from duban.doors.mailbox import MailDoor, drain_mailbox, own_addresses
from duban.doors.seen import claim_mail
from duban.errors import DoorShut
from duban.ledger import tables as t
from duban.rendering import renderer
from tests.support.doors import identified
from tests.support.harbour import CASES, HARBOUR, SIGNED, Harbour, at, form
from tests.support.mailbox import PASSWORD, PostBox, imap_server, mail
from tests.support.post import World, world

S = t.submission.c
EAST = "east@harbour.example"


@pytest.fixture(scope="session")
def server() -> Iterator[PostBox]:
    with imap_server() as box:
        yield box


@pytest.fixture
def office(port: Harbour, server: PostBox, tmp_path: Path) -> Iterator[Office]:
    server.empty()
    with world(tmp_path) as w:
        yield Office(port, server, w)


class Office:
    """The harbour's office with its mailbox."""

    def __init__(self, port: Harbour, box: PostBox, world: World) -> None:
        self.port, self.box, self.world = port, box, world
        own = own_addresses(box.account, world.transport.channels["email"])
        self.door = MailDoor(port.ledger, box.account, world.transport, renderer(), own)

    def drain(self, now: str) -> Drained:
        return drain_mailbox(self.door, owner="one", as_of=at(now))

    def stored(self) -> list[tuple[object, ...]]:
        return self.port.rows(select(S.obligation, S.valid, S.door).order_by(S.receipt_no))

    def answers(self) -> list[str]:
        """The text of each answer that went out."""
        bodies = [m.get_body(("plain",)) for m in self.world.post.mails]
        return [b.get_content() for b in bodies if b is not None]


def monthly(unit: str = "east", visits: object = 3) -> bytes:
    return form("hazards", unit, "2024-01", values={"visits": visits}, signed=SIGNED)


def test_a_return_by_mail_is_received_as_of_its_arrival_and_answered_with_its_receipt(office: Office) -> None:
    # due on 5 February; the server took it in the last second, the mailbox was read next morning
    sent = mail(EAST, files=[("东站一月.xlsx", monthly())], References="<0@east.example>")
    office.box.arrives(sent, "2024-02-05 23:59:59")
    done = office.drain("2024-02-06 00:05")
    assert [(o.verdict, o.name, o.receipt) for o in done.outcomes] == [
        ("accepted", "东站一月.xlsx", "harbour-2024-000001")
    ]
    assert office.stored() == [(f"{HARBOUR}/hazards/east/2024-01", True, "mailbox")]
    assert office.port.rows(select(S.received_at)) == [(to_micros(at("2024-02-05 23:59:59")),)]
    (answer,) = office.world.post.mails
    assert office.world.post.recipients == [EAST]
    assert answer["Subject"] == "【已收】月报"
    assert answer["In-Reply-To"] == "<1@east.example>"
    assert answer["References"] == "<0@east.example> <1@east.example>"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert "报送回执　harbour-2024-000001" in office.answers()[0]
    assert (office.box.held(), len(office.box.held("已收"))) == ([], 1)


def test_a_wrong_return_is_answered_with_every_mistake(office: Office) -> None:
    office.box.arrives(mail(EAST, files=[("表.xlsx", monthly(visits="三次"))]), "2024-02-05 10:00")
    office.drain("2024-02-05 10:05")
    assert office.world.post.mails[0]["Subject"] == "【退回】月报"
    assert "“检查次数”填的是“三次”" in office.answers()[0]
    assert len(office.box.held("退回")) == 1


def test_only_a_units_own_mailboxes_may_report_for_it(office: Office) -> None:
    files = [("表.xlsx", monthly())]
    office.box.arrives(mail("west@harbour.example", files=files), "2024-02-05 10:00")
    office.box.arrives(mail("stranger@else.example", files=files, message_id="<2@x>"), "2024-02-05 10:01")
    done = office.drain("2024-02-05 10:05")
    assert [(o.verdict, o.problems) for o in done.outcomes] == [("refused", ("sender-unknown",))] * 2
    assert office.stored() == []
    assert "stranger@else.example 不是东站登记的邮箱" in office.answers()[1]
    nobody = [("表.json", identified("hazards", "nobody", "2024-01"))]
    office.box.arrives(mail("stranger@else.example", files=nobody, message_id="<4@x>"), "2024-02-05 10:06")
    office.box.arrives(mail(EAST, files=nobody, message_id="<5@x>"), "2024-02-05 10:07")
    done = office.drain("2024-02-05 10:08")
    assert [o.problems for o in done.outcomes] == [("sender-unknown",), ("unknown-unit",)]
    office.door = replace(office.door, known_only=False)
    office.box.arrives(mail("stranger@else.example", files=files, message_id="<3@x>"), "2024-02-05 10:10")
    assert [o.verdict for o in office.drain("2024-02-05 10:15").outcomes] == ["accepted"]


def test_a_liaison_who_was_named_may_report_and_the_old_mailbox_may_not(office: Office) -> None:
    person = {"liaison_name": "甲", "liaison_position": "员", "liaison_phone": "1", "deputies": 0}
    cells = {**person, "liaison_email": "New@East.example"}
    named = office.port.send(
        "liaison", "east", "", "2024-01-10 09:00", identified("liaison", "east", cells=cells)
    )
    assert named.valid
    office.box.arrives(mail("new@east.example", files=[("表.xlsx", monthly())]), "2024-02-05 10:00")
    assert [o.verdict for o in office.drain("2024-02-05 10:05").outcomes] == ["accepted"]


def test_a_mail_delivered_twice_is_answered_once_and_sent_again_anew(office: Office) -> None:
    sent = mail(EAST, files=[("表.xlsx", monthly())])
    office.box.arrives(sent, "2024-02-05 10:00")
    office.box.arrives(b"Received: from a by b\r\n" + bytes(sent), "2024-02-05 10:00")
    office.drain("2024-02-05 10:05")
    assert len(office.answers()) == 1
    assert len(office.box.held("已收")) == 2
    office.box.arrives(mail(EAST, files=[("表.xlsx", monthly())], message_id="<9@x>"), "2024-02-05 11:00")
    office.drain("2024-02-05 11:05")
    assert "此文件已于此前收到" in office.answers()[1]
    assert len(office.stored()) == 1


def test_a_crash_before_the_move_repeats_nothing_but_the_move(office: Office) -> None:
    sent = mail(EAST, files=[("表.xlsx", monthly())])
    office.box.arrives(sent, "2024-02-05 10:00")
    office.drain("2024-02-05 10:05")
    office.box.arrives(sent, "2024-02-05 10:00")  # as if it had never been moved
    assert office.drain("2024-02-05 10:10").outcomes == ()
    assert (len(office.answers()), office.box.held()) == (1, [])
    with office.port.ledger.write() as w:  # losing the working table costs one more answer, the same one
        w.conn.execute(delete(t.mail_seen))
    office.box.arrives(sent, "2024-02-05 10:00")
    office.drain("2024-02-05 10:15")
    first, second = office.world.post.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert len(office.stored()) == 1


def test_a_mail_another_worker_is_answering_is_left_until_that_one_is_long_silent(office: Office) -> None:
    office.box.arrives(mail(EAST, files=[("表.xlsx", monthly())]), "2024-02-05 10:00")
    office.drain("2024-02-05 10:05")
    with office.port.ledger.write() as w:
        w.conn.execute(update(t.mail_seen).values(verdict=None, owner="other"))
    (key,) = office.port.rows(select(t.mail_seen.c.key))[0]
    assert claim_mail(office.port.ledger, str(key), "one") == "theirs"
    with office.port.ledger.write() as w:
        w.conn.execute(update(t.mail_seen).values(until=0))
    assert claim_mail(office.port.ledger, str(key), "one") is None


def test_while_no_mail_goes_out_the_return_is_kept_and_the_answer_follows(office: Office) -> None:
    office.world.post.answer = "451 later"
    office.box.arrives(mail(EAST, files=[("表.xlsx", monthly())]), "2024-02-05 10:00")
    assert [o.verdict for o in office.drain("2024-02-05 10:05").outcomes] == ["failed"]
    assert len(office.box.held()) == 1
    office.world.post.answer = "250 OK"
    assert [o.verdict for o in office.drain("2024-02-05 10:10").outcomes] == ["accepted"]
    assert (len(office.answers()), len(office.stored())) == (1, 1)


def test_an_address_that_takes_no_mail_is_not_tried_for_ever(office: Office) -> None:
    office.world.post.refused.add(EAST)
    office.box.arrives(mail(EAST, files=[("表.xlsx", monthly())]), "2024-02-05 10:00")
    done = office.drain("2024-02-05 10:05")
    assert [(o.verdict, o.problems) for o in done.outcomes] == [("accepted", ("not-answered",))]
    assert len(office.box.held("已收")) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
    ],
    ids=str,
)  # fmt: skip
def test_machines_get_no_answer(office: Office, headers: dict[str, str]) -> None:
    office.box.arrives(mail(EAST, "外出", [("表.xlsx", monthly())], **headers), "2024-02-05 10:00")
    assert [o.verdict for o in office.drain("2024-02-05 10:05").outcomes] == ["ignored"]
    assert (office.answers(), office.stored(), len(office.box.held("其他"))) == ([], [], 1)


def test_bounces_and_our_own_mails_get_no_answer(office: Office) -> None:
    bounce = (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: failed\r\nMessage-ID: <b@mx>\r\n"
        b'Content-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n\r\nno such user\r\n--b--\r\n'
    )
    office.box.arrives(bounce, "2024-02-05 10:00")
    for sender in ("duban@harbour.example", "duban@haian.example"):  # the mailbox, and the From of our mails
        office.box.arrives(mail(sender, message_id=f"<{sender}>"), "2024-02-05 10:00")
    assert [o.verdict for o in office.drain("2024-02-05 10:05").outcomes] == ["ignored"] * 3
    assert office.answers() == []


def test_a_forwarded_return_is_found_inside(office: Office) -> None:
    outer = mail(EAST, "转发：月报", message_id="<f@x>")
    outer.add_attachment(mail("clerk@east.example", files=[("表.xlsx", monthly())]))
    office.box.arrives(outer, "2024-02-05 10:00")
    assert [o.verdict for o in office.drain("2024-02-05 10:05").outcomes] == ["accepted"]


def test_winmail_and_mails_without_a_form_are_told_what_to_do(office: Office) -> None:
    outlook = mail(EAST, "月报")
    outlook.add_attachment(b"\x78\x9f\x3e\x22", "application", "ms-tnef", filename="winmail.dat")
    office.box.arrives(outlook, "2024-02-05 10:00")
    office.box.arrives(mail(EAST, "请问", message_id="<2@x>"), "2024-02-05 10:01")
    old = [("月报.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]
    office.box.arrives(mail(EAST, "旧表", old, message_id="<3@x>"), "2024-02-05 10:02")
    done = office.drain("2024-02-05 10:05")
    assert [o.problems for o in done.outcomes] == [
        ("mail-winmail",),
        ("mail-without-form",),
        ("file-is-xls",),
    ]
    assert "winmail.dat" in office.answers()[0]
    assert "作为附件发送" in office.answers()[1]


def test_a_mail_with_80_returns_gets_one_answer_and_one_with_81_files_is_refused(office: Office) -> None:
    days = [f"2024-{m:02d}-{d:02d}" for m in range(1, 5) for d in range(1, 21)]
    files = [(f"{d}.json", identified("finding", "east", d, cells={"narrative": d})) for d in days]
    office.box.arrives(mail(EAST, files=files), "2024-04-21 10:00")
    office.box.arrives(mail(EAST, files=[*files, ("x.txt", b"x")], message_id="<2@x>"), "2024-04-21 10:01")
    done = office.drain("2024-04-21 10:05")
    assert done.count("accepted") == len(days) == 80
    assert [o.problems for o in done.outcomes[80:]] == [("mail-too-many",)]
    assert len(office.answers()) == 2
    assert office.answers()[0].count("报送回执") == 80


def test_other_files_of_a_mail_are_the_attachments_of_its_only_form(office: Office) -> None:
    cells = {"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"}
    summary = ("总结.json", identified("summary", "east", cells=cells))
    kinds = {"cases": "典型案例", "decisions": "处罚决定书"}
    files = [summary, *((f"{kinds[c.id]}-{c.file_name}", c.data) for c in CASES)]
    office.box.arrives(mail(EAST, files=files), "2024-04-08 10:00")
    done = office.drain("2024-04-08 10:05")
    assert [(o.verdict, o.problems) for o in done.outcomes] == [("accepted", ())]
    a = t.attachment.c
    assert [r[0] for r in office.port.rows(select(a.id).order_by(a.n))] == ["cases"] * 2 + ["decisions"] * 2
    finding = ("x.json", identified("finding", "east", "2024-04-01", cells={"narrative": "x"}))
    office.box.arrives(mail(EAST, files=[*files, finding], message_id="<2@x>"), "2024-04-08 11:00")
    again = office.drain("2024-04-08 11:05")
    assert [o.problems for o in again.outcomes][1:] == [(), ("mail-several-forms",)]


@pytest.mark.parametrize(
    "disposition",
    [
        b"attachment; filename=\"=?GBK?B?" + base64.b64encode("东站.xlsx".encode("gbk")) + b"?=\"",
        b"attachment; filename*=UTF-8''%E4%B8%9C%E7%AB%99.xlsx",
        b"attachment; filename*=gb2312''%B6%AB%D5%BE.xlsx",
        b"attachment; filename*0*=UTF-8''%E4%B8%9C; filename*1*=%E7%AB%99.xlsx",
        b"attachment; filename=\"" + "东站.xlsx".encode("gbk") + b"\"",
        b"attachment; filename=\"C:\\\\temp\\\\" + "东站.xlsx".encode() + b"\"",
    ],
    ids=["2047-gbk", "2231", "2231-gb2312", "2231-parts", "bare-gbk", "path"],
)  # fmt: skip
def test_file_names_in_chinese_are_read_however_they_were_written(office: Office, disposition: bytes) -> None:
    raw = (
        b"From: <East@Harbour.example>\r\nSubject: =?GB2312?B?" + base64.b64encode("月报".encode("gbk"))
        + b"?=\r\nMessage-ID: <1@x>\r\nContent-Type: application/octet-stream\r\n"
        b"Content-Transfer-Encoding: base64\r\nContent-Disposition: " + disposition + b"\r\n\r\n"
        + base64.encodebytes(monthly())
    )  # fmt: skip
    office.box.arrives(raw, "2024-02-05 10:00")
    done = office.drain("2024-02-05 10:05")
    assert [(o.verdict, o.name) for o in done.outcomes] == [("accepted", "东站.xlsx")]
    assert office.world.post.mails[0]["Subject"] == "【已收】月报"


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage", b"\x00\xff" * 50, b"From: <>\r\n\r\n", b"From: a@b@c\r\nSubject: =?x?q?\xff?=\r\n\r\n",
        b"From: a@b.example\r\nSubject: =?utf-8?B?!!!?=\r\nContent-Type: multipart/mixed; boundary=\r\n\r\nx",
        b"From: e@x.example\r\nReferences: <a\r\n b>\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 99,
    ],
)  # fmt: skip
def test_no_mail_is_so_broken_that_it_stops_the_others(office: Office, raw: bytes) -> None:
    office.box.arrives(raw, "2024-02-05 09:00")
    office.box.arrives(mail(EAST, files=[("表.xlsx", monthly())], message_id="<good@x>"), "2024-02-05 10:00")
    done = office.drain("2024-02-05 10:05")
    assert done.count("failed") == 0
    assert done.count("accepted") == 1
    assert office.box.held() == []


def test_a_mailbox_that_does_not_open_says_so_without_its_password(office: Office) -> None:
    for account in (
        replace(office.door.account, port=1),
        replace(office.door.account, password="x" + PASSWORD),
    ):
        office.door = replace(office.door, account=account)
        with pytest.raises(DoorShut) as caught:
            office.drain("2024-02-05 10:00")
        assert PASSWORD not in renderer().error(caught.value)
    with pytest.raises(DoorShut):
        Account.from_url("pop3://a:b@mail.example")
    assert PASSWORD not in repr(office.door)
