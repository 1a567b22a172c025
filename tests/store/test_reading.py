"""What was sent, read back."""

from __future__ import annotations

from decimal import Decimal

from duban.intake.attachments import Attached
from duban.plan import Bundle
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide
from duban.services.deploying import deploy
from duban.services.reading import Filed, Version, content_of, filed, filed_before, receipt_of, versions
from duban.services.receiving import receive
from tests.support.harbour import CASES, HARBOUR, SIGNED, Harbour, document, hazard
from tests.support.harbour import at as by
from tests.support.town import FIGURES, HAIAN, Town, at, haian_bundle


def to(unit: str = "libao", period: str = "2018-10") -> Address:
    """A branch's monthly return."""
    return Address(HAIAN, unit, "monthly", period)


def sent(town: Town, when: str, unit: str = "libao") -> list[Version]:
    """Its versions as they were known then."""
    with town.ledger.read() as conn:
        return versions(conn, deployed_plan(conn, HAIAN), to(unit), at(when))


def read(port: Harbour, address: Address, version: int = 1) -> Filed:
    """A version of a station's."""
    with port.ledger.read() as conn:
        found = filed(conn, deployed_plan(conn, HARBOUR), address, version)
    assert found is not None
    return found


def test_versions_say_what_became_of_them(deployed: Town) -> None:
    deployed.report("libao", "2018-10", "2018-11-01 09:00", dict(FIGURES) | {"clues_police": 10})
    deployed.report("libao", "2018-10", "2018-11-02 09:00")
    deployed.decide("libao", "2018-10", "return", "2018-11-03 09:00", until=at("2018-11-08 00:00"))
    deployed.report("libao", "2018-10", "2018-11-04 09:00")
    third, second, first = sent(deployed, "2018-11-04 10:00")
    assert [(v.version, v.valid, v.counts) for v in (first, second, third)] == [
        (1, False, False), (2, True, False), (3, True, True),
    ]  # fmt: skip
    assert [(p.code, p.key) for p in first.problems] == [("part-exceeds-total", "clues_police")]
    assert second.returned is not None
    assert (second.returned.reason, second.returned.by) == ("test", "jicha")
    assert second.returned.until == at("2018-11-08 00:00")
    assert (third.number, third.door, third.file_name) == ("haian-2018-000003", "workbook", "libao.xlsx")
    assert third.received_at == at("2018-11-04 09:00")


def test_a_past_day_knows_only_what_was_recorded_then(deployed: Town) -> None:
    deployed.report("libao", "2018-10", "2018-11-02 09:00")
    deployed.decide("libao", "2018-10", "return", "2018-11-03 09:00", until=at("2018-11-08 00:00"))
    (only,) = sent(deployed, "2018-11-02 12:00")
    assert only.counts
    assert only.verdicts == ()
    assert sent(deployed, "2018-11-01 12:00") == []


def test_an_acceptance_can_be_withdrawn_and_given_again(deployed: Town) -> None:
    deployed.report("libao", "2018-10", "2018-11-02 09:00")
    for hour, kind in enumerate(("accept", "withdraw", "accept"), start=10):
        deployed.decide("libao", "2018-10", kind, f"2018-11-02 {hour}:00")
    assert [sent(deployed, f"2018-11-02 {hour:02}:30")[0].accepted for hour in (9, 10, 11, 12)] == [
        False, True, False, True,
    ]  # fmt: skip


def test_a_version_is_read_under_the_plan_it_was_sent_under(deployed: Town) -> None:
    deployed.report("libao", "2018-10", "2018-11-02 09:00")
    files = {name: text.replace("罚没金额", "罚没款总额") for name, text in haian_bundle().files}
    deploy(deployed.ledger, Bundle(tuple(sorted(files.items()))), reason="改名", as_of=at("2018-11-03 09:00"))
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = filed(conn, plan, to(), 1)
        assert filed(conn, plan, to(), 2) is None
    assert found is not None
    assert found.form is not None
    assert found.form.by_code["fines"].name == "罚没金额"
    assert found.values["fines"] == Decimal("3.25")
    assert found.values["summary"] == "正常开展"
    assert (found.seq, found.size > 0) == (3, True)


