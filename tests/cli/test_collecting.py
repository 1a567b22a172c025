"""Returns with attachments and without periods, totals by groups and targets, as commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from sqlalchemy import select

from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.settings import ROOT
from tests.cli.shell import Shell
from tests.support.plans import load
from tests.support.town import HAIAN
from tests.support.workbooks import ZEROS

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def deployed(shell: Shell, campaign: str, at: str) -> Shell:
    open_ledger(f"sqlite:///{shell.var / 'ledger.sqlite'}", kind="virtual").close()
    shell("deploy", campaign, "--ledger-only", "--as-of", at)
    return shell


def document(var: Path, name: str, cells: dict[str, object]) -> str:
    (var / name).write_text(json.dumps({"cells": cells}, ensure_ascii=False), "utf-8")
    return name


def test_a_return_of_a_single_date_comes_with_its_attachment(shell: Shell) -> None:
    deployed(shell, "meixian-2019", "2019-06-19T08:30")
    (shell.var / "方案.pdf").write_bytes(PDF)
    address = ("--unit", "程江所", "--duty", "plan")  # by its short name, and without a period
    shell("form", "meixian-2019", *address)
    assert (shell.var / "程江所-工作实施方案（实施计划）.xlsx").read_bytes()[:2] == b"PK"
    name = document(shell.var, "plan.json", {"plan_title": "程江所实施方案"})
    sent = ("submit", "meixian-2019", *address, name, "--as-of", "2019-06-20T10:00")
    text = shell(*sent, code=2)
    assert "未通过" in text
    text = shell(*sent, "--attach", "plan=方案.pdf")
    assert "附件：方案.pdf" in text
    status = shell.json("status", "meixian-2019", "--as-of", "2019-06-21T10:00")
    plans = next(p for p in status["periods"] if p["duty"] == "plan")
    # 18 stations, 20 sections and the brigade owe a plan.
    assert (plans["period"], plans["expected"], plans["met"]) == ("", 39, 1)


def test_what_happened_on_paper_is_put_on_record(shell: Shell) -> None:
    deployed(shell, "zhanjiang-2017", "2017-06-12T08:30")
    address = ("--unit", "开发区局", "--duty", "final-up")
    cells: dict[str, object] = {i.code: "情况" for i in load("zhanjiang-2017").form["final"].indicators}
    signed = {"filler": "填报员", "reviewer": "审核员", "head": "局长"}
    (shell.var / "final.json").write_text(json.dumps({"cells": cells, "signed": signed}), "utf-8")
    shell("submit", "zhanjiang-2017", *address, "final.json", "--as-of", "2017-12-19T10:00")
    text = shell("status", "zhanjiang-2017", "--as-of", "2017-12-26T00:00")
    assert "盖章原件（2017年12月25日（周一）24时前，已过）" in text
    sent = (*address, "--kind", "original", "--at", "2017-12-25T16:00", "--by", "稽查科")
    assert "盖章原件　2017-12-25 16:00" in shell(
        "witness", "zhanjiang-2017", *sent, "--as-of", "2017-12-26T09:00"
    )
    awaited = shell.json("status", "zhanjiang-2017", "--as-of", "2017-12-26T10:00")["awaited"]
    assert [leg["kind"] for leg in awaited] == ["sent"]


def test_a_paper_return_is_put_in_with_when_and_how_it_came(running: Shell) -> None:
    name = document(running.var, "x.json", {**ZEROS, "sellers": 4})
    came = ("--received-at", "2018-10-04T16:00", "--as-of", "2018-10-06T09:00", "--by", "稽查科")
    for unit, statement in (("haian", ("--statement", "纸质件，10月4日面交")), ("libao", ())):
        address = ("--unit", unit, "--duty", "monthly", "--period", "2018-09")
        assert "逾期" not in running("submit", HAIAN, *address, name, *came, *statement)
    ledger = open_ledger(f"sqlite:///{running.var / 'ledger.sqlite'}")
    with ledger.read() as conn:
        acts = conn.execute(select(t.act.c.about, t.act.c.by).order_by(t.act.c.id)).tuples().all()
    ledger.close()
    assert acts == [
        ("haian-2018-000001 纸质件，10月4日面交", "稽查科"), ("haian-2018-000002 未说明怎样送达", "稽查科"),
    ]  # fmt: skip


def test_an_attachment_has_to_be_named(running: Shell) -> None:
    name = document(running.var, "x.json", {})
    address = ("--unit", "haian", "--duty", "monthly", "--period", "2018-10")
    text = running("submit", HAIAN, *address, name, "--attach", "方案.pdf", code=2)
    assert "应写成 附件编号=文件" in text
    assert "无法读取" in running("submit", HAIAN, *address, "no.json", code=2)


def test_totals_are_of_a_period_of_the_campaign_or_of_groups_and_targets_follow(shell: Shell) -> None:
    folder = shell.var / "mine"
    shutil.copytree(ROOT / "data" / "campaigns" / HAIAN, folder)
    with (folder / "plan.yaml").open("a", encoding="utf-8") as plan:
        plan.write(
            "\ntargets:\n  - {id: filed, name: 立案比例, duty: monthly, numerator: cases_filed,"
            " denominator: clues, above: 80%, origin: coordinator}\n"
        )
    deployed(shell, str(folder), "2018-09-06T08:30")
    for period, day, cases, clues in (("2018-09", "2018-10-04", 3, 5), ("2018-10", "2018-11-04", 6, 5)):
        name = document(shell.var, "x.json", {**ZEROS, "sellers": 4, "cases_filed": cases, "clues": clues})
        address = ("--unit", "haian", "--duty", "monthly", "--period", period)
        shell("submit", HAIAN, *address, name, "--as-of", f"{day}T10:00")
    asked = ("totals", HAIAN, "--duty", "monthly", "--as-of", "2018-11-06T09:00")
    one = {x["indicator"]: x for x in shell.json(*asked, "--period", "2018-10")}
    assert (one["cases_filed"]["value"], one["cases_filed"]["expected"]) == ("6", 10)
    whole = {x["indicator"]: x for x in shell.json(*asked)}
    assert (whole["cases_filed"]["value"], whole["cases_filed"]["reported"]) == ("9", 2)
    groups = shell.json(*asked, "--by", "group")
    assert [(g["group"], g["name"]) for g in groups] == [("branches", "各分局")]
    under = shell.json(*asked, "--under", "海安分局")
    assert {x["indicator"]: x["value"] for x in under[-1]["totals"]}["clues"] == "10"
    assert "各分局" in shell(*asked, "--by", "group")
    # 9 of 10 is 90 %, above 80 %; other returns are still owed.
    stands = shell.json("targets", HAIAN, "--as-of", "2018-11-06T09:00")
    assert [(t["target"], t["value"], t["state"], t["final"]) for t in stands] == [
        ("filed", "9/10", "reached", False)
    ]
    assert "现为 90.00%" in shell("targets", HAIAN, "--as-of", "2018-11-06T09:00")
