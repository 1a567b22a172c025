"""Who takes part in the campaign of seed 002, worked out from its first page and the map of 2023."""

from __future__ import annotations

from datetime import date

OFFICE = "wangjian"
COUNTIES = {
    "sanyuan": "三元区", "shaxian": "沙县区", "yongan": "永安市", "mingxi": "明溪县", "qingliu": "清流县",
    "ninghua": "宁化县", "jianning": "建宁县", "taining": "泰宁县", "jiangle": "将乐县", "youxi": "尤溪县",
    "datian": "大田县",
}  # fmt: skip
"""Two districts, one city and eight counties, since 梅列 joined 三元 and 沙县 became a district in 2021."""
ADDRESSED = ("cyber", "market", "police", "commerce", "culture", "forestry", "post", "tax")
"""The kinds of county body the notice speaks to, in its order."""
SYSTEMS = {*ADDRESSED, "drug", "telecom", "customs"}
WITHOUT_ROWS = {"commerce", "culture", "tax"}
"""Annex 2 has no rows for 商务, 文旅 and 税务."""
MUNICIPAL = {f"sm-{system}" for system in SYSTEMS}
COUNTY = {f"{county}-{system}" for county in COUNTIES for system in ADDRESSED}
BEGIN, END = date(2023, 8, 9), date(2023, 11, 30)


def system_of(unit: str) -> str:
    """`market` of `sm-market` and of `sanyuan-market`."""
    return unit.rpartition("-")[2]
