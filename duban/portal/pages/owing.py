"""What a unit owes: the page that a reminder's link opens; and what it is asked to acknowledge 签收."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.guards import ReportUnit, SeeUnit
from duban.portal.owed_list import owed_list, signings
from duban.portal.refusals import Forbidden
from duban.services.acknowledging import acknowledge, to_acknowledge

routes = APIRouter(include_in_schema=False)


@routes.get("/c/{campaign}/u/{unit}")
def owed(ask: SeeUnit, campaign: str, unit: str, did: str = "") -> Response:
    """What is due now, what is coming, what is done; events; the units below."""
    return _page(ask, unit, done=did == "acknowledge")


@routes.post("/c/{campaign}/u/{unit}/acknowledge")
def acknowledge_it(ask: ReportUnit, campaign: str, unit: str) -> Response:
    """Put on record that a letter has reached the unit, about every return in it. Once more is as once."""
    named = [str(x) for x in ask.sent.getlist("message")]
    with ask.office.ledger.read() as conn:
        known = {x.message for x in to_acknowledge(conn, ask.plan, unit, ask.now())}
    if not named:
        return _page(ask, unit, status=422)
    if not known.issuperset(named):
        raise Forbidden()
    for message in dict.fromkeys(named):
        acknowledge(ask.office.ledger, campaign, message, by=ask.me.name)
    return ask.go(f"{paths.unit(campaign, unit)}?{urlencode({'did': 'acknowledge'})}")


def _page(ask: Ask, unit: str, *, done: bool = False, status: int = 200) -> Response:
    with ask.office.ledger.read() as conn:
        found = owed_list(conn, ask.plan, unit, ask.now())
        signing = signings(conn, ask.plan, unit, ask.now())
    return ask.page(
        "owing.html", status, unit=ask.plan.unit[unit], found=found, now=ask.now().astimezone(ask.plan.zone),
        reports=ask.may("unit.report", unit), signing=signing, done=done,
    )  # fmt: skip
