"""Returns put into a folder: taken when complete, once, and answered beside the file."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from duban.calendars import to_micros
from duban.doors.claims import NOTE, Shelf
from duban.doors.folder import DropFolder, drain_folder
from duban.doors.looking import TAKEN, Looker, completed
from duban.errors import DoorShut
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.rendering import renderer
from duban.services.running import run_campaign
from duban.settings import ROOT
from tests.support.doors import Share, ages_ago, by_mtime, identified
from tests.support.harbour import CASES, HARBOUR, PDF, SIGNED, Harbour, at, form
from tests.support.town import BRANCHES, Town

S = t.submission.c
HAZARDS = {"values": {"visits": 3}, "signed": SIGNED}


@pytest.fixture
def share(port: Harbour, tmp_path: Path) -> Share:
    return Share(tmp_path / "drop", port.ledger)


def stored(port: Harbour) -> list[tuple[object, ...]]:
    return port.rows(select(S.obligation, S.version, S.valid, S.door).order_by(S.receipt_no))


def test_a_workbook_is_received_as_of_its_completion_and_put_away_with_its_receipt(
    port: Harbour, share: Share
) -> None:
    # due on 5 February: complete one second before midnight is on time, though looked at next morning
    share.put("港区检查/东站二月.xlsx", form("hazards", "east", "2024-01", **HAZARDS), "2024-02-05 23:59:59")
    done = share.drain("2024-02-06 00:05")
    assert [(o.verdict, o.name, o.receipt) for o in done.outcomes] == [
        ("accepted", "港区检查/东站二月.xlsx", "harbour-2024-000001")
    ]
    assert stored(port) == [(f"{HARBOUR}/hazards/east/2024-01", 1, True, "folder")]
    (received,) = port.rows(select(S.received_at))
    assert received == (to_micros(at("2024-02-05 23:59:59")),)
    assert port.stands("hazards/east/2024-01", "2024-02-06 00:05").on_time
    kept = "accepted/2024-02-05/东站二月/东站二月"
    assert share.tree() == [f"{kept}.xlsx", f"{kept}.回执.txt"]
    said = share.said(f"{kept}.回执.txt")
    assert "报送回执　harbour-2024-000001" in said
    assert "按时" in said
    assert not list((share.root / TAKEN).iterdir())


def test_a_wrong_return_is_refused_with_every_mistake(port: Harbour, share: Share) -> None:
    wrong = form("hazards", "east", "2024-01", values={"visits": "三次"})
    share.put("东站.xlsx", wrong, "2024-02-05 10:00")
    done = share.drain("2024-02-05 10:10")
    assert [(o.verdict, set(o.problems)) for o in done.outcomes] == [
        ("refused", {"not-a-number", "signature-missing"})
    ]
    said = share.said("refused/2024-02-05/东站/东站.退回.txt")
    assert "东站.xlsx" in said
    assert "“检查次数”填的是“三次”" in said
    assert "请按下列各处更正后重新报送（3处）" in said
    assert "JSON" not in said  # whoever has the form needs not be told what one is
    assert stored(port) == [(f"{HARBOUR}/hazards/east/2024-01", 1, False, "folder")]


def test_attachments_lie_in_a_folder_named_like_the_return(port: Harbour, share: Share) -> None:
    cells = {"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"}
    share.put("总结/处罚决定书/甲决定.pdf", CASES[2].data, "2024-04-08 08:00")
    share.put("总结/处罚决定书/乙决定.pdf", CASES[3].data, "2024-04-08 08:00")
    share.put("总结/典型案例-甲.pdf", CASES[0].data, "2024-04-08 08:10")
    share.put("总结/cases-乙.pdf", CASES[1].data, "2024-04-08 09:30")
    share.put("总结/Thumbs.db", b"x", "2024-04-08 09:40")
    share.put("总结.json", identified("summary", "东港站", cells=cells), "2024-04-08 09:00")
    done = share.drain("2024-04-08 10:00")
    assert [(o.verdict, o.problems) for o in done.outcomes] == [("accepted", ())]
    a = t.attachment.c
    assert port.rows(select(a.id, a.name).order_by(a.n)) == [
        ("cases", "cases-乙.pdf"), ("cases", "典型案例-甲.pdf"),
        ("decisions", "乙决定.pdf"), ("decisions", "甲决定.pdf"),
    ]  # fmt: skip
    # a return is complete when the last of its files is
    assert port.rows(select(S.received_at)) == [(to_micros(at("2024-04-08 09:30")),)] * 2
    assert "accepted/2024-04-08/总结/总结/典型案例-甲.pdf" in share.tree()


def test_a_duty_without_a_form_is_answered_by_the_folder_it_lies_in(port: Harbour, share: Share) -> None:
    share.put("港区检查/东站/简报/2024-01/2/第二期.pdf", PDF, "2024-01-20 09:00")
    share.put("x.json", identified("briefs", "east", "2024-01", subject="1"), "2024-01-20 09:05")
    share.put("x/第一期.pdf", PDF + b"1", "2024-01-20 09:00")
    done = share.drain("2024-01-20 10:00")
    assert [o.verdict for o in done.outcomes] == ["accepted", "accepted"]
    assert [row[0] for row in stored(port)] == [
        f"{HARBOUR}/briefs/east/2024-01/1", f"{HARBOUR}/briefs/east/2024-01/2",
    ]  # fmt: skip
    assert "accepted/2024-01-20/东站-简报-2024-01-2/2/第二期.pdf" in share.tree()
    assert (share.root / "港区检查/东站/简报/2024-01/2").is_dir()  # the place stays for the next one


def test_what_changes_between_two_looks_or_is_still_written_waits(port: Harbour, share: Share) -> None:
    data = form("hazards", "east", "2024-01", **HAZARDS)
    growing = share.put("东站.xlsx", data[:5000], "2024-02-05 10:00")
    share.put("西站.xlsx.part", data, "2024-02-05 10:00")
    share.put("~$西站.xlsx", b"lock", "2024-02-05 10:00")
    share.put("北站/照片.jpg.tmp", b"x", "2024-02-05 10:00")
    share.put("北站.json", identified("finding", "north", "2024-02-01"), "2024-02-05 10:00")

    def write_on(seconds: float) -> None:
        assert seconds == DropFolder.settle
        growing.write_bytes(data)

    done = share.drain("2024-02-05 10:10", wait=write_on)
    assert (done.outcomes, done.waiting) == ((), 1)
    assert stored(port) == []
    assert "东站.xlsx" in share.tree()
    os.utime(growing, (at("2024-02-05 10:09").timestamp(),) * 2)
    assert [o.verdict for o in share.drain("2024-02-05 10:15").outcomes] == ["accepted"]


def test_what_says_nothing_waits_for_its_return_and_is_then_refused_with_advice(share: Share) -> None:
    stray = share.put("照片.jpg", b"\xff\xd8\xff", "2024-02-05 10:00")
    early = share.put("总结/典型案例-甲.pdf", PDF, "2024-02-05 10:00")
    xls = share.put("月报.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "2024-02-05 10:00")
    for path in (stray, early, xls):
        os.utime(path)  # put there just now, by the share's clock
    assert share.drain("2024-02-05 10:10").waiting == 3
    for path in (stray, xls):
        ages_ago(path)
    done = share.drain("2024-02-05 10:40")
    assert sorted(o.name for o in done.outcomes) == ["月报.xls", "照片.jpg"]
    assert "总结/典型案例-甲.pdf" in share.tree()
    (where,) = [p for p in share.tree() if p.endswith("月报.退回.txt")]
    assert "未能接收　月报.xls" in share.said(where)
    assert "JSON" in share.said(where)


def test_files_alone_are_taken_when_none_was_added_for_two_minutes(port: Harbour, share: Share) -> None:
    place = "港区检查/东站/简报/2024-01/1"
    first = share.put(f"{place}/简报.pdf", PDF, "2024-01-20 09:00")
    second = share.put(f"{place}/简报附页.pdf", PDF + b"2", "2024-01-20 09:00")
    os.utime(second)  # just now
    assert share.drain("2024-01-20 10:00").waiting == 1
    for path in (first, second):
        ages_ago(path)
    assert [o.verdict for o in share.drain("2024-01-20 10:05").outcomes] == ["accepted"]
    a = t.attachment.c
    assert port.rows(select(a.name).order_by(a.n)) == [("简报.pdf",), ("简报附页.pdf",)]


def test_an_unknown_campaign_duty_or_period_is_said(share: Share) -> None:
    share.put("a.json", identified("hazards", "east", "2031-01", cells={}), "2024-02-05 10:00")
    share.put("b.json", identified("hazards", "east", "2024-01", campaign="nowhere"), "2024-02-05 10:00")
    share.put("c.json", identified("poems", "nobody"), "2024-02-05 10:00")
    done = share.drain("2024-02-05 10:10")
    assert [(o.verdict, o.problems) for o in done.outcomes] == [
        ("refused", ("unknown-period",)), ("refused", ("campaign-not-known",)),
        ("refused", ("unknown-duty", "unknown-unit")),
    ]  # fmt: skip


def test_the_folder_names_the_campaign_where_the_document_does_not(port: Harbour, share: Share) -> None:
    document = b'{"unit": "east", "duty": "finding", "period": "2024-02-01", "cells": {"narrative": "x"}}'
    share.put("港区检查/x.json", document, "2024-02-01 10:00")
    share.put("y.json", document, "2024-02-01 10:00")
    verdicts = {o.name: (o.verdict, o.receipt[:12]) for o in share.drain("2024-02-01 11:00").outcomes}
    assert verdicts["港区检查/x.json"] == ("accepted", HARBOUR)
    assert verdicts["y.json"] == ("refused", "")


def test_nothing_is_overwritten_by_a_second_file_of_the_same_name(share: Share) -> None:
    for visits, when in ((3, "10:00"), (4, "11:00")):
        data = form("hazards", "east", "2024-01", values={"visits": visits}, signed=SIGNED)
        share.put("东站.xlsx", data, f"2024-02-05 {when}")
        share.drain(f"2024-02-05 {when}:30")
    assert share.tree() == [
        "accepted/2024-02-05/东站 (2)/东站.xlsx", "accepted/2024-02-05/东站 (2)/东站.回执.txt",
        "accepted/2024-02-05/东站/东站.xlsx", "accepted/2024-02-05/东站/东站.回执.txt",
    ]  # fmt: skip
    assert "第2版" in share.said("accepted/2024-02-05/东站 (2)/东站.回执.txt")


def test_links_lead_nowhere(share: Share, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.json").write_bytes(identified("finding", "east", "2024-02-01"))
    (share.root / "a.json").symlink_to(secret / "a.json")
    (share.root / "b").symlink_to(secret)
    share.put("c.json", identified("finding", "east", "2024-02-01"), "2024-02-01 10:00")
    (share.root / "c").mkdir()
    (share.root / "c" / "d.json").symlink_to(secret / "a.json")
    assert [o.name for o in share.drain("2024-02-01 11:00").outcomes] == ["c.json"]
    assert (secret / "a.json").exists()


def test_a_crash_after_receiving_only_repeats_the_move(port: Harbour, share: Share) -> None:
    data = form("hazards", "east", "2024-01", **HAZARDS)
    share.put("东站.xlsx", data, "2024-02-05 10:00")
    (found,) = Looker(share.root, {}, by_mtime).look()
    dead = Shelf(share.root, "dead")
    claim = dead.claim(found)
    assert claim is not None
    # it had received the return, and then the power went
    port.send("hazards", "east", "2024-01", "2024-02-05 10:01", data)
    assert share.drain("2024-02-05 10:05").outcomes == ()  # the claim still holds
    ages_ago(claim.path / NOTE)
    done = share.drain("2024-02-05 10:20")
    assert [(o.verdict, o.receipt) for o in done.outcomes] == [("accepted", "harbour-2024-000001")]
    assert len(stored(port)) == 1
    assert "此文件已于此前收到" in share.said("accepted/2024-02-05/东站/东站.回执.txt")


def test_a_claim_left_half_moved_is_completed_with_its_attachments(port: Harbour, share: Share) -> None:
    cells = {"ships": 5, "ships_big": 2, "ships_small": 3, "report": "已查"}
    share.put("总结.json", identified("summary", "east", cells=cells), "2024-04-08 09:00")
    for file in CASES:
        share.put(f"总结/{file.id}/{file.name}", file.data, "2024-04-08 08:00")
    (found,) = Looker(share.root, {}, by_mtime).look()
    claim = Shelf(share.root, "dead").claim(found)
    assert claim is not None
    os.rename(claim.box / "总结", share.root / "总结")  # it died between its two moves
    ages_ago(claim.path / NOTE)
    done = share.drain("2024-04-08 10:00")
    assert [(o.verdict, o.problems) for o in done.outcomes] == [("accepted", ())]
    assert [row[2] for row in stored(port)] == [True, True]  # with the copy it makes


@pytest.mark.parametrize(
    "note",
    [b"{", b"[]", b'{"place": "/etc/passwd", "main": true, "folder": null, "completed": 1}',
     b'{"place": ".", "main": true, "folder": null, "completed": 1}',
     b'{"place": "../x", "main": true, "folder": null, "completed": 1}'],
)  # fmt: skip
def test_a_note_that_leads_elsewhere_is_forgotten(share: Share, tmp_path: Path, note: bytes) -> None:
    outside = tmp_path / "x"
    outside.write_bytes(b"secret")
    forged = share.root / TAKEN / "a" / "b"
    (forged / "box").mkdir(parents=True)
    (forged / NOTE).write_bytes(note)
    ages_ago(forged / NOTE)
    assert share.drain("2024-02-05 10:00").outcomes == ()
    assert outside.read_bytes() == b"secret"
    assert not forged.exists()


def test_a_box_that_is_a_link_is_not_read(share: Share, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.json").write_bytes(identified("finding", "east", "2024-02-01"))
    forged = share.root / TAKEN / "a" / "b"
    forged.mkdir(parents=True)
    (forged / "box").symlink_to(outside)
    (forged / NOTE).write_text('{"place": "x.json", "main": true, "folder": null, "completed": 1}')
    ages_ago(forged / NOTE)
    assert share.drain("2024-02-05 10:00").outcomes == ()
    assert (outside / "x.json").exists()


def test_file_names_in_gbk_and_very_long_ones_are_put_away(share: Share) -> None:
    raw = "东站".encode("gbk").decode("utf-8", "surrogateescape")
    long = "长" * 80
    for name in (raw, long):
        share.put(f"{name}.json", identified("finding", "east", "2024-02-01", cells={}), "2024-02-01 10:00")
    assert sorted(o.name for o in share.drain("2024-02-01 11:00").outcomes) == ["东站.json", f"{long}.json"]
    assert "refused/2024-02-01/东站/东站.退回.txt" in share.tree()


def test_a_run_drains_the_doors_before_it_chases(deployed: Town) -> None:
    # due on 5 October; on Monday the 8th every branch would be chased, had its return not lain in the folder
    when = "2018-10-08 08:30"

    def doors(as_of: datetime | None) -> None:
        assert as_of == at(when)
        for unit in BRANCHES[:9]:
            deployed.report(unit, "2018-09", when)

    run = run_campaign(
        deployed.ledger, deployed.plan.slug, texts=deployed.texts, documents=None, owner="one",
        as_of=at(when), doors=doors,
    )  # fmt: skip
    assert sum(said.chase for said in run.said) == 1


def test_two_workers_on_one_folder_take_each_return_once(port: Harbour, share: Share, url: str) -> None:
    days = [f"2024-02-{day:02d}" for day in range(1, 13)]
    for day in days:
        data = identified("finding", "east", day, cells={"narrative": day})
        share.put(f"{day}.json", data, f"{day} 10:00")
    both = threading.Barrier(2)
    results: list[list[str]] = []

    def work(owner: str) -> None:
        ledger = open_ledger(url)
        other = Share.__new__(Share)
        other.root, other.ledger = share.root, ledger
        done = other.drain("2024-02-20 10:00", owner=owner, wait=lambda _: both.wait(30) and None)
        results.append([f"{o.verdict} {o.name}" for o in done.outcomes])
        ledger.close()

    workers = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    taken = sorted(line for lines in results for line in lines)
    assert len(taken) == len(set(taken)) == len(days)
    assert [row[1:3] for row in stored(port)] == [(1, True)] * len(days)
    assert [p for p in share.tree() if not p.startswith(("accepted/", "refused/"))] == []


def test_a_share_that_is_not_there_is_not_taken_for_an_empty_one(port: Harbour, tmp_path: Path) -> None:
    with pytest.raises(DoorShut) as caught:
        drain_folder(port.ledger, DropFolder(tmp_path / "gone"), renderer(), owner="one")
    assert "gone" in renderer(ROOT / "templates").error(caught.value)


def test_a_copied_file_is_complete_when_it_was_copied_not_when_it_was_last_saved(tmp_path: Path) -> None:
    path = tmp_path / "月报.xlsx"
    before = datetime.now(UTC).timestamp() - 1
    path.write_bytes(b"x")
    os.utime(path, (at("2024-02-05 10:00").timestamp(),) * 2)  # as programs do that keep the time
    assert completed(path.stat()) >= before
