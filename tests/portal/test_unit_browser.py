"""A liaison with a phone, and one without a mouse: in a real browser, without JavaScript."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, FilePayload, Page

from duban.access.roles import Role
from duban.ledger import tables as t
from duban.settings import ZONE
from tests.portal.conftest import PHONE
from tests.support.gate import Gate
from tests.support.harbour import HARBOUR, hazard
from tests.support.quay import Quay, quay
from tests.support.town import FIGURES

OWING = "/c/haian-2018/u/baidian"
MONTHLY = f"{OWING}/d/monthly/2018-10"


def fill(page: Page) -> None:
    """Type October's figures."""
    for code, value in FIGURES.items():
        page.fill(f"#cells-{code}", str(value))


def is_within(page: Page) -> bool:
    """Whether nothing sticks out of the screen sideways."""
    box = page.locator("body").bounding_box()
    wide = page.locator("main").bounding_box()
    return box is not None and wide is not None and wide["width"] <= box["width"] <= 390


def test_a_liaison_reports_from_a_phone_in_a_few_taps(gate: Gate, visit: Callable[..., Page]) -> None:
    page = visit("nobody", gate.link("baidian"), phone=True)
    assert page.url.endswith(OWING)
    assert is_within(page)
    page.click("text=填报 >> nth=1")
    assert page.url.endswith(MONTHLY)
    fill(page)
    page.fill("#cells-clues_police", "12")
    page.click("form#form button:text-is('报送')")
    assert page.locator("#summary h2").inner_text() == "没有报送：请更正1处"
    page.click("#summary a")
    assert page.locator("#cells-clues_police:focus").count() == 1
    assert page.locator("#cells-clues_police").get_attribute("aria-invalid") == "true"
    page.fill("#cells-clues_police", "2")
    page.click("form#form button:text-is('报送')")
    assert page.url.endswith(f"{MONTHLY}/v/1/receipt")
    assert page.locator("h1").inner_text() == "报送回执"
    assert is_within(page)
    page.click("text=回到应报事项")
    assert "现在要报（1项）" in page.locator("#now").inner_text()


def test_a_wrong_workbook_is_corrected_and_its_receipt_prints_on_one_page(
    gate: Gate, visit: Callable[..., Page], tmp_path: Path
) -> None:
    page = visit("unit", MONTHLY, phone=True)
    with page.expect_download() as loading:
        page.click("text=下载工作簿")
    book = openpyxl.load_workbook(io.BytesIO(loading.value.path().read_bytes()))
    sheet, path = book["填报"], tmp_path / "十月.xlsx"
    cells = {str(row[5].value): row[3] for row in sheet.iter_rows(min_row=2) if row[5].value}
    for code, value in FIGURES.items():
        cells[code].value = value
    cells["clues"].value = "九条"
    book.save(path)
    page.set_input_files("#workbook-file", path)
    page.click("text=上传并报送")
    said = page.locator("#upload-problems").inner_text()
    assert f"填报!{cells['clues'].coordinate}" in said
    assert "九条" in said
    cells["clues"].value = 9
    book.save(path)
    page.set_input_files("#workbook-file", path)
    page.click("text=上传并报送")
    assert page.url.endswith(f"{MONTHLY}/v/2/receipt")
    paper = page.pdf(format="A4")
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 1
    page.emulate_media(media="print")
    assert page.locator("article.receipt").is_visible()
    assert not page.locator("header.top").is_visible()
    assert not page.locator("text=回到应报事项").is_visible()


def test_the_form_is_filled_in_and_sent_by_keyboard_alone(visit: Callable[..., Page], gate: Gate) -> None:
    page = visit("unit", MONTHLY)
    page.keyboard.press("Tab")
    assert page.locator(".skip:focus").count() == 1
    page.keyboard.press("Enter")
    while page.locator("#zero:focus").count() == 0:
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for code, value in (("sellers", "12"), ("cases_open", "0")):
        while page.locator(f"#cells-{code}:focus").count() == 0:
            page.keyboard.press("Tab")
        page.keyboard.type(value)
    page.keyboard.press("Enter")  # checks, and does not send
    page.wait_for_selector("text=检查完毕，没有发现问题")
    assert gate.town.count(t.submission) == 0
    while page.locator("form#form button:text-is('报送'):focus").count() == 0:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{MONTHLY}/v/1/receipt")
    assert "零报告" in page.locator("article.receipt").inner_text()


def test_every_control_has_a_name_and_headings_come_in_order(visit: Callable[..., Page]) -> None:
    for path in (OWING, MONTHLY, f"{OWING}/d/major-case/new"):
        page = visit("unit", path)
        for control in page.locator("input:not([type=hidden]), select, textarea").all():
            if control.get_attribute("aria-label"):
                continue
            assert page.locator(f'label[for="{control.get_attribute("id")}"]').count() == 1
        levels = [int(h.evaluate("h => h.tagName[1]")) for h in page.locator("h1,h2,h3").all()]
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Quay]:
    """The harbour on 1 March 2024, a hazard of January still open at the east station."""
    with quay(tmp_path, "2024-03-01 09:00") as made:
        made.harbour.hazards("east", "2024-01", "2024-03-01 09:00", hazard("甲"), hazard("乙", "已整改"))
        yield made


