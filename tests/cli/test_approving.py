"""What waits for a person, on the command line, and what is still to come."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.support.approvals import make
from tests.support.town import HAIAN

NOON = ("--as-of", "2018-11-12T12:00")
OCTOBER = ("--duty", "monthly", "--period", "2018-10")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("approving") / "ledger.sqlite")


@pytest.fixture
def waiting(shell: Shell, ready: Path) -> Shell:
    """Three orange letters wait on 12 November 2018; libao was told blue on the 8th."""
    shutil.copyfile(ready, shell.var / "ledger.sqlite")
    return shell


def short(waiting: Shell, unit: str) -> str:
    """The name under which the list has a unit's letter: `p45`."""
    found = waiting.json("approvals", HAIAN, *NOON)
    return str(next(x["id"] for x in found if x["unit"] == unit)).partition("~")[2]


def test_the_list_names_what_waits_and_for_whom(waiting: Shell) -> None:
    said = waiting("approvals", HAIAN, *NOON)
    assert "3件" in said.splitlines()[0]
    assert "李堡镇分局　2018年10月专项行动情况月报　橙色督办" in said
    assert "雅周镇分局　2018年10月专项行动情况月报　橙色商请" in said
    assert said.count("应于2018年11月5日（周一）24时前报；按方案于2018-11-12 08:30报请；须稽查科批准") == 3
    first = waiting.json("approvals", HAIAN, *NOON)[0]
    assert {k: first[k] for k in ("kind", "unit", "period", "due_at", "approver", "stale", "answer")} == {
        "kind": "orange", "unit": "libao", "period": "2018-10", "due_at": "2018-11-06T00:00:00+08:00",
        "approver": "coordinator", "stale": False, "answer": None,
    }  # fmt: skip


def test_an_approval_is_recorded_once_and_a_trial_leaves_nothing(waiting: Shell) -> None:
    name = short(waiting, "libao")
    approve = ("approve", HAIAN, name, "--by", "稽查科", *NOON)
    assert "已批准：李堡镇分局　2018年10月专项行动情况月报　橙色督办" in waiting(*approve, "--dry-run")
    assert len(waiting.json("approvals", HAIAN, *NOON)) == 3
    assert "已批准：李堡镇分局" in waiting(*approve)
    assert "稽查科已经答复过" in waiting(*approve, code=2)
    (letter,) = [x for x in waiting.json("outbox", HAIAN) if x["kind"] == "orange"]
    assert (letter["hearer"], letter["recipient"], letter["unit"], letter["state"]) == (
        "head:libao", "libao", "libao", "due",
    )  # fmt: skip
    assert "李堡分局负责人" in waiting("outbox", HAIAN)
    (answered,) = [x for x in waiting.json("approvals", HAIAN, "--all", *NOON) if x["answer"]]
    assert answered["answer"]["verdict"] == "approve"


def test_a_return_says_why_and_an_unknown_name_is_refused(waiting: Shell) -> None:
    back = ("approve", HAIAN, short(waiting, "qutang"), "--by", "稽查科", "--return", *NOON)
    assert "请写明理由" in waiting(*back, code=2)
    assert "不再发出" in waiting(*back, "--reason", "已当面说明")
    assert "稽查科于2018-11-12 12:00退回：已当面说明" in waiting("approvals", HAIAN, "--all", *NOON)
    assert "没有这一待批事项" in waiting("approve", HAIAN, "p1", "--by", "稽查科", *NOON, code=2)


def test_a_letter_that_was_returned_is_proposed_again_by_hand_with_its_reason(waiting: Shell) -> None:
    again = ("escalate", HAIAN, "--unit", "曲塘分局", *OCTOBER, "--by", "稽查科", *NOON)
    assert "已经提请批准" in waiting(*again, "--reason", "仍未报送", code=2)
    waiting(
        "approve", HAIAN, short(waiting, "qutang"), "--by", "稽查科", "--return", "--reason", "已说明", *NOON
    )
    assert "请写明理由" in waiting(*again, "--reason", "  ", code=2)
    assert "已报请批准：曲塘镇分局　2018年10月专项行动情况月报　橙色督办" in waiting(
        *again, "--reason", "仍未报送"
    )
    assert "稽查科于2018-11-12 12:00报请（理由：仍未报送）" in waiting("approvals", HAIAN, *NOON)


def test_a_circular_is_only_printed_unless_it_is_to_be_proposed(waiting: Shell) -> None:
    said = waiting("circular", HAIAN, *OCTOBER, *NOON)
    # Ten branches, three have not reported; the others were in time.
    assert "应报10份，已报7份，均按时" in said
    assert "未报（3个单位）：李堡镇分局、曲塘镇分局、雅周镇分局" in said
    assert "草稿，没有报请批准" in said
    assert len(waiting.json("approvals", HAIAN, *NOON)) == 3
    made = waiting.json("circular", HAIAN, *OCTOBER, "--propose", "--by", "稽查科", *NOON)
    assert (made["expected"], made["met"], made["on_time"]) == (10, 7, 7)
    assert [u["unit"] for u in made["units"] if u["state"] == "missing"] == ["libao", "qutang", "yazhou"]
    draft = waiting.json("approvals", HAIAN, *NOON)[-1]
    assert (draft["kind"], draft["id"], draft["by"]) == ("circular", made["proposal"], "稽查科")
    early = waiting("circular", HAIAN, "--duty", "monthly", "--period", "2018-11", *NOON, code=2)
    assert "还不能通报" in early


def test_a_unit_acknowledges_through_the_coordinator(waiting: Shell) -> None:
    sign = ("acknowledge", HAIAN, "--unit", "libao", "--by", "稽查科代", *NOON)
    assert "已签收：李堡镇分局　蓝色督办　1项" in waiting(*sign)
    assert "没有需要签收的督办" in waiting(*sign)
    (blue,) = [x for x in waiting.json("outbox", HAIAN) if (x["kind"], x["unit"]) == ("blue", "libao")]
    assert (blue["acknowledged_by"], blue["acknowledged_at"]) == ("稽查科代", "2018-11-12T12:00:00+08:00")


def test_the_telephone_list_names_the_colour(waiting: Shell) -> None:
    assert "已发蓝色督办" in waiting("calls", HAIAN, *NOON)
    found = {x["unit"]: x["colour"] for x in waiting.json("calls", HAIAN, *NOON)}
    assert found == {"libao": "blue", "qutang": "blue", "yazhou": "blue"}
    waiting("approve", HAIAN, short(waiting, "libao"), "--by", "稽查科", *NOON)
    assert waiting.json("calls", HAIAN, *NOON)[0]["colour"] == "orange"


def test_what_waits_is_listed_apart_and_red_only_where_nothing_holds_it(waiting: Shell) -> None:
    waiting("approve", HAIAN, short(waiting, "libao"), "--by", "稽查科", *NOON)
    said = waiting("agenda", HAIAN, "--messages", *NOON)
    after = said.split("批准后", 1)[1].split("\n\n", 1)[0]
    assert "曲塘分局负责人" in after
    assert "橙色商请" in after
    # Seven days after orange on Monday the 12th: Monday the 19th, for libao alone.
    nineteenth = said.split("2018-11-19 08:30", 1)[1].split("\n\n", 1)[0]
    assert "红色督办" in nineteenth
    assert "李堡分局分管领导" in nineteenth
    assert "曲塘" not in nineteenth
    assert "拟发，须批准" in nineteenth
