"""A unit's page of how it is reached: who is told, who stands in, which channel comes first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from duban.access.links import Link, signed
from duban.calendars import to_micros
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.services import admitting
from duban.services.deputising import Deputy, deputies, preference
from tests.portal.test_coordinator_board import CAMPAIGN, text
from tests.portal.test_coordinator_people import acts
from tests.portal.test_coordinator_review import post
from tests.support.gate import SECRET, Gate, plain_client
from tests.support.gate import gate as opened
from tests.support.pier import PIER, Pier, at
from tests.support.town import HAIAN

PAGE = f"{CAMPAIGN}/u/baidian/contacts"
"""Of a branch that a chat reaches, and a mailbox where the chat fails."""
NAMED = {
    "act": "deputy", "name": "代理甲", "phone": "0000-1", "channel": "email",
    "address": "daili@haian.example", "since": "2018-11-06", "until": "2018-11-09",
}  # fmt: skip


def named(gate: Gate) -> list[Deputy]:
    with gate.town.ledger.read() as conn:
        return deputies(conn, HAIAN, "baidian")


def first_told(gate: Gate) -> str:
    of, c = t.contact_of.c, t.contact.c
    mine = (of.campaign == HAIAN) & (of.recipient == "unit:baidian") & (of.rank == 0)
    with gate.town.ledger.read() as conn:
        return str(conn.scalars(select(c.address).join(t.contact_of, of.contact == c.id).where(mine)).one())


def test_the_way_there_is_on_the_page_of_what_is_owed(visit: Callable[..., Page]) -> None:
    page = visit("unit", f"{CAMPAIGN}/u/baidian", phone=True)
    page.get_by_role("link", name="联络方式和代理").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("白甸镇分局联络方式")
    page.get_by_role("link", name="白甸镇分局应报事项").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("白甸镇分局应报事项")


def test_addresses_are_masked_for_everybody_and_a_look_changes_nothing(gate: Gate) -> None:
    for role in ("unit", "coordinator", "leader", "parent"):
        with gate.client(role) as client:
            said = text(client.get(PAGE))
        assert "首先发给 名册登记 系统接口 b***" in said
        assert "不通时依次改发 名册登记 邮箱 bai***@haian.example" in said
        assert "baidian@haian.example" not in said
        assert "登记的渠道有变动的，请与稽查科联系" in said  # Hai'an asks for no return of liaisons
    assert acts(gate, HAIAN) == []


def test_a_deputy_is_named_by_the_unit_and_hears_from_the_first_day_on(gate: Gate) -> None:
    answer = post(gate, "unit", PAGE, **NAMED)
    assert answer.headers["Location"] == f"{PAGE}?did=deputy"
    assert first_told(gate) == "daili@haian.example"
    assert acts(gate, HAIAN) == [("deputy", "baidian 1 2018-11-06 2018-11-09", "白甸镇分局")]
    with gate.client("unit") as client:
        said = text(client.get(answer.headers["Location"]))
    assert "已登记代理。" in said
    assert "首先发给 代理（至11月9日） 代理甲 邮箱 dai***@haian.example" in said
    assert "11月6日（周二）至11月9日（周五） 代理中" in said


def test_only_who_reports_for_the_unit_sees_names_and_numbers_and_may_change_them(gate: Gate) -> None:
    post(gate, "unit", PAGE, **NAMED)
    for role in ("leader", "reviewer", "superior", "parent"):
        with gate.client(role) as client:
            page = client.get(PAGE).text
        assert "dai***@haian.example" in page
        for hidden in ("代理甲", "0000-1", "daili@haian.example", '<form method="post" action="/c/'):
            assert hidden not in page, (role, hidden)
        assert post(gate, role, PAGE, act="undeputy", n="1").status_code == 403
    assert len(named(gate)) == 1


def test_a_deputy_is_taken_out_and_forgotten(gate: Gate) -> None:
    assert gate.token("unit")  # the liaison is there before there is a deputy
    post(gate, "coordinator", PAGE, **NAMED)
    answer = post(gate, "unit", PAGE, act="undeputy", n="1")
    assert answer.headers["Location"] == f"{PAGE}?did=undeputy"
    assert named(gate) == []
    assert first_told(gate) == "baidian"
    assert [(kind, by) for kind, _, by in acts(gate, HAIAN)] == [
        ("deputy", "稽查科"), ("undeputy", "白甸镇分局"),
    ]  # fmt: skip
    again = post(gate, "unit", PAGE, act="undeputy", n="1")
    assert again.status_code == 422
    assert "没有编号为1的代理" in again.text


def test_a_system_of_the_campaign_is_no_channel_of_a_deputy(gate: Gate) -> None:
    """Three branches of Hai'an are told by webhook; deputies are told by mail alone, so none is chosen."""
    with gate.client("unit") as client:
        assert 'id="deputy-channel"' not in client.get(PAGE).text
    answer = post(gate, "unit", PAGE, **(NAMED | {"channel": "webhook", "address": "169.254.0.1"}))
    assert answer.status_code == 422
    assert "不能用渠道“webhook”" in answer.text


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": ""}, "name", "请写明代理人的姓名"),
        ({"name": "某" * 41}, "name", "姓名最多40个字"),
        ({"phone": "0" * 31}, "phone", "电话最多30个字"),
        ({"address": "daili"}, "address", "邮箱地址写法不对"),
        ({"since": ""}, "since", "请选定日期"),
        ({"until": "2018-11-31"}, "until", "请选定日期"),
        ({"until": "2018-11-05"}, "until", "代理的最后一天不能早于第一天"),
        ({"since": "2018-11-01", "until": "2018-11-05"}, "until", "代理的日子已经过去"),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_what_was_entered(
    gate: Gate, wrong: dict[str, str], field: str, words: str
) -> None:
    answer = post(gate, "unit", PAGE, **(NAMED | wrong))
    assert answer.status_code == 422
    said = re.search(rf'id="deputy-{field}-error">([^<]+)<', answer.text)
    assert said
    assert words in said[1]
    assert f'href="#deputy-{field}"' in answer.text
    if field != "phone":
        assert 'value="0000-1"' in answer.text
    assert "<details open>" in answer.text
    assert named(gate) == []
    assert acts(gate, HAIAN) == []


