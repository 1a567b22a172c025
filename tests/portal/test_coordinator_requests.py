"""Requests for more time, what is decided about an obligation itself, and its audit trail."""

from __future__ import annotations

import pytest

from duban.services.addresses import Address
from duban.services.requesting import open_requests, request_extension
from tests.portal.test_coordinator_board import CAMPAIGN, rows, text
from tests.portal.test_coordinator_review import last_decision, post, stands
from tests.support.gate import Gate
from tests.support.town import FIGURES, HAIAN, at

JIAOXIE = f"{CAMPAIGN}/u/jiaoxie/d/monthly/2018-10"


@pytest.fixture
def asked(gate: Gate) -> Gate:
    """jiaoxie asked on 5 November for time until the 9th."""
    gate.town.ledger.set_clock(at("2018-11-05 21:00"))
    request_extension(
        gate.town.ledger, Address(HAIAN, "jiaoxie", "monthly", "2018-10"), until=at("2018-11-10 00:00"),
        by="角斜镇分局", reason="数据尚在核对", as_of=at("2018-11-05 21:00"),
    )  # fmt: skip
    gate.town.ledger.set_clock(at("2018-11-06 09:00"))
    return gate


def waiting(gate: Gate) -> int:
    """How many requests nobody has answered."""
    with gate.town.ledger.read() as conn:
        return len(open_requests(conn, gate.town.plan, gate.office.now()))


def test_a_request_is_listed_with_its_day_and_reason_and_counted_on_the_board(asked: Gate) -> None:
    with asked.client("coordinator") as client:
        page = client.get(f"{CAMPAIGN}/requests")
        board = text(client.get(CAMPAIGN))
    said = text(page)
    assert "角斜镇分局 2018年10月专项行动情况月报" in said
    assert "2018年11月9日（周五）24时前" in said
    assert "2018年11月5日（周一）24时前 已过" in said
    assert "理由：数据尚在核对" in said
    assert 'value="2018-11-09"' in page.text
    assert "延期申请 1 查看" in board


def test_granting_moves_the_due_time_to_the_end_of_the_day_and_answers_the_request(asked: Gate) -> None:
    form = {"from": "requests", "decision": "extend", "until": "2018-11-08", "reason": "同意，请抓紧"}
    answer = post(asked, "coordinator", f"{JIAOXIE}/decide", **form)
    assert answer.headers["Location"] == f"{CAMPAIGN}/requests?did=extend&of=jiaoxie"
    stood = stands(asked, "jiaoxie")
    assert (stood.due_at, stood.state) == (at("2018-11-09 00:00"), "due")
    made = last_decision(asked, "jiaoxie")
    assert (made.kind, made.by, made.reason) == ("extend", "稽查科", "同意，请抓紧")
    assert waiting(asked) == 0
    with asked.client("coordinator") as client:
        assert "已同意角斜镇分局的延期申请" in client.get(answer.headers["Location"]).text


def test_refusing_leaves_the_due_time_and_answers_the_request(asked: Gate) -> None:
    form = {"from": "requests", "decision": "refuse", "reason": "已多次提醒"}
    assert post(asked, "coordinator", f"{JIAOXIE}/decide", **form).status_code == 303
    assert stands(asked, "jiaoxie").due_at == at("2018-11-06 00:00")
    assert (last_decision(asked, "jiaoxie").kind, waiting(asked)) == ("refuse", 0)
    again = post(asked, "coordinator", f"{JIAOXIE}/decide", **form)
    assert again.status_code == 422
    assert "没有待答复的延期申请" in again.text
    assert "已由他人答复" in again.text


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"decision": "extend", "until": "", "reason": "同意"}, "until", "请选定新的时限"),
        ({"decision": "extend", "until": "2018-11-05", "reason": "同意"}, "until", "新的时限须晚于现时限"),
        ({"decision": "extend", "until": "2018-11-08", "reason": ""}, "reason", "请写明理由"),
        ({"decision": "refuse", "reason": "  "}, "reason", "请写明理由"),
    ],
)
@pytest.mark.parametrize("listed", [True, False])
def test_a_wrong_answer_is_said_at_its_field_and_keeps_what_was_entered(
    asked: Gate, form: dict[str, str], field: str, said: str, listed: bool
) -> None:
    answer = post(
        asked, "coordinator", f"{JIAOXIE}/decide", **form, **({"from": "requests"} if listed else {})
    )
    assert answer.status_code == 422
    prefix = f"{form['decision']}{'-wrong' if listed else ''}"
    assert answer.text.split(f'id="{prefix}-{field}-error">')[1].startswith(said)
    assert f'href="#{prefix}-{field}"' in answer.text
    assert form["reason"].strip() in answer.text
    assert (last_decision(asked, "jiaoxie"), waiting(asked)) == (None, 1)


