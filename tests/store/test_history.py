"""What a unit has reported before, and what its returns are measured by."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from duban.intake.attachments import Attached
from duban.ledger import tables as t
from duban.past import Past
from duban.plan import Bundle
from duban.rendering import renderer
from duban.services.campaigns import deployed_plan
from duban.services.deploying import deploy
from duban.services.history import past, pasts
from duban.services.receiving import Address, Receipt, receive
from tests.support.plans import changed, texts
from tests.support.town import FIGURES, HAIAN, Town, at

MONTHLY = "forms/monthly.yaml"
SELLERS = "辖区互联网药品经营主体（期末数）, unit_of_measure: 家, periods: last"
LATE = "2019-01-20 09:00"
MONTHS = {
    "2018-09": "2018-10-02 09:00", "2018-10": "2018-11-02 09:00", "2018-11": "2018-12-02 09:00",
    "2018-12": "2019-01-02 09:00",
}  # fmt: skip
"""Each month's return comes on the second day of the next."""


def put(town: Town, *edits: tuple[str, str, str], when: str = "2018-09-06 08:30") -> None:
    """Hai'an's plan with changes, in force from its first morning or a later day."""
    deploy(town.ledger, Bundle(tuple(sorted(changed(*edits).files))), reason="test", as_of=at(when))


def tell(
    town: Town, month: str, notes: Mapping[str, str] | None = None, unit: str = "qutang",
    when: str | None = None, **figures: Any,
) -> Receipt:  # fmt: skip
    """A branch's return for a month, by default like the last one, with cases that come out even."""
    cells = {code: str(value) for code, value in ({**FIGURES, "cases_closed": 4} | figures).items()}
    data = json.dumps({"cells": cells, "notes": dict(notes or {})}).encode()
    return town.send(unit, month, when or MONTHS[month], data, f"{month}.json")


def before(town: Town, month: str, unit: str = "qutang", now: str = LATE) -> list[tuple[str, int | None]]:
    """(period, fines) of what a month's return is measured by; fines are in 万元 x 100."""
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = past(conn, plan, Address(HAIAN, unit, "monthly", month), at(now))
    return [(p.period, p.cells.get("fines")) for p in found]


def grades(receipt: Receipt) -> list[tuple[str, str, str]]:
    return [(p.grade, p.code, p.key) for p in receipt.problems]


def test_earlier_returns_come_the_oldest_first(deployed: Town) -> None:
    tell(deployed, "2018-09", fines="1.00")
    tell(deployed, "2018-10", fines="2.00")
    tell(deployed, "2018-10", unit="nanmo", fines="9.00")
    tell(deployed, "2018-11", fines="3.00")
    assert before(deployed, "2018-11") == [("2018-09", 100), ("2018-10", 200)]
    assert before(deployed, "2018-09") == []
    assert before(deployed, "2018-12", unit="libao") == []


def test_only_what_counts_is_looked_at(deployed: Town) -> None:
    tell(deployed, "2018-09", fines="1.00")
    tell(deployed, "2018-09", fines="1.50", when="2018-10-03 09:00")  # corrected
    tell(deployed, "2018-10", fines="2.00")
    tell(deployed, "2018-11", fines="万元")  # refused
    deployed.decide("qutang", "2018-10", "return", "2018-12-03 09:00", until=at("2018-12-10 00:00"))
    assert before(deployed, "2018-12") == [("2018-09", 150)]
    assert before(deployed, "2018-12", now="2018-12-02 12:00") == [("2018-09", 150), ("2018-10", 200)]
    assert before(deployed, "2018-12", now="2018-10-02 12:00") == [("2018-09", 100)]


