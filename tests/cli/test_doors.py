"""`duban intake`."""

from __future__ import annotations

import json

from tests.cli.shell import Shell
from tests.support.town import HAIAN
from tests.support.workbooks import filled


def test_intake_drains_the_drop_folder_once_and_says_what_it_did(running: Shell) -> None:
    folder = running.var / "drop"
    running.env |= {"DUBAN_DROP_FOLDER": str(folder), "DUBAN_DROP_SETTLE": "0"}
    folder.mkdir()
    (folder / "曲塘.xlsx").write_bytes(filled(sellers=41, summary="已查"))
    said = running.json("intake")
    assert said == {
        "returns": [
            {
                "door": "folder", "name": "曲塘.xlsx", "verdict": "accepted", "receipt": f"{HAIAN}-000001",
                "problems": [],
            }
        ],
        "waiting": 0,
    }  # fmt: skip
    (folder / "坏.json").write_text(json.dumps({"campaign": HAIAN, "duty": "x", "unit": "y"}))
    said = running("intake")
    assert "退回　投递文件夹　坏.json（unknown-duty、unknown-unit）" in said
    assert said.endswith("收0，退1，未能处理0，尚未放完0\n")


def test_intake_without_a_door_or_with_one_that_is_shut_says_so(running: Shell) -> None:
    assert "DUBAN_DROP_FOLDER" in running("intake", code=2)
    running.env |= {"DUBAN_DROP_FOLDER": "/nowhere/share"}
    assert "/nowhere/share" in running("intake", code=2)
    running.env |= {"DUBAN_DROP_FOLDER": "", "DUBAN_MAILBOX": "imaps://a:geheim@mail.example/INBOX"}
    assert "DUBAN_CHANNEL_EMAIL" in running("intake", code=2)
    running.env |= {"DUBAN_CHANNEL_EMAIL": "mailto://127.0.0.1/?from=a@b.example&to={address}"}
    said = running("intake", code=2)  # a virtual ledger reads no real mailbox
    assert "mailbox" in said
    assert "geheim" not in said
