"""What a digest says of what is owed, and to whom it is said once a unit has closed."""

from __future__ import annotations

from datetime import date, timedelta
from html import escape
from typing import Any

import pytest

from duban.notices import Line, speaker, together
from duban.outbox.inviting import Invited
from duban.plan import Plan
from duban.rendering import renderer
from tests.support.plans import remade
from tests.support.stands import DUE

# --- units that close -----------------------------------------------------------------------------


def merged(haian: Plan, **changes: dict[str, Any]) -> Plan:
    units = tuple(u.model_copy(update=changes.get(u.id, {})) for u in haian.units)
    return remade(haian, units=units)


def test_what_a_closed_unit_owes_is_said_to_who_took_over_from_the_day_after(haian: Plan) -> None:
    plan = merged(haian, baidian={"closes": date(2018, 10, 31), "successor": "nanmo"})
    assert speaker(plan, "baidian", date(2018, 10, 31)) == "baidian"
    assert speaker(plan, "baidian", date(2018, 11, 1)) == "nanmo"
    assert speaker(plan, "nanmo", date(2018, 11, 1)) == "nanmo"


def test_a_successor_that_closed_too_has_one_of_its_own(haian: Plan) -> None:
    plan = merged(
        haian,
        baidian={"closes": date(2018, 10, 31), "successor": "nanmo"},
        nanmo={"closes": date(2018, 11, 30), "successor": "libao"},
    )
    assert speaker(plan, "baidian", date(2018, 11, 30)) == "nanmo"
    assert speaker(plan, "baidian", date(2018, 12, 1)) == "libao"


def test_a_closed_unit_without_a_successor_is_spoken_to_itself(haian: Plan) -> None:
    plan = merged(haian, baidian={"closes": date(2018, 10, 31)})
    assert speaker(plan, "baidian", date(2018, 12, 1)) == "baidian"


# --- lines that belong together -------------------------------------------------------------------


def about(subject: str, name: str = "", **changes: Any) -> Line:
    values = {
        "campaign": "c", "title": "专项行动", "short": "行动", "kind": "remind", "unit": "执法科",
        "duty": "进展月报", "to": "协调科", "period": "2018-10", "due_at": DUE, "days_late": 0,
        "refused": False, "key": f"c/progress/zhifa/2018-10/{subject}", "about": "task",
        "subjects": ((subject, f"{subject} {name}"),),
    }  # fmt: skip
    return Line(**{**values, **changes})


def test_tasks_due_on_one_day_are_one_line() -> None:
    (line,) = together([about("1.1.1"), about("1.1.2"), about("2.3")])
    assert [number for number, _ in line.subjects] == ["1.1.1", "1.1.2", "2.3"]


def test_what_differs_by_more_than_its_task_stays_apart() -> None:
    others = [about("2", refused=True), about("3", kind="chase"), about("4", unit="网监科")]
    later = about("5", due_at=DUE + timedelta(days=1))
    assert len(together([about("1"), *others, later])) == 5


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([about("1.1.1", "校园食品")], "2018年10月进展月报（任务1.1.1 校园食品）"),
        ([about("1.1.1", "甲"), about("2.3", "乙")], "2018年10月进展月报（任务1.1.1、2.3，共2项）"),
        (
            [about("1", about="number", measure="期"), about("2", about="number", measure="期")],
            "2018年10月进展月报（第1、2期）",
        ),
        ([about("a", about="subject", subjects=(("a", "<某药店>"),))], "2018年10月进展月报（<某药店>）"),
        ([about("", about="", subjects=(), period="")], "进展月报"),
    ],
)
def test_a_digest_names_what_is_owed(lines: list[Line], words: str) -> None:
    values = {
        "owed": together(lines), "escalated": [], "day": date(2018, 11, 2), "issuer": "某局",
        "recipient": "执法科", "several": False, "invited": Invited(), "forms": (),
    }  # fmt: skip
    subject = renderer().render("messages/digest-subject.txt", **values)
    assert subject == f"【行动】请于11月5日（周一）24时前报送{words}"
    body = renderer().render("messages/digest-body.txt", **values)
    assert f"  1. {words}\n     11月5日（周一）24时前报协调科\n" in body
    assert escape(words) in renderer().render("messages/digest-body.html", **values)


def test_a_line_within_the_grace_does_not_speak_of_overdue() -> None:
    line = about("1", kind="chase", days_late=1, grace=True, to="")
    values = {
        "owed": [line], "escalated": [], "day": date(2018, 11, 6), "issuer": "某局", "recipient": "执法科",
        "several": False, "invited": Invited(), "forms": (),
    }  # fmt: skip
    body = renderer().render("messages/digest-body.txt", **values)
    assert "应于11月5日（周一）24时前报送，已过时限1天，请在宽限期内报送\n" in body


def test_the_coordinator_hears_once_what_several_units_owe_with_their_names() -> None:
    units = [about("1", kind="escalate", unit=f"第{n}所", days_late=10, refused=n == 2) for n in (1, 2, 3)]
    other = about("2", kind="escalate", unit="第1所", days_late=10)
    values = {
        "owed": [], "escalated": [*units, other], "day": date(2018, 11, 15), "issuer": "某局",
        "recipient": "协调科", "several": False, "invited": Invited(), "forms": (),
    }  # fmt: skip
    for part in ("txt", "html"):
        body = renderer().render(f"messages/digest-body.{part}", **values)
        assert "3个单位：第1所、第2所（所报文件未通过校验或已退回）、第3所" in body
        assert body.count("已逾期10天") == 2


@pytest.mark.parametrize("accepted", [True, False])
def test_a_zero_report_is_offered_only_where_it_is_an_answer(accepted: bool) -> None:
    values = {
        "owed": [about("1.1.1", zero_report=accepted)], "escalated": [], "day": date(2018, 11, 1),
        "issuer": "局", "recipient": "执法科", "several": False, "invited": Invited(), "forms": (),
    }  # fmt: skip
    for part in ("txt", "html"):
        assert ("零报告" in renderer().render(f"messages/digest-body.{part}", **values)) is accepted
