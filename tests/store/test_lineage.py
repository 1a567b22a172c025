"""What an indicator's code means never changes; an amendment replaces the code."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from duban.errors import PlanInvalid
from duban.plan import Bundle
from duban.services.campaigns import deployed_plan
from duban.services.deploying import deploy
from duban.services.reporting import period_figures
from duban.services.summing import campaign_totals
from tests.support.plans import changed
from tests.support.town import FIGURES, HAIAN, Town, at

MONTHLY = "forms/monthly.yaml"
FINED = "  - {if: {fines: positive}, needs: cases_closed, grade: query, because: 罚没金额一般在办结时计}\n"
"""The rule that speaks of them."""
FINES = "{code: fines, name: 罚没金额, unit_of_measure: 万元, type: decimal, scale: 2}"


def amend(town: Town, *edits: tuple[str, str, str], when: str = "2018-10-20 09:00") -> None:
    bundle = Bundle(tuple(sorted(changed((MONTHLY, FINED, ""), *edits).files)))
    deploy(town.ledger, bundle, reason="统计口径调整", as_of=at(when))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("万元, type: decimal, scale: 2", "万元, type: decimal, scale: 3", "scale"),
        ("万元, type: decimal", "元, type: decimal", "unit_of_measure"),
        ("scale: 2}", "scale: 2, periods: last}", "periods"),
        ("scale: 2}", "scale: 2, units: max}", "units"),
    ],
)
def test_an_amendment_that_changes_what_a_code_means_is_refused(
    deployed: Town, old: str, new: str, key: str
) -> None:
    with pytest.raises(PlanInvalid) as caught:
        amend(deployed, (MONTHLY, FINES, FINES.replace(old, new)))
    assert [(p.code, p.file, p.key, p.params["key"]) for p in caught.value.problems] == [
        ("indicator-changed", MONTHLY, "fines", key)
    ]
    said = deployed.texts.problem(caught.value.problems[0])
    assert said.startswith(f"{MONTHLY}  fines  “罚没金额”已有报送")


def test_a_code_left_out_for_a_while_means_what_it_meant(deployed: Town) -> None:
    line = f"      - {FINES}\n"
    amend(deployed, (MONTHLY, line, ""))
    with pytest.raises(PlanInvalid):
        amend(deployed, (MONTHLY, "scale: 2}", "scale: 3}"), when="2018-10-21 09:00")


def test_a_replacement_that_cannot_be_exact_is_refused(deployed: Town) -> None:
    # 3.25 万元 are stored as 325; in 亿元 with four decimal places they would be 3.25 of its units
    bad = FINES.replace("fines,", "fines_yi, replaces: fines, factor: '0.0001',").replace("万元", "亿元")
    with pytest.raises(PlanInvalid) as caught:
        amend(deployed, (MONTHLY, FINES, bad.replace("scale: 2", "scale: 4")))
    assert [p.code for p in caught.value.problems] == ["replacement-inexact"]
    amend(deployed, (MONTHLY, FINES, bad.replace("scale: 2", "scale: 6")))


def test_what_was_reported_under_the_old_code_counts_for_the_one_that_replaces_it(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-02 09:00")  # 3.25 万元, as in the cast's correct return
    in_yuan = "{code: fines_yuan, name: 罚没金额, unit_of_measure: 元, replaces: fines, factor: '10000'}"
    amend(deployed, (MONTHLY, FINES, in_yuan))
    cells = {k: str(v) for k, v in FIGURES.items() if k != "fines"} | {"fines_yuan": "1250"}
    data = json.dumps({"cells": cells}).encode()
    deployed.send("haian", "2018-10", "2018-11-02 09:00", data, "october.json")
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = campaign_totals(conn, plan, "monthly", at("2018-11-03 09:00"))
        september = period_figures(conn, plan, "monthly", "2018-09", at("2018-11-03 09:00")).totals
    assert {t.indicator.code: t.value for t in found}["fines_yuan"] == Decimal(32500 + 1250)
    assert {t.indicator.code: t.value for t in september}["fines_yuan"] == Decimal(32500)
