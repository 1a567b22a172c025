"""The telephone list 电话催报单: whom to ring, printed or on the screen, and the form that logs a call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import get_args
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from duban import views
from duban.errors import DubanError
from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.dates import clock_of, limit_of
from duban.portal.guards import DecideCampaign, SeeCampaign
from duban.portal.refusals import Forbidden
from duban.services.calling import LONGEST, call_list, log_call
from duban.telephone import Outcome

routes = APIRouter(include_in_schema=False)
MOST = 200
"""Units on one page: nobody rings more in a day."""
FIELDS = ("outcome", "until", "person", "note", "called_at")
FIELD = {
    "promise-and-day": "until", "promise-past": "until", "called-in-future": "called_at",
}  # fmt: skip
"""The field at which an error stands; others stand at the top."""


@routes.get("/c/{campaign}/calls")
def calls(ask: SeeCampaign, campaign: str, did: str = "") -> Response:
    """Whom to ring. Only who decides sees people, their numbers and what they said."""
    done = ""
    if did in ask.plan.unit:
        done = ask.office.texts.say("portal.calls.done", unit=ask.plan.unit[did].name)
    return _calls(ask, done=done)


@routes.post("/c/{campaign}/calls")
def log(ask: DecideCampaign, campaign: str) -> Response:
    """Put a call on record."""
    unit = ask.text("unit")
    if unit not in ask.plan.unit:
        raise Forbidden()
    wrong = _wrong(ask)
    if wrong:
        return _calls(ask, at=unit, errors=wrong)
    outcome: Outcome = ask.text("outcome")  # type: ignore[assignment]  # one of them, as was just seen
    try:
        log_call(
            ask.office.ledger, campaign, unit, ask.me.name, outcome, ask.text("note"), _called_at(ask),
            until=limit_of(ask.text("until"), ask.plan.zone), person=ask.text("person"),
        )  # fmt: skip
    except DubanError as error:
        field = FIELD.get(error.code, str(error.params.get("what", "")))
        return _calls(ask, at=unit, errors={field: ask.office.texts.error(error)})
    return ask.go(f"{paths.campaign(campaign, 'calls')}?{urlencode({'did': unit})}")


def _wrong(ask: Ask) -> dict[str, str]:
    """What is wrong with a form, by field, before the service looks at it."""
    words, found = ask.office.texts.words["portal"]["calls"], {}
    if ask.text("outcome") not in get_args(Outcome):
        found["outcome"] = str(words["outcome-missing"])
    if ask.text("called_at") and _called_at(ask) is None:
        found["called_at"] = str(words["time-unclear"])
    return found


def _called_at(ask: Ask) -> datetime | None:
    return clock_of(ask.text("called_at"), ask.plan.zone)


def _calls(
    ask: Ask, *, done: str = "", at: str = "", errors: Mapping[str, str] | None = None
) -> Response:  # fmt: skip
    """The list; with what was entered in the form where it was wrong."""
    plan, now = ask.plan, ask.now().astimezone(ask.plan.zone)
    with ask.office.ledger.read() as conn:
        found = call_list(conn, plan, now)
    return ask.page(
        "calls.html", 422 if errors else 200, calls=found[:MOST], n=len(found), now=now, done=done,
        at=at, errors=errors or {},
        entered={name: ask.text(name) for name in FIELDS} if errors else {},
        asked=views.asked_words(ask.office.texts, plan), full=ask.may("campaign.decide"), longest=LONGEST,
        outcomes=get_args(Outcome),
    )  # fmt: skip
