"""Messages to come, and what would be said now: values for templates, and their JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from duban.errors import NotAllowed
from duban.plan import Plan
from duban.plan.duties import COLOURS
from duban.plan.given import Givens
from duban.views.agenda import chosen, iso

if TYPE_CHECKING:
    from duban.console import Console
    from duban.services.foreseeing import Coming

LINES = 400
"""How many lines are printed; a whole year of daily reports has more."""
WHEN = {"decided": "now", "due": "now", "proposed": "approved", "planned": ""}
"""Under which heading a message stands: of the next run, of an approval, or of its own morning."""
FIRST = ("now", "approved", "")
NAMES = 4
"""How many units a line names before it only counts them."""


def messages(
    app: Console, campaign: str, given: Givens, as_of: datetime | None, duty: str | None, unit: str | None
) -> tuple[Plan, list[Coming]]:
    """Every message to come of a deployed campaign as it stands, of a folder by its plan. Raises
    BadInput."""
    from duban.services.foreseeing import announced, coming, in_order, planned

    plan = None if given or "/" in campaign else _deployed(app, campaign, as_of)
    if plan is None:
        plan = app.plan(campaign, as_of, given)
        mine = planned(plan, chosen(plan, duty, unit), as_of)
        return plan, in_order([*mine, *_about(plan, announced(plan, as_of), duty, unit)])
    chosen(plan, duty, unit)  # says what is wrong with either name
    with app.ledger.read() as conn:
        return plan, _about(plan, coming(conn, plan, app.ledger.now(as_of)), duty, unit)


def _about(plan: Plan, found: Iterable[Coming], duty: str | None, unit: str | None) -> list[Coming]:
    ids = {u.id for u in plan.named.get(unit, ())} if unit else set()
    return [x for x in found if (not duty or x.duty == duty) and (not ids or ids & {x.unit, x.to})]


def _deployed(app: Console, campaign: str, as_of: datetime | None) -> Plan | None:
    try:
        return app.deployed(campaign, as_of)
    except NotAllowed:
        return None


def messages_json(found: Iterable[Coming]) -> list[dict[str, Any]]:
    """Each message by itself; those of one recipient and day leave as one."""
    return [
        {
            "at": iso(x.at), "kind": x.kind, "days": x.days, "to": x.to, "hearer": x.hearer, "unit": x.unit,
            "duty": x.duty or None, "period": x.period or None, "subject": x.subject or None,
            "due_at": iso(x.due_at), "channel": x.channel, "stage": x.stage,
            "proposed": x.proposed or None,
        }
        for x in found
    ]  # fmt: skip


def messages_view(plan: Plan, found: list[Coming]) -> dict[str, Any]:
    """By morning; a line for all units that hear the same."""

    def alike(x: Coming) -> tuple[Any, ...]:
        peer = x.unit in plan.peers and x.kind in COLOURS
        about = (x.kind, x.proposed, x.duty, x.period)
        return FIRST.index(WHEN[x.stage]), x.at, x.due_at or x.at, *about, x.stage, peer

    rows = [_row(plan, list(mine)) for _, mine in groupby(sorted(found, key=alike), key=alike)]
    shown = rows[:LINES]
    mornings = [
        {"when": when, "at": at, "rows": list(mine)}
        for (when, at), mine in groupby(shown, key=lambda r: (r["when"], None if r["when"] else r["at"]))
    ]
    return {
        "plan": plan, "mornings": mornings, "total": len(found), "left_out": len(rows) - len(shown),
        "mute": sorted({(plan.unit[x.to].name, x.hearer) for x in found if x.channel is None}),
    }  # fmt: skip


def _row(plan: Plan, mine: list[Coming]) -> dict[str, Any]:
    first = mine[0]
    to = list(dict.fromkeys((plan.unit[x.to].short, x.hearer) for x in mine))
    about = list(dict.fromkeys(x.unit for x in mine))
    return {
        "at": first.at, "kind": first.kind, "proposed": first.proposed, "period": first.period,
        "duty": plan.duty.get(first.duty),
        "due_at": first.due_at, "stage": first.stage, "when": WHEN[first.stage],
        "peer": first.unit in plan.peers,
        "to": to, "who": {x.hearer.partition(":")[0] for x in mine},
        "about": [plan.unit[u].short for u in about],
        "same": list(dict.fromkeys(x.to for x in mine)) == about, "count": len(mine), "names": NAMES,
    }  # fmt: skip
