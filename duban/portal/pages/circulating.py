"""Drafting a circular 通报 by hand: choose a duty and a period that is due, see the draft as things stand,
lay it before whoever approves it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from duban.errors import DubanError
from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.guards import DecideCampaign
from duban.portal.refusals import Forbidden
from duban.portal.turns import one_of_few
from duban.services.circulating import Circular, circular_of, draft_circular
from duban.services.proposing import proposal_of
from duban.services.reporting import due_periods

routes = APIRouter(include_in_schema=False)


@routes.get("/c/{campaign}/circular")
def choose(ask: DecideCampaign, campaign: str, duty: str = "", period: str = "") -> Response:
    """The periods that are due, and the draft about one of them as of now."""
    if not duty:
        return _page(ask)
    if (duty, _meant(period)) not in due_periods(ask.plan, ask.now()):
        raise Forbidden()
    try:
        return _page(ask, duty, period, draft=drafted(ask, duty, _meant(period)))
    except DubanError as error:
        return _page(ask, duty, period, why=ask.office.texts.error(error))


@routes.post("/c/{campaign}/circular")
def lay_before(ask: DecideCampaign, campaign: str) -> Response:
    """Draft it as things stand at this moment, for a person to approve."""
    duty, period = ask.text("duty"), ask.text("period")
    if not duty:
        return _page(ask, status=422)
    if (duty, _meant(period)) not in due_periods(ask.plan, ask.now()):
        raise Forbidden()
    try:
        draft_circular(ask.office.ledger, campaign, duty, _meant(period), by=ask.me.name)
    except DubanError as error:
        return _page(ask, duty, period, why=ask.office.texts.error(error), status=409)
    return ask.go(f"{paths.campaign(campaign, 'approvals')}?did=draft")


def _meant(period: str) -> str:
    return "" if period == paths.NO_PERIOD else period


@one_of_few
def drafted(ask: Ask, duty: str, period: str) -> Circular:
    """The circular that would be laid before a person now; nothing is kept of it."""
    with ask.office.ledger.trial() as trial:
        made = draft_circular(trial, ask.plan.slug, duty, period, by=ask.me.name)
        with trial.read() as conn:
            found = proposal_of(conn, ask.plan, made, trial.now(None))
    assert found is not None
    return circular_of(ask.plan, found.content)


def _page(
    ask: Ask, duty: str = "", period: str = "", *, draft: Circular | None = None, why: str = "",
    status: int = 200,
) -> Response:  # fmt: skip
    now = ask.now().astimezone(ask.plan.zone)
    return ask.page(
        "circular.html", status, duty=duty, period=period, draft=draft, why=why, now=now,
        periods=list(reversed(due_periods(ask.plan, now))),
    )  # fmt: skip
