"""Channels: what leaves, and what an answer means, against real servers on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import logging.config
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from hypothesis import given
from hypothesis import strategies as st

from deployments.servers import HOST, free_port
from duban.errors import (
    DeliveryFailed,
    NoSuchAddress,
    NotAllowed,
    Permanent,
    Retryable,
    TooFast,
    Unclear,
    Unreachable,
)
from duban.ledger.parcels import Parcel
from duban.outbox.channels import AppriseTransport
from duban.outbox.composing import composed
from tests.support import certificates
from tests.support.chats import Provider, provider
from tests.support.post import PostOffice

TOKEN = "5e7f0c0ffee"
SECRET = "SEC000c0ffee"
PASSWORD = "gu4rd-th1s"
TEXT = "【药品净网2018】有1项应报\n请登录查看：https://duban.example/signin"


def parcel(channel: str, address: str = "qun") -> Parcel:
    subject, plain = TEXT.split("\n")
    return Parcel(f"1/2018-10-08/{channel}", channel, address, subject, plain, "<p>h</p>")


def urls(told: Provider) -> dict[str, str]:
    """A channel of each kind, all of them at one provider."""
    via = f"?via={told.url}&rto=0.5&cto=0.5"
    return {
        "dingtalk": f"dingtalk://{SECRET}@{TOKEN}/{via}", "wecom": f"wecombot://{TOKEN}/{via}",
        "feishu": f"feishu://{TOKEN}/{via}", "lark": f"lark://{TOKEN}/{via}",
        "webhook": f"json://office:{PASSWORD}@{HOST}:{told.port}/{{address}}?+X-Key={TOKEN}&rto=0.5",
    }  # fmt: skip


CHATS = ("dingtalk", "wecom", "feishu", "lark")


@pytest.fixture
def told() -> Iterator[Provider]:
    with provider() as running:
        yield running


def send(told: Provider, channel: str) -> None:
    AppriseTransport(urls(told), loopback_only=True).send(parcel(channel), "<abc@duban.example>")


def failure(told: Provider, channel: str) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        send(told, channel)
    return caught.value


def test_dingtalk_gets_a_text_under_a_signature_that_it_finds_itself(told: Provider) -> None:
    send(told, "dingtalk")
    (call,) = told.calls
    assert call.path == "/robot/send"
    assert call.body == {
        "msgtype": "text",
        "text": {"content": TEXT},
        "at": {"atMobiles": [], "isAtAll": False},
    }
    assert call.query["access_token"] == TOKEN
    # As DingTalk's documentation makes it: base64 of HMAC-SHA256 over "timestamp\nsecret", under the secret.
    words = f"{call.query['timestamp']}\n{SECRET}".encode()
    found = base64.b64encode(hmac.new(SECRET.encode(), words, hashlib.sha256).digest()).decode()
    assert call.query["sign"] == found
    assert abs(int(call.query["timestamp"]) - time.time() * 1000) < 60_000


@pytest.mark.parametrize(
    ("channel", "path", "body"),
    [
        ("wecom", "/cgi-bin/webhook/send", {"msgtype": "text", "text": {"content": TEXT}}),
        ("feishu", f"/open-apis/bot/v2/hook/{TOKEN}", {"msg_type": "text", "content": {"text": TEXT}}),
        ("lark", f"/open-apis/bot/v2/hook/{TOKEN}", {"msg_type": "text", "content": {"text": TEXT}}),
    ],
)
def test_other_robots_get_their_own_words(told: Provider, channel: str, path: str, body: object) -> None:
    told.says({"code": 0, "msg": "success"} if channel in ("feishu", "lark") else {"errcode": 0})
    send(told, channel)
    (call,) = told.calls
    assert (call.path, call.body) == (path, body)
    if channel == "wecom":
        assert call.query == {"key": TOKEN}


def test_a_webhook_gets_apprises_body_and_an_id_that_tells_doubles(told: Provider) -> None:
    send(told, "webhook")
    (call,) = told.calls
    title, message = TEXT.split("\n")
    assert call.path == "/qun"
    assert call.body == {
        "version": "1.0", "title": title, "message": message, "attachments": [], "type": "info",
    }  # fmt: skip
    assert call.headers["Idempotency-Key"] == "abc@duban.example"
    assert call.headers["X-Key"] == TOKEN
    assert base64.b64decode(call.headers["Authorization"].split()[1]).decode() == f"office:{PASSWORD}"


ANSWERS = [
    ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, Permanent),
    ("dingtalk", {"errcode": 300001, "errmsg": "token is not exist"}, Permanent),
    ("dingtalk", {"errcode": -1, "errmsg": "系统繁忙"}, Retryable),
    ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, TooFast),
    ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, Permanent),
    ("wecom", {"errcode": -1, "errmsg": "system busy"}, Retryable),
    ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, TooFast),
    ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, Permanent),
    ("feishu", {"code": 11232, "msg": "frequency limited"}, TooFast),
    ("lark", {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}, Permanent),
    ("lark", {"code": 11232, "msg": "frequency limited"}, TooFast),
]


@pytest.mark.parametrize(("channel", "answer", "kind"), ANSWERS)
def test_an_error_within_http_200_is_a_failure_of_its_kind(
    told: Provider, channel: str, answer: dict[str, Any], kind: type[DeliveryFailed]
) -> None:
    told.says(answer)
    found = failure(told, channel)
    assert type(found) is kind
    code = next(iter(answer.values()))
    assert str(code) in found.detail


@pytest.mark.parametrize("channel", CHATS)
def test_what_is_no_answer_of_the_provider_is_no_success(told: Provider, channel: str) -> None:
    told.says(b"<html>please sign in to the network</html>")
    assert type(failure(told, channel)) is Retryable
    told.says({"errcode": "0", "code": None})
    assert type(failure(told, channel)) is Retryable


@pytest.mark.parametrize("channel", [*CHATS, "webhook"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, Retryable), (503, Retryable), (429, TooFast), (404, Permanent), (401, Permanent), (302, Permanent),
     (504, Unclear), (408, Retryable)],
)  # fmt: skip
def test_http_says_whether_trying_again_can_help(
    told: Provider, channel: str, status: int, kind: type[DeliveryFailed]
) -> None:
    told.says(b"", status)
    told.headers = {"Location": "/elsewhere"} if status == 302 else {}
    assert type(failure(told, channel)) is kind
    assert len(told.calls) == 1, "no redirect is followed"


@pytest.mark.parametrize("channel", [*CHATS, "webhook"])
def test_who_takes_a_message_and_does_not_answer_may_have_it(told: Provider, channel: str) -> None:
    told.hang = 3.0
    began = time.monotonic()
    assert type(failure(told, channel)) is Unclear
    assert time.monotonic() - began < 2.5


def test_an_answer_that_never_ends_is_not_read_to_its_end(told: Provider) -> None:
    told.says(b"x" * 1_000_000)
    assert type(failure(told, "wecom")) is Retryable


@pytest.mark.parametrize("channel", [*CHATS, "webhook"])
def test_where_nobody_listens_nothing_has_left(channel: str) -> None:
    nobody = Provider(port=free_port())
    assert type(failure(nobody, channel)) is Unreachable


def test_a_text_that_a_provider_cuts_off_is_not_sent(told: Provider) -> None:
    long = Parcel("1/x", "wecom", "qun", "字" * 700, "", "")  # 2,100 bytes; WeCom takes 2,048
    with pytest.raises(Permanent, match="2048"):
        AppriseTransport(urls(told), loopback_only=True).send(long, "<x@duban.example>")
    assert told.calls == []


@pytest.mark.parametrize(
    "url",
    [
        f"dingtalk://{TOKEN}/", f"dingtalk://{TOKEN}/?via=https://gateway.example", "slack://127.0.0.1/x",
        f"json://hook.example/?via=http://{HOST}:1", "mailto://mail.example/?to={address}",
    ],
)  # fmt: skip
def test_a_virtual_ledger_reaches_loopback_only(url: str) -> None:
    if url.startswith("slack"):
        url = f"slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?via=http://{HOST}:1"
    with pytest.raises(NotAllowed, match="virtual-needs-loopback"):
        AppriseTransport({"chat": url}, loopback_only=True)


def test_a_virtual_ledger_follows_no_mail_url_elsewhere() -> None:
    url = f"mailto://{HOST}/?smtp=mail.example&from=duban@haian.example&to={{address}}"
    with pytest.raises(Permanent, match="loopback"):
        AppriseTransport({"email": url}, loopback_only=True).send(parcel("email", "a@b.example"), "<x@y>")


# ---- mail ----------------------------------------------------------------------------------------


class Counting(PostOffice):
    """Counts connections; may end one after each mail, or answer in its own way."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.peers: set[object] = set()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.peers.add(session.peer)
        return await super().handle_DATA(server, session, envelope)


