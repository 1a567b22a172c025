"""What a unit owes: the page that a reminder's link opens."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from duban.portal.guards import SeeUnit
from duban.portal.owed_list import owed_list

routes = APIRouter(include_in_schema=False)


@routes.get("/c/{campaign}/u/{unit}")
def owed(ask: SeeUnit, campaign: str, unit: str) -> Response:
    """What is due now, what is coming, what is done; events; the units below."""
    with ask.office.ledger.read() as conn:
        found = owed_list(conn, ask.plan, unit, ask.now())
    return ask.page(
        "owing.html", unit=ask.plan.unit[unit], found=found, now=ask.now().astimezone(ask.plan.zone),
        reports=ask.may("unit.report", unit),
    )  # fmt: skip
