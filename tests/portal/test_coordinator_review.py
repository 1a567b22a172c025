"""Deciding about returns: each decision's effect is read back from the ledger."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from duban.calendars import to_micros
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.services.watching import standings
from duban.standing import Standing
from tests.portal.test_coordinator_board import CAMPAIGN, rows, text
from tests.support.gate import Gate
from tests.support.town import FIGURES, HAIAN, at

LIBAO = f"{CAMPAIGN}/u/libao/d/monthly/2018-10/review"
BAIDIAN = f"{CAMPAIGN}/u/baidian/d/monthly/2018-10/review"


@pytest.fixture
def sent(gate: Gate) -> Gate:
    """libao and haian have reported October in time, and so has baidian, which nanmo reviews first."""
    for unit, when in (("libao", "2018-11-02 10:00"), ("baidian", "2018-11-03 10:00"),
                       ("haian", "2018-11-05 10:00")):  # fmt: skip
        gate.town.ledger.set_clock(at(when))
        gate.town.report(unit, "2018-10", when, FIGURES)
    gate.town.ledger.set_clock(at("2018-11-06 09:00"))
    return gate


def post(gate: Gate, role: str, path: str, /, **form: Any) -> httpx.Response:
    """A form of theirs."""
    with gate.client(role) as client:
        return client.post(path, data={"csrf": gate.csrf(role), **form})


def stands(gate: Gate, unit: str, period: str = "2018-10") -> Standing:
    """How a unit's monthly return stands."""
    with gate.town.ledger.read() as conn:
        scope = Scope(HAIAN, duty="monthly", unit=unit, period=period)
        return standings(conn, gate.town.plan, scope, gate.office.now())[0]


def last_decision(gate: Gate, unit: str, period: str = "2018-10") -> Any:
    """The last record of a decision about it."""
    d, key = t.decision.c, stands(gate, unit, period).owed.key
    with gate.town.ledger.read() as conn:
        return conn.execute(select(t.decision).where(d.obligation == key).order_by(d.id.desc())).first()


def pick(unit: str, version: int = 1) -> str:
    """A ticked row of October's."""
    return json.dumps([unit, "monthly", "2018-10", "", version])


def test_the_queue_has_the_oldest_first_and_says_who_reviews_before(sent: Gate) -> None:
    with sent.client("reviewer") as client:
        table = rows(client.get(f"{CAMPAIGN}/review"))[1:]
    assert [(row[1], row[3], row[4]) for row in table] == [
        ("李堡镇分局", "2018-11-02 10:00", ""),
        ("白甸镇分局", "2018-11-03 10:00", "等南莫分局初审"),
        ("海安镇分局", "2018-11-05 10:00", ""),
    ]


def test_the_page_shows_the_figures_beside_the_last_period(gate: Gate) -> None:
    town = gate.town
    town.ledger.set_clock(at("2018-10-04 10:00"))
    town.report("libao", "2018-09", "2018-10-04 10:00", FIGURES | {"inspected": 1234})
    town.report("libao", "2018-10", "2018-11-02 10:00", FIGURES | {"inspected": 41})
    town.ledger.set_clock(at("2018-11-06 09:00"))
    with gate.client("coordinator") as client:
        table = {row[0]: row[1:4] for row in rows(client.get(LIBAO))}
    assert table["检查互联网药品经营主体"] == ["家次", "41", "1,234"]


def test_accepting_is_recorded_with_who_and_the_version_and_takes_it_off_the_queue(sent: Gate) -> None:
    answer = post(sent, "reviewer", LIBAO, decision="accept", version="1")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{CAMPAIGN}/review?did=accept&of=libao")
    made = last_decision(sent, "libao")
    assert (made.kind, made.version, made.by, made.reason) == ("accept", 1, "审核员", "审核通过")
    assert stands(sent, "libao").came_in == "accepted"
    with sent.client("reviewer") as client:
        page = client.get(answer.headers["Location"])
    assert "已审核通过李堡镇分局的报送。" in text(page)
    assert [row[1] for row in rows(page)[1:]] == ["白甸镇分局", "海安镇分局"]


