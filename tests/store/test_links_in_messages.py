"""The link that a message carries: the recipient's own, put in as it leaves, on no record."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from duban.access.links import Doorway, Link, read
from duban.calendars import to_micros
from duban.errors import Retryable
from duban.ledger import Ledger, entering
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.outbox.inviting import filled
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.admitting import enter_by_link, who_is
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.linking import link_for, links, revoke_links
from duban.settings import Settings
from tests.support.town import HAIAN, ZONE, Town, at, haian_bundle

DOOR = Doorway("https://duban.example", "a secret of this test, and of nothing else", 45, ZONE)
REMINDED = "2018-09-30 08:30"
"""A working Sunday (调休): September's return is due on 5 October, in the holidays."""


@pytest.fixture
def told(deployed: Town) -> Town:
    """Hai'an, where reminders have been decided."""
    deployed.ledger.set_clock(at(REMINDED))
    deployed.run(REMINDED)
    return deployed


def send(town: Town, door: Doorway | None = DOOR) -> dict[str, Parcel]:
    """What leaves, by address."""
    paper = PaperTransport()
    deliver(town.ledger, paper, renderer(), owner="out", door=door, as_of=at(REMINDED))
    return {p.address: p for p in paper.parcels}


def tokens(text: str) -> list[str]:
    return re.findall(r"https://duban\.example/in/([\w.-]+)", text)


def test_a_mail_carries_its_recipients_own_link_in_both_parts(told: Town) -> None:
    mail = send(told)["libao@haian.example"]
    (plain,), (html,) = tokens(mail.plain), tokens(mail.html)
    assert plain == html
    link = read(DOOR.secret, plain, to_micros(at(REMINDED)))
    # Sealed on 30 September: 45 days later is 14 November, and all of it is within.
    contact = contact_of(told.ledger, "libao")
    assert link == Link(HAIAN, "libao", contact, 0, to_micros(at("2018-11-15 00:00")))
    session = enter_by_link(told.ledger, DOOR.secret, plain)
    assert session
    who = who_is(told.ledger, session)
    assert who is not None
    assert [h.unit for h in who.held] == ["libao"]


def contact_of(ledger: Ledger, unit: str) -> int:
    with ledger.read() as conn:
        return entering.contacts_of(conn, HAIAN, unit)[0]


def test_a_group_chat_gets_the_address_to_sign_in_at_and_nobodys_link(told: Town) -> None:
    parcel = send(told)["qutang"]  # a webhook
    for text in (parcel.plain, parcel.html):
        assert "https://duban.example/signin" in text
        assert "/in/" not in text
        assert "[[" not in text


def test_the_record_holds_no_token_and_is_the_same_with_and_without_a_portal(told: Town) -> None:
    sent = send(told)
    with told.ledger.read() as conn:
        sealed = {r.id: r for r in conn.execute(select(t.digest))}
    for row in sealed.values():
        assert "duban.example" not in row.plain + row.html
        assert "[[duban:" in row.plain
    for parcel in sent.values():
        for token in tokens(parcel.plain):
            assert all(token not in row.plain + row.html for row in sealed.values())


def test_without_a_portal_a_message_says_nothing_of_links(told: Town) -> None:
    mail = send(told, None)["libao@haian.example"]
    assert mail.plain.startswith("李堡镇分局：\n\n以下材料请按时报送：\n")
    assert "[[" not in mail.plain + mail.html
    assert "链接" not in mail.plain + mail.html


def test_a_message_that_is_sent_again_is_the_same_to_the_byte(told: Town) -> None:
    class Busy(PaperTransport):
        def send(self, parcel: Parcel, message_id: str) -> None:
            super().send(parcel, message_id)
            raise Retryable("busy")

    busy = Busy()
    deliver(told.ledger, busy, renderer(), owner="out", door=DOOR, as_of=at(REMINDED))
    again = PaperTransport()
    deliver(told.ledger, again, renderer(), owner="out", door=DOOR, as_of=at("2018-10-01 09:00"))
    first = {p.digest: p for p in busy.parcels}
    assert again.parcels
    assert all(first[p.digest] == p for p in again.parcels)


def test_who_is_no_longer_the_units_contact_gets_the_address_to_sign_in_at(told: Town) -> None:
    mail = send(told)["libao@haian.example"]
    of = t.contact_of.c
    with told.ledger.write() as w:
        w.conn.execute(t.contact_of.delete().where(of.recipient == "unit:libao"))
    with told.ledger.read() as conn:
        row = conn.execute(select(t.digest).where(t.digest.c.id == mail.digest)).one()
        late = filled(conn, replace(mail, plain=row.plain, html=row.html), DOOR)
    assert tokens(late.plain) == []
    assert "https://duban.example/signin" in late.plain


