"""The telephone list in the portal: who sees what of it, and the form that logs a call."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from duban.ledger import tables as t
from duban.services.called import calls_made
from duban.telephone import Logged
from tests.portal.test_coordinator_board import CAMPAIGN, rows, text
from tests.portal.test_coordinator_review import post
from tests.support.gate import NOW, Gate
from tests.support.town import BRANCHES, HAIAN, at

CALLS = f"{CAMPAIGN}/calls"
SAID = {
    "unit": "baidian", "outcome": "promised", "until": "2018-11-07", "person": "联络员甲", "note": "正在汇总",
    "called_at": "2018-11-06T08:55",
}  # fmt: skip


@pytest.fixture
def late(gate: Gate) -> Gate:
    """On the morning of 6 November all but baidian and libao have reported September and October; baidian
    owes both months, libao October's."""
    for unit in set(BRANCHES) - {"baidian"}:
        gate.town.report(unit, "2018-09", "2018-10-04 09:00")
    for unit in set(BRANCHES) - {"baidian", "libao"}:
        gate.town.report(unit, "2018-10", "2018-11-05 09:00")
    row = {
        "campaign": HAIAN, "unit": "baidian", "rank": 0, "name": "联络员甲", "position": "内勤",
        "phone": "000-0000110", "channel": None, "address": None,
    }  # fmt: skip
    with gate.town.ledger.write(as_of=at("2018-11-05 10:00")) as w:
        row["submission"] = w.conn.scalars(select(t.submission.c.id)).first()
        w.conn.execute(t.liaison.insert(), row)
    gate.town.ledger.set_clock(at(NOW))
    return gate


def logged(gate: Gate) -> list[Logged]:
    """The calls on record."""
    with gate.town.ledger.read() as conn:
        return calls_made(conn, gate.town.plan, gate.office.now())


def test_the_list_says_who_owes_what_and_whom_to_ask_for(late: Gate) -> None:
    with late.client("coordinator") as client:
        page = client.get(CALLS)
        board = client.get(CAMPAIGN)
    head, baidian, libao = rows(page)[:3]
    assert head == ["序号", "单位", "欠报事项", "找谁、电话", "此前催报", "本次通话"]
    # due on 5 October and on 5 November, so 32 days and one
    assert baidian[1] == "白甸镇分局 逾期32天"
    assert "2018年9月专项行动情况月报，应于10月5日（周五）24时前报" in baidian[2]
    assert "2018年10月专项行动情况月报，应于11月5日（周一）24时前报" in baidian[2]
    assert "联络员甲 （内勤） 000-0000110" in baidian[3]
    assert 'href="tel:000-0000110"' in page.text
    assert libao[1] == "李堡镇分局 逾期1天"
    assert "没有登记联络员" in libao[3]
    assert "libao@haian.example" in libao[3]
    assert f'href="{CALLS}"' in board.text


def test_a_logged_call_stands_in_the_list_and_in_the_trails_of_what_was_owed(late: Gate) -> None:
    answer = post(late, "coordinator", CALLS, **SAID)
    assert answer.headers["Location"] == f"{CALLS}?did=baidian"
    (call,) = logged(late)
    assert (call.by, call.outcome, call.until, call.person, call.note, call.called_at) == (
        "稽查科", "promised", at("2018-11-08 00:00"), "联络员甲", "正在汇总", at("2018-11-06 08:55"),
    )  # fmt: skip
    with late.client("coordinator") as client:
        page = client.get(answer.headers["Location"])
        october, september = (
            text(client.get(f"{CAMPAIGN}/u/baidian/d/monthly/{period}/trail"))
            for period in ("2018-10", "2018-09")
        )
    assert "已记录对白甸镇分局的催报电话" in text(page)
    assert "已答应，未到期" in rows(page)[1][1]
    assert "答应11月7日（周三）24时前报送" in rows(page)[1][4]
    step = "电话催报 稽查科 答应11月7日（周三）24时前报送，通话 2018-11-06 08:55，接话人联络员甲：正在汇总"
    assert step in october
    assert step in september


