"""What runs are called and how they end, in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from prefect.runtime import flow_run

from duban.services.campaigns import deployed_plan
from tasks.house import house


def campaign_run_name() -> str:
    """`药品净网2018 · 2018-11-05`."""
    campaign, as_of = _parameters("campaign", "as_of")
    h = house()
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
    return f"{plan.file.short} · {_instant(as_of).astimezone(plan.zone).date()}"


def phase_run_name() -> str:
    """`action 集中打击阶段 · 2018-11-05`: the id too, since the run graph has no Chinese glyphs."""
    campaign, phase, as_of = _parameters("campaign", "phase", "as_of")
    h = house()
    with h.ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
    return f"{phase} {plan.stage[phase].name} · {_instant(as_of).astimezone(plan.zone).date()}"


def deliver_run_name() -> str:
    """`发送 · 2018-11-05 08:30`."""
    return _installation_run_name("deliver")


def intake_run_name() -> str:
    """`收件 · 2018-11-05 08:30`."""
    return _installation_run_name("intake")


def janitor_run_name() -> str:
    """`清理 · 2018-11-05 08:17`."""
    return _installation_run_name("janitor")


def _installation_run_name(flow: str) -> str:
    (as_of,) = _parameters("as_of")
    title = house().texts.words["run"][flow]
    return f"{title} · {_instant(as_of).astimezone(house().settings.zone):%Y-%m-%d %H:%M}"


def _parameters(*names: str) -> list[Any]:
    known = flow_run.parameters
    return [known.get(name) for name in names]


def _instant(as_of: datetime | None) -> datetime:
    return house().ledger.now(as_of)


def overdue_name(count: int) -> str:
    """The name of a final state: Prefect draws it green whatever it says."""
    return "Nothing overdue" if not count else f"{count} unit{'s' if count > 1 else ''} overdue"