def test_rows_notes_signers_and_files_come_back_as_they_were_sent(port: Harbour) -> None:
    owned = hazard("甲") | {"cost": 2.5, "owner": "负责人乙"}
    data = document({"visits": 3}, signed=SIGNED, notes={"visits": "含夜查"}, rows=[owned])
    page = Attached("sealed-page", "盖章.pdf", b"%PDF-1.4\n1")
    port.send("hazards", "east", "2024-01", "2024-02-02 09:00", data, attachments=[page])
    found = read(port, Address(HARBOUR, "east", "hazards", "2024-01"))
    assert found.values["visits"] == Decimal(3)
    assert found.notes == {"visits": "含夜查"}
    assert found.signed == SIGNED
    assert found.rows[0].texts["owner"] == "负责人乙"
    assert found.rows[0].cells["cost"] == 25
    (file,) = found.attachments
    assert (file.n, file.id, file.size) == (1, "sealed-page", 10)
    with port.ledger.read() as conn:
        assert content_of(conn, file.digest) == b"%PDF-1.4\n1"
        assert content_of(conn, found.version.file) == data
        assert content_of(conn, "0" * 64) is None


def test_a_copy_says_what_the_original_says(port: Harbour) -> None:
    data = document({"ships": 3, "ships_big": 2, "ships_small": 1, "report": "总结"})
    port.send("summary", "east", "", "2024-04-02 09:00", data, attachments=CASES)
    copy = read(port, Address(HARBOUR, "east", "summary-copy", ""))
    assert copy.version.door == "copy"
    assert copy.values["ships"] == Decimal(3)
    assert [a.name for a in copy.attachments] == ["甲案.pdf", "乙案.pdf", "甲决定.pdf", "乙决定.pdf"]


def test_a_receipt_keeps_the_due_time_that_held_when_it_was_given(deployed: Town) -> None:
    given = deployed.report("libao", "2018-10", "2018-11-06 09:00")
    deployed.decide("libao", "2018-10", "extend", "2018-11-07 09:00", until=at("2018-11-10 00:00"))
    with deployed.ledger.read() as conn:
        again = receipt_of(conn, deployed_plan(conn, HAIAN), to(), 1)
        assert receipt_of(conn, deployed_plan(conn, HAIAN), to(), 2) is None
    assert again is not None
    assert again.due_at == at("2018-11-06 00:00")
    assert (again.number, again.seq, again.chain) == (given.number, given.seq, given.chain)


def test_the_receipt_of_an_event_is_found_again(deployed: Town) -> None:
    case = Address(HAIAN, "libao", "major-case", "2018-10-10")
    data = document({"case_name": "甲案", "narrative": "查处"})
    given = receive(deployed.ledger, case, data, door="api", as_of=at("2018-10-10 09:00"))
    with deployed.ledger.read() as conn:
        again = receipt_of(conn, deployed_plan(conn, HAIAN), case, 1)
    assert again is not None
    assert (again.number, again.due_at, again.seq) == (given.number, given.due_at, given.seq)


def test_what_counted_before_is_the_last_period_that_counts(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-02 09:00", dict(FIGURES) | {"sellers": 7})
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        before = filed_before(conn, plan, to(period="2018-11"), at("2018-12-01 09:00"))
        assert filed_before(conn, plan, to(period="2018-09"), at("2018-12-01 09:00")) is None
        assert filed_before(conn, plan, to("dagong"), at("2018-12-01 09:00")) is None
    assert before is not None
    assert (before.period, before.values["sellers"]) == ("2018-09", Decimal(7))


def test_a_returned_period_is_no_figure_to_look_back_at(port: Harbour) -> None:
    port.hazards("east", "2024-01", "2024-02-02 09:00", hazard("甲"))
    january = Address(HARBOUR, "east", "hazards", "2024-01")
    decide(
        port.ledger, january, "return", by="office", reason="重报", until=by("2024-03-01 00:00"),
        as_of=by("2024-02-03 09:00"),
    )  # fmt: skip
    with port.ledger.read() as conn:
        plan = deployed_plan(conn, HARBOUR)
        february = Address(HARBOUR, "east", "hazards", "2024-02")
        assert filed_before(conn, plan, february, by("2024-02-10 09:00")) is None
