"""Returns with files and notes, and the copies that a return makes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from duban.intake.attachments import Attached
from duban.ledger import tables as t
from duban.services.receiving import Receipt
from duban.services.storing import digest_of
from tests.support.harbour import (
    CASES,
    PDF,
    PNG,
    Harbour,
    document,
    form,
)

EAST = {"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"}


def summary(port: Harbour, when: str, *files: Attached, **more: Any) -> Receipt:
    return port.send("summary", "east", "", when, document(EAST | more), attachments=files)


def test_files_are_kept_by_their_content_and_listed_on_the_receipt(port: Harbour) -> None:
    receipt = summary(port, "2024-04-08 09:00", *CASES, Attached("pictures", "../照片.png", PNG))
    assert receipt.valid, receipt.problems
    assert receipt.attachments == ("甲案.pdf", "乙案.pdf", "甲决定.pdf", "乙决定.pdf", "照片.png")
    a = t.attachment.c
    kept = port.rows(select(a.n, a.id, a.name, a.file).order_by(a.n))
    assert kept[4] == (5, "pictures", "照片.png", digest_of(PNG))
    assert port.rows(select(t.file.c.content).where(t.file.c.digest == digest_of(PNG))) == [(PNG,)]
    assert port.proven()


def test_a_return_without_its_files_is_refused_and_mended_by_sending_them(port: Harbour) -> None:
    program = Attached("pictures", "照片.png", b"MZ")
    refused = summary(port, "2024-04-08 09:00", *CASES[:2], program)
    assert [(p.code, p.key) for p in refused.problems] == [
        ("attachment-harmful", "pictures"), ("attachments-too-few", "decisions"),
    ]  # fmt: skip
    assert refused.attachments == ("甲案.pdf", "乙案.pdf")
    assert port.rows(select(t.file.c.digest).where(t.file.c.digest == digest_of(b"MZ"))) == []
    mended = summary(port, "2024-04-08 10:00", *CASES)
    assert (mended.valid, mended.version) == (True, 2)


def test_the_same_form_with_the_same_files_is_one_return_and_with_others_another(port: Harbour) -> None:
    first = summary(port, "2024-04-08 09:00", *CASES)
    again = summary(port, "2024-04-08 10:00", *CASES)
    assert (again.repeated, again.number, again.attachments) == (True, first.number, first.attachments)
    more = summary(port, "2024-04-08 11:00", *CASES, Attached("pictures", "照片.png", PNG))
    assert (more.repeated, more.version) == (False, 2)


def test_a_duty_without_a_form_is_answered_by_files_alone(port: Harbour) -> None:
    brief = Attached("brief", "第一期.pdf", PDF)
    empty = port.send("briefs", "east", "2024-01", "2024-01-20 09:00", None, subject="1")
    assert [p.code for p in empty.problems] == ["attachments-too-few"]
    receipt = port.send(
        "briefs", "east", "2024-01", "2024-01-20 10:00", None, subject="1", attachments=[brief]
    )
    assert (receipt.valid, receipt.subject, receipt.attachments) == (True, "1", ("第一期.pdf",))
    # one kind of file needs no name: this is how a mailbox or folder delivers
    other = port.send(
        "briefs", "east", "2024-01", "2024-01-20 11:00", PDF + b"2", subject="2", name="第二期.pdf"
    )
    assert (other.valid, other.attachments) == (True, ("第二期.pdf",))
    assert port.proven()


def test_a_return_meets_the_duty_that_is_a_copy_of_it(port: Harbour) -> None:
    receipt = summary(port, "2024-04-12 09:00", *CASES)
    assert (receipt.copies, receipt.copied_to) == (("bureau",), ("summary-copy",))
    original, copy = (port.stands(f"{d}/east/", "2024-04-17 09:00") for d in ("summary", "summary-copy"))
    # due by 10 and 15 April, received on the 12th: late for the one and in time for the other
    assert [(s.met, s.on_time) for s in (original, copy)] == [(True, False), (True, True)]
    s = t.submission.c
    told = select(s.door, s.receipt_no, s.file, s.received_at).order_by(s.receipt_no)
    (door, n, file, received), (door2, n2, file2, received2) = port.rows(told)
    assert (door, n, door2, n2) == ("workbook", 1, "copy", 2)
    assert (file, received) == (file2, received2)
    assert port.rows(select(t.cell.c.indicator).where(t.cell.c.submission.contains("summary-copy"))) == []
    assert port.proven()


def test_a_refused_return_copies_nothing_and_a_repeated_one_nothing_again(port: Harbour) -> None:
    assert summary(port, "2024-04-08 09:00").copied_to == ()
    copy = port.stands("summary-copy/east/", "2024-04-08 09:00")
    assert copy.came_in == "nothing"
    summary(port, "2024-04-08 10:00", *CASES)
    again = summary(port, "2024-04-08 11:00", *CASES)
    assert (again.repeated, again.copied_to) == (True, ("summary-copy",))
    # one refused, one valid, one copy
    assert len(port.rows(select(t.submission.c.id))) == 3


def test_notes_are_kept_with_their_rows(port: Harbour) -> None:
    data = form("summary", "east", values=EAST, notes={"ships": "含渔船"})
    port.send("summary", "east", "", "2024-04-08 09:00", data, attachments=CASES)
    n = t.note.c
    assert port.rows(select(n.indicator, n.text)) == [("ships", "含渔船")]
    assert port.proven()
