"""A made-up campaign that wants every kind of return: the harbour's inspection of the first half of 2024."""

from __future__ import annotations

from functools import cache

from duban.plan import Bundle, Plan, parse

PLAN = """\
slug: harbour-2024
title: 港区安全检查专项行动
short: 港区检查
issuer: 港区管理局
issued: 2024-01-01
origin: coordinator
start: 2024-01-01
end: 2024-06-30
groups:
  - {id: stations, name: 各站}
  - {id: offices, name: 机关}
coordinator: {unit: office}
tasks:
  - {id: "1.1", name: 查船舶, lead: 东站}
  - {id: "1.2", name: 查仓库, lead: 西站}
duties:
  - id: hazards
    name: 隐患台账
    by: 各站
    to: office
    rhythm: {every: month, on: 5, in: next}
    form: hazards
    zero_report: true
    sign: [filler, head]
  - id: summary
    name: 总结
    by: [east, west]
    to: office
    cc: bureau
    rhythm: {due: 2024-04-10}
    form: summary
    attachments:
      - {id: cases, name: 典型案例, at_least: 2, kinds: [document]}
      - {id: decisions, name: 处罚决定书, kinds: [document], per: cases}
      - {id: pictures, name: 图片视频, at_least: 0, kinds: [image, video]}
  - id: summary-copy
    name: 总结抄送
    by: [east, west]
    to: bureau
    rhythm: {due: 2024-04-15}
    form: summary
    copy_of: summary
  - id: liaison
    name: 联络员
    by: 各站
    to: office
    rhythm: {due: 2024-01-20}
    form: liaison
  - id: finding
    name: 重大隐患
    by: 各站
    to: office
    rhythm: {when: event, within: {hours: 24}}
    form: finding
  - id: accident
    name: 事故
    by: 各站
    to: office
    rhythm: {when: event, within: {working_days: 2}}
    form: finding
  - id: briefs
    name: 简报
    by: [east]
    to: office
    rhythm: {every: month, on: 25, in: same}
    quota: {at_least: 2, unit_of_measure: 期}
    attachments:
      - {id: brief, name: 简报, kinds: [document]}
  - id: progress
    name: 任务进展
    by: lead
    per: task
    to: office
    rhythm: {due: 2024-03-31}
    form: finding
"""

UNITS = """\
id,name,short,aliases,groups,parent,channels,opens,closes,successor,origin
office,安全办,安办,,offices,,email=office@harbour.example,,,,coordinator
bureau,上级局,上局,,offices,,email=bureau@harbour.example,,,,coordinator
east,东站,东站,东港站,stations,,email=east@harbour.example,,,,coordinator
west,西站,西站,,stations,,email=west@harbour.example,,,,coordinator
north,北站,北站,,stations,,email=north@harbour.example,,2024-02-29,east,coordinator
"""

HAZARDS = """\
id: hazards
title: 隐患台账
origin: coordinator
sections:
  - id: work
    name: 检查
    indicators:
      - {code: visits, name: 检查次数, unit_of_measure: 次}
register:
  name: 隐患
  key: [place, hazard]
  columns:
    - {code: place, name: 单位, type: text}
    - {code: hazard, name: 隐患, type: text}
    - {code: level, name: 等级, type: choice, choices: [一般, 重大]}
    - {code: found, name: 发现日期, type: date}
    - {code: cost, name: 整改资金, unit_of_measure: 万元, type: decimal, scale: 1, required: false}
    - {code: state, name: 状态, type: choice, choices: [整改中, 已整改]}
    - {code: owner, name: 责任人, type: text, personal: true, required: false}
  closed: {column: state, values: [已整改]}
  counts:
    - {code: all_rows, name: 隐患, unit_of_measure: 处}
    - {code: open_rows, name: 未整改, unit_of_measure: 处, open: true, periods: last}
    - {code: major_closed, name: 已整改重大, unit_of_measure: 处, where: {level: [重大]}, open: false}
"""

SUMMARY = """\
id: summary
title: 总结表
origin: coordinator
sections:
  - id: east
    name: 东站
    for: 东站
    indicators:
      - {code: ships, name: 船舶, unit_of_measure: 艘, sum_of: [ships_big, ships_small]}
      - {code: ships_big, name: 大船, unit_of_measure: 艘}
      - {code: ships_small, name: 小船, unit_of_measure: 艘, required: false}
  - id: west
    name: 西站
    for: [west]
    indicators:
      - {code: stores, name: 仓库, unit_of_measure: 座}
  - id: words
    name: 文字
    indicators:
      - {code: report, name: 总结, type: text}
      - {code: finished, name: 完成日期, type: date, required: false}
      - {code: grade, name: 自评, type: choice, choices: ["优, 良", 中], required: false}
"""

LIAISON = """\
id: liaison
title: 联络员
origin: coordinator
fills: liaisons
sections:
  - id: liaison
    name: 联络员
    indicators:
      - {code: liaison_name, name: 姓名, type: text, personal: true}
      - {code: liaison_position, name: 职务, type: text, personal: true}
      - {code: liaison_phone, name: 电话, type: text, personal: true}
      - {code: liaison_email, name: 邮箱, type: text, personal: true, required: false}
      - {code: deputies, name: 备用联络员, unit_of_measure: 名}
"""

FINDING = """\
id: finding
title: 情况
origin: coordinator
sections:
  - id: words
    name: 情况
    indicators:
      - {code: narrative, name: 情况, type: text}
"""

BUNDLE = Bundle((
    ("forms/finding.yaml", FINDING), ("forms/hazards.yaml", HAZARDS), ("forms/liaison.yaml", LIAISON),
    ("forms/summary.yaml", SUMMARY), ("plan.yaml", PLAN), ("units.csv", UNITS),
))  # fmt: skip


@cache
def harbour() -> Plan:
    """The plan."""
    return parse(BUNDLE)
