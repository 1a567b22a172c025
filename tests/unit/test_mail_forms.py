"""A mail that brings a form along: what a mail program makes of it, and what becomes of it where a server
takes no such thing."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.servers import HOST
from duban.documents.blank import blank_form
from duban.errors import NoSuchAddress, Permanent, SubmissionInvalid, Unclear
from duban.intake.submission import read_submission
from duban.ledger.parcels import Enclosed, File, Parcel
from duban.outbox.channels import AppriseTransport
from duban.outbox.composing import composed
from duban.rendering import renderer
from tests.support.chats import provider
from tests.support.plans import load
from tests.support.post import PostOffice
from tests.support.town import FIGURES
from tests.unit.test_channels import HELLO, ONE, mail_channel, mail_server, scripted

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAME = "城东分局-2018-10.xlsx"


def blank(**filled: Any) -> bytes:
    words = renderer().words["blank"]
    return blank_form(load("haian-2018"), "monthly", "chengdong", "2018-10", words=words, **filled)


def mailed(*files: File) -> bytes:
    headers = {"Subject": "请报送", "Message-ID": "<1@duban.example>"}
    return composed(
        headers, ("稽查科", "duban@haian.example"), ["a@b.example"], "甲\n.\n乙", "<p>丙</p>", files
    )


def read(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    assert not any(part.defects for part in found.walk())
    return found


def attachments(mail: EmailMessage) -> list[tuple[str | None, str, bytes]]:
    return [(a.get_filename(), a.get_content_type(), a.get_content()) for a in mail.iter_attachments()]


def test_a_mail_program_finds_both_texts_and_each_file_under_its_name() -> None:
    files = (File(NAME, blank(), WORKBOOK), File("haian.xlsx", b"\0\r\n.\r\n\xff", WORKBOOK))
    mail = read(mailed(*files))
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mail.iter_parts()] == [
        "multipart/alternative", WORKBOOK, WORKBOOK,
    ]  # fmt: skip
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert (plain.get_content(), html.get_content()) == ("甲\r\n.\r\n乙\r\n", "<p>丙</p>\r\n")
    assert attachments(mail) == [(f.name, f.kind, f.data) for f in files]


def test_the_attached_form_opens_and_is_taken_as_that_units_return() -> None:
    filled = blank(values=FIGURES, signed={"filler": "填报员", "reviewer": "审核员", "head": "负责人"})
    ((name, _, data),) = attachments(read(mailed(File(NAME, filled, WORKBOOK))))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert "填报单位：城东镇分局" in [row[0].value for row in book["填报"].iter_rows(max_row=5)]
    plan = load("haian-2018")
    taken = read_submission(data, name or "", plan=plan, duty="monthly", unit="chengdong", period="2018-10")
    assert taken.cells["fines"] == 325  # 3.25 万元, kept with two places
    with pytest.raises(SubmissionInvalid) as caught:
        read_submission(data, name or "", plan=plan, duty="monthly", unit="libao", period="2018-10")
    assert {p.code for p in caught.value.problems} == {"wrong-identity"}


def test_programs_that_know_no_rfc_2231_find_the_name_as_an_encoded_word() -> None:
    head = mailed(File(NAME, b"x", WORKBOOK)).decode()
    (word,) = re.findall(r'name="(=\?.*?\?=)"', head, re.DOTALL)
    assert str(make_header(decode_header(word))) == NAME
    assert re.findall(r"filename\*=(\S+)", head) == [
        "utf-8''%E5%9F%8E%E4%B8%9C%E5%88%86%E5%B1%80-2018-10.xlsx"
    ]


def test_a_long_name_goes_over_lines_and_cuts_no_letter() -> None:
    name = "海安市市场监督管理局" * 6 + ".xlsx"
    data = mailed(File(name, b"x", WORKBOOK))
    assert attachments(read(data))[0][0] == name
    assert "filename*1*=" in data.decode()  # 80: the media type of a workbook is that long
    assert all(len(line) <= 80 for line in data.split(b"\r\n"))


@given(st.text(max_size=30), st.binary(max_size=300))
def test_whatever_a_file_is_called_its_bytes_arrive_and_no_header_begins(name: str, data: bytes) -> None:
    wire = mailed(File(name, data, WORKBOOK))
    ((_, kind, found),) = attachments(read_loosely(wire))
    assert (kind, found) == (WORKBOOK, data)
    assert all(len(line) <= 80 and not line.startswith(b".") for line in wire.split(b"\r\n"))


def read_loosely(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_same_form_is_the_same_mail() -> None:
    assert mailed(File(NAME, blank(), WORKBOOK)) == mailed(File(NAME, blank(), WORKBOOK))


# ---- servers -------------------------------------------------------------------------------------


def with_form(size: int = 4000, made: list[int] | None = None) -> Parcel:
    def make() -> Sequence[File]:
        if made is not None:
            made.append(size)
        return [File(NAME, b"x" * size, WORKBOOK)] if size else []

    enclosed = Enclosed(make, "请报送。", "<p>请报送。</p>")
    return Parcel(
        "1/d", "email", "a@b.example", "s", "请报送。附表。", "<p>请报送。附表。</p>", enclosed=enclosed
    )


def plain_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).strip()


@pytest.mark.parametrize(("room", "said", "files"), [(100_000, "请报送。附表。", 1), (3_000, "请报送。", 0)])
def test_what_a_server_has_no_room_for_stays_at_home_and_the_words_say_nothing_of_it(
    room: int, said: str, files: int
) -> None:
    post = PostOffice()
    made: list[int] = []
    with mail_server(post, data_size_limit=room) as port:
        mail_channel(port).send(with_form(made=made), "<1@duban.example>")
    (mail,) = post.mails
    assert (plain_of(mail), len(attachments(mail)), len(made)) == (said, files, 1)
    assert mail["Message-ID"] == "<1@duban.example>"


def test_a_channel_that_carries_no_files_says_nothing_of_them() -> None:
    made: list[int] = []
    with provider() as told:
        transport = AppriseTransport({"email": f"json://{HOST}:{told.port}/"}, loopback_only=True)
        transport.send(with_form(made=made), "<1@duban.example>")
    assert [call.body["message"] for call in told.calls] == ["请报送。"]
    assert made == []


def test_where_no_form_could_be_made_the_words_say_nothing_of_it() -> None:
    post = PostOffice()
    with mail_server(post) as port:
        mail_channel(port).send(with_form(0), "<1@duban.example>")
    assert plain_of(post.mails[0]) == "请报送。"


@pytest.mark.parametrize(
    "refusal",
    [[("mail", "552 too large"), ("rset", "250 ok")],
     [*ONE[:3], (".", "552 no such files here"), ("rset", "250 ok")]],
)  # fmt: skip
def test_a_server_that_refuses_the_form_gets_the_words_on_the_same_connection(
    refusal: list[tuple[str, str]],
) -> None:
    with scripted([HELLO, *refusal, *ONE, ("quit", "221 bye")]) as (port, heard):
        mail_channel(port).send(with_form(), "<1@duban.example>")
    assert [h.split(":")[0] for h in heard].count("mail FROM") == 2


def test_words_that_are_refused_too_are_refused_for_good() -> None:
    refused = [*ONE[:3], (".", "554 no"), ("rset", "250 ok")]
    with scripted([HELLO, *refused, *refused]) as (port, _), pytest.raises(Permanent, match="554"):
        mail_channel(port).send(with_form(), "<1@duban.example>")


def test_an_address_that_nobody_has_is_not_tried_again_without_the_form() -> None:
    session = [HELLO, ("mail", "250 ok"), ("rcpt", "550 nobody"), ("rset", "250 ok"), ("quit", "221 bye")]
    with scripted(session) as (port, heard), pytest.raises(NoSuchAddress):
        mail_channel(port).send(with_form(), "<1@duban.example>")
    assert [h[:4] for h in heard].count("mail") == 1


def test_a_mail_that_may_have_arrived_is_not_sent_again_without_the_form() -> None:
    session = [HELLO, *ONE[:3], (".", "")]
    with scripted(session) as (port, heard), pytest.raises(Unclear):
        mail_channel(port).send(with_form(), "<1@duban.example>")
    assert [h[:4] for h in heard].count("mail") == 1
