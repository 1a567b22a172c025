"""Files that come with a return: kinds, counts, sizes, and what is never let in."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from duban.debtors import attachments_of
from duban.intake.attachments import EACH, Attached, attachment_problems, sound
from duban.intake.file_kinds import is_harmful, kind_of, plain_name
from duban.rendering import renderer
from tests.support.harbour import CASES, PDF, PNG
from tests.support.harbour_plan import harbour

WANTED = attachments_of(harbour(), harbour().duty["summary"], harbour().unit["east"])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def codes(*files: Attached) -> list[tuple[str, str, str]]:
    """(code, attachment, file) of every problem, each with a sentence to say it."""
    found = attachment_problems(WANTED, files)
    for problem in found:
        assert f"（{problem.code}）" not in renderer().problem(problem)
    return [(p.code, p.key, p.file) for p in found]


def archive(*parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for part in parts:
            # with the time of day in it no two workers of a test run would know the test by one name
            target.writestr(zipfile.ZipInfo(part), "x")
    return made.getvalue()


KINDS: list[tuple[str, bytes, str | None]] = [
    ("a.docx", archive("word/document.xml"), "document"),
    ("a.doc", OLE, "document"),
    ("a.wps", OLE, "document"),
    ("a.PDF", PDF, "document"),
    ("a.ofd", archive("OFD.xml"), "document"),
    ("a.txt", "说明".encode("gb18030"), "document"),
    ("a.xlsx", archive("xl/workbook.xml"), "sheet"),
    ("a.et", OLE, "sheet"),
    ("a.csv", b"a,b\n", "sheet"),
    ("a.jpeg", b"\xff\xd8\xff\xe0", "image"),
    ("a.png", PNG, "image"),
    ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image"),
    ("a.heic", b"\0\0\0\x18ftypheic", "image"),
    ("a.mp4", b"\0\0\0\x18ftypisom", "video"),
    ("a.mov", b"\0\0\0\x14ftypqt  ", "video"),
    ("a.avi", b"RIFF\0\0\0\0AVI LIST", "video"),
    ("a.pdf", PNG, None),
    ("a.png", PDF, None),
    ("a.txt", b"\0\1\2", None),
    ("a.zip", archive("x"), None),
    ("a", PDF, None),
    ("a.docx", b"PK\3\4 broken", None),
]


@pytest.mark.parametrize(("name", "data", "kind"), KINDS)
def test_a_file_is_what_its_content_and_its_name_agree_on(name: str, data: bytes, kind: str | None) -> None:
    assert kind_of(name, data) == kind


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.exe", b"x"),
        ("照片.jpg", b"MZ\x90\0"),
        ("a.pdf", b"\x7fELF"),
        ("a.txt", b"#!/bin/sh"),
        ("a.JS", b"alert(1)"),
        ("a.html", b"<script>"),
        ("a.docm", archive("word/document.xml")),
        ("a.docx", archive("word/document.xml", "word/vbaProject.bin")),
        ("a.doc", OLE + "_VBA_PROJECT".encode("utf-16-le")),
        ("a.pdf.lnk", PDF),
    ],
)
def test_what_could_run_is_harmful_whatever_it_is_called(name: str, data: bytes) -> None:
    assert is_harmful(name, data)


@pytest.mark.parametrize(("name", "data", "_kind"), KINDS)
def test_honest_files_are_not_harmful(name: str, data: bytes, _kind: str | None) -> None:
    assert not is_harmful(name, data)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\用户\\案例.pdf", "案例.pdf"),
        ("a\0\nb.pdf", "ab.pdf"),
        ("长" * 300 + ".pdf", "长" * 100 + "….pdf"),
    ],
)
def test_a_file_name_is_never_a_path(given: str, shown: str) -> None:
    assert plain_name(given) == shown


def test_all_that_is_wanted_is_right() -> None:
    assert codes(*CASES) == []
    assert codes(*CASES, Attached("pictures", "照片.png", PNG)) == []


def test_too_few_are_counted_and_each_case_has_its_decision() -> None:
    assert codes() == [("attachments-too-few", "cases", "")]
    # a third case wants a third decision
    third = Attached("cases", "丙案.pdf", PDF)
    (problem,) = attachment_problems(WANTED, [*CASES, third])
    assert (problem.code, problem.key) == ("attachments-too-few", "decisions")
    assert (problem.params["least"], problem.params["count"], problem.params["per"]) == (3, 2, "典型案例")


def test_a_case_sent_twice_is_one_case_and_two_may_share_a_decision() -> None:
    decisions = CASES[2:]
    twice = [Attached("cases", "甲案.pdf", PDF + b"1"), Attached("cases", "甲案副本.pdf", PDF + b"1")]
    (problem,) = attachment_problems(WANTED, [*twice, *decisions])
    assert (problem.code, problem.key, problem.params["count"]) == ("attachments-too-few", "cases", 1)
    shared = [Attached("decisions", f"{n}.pdf", PDF + b"3") for n in "甲乙"]
    assert codes(*CASES[:2], *shared) == []


def test_an_archive_that_lists_endlessly_is_not_read() -> None:
    entry = b"PK\x01\x02" + bytes(8)
    assert is_harmful("a.docx", b"PK\x03\x04" + entry * 20_001)
    assert not is_harmful("a.docx", b"PK\x03\x04" + entry * 20_000)
    assert kind_of("a.docx", b"PK\x03\x04" + entry * 20_001) is None


def test_every_file_that_does_not_fit_is_named() -> None:
    wrong: list[tuple[Attached, str]] = [
        (Attached("pictures", "案例.pdf", PDF), "attachment-wrong-kind"),
        (Attached("pictures", "空.png", b""), "attachment-empty"),
        (Attached("pictures", "大.png", PNG + bytes(EACH)), "attachment-too-large"),
        (Attached("pictures", "照片.exe", b"MZ"), "attachment-harmful"),
        (Attached("films", "照片.png", PNG), "attachment-unknown"),
    ]
    for file, code in wrong:
        assert codes(*CASES, file) == [(code, file.id, file.file_name)]
    everything = codes(*CASES, *(file for file, _ in wrong))
    assert [c for c, _, _ in everything] == [code for _, code in wrong]


def test_all_files_together_have_a_limit() -> None:
    large: Any = [Attached("pictures", f"{n}.png", PNG + bytes(EACH - 100)) for n in range(3)]
    assert [c for c, _, _ in codes(*CASES, *large)] == ["attachments-too-large"]
    assert sound(WANTED, [*CASES, *large]) == ()


def test_of_a_refused_return_only_what_is_fit_is_kept() -> None:
    program = Attached("cases", "案例.pdf", b"MZ")
    assert sound(WANTED, [*CASES[:1], program, Attached("films", "a.png", PNG)]) == CASES[:1]
