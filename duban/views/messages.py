"""Messages to come, and what would be said now: values for templates, and their JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from duban.errors import NotAllowed
from duban.plan import Plan
from duban.plan.given import Givens
from duban.views.agenda import chosen, iso

if TYPE_CHECKING:
    from duban.console import Console
    from duban.services.foreseeing import Coming

LINES = 400
"""How many lines are printed; a whole year of daily reports has more."""
NAMES = 4
"""How many units a line names before it only counts them."""


def messages(
    app: Console, campaign: str, given: Givens, as_of: datetime | None, duty: str | None, unit: str | None
) -> tuple[Plan, list[Coming]]:
    """Every message to come of a deployed campaign as it stands, of a folder by its plan. Raises
    BadInput."""
    from duban.services.foreseeing import coming, planned

    plan = None if given or "/" in campaign else _deployed(app, campaign, as_of)
    if plan is None:
        plan = app.plan(campaign, as_of, given)
        return plan, planned(plan, chosen(plan, duty, unit), as_of)
    chosen(plan, duty, unit)  # says what is wrong with either name
    ids = {u.id for u in plan.named.get(unit, ())} if unit else set()
    with app.ledger.read() as conn:
        found = coming(conn, plan, app.ledger.now(as_of))
    return plan, [x for x in found if (not duty or x.duty == duty) and (not ids or ids & {x.unit, x.to})]


def _deployed(app: Console, campaign: str, as_of: datetime | None) -> Plan | None:
    try:
        return app.deployed(campaign, as_of)
    except NotAllowed:
        return None


def messages_json(found: Iterable[Coming]) -> list[dict[str, Any]]:
    """Each message by itself; those of one recipient and day leave as one."""
    return [
        {
            "at": iso(x.at), "kind": x.kind, "days": x.days, "to": x.to, "unit": x.unit, "duty": x.duty,
            "period": x.period or None, "subject": x.subject or None, "due_at": iso(x.due_at),
            "channel": x.channel, "stage": x.stage,
        }
        for x in found
    ]  # fmt: skip


def messages_view(plan: Plan, found: list[Coming]) -> dict[str, Any]:
    """By morning; a line for all units that hear the same."""

    def alike(x: Coming) -> tuple[Any, ...]:
        return x.stage != "planned", x.at, x.due_at, x.kind, x.duty, x.period, x.stage

    waiting = sorted((x for x in found if x.stage != "planned"), key=alike)
    planned = sorted((x for x in found if x.stage == "planned"), key=alike)
    rows = [
        _row(plan, list(mine)) for part in (waiting, planned) for _, mine in groupby(part, key=alike)
    ]  # fmt: skip
    shown = rows[:LINES]
    mornings = [
        {"at": at, "waiting": waits, "rows": list(mine)}
        for (waits, at), mine in groupby(shown, key=lambda r: (r["waits"], None if r["waits"] else r["at"]))
    ]
    return {
        "plan": plan, "mornings": mornings, "total": len(found), "left_out": len(rows) - len(shown),
        "mute": sorted({plan.unit[x.to].name for x in found if x.channel is None}),
    }  # fmt: skip


def _row(plan: Plan, mine: list[Coming]) -> dict[str, Any]:
    first = mine[0]
    to, about = list(dict.fromkeys(x.to for x in mine)), list(dict.fromkeys(x.unit for x in mine))
    return {
        "at": first.at, "kind": first.kind, "duty": plan.duty[first.duty], "period": first.period,
        "due_at": first.due_at, "stage": first.stage, "waits": first.stage != "planned",
        "to": [plan.unit[u].short for u in to], "about": [plan.unit[u].short for u in about],
        "same": to == about, "count": len(mine), "names": NAMES,
    }  # fmt: skip
