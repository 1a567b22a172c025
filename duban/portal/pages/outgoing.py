"""What was said to whom and whether it arrived: the outbox of a campaign, without addresses."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from duban.portal.guards import SeeCampaign
from duban.services.outgoing import counts, messages

routes = APIRouter(include_in_schema=False)
MOST_ROWS = 200


@routes.get("/c/{campaign}/outbox")
def outbox(ask: SeeCampaign, campaign: str, state: str = "", unit: str = "") -> Response:
    """Every message of a campaign, newest first; of one state or to one unit, where that is asked for."""
    plan = ask.plan
    with ask.office.ledger.read() as conn:
        found = messages(conn, plan)
    totals = counts(found)
    mine = [m for m in found if state in ("", m.state) and unit in ("", m.recipient)]
    known = {m.recipient for m in found}
    return ask.page(
        "outgoing.html", messages=mine[:MOST_ROWS], count=len(mine), totals=totals, state=state, unit=unit,
        units=[u for u in plan.units if u.id in known], now=ask.now().astimezone(plan.zone),
    )  # fmt: skip
