"""What waits for a person before it leaves: the page that shows it, answers, the badge, circulars by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from duban.ledger import tables as t
from duban.plan import Plan
from duban.rehearsal import PaperTransport
from duban.services.approving import answer
from duban.services.campaigns import deployed_plan
from duban.services.delivering import deliver
from duban.services.previewing import preview
from duban.services.proposing import Proposal, proposals
from duban.services.watching import standing_of
from tests.portal.test_coordinator_board import CAMPAIGN, rows, text
from tests.support.approvals import LATE, NOW, make, morning
from tests.support.gate import Gate
from tests.support.post import world
from tests.support.town import BRANCHES, HAIAN, at

APPROVALS = f"{CAMPAIGN}/approvals"
CIRCULAR = f"{CAMPAIGN}/circular"


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three orange letters wait, to be copied."""
    return make(tmp_path_factory.mktemp("approvals") / "ledger.sqlite")


@pytest.fixture
def gate(ready: Path, tmp_path: Path) -> Iterator[Gate]:
    """The portal on the morning of 12 November; its browsers go there too."""
    with morning(ready, tmp_path) as made:
        yield made


def laid(gate: Gate, *, open_only: bool = True) -> dict[str, Proposal]:
    """What was laid before a person, by unit and kind."""
    with gate.town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        found = proposals(conn, plan, gate.office.now(), open_only=open_only)
    return {f"{x.unit} {x.kind}".strip(): x for x in found}


def letters(gate: Gate) -> list[str]:
    """Whom orange and red letters were decided for."""
    m = t.message.c
    with gate.town.ledger.read() as conn:
        found = conn.scalars(select(m.recipient).where(m.kind.in_(("orange", "red"))).order_by(m.recipient))
        return list(found)


def page(gate: Gate, role: str = "coordinator", path: str = APPROVALS) -> httpx.Response:
    with gate.client(role) as client:
        return client.get(path)


def post(gate: Gate, role: str, path: str, /, **form: object) -> httpx.Response:
    with gate.client(role) as client:
        return client.post(path, data={"csrf": gate.csrf(role), **form})


def badge(answer: httpx.Response) -> int:
    """The number on the navigation."""
    found = re.search(r'<span class="badge">(\d+)', answer.text)
    return int(found[1]) if found else 0


def test_each_letter_says_what_is_overdue_since_when_and_what_was_sent_about_it(gate: Gate) -> None:
    found = text(page(gate))
    assert "待批准 3 件" in found
    # Due on Monday 5 November: seven days. On the 8th blue took the place of the chase.
    said = "橙色督办 2018年10月专项行动情况月报 应于11月5日（周一）24时前报， 已逾期7天 。"
    assert found.count(said) == 2
    assert found.count("此前：催报 11-06，蓝色督办 11-08，催报 11-12") == 2
    assert found.index("李堡镇分局") < found.index("曲塘镇分局") < found.index("雅周镇分局")


def test_a_partner_is_asked_and_not_supervised(gate: Gate) -> None:
    mine = text(page(gate)).split("雅周镇分局 ", 1)[1]
    assert mine.startswith("橙色商请 2018年10月专项行动情况月报")
    assert "此前：催报 11-06，蓝色商请 11-08" in mine
    assert "督办" not in mine.split("批准勾选的")[0]


def test_the_letter_that_is_shown_is_the_letter_that_leaves(gate: Gate) -> None:
    mine = laid(gate)["libao orange"]
    with gate.town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        stands = {mine.obligation: standing_of(conn, plan, mine.obligation, at(NOW))}
        (shown,) = preview(conn, gate.office.texts, plan, [mine], stands, at(NOW))
    found = page(gate).text
    assert shown.subject in found
    assert shown.body in found
    assert post(gate, "coordinator", APPROVALS, approve=mine.id).status_code == 303
    paper = PaperTransport()
    deliver(gate.town.ledger, paper, gate.office.texts, owner="test", as_of=at("2018-11-12 09:30"))
    (sent,) = [p for p in paper.parcels if p.address == "head-libao@haian.example"]
    assert (sent.subject, sent.plain.strip()) == (shown.subject, shown.body)
    # Red would follow on Monday the 19th: the working day before it.
    assert "请安排有关人员于11月16日（周五）24时前补报" in shown.body


def test_a_campaigns_own_words_are_what_is_shown(gate: Gate) -> None:
    mine = laid(gate)["libao orange"]
    with gate.town.ledger.read() as conn:
        own = (("templates/messages/escalation-subject.txt", "关于{{ unit }}的督办函"),)
        there = deployed_plan(conn, HAIAN)
        plan = Plan(file=there.file, units=there.units, forms=there.forms, templates=own)
        stands = {mine.obligation: standing_of(conn, plan, mine.obligation, at(NOW))}
        (shown,) = preview(conn, gate.office.texts, plan, [mine], stands, at(NOW))
    assert shown.subject == "关于李堡镇分局的督办函"
    assert shown.body.startswith("李堡镇分局负责人：")


