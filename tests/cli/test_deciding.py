"""Decisions and expunging as commands."""

from __future__ import annotations

import json

from tests.cli.shell import Shell
from tests.cli.test_collecting import deployed
from tests.support.town import HAIAN
from tests.support.workbooks import ZEROS

ADDRESS = ("--unit", "libao", "--duty", "monthly", "--period", "2018-09")


def reported(shell: Shell) -> Shell:
    deployed(shell, HAIAN, "2018-09-06T08:30")
    cells = {**ZEROS, "summary": "不该写的"}
    (shell.var / "r.json").write_text(json.dumps({"cells": cells}), "utf-8")
    shell("submit", HAIAN, *ADDRESS, "r.json", "--as-of", "2018-10-01T09:00")
    return shell


def test_an_acceptance_is_withdrawn(shell: Shell) -> None:
    reported(shell)
    said = ("--by", "稽查科", "--reason", "数字有误", "--as-of")
    shell("decide", HAIAN, *ADDRESS, "--kind", "accept", *said, "2018-10-02T09:00")
    text = shell("decide", HAIAN, *ADDRESS, "--kind", "return", "--until", "2018-10-09", *said,
                 "2018-10-02T10:00", code=2)  # fmt: skip
    assert "须先撤回审核" in text
    assert "--kind withdraw" in text  # on a page it is a button, so the sentence itself has no option
    text = shell("decide", HAIAN, *ADDRESS, "--kind", "withdraw", *said, "2018-10-02T11:00")
    assert "撤回审核" in text
    assert "已收" in text


def test_what_must_not_have_been_sent_is_taken_out(shell: Shell) -> None:
    reported(shell)
    text = shell(
        "expunge", HAIAN, *ADDRESS, "--version", "1", "--by", "保密办", "--reason", "涉密",
        "--until", "2018-10-08", "--as-of", "2018-10-02T09:00",
    )  # fmt: skip
    assert "已清除：李堡镇分局　2018年9月" in text
    assert "不该写的" not in json.dumps(shell.json("totals", HAIAN, *ADDRESS[2:], "--as-of", "2018-10-03"))
    assert "未见改动" in shell("verify", HAIAN)
    assert "不该写的".encode() not in b"".join(p.read_bytes() for p in shell.var.glob("ledger.sqlite*"))
