"""What a file says of itself, what it is called, and where it lies."""

from __future__ import annotations

import imaplib
import json
from pathlib import Path, PurePath

import pytest

from duban.doors.imap import Account, Mailbox, quoted
from duban.doors.letters import read_letter
from duban.doors.looking import address_of, told
from duban.doors.returns import File, kind_of
from duban.errors import BadInput, SubmissionInvalid
from duban.intake.stated import stated_identity
from duban.plan.duties import Attachment
from duban.services.addresses import Address
from duban.settings import Settings
from tests.support.harbour_plan import harbour
from tests.support.workbooks import edited, filled

WANTED = (
    Attachment(id="case", name="典型案例"), Attachment(id="case-list", name="典型案例目录"),
)  # fmt: skip


def test_a_workbook_says_whose_it_is_whatever_its_file_is_called() -> None:
    assert stated_identity(filled(), "新建表格.xlsx") == {
        "campaign": "haian-2018", "duty": "monthly", "unit": "qutang", "period": "2018-10", "subject": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"), (b"{", "json-syntax"), (b"{}", "identity-missing"),
        (b"\xd0\xcf", "file-not-a-workbook"), (b'{"unit": "\\ud800", "duty": "d"}', "identity-missing"),
        (b'{"unit": "\\u0000", "duty": "d"}', "identity-missing"),
        (b'{"unit": "u", "duty": ["d"]}', "identity-missing"), (b'{"a":' * 100_000, "json-too-deep"),
        (json.dumps({"unit": "u" * 201, "duty": "d"}).encode(), "identity-missing"),
        (b'{"unit": "u", "duty": "d", "x": ' + b"9" * 5000, "json-syntax"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_say_it_is_refused_with_the_reason(data: bytes, code: str) -> None:
    with pytest.raises(SubmissionInvalid) as caught:
        stated_identity(data, "表")
    assert [(p.code, p.file) for p in caught.value.problems] == [(code, "表")]


def test_a_workbook_without_its_hidden_sheet_says_nothing() -> None:
    bare = edited(filled(), lambda book: book.remove(book["_duban"]))
    with pytest.raises(SubmissionInvalid) as caught:
        stated_identity(bare, "表")
    assert caught.value.problems[0].code == "identity-missing"


@pytest.mark.parametrize(
    ("name", "group", "expected"),
    [
        ("甲.pdf", "典型案例", "case"), ("甲.pdf", "case-list", "case-list"), ("典型案例-甲.pdf", "", "case"),
        ("典型案例目录.pdf", "", "case-list"), ("case-list.pdf", "", "case-list"), ("甲.pdf", "", "甲.pdf"),
        ("甲.pdf", "照片", "照片"),
    ],
)  # fmt: skip
def test_an_attachment_is_known_by_its_folder_or_how_its_name_begins(
    name: str, group: str, expected: str
) -> None:
    assert kind_of(WANTED, File(name, b"", group)) == expected


def test_the_only_kind_there_is_needs_no_name() -> None:
    assert kind_of(WANTED[:1], File("甲.pdf", b"")) == "case"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("港区检查/东站/简报/2024-01/1", ("east", "briefs", "2024-01", "1")),
        ("harbour-2024/east/briefs/2024-01/1", ("east", "briefs", "2024-01", "1")),
        ("港区检查/东站/简报/2024-01", None),  # a quota's returns are numbered
        ("港区检查/东站/总结", None),  # has a form, which says whose it is
        ("港区检查/南站/简报/2024-01/1", None), ("别的/东站/简报/2024-01/1", None),
    ],
)  # fmt: skip
def test_a_folder_is_an_address_for_a_duty_without_a_form(
    place: str, expected: tuple[str, ...] | None
) -> None:
    plans = {"港区检查": harbour(), "harbour-2024": harbour()}
    found = address_of(PurePath(place), plans)
    assert found == (expected and Address("harbour-2024", *expected))


def test_names_in_the_gbk_of_an_older_share_are_read() -> None:
    raw = "月报.xlsx".encode("gbk").decode("utf-8", "surrogateescape")
    assert (told(raw), told("月报.xlsx"), told("a.xlsx")) == ("月报.xlsx", "月报.xlsx", "a.xlsx")


def test_folder_names_are_written_as_imap_wants_them() -> None:
    # RFC 3501, 5.1.3, has both examples
    assert quoted("~peter/mail/台北/日本語") == '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'
    assert quoted('a&b"') == '"a&-b\\""'


class CyrusLike(imaplib.IMAP4):
    """An IMAP server by hand that moves nothing, and has folders below INBOX only, or none at all."""

    def __init__(self, folders: bool) -> None:
        self.folders, self.said = folders, []  # type: ignore[var-annotated]

    def capability(self) -> tuple[str, list[bytes]]:  # type: ignore[override]
        return "OK", [b"IMAP4rev1"]

    def list(self, *_: str) -> tuple[str, list[bytes]]:  # type: ignore[override]
        return "OK", [b'(\\Noselect) "." ""']

    def create(self, name: str) -> tuple[str, list[bytes]]:  # type: ignore[override]
        return "NO", [b""]

    def uid(self, command: str, *words: str) -> tuple[str, list[bytes]]:  # type: ignore[override]
        self.said.append(" ".join((command, *words)))
        fits = command == "STORE" or (self.folders and words[1].startswith('"INBOX.'))
        return ("OK" if fits else "NO"), [b""]


def test_a_mail_is_put_where_the_server_has_folders_or_flagged_but_never_deleted_unfiled() -> None:
    below, none = CyrusLike(folders=True), CyrusLike(folders=False)
    Mailbox(below).put("7", "x")
    Mailbox(none).put("7", "x")
    tried = ['COPY 7 "x"', 'COPY 7 "INBOX.x"']
    assert below.said == [*tried, "STORE 7 +FLAGS (\\Seen \\Deleted)"]
    assert none.said == [*tried, "STORE 7 +FLAGS (\\Seen \\Flagged)"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("East <East@Harbour.example>", "east@harbour.example"),
        ("east@harbour.example", "east@harbour.example"),
        # a name that looks like somebody else's address
        ('"east@harbour.example" <x@else.example>', "x@else.example"),
        ("east@harbour.example <x@else.example>", "x@else.example"),
        ("=?utf-8?B?PGVhc3RAaGFyYm91ci5leGFtcGxlPg==?= <x@else.example>", "x@else.example"),
        ("<east@harbour.example> <x@else.example>", ""), ("a@x.example\r\nFrom: b@x.example", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_sender_is_the_one_address_in_from(line: str, expected: str) -> None:
    assert read_letter(f"From: {line}\r\n\r\n".encode()).sender == expected


def test_a_mailbox_is_an_address_with_its_folder() -> None:
    account = Account.from_url("imaps://duban%40a.example:p%2Fw@mail.example/INBOX/报送")
    assert account == Account("imaps", "mail.example", 993, "duban@a.example", "p/w", "INBOX/报送")
    assert "p/w" not in repr(account)


def test_doors_come_from_the_environment_and_secrets_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "mailbox"
    secret.write_text("imaps://a:b@mail.example/INBOX\n")
    settings = Settings.from_env({"DUBAN_MAILBOX_FILE": str(secret), "DUBAN_DROP_FOLDER": str(tmp_path)})
    assert (settings.mailbox, settings.drop_folder) == ("imaps://a:b@mail.example/INBOX", tmp_path.resolve())
    assert "mail.example" not in repr(settings)
    assert Settings.from_env({}).drop_folder is None
    for wrong in ("soon", "-1", "nan"):
        with pytest.raises(BadInput):
            Settings.from_env({"DUBAN_DROP_SETTLE": wrong})
