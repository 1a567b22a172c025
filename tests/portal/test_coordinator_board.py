"""The board, the matrix and the totals, as coordinator, leader and reader see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest
from playwright.sync_api import Page

from tests.support.gate import Gate
from tests.support.town import FIGURES, HAIAN, at

CAMPAIGN = f"/c/{HAIAN}"


def text(answer: httpx.Response) -> str:
    """What a page says, without its markup."""
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).strip()


def rows(answer: httpx.Response) -> list[list[str]]:
    """The table rows of a page, cell by cell."""
    assert answer.status_code == 200, answer.text
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", answer.text, re.S)
    found = [re.sub(r'<span class="u">.*?</span>', "", row) for row in found]  # said again for phones
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in found)
    return [[re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", cell)).strip() for cell in row] for row in cells]


@pytest.fixture
def october(gate: Gate) -> Gate:
    """Of ten branches libao reports September and October in time, haian October late; the rest nothing."""
    town = gate.town
    town.ledger.set_clock(at("2018-10-04 10:00"))
    town.report("libao", "2018-09", "2018-10-04 10:00", FIGURES | {"inspected": 1200})
    town.report("libao", "2018-10", "2018-11-02 10:00", FIGURES | {"fines": Decimal("1234.50")})
    town.report("haian", "2018-10", "2018-11-06 08:00")
    town.ledger.set_clock(at("2018-11-06 09:00"))
    return gate


def test_the_board_names_who_is_overdue_with_what_and_since_when(october: Gate) -> None:
    with october.client("coordinator") as client:
        page = client.get(CAMPAIGN)
    said = text(page)
    # September and October of ten branches are due: 3 of 20 came, 2 of them in time.
    assert "3 / 20" in said
    assert "15.0%" in said
    assert "按时率 10.0%" in said
    overdue = said[said.index("逾期未报 ", said.index("逐个查看")) : said.index("各阶段")]
    assert "李堡镇分局" not in overdue
    # Hai'an still owes September, due on 5 October: 32 days.
    assert "海安镇分局 逾期32天 2018年9月专项行动情况月报 ，应于 10月5日（周五）24时前报" in overdue
    assert "11月5日（周一）24时前报" in overdue
    assert f'href="{CAMPAIGN}/u/haian/d/monthly/2018-09"' in page.text


def test_the_board_says_what_falls_due_next_and_what_waits(october: Gate) -> None:
    with october.client("coordinator") as client:
        said = text(client.get(CAMPAIGN))
    assert "待审核 3 去审核" in said
    assert "延期申请 0 没有待答复的" in said
    ahead = said[said.index("即将到期") : said.index("最近收到")]
    assert ahead.index("12月5日（周三）24时前 10个单位未报") < ahead.index("12月31日（周一）24时前")
    assert "1月5日" not in ahead  # December's return comes after November's
    latest = said[said.index("最近收到") :]
    assert latest.index("海安镇分局 11-06 08:00") < latest.index("李堡镇分局 11-02 10:00")


@pytest.mark.parametrize("role", ["leader", "reader"])
def test_a_leader_and_a_reader_see_the_board_without_what_they_may_not_do(october: Gate, role: str) -> None:
    with october.client(role) as client:
        page = client.get(CAMPAIGN)
        assert "去审核" not in page.text
        assert client.get(f"{CAMPAIGN}/review").status_code == 403
        assert client.get(f"{CAMPAIGN}/people").status_code == 403
        units = client.get(f"{CAMPAIGN}/units")
        # A reader sees states, but no unit's returns, so there is no link to lead there.
        assert (f"{CAMPAIGN}/u/libao" in units.text) == (role == "leader")
        assert ("/d/monthly/2018-09" in page.text) == (role == "leader")


@pytest.mark.parametrize("leaf", ["", "/units", "/totals", "/totals/inspected", "/requests", "/documents"])
def test_a_unit_sees_nothing_of_the_campaign_as_a_whole(october: Gate, leaf: str) -> None:
    with october.client("unit") as client:
        page = client.get(CAMPAIGN + leaf)
    assert page.status_code == 403
    assert "李堡" not in page.text


def test_the_matrix_says_each_state_in_words_and_links_to_the_obligation(october: Gate) -> None:
    with october.client("coordinator") as client:
        page = client.get(f"{CAMPAIGN}/units", params={"duty": "monthly"})
    table = {row[0]: row[1:] for row in rows(page)[1:]}
    # Newest first: November, October, September.
    assert table["李堡镇分局"] == ["未到期", "已收", "已收"]
    assert table["海安镇分局"] == ["未到期", "已收（迟报）", "逾期"]
    assert table["角斜镇分局"] == ["未到期", "逾期", "逾期"]
    assert rows(page)[0][1].startswith("2018年11月 专项行动情况月报 12月5日（周三）24时前")
    assert f'href="{CAMPAIGN}/u/jiaoxie/d/monthly/2018-10"' in page.text


def test_the_matrix_shows_only_the_period_group_and_state_asked_for(october: Gate) -> None:
    with october.client("coordinator") as client:
        page = client.get(f"{CAMPAIGN}/units", params={"period": "2018-10", "state": "overdue"})
        late = client.get(f"{CAMPAIGN}/units", params={"state": "late"})
        offices = client.get(f"{CAMPAIGN}/units", params={"group": "offices"})
        nobody = client.get(f"{CAMPAIGN}/units", params={"state": "accepted"})
        wrong = client.get(f"{CAMPAIGN}/units", params={"duty": "nothing", "state": "'", "group": "x"})
    assert [row[0] for row in rows(page)[1:]] == [
        "城东镇分局", "角斜镇分局", "大公镇分局", "曲塘镇分局", "雅周镇分局", "南莫镇分局", "墩头镇分局",
        "白甸镇分局",
    ]  # fmt: skip
    assert rows(late)[1:] == [["海安镇分局", "已收（迟报）"]]
    assert [row[0] for row in rows(offices)[1:]] == ["稽查科"]
    assert "没有符合条件的单位" in nobody.text
    assert len(rows(wrong)) == 12  # ten branches, the office that proposes commendations, and the heading


def test_totals_say_n_of_n_name_who_is_missing_and_do_not_take_missing_for_zero(october: Gate) -> None:
    with october.client("reader") as client:
        page = client.get(f"{CAMPAIGN}/totals", params={"duty": "monthly", "period": "2018-10"})
    table = {row[0]: row[1:] for row in rows(page)}
    missing = "城东分局、角斜分局、大公分局、曲塘分局、雅周分局、南莫分局、墩头分局、白甸分局"
    # libao 30 + haian 30; fines 1234.50 + 3.25, written with a separator.
    assert table["检查互联网药品经营主体"] == ["家次", "60", "2/10", missing]
    assert table["罚没金额"] == ["万元", "1,237.75", "2/10", missing]


def test_totals_of_all_periods_count_the_returns_whose_time_has_come(october: Gate) -> None:
    with october.client("reader") as client:
        page = client.get(f"{CAMPAIGN}/totals", params={"duty": "monthly"})
    table = {row[0]: row[1:] for row in rows(page)}
    # 1,200 + 30 + 30 of three returns, of twenty due by now; sellers is a stock: libao 12 + haian 12.
    assert table["检查互联网药品经营主体"][:3] == ["家次", "1,260", "3/20"]
    assert table["辖区互联网药品经营主体（期末数）"][:3] == ["家", "24", "3/20"]


def test_totals_by_superior_stand_beside_the_whole(october: Gate) -> None:
    october.town.report("baidian", "2018-10", "2018-11-06 09:00", FIGURES | {"inspected": 7})
    with october.client("reader") as client:
        page = client.get(
            f"{CAMPAIGN}/totals", params={"duty": "monthly", "period": "2018-10", "by": "parent"}
        )
    heading, *body = rows(page)
    table = {row[0]: row for row in body}
    # baidian alone stands below nanmo.
    assert heading[2:5] == ["合计", "其他", "南莫镇分局"]
    assert table["检查互联网药品经营主体"][2:5] == ["67", "60", "7"]


def test_a_number_leads_to_the_units_figures_and_to_the_version_as_sent(october: Gate) -> None:
    params = {"duty": "monthly", "period": "2018-10"}
    with october.client("coordinator") as client:
        totals = client.get(f"{CAMPAIGN}/totals", params=params)
        assert f'href="{CAMPAIGN}/totals/inspected?duty=monthly&amp;period=2018-10"' in totals.text
        page = client.get(f"{CAMPAIGN}/totals/inspected", params=params)
        assert f'href="{CAMPAIGN}/u/libao/d/monthly/2018-10/v/1"' in page.text
        assert client.get(f"{CAMPAIGN}/totals/nothing", params=params).status_code == 403
        assert client.get(f"{CAMPAIGN}/totals/inspected", params={"duty": "x"}).status_code == 403
    table = {row[0]: row[1:3] for row in rows(page)}
    assert table["李堡镇分局"] == ["30", "已收"]
    assert table["角斜镇分局"] == ["未计入", "逾期"]


def test_the_drafted_documents_of_a_period_can_be_downloaded(october: Gate) -> None:
    with october.client("leader") as client:
        listed = client.get(f"{CAMPAIGN}/documents")
        workbook = client.get(f"{CAMPAIGN}/documents/monthly/2018-10/workbook.xlsx")
        summary = client.get(f"{CAMPAIGN}/documents/monthly/2018-10/summary.html")
        ahead = client.get(f"{CAMPAIGN}/documents/monthly/2018-11/workbook.xlsx")
        odd = client.get(f"{CAMPAIGN}/documents/monthly/2018-10/plan.yaml")
    assert [row[0] for row in rows(listed)[1:]] == ["2018年10月", "2018年9月"]
    assert workbook.content.startswith(b"PK")
    assert "attachment" in workbook.headers["Content-Disposition"]
    assert "应报10个单位，已报2个" in summary.text
    assert (ahead.status_code, odd.status_code) == (403, 403)


def test_no_page_on_a_phone_needs_sideways_scrolling(october: Gate, visit: Callable[..., Page]) -> None:
    for leaf in ("", "/units", "/totals", "/review", "/requests", "/people"):
        page = visit("coordinator", CAMPAIGN + leaf, phone=True)
        assert page.locator("body").evaluate("b => b.scrollWidth") <= 390, leaf
