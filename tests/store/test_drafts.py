"""The documents of campaigns whose tables differ: sections of some units, a line a task, words, files."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from duban.intake import reader
from duban.ledger import open_ledger
from duban.rehearsal import rehearse
from duban.rendering import renderer
from duban.services.publishing import draft_due
from duban.services.reporting import Drafted
from duban.settings import Settings
from tests.support.town import at


def drafted(slug: str, folder: Path) -> dict[tuple[str, str], Drafted]:
    """Every document of a rehearsed campaign, by duty and period."""
    path = folder / f"{slug}.sqlite"
    rehearse(Settings(var=folder, ledger_url=""), slug, renderer(), keep=path)
    ledger = open_ledger(f"sqlite:///{path}")
    made = draft_due(ledger, slug, texts=renderer(), folder=folder / "out", as_of=at("2030-01-01 09:00"))
    ledger.close()
    reader.close()
    return {(d.duty, d.period): d for d in made}


@pytest.fixture(scope="module")
def sanming(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Drafted]:
    return drafted("sanming-2023", tmp_path_factory.mktemp("sanming"))


@pytest.fixture(scope="module")
def chongming(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Drafted]:
    return drafted("chongming-food", tmp_path_factory.mktemp("chongming"))


def rows(made: Drafted, sheet: str) -> list[list[Any]]:
    return [[c.value for c in row] for row in openpyxl.load_workbook(made.workbook)[sheet].iter_rows()]


def plain(made: Drafted) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", made.summary.read_text(encoding="utf-8")))


def test_a_unit_without_a_section_is_not_missing_there(sanming: dict[tuple[str, str], Drafted]) -> None:
    table = rows(sanming["final", ""], "汇总表")
    column = next(n for n, name in enumerate(table[2]) if str(name).startswith("清理网上违法违规信息"))
    by_unit = {row[0]: row for row in table[3:]}
    assert by_unit["三明市公安局"][column] == "／", "the cyberspace office's line is not the police's"
    # the city's office and those of eleven counties, each of which has reported or is named
    reported, expected = str(by_unit["报送单位数"][column]).split("/")
    assert expected == "12"
    missing = str(by_unit["未计入的单位"][column])
    assert (missing == "无") == (reported == "12")


def test_what_came_as_a_file_and_what_in_words_can_be_read(sanming: dict[tuple[str, str], Drafted]) -> None:
    made = sanming["final", ""]
    market = [str(row[-1]) for row in rows(made, "报送情况") if str(row[0]).endswith("市场监督管理局")]
    sent = [names for names in market if names]
    assert len(sent) >= 11, "of twelve bodies one at most never reports"
    assert all(names.count("典型案例：") == names.count("行政处罚决定书：") >= 2 for names in sent)
    words = rows(made, "文字情况")
    assert words[0] == ["单位", "项目", "内容"]
    assert "国家税务总局三明市税务局" in {row[0] for row in words}
    text = plain(made)
    assert "应报99个单位" in text
    assert "各单位工作情况" in text


def test_copies_have_no_documents_of_their_own(sanming: dict[tuple[str, str], Drafted]) -> None:
    assert set(sanming) == {("midterm", ""), ("final", "")}


def test_a_document_of_a_single_date_has_no_period_in_its_name(
    sanming: dict[tuple[str, str], Drafted],
) -> None:
    made = sanming["midterm", ""]
    assert made.folder.name == "midterm"
    assert made.workbook.name == "网络市场监管2023-中期行动总结报告和统计表.xlsx"


def test_each_task_is_a_line_with_its_state_and_words(chongming: dict[tuple[str, str], Drafted]) -> None:
    made = chongming["progress", "2019-10"]
    table = rows(made, "汇总表")
    assert table[2][:4] == ["事项", "单位", "进展状态", "本月工作情况"]
    lines = table[3:-3]
    assert len(lines) == 29, "of 29 tasks"
    states = {row[2] for row in lines} - {None}
    assert states <= {"未启动", "推进中", "已完成"}
    assert states
    text = plain(made)
    assert "应报29项" in text
    assert "逐项进展" in text
