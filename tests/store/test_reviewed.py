"""Rules that a second pair of eyes found broken: decisions, redeploys, receipts, the outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from duban.errors import BadInput, NotAllowed
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.ledger.proof import verify
from duban.ledger.queries import Scope
from duban.plan import Bundle
from duban.rehearsal import PaperTransport, rehearse
from duban.rendering import renderer
from duban.services.reporting import draft_documents, file_name, period_figures
from duban.services.watching import standings
from duban.settings import Settings
from duban.standing import Standing
from tests.store.test_deploying import put
from tests.support.plans import changed
from tests.support.town import BRANCHES, FIGURES, HAIAN, Town, at


def stands(town: Town, unit: str, period: str, when: str) -> Standing:
    with town.ledger.read() as conn:
        return standings(conn, town.plan, Scope(HAIAN, duty="monthly", unit=unit, period=period), at(when))[0]


def said_to(town: Town, unit: str, *where: Any) -> int:
    m = t.message.c
    return town.count(t.message, m.recipient == f"unit:{unit}", m.verdict == "send", *where)


def all_but(town: Town, *left: str, period: str = "2018-09", when: str = "2018-10-01 09:00") -> None:
    for unit in BRANCHES:
        if unit not in left:
            town.report(unit, period, when)


def test_a_redeploy_keeps_the_extension_and_its_chases(deployed: Town) -> None:
    deployed.decide("haian", "2018-10", "extend", "2018-11-01 09:00", until=at("2018-11-14"))
    put(deployed, changed(("units.csv", "email=libao@", "email=new@")), "2018-11-02 09:00")
    assert stands(deployed, "haian", "2018-10", "2018-11-10 09:00").state == "due"
    deployed.run("2018-11-14 08:30")
    # The new due day is 13 November, so its first chase is on the 14th.
    assert said_to(deployed, "haian", t.message.c.kind == "chase", t.message.c.days == 1) == 1


def test_a_return_after_the_last_moment_is_followed_up_and_the_unit_has_its_time(deployed: Town) -> None:
    all_but(deployed)
    deployed.run("2018-10-19 08:30")
    deployed.decide("haian", "2018-09", "return", "2018-10-20 09:00", until=at("2018-10-26"))
    assert stands(deployed, "haian", "2018-09", "2018-10-22 09:00").state == "due"
    deployed.run("2018-10-26 08:30")
    assert stands(deployed, "haian", "2018-09", "2018-10-26 08:30").state == "overdue"
    assert said_to(deployed, "haian", t.message.c.kind == "chase") == 1


def test_a_return_names_a_resubmit_by_time(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-01 09:00")
    with pytest.raises(NotAllowed, match="return-needs-until"):
        deployed.decide("haian", "2018-09", "return", "2018-10-02 09:00")


def test_an_accepted_version_stays_the_one_that_counts(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-01 09:00")
    deployed.decide("haian", "2018-09", "accept", "2018-10-02 09:00")
    deployed.report("haian", "2018-09", "2018-10-03 09:00", FIGURES | {"cases_filed": 99})
    found = stands(deployed, "haian", "2018-09", "2018-10-04 09:00")
    assert (found.came_in, found.version) == ("accepted", 1)


def test_a_returned_file_sent_again_is_a_new_version_and_not_an_old_receipt(deployed: Town) -> None:
    first = deployed.report("haian", "2018-09", "2018-10-01 09:00")
    deployed.decide("haian", "2018-09", "return", "2018-10-02 09:00", until=at("2018-10-08"))
    again = deployed.report("haian", "2018-09", "2018-10-03 09:00")
    assert (again.repeated, again.version) == (False, first.version + 1)
    assert stands(deployed, "haian", "2018-09", "2018-10-03 09:00").met


def test_a_receipt_under_an_extension_says_what_the_standing_says(deployed: Town) -> None:
    deployed.decide("haian", "2018-10", "extend", "2018-11-01 09:00", until=at("2018-11-14"))
    receipt = deployed.report("haian", "2018-10", "2018-11-08 09:00")
    assert receipt.due_at == at("2018-11-14 00:00")
    assert stands(deployed, "haian", "2018-10", "2018-11-08 09:00").on_time


@pytest.mark.parametrize("when", ["2018-10-08 08:30", "2018-11-06 08:30"])
def test_a_plan_without_phases_is_chased_all_the_same(town: Town, when: str) -> None:
    files = dict(changed().files)
    head, rest = files["plan.yaml"].split("phases:\n", 1)
    files["plan.yaml"] = head + "phases: []\n\nduties:\n" + rest.split("duties:\n", 1)[1]
    # The list of commendations lives in the last phase and is due with its end, 31 December.
    rhythm = "rhythm: {end_of: consolidation}\n    phases: [consolidation]"
    assert rhythm in files["plan.yaml"]
    files["plan.yaml"] = files["plan.yaml"].replace(rhythm, "rhythm: {due: 2018-12-31}")
    put(town, Bundle(tuple(files.items())), "2018-09-06 08:30")
    town.run(when)
    assert town.count(t.message, t.message.c.verdict == "send", t.message.c.kind == "chase") >= 10


def test_a_past_report_stands_beside_the_current_one(deployed: Town) -> None:
    all_but(deployed)

    def draft(when: str) -> Path:
        done = draft_documents(
            deployed.ledger, HAIAN, "monthly", "2018-09", texts=deployed.texts, folder=deployed.folder,
            as_of=at(when),
        )  # fmt: skip
        return done.summary

    deployed.run("2018-10-12 08:30")
    current = draft("2018-10-12 08:30")
    kept = current.read_text("utf-8")
    past = draft("2018-09-30 08:30")
    assert past != current
    assert "已报0个" in past.read_text("utf-8")
    assert current.read_text("utf-8") == kept
    assert past.read_bytes() == draft("2018-09-30 08:30").read_bytes()


def test_an_event_shows_from_its_first_report_on(deployed: Town) -> None:
    data = json.dumps({"cells": {"case_name": "某案", "narrative": "已立案", "value": "120.5"}}).encode()
    deployed.send("haian", "2018-10-22", "2018-10-22 15:00", data, "case.json", duty="major-case")
    for when, count in (("2018-10-22 14:59", 0), ("2018-10-22 15:00", 1)):
        with deployed.ledger.read() as conn:
            found = standings(conn, deployed.plan, Scope(HAIAN, duty="major-case"), at(when))
        assert len(found) == count
    with deployed.ledger.read() as conn:
        figures = period_figures(conn, deployed.plan, "major-case", "2018-10-22", at("2018-10-23 09:00"))
    assert {str(x.value) for x in figures.totals if x.indicator.code == "value"} == {"120.50"}


@pytest.mark.parametrize("day", ["20181022", "2018-W43-1"])
def test_an_events_day_has_one_spelling(deployed: Town, day: str) -> None:
    with pytest.raises(BadInput):
        deployed.send("haian", day, "2018-10-22 15:00", b"{}", "case.json", duty="major-case")


def test_what_missed_todays_digest_leaves_tomorrow_morning_and_not_at_midnight(deployed: Town) -> None:
    paper = PaperTransport()
    all_but(deployed, "haian", "libao")
    deployed.decide("haian", "2018-09", "extend", "2018-10-05 09:00", until=at("2018-10-08 12:00"))
    deployed.run("2018-10-08 08:30")
    deployed.deliver(paper, "2018-10-08 08:30")
    sent = len(paper.parcels)
    deployed.report("libao", "2018-09", "2018-10-08 18:00")
    deployed.run("2018-10-09 00:05")
    assert deployed.deliver(paper, "2018-10-09 00:10").sent == 0
    assert len(paper.parcels) == sent


def test_a_message_no_channel_can_carry_stops_nobody_else(deployed: Town) -> None:
    class Odd(PaperTransport):
        def send(self, parcel: Parcel, message_id: str) -> None:
            if parcel.address == "haian@haian.example":
                raise ValueError("a line break in a header")
            super().send(parcel, message_id)

    odd = Odd()
    deployed.run("2018-10-08 08:30")
    done = deployed.deliver(odd, "2018-10-08 08:30")
    assert (done.sent, done.failed, len(odd.parcels)) == (9, 1, 9)


def test_an_address_mended_before_sealing_is_the_one_written_to(deployed: Town) -> None:
    deployed.run("2018-10-08 08:30")
    put(deployed, changed(("units.csv", "email=haian@haian", "email=new@haian")), "2018-10-08 09:00")
    paper = PaperTransport()
    deployed.deliver(paper, "2018-10-08 09:10")
    assert "new@haian.example" in {p.address for p in paper.parcels}
    assert "haian@haian.example" not in {p.address for p in paper.parcels}


def test_two_branches_on_one_mailbox_get_one_digest_that_tells_them_apart(town: Town) -> None:
    put(town, changed(("units.csv", "email=libao@haian", "email=haian@haian")), "2018-09-06 08:30")
    town.run("2018-10-08 08:30")
    paper = PaperTransport()
    town.deliver(paper, "2018-10-08 08:30")
    (shared,) = [p for p in paper.parcels if p.address == "haian@haian.example"]
    assert "海安镇分局、李堡镇分局：" in shared.plain
    for text in (shared.plain, shared.html):
        assert "海安镇分局　2018年9月" in text
        assert "李堡镇分局　2018年9月" in text


def test_a_plan_deployed_on_the_due_day_still_reminds(town: Town) -> None:
    town.deploy("2018-11-05 09:00")
    town.run("2018-11-05 09:05")
    assert town.count(t.message, t.message.c.verdict == "send", t.message.c.kind == "remind") == 10


def test_a_rehearsal_never_overwrites_a_file(tmp_path: Path) -> None:
    precious = tmp_path / "ledger.sqlite"
    precious.write_text("precious")
    settings = Settings(var=tmp_path, ledger_url="")
    with pytest.raises(BadInput, match="file-exists"):
        rehearse(settings, HAIAN, renderer(), keep=precious)
    assert precious.read_text() == "precious"


def test_a_lost_head_is_found_and_rebuilt(deployed: Town) -> None:
    with deployed.ledger.engine.begin() as conn:
        conn.execute(t.head.delete().where(t.head.c.campaign == HAIAN))
    with deployed.ledger.read() as conn:
        assert verify(conn, HAIAN).reason == "head-missing"
    deployed.report("haian", "2018-09", "2018-10-01 09:00")
    with deployed.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_one_file_for_four_units_at_once_is_stored_once(deployed: Town, url: str) -> None:
    data = json.dumps({"cells": {k: str(v) for k, v in FIGURES.items()}}).encode()

    def send(unit: str) -> bool:
        mine = Town(open_ledger(url), deployed.folder)
        receipt = mine.send(unit, "2018-09", "2018-10-05 09:00", data, "x.json")
        mine.ledger.close()
        return receipt.valid

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(send, BRANCHES[:4]))
    assert deployed.count(t.file) == 1


def test_a_document_is_named_so_that_any_office_pc_can_store_it() -> None:
    assert file_name('查处/移送:"月报"') == "查处_移送__月报_"
    assert file_name("../..") == "_.."[:1]


def test_what_a_unit_typed_is_shown_in_plain_text_as_typed(deployed: Town) -> None:
    values: Mapping[str, Any] = FIGURES | {"inspected": "<5&6"}
    receipt = deployed.report("haian", "2018-09", "2018-10-01 09:00", values)
    assert "<5&6" in deployed.texts.problem(receipt.problems[0])