@contextmanager
def mail_server(post: PostOffice, **more: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(post, hostname=HOST, port=port, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mail_channel(port: int, more: str = "", mode: str = "insecure", user: str = "") -> AppriseTransport:
    url = f"mailto://{user}{HOST}:{port}/?mode={mode}&from=duban@haian.example&to={{address}}{more}"
    return AppriseTransport({"email": url}, loopback_only=True)


def mail(n: int) -> Parcel:
    return parcel("email", f"u{n}@haian.example")


def test_the_mails_of_a_round_share_one_connection() -> None:
    post = Counting()
    with mail_server(post) as port, mail_channel(port).open() as round_:
        for n in range(5):
            round_.send(mail(n), f"<{n}@duban.example>")
    assert [m["Message-ID"] for m in post.mails] == [f"<{n}@duban.example>" for n in range(5)]
    assert len(post.peers) == 1
    assert post.mails[0].get_body(("plain",)).get_content() == TEXT.split("\n")[1] + "\r\n"  # type: ignore[union-attr]


def test_a_refused_mail_does_not_end_the_connection_for_those_after_it() -> None:
    post = Counting(refused={"u1@haian.example"})
    with mail_server(post) as port, mail_channel(port).open() as round_:
        round_.send(mail(0), "<0@duban.example>")
        with pytest.raises(NoSuchAddress, match="550"):
            round_.send(mail(1), "<1@duban.example>")
        post.answer = "554 no"
        with pytest.raises(Permanent, match="554"):
            round_.send(mail(2), "<2@duban.example>")
        post.answer = "452 full"
        with pytest.raises(Retryable, match="452"):
            round_.send(mail(3), "<3@duban.example>")
        post.answer = "250 OK"
        round_.send(mail(4), "<4@duban.example>")
    assert [m["To"] for m in post.mails] == ["u0@haian.example", "u4@haian.example"]
    assert len(post.peers) == 1


@contextmanager
def scripted(*sessions: list[tuple[str, str]]) -> Iterator[tuple[int, list[str]]]:
    """An SMTP server that plays one session after another: to each start of a line its answer; "" closes, and
    "-" keeps silent."""
    heard: list[str] = []
    listener = socket.create_server((HOST, 0))

    def play() -> None:
        for session in sessions:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            with conn, conn.makefile("rwb") as stream:
                stream.write(b"220 ready\r\n")
                stream.flush()
                for start, answer in session:
                    line = stream.readline().decode()
                    while start == "." and line not in (".\r\n", ""):
                        line = stream.readline().decode()
                    heard.append(line.strip())
                    if not line.lower().startswith(start) or answer == "":
                        break
                    if answer == "-":
                        stream.read(1)
                        break
                    stream.write(answer.encode() + b"\r\n")
                    stream.flush()

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.close()
        thread.join(5)


HELLO = ("ehlo", "250 hello")
ONE = [("mail", "250 ok"), ("rcpt", "250 ok"), ("data", "354 go"), (".", "250 taken")]


def test_a_server_that_ends_a_kept_connection_gets_the_next_mail_on_another() -> None:
    sessions = [HELLO, *ONE, ("mail", "421 enough")], [HELLO, *ONE]
    with scripted(*sessions) as (port, heard), mail_channel(port).open() as round_:
        round_.send(mail(0), "<0@duban.example>")
        round_.send(mail(1), "<1@duban.example>")
    assert sum(line.startswith("rcpt") for line in heard) == 2
    assert sum(line == "." for line in heard) == 2


def test_a_mail_without_an_answer_after_its_last_byte_may_have_arrived() -> None:
    with scripted([HELLO, *ONE[:3], (".", "-")]) as (port, _), pytest.raises(Unclear):
        mail_channel(port, "&rto=0.5").send(mail(0), "<0@duban.example>")


@pytest.mark.parametrize(
    "session", [[HELLO, *ONE[:2], ("data", "")], [HELLO, ("mail", "250 ok"), ("rcpt", "")]]
)
def test_a_mail_that_breaks_off_before_its_last_byte_has_not(session: list[tuple[str, str]]) -> None:
    with scripted(session) as (port, _), pytest.raises(Retryable) as caught:
        mail_channel(port).send(mail(0), "<0@duban.example>")
    assert not isinstance(caught.value, Unclear)


def test_a_sender_that_is_refused_is_not_the_recipients_fault() -> None:
    with (
        scripted([HELLO, ("mail", "550 not you"), ("rset", "250 ok")]) as (port, _),
        pytest.raises(Retryable),
    ):
        mail_channel(port).send(mail(0), "<0@duban.example>")


def test_a_mail_larger_than_the_server_takes_is_not_sent() -> None:
    with mail_server(Counting(), data_size_limit=500) as port, pytest.raises(Permanent, match="500"):
        mail_channel(port).send(mail(0), "<0@duban.example>")


def test_a_wrong_password_sends_nothing_and_is_not_named() -> None:
    session = [("ehlo", "250-hello\r\n250 AUTH PLAIN"), ("auth", "535 no")]
    channel = "duban:" + PASSWORD + "@"
    with scripted(session) as (port, heard), pytest.raises(Unreachable) as caught:
        mail_channel(port, user=channel).send(mail(0), "<0@duban.example>")
    assert len(heard) == 2
    assert "535" in caught.value.detail
    assert PASSWORD not in shown(caught.value)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody has signed."""
    return certificates.certificate(tmp_path_factory.mktemp("tls"))


def test_starttls_is_used_and_its_certificate_looked_at(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Counting()
    with mail_server(post, tls_context=certificates.tls(certificate), require_starttls=True) as port:
        with pytest.raises(Unreachable, match="SSLCertVerificationError"):
            mail_channel(port, mode="starttls").send(mail(0), "<0@duban.example>")
        assert post.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # the bureau's own authority
        mail_channel(port, mode="starttls").send(mail(0), "<0@duban.example>")
    assert len(post.mails) == 1


def test_a_server_that_speaks_tls_from_the_first_byte_gets_its_mail_there(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = Counting()
    with mail_server(post) as port, certificates.tls_door(certificate, port) as door:
        with pytest.raises(Unreachable, match="SSLCertVerificationError"):
            mail_channel(door, mode="ssl").send(mail(0), "<0@duban.example>")
        assert post.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        mail_channel(door, mode="ssl").send(mail(0), "<0@duban.example>")
    assert len(post.mails) == 1


def test_a_server_without_starttls_gets_no_mail_in_clear() -> None:
    post = Counting()
    with mail_server(post) as port, pytest.raises(Unreachable):
        mail_channel(port, mode="starttls").send(mail(0), "<0@duban.example>")
    assert post.mails == []


# ---- secrets -------------------------------------------------------------------------------------


def shown(error: BaseException) -> str:
    """Everything that a log or a page could show of an error."""
    return "".join(traceback.format_exception(error)) + repr(error) + str(error)


@pytest.fixture
def log() -> Iterator[list[str]]:
    """All that is logged, under a configuration of logging made after ours."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    root = logging.getLogger()
    handler, level = Keep(), root.level
    # As Prefect and Alembic configure logging: loggers that exist already come on again.
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("channel", [*CHATS, "webhook"])
@pytest.mark.parametrize("trouble", ["refused", "broken", "hangs", "away"])
def test_no_failure_names_a_secret(told: Provider, log: list[str], channel: str, trouble: str) -> None:
    told.says({"errcode": 310000, "code": 19021}, 200 if channel != "webhook" else 403)
    if trouble == "broken":
        told.says(b"", 500)
    told.hang = 2.0 if trouble == "hangs" else 0.0
    found = failure(told if trouble != "away" else Provider(port=free_port()), channel)
    everything = shown(found) + found.detail + "\n".join(log)
    for secret in (TOKEN, SECRET, PASSWORD):
        assert secret not in everything


@pytest.mark.parametrize(
    "url",
    [
        f"mailto://duban:{PASSWORD}@", f"dingtalk://{PASSWORD}@bad_token!/", f"feishu://{PASSWORD}!/",
        f"wecombot://{PASSWORD}!/", f"lark://{PASSWORD}!/", f"slack://{PASSWORD}", f"nosuch://{PASSWORD}@x",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_read_is_not_repeated(log: list[str], url: str) -> None:
    with pytest.raises(Permanent) as caught:
        AppriseTransport({"email": url}, loopback_only=False).send(mail(0), "<0@duban.example>")
    assert PASSWORD not in shown(caught.value) + "\n".join(log)


# ---- the mail itself -----------------------------------------------------------------------------


def read(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


@pytest.mark.parametrize(
    "subject",
    [
        "plain", "", "【药品净网2018】请于10月5日（周五）24时前报送2018年9月专项行动月报等12项；3项长期未报",
        "x" * 60 + " " + "y" * 60 + " z", "字" * 300, "a字" * 80, "😀" * 40, "ends with =?utf-8?b?",
    ],
)  # fmt: skip
def test_what_is_composed_reads_as_it_was_meant(subject: str) -> None:
    sender = ("海安市局，稽查科", "duban@haian.example")
    data = composed(
        {"Subject": subject, "Message-ID": "<1@duban.example>"},
        sender,
        ["a@b.example"],
        "甲\n.\n乙",
        "<p>丙</p>",
    )
    mail = read(data)
    assert mail["Subject"] == subject
    assert mail["From"].addresses[0].display_name == sender[0]
    assert mail["From"].addresses[0].addr_spec == sender[1]
    assert [a.addr_spec for a in mail["To"].addresses] == ["a@b.example"]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content() == "甲\r\n.\r\n乙\r\n"
    assert html.get_content() == "<p>丙</p>\r\n"
    assert all(len(line) <= 78 for line in data.split(b"\r\n"))


@given(st.text(max_size=200))
def test_no_header_begins_another(text: str) -> None:
    data = composed({"Subject": text, "References": text}, (text, "a@b.example"), ["c@d.example"], "x", "y")
    head = data.split(b"\r\n\r\n")[0].split(b"\r\n")
    names = [line.split(b":")[0] for line in head if not line.startswith(b" ")]
    assert names == [b"From", b"To", b"Subject", b"References", b"MIME-Version", b"Content-Type"]


def test_a_reply_cannot_be_made_to_name_another_recipient() -> None:
    data = composed(
        {"Subject": "s\r\nBcc: x@y.example"}, ("n\nBcc: x@y.example", "a@b.example"),
        ["c@d.example\r\nBcc: x@y.example"], "p", "h",
    )  # fmt: skip
    assert read(data)["Bcc"] is None


def test_a_line_that_is_a_dot_ends_nothing() -> None:
    plugin = mail_channel(1).plugin("email", "u0@haian.example")
    assert b"\r\n.\r\n" not in plugin.composed(mail(0), "<0@duban.example>", {"X-Dot": "a\n."})