def test_marks_in_what_people_wrote_are_left_alone(told: Town) -> None:
    mail = send(told)["libao@haian.example"]
    forged = replace(mail, plain="甲：\n[[duban:link haian-2018/libao]]\n", html="<p>[[duban:page x]]</p>")
    with told.ledger.read() as conn:
        assert filled(conn, forged, DOOR) == forged


def test_after_a_revocation_the_next_mail_lets_in_and_the_old_one_does_not(told: Town) -> None:
    (old,) = tokens(send(told)["libao@haian.example"].plain)
    revoke_links(told.ledger, HAIAN, "libao", "稽查科")
    assert enter_by_link(told.ledger, DOOR.secret, old) is None
    told.ledger.set_clock(at("2018-10-08 08:30"))
    told.run("2018-10-08 08:30")
    paper = PaperTransport()
    deliver(told.ledger, paper, renderer(), owner="out", door=DOOR, as_of=at("2018-10-08 08:30"))
    mail = next(p for p in paper.parcels if p.address == "libao@haian.example")
    (new,) = tokens(mail.plain)
    assert enter_by_link(told.ledger, DOOR.secret, new)


def test_a_coordinator_is_shown_the_board_and_signs_in_there(told: Town) -> None:
    when = "2018-10-20 08:30"
    told.ledger.set_clock(at(when))
    told.run(when)
    paper = PaperTransport()
    deliver(told.ledger, paper, renderer(), owner="out", door=DOOR, as_of=at(when))
    mail = next(p for p in paper.parcels if p.address == "jicha@haian.example")
    for text in (mail.plain, mail.html):
        assert f"https://duban.example/c/{HAIAN}" in text
        assert "/in/" not in text


def test_a_coordinator_can_read_and_hand_out_each_units_link(deployed: Town, tmp_path: Path) -> None:
    settings = Settings(var=tmp_path, ledger_url="", url="https://duban.example", given_secret=DOOR.secret)
    deployed.ledger.set_clock(at("2018-09-10 09:00"))
    with deployed.ledger.read() as conn:
        plan, now = deployed.plan, deployed.ledger.now()
        found = links(conn, plan)
        mine = [x for x in found if x.unit == "qutang"]
        url = link_for(conn, settings, plan, "qutang", mine[1].contact, now)
    assert [(x.channel, x.address, x.personal) for x in mine] == [
        ("webhook", "qutang", False),
        ("email", "qutang@haian.example", True),
    ]
    assert {x.generation for x in found} == {0}
    assert [x.unit for x in found][:3] == ["jicha", "yaoxie", "xinyong"]
    assert enter_by_link(deployed.ledger, DOOR.secret, url.rpartition("/")[2])
    with deployed.ledger.read() as conn:
        seen = {x.contact: x.seen_at for x in links(conn, deployed.plan)}
    assert seen[mine[1].contact] is not None
    assert seen[mine[0].contact] is None


def shared_mail(town: Town, *units: str) -> Parcel:
    """What a mailbox gets that some branches share."""
    files = dict(haian_bundle().files)
    for unit in units:
        row = re.search(rf"^{unit},.*$", files["units.csv"], re.MULTILINE)
        assert row
        shared = re.sub(r"(webhook=\w+;)?email=\w+@", "email=shared@", row[0])
        files["units.csv"] = files["units.csv"].replace(row[0], shared)
    deploy(town.ledger, Bundle(tuple(sorted(files.items()))), reason="", as_of=at("2018-09-06 08:30"))
    town.ledger.set_clock(at(REMINDED))
    town.run(REMINDED)
    return send(town)["shared@haian.example"]


def test_a_shared_mailbox_gets_a_named_link_for_each_of_its_units(town: Town) -> None:
    mail = shared_mail(town, "libao", "nanmo")
    found = [read(DOOR.secret, token, 0) for token in tokens(mail.plain)]
    assert [link.unit for link in found if link] == ["libao", "nanmo"]
    for name in ("药品净网2018　李堡镇分局", "药品净网2018　南莫镇分局"):
        assert f"{name}：https://duban.example/in/" in mail.plain
        assert f">{name}</a>" in mail.html


def test_a_mailbox_of_many_units_signs_in_once_for_all_of_them(town: Town) -> None:
    mail = shared_mail(town, "libao", "nanmo", "dagong", "yazhou", "duntou", "baidian")
    assert tokens(mail.plain) == tokens(mail.html) == []
    assert "请登录填报：https://duban.example/signin" in mail.plain