def test_an_approved_letter_goes_to_the_head_and_stands_among_the_answered_ones(gate: Gate) -> None:
    mine = laid(gate)["libao orange"]
    done = post(gate, "coordinator", APPROVALS, approve=mine.id)
    assert done.headers["Location"] == f"{APPROVALS}?did=approve&n=1"
    assert letters(gate) == ["head:libao"]
    after = page(gate, path=done.headers["Location"])
    assert "已批准1件，正在发出。" in after.text
    assert re.search(
        r"已答复 李堡镇分局 2018年10月专项行动情况月报 橙色督办 稽查科于 2018-11-12 09:1\d 批准", text(after)
    )
    trail = text(page(gate, path=f"{CAMPAIGN}/u/libao/d/monthly/2018-10/trail"))
    assert trail.index("批准（橙色督办）") < trail.index("发出通知（橙色督办）")


def test_of_several_ticks_the_stale_one_harms_no_other(gate: Gate) -> None:
    before = laid(gate)
    gate.town.report("qutang", "2018-10", "2018-11-12 09:12")
    gate.town.ledger.set_clock(at("2018-11-12 09:13"))
    picks = [before[f"{unit} orange"].id for unit in LATE]
    done = post(gate, "coordinator", APPROVALS, ticked="1", pick=picks)
    assert done.status_code == 409
    assert letters(gate) == ["head:libao", "head:yazhou"]
    assert "已批准 2 件，正在发出。" in done.text
    assert "以下一件没有作改动：" in done.text
    fell = "曲塘镇分局　2018年10月专项行动情况月报　橙色督办"
    assert f"<li>{fell}：情况已有变化" in done.text
    assert f"<li>{fell}：该单位已经报送</li>" in done.text


def test_all_ticks_in_one_go(gate: Gate) -> None:
    picks = [x.id for x in laid(gate).values()]
    done = post(gate, "coordinator", APPROVALS, ticked="1", pick=[*picks, picks[0]])
    assert done.headers["Location"] == f"{APPROVALS}?did=approve&n=3"
    assert letters(gate) == ["head:libao", "head:qutang", "head:yazhou"]
    assert "没有等待批准的事项" in page(gate).text


def test_without_a_tick_nothing_happens(gate: Gate) -> None:
    done = post(gate, "coordinator", APPROVALS, ticked="1")
    assert done.status_code == 422
    assert "请先勾选要批准的督办函" in done.text
    assert letters(gate) == []


def test_a_return_needs_a_reason_and_then_nothing_leaves(gate: Gate) -> None:
    name = laid(gate)["libao orange"].id
    wrong = post(gate, "coordinator", APPROVALS, **{"return": name, f"reason-{name}": " "})
    assert wrong.status_code == 422
    assert wrong.text.count("请写明退回的理由") == 1
    done = post(gate, "coordinator", APPROVALS, **{"return": name, f"reason-{name}": "已电话说明情况"})
    assert done.headers["Location"] == f"{APPROVALS}?did=return&n=1"
    after = text(page(gate))
    assert "退回：已电话说明情况" in after
    assert "待批准 2 件" in after
    assert letters(gate) == []


def test_what_was_answered_is_not_answered_again(gate: Gate) -> None:
    name = laid(gate)["libao orange"].id
    post(gate, "leader", APPROVALS, approve=name)
    again = post(gate, "coordinator", APPROVALS, approve=name)
    assert again.status_code == 409
    assert "分管领导已经答复过" in again.text
    assert letters(gate) == ["head:libao"]


def red(gate: Gate) -> str:
    """Libao's orange letter went on the 12th; a week later red is proposed."""
    gate.town.report("qutang", "2018-10", "2018-11-12 09:12")
    gate.town.report("yazhou", "2018-10", "2018-11-12 09:12")
    mine, when = laid(gate)["libao orange"].id, at("2018-11-12 09:15")
    answer(gate.town.ledger, HAIAN, mine, "approve", by="稽查科", role="coordinator", as_of=when)
    gate.town.run("2018-11-19 08:30")
    gate.town.ledger.set_clock(at("2018-11-19 09:00"))
    return laid(gate)["libao red"].id


def test_what_waits_for_the_leader_is_not_the_coordinators_to_approve(gate: Gate) -> None:
    name = red(gate)
    mine = page(gate)
    assert "须由稽查科的分管领导批准" in mine.text
    assert f'name="approve" value="{name}"' not in mine.text
    assert badge(mine) == 0
    refused = post(gate, "coordinator", APPROVALS, approve=name)
    assert refused.status_code == 409
    assert "须由分管领导答复" in refused.text
    theirs = page(gate, "leader")
    assert badge(theirs) == 1
    assert f'name="approve" value="{name}"' in theirs.text
    assert post(gate, "leader", APPROVALS, approve=name).status_code == 303
    assert letters(gate) == ["head:libao", "leader:libao"]


