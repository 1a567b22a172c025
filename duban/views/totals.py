"""Totals, totals by groups, targets: values for templates, and their JSON contracts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from duban.agenda import of_duty
from duban.errors import BadInput, Problem
from duban.phrasing import target_words
from duban.plan import Plan

if TYPE_CHECKING:
    from duban.console import Console
    from duban.figures import Total
    from duban.measures import Verdict


def totals_view(
    app: Console, campaign: str, duty: str, period: str, as_of: datetime | None
) -> dict[str, Any]:
    """A period's totals; without one, those of the whole campaign so far."""
    from duban.services.reporting import period_figures
    from duban.services.summing import campaign_totals

    plan, now = _known(app, campaign, duty, None, as_of)
    with app.ledger.read() as conn:
        if period or _is_of_one_date(plan, duty):
            found = period_figures(conn, plan, duty, period, now).totals
        else:
            found = campaign_totals(conn, plan, duty, now)
    shown = {"plan": plan, "duty": plan.duty[duty], "period": period, "now": now.astimezone(plan.zone)}
    return {**shown, "totals": found}


def _is_of_one_date(plan: Plan, duty: str) -> bool:
    return any(o.period is None and not o.is_event for o in of_duty(plan, duty))


def groups_view(
    app: Console, campaign: str, duty: str, by: str | None, under: str | None, as_of: datetime | None
) -> dict[str, Any]:
    """A duty's totals by groups of units, or of a unit with what stands under it."""
    from duban.services.summing import totals_by, totals_under

    plan, now = _known(app, campaign, duty, under, as_of)
    with app.ledger.read() as conn:
        if under:
            found = totals_under(conn, plan, duty, now, plan.named[under][0].id)
        else:
            found = totals_by(conn, plan, duty, now, by or "unit")
    return {"plan": plan, "duty": plan.duty[duty], "now": now.astimezone(plan.zone), "groups": found}


def _known(
    app: Console, campaign: str, duty: str, unit: str | None, as_of: datetime | None
) -> tuple[Plan, datetime]:
    """The plan in force and now. Raises BadInput for a duty or unit it has not."""
    plan = app.deployed(campaign, as_of)
    problems = []
    if duty not in plan.duty:
        problems.append(Problem("unknown-duty", key="duty", value=duty, params={"known": list(plan.duty)}))
    if unit is not None and len(plan.named.get(unit, ())) != 1:
        known = [u.id for u in plan.units][:60]
        problems.append(Problem("unknown-unit", key="unit", value=unit, params={"known": known}))
    if problems:
        raise BadInput("bad-address", tuple(problems), count=len(problems))
    return plan, app.ledger.now(as_of)


def targets_view(app: Console, campaign: str, as_of: datetime | None) -> dict[str, Any]:
    """How each target stands, with what it asks in words."""
    from duban.services.summing import verdicts

    plan = app.deployed(campaign, as_of)
    with app.ledger.read() as conn:
        now = app.ledger.now(as_of)
        found = verdicts(conn, plan, now)
    said = [(v, target_words(app.texts, plan, v.target)) for v in found]
    return {"plan": plan, "now": now.astimezone(plan.zone), "said": said, "verdicts": found}


def totals_json(found: Iterable[Total]) -> list[dict[str, Any]]:
    """The totals' contract: values as exact decimal strings."""
    return [
        {
            "indicator": t.indicator.code, "name": t.indicator.name,
            "unit_of_measure": t.indicator.unit_of_measure,
            "value": None if t.value is None else format(t.value, "f"), "reported": t.reported,
            "expected": t.expected, "missing": list(t.missing),
        }
        for t in found
    ]  # fmt: skip


def groups_json(view: dict[str, Any]) -> list[dict[str, Any]]:
    """Totals by groups, in the plan's order; of `--under` the last one is the whole."""
    return [
        {"group": g.label, "name": g.name, "totals": totals_json(g.totals)} for g in view["groups"]
    ]  # fmt: skip


def targets_json(found: Iterable[Verdict]) -> list[dict[str, Any]]:
    """How targets stand: the value as an exact fraction `a/b`, with the totals it is made from."""
    return [
        {
            "target": v.target.id, "name": v.target.name, "year": v.year, "state": v.state, "final": v.final,
            "value": None if v.value is None else str(v.value),
            "numerator": _one(v.numerator), "denominator": _one(v.denominator),
        }
        for v in found
    ]  # fmt: skip


def _one(total: Total | None) -> dict[str, Any] | None:
    return totals_json([total])[0] if total else None
