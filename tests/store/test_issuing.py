"""The form that is handed out goes on from what the unit has reported, and says until when."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import openpyxl

from duban.services.issuing import issue_form
from duban.services.receiving import Address
from tests.support.town import FIGURES, HAIAN, Town, at

OCTOBER = Address(HAIAN, "qutang", "monthly", "2018-10")


def issued(town: Town, when: str) -> Any:
    data = issue_form(town.ledger, OCTOBER, words=town.texts.words["blank"], as_of=at(when))
    return openpyxl.load_workbook(io.BytesIO(data))


def said(book: Any) -> str:
    return "\n".join(str(row[0].value) for row in book["填报说明"].iter_rows())


def test_what_was_reported_last_stands_beside_what_goes_on_from_it(deployed: Town) -> None:
    first = issued(deployed, "2018-10-02 09:00")["填报"]
    assert first["D1"].value == "#value"  # nothing was reported yet
    deployed.report("qutang", "2018-09", "2018-10-03 09:00", {**FIGURES, "sellers": 41, "cases_open": 2})
    sheet = issued(deployed, "2018-11-01 09:00")["填报"]
    assert (sheet["D6"].value, sheet["E1"].value) == ("上期数", "#value")
    # sellers and open cases are stock figures; clues, in row 11, begin anew each month
    assert [sheet[f"D{row}"].value for row in (8, 11, 19)] == [41, None, 2]


def test_a_refused_return_is_no_figure_of_last_time(deployed: Town) -> None:
    deployed.report("qutang", "2018-09", "2018-10-03 09:00", {**FIGURES, "clues": "x"})
    assert issued(deployed, "2018-11-01 09:00")["填报"]["D1"].value == "#value"


def test_the_time_limit_stands_in_the_instructions_and_moves_with_an_extension(deployed: Town) -> None:
    # October's return is due by the 5th of the next month
    assert "报送时限：2018年11月5日（周一）24时前" in said(issued(deployed, "2018-11-01 09:00"))
    until = at("2018-11-08 00:00") + timedelta(days=1)
    deployed.decide("qutang", "2018-10", "extend", "2018-11-02 09:00", until=until)
    assert "报送时限：2018年11月8日（周四）24时前" in said(issued(deployed, "2018-11-03 09:00"))