def test_many_are_looked_up_as_one_is(deployed: Town) -> None:
    for month in ("2018-09", "2018-10"):
        for unit in ("qutang", "nanmo"):
            tell(deployed, month, unit=unit)
    to = [Address(HAIAN, u, "monthly", m) for u in ("qutang", "nanmo", "libao") for m in MONTHS]
    to.append(Address(HAIAN, "qutang", "major-case", "2018-10-22"))
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = pasts(conn, plan, to, at(LATE))
        assert found == [past(conn, plan, a, at(LATE)) for a in to]
    assert [len(p) for p in found] == [0, 1, 2, 2, 0, 1, 2, 2, 0, 0, 0, 0, 0]


def test_the_return_before_adjoins_and_one_after_a_gap_does_not(deployed: Town) -> None:
    tell(deployed, "2018-09")
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        october, november = (
            past(conn, plan, Address(HAIAN, "qutang", "monthly", m), at(LATE))[-1].adjoins
            for m in ("2018-10", "2018-11")
        )
    assert october
    assert not november


def test_a_query_is_accepted_kept_and_answered_by_a_note(deployed: Town) -> None:
    assert grades(tell(deployed, "2018-09")) == []
    # 2 were open and 4 came: of 6, 4 are closed and 5 open
    asked = tell(deployed, "2018-10", cases_open=5)
    assert asked.valid
    assert grades(asked) == [("query", "figures-disagree", "cases_open")]
    answered = tell(deployed, "2018-10", {"cases_open": "上级交办3件"}, when="2018-11-03 09:00", cases_open=5)
    assert grades(answered) == [("note", "figures-disagree", "cases_open")]
    s = t.submission.c
    with deployed.ledger.read() as conn:
        kept = conn.scalars(
            select(s.problems).where(s.obligation.endswith("2018-10")).order_by(s.version)
        ).all()
    assert [[p["grade"] for p in json.loads(text)] for text in kept] == [["query"], ["note"]]


def test_a_receipt_says_what_is_asked_and_what_was_explained(deployed: Town) -> None:
    tell(deployed, "2018-09")
    plan = deployed.plan
    words = []
    for notes, when in (({}, "2018-11-02 09:00"), ({"cases_open": "上级交办3件"}, "2018-11-03 09:00")):
        r = tell(deployed, "2018-10", notes, when=when, cases_open=5)
        values = {"plan": plan, "unit": plan.unit[r.unit], "duty": plan.duty[r.duty], "late": False}
        words.append(renderer().render("cli/receipt.txt", r=r, period=r.period, **values))
    asked, answered = words
    assert "校验：通过" in asked
    assert "本次报送已经生效，但下列各处请核实（1处）" in asked
    assert "下列各处已有说明（1处）" in answered
    assert "（已说明：上级交办3件）" in answered
    assert "请核实" not in answered


def test_a_slip_of_the_decimal_point_is_asked_about_once_four_months_are_known(town: Town) -> None:
    first = ("plan.yaml", "first: 2018-09", "first: 2018-08")
    start = ("plan.yaml", "start: {date: 2018-09-06", "start: {date: 2018-08-01")
    put(town, first, start, when="2018-08-01 08:30")
    assert grades(tell(town, "2018-08", when="2018-09-02 09:00", inspected=30)) == []
    for month, inspected in (("2018-09", 42), ("2018-10", 3_000), ("2018-11", 38)):
        assert "figure-unusual" not in [p.code for p in tell(town, month, inspected=inspected).problems]
    assert ("query", "figure-unusual", "inspected") in grades(tell(town, "2018-12", inspected=300_000))


def test_a_cumulative_figure_that_falls_is_refused_unless_the_unit_says_why(town: Town) -> None:
    put(town, (MONTHLY, SELLERS, f"{SELLERS}, cumulative: true"))
    tell(town, "2018-09", sellers=41)
    assert not (fallen := tell(town, "2018-10", sellers=40)).valid
    assert grades(fallen) == [("error", "cumulative-fell", "sellers")]
    why = {"sellers": "上月重复计1家"}
    explained = tell(town, "2018-10", why, when="2018-11-03 09:00", sellers=40)
    assert explained.valid
    assert grades(explained) == [("note", "cumulative-fell", "sellers")]
    # or the earlier one is put right first
    tell(town, "2018-09", sellers=39, when="2018-11-04 09:00")
    assert grades(tell(town, "2018-10", sellers=40, when="2018-11-05 09:00")) == []


