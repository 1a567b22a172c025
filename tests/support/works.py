"""A made-up campaign with what the five notices lack: registers, quotas, outsiders, open days, waivers."""

from __future__ import annotations

from pathlib import Path

PLAN = """\
slug: works-2024
title: 工地安全专项行动
short: 工地安全
issuer: 某市住建局
issued: 2024-03-01
origin: coordinator
start: 2024-03-01
end: 2024-05-31
groups:
  - {id: stations, name: 各监督站}
  - {id: builders, name: 施工单位, outside: true}
  - {id: bureau, name: 局机关}
coordinator: {unit: safety}
duties:
  - id: hazards
    name: 隐患台账
    by: stations
    to: safety
    rhythm: {every: month, on: 5, in: next}
    form: hazards
    moments: {remind: [2], chase: [1]}
  - id: bulletins
    name: 工作简报
    by: stations
    to: safety
    rhythm: {every: month, on: last, in: same}
    quota: {at_least: 2, unit_of_measure: 期}
    attachments: [{id: bulletin, name: 简报, kinds: [document]}]
  - id: self-check
    name: 施工单位自查报告
    by: builders
    to: parent
    rhythm: {due: undetermined}
    form: checks
  - id: checks
    name: 检查情况
    by: stations
    to: safety
    rhythm: {before: report, days: 3}
    form: checks
    zero_report: true
  - id: report
    name: 检查情况汇总
    by: safety
    to: bureau-office
    rhythm: {every: month, on: 20, in: next}
    form: checks
    ranking:
      units: stations
      measures: [{by: on-time, duty: checks}, {by: indicator, duty: checks, indicator: sites}]
waivers:
  - {units: east, duty: hazards, periods: [2024-04], reason: 当月停工}
targets:
  - {id: rate, name: 整改率, duty: checks, numerator: mended, denominator: found, at_least: 50%}
  - {id: calm, name: 事故明显下降, words: 事故明显下降}
"""

UNITS = """\
id,name,short,groups,parent,channels,attributes,origin
safety,安全科,安全科,bureau,,email=safety@works.example,,coordinator
bureau-office,局办公室,办公室,bureau,,,,coordinator
east,城东监督站,城东站,stations,safety,email=east@works.example,area=城区,coordinator
west,城西监督站,城西站,stations,safety,email=west@works.example,area=城区,coordinator
hills,山区监督站,山区站,stations,safety,email=hills@works.example,area=山区,coordinator
alpha,甲施工单位,甲单位,builders,east,,,coordinator
beta,乙施工单位,乙单位,builders,west,,,coordinator
"""

HAZARDS = """\
id: hazards
title: 隐患台账
origin: coordinator
register:
  name: 隐患
  key: [number]
  columns:
    - {code: number, name: 编号, type: text}
    - {code: grade, name: 等级, type: choice, choices: [一般, 重大]}
    - {code: found_on, name: 发现日期, type: date}
    - {code: state, name: 状态, type: choice, choices: [整改中, 已销号]}
    - {code: cost, name: 整改投入, unit_of_measure: 万元, type: decimal, scale: 2}
  closed: {column: state, values: [已销号]}
  counts:
    - {code: open_hazards, name: 未销号隐患, unit_of_measure: 处, open: true, periods: last}
    - {code: closed_hazards, name: 本期销号, unit_of_measure: 处, open: false}
    - {code: severe, name: 重大隐患, unit_of_measure: 处, where: {grade: [重大]}, periods: last}
"""

CHECKS = """\
id: checks
title: 检查情况表
origin: coordinator
sections:
  - id: checks
    name: 检查
    indicators:
      - {code: sites, name: 检查工地, unit_of_measure: 个次}
      - {code: found, name: 发现隐患, unit_of_measure: 处}
      - {code: mended, name: 其中：已整改, unit_of_measure: 处, within: found}
      - {code: fines, name: 罚款, unit_of_measure: 万元, type: decimal, scale: 2}
"""

FILES = {
    "plan.yaml": PLAN, "units.csv": UNITS, "forms/hazards.yaml": HAZARDS, "forms/checks.yaml": CHECKS,
}  # fmt: skip


def write_works(folder: Path) -> Path:
    """The campaign as files."""
    for name, text in FILES.items():
        path = folder / "works-2024" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "works-2024"
