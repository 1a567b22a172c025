"""docs/api.md says what is so: its examples are run as they stand, its table is the API's."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from duban.portal.api import calls
from duban.portal.api.openapi import openapi
from duban.services.keys import make_key
from duban.settings import ROOT
from tests.support.gate import Gate
from tests.support.town import HAIAN

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_examples_do_what_the_page_says(gate: Gate, tmp_path: Path) -> None:
    (tmp_path / "filled.xlsx").write_bytes(gate.town.form("libao", "2018-09"))
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n12345")
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4\n1 0 obj\n")
    key = make_key(gate.town.ledger, HAIAN, "libao", "业务系统", "jicha")
    env = os.environ | {"DUBAN": gate.url, "KEY": key, "no_proxy": "*"}
    said = []
    for example in EXAMPLES[1:]:  # the first one sets the address and the key
        for command in re.split(r"\n(?=curl)", example):
            done = subprocess.run(
                ["bash", "-euc", command], cwd=tmp_path, env=env, capture_output=True, check=True, timeout=60
            )
            said.append(json.loads(done.stdout) if done.stdout else {})
    owed, one, form, workbook, sent, filled, files, receipts, receipt = said
    assert [o["period"] for o in owed["obligations"]] == ["2018-09", "2018-10"]
    assert (one["state"], form["form"], workbook) == ("overdue", "monthly", {})
    assert (tmp_path / "monthly.xlsx").read_bytes().startswith(b"PK")
    assert [r["receipt"] for r in (sent, filled, files)] == [f"haian-2018-00000{n}" for n in (1, 2, 3)]
    assert (sent["valid"], filled["valid"], files["valid"]) == (True, True, True)
    assert files["attachments"] == ["picture.png", "report.pdf"]
    assert [r["receipt"] for r in receipts["receipts"]] == [f"haian-2018-00000{n}" for n in (3, 2, 1)]
    assert receipt == sent


def test_every_status_on_the_page_is_one_that_sending_may_be_answered_with() -> None:
    rows = re.findall(r"^\| ([0-9, ]+) \|", PAGE, re.MULTILINE)
    told = {status.strip() for row in rows for status in row.split(",")}
    paths = openapi(calls.routes.routes)["paths"]
    assert told == set(paths["/api/v1/campaigns/{campaign}/submissions"]["post"]["responses"])
