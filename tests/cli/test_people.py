"""Accounts, keys and links on the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cli.shell import Shell

HAIAN = "haian-2018"
PASSWORD = "correct horse battery staple"


def typed(shell: Shell, said: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that is told a password on its standard input."""
    command = [sys.executable, "-c", "from duban.cli import main; main()", *words]
    return subprocess.run(
        command, env=shell.env, cwd=shell.var, capture_output=True, text=True, check=False, input=said
    )


def test_an_account_is_made_given_a_role_and_disabled(running: Shell) -> None:
    done = typed(running, PASSWORD + "\n", "account", "add", "zhang", "--name", "张科长", "--by", "信息科")
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    running("account", "role", "zhang", "coordinator", "--campaign", HAIAN)
    running("account", "role", "zhang", "leader")
    (row,) = running.json("account", "list")
    assert row["roles"] == [
        {"role": "leader", "campaign": "*", "unit": ""},
        {"role": "coordinator", "campaign": HAIAN, "unit": ""},
    ]
    assert (row["password"], row["disabled"], row["seen_at"]) == (True, False, None)
    running("account", "role", "zhang", "leader", "--take")
    running("account", "disable", "zhang")
    shown = running("account", "list")
    assert "已停用" in shown
    assert "牵头人员　haian-2018" in shown
    assert "领导" not in shown
    assert "记录前后相接" in running("verify", HAIAN)


def test_a_password_that_is_easily_guessed_is_refused_in_words(running: Shell) -> None:
    for said, words in {
        "short": "密码至少12个字符",
        "zhangzhang888": "密码太常见",
        "123456789012345": "密码太常见",
    }.items():
        done = typed(running, said + "\n", "account", "add", "zhang", "--name", "张科长")
        assert done.returncode == 2
        assert words in done.stderr
    assert running.json("account", "list") == []


def test_a_key_is_printed_once_alone_on_its_line(running: Shell) -> None:
    key = running("key", "add", HAIAN, "--unit", "libao", "--name", "审批系统").strip()
    id_, _, secret = key.partition(".")
    assert len(secret) == 43  # 32 bytes in base64
    (row,) = running.json("key", "list", HAIAN)
    assert (row["id"], row["unit"], row["revoked_at"]) == (id_, "libao", None)
    assert secret not in running("key", "list", HAIAN)
    running("key", "revoke", HAIAN, id_)
    assert running.json("key", "list", HAIAN)[0]["revoked_at"]
    assert "没有编号为 none" in running("key", "revoke", HAIAN, "none", code=2)


def test_links_are_shown_for_one_unit_and_revoked(shipped: Shell) -> None:
    shipped.env["DUBAN_URL"] = "https://duban.example/"
    assert "/in/" not in shipped("links", HAIAN)
    before, head = shipped.json("links", HAIAN, "--unit", "libao")
    assert (head["is"], head["address"]) == ("head", "fuzeren-libao@haian.example")
    assert before["link"].startswith("https://duban.example/in/")
    assert "已作废（联系方式2个）" in shipped("links", HAIAN, "--revoke", "libao")
    after, _ = shipped.json("links", HAIAN, "--unit", "libao")
    assert (after["generation"], after["address"]) == (1, "libao@haian.example")
    assert after["link"] != before["link"]
    assert "没有单位 nobody" in shipped("links", HAIAN, "--revoke", "nobody", code=2)


def test_the_secret_is_made_once_and_only_we_can_read_it(running: Shell) -> None:
    running("links", HAIAN, "--unit", "libao")
    path = Path(running.var) / "secret"
    made = path.read_text()
    assert len(made) == 64  # 48 bytes in base64
    assert path.stat().st_mode & 0o777 == 0o600
    running("links", HAIAN, "--unit", "libao")
    assert path.read_text() == made
    assert [p for p in os.listdir(running.var) if p.startswith(".secret")] == []