def test_the_same_form_sent_twice_logs_one_call(late: Gate) -> None:
    for _ in range(2):
        assert post(late, "coordinator", CALLS, **SAID).status_code == 303
    assert len(logged(late)) == 1


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"outcome": ""}, "outcome", "请选定通话结果"),
        ({"outcome": "hung-up"}, "outcome", "请选定通话结果"),
        ({"until": ""}, "until", "答应报送的，须写明哪天以前"),
        ({"until": "2018-11-05"}, "until", "答应报送的日期已经过去"),
        ({"outcome": "told"}, "until", "其他结果不写日期"),
        ({"called_at": "2018-11-06"}, "called_at", "请填写通话的日期和时间"),
        ({"called_at": "2018-11-06T23:55"}, "called_at", "晚于现在"),
        ({"note": "忙" * 501}, "note", "答复最多500个字"),
        ({"person": "周" * 41}, "person", "接话人最多40个字"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_entered_stays(
    late: Gate, wrong: dict[str, str], field: str, said: str
) -> None:
    answer = post(late, "coordinator", CALLS, **SAID | wrong)
    assert answer.status_code == 422
    assert said in answer.text.split(f'id="call-baidian-{field}-error">')[1].split("</p>")[0]
    assert f'href="#call-baidian-{field}"' in answer.text
    assert (SAID | wrong)["note"] in answer.text
    assert answer.text.count('<details class="screen" open>') == 1
    assert logged(late) == []


def test_a_unit_that_is_not_there_is_refused(late: Gate) -> None:
    assert post(late, "coordinator", CALLS, **SAID | {"unit": "atlantis"}).status_code == 403
    assert logged(late) == []


@pytest.mark.parametrize("role", ["leader", "reviewer", "reader"])
def test_who_does_not_decide_sees_no_people_no_numbers_and_no_answers(late: Gate, role: str) -> None:
    post(late, "coordinator", CALLS, **SAID)
    with late.client(role) as client:
        page = client.get(CALLS)
    assert "白甸镇分局" in page.text
    assert "答应11月7日（周三）24时前报送" in page.text
    for secret in ("联络员甲", "000-0000110", "正在汇总", "libao@haian.example", 'name="outcome"'):
        assert secret not in page.text


def test_the_unit_reads_that_it_was_rung_and_not_what_was_noted(late: Gate) -> None:
    post(late, "coordinator", CALLS, **SAID)
    with late.client("unit") as client:
        assert client.get(CALLS).status_code == 403
        trail = text(client.get(f"{CAMPAIGN}/u/baidian/d/monthly/2018-10/trail"))
    assert "电话催报 稽查科 答应11月7日" in trail
    assert "正在汇总" not in trail


def test_when_all_have_reported_there_is_nobody_to_ring(gate: Gate) -> None:
    gate.town.ledger.set_clock(at("2018-09-20 09:00"))
    with gate.client("coordinator") as client:
        assert "没有逾期未报的单位，不用打电话" in client.get(CALLS).text


def test_on_paper_there_is_a_column_to_write_in_and_no_form(late: Gate, visit: Callable[..., Page]) -> None:
    page = visit("coordinator", CALLS)
    assert not page.locator("td .line").first.is_visible()
    assert page.locator("td details").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator("td .line").first.is_visible()
    assert not page.locator("td details").first.is_visible()
    assert page.locator("p.paper", has_text="催报人").is_visible()


def test_a_call_is_logged_on_a_telephone(late: Gate, visit: Callable[..., Page]) -> None:
    page = visit("coordinator", CALLS, phone=True)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) <= 390
    page.get_by_text("记下通话：白甸镇分局").click()
    page.locator("#call-baidian-outcome").select_option("no-answer")
    page.locator("details[open] button").click()
    assert "已记录对白甸镇分局的催报电话" in page.inner_text("main")
    assert "无人接听" in page.inner_text("main")
    assert [x.called_at for x in logged(late)] == [at(NOW)]