def test_what_was_reported_under_a_code_since_replaced_is_measured_in_the_new_one(deployed: Town) -> None:
    tell(deployed, "2018-09")  # 3.25 万元
    fines = "{code: fines, name: 罚没金额, unit_of_measure: 万元, type: decimal, scale: 2}"
    yuan = "{code: yuan, name: 罚没金额, unit_of_measure: 元, replaces: fines, factor: '10000'}"
    rule = ("  - {if: {fines: positive}", "  - {if: {yuan: positive}")
    put(deployed, (MONTHLY, fines, yuan), (MONTHLY, *rule), when="2018-10-20 09:00")
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        (found,) = past(conn, plan, Address(HAIAN, "qutang", "monthly", "2018-10"), at(LATE))
    assert found.cells["yuan"] == 32_500
    assert "fines" not in found.cells


def closing(town: Town, *units: str) -> None:
    """Units that are closed with September; Qutang, opened the day after, takes their place."""
    files = dict(texts(HAIAN))
    rows = list(csv.DictReader(io.StringIO(files["units.csv"])))
    for row in rows:
        row["successor"] = "qutang" if row["id"] in units else ""
        row["closes"] = "2018-09-30" if row["id"] in units else row["closes"]
        row["opens"] = "2018-10-01" if row["id"] == "qutang" else row["opens"]
    table = io.StringIO()
    writer = csv.DictWriter(table, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    bundle = Bundle(tuple(sorted({**files, "units.csv": table.getvalue()}.items())))
    deploy(town.ledger, bundle, reason="机构调整", as_of=at("2018-09-06 08:30"))


def test_a_unit_goes_on_from_the_one_it_has_replaced(town: Town) -> None:
    closing(town, "nanmo")
    tell(town, "2018-09", unit="nanmo", fines="1.00")
    tell(town, "2018-10", fines="2.00")
    assert before(town, "2018-11") == [("2018-09", 100), ("2018-10", 200)]


def test_a_unit_made_of_several_has_no_line_before_its_own(town: Town) -> None:
    closing(town, "nanmo", "libao")
    tell(town, "2018-09", unit="nanmo", fines="1.00")
    tell(town, "2018-09", unit="libao", fines="1.00")
    assert before(town, "2018-10") == []
    tell(town, "2018-10", fines="2.00")
    assert before(town, "2018-11") == [("2018-10", 200)]


def test_the_final_table_goes_on_from_the_midterm_one(town: Town) -> None:
    slug, office = "sanming-2023", "sm-cyber"
    bundle = Bundle(tuple(sorted(texts(slug).items())))
    deploy(town.ledger, bundle, reason="test", as_of=at("2023-08-09 08:30"))
    cells = {"cyber_cleaned": "1.5", "cyber_accounts": "120", "summary": "正常开展"}

    def send(duty: str, when: str, *files: str, **more: str) -> Receipt:
        data = json.dumps({"cells": cells | more}).encode()
        attached = [Attached(name, f"{name}.txt", name.encode()) for name in files]
        to = Address(slug, office, duty, "")
        return receive(town.ledger, to, data, "统计表.json", door="api", attachments=attached, as_of=at(when))

    assert send("midterm", "2023-08-18 09:00", "report").valid
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, slug)
        found = past(conn, plan, Address(slug, office, "final", ""), at("2023-11-10 09:00"))
    # 1.5 万条 with four decimals
    assert found == (Past("", {"cyber_cleaned": 15_000, "cyber_accounts": 120}, "中期行动总结报告和统计表"),)
    fallen = send("final", "2023-11-10 09:00", "report", cyber_accounts="12")
    said = [renderer().problem(p) for p in fallen.problems if p.code == "cumulative-fell"]
    assert "少于上次（中期行动总结报告和统计表）的 120个" in said[0]
