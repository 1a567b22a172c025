"""No route without a rule: each endpoint takes an `Ask` by the right it needs.

    def owed(ask: SeeUnit, campaign: str, unit: str) -> Response: ...

The guard reads who asks from the session cookie, the campaign and unit from the path, the form of a POST,
and compares its `csrf` field. Who is not signed in is sent to sign in; who may not, gets a page that says
nothing of what is there, as does who names a campaign or unit that is not there. A test walks over all
routes, and calls each as every role.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from duban.access.roles import Principal, Right
from duban.errors import DubanError
from duban.ledger import queries
from duban.plan import Plan
from duban.portal.asking import Ask
from duban.portal.office import Office
from duban.portal.origins import check_origin
from duban.portal.refusals import Forbidden, SignInFirst, StaleForm
from duban.portal.sessions import matches, who_asks
from duban.portal.uploads import is_small, read_form
from duban.services.campaigns import deployed_plan


class Rule:
    """The dependency that lets requests in by one right."""

    def __init__(self, needs: Right) -> None:
        self.needs = needs

    async def __call__(self, request: Request) -> AsyncIterator[Ask]:
        """Let in, or raise a Refusal; close the files of the form afterwards."""
        try:
            ask = await run_in_threadpool(_admit, request, self.needs)
        except SignInFirst:
            await _keep_typed(request)
            raise
        try:
            if request.method == "POST":
                await _read(ask)
            yield ask
        finally:
            await ask.sent.close()


async def _read(ask: Ask) -> None:
    check_origin(ask.request, strictly=ask.who is None)
    ask.sent = await read_form(ask.request, known=ask.who is not None)
    if ask.who is not None and not matches(ask.csrf, ask.text("csrf")):
        raise StaleForm()


async def _keep_typed(request: Request) -> None:
    """What somebody typed whose session has ended: the page about it offers it again, nothing else does."""
    if request.method == "POST" and is_small(request):
        check_origin(request, strictly=True)
        ask: Ask = request.state.ask
        ask.sent = await read_form(request, known=False)
        await ask.sent.close()


def _admit(request: Request, needs: Right) -> Ask:
    office: Office = request.app.state.office
    ask = Ask(request, office, None, "", FormData())
    ask.who, ask.csrf = who_asks(office, request)
    request.state.ask = ask  # so that a page about a failure knows whom it is for
    plan = _plan(office, request.path_params.get("campaign"))
    _check(ask.who, needs, plan, request)
    ask.plan_ = plan
    return ask


def _check(who: Principal | None, needs: Right, plan: Plan | None, request: Request) -> None:
    if needs == "anyone":
        return
    if who is None:
        query = request.url.query
        raise SignInFirst(request.url.path + (f"?{query}" if query else ""))
    if "\0" in "".join((request.url.path, *request.query_params.values())):  # PostgreSQL does not take it
        raise Forbidden()
    campaign, unit = request.path_params.get("campaign"), request.path_params.get("unit", "")
    if (campaign and plan is None) or not who.may(needs, plan, unit):
        raise Forbidden()


def _plan(office: Office, campaign: str | None) -> Plan | None:
    if campaign is None:
        return None
    with office.ledger.read() as conn:
        try:
            return deployed_plan(conn, campaign) if campaign in queries.campaigns(conn) else None
        except DubanError:
            return None


Anyone = Annotated[Ask, Depends(Rule("anyone"))]
Person = Annotated[Ask, Depends(Rule("person"))]
SeeUnit = Annotated[Ask, Depends(Rule("unit.see"))]
ReportUnit = Annotated[Ask, Depends(Rule("unit.report"))]
ReviewUnit = Annotated[Ask, Depends(Rule("unit.review"))]
SeeCampaign = Annotated[Ask, Depends(Rule("campaign.see"))]
ReviewCampaign = Annotated[Ask, Depends(Rule("campaign.review"))]
DecideCampaign = Annotated[Ask, Depends(Rule("campaign.decide"))]
ApproveCampaign = Annotated[Ask, Depends(Rule("campaign.approve"))]
ManageCampaign = Annotated[Ask, Depends(Rule("campaign.manage"))]
Installation = Annotated[Ask, Depends(Rule("installation"))]