def test_a_return_carries_its_reason_and_the_end_of_the_last_day_to_resubmit(sent: Gate) -> None:
    answer = post(
        sent, "coordinator", LIBAO, decision="return", version="1", reason="罚没金额与案件数不符",
        until="2018-11-08", not_a_report="1",
    )  # fmt: skip
    assert answer.status_code == 303
    made = last_decision(sent, "libao")
    assert (made.kind, made.version, made.reason) == ("return", 1, "罚没金额与案件数不符")
    assert made.until == to_micros(at("2018-11-09 00:00"))  # "8日前" includes the 8th
    assert made.not_a_report
    assert stands(sent, "libao").came_in == "returned"


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"reason": "", "until": "2018-11-08"}, "reason", "请写明理由"),
        ({"reason": "数字不符", "until": ""}, "until", "请选定重报的最后一天"),
        ({"reason": "数字不符", "until": "2018-11-31"}, "until", "请选定重报的最后一天"),
        ({"reason": "数字不符", "until": "2018-11-05"}, "until", "重报的最后一天已经过去"),
    ],
)
def test_a_wrong_return_is_said_at_its_field_and_keeps_what_was_entered(
    sent: Gate, form: dict[str, str], field: str, said: str
) -> None:
    answer = post(sent, "coordinator", LIBAO, decision="return", version="1", **form)
    assert answer.status_code == 422
    at_field = answer.text.split(f'id="return-{field}-error">')[1]
    assert at_field.startswith(said)
    assert f'href="#return-{field}"' in answer.text
    assert form["reason"] in answer.text
    assert last_decision(sent, "libao") is None


def test_the_second_of_two_is_told_what_the_first_did_and_nothing_is_lost(sent: Gate) -> None:
    post(sent, "reviewer", LIBAO, decision="return", version="1", reason="缺附件", until="2018-11-08")
    late = post(sent, "coordinator", LIBAO, decision="accept", version="1")
    assert late.status_code == 409
    assert "没有作任何改动" in late.text
    assert "审核员于 2018-11-06 09:00 退回（缺附件）" in late.text
    assert last_decision(sent, "libao").kind == "return"


def test_a_page_that_is_older_than_the_newest_version_decides_nothing(sent: Gate) -> None:
    sent.town.report("libao", "2018-10", "2018-11-06 09:30", FIGURES | {"inspected": 31})
    sent.town.ledger.set_clock(at("2018-11-06 10:00"))
    answer = post(sent, "coordinator", LIBAO, decision="accept", version="1")
    assert answer.status_code == 409
    assert "第2版" in answer.text
    assert last_decision(sent, "libao") is None
    assert post(sent, "coordinator", LIBAO, decision="accept", version="2").status_code == 303
    assert last_decision(sent, "libao").version == 2


def test_an_acceptance_is_withdrawn_with_a_reason_only(sent: Gate) -> None:
    post(sent, "coordinator", LIBAO, decision="accept", version="1")
    empty = post(sent, "coordinator", LIBAO, decision="withdraw", version="1", reason=" ")
    assert empty.status_code == 422
    assert 'id="withdraw-reason-error">请写明理由' in empty.text
    assert stands(sent, "libao").came_in == "accepted"
    done = post(sent, "coordinator", LIBAO, decision="withdraw", version="1", reason="案件数需更正")
    assert done.status_code == 303
    assert (last_decision(sent, "libao").kind, stands(sent, "libao").came_in) == ("withdraw", "received")


def test_a_refused_but_honest_file_is_recognised_by_the_coordinator_alone(gate: Gate) -> None:
    town = gate.town
    town.ledger.set_clock(at("2018-11-05 10:00"))
    town.report("libao", "2018-10", "2018-11-05 10:00", FIGURES | {"clues_police": 99})
    town.report("libao", "2018-10", "2018-11-06 08:00")
    town.ledger.set_clock(at("2018-11-06 09:00"))
    assert not stands(gate, "libao").on_time
    form = {"decision": "recognise", "reason": "按时报来，仅一处笔误"}
    assert post(gate, "reviewer", LIBAO, **form).status_code == 403
    assert not stands(gate, "libao").on_time
    assert post(gate, "coordinator", LIBAO, **form).status_code == 303
    assert stands(gate, "libao").on_time
    assert last_decision(gate, "libao").version == 1


def test_ticked_rows_are_accepted_each_by_itself(sent: Gate) -> None:
    ticked = {"pick": [pick("libao"), pick("baidian"), pick("haian", version=7)]}
    answer = post(sent, "coordinator", f"{CAMPAIGN}/review", **ticked)
    said = text(httpx.Response(200, text=answer.text))
    assert answer.status_code == 409
    assert "已审核通过 1 份。 以下 2 份没有作改动" in said
    assert "白甸镇分局 2018年10月专项行动情况月报 ：该报送须先由南莫镇分局初审" in said
    assert stands(sent, "libao").came_in == "accepted"
    assert {stands(sent, u).came_in for u in ("baidian", "haian")} == {"received"}


