"""The documents of a period, opened with other programs than those that wrote them."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from icalendar import Calendar

from duban.agenda import obligations
from duban.documents.calendar_file import calendar_file
from duban.errors import BadInput
from duban.services.reporting import Drafted, draft_documents
from tests.support.town import BRANCHES, FIGURES, HAIAN, Town, at


def draft(town: Town, when: str) -> Drafted:
    return draft_documents(
        town.ledger, HAIAN, "monthly", "2018-09", texts=town.texts, folder=town.folder, as_of=at(when)
    )


@pytest.fixture
def reported(deployed: Town) -> Town:
    for unit in BRANCHES[:8]:
        deployed.report(unit, "2018-09", "2018-10-05 09:00", FIGURES | {"summary": "<b>&正常"})
    return deployed


def test_the_workbook_has_every_unit_total_and_gap(reported: Town) -> None:
    sheet = openpyxl.load_workbook(draft(reported, "2018-10-06 00:05").workbook)["汇总表"]
    rows = {row[0].value: [c.value for c in row] for row in sheet.iter_rows(min_row=3)}
    head = [str(c) for c in rows["单位"]]
    fines = next(i for i, text in enumerate(head) if text.startswith("罚没金额"))
    assert "(万元)" in head[fines]
    assert rows["海安镇分局"][fines] == 3.25
    assert rows["白甸镇分局"][fines] is None, "a blank stays a blank"
    assert Decimal(str(rows["合计"][fines])) == Decimal("26.00")  # eight times 3.25
    assert rows["报送单位数"][fines] == "8/10"
    assert rows["未计入的单位"][fines] == "墩头分局、白甸分局"


def test_the_summary_names_rates_gaps_and_the_journals_head(reported: Town) -> None:
    text = draft(reported, "2018-10-06 00:05").summary.read_text(encoding="utf-8")
    plain = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert "应报10个单位，已报8个，报送率80.0%" in plain
    assert "按时率80.0%" in plain
    assert "尚未报送：墩头镇分局、白甸镇分局。" in plain
    assert "<b>&正常" in plain, "what a unit wrote is shown as text"
    assert "<b>&正常" not in text
    with reported.ledger.read() as conn:
        from duban.services.reporting import journal_head

        seq, head = journal_head(conn, HAIAN, at("2018-10-06 00:05"))
    assert f"第{seq}号" in plain
    assert head in plain


def test_documents_are_drafted_again_only_when_a_figure_changes(reported: Town) -> None:
    assert draft(reported, "2018-10-06 00:05").changed
    before = draft(reported, "2018-10-06 08:30")
    assert not before.changed
    reported.report("baidian", "2018-09", "2018-10-07 09:00")
    assert draft(reported, "2018-10-08 08:30").changed


def test_a_text_that_looks_like_a_formula_is_written_as_text(reported: Town, tmp_path: Path) -> None:
    from duban.documents.consolidated import consolidated_workbook
    from duban.services.reporting import period_figures

    with reported.ledger.read() as conn:
        data = period_figures(conn, reported.plan, "monthly", "2018-09", at("2018-10-06 00:05"))
    path = tmp_path / "x.xlsx"
    path.write_bytes(consolidated_workbook(data, reported.texts))
    for sheet in openpyxl.load_workbook(path).worksheets:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert path.read_bytes() == consolidated_workbook(data, reported.texts), "same figures, same file"


def test_a_period_that_is_not_due_has_no_figures(reported: Town) -> None:
    with pytest.raises(BadInput):
        draft_documents(
            reported.ledger, HAIAN, "monthly", "2019-02", texts=reported.texts, folder=reported.folder,
            as_of=at("2018-10-06 00:05"),
        )  # fmt: skip


def test_the_calendar_file_has_one_event_per_due_day(town: Town) -> None:
    plan = town.plan
    calendar = Calendar.from_ical(calendar_file(plan, obligations(plan), town.texts))
    events = [e for e in calendar.walk("VEVENT")]
    assert [e.decoded("dtstart").isoformat() for e in events] == [
        "2018-10-05", "2018-11-05", "2018-12-05", "2018-12-31", "2019-01-05",
    ]  # fmt: skip
    assert "2018年9月" in str(events[0]["summary"])
