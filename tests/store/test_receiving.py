"""Submissions: what is stored, what is answered, what counts."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from duban.errors import BadInput, NotAllowed
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan.forms import LIMIT
from duban.services.receiving import Address, receive
from duban.services.reporting import period_figures
from duban.services.watching import standings
from tests.support.town import BRANCHES, FIGURES, HAIAN, Town, at


def stands(town: Town, unit: str, period: str, when: str):  # type: ignore[no-untyped-def]
    scope = Scope(HAIAN, duty="monthly", period=period, unit=unit)
    with town.ledger.read() as conn:
        return standings(conn, town.plan, scope, at(when))[0]


def test_a_return_received_in_the_last_second_of_the_due_day_is_on_time(deployed: Town) -> None:
    deployed.report("haian", "2018-10", "2018-11-05 23:59:59")
    found = stands(deployed, "haian", "2018-10", "2018-11-06 00:05")
    assert found.met
    assert found.on_time


def test_a_return_received_at_midnight_after_the_due_day_is_late(deployed: Town) -> None:
    deployed.report("haian", "2018-10", "2018-11-06 00:00:00")
    found = stands(deployed, "haian", "2018-10", "2018-11-06 00:05")
    assert found.met
    assert not found.on_time


def test_receipts_are_numbered_and_chained(deployed: Town) -> None:
    first = deployed.report("haian", "2018-09", "2018-10-02 09:00")
    second = deployed.report("libao", "2018-09", "2018-10-02 09:01")
    assert (first.number, second.number) == ("haian-2018-000001", "haian-2018-000002")
    assert second.seq == first.seq + 1
    with deployed.ledger.read() as conn:
        previous = conn.execute(
            t.journal.select().where(t.journal.c.campaign == HAIAN, t.journal.c.seq == second.seq)
        ).one()
    assert previous.previous == first.chain
    assert previous.digest == second.chain


def test_the_same_file_sent_twice_gets_the_same_receipt(deployed: Town) -> None:
    first = deployed.report("haian", "2018-09", "2018-10-02 09:00")
    again = deployed.report("haian", "2018-09", "2018-10-02 10:00")
    assert again.repeated
    assert (again.number, again.chain) == (first.number, first.chain)
    assert deployed.count(t.submission) == 1


def test_a_broken_file_is_stored_as_refused_and_the_next_unit_goes_through(deployed: Town) -> None:
    broken = deployed.report(
        "haian", "2018-09", "2018-10-02 09:00", FIGURES | {"inspected": "3万", "clues_police": 10}
    )
    assert not broken.valid
    # clues is 9, so 10 of them cannot have gone to the police; 3万 is not a number.
    assert sorted((p.code, p.key) for p in broken.problems) == [
        ("not-a-number", "inspected"),
        ("part-exceeds-total", "clues_police"),
    ]
    assert all(p.place.startswith("填报!D") for p in broken.problems)
    assert deployed.count(t.file) == 1
    assert stands(deployed, "haian", "2018-09", "2018-10-02 09:00").came_in == "refused"
    assert deployed.report("libao", "2018-09", "2018-10-02 09:01").valid


def test_a_corrected_file_after_a_broken_one_counts_from_when_it_came(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-05 09:00", FIGURES | {"inspected": "3万"})
    deployed.report("haian", "2018-09", "2018-10-06 09:00")
    found = stands(deployed, "haian", "2018-09", "2018-10-06 10:00")
    assert (found.met, found.on_time, found.version) == (True, False, 2)
    assert found.first_received == at("2018-10-05 09:00")
    assert found.first_valid == at("2018-10-06 09:00")


def test_a_correction_after_the_deadline_is_revised_late_and_stays_on_time(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-05 09:00")
    deployed.report("haian", "2018-09", "2018-10-09 09:00", FIGURES | {"inspected": 31})
    found = stands(deployed, "haian", "2018-09", "2018-10-09 10:00")
    assert (found.on_time, found.revised_late, found.version) == (True, True, 2)


def test_any_past_day_can_be_read_again(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-05 09:00")
    deployed.report("haian", "2018-09", "2018-10-09 09:00", FIGURES | {"inspected": 31})
    for when, value in (("2018-10-06 00:00", 30), ("2018-10-09 09:00", 31)):
        with deployed.ledger.read() as conn:
            figures = period_figures(conn, deployed.plan, "monthly", "2018-09", at(when))
        assert {x.indicator.code: x.value for x in figures.totals}["inspected"] == value


def test_a_zero_report_states_zero_for_flow_figures_and_keeps_stock_figures(deployed: Town) -> None:
    receipt = deployed.report(
        "haian", "2018-09", "2018-10-05 09:00", {"sellers": 12, "cases_open": 2}, zero=True
    )
    assert receipt.valid, receipt.problems
    with deployed.ledger.read() as conn:
        figures = period_figures(conn, deployed.plan, "monthly", "2018-09", at("2018-10-06 09:00"))
    values = {x.indicator.code: x.value for x in figures.totals}
    assert (values["sellers"], values["cases_open"], values["clues"], values["fines"]) == (12, 2, 0, 0)
    assert stands(deployed, "haian", "2018-09", "2018-10-06 09:00").came_in == "zero"


def test_totals_name_the_units_behind_the_gap(deployed: Town) -> None:
    for unit in BRANCHES[:7]:
        deployed.report(unit, "2018-09", "2018-10-05 09:00")
    deployed.decide("duntou", "2018-09", "waive", "2018-10-05 10:00")
    with deployed.ledger.read() as conn:
        figures = period_figures(conn, deployed.plan, "monthly", "2018-09", at("2018-10-06 09:00"))
    fines = next(x for x in figures.totals if x.indicator.code == "fines")
    # Seven returns of 3.25 万元 are 22.75; ten branches less one waiver make nine expected.
    assert (fines.value, fines.reported, fines.expected) == (Decimal("22.75"), 7, 9)
    assert fines.missing == ("nanmo", "baidian")
    assert (figures.rates.met, figures.rates.expected) == (7, 9)


def test_the_largest_figures_add_up_exactly(deployed: Town) -> None:
    most = Decimal(LIMIT).scaleb(-2)
    for unit in BRANCHES:
        deployed.report(unit, "2018-09", "2018-10-05 09:00", FIGURES | {"fines": most})
    with deployed.ledger.read() as conn:
        figures = period_figures(conn, deployed.plan, "monthly", "2018-09", at("2018-10-06 09:00"))
    assert next(x for x in figures.totals if x.indicator.code == "fines").value == most * 10


def test_json_is_taken_at_the_same_door(deployed: Town) -> None:
    cells = {k: str(v) for k, v in FIGURES.items()}
    data = json.dumps({"unit": "haian", "cells": cells}).encode()
    assert deployed.send("haian", "2018-09", "2018-10-05 09:00", data, "haian.json").valid


def test_a_major_case_is_taken_at_any_time_and_is_nobodys_debt(deployed: Town) -> None:
    data = json.dumps({"cells": {"case_name": "某案", "narrative": "已立案", "value": "120.5"}}).encode()
    receipt = deployed.send("haian", "2018-10-22", "2018-10-22 15:00", data, "case.json", duty="major-case")
    assert receipt.valid, receipt.problems
    assert receipt.due_at is None
    assert receipt.number == "haian-2018-000001"


@pytest.mark.parametrize(
    ("unit", "duty", "period", "code"),
    [
        ("nowhere", "monthly", "2018-09", "unknown-unit"),
        ("jicha", "monthly", "2018-09", "unit-does-not-owe"),
        ("haian", "weekly", "2018-09", "unknown-duty"),
        ("haian", "monthly", "2019-01", "unknown-period"),
        ("haian", "major-case", "2018-10", "bad-event-day"),
        ("haian", "major-case", "2019-02-01", "bad-event-day"),
    ],
)
def test_a_file_for_nothing_owed_is_refused_before_anything_is_stored(
    deployed: Town, unit: str, duty: str, period: str, code: str
) -> None:
    with pytest.raises(BadInput) as caught:
        deployed.send(unit, period, "2018-10-05 09:00", b"{}", "x.json", duty=duty)
    assert code in [p.code for p in caught.value.problems]
    assert deployed.count(t.submission) == deployed.count(t.file) == 0


def test_a_file_cannot_have_been_received_tomorrow(deployed: Town) -> None:
    data = deployed.form("haian", "2018-09")
    to = Address(HAIAN, "haian", "monthly", "2018-09")
    with pytest.raises(BadInput, match="received-in-future"):
        receive(
            deployed.ledger, to, data, "x.xlsx", door="officer", received_at=at("2018-10-06 09:00"),
            as_of=at("2018-10-05 09:00"),
        )  # fmt: skip
    assert deployed.count(t.submission) == 0


def test_a_campaign_that_is_not_deployed_takes_nothing(town: Town) -> None:
    with pytest.raises(NotAllowed, match="not-deployed"):
        town.send("haian", "2018-09", "2018-10-05 09:00", b"{}", "x.json")


def test_a_file_sent_again_while_an_older_one_is_accepted_is_the_same_one(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    deployed.decide("libao", "2018-09", "accept", "2018-10-01 10:00")
    data = deployed.form("libao", "2018-09", {**FIGURES, "clues": 10})
    first = deployed.send("libao", "2018-09", "2018-10-02 09:00", data, "a.xlsx")
    again = deployed.send("libao", "2018-09", "2018-10-02 10:00", data, "a.xlsx")
    assert (first.version, again.version, again.repeated) == (2, 2, True)
