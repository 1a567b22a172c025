"""Totals of a duty, and the units' figures that stand behind one of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from duban import measures
from duban.figures import Source, Total
from duban.plan import Indicator, Plan
from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.guards import SeeCampaign
from duban.portal.refusals import Forbidden
from duban.portal.tags import Shown, shown
from duban.services.addresses import Address
from duban.services.summing import DutyFigures, duty_figures, notes_on, source_of, verdicts
from duban.standing import Standing

routes = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which totals are looked at."""

    duty: str
    period: str
    """"": every period until now."""
    by: str
    """How units are grouped; "": not at all."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What one return says of one indicator."""

    standing: Standing
    value: Decimal | None
    """None: it does not say, or there is no return."""
    note: str
    shown: Shown


@routes.get("/c/{campaign}/totals")
def totals(ask: SeeCampaign, campaign: str, duty: str = "", period: str = "", by: str = "") -> Response:
    """Every figure of a duty's form, with who is missing."""
    plan = ask.plan
    known = with_figures(plan)
    if not known:
        return ask.page("totals.html", now=ask.now().astimezone(plan.zone), duties=known)
    found, choice, periods = _chosen(ask, duty, period, by)
    sources = _sources(found, choice.period)
    groups = _groups(found, sources, choice.by)
    with ask.office.ledger.read() as conn:
        targets = verdicts(conn, plan, ask.now())
    return ask.page(
        "totals.html", now=ask.now().astimezone(plan.zone), duties=known, choice=choice, periods=periods,
        totals=found.totals(sources), groups=groups,
        grouped={(label, one.indicator.code): one for label, _, mine in groups for one in mine},
        by=groupings(plan), targets=[v for v in targets if v.state != "words"],
        sources=len(sources),
    )  # fmt: skip


@routes.get("/c/{campaign}/totals/{indicator}")
def behind(ask: SeeCampaign, campaign: str, indicator: str, duty: str = "", period: str = "") -> Response:
    """What each unit reported of one indicator, down to the version it was sent with."""
    plan = ask.plan
    if duty not in with_figures(plan):
        raise Forbidden()
    found, choice, periods = _chosen(ask, duty, period, "")
    total = found.total(indicator, _sources(found, choice.period))
    if total is None:
        raise Forbidden()
    with ask.office.ledger.read() as conn:
        rows = _stated(conn, found, total.indicator, choice.period)
    return ask.page(
        "figure.html", now=ask.now().astimezone(plan.zone), choice=choice, periods=periods, total=total,
        rows=rows, several=len({r.standing.owed.period for r in rows}) > 1,
        version=lambda s: paths.version(Address.of(plan.slug, s.owed), s.version or 0),
        page=lambda s: paths.obligation(Address.of(plan.slug, s.owed)),
    )  # fmt: skip


def with_figures(plan: Plan) -> dict[str, str]:
    """The duties that have something to add up, by name."""
    return {
        d.id: d.name
        for d in plan.file.duties
        if not d.copy_of and (form := plan.form_of(d.id)) is not None and form.numbers
    }


def groupings(plan: Plan) -> dict[str, str]:
    """How units can be grouped here: attributes by their own names, the others by ""."""
    attributes = dict.fromkeys(key for u in plan.units for key, _ in u.attributes)
    fixed = [by for by in ("parent", "group") if len(set(measures.labels(plan, by).values())) > 1]
    return {**dict.fromkeys(fixed, ""), **{key: key for key in attributes}}


def _chosen(ask: Ask, duty: str, period: str, by: str) -> tuple[DutyFigures, Choice, list[str]]:
    """The figures of the duty asked for, or of the first one, and what of them is wanted."""
    plan, known = ask.plan, with_figures(ask.plan)
    duty = duty if duty in known else next(iter(known))
    with ask.office.ledger.read() as conn:
        found = duty_figures(conn, plan, duty, ask.now())
    come = (s for s in found.standings if s.met or s.state != "not-due")
    periods = list(dict.fromkeys(s.owed.period for s in come if s.owed.period))
    choice = Choice(duty, period if period in periods else "", by if by in groupings(plan) else "")
    return found, choice, periods


def _sources(found: DutyFigures, period: str) -> list[Source]:
    """The returns that belong in the total; of all periods, those whose time has come."""
    return [
        source_of(s.owed)
        for s in found.standings
        if (s.met or (s.expected and (s.state != "not-due" or period)))
        and period in ("", s.owed.period)
    ]  # fmt: skip


def _groups(found: DutyFigures, sources: list[Source], by: str) -> list[tuple[str, str, list[Total]]]:
    """Label, name and totals of each group of units."""
    if not by:
        return []
    label = measures.labels(found.plan, by)
    order = [one for one in dict.fromkeys(label.values()) if any(label[s.unit] == one for s in sources)]
    return [
        (
            one,
            measures.label_name(found.plan, by, one),
            found.totals([s for s in sources if label[s.unit] == one]),
        )
        for one in order
    ]


def _stated(conn: Connection, found: DutyFigures, indicator: Indicator, period: str) -> list[Stated]:
    """By unit in the plan's order, then by time."""
    wanted, order = set(_sources(found, period)), {u.id: n for n, u in enumerate(found.plan.units)}
    mine = [s for s in found.standings if source_of(s.owed) in wanted]
    cells = {
        Source(c.unit, c.period, c.subject): c.value for c in found.cells if c.indicator == indicator.code
    }
    notes = notes_on(conn, mine, indicator.code)
    rows = []
    for s in sorted(mine, key=lambda s: order[s.owed.unit]):
        value = cells.get(source_of(s.owed))
        stated = None if value is None else indicator.decimal(value)
        rows.append(Stated(s, stated, notes.get(f"{s.owed.key}@{s.version}", ""), shown(s)))
    return rows
