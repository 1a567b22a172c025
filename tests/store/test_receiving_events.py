"""Events with a limit, quotas, subjects, and units that closed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from duban.errors import BadInput
from duban.intake.attachments import Attached
from duban.ledger import tables as t
from duban.plan import Bundle
from duban.services.addresses import Address, resolved
from duban.services.deploying import deploy
from tests.support.harbour import (
    BUNDLE,
    HARBOUR,
    PDF,
    SIGNED,
    Harbour,
    at,
    document,
)
from tests.support.harbour_plan import harbour


@pytest.mark.parametrize(("when", "on_time"), [("2024-03-02 15:19:59", True), ("2024-03-02 15:20:00", False)])
def test_an_event_is_on_time_within_its_hours(port: Harbour, when: str, on_time: bool) -> None:
    receipt = port.send("finding", "east", "2024-03-01T1520", when, document({"narrative": "甲"}))
    assert receipt.due_at == at("2024-03-02 15:20")
    found = port.stands("finding/east/2024-03-01T1520", "2024-03-03 09:00")
    assert (found.met, found.on_time, found.expected) == (True, on_time, True)
    assert port.proven()


def test_an_event_of_tomorrow_is_a_slip_of_the_pen(port: Harbour) -> None:
    data = document({"narrative": "甲"})
    with pytest.raises(BadInput) as caught:
        port.send("finding", "east", "2024-03-02", "2024-03-01 23:59:59", data)
    (problem,) = caught.value.problems
    assert (problem.code, problem.params["span"]) == ("bad-event-day", "2024-01-01 … 2024-03-01")
    assert port.send("finding", "east", "2024-03-02", "2024-03-02 00:00:00", data).valid


def test_more_than_the_quota_is_welcome_and_expected_of_nobody(port: Harbour) -> None:
    for subject in ("1", "3"):
        brief = [Attached("brief", f"{subject}.pdf", PDF + subject.encode())]
        receipt = port.send(
            "briefs", "east", "2024-01", "2024-01-20 09:00", None, subject=subject, attachments=brief
        )
        assert receipt.valid, receipt.problems
    extra = port.stands("briefs/east/2024-01/3", "2024-02-01 09:00")
    assert (extra.met, extra.expected, extra.due_at) == (True, False, None)
    second = port.stands("briefs/east/2024-01/2", "2024-02-01 09:00")
    assert second.state == "overdue"


def test_a_plan_put_in_force_again_keeps_what_reports_have_made(port: Harbour) -> None:
    port.send("finding", "east", "2024-03-01", "2024-03-01 10:00", document({"narrative": "甲"}))
    files = dict(BUNDLE.files)
    files["plan.yaml"] = files["plan.yaml"].replace("总结抄送", "抄送总结")
    deploy(port.ledger, Bundle(tuple(sorted(files.items()))), reason="改名", as_of=at("2024-03-05 09:00"))
    found = port.stands("finding/east/2024-03-01", "2024-03-05 09:00")
    assert found.met


@pytest.mark.parametrize(
    ("duty", "unit", "period", "subject", "code"),
    [
        ("progress", "east", "", "1.2", "unknown-subject"),
        ("progress", "east", "", None, "unknown-subject"),
        ("summary", "east", "", "1", "subject-not-wanted"),
        ("summary", "north", "", None, "unit-does-not-owe"),
        ("briefs", "east", "2024-01", "x", "unknown-subject"),
        ("finding", "east", "2024-03-01T2500", None, "bad-event-day"),
        ("finding", "east", "2024-03-01", "甲/乙", "bad-subject"),
        ("finding", "north", "2024-03-01", None, "bad-event-day"),
        ("hazards", "north", "2024-03", None, "unknown-period"),
    ],
)
def test_what_nobody_owes_is_refused_before_anything_is_stored(
    port: Harbour, duty: str, unit: str, period: str, subject: str | None, code: str
) -> None:
    with pytest.raises(BadInput) as caught:
        port.send(duty, unit, period, "2024-04-01 09:00", b"{}", subject=subject)
    assert [p.code for p in caught.value.problems] == [code]
    assert port.rows(select(t.submission.c.id)) == port.rows(select(t.file.c.digest)) == []


def test_a_closed_units_debt_is_found_under_its_successors_name() -> None:
    plan = harbour()
    february = Address(HARBOUR, "东港站", "liaison", "")
    assert resolved(plan, february).unit == "east"
    # both owed the register of February; in March the northern station is closed
    assert resolved(plan, Address(HARBOUR, "east", "hazards", "2024-02")).unit == "east"
    assert resolved(plan, Address(HARBOUR, "北站", "hazards", "2024-02")).unit == "north"


def test_a_successor_answers_for_the_closed_unit(port: Harbour) -> None:
    data = document({"visits": 2}, unit="东站", signed=SIGNED)
    receipt = port.send("hazards", "north", "2024-02", "2024-03-04 09:00", data)
    assert receipt.valid, receipt.problems
    assert receipt.unit == "north"