def at_station(browser: Browser, harbour: Quay, path: str, unit: str = "east") -> Page:
    """A station's liaison at a phone."""
    context = browser.new_context(
        viewport=PHONE, locale="zh-CN", timezone_id=ZONE.key, base_url=harbour.url,  # type: ignore[arg-type]
        java_script_enabled=False,
    )  # fmt: skip
    context.add_cookies([{"name": "duban", "value": harbour.token(unit), "url": harbour.url}])
    page = context.new_page()
    page.goto(f"/c/{HARBOUR}/u/{unit}{path}")
    return page


def test_a_register_carries_its_open_rows_and_grows(browser: Browser, harbour: Quay) -> None:
    page = at_station(browser, harbour, "/d/hazards/2024-02")
    assert page.locator("#rows-0-place").inner_text() == "甲"
    assert page.locator("input[name='rows.0.place']").get_attribute("type") == "hidden"  # not to be changed
    assert page.locator("select#rows-0-state").input_value() == "整改中"
    before = page.locator("table.register tbody tr").count()
    page.fill("#cells-visits", "3")
    page.click("text=再加5行")
    assert page.locator("table.register tbody tr").count() == before + 5
    assert page.locator("#cells-visits").input_value() == "3"
    page.select_option("#rows-0-state", "已整改")
    page.fill("#rows-2-place", "丙")
    page.fill("#rows-2-hazard", "堆放")
    page.select_option("#rows-2-level", "重大")
    page.select_option("#rows-2-state", "整改中")
    page.fill("#signed-filler", "填报员")
    page.fill("#signed-head", "站长")
    page.click("form#form button:text-is('报送')")
    assert page.locator("#summary a").get_attribute("href") == "#rows-2-found"
    assert page.locator("#summary a").inner_text().startswith("第3行")
    page.fill("#rows-2-found", "2024-02-20")
    page.click("form#form button:text-is('报送')")
    assert page.url.endswith("/v/1/receipt")
    assert harbour.harbour.carried("east", "2024-03", "2024-04-01 09:00") == ["丙|堆放"]


def test_a_day_typed_as_an_office_writes_it_stays_and_is_read(harbour: Quay) -> None:
    import httpx

    here = f"/c/{HARBOUR}/u/east/d/summary/-"
    with httpx.Client(base_url=harbour.url, cookies={"duban": harbour.token("east")}) as client:
        client.headers["Origin"] = harbour.url
        page = client.get(here).text
        csrf = page.split('name="csrf" value="')[1].split('"')[0]
        typed = {
            "csrf": csrf, "do": "check", "cells.ships": "3", "cells.ships_big": "3", "cells.report": "总结",
            "cells.finished": "2019年6月21日",
        }  # fmt: skip
        answer = client.post(here, data=typed).text
    assert (
        'type="text" autocomplete="off" id="cells-finished" name="cells.finished" value="2019年6月21日"'
        in answer
    )
    assert 'id="cells-finished-said' not in answer
    assert "典型案例" in answer
    assert "至少2份" in answer


def test_personal_answers_are_for_the_unit_itself_and_the_coordinator(
    browser: Browser, harbour: Quay
) -> None:
    page = at_station(browser, harbour, "/d/liaison/-")
    for code, said in (("name", "联络员甲"), ("position", "站务"), ("phone", "0000")):
        page.fill(f"#cells-liaison_{code}", said)
    page.fill("#cells-liaison_email", "liaison@harbour.example")
    page.fill("#cells-deputies", "1")
    page.click("form#form button:text-is('报送')")
    assert page.url.endswith("/v/1/receipt")
    here = f"/c/{HARBOUR}/u/east/d/liaison/-/v/1"
    allowed: dict[Role, int] = {"coordinator": 200, "leader": 403}
    for role, status in allowed.items():
        with harbour.officer(role) as client:
            assert ("联络员甲" in client.get(here).text) == (status == 200)
            assert "联络员甲" not in client.get(f"{here}/receipt").text
            assert client.get(f"{here}/file").status_code == status


def test_one_more_than_a_quota_wants_is_offered_and_taken(browser: Browser, harbour: Quay) -> None:
    brief = FilePayload(name="简报.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n1")
    page = at_station(browser, harbour, "/d/briefs/2024-03?subject=1")
    assert page.locator("h1").inner_text() == "2024年3月简报（第1期）"
    page.set_input_files("#files-brief", brief)
    page.click(".send button:text-is('报送')")
    assert "/v/1/receipt" in page.url
    page.goto(f"/c/{HARBOUR}/u/east/d/briefs/2024-03?subject=1")
    page.click("text=本期再报一期")
    assert page.locator("h1").inner_text() == "2024年3月简报（第3期）"
    page.set_input_files("#files-brief", brief)
    page.click(".send button:text-is('报送')")
    assert "没有固定时限" in page.locator("article.receipt").inner_text()


def test_a_receipt_names_who_gets_a_copy_and_what_it_meets_besides(browser: Browser, harbour: Quay) -> None:
    page = at_station(browser, harbour, "/d/summary/-")
    for code, said in (("ships", "3"), ("ships_big", "2"), ("ships_small", "1"), ("report", "总结")):
        page.fill(f"#cells-{code}", said)
    for kind, count in (("cases", 2), ("decisions", 2)):
        files = [
            FilePayload(
                name=f"{kind}{n}.pdf", mimeType="application/pdf", buffer=f"%PDF-1.4 {kind}{n}".encode()
            )
            for n in range(count)
        ]
        page.set_input_files(f"#files-{kind}", files)
    page.click(".send button:text-is('报送')")
    said = page.locator("article.receipt").inner_text()
    assert "上级局" in said
    assert "总结抄送" in said
    assert "cases0.pdf、cases1.pdf、decisions0.pdf、decisions1.pdf" in said