def test_an_obligation_is_waived_and_leaves_the_denominator(asked: Gate) -> None:
    answer = post(asked, "coordinator", f"{JIAOXIE}/decide", decision="waive", reason="当月停业整顿")
    assert answer.headers["Location"] == f"{JIAOXIE}/trail"
    assert (stands(asked, "jiaoxie").came_in, stands(asked, "jiaoxie").expected) == ("waived", False)
    assert waiting(asked) == 0


def test_an_obligation_is_given_up_and_still_counts_as_missing(asked: Gate) -> None:
    assert (
        post(asked, "coordinator", f"{JIAOXIE}/decide", decision="give-up", reason="不再催").status_code
        == 303
    )
    assert (stands(asked, "jiaoxie").state, stands(asked, "jiaoxie").expected) == ("closed", True)


def test_what_is_reported_cannot_be_waived(asked: Gate) -> None:
    asked.town.report("jiaoxie", "2018-10", "2018-11-06 09:00", FIGURES)
    answer = post(asked, "coordinator", f"{JIAOXIE}/decide", decision="waive", reason="停业")
    assert answer.status_code == 422
    assert "该事项已报送，不能免报" in answer.text
    assert last_decision(asked, "jiaoxie") is None


@pytest.mark.parametrize("role", ["reviewer", "leader", "reader", "unit", "parent", "nobody"])
def test_only_the_coordinator_decides_about_due_times(asked: Gate, role: str) -> None:
    form = {"from": "requests", "decision": "extend", "until": "2018-11-08", "reason": "同意"}
    answer = post(asked, role, f"{JIAOXIE}/decide", **form)
    assert answer.status_code == (401 if role == "nobody" else 403)
    assert (last_decision(asked, "jiaoxie"), waiting(asked)) == (None, 1)


def test_a_leader_reads_the_requests_without_the_buttons(asked: Gate) -> None:
    with asked.client("leader") as client:
        page = client.get(f"{CAMPAIGN}/requests")
    assert "数据尚在核对" in page.text
    assert "/decide" not in page.text


def test_an_obligation_that_does_not_exist_is_no_error_of_ours(asked: Gate) -> None:
    with asked.client("coordinator") as client:
        for leaf in ("decide", "review", "trail"):
            page = client.get(f"{CAMPAIGN}/u/jiaoxie/d/monthly/2031-10/{leaf}")
            assert page.status_code == 422, leaf
    nowhere = f"{CAMPAIGN}/u/jiaoxie/d/monthly/2031-10/decide"
    assert post(asked, "coordinator", nowhere, decision="waive", reason="x").status_code == 422


def test_the_trail_tells_every_step_with_who_when_and_why(asked: Gate) -> None:
    form = {"decision": "extend", "until": "2018-11-08", "reason": "同意"}
    post(asked, "coordinator", f"{JIAOXIE}/decide", **form)
    asked.town.report("jiaoxie", "2018-10", "2018-11-06 15:00", FIGURES)
    asked.town.ledger.set_clock(at("2018-11-06 16:00"))
    returned = {"decision": "return", "version": "1", "reason": "缺附件", "until": "2018-11-09"}
    post(asked, "reviewer", f"{JIAOXIE}/review", **returned)
    with asked.client("coordinator") as client:
        table = rows(client.get(f"{JIAOXIE}/trail"))[1:]
    steps = [row for row in table if not row[1].startswith("发出通知")]
    assert [(row[1], row[2]) for row in steps] == [
        ("申请延期", "角斜镇分局"), ("延期", "稽查科"),
        ("报送 第1版", "由专班代报"), ("退回 第1版", "审核员"),
    ]  # fmt: skip
    assert [row[0] for row in steps[:1] + steps[2:3]] == ["2018-11-05 21:00", "2018-11-06 15:00"]
    assert steps[3][3] == "缺附件（11月9日（周五）24时前）"
    assert [row[0] for row in table] == sorted(row[0] for row in table)


def test_a_unit_reads_the_trail_of_its_own_obligations_only(asked: Gate) -> None:
    with asked.client("other") as client:
        assert client.get(f"{CAMPAIGN}/u/libao/d/monthly/2018-10/trail").status_code == 200
        assert client.get(f"{JIAOXIE}/trail").status_code == 403