def test_a_channel_is_preferred_and_given_up_again(gate: Gate, visit: Callable[..., Page]) -> None:
    page = visit("unit", PAGE, phone=True)
    expect(page.get_by_label("不指定，按上面的次序")).to_be_checked()
    page.get_by_label("邮箱", exact=True).check()
    page.get_by_role("button", name="更改首选渠道").click()
    expect(page.get_by_role("status")).to_have_text("已更改首选渠道。")
    expect(page.get_by_label("邮箱", exact=True)).to_be_checked()
    assert first_told(gate) == "baidian@haian.example"
    page.get_by_label("不指定，按上面的次序").check()
    page.get_by_role("button", name="更改首选渠道").click()
    with gate.town.ledger.read() as conn:
        assert preference(conn, HAIAN, "baidian") is None
    assert first_told(gate) == "baidian"


@pytest.mark.parametrize(("channel", "words"), [("", "请选定一种"), ("sms", "不能用渠道“sms”")])
def test_a_channel_that_is_none_of_the_units_is_refused(gate: Gate, channel: str, words: str) -> None:
    answer = post(gate, "unit", PAGE, act="prefer", channel=channel)
    assert answer.status_code == 422
    assert 'id="prefer-channel-error">' in answer.text
    assert words in answer.text


def test_a_form_without_its_token_or_with_another_act_does_nothing(gate: Gate) -> None:
    with gate.client("unit") as client:
        assert client.post(PAGE, data=NAMED).status_code == 403
    assert post(gate, "unit", PAGE, act="give").status_code == 403
    assert named(gate) == []


# ---- where a return names the liaisons -----------------------------------------------------------


@pytest.fixture
def pier(tmp_path: Path) -> Iterator[tuple[Gate, Pier]]:
    """The pier's portal on 12 December 2018, its eastern station with two liaisons."""
    url = f"sqlite:///{tmp_path}/pier.sqlite"
    ledger = open_ledger(url, kind="virtual")
    made = Pier(ledger)
    made.deploy()
    made.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    ledger.close()
    with opened(url, tmp_path, "2018-12-12 09:00") as gate:
        yield gate, Pier(gate.office.ledger)


def station(gate: Gate, pier: Pier, name: str) -> httpx.Client:
    """Somebody of the eastern station, in by their link."""
    link = Link(PIER, "east", pier.contact(name), 0, to_micros(at("2019-01-31 00:00")))
    token = admitting.enter_by_link(gate.office.ledger, SECRET, signed(SECRET, link))
    assert token
    return plain_client(gate.url, cookies={"duban": token}, headers={"Origin": gate.url})


def test_each_liaison_and_the_head_see_who_else_hears_and_where_liaisons_are_named(
    pier: tuple[Gate, Pier],
) -> None:
    said: dict[str, Any] = {}
    for name in ("jia", "yi", "chief"):
        with station(*pier, name) as client:
            page = client.get(f"/c/{PIER}/u/east/contacts")
        said[name] = text(page)
        assert "首先发给 联络员 jia站员 邮箱 j***@pier.example" in said[name]
        assert "同时发给 联络员 yi站员 邮箱 y***@pier.example" in said[name]
        assert "不通时依次改发 名册登记 邮箱 eas***@pier.example 名册登记 企业微信 e***" in said[name]
        assert "督办函发给 负责人 邮箱 chi***@pier.example 分管领导 邮箱 dir***@pier.example" in said[name]
        assert f'<a href="/c/{PIER}/u/east/d/liaison/-">“联络员”</a>' in page.text
    assert said["jia"] == said["yi"] == said["chief"]
