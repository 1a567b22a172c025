"""The command line as its users call it: a process, its output, its exit code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from duban.ledger import open_ledger
from duban.settings import ROOT
from tests.cli.shell import Shell
from tests.support.town import BRANCHES, HAIAN, Town


def test_check_prints_a_summary_with_the_due_days_off(shell: Shell) -> None:
    text = shell("check", HAIAN)
    assert "排查部署阶段" in text
    assert "2018-10-05 10月5日（周五）是国庆节放假" in text
    assert "2019-01-05 1月5日（周六）不上班" in text
    codes = [w["code"] for w in shell.json("check", HAIAN)["warnings"]]
    # 5 October, 31 December, 5 January
    days_off = ["due-on-holiday", "due-on-holiday", "due-on-weekend"]
    assert sorted(c for c in codes if c.startswith("due-on-")) == days_off


def test_check_names_every_mistake_of_a_folder_at_once(shell: Shell) -> None:
    folder = shell.var / "mine"
    shutil.copytree(ROOT / "data" / "campaigns" / HAIAN, folder)
    plan = folder / "plan.yaml"
    plan.write_text(
        plan.read_text("utf-8").replace("on: 5", "on: 35").replace("kind: action", "kind: acton"), "utf-8"
    )
    (folder / "units.csv").write_bytes((folder / "units.csv").read_bytes() + b"x,y\n")
    text = shell("check", str(folder), code=2)
    assert "方案有3处需要更正" in text
    line = plan.read_text("utf-8").split("kind: acton")[0].count("\n") + 1
    assert f"plan.yaml:{line}  phases[1].kind  “acton”不可用，应为" in text
    assert "duties[0].rhythm.on  “35”不是应报日，应为 1 至 31、last 或 mon 至 sun" in text
    assert "units.csv:16  本行列数不对，应为11列" in text


def test_the_agenda_in_json_keeps_the_contract(shell: Shell) -> None:
    found = shell.json("agenda", HAIAN)
    dated = [o for o in found if o["due_at"]]
    assert len(dated) == 41  # forty monthly returns and the list of 31 December
    first = next(o for o in dated if o["unit"] == "haian")
    # Worked out by hand: due on 5 October inclusive, reminded on the last working day before the
    # holiday, chased from the first one after it. Blue eight days after, a Saturday, so Monday; orange no
    # less than four days after blue, red no less than five after orange.
    assert first == {
        "campaign": HAIAN,
        "phases": ["survey", "action"],
        "duty": "monthly",
        "unit": "haian",
        "to": "jicha",
        "copies": [],
        "subject": None,
        "period": "2018-09",
        "covers": ["2018-09-01", "2018-09-30"],
        "opens_at": "2018-10-01T00:00:00+08:00",
        "due_at": "2018-10-06T00:00:00+08:00",
        "due_day": "2018-10-05",
        "feeds": None,
        "attachments": [],
        "waived": None,
        "moments": [
            {"kind": "remind", "at": "2018-09-30T08:30:00+08:00"},
            {"kind": "chase", "at": "2018-10-08T08:30:00+08:00"},
            {"kind": "chase", "at": "2018-10-12T08:30:00+08:00"},
            {"kind": "blue", "at": "2018-10-15T08:30:00+08:00"},
            {"kind": "escalate", "at": "2018-10-15T08:30:00+08:00"},
            {"kind": "orange", "at": "2018-10-19T08:30:00+08:00"},
            {"kind": "red", "at": "2018-10-24T08:30:00+08:00"},
        ],
    }
    assert list(dict.fromkeys(o["due_at"][:10] for o in dated if o["duty"] == "monthly")) == [
        "2018-10-06", "2018-11-06", "2018-12-06", "2019-01-06",
    ]  # fmt: skip
    assert {o["duty"] for o in found if o["due_at"] is None} == {"major-case", "materials"}


def test_the_agenda_writes_a_calendar_file(shell: Shell) -> None:
    shell("agenda", HAIAN, "--ics", "haian.ics")
    assert (shell.var / "haian.ics").read_bytes().count(b"BEGIN:VEVENT") == 5  # and the list


def test_a_unit_fills_its_form_and_gets_a_receipt(running: Shell) -> None:
    town = Town(open_ledger(f"sqlite:///{running.var / 'ledger.sqlite'}"), running.var)
    (running.var / "filled.xlsx").write_bytes(town.form("haian", "2018-10"))
    town.ledger.close()
    address = ("--unit", "haian", "--duty", "monthly", "--period", "2018-10")
    text = running("submit", HAIAN, *address, "filled.xlsx", "--as-of", "2018-11-05T23:59:59")
    assert "报送回执　haian-2018-000001" in text
    assert "按时" in text

    status = running.json("status", HAIAN, "--as-of", "2018-11-06T09:00")
    october = next(p for p in status["periods"] if p["period"] == "2018-10")
    assert (october["expected"], october["met"], october["on_time"]) == (10, 1, 1)
    assert october["missing"] == list(BRANCHES[1:])

    totals = running.json(
        "totals", HAIAN, "--duty", "monthly", "--period", "2018-10", "--as-of", "2018-11-06"
    )
    fines = next(x for x in totals if x["indicator"] == "fines")
    assert fines == {
        "indicator": "fines", "name": "罚没金额", "unit_of_measure": "万元", "value": "3.25", "reported": 1,
        "expected": 10, "missing": list(BRANCHES[1:]),
    }  # fmt: skip
    running("status", HAIAN, "--as-of", "2018-11-06T09:00", "--fail", code=1)
    assert "前后相接" in running("verify", HAIAN)


def test_a_bad_file_is_answered_with_every_place_and_kept_as_refused(running: Shell) -> None:
    cells = {"inspected": "3万", "clues": 1, "clues_police": 2, "nonsense": 1}
    (running.var / "bad.json").write_text(json.dumps({"cells": cells}), "utf-8")
    address = ("--unit", "libao", "--duty", "monthly", "--period", "2018-10")
    text = running("submit", HAIAN, *address, "bad.json", "--as-of", "2018-11-05T10:00", code=2)
    assert "未通过" in text
    assert "haian-2018-000001" in text
    for place in ("cells.inspected", "cells.clues_police", "nonsense", "“罚没金额”未填写"):
        assert place in text
    status = running.json("status", HAIAN, "--as-of", "2018-11-05T10:00")
    october = next(p for p in status["periods"] if p["period"] == "2018-10")
    libao = next(o for o in october["obligations"] if o["unit"] == "libao")
    assert libao["came_in"] == "refused"


def test_a_decision_is_recorded_and_leaves_the_denominator(running: Shell) -> None:
    address = ("--unit", "libao", "--duty", "monthly", "--period", "2018-09")
    said = ("--kind", "waive", "--by", "稽查科", "--reason", "辖区无此业务", "--as-of", "2018-10-01T09:00")
    assert "免报" in running("decide", HAIAN, *address, *said)
    status = running.json("status", HAIAN, "--as-of", "2018-10-08")
    assert next(p for p in status["periods"] if p["period"] == "2018-09")["expected"] == 9


def test_the_report_is_written_where_asked(running: Shell) -> None:
    address = ("--duty", "monthly", "--period", "2018-09", "--as-of", "2018-10-08T09:00")
    running("report", HAIAN, *address, "--out", str(running.var / "out"))
    assert {p.suffix for p in (running.var / "out").rglob("*.*") if p.is_file()} == {".xlsx", ".html"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("agenda", "nowhere"), "没有名为“nowhere”的专项行动"),
        (("agenda", HAIAN, "--as-of", "昨天"), "“昨天”不是时间"),
        (("status", HAIAN), "尚未启用"),
        (("form", HAIAN, "--unit", "x", "--duty", "monthly", "--period", "2018-09"), "没有单位“x”"),
    ],
)
def test_bad_input_ends_with_two_and_a_sentence(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in shell(*words, code=2)


def test_secrets_are_read_from_files_and_never_shown(tmp_path: Path) -> None:
    from duban.settings import Settings

    (tmp_path / "url").write_text("mailto://user:geheim@mail.example?to={address}\n")
    settings = Settings.from_env(
        {"DUBAN_CHANNEL_EMAIL_FILE": str(tmp_path / "url"), "DUBAN_VAR": str(tmp_path)}
    )
    assert settings.channels["email"].startswith("mailto://user:geheim")
    assert "geheim" not in repr(settings)
