"""A county with many offices: the campaign whose returns the benchmarks send. It owes two forms a
week: Hai'an's monthly table, and one of sixty figures."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from random import Random
from typing import Any

from duban.plan import Bundle, Plan, parse
from duban.settings import ROOT

SLUG = "county-2024"
OFFICES = 250
CELLS = 60
SHORT, LONG = "monthly", "sixty"
"""Duties, each with the form of the same name."""

PLAN = """\
slug: county-2024
title: 全县专项行动
short: 全县行动
issuer: 县局
issued: 2024-01-01
origin: coordinator
start: 2024-01-01
end: 2024-12-31
groups:
  - {id: offices, name: 各分局}
  - {id: bureau, name: 机关}
coordinator: {unit: chief}
duties:
  - id: monthly
    name: 情况表
    by: 各分局
    to: chief
    rhythm: {every: week, on: mon, in: next}
    form: monthly
    zero_report: true
    sign: [filler, head]
  - id: sixty
    name: 统计表
    by: 各分局
    to: chief
    rhythm: {every: week, on: mon, in: next}
    form: sixty
    zero_report: true
    sign: [filler, head]
"""
UNITS = "id,name,short,groups,origin\nchief,县局专班,专班,bureau,coordinator\n"
FORM = """\
id: sixty
title: 专项行动统计表
origin: coordinator
sections:
"""
SIGNED = {"filler": "填报员", "head": "负责人"}


def deployed_at() -> datetime:
    """The first morning, on which the plan is put in force."""
    return datetime(2024, 1, 1, 8, 30, tzinfo=plan().zone)


def offices() -> list[str]:
    """Ids of the units that report."""
    return [f"u{n:03d}" for n in range(1, OFFICES + 1)]


@cache
def bundle() -> Bundle:
    """The campaign's files."""
    units = UNITS + "".join(f"{u},第{u[1:]}分局,{u[1:]}分局,offices,coordinator\n" for u in offices())
    monthly = (ROOT / "data/campaigns/haian-2018/forms/monthly.yaml").read_text(encoding="utf-8")
    files = {"forms/monthly.yaml": monthly, "forms/sixty.yaml": FORM + _sections()}
    return Bundle(tuple(sorted({**files, "plan.yaml": PLAN, "units.csv": units}.items())))


def _sections() -> str:
    """Six sections of ten figures: a count, two parts of it, and seven more."""
    lines = []
    for s in range(CELLS // 10):
        lines += [f"  - id: s{s}", f"    name: 第{s + 1}部分", "    indicators:"]
        for n in range(10):
            part = f", within: c{s}0" if n in (1, 2) else ""
            kind = ", type: decimal, scale: 2, unit_of_measure: 万元" if n == 9 else ", unit_of_measure: 件"
            lines.append(f"      - {{code: c{s}{n}, name: 第{s + 1}部分第{n + 1}项{kind}{part}}}")
    return "\n".join(lines) + "\n"


@cache
def plan() -> Plan:
    """The plan."""
    return parse(bundle())


def figures(duty: str, chance: Random) -> dict[str, Any]:
    """A correct return's figures: no part above its total."""
    form = plan().form[duty]
    found: dict[str, Any] = {}
    for i in form.indicators:
        if i.type == "text":
            found[i.code] = f"开展检查{chance.randint(1, 99)}次，情况正常。"
        elif i.type == "decimal":
            found[i.code] = chance.randint(0, 99999) / 100
        else:
            found[i.code] = chance.randint(0, 9) if i.within else chance.randint(10, 99)
    return found


def document(duty: str, chance: Random) -> bytes:
    """The same as a JSON document of the API."""
    return json.dumps({"cells": figures(duty, chance), "signed": SIGNED}).encode()