def test_a_whole_page_is_ticked_but_for_what_is_odd_or_waits_for_a_superior(sent: Gate) -> None:
    """Chengdong explains nothing about a hundred times the clues of September: a query."""
    sent.town.report("chengdong", "2018-09", "2018-11-06 09:00", FIGURES)
    sent.town.report("chengdong", "2018-10", "2018-11-06 09:00", {**FIGURES, "clues": 900})
    sent.town.ledger.set_clock(at("2018-11-06 09:10"))
    with sent.client("reviewer") as client:
        plain, ticked = (client.get(f"{CAMPAIGN}/review{query}").text for query in ("", "?tick=1"))
    assert "checked" not in plain
    found = re.findall(r'aria-label="选中 ([^ ]+) ([^"]+)"></td>', ticked)
    boxes = re.findall(r'name="pick" value="[^"]*"( checked)?', ticked)
    assert [(name, what[:7], box.strip()) for (name, what), box in zip(found, boxes, strict=True)] == [
        ("李堡镇分局", "2018年10", "checked"), ("海安镇分局", "2018年10", "checked"),
        ("城东镇分局", "2018年9月", "checked"), ("城东镇分局", "2018年10", ""),
    ]  # fmt: skip


def test_nothing_ticked_or_something_made_up_changes_nothing(sent: Gate) -> None:
    assert "请先勾选" in post(sent, "coordinator", f"{CAMPAIGN}/review").text
    assert post(sent, "coordinator", f"{CAMPAIGN}/review", pick="libao").status_code == 403
    elsewhere = json.dumps(["libao", "monthly", "2031-10", "", 1])
    assert post(sent, "coordinator", f"{CAMPAIGN}/review", pick=elsewhere).status_code == 409
    assert last_decision(sent, "libao") is None


def test_a_superior_endorses_its_childs_return_and_then_the_coordinator_accepts(sent: Gate) -> None:
    with sent.client("parent") as client:
        queue = client.get(f"{CAMPAIGN}/u/nanmo/review")
        assert [row[1] for row in rows(queue)[1:]] == ["白甸镇分局"]
        assert BAIDIAN in queue.text
        page = client.get(BAIDIAN)
        assert 'value="endorse"' in page.text
        assert 'value="accept"' not in page.text
    early = post(sent, "coordinator", BAIDIAN, decision="accept", version="1")
    assert early.status_code == 409
    assert "该报送须先由南莫镇分局初审" in early.text
    done = post(sent, "parent", BAIDIAN, decision="endorse", version="1")
    assert (done.status_code, done.headers["Location"].partition("?")[0]) == (
        303,
        f"{CAMPAIGN}/u/nanmo/review",
    )
    assert (last_decision(sent, "baidian").kind, last_decision(sent, "baidian").by) == (
        "endorse",
        "南莫镇分局",
    )
    assert post(sent, "coordinator", BAIDIAN, decision="accept", version="1").status_code == 303
    assert stands(sent, "baidian").came_in == "accepted"


def test_a_superior_endorses_the_ticked_rows_of_its_children_and_nobody_elses(sent: Gate) -> None:
    here = f"{CAMPAIGN}/u/nanmo/review"
    sent.town.report("baidian", "2018-09", "2018-11-06 09:00", FIGURES)
    sent.town.ledger.set_clock(at("2018-11-06 09:10"))
    assert post(sent, "parent", here, pick=[pick("baidian"), pick("libao")]).status_code == 403
    assert last_decision(sent, "baidian") is None
    with sent.client("parent") as client:
        assert client.get(f"{here}?tick=1").text.count(" checked") == 2
    september = json.dumps(["baidian", "monthly", "2018-09", "", 1])
    answer = post(sent, "parent", here, pick=[september, pick("baidian", version=4)])
    assert answer.status_code == 409
    assert "已初审通过 1 份。" in answer.text
    assert "以下 1 份没有作改动" in answer.text
    assert last_decision(sent, "baidian", "2018-09").kind == "endorse"
    assert last_decision(sent, "baidian") is None
    done = post(sent, "parent", here, pick=[pick("baidian")])
    assert (done.status_code, done.headers["Location"]) == (303, f"{here}?did=endorse&n=1")
    with sent.client("parent") as client:
        assert "已初审通过 1 份，转牵头单位审核。" in client.get(done.headers["Location"]).text
    assert post(sent, "leader", here, pick=[pick("baidian")]).status_code == 403