def test_the_badge_counts_what_the_page_lists(gate: Gate) -> None:
    assert badge(page(gate)) == 3
    assert badge(page(gate, path=CAMPAIGN)) == 3
    gate.town.report("qutang", "2018-10", "2018-11-12 09:12")
    gate.town.decide("yazhou", "2018-10", "extend", "2018-11-12 09:14", until=at("2018-11-21 00:00"))
    gate.town.ledger.set_clock(at("2018-11-12 09:15"))
    found = page(gate)
    assert badge(found) == len(laid(gate)) == 1
    assert "雅周镇分局　2018年10月专项行动情况月报　橙色商请：时限已改为11月20日（周二）24时前" in found.text
    assert badge(page(gate, "reader", CAMPAIGN)) == 0


def test_a_name_that_no_page_has_sent_is_turned_away(gate: Gate) -> None:
    for name in (f"{HAIAN}~p1", "x", "haian-2018~p\x01"):
        assert post(gate, "coordinator", APPROVALS, approve=name).status_code == 403
    assert post(gate, "coordinator", APPROVALS).status_code == 403


def test_a_circular_is_seen_as_of_now_before_anything_is_kept(gate: Gate) -> None:
    found = page(gate, path=f"{CIRCULAR}?duty=monthly&period=2018-10")
    said = text(found)
    # Ten branches; all but three have reported, on 1 November and so in time.
    assert "应报10份，已报7份，均按时。报送率70.0%（7/10），按时率70.0%（7/10）。" in said
    assert "未报（3个单位） 李堡镇分局、曲塘镇分局、雅周镇分局" in said
    # One return of each unit: a place would only say once more who reported, and the mail says none.
    assert rows(found) == []
    assert "排名" not in said
    assert "circular" not in {x.kind for x in laid(gate, open_only=False).values()}


def test_a_circular_laid_before_the_approver_is_told_to_all_who_owe(gate: Gate) -> None:
    done = post(gate, "coordinator", CIRCULAR, duty="monthly", period="2018-10")
    assert done.headers["Location"] == f"{APPROVALS}?did=draft"
    mine = laid(gate)["circular"]
    shown = text(page(gate))
    assert "稽查科于2018-11-12 09:1" in shown
    assert "未报（3个单位） 李堡镇分局、曲塘镇分局、雅周镇分局" in shown
    assert post(gate, "coordinator", APPROVALS, approve=mine.id).status_code == 303
    m = t.message.c
    with gate.town.ledger.read() as conn:
        told = set(conn.scalars(select(m.recipient).where(m.kind == "circular")))
    assert told == {f"unit:{u}" for u in BRANCHES} | {"coordinator"}


def test_a_circular_about_what_is_not_due_is_turned_away(gate: Gate) -> None:
    assert page(gate, path=f"{CIRCULAR}?duty=monthly&period=2018-11").status_code == 403
    assert post(gate, "coordinator", CIRCULAR, duty="monthly", period="2018-11").status_code == 403


def test_who_may_not_decide_drafts_no_circular_and_sees_no_proposals(gate: Gate) -> None:
    assert page(gate, "leader", CIRCULAR).status_code == 403
    assert page(gate, "reader").status_code == 403


@pytest.fixture
def visit_phone(gate: Gate, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """The coordinator's telephone."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=gate.url, java_script_enabled=False
    )
    context.add_cookies([{"name": "duban", "value": gate.token("coordinator"), "url": gate.url}])

    def open_(path: str) -> Page:
        made = context.new_page()
        made.goto(path)
        return made

    yield open_
    context.close()


def test_a_coordinator_approves_on_a_telephone_and_the_mail_arrives(
    gate: Gate, visit_phone: Callable[[str], Page], tmp_path: Path
) -> None:
    here = visit_phone(CAMPAIGN)
    here.get_by_role("link", name="待批准").click()
    expect(here.get_by_role("heading", level=1)).to_have_text("待批准")
    here.get_by_role("region", name="李堡镇分局").get_by_role("checkbox").check()
    here.get_by_role("button", name="批准勾选的").click()
    expect(here.get_by_role("status")).to_contain_text("已批准1件，正在发出。")
    with world(tmp_path) as outside:
        deliver(
            gate.town.ledger, outside.transport, gate.office.texts, owner="test",
            as_of=at("2018-11-12 09:30"),
        )  # fmt: skip
        (mail,) = [m for m in outside.post.mails if m["To"] == "head-libao@haian.example"]
    assert mail["Subject"] == "【药品净网2018】橙色督办函：李堡镇分局2018年10月专项行动情况月报逾期未报"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "你单位以下材料逾期未报，经批准，现作橙色督办：" in plain.get_content()
    with gate.town.ledger.read() as conn:
        assert conn.scalar(select(func.count()).select_from(t.approval)) == 1
