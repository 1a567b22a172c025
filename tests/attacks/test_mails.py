"""Every mail of the corpus, through a real IMAP server in one drain: its verdict, and one answer each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from duban.doors.drained import Outcome
from duban.doors.mailbox import MailDoor, drain_mailbox
from duban.intake import reader
from duban.ledger import open_ledger
from duban.ledger.parcels import Parcel
from duban.rendering import renderer
from tests.support.corpus.mails import IGNORED, Mail, mails
from tests.support.harbour import Harbour, at
from tests.support.mailbox import USER, PostBox, imap_server


@dataclass
class Answers:
    """Takes what is answered, as a mail server would."""

    sent: list[Parcel] = field(default_factory=list)

    def reply(self, parcel: Parcel, message_id: str, headers: Mapping[str, str]) -> None:
        assert headers["Auto-Submitted"] == "auto-replied"
        assert all("\n" not in v and "\r" not in v for v in (parcel.subject, message_id, *headers.values()))
        self.sent.append(parcel)


@pytest.fixture(scope="module")
def box() -> Iterator[PostBox]:
    with imap_server() as server:
        yield server
    reader.close()


def test_every_mail_gets_its_verdict_and_every_person_one_answer(box: PostBox, tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", kind="virtual")
    Harbour(ledger).deploy()
    post, corpus = Answers(), list(mails())
    with box.open() as opened:
        for n, mail in enumerate(corpus):
            when = f'"05-Feb-2024 {8 + n // 60:02d}:{n % 60:02d}:00 +0800"'
            assert opened.imap.append("INBOX", "", when, mail.raw)[0] == "OK"
    door = MailDoor(ledger, box.account, post, renderer(), frozenset({USER}))
    outcomes = list(drain_mailbox(door, owner="one", as_of=at("2024-03-05 12:00")).outcomes)
    for mail in corpus:
        mine, outcomes = outcomes[: len(mail.verdicts)], outcomes[len(mail.verdicts) :]
        _judged(mail, mine)
    assert outcomes == []
    assert len(post.sent) == sum(m.verdicts != (IGNORED,) for m in corpus)
    assert box.held() == []
    ledger.close()


def _judged(mail: Mail, found: list[Outcome]) -> None:
    assert tuple(o.verdict for o in found) == mail.verdicts, mail.name
    assert {p for o in found for p in o.problems} == set(mail.problems), mail.name
    assert not mail.shown or found[0].name == mail.shown, mail.name
    assert all(o.name.isprintable() for o in found), mail.name