def test_whoever_decides_one_of_a_filtered_queue_comes_back_to_it(sent: Gate) -> None:
    sent.town.report("libao", "2018-09", "2018-11-06 09:00", FIGURES)
    sent.town.ledger.set_clock(at("2018-11-06 09:10"))
    with sent.client("reviewer") as client:
        queue = client.get(f"{CAMPAIGN}/review?duty=monthly&period=2018-10")
        link = html.unescape(re.findall(r'href="([^"]*libao[^"]*review\?[^"]*)"', queue.text)[0])
        page = client.get(link).text
        assert f'href="{CAMPAIGN}/review?duty=monthly&amp;period=2018-10"' in page  # back
        held = html.unescape(re.findall(r'name="queue" value="([^"]*)"', page)[0])
    wrong = post(sent, "reviewer", LIBAO, decision="return", version="1", reason="", queue=held)
    assert 'name="queue" value="duty=monthly&amp;period=2018-10"' in wrong.text
    answer = post(sent, "reviewer", LIBAO, decision="accept", version="1", queue=held)
    after = f"{CAMPAIGN}/review?duty=monthly&period=2018-10&did=accept&of=libao"
    assert answer.headers["Location"] == after
    with sent.client("reviewer") as client:
        left = rows(client.get(after))[1:]
    assert [row[1] for row in left] == ["白甸镇分局", "海安镇分局"]  # libao's September is filtered out


def test_a_superior_may_return_its_childs_return_but_not_accept_it(sent: Gate) -> None:
    assert post(sent, "parent", BAIDIAN, decision="accept", version="1").status_code == 403
    assert post(sent, "parent", BAIDIAN, decision="nonsense", version="1").status_code == 403
    form = {"decision": "return", "version": "1", "reason": "请核对", "until": "2018-11-08"}
    assert post(sent, "parent", BAIDIAN, **form).status_code == 303
    assert last_decision(sent, "baidian").by == "南莫镇分局"


@pytest.mark.parametrize("role", ["unit", "other", "leader", "reader"])
def test_nobody_else_decides_anything(sent: Gate, role: str) -> None:
    for path in (BAIDIAN, LIBAO):
        assert post(sent, role, path, decision="return", reason="x", until="2018-11-08").status_code == 403
    assert post(sent, role, f"{CAMPAIGN}/review", pick=pick("libao")).status_code == 403
    assert last_decision(sent, "libao") is None
    assert last_decision(sent, "baidian") is None


def test_a_unit_without_children_has_nothing_to_review(sent: Gate) -> None:
    with sent.client("other") as client:
        assert "没有由您初审的下级单位" in client.get(f"{CAMPAIGN}/u/libao/review").text
        assert client.get(f"{CAMPAIGN}/u/nanmo/review").status_code == 403


def test_of_two_at_the_same_instant_one_decides_and_the_other_is_told(sent: Gate) -> None:
    for role in ("reviewer", "coordinator"):
        sent.token(role)
    returned = {"decision": "return", "version": "1", "reason": "缺附件", "until": "2018-11-08"}
    with ThreadPoolExecutor(2) as both:
        answers = [
            both.submit(post, sent, "reviewer", LIBAO, **returned),
            both.submit(post, sent, "coordinator", LIBAO, decision="accept", version="1"),
        ]
        statuses = sorted(answer.result().status_code for answer in answers)
    assert statuses == [303, 409]
    d = t.decision.c
    with sent.town.ledger.read() as conn:
        made = conn.scalars(select(d.kind).where(d.obligation == stands(sent, "libao").owed.key)).all()
    assert made in (["accept"], ["return"])


def test_a_reviewer_returns_a_report_in_a_browser(sent: Gate, visit: Callable[..., Page]) -> None:
    page = visit("reviewer", f"{CAMPAIGN}/review", phone=True)
    page.locator("tr", has_text="李堡镇分局").get_by_role("link").click()
    section = page.get_by_role("region", name="退回")
    section.get_by_label("退回的理由").fill("罚没金额与案件数不符")
    section.get_by_label("最迟哪天重报").fill("2018-11-08")
    section.get_by_role("button", name="退回").click()
    assert "已退回李堡镇分局的报送，并通知该单位。" in page.get_by_role("status").inner_text()
    assert last_decision(sent, "libao").kind == "return"
