"""Requests for more time, what a person decides about an obligation itself, and its audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from duban.errors import DubanError
from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.dates import last_day, limit_of
from duban.portal.examining import examined
from duban.portal.guards import DecideCampaign, SeeCampaign, SeeUnit
from duban.portal.refusals import Forbidden
from duban.services.addresses import Address
from duban.services.deciding import decide
from duban.services.requesting import open_requests
from duban.services.trail import trail
from duban.services.watching import standing_of

routes = APIRouter(include_in_schema=False)
KINDS = ("extend", "refuse", "waive", "give-up")
FIELD = {"reason-missing": "reason", "extension-not-later": "until"}


@routes.get("/c/{campaign}/requests")
def requests(ask: SeeCampaign, campaign: str, did: str = "", of: str = "") -> Response:
    """The requests for more time that wait for an answer."""
    words = ask.office.texts.words["portal"]["requests"]["done"]
    done = ""
    if did in words and of in ask.plan.unit:
        done = ask.office.texts.say(f"portal.requests.done.{did}", unit=ask.plan.unit[of].name)
    return _requests(ask, done=done)


@routes.get("/c/{campaign}/u/{unit}/d/{duty}/{period}/decide")
def deciding(
    ask: DecideCampaign, campaign: str, unit: str, duty: str, period: str, subject: str | None = None
) -> Response:
    """What can be decided about an obligation."""
    return _decide_page(ask, paths.address(campaign, unit, duty, period, subject))


@routes.post("/c/{campaign}/u/{unit}/d/{duty}/{period}/decide")
def decide_it(
    ask: DecideCampaign, campaign: str, unit: str, duty: str, period: str, subject: str | None = None
) -> Response:
    """Extend, refuse, waive or give up."""
    to, kind = paths.address(campaign, unit, duty, period, subject), ask.text("decision")
    if kind not in KINDS:
        raise Forbidden()
    until = limit_of(ask.text("until"), ask.plan.zone) if kind == "extend" else None
    listed = ask.text("from") == "requests"
    if kind == "extend" and until is None:
        missing = str(ask.office.texts.words["portal"]["requests"]["until-missing"])
        return _wrong(ask, to, kind, {"until": missing}, listed)
    try:
        decide(ask.office.ledger, to, kind, by=ask.me.name, reason=ask.text("reason"), until=until)  # type: ignore[arg-type]
    except DubanError as error:
        return _wrong(ask, to, kind, {FIELD.get(error.code, ""): ask.office.texts.error(error)}, listed)
    if listed:
        return ask.go(f"{paths.campaign(campaign, 'requests')}?{urlencode({'did': kind, 'of': unit})}")
    return ask.go(paths.obligation(to, "trail"))


@routes.get("/c/{campaign}/u/{unit}/d/{duty}/{period}/trail")
def audit_trail(
    ask: SeeUnit, campaign: str, unit: str, duty: str, period: str, subject: str | None = None
) -> Response:
    """Everything that was sent, decided, asked and witnessed about an obligation; to be printed."""
    to, plan = paths.address(campaign, unit, duty, period, subject), ask.plan
    with ask.office.ledger.read() as conn:
        stands = standing_of(conn, plan, to.obligation, ask.now())
        steps = trail(conn, plan, to.obligation, ask.now())
    return ask.page(
        "trail.html", to=to, standing=stands, steps=steps, now=ask.now().astimezone(plan.zone),
    )  # fmt: skip


def _wrong(ask: Ask, to: Address, kind: str, errors: Mapping[str, str], listed: bool) -> Response:
    if listed:
        return _requests(ask, errors=errors, at=to.obligation, kind=kind)
    return _decide_page(ask, to, kind, errors)


def _entered(ask: Ask) -> dict[str, str]:
    return {name: ask.text(name) for name in ("reason", "until")}


def _decide_page(ask: Ask, to: Address, kind: str = "", errors: Mapping[str, str] | None = None) -> Response:
    with ask.office.ledger.read() as conn:
        found = examined(conn, ask.plan, to, ask.now())
    return ask.page(
        "decide.html", 422 if errors else 200, to=to, f=found, kind=kind, errors=errors or {},
        entered=_entered(ask), now=ask.now().astimezone(ask.plan.zone), last_day=last_day,
    )  # fmt: skip


def _requests(
    ask: Ask, *, errors: Mapping[str, str] | None = None, at: str = "", kind: str = "", done: str = ""
) -> Response:
    """The list; with what was entered in the row where it was wrong."""
    with ask.office.ledger.read() as conn:
        found = open_requests(conn, ask.plan, ask.now())
        now_due = {r.key: standing_of(conn, ask.plan, r.key, ask.now()).limit for r in found}
    gone = bool(at) and all(r.key != at for r in found)

    return ask.page(
        "requests.html", 422 if errors else 200, requests=found, due=now_due, errors=errors or {},
        at=at, gone=gone, kind=kind, entered=_entered(ask), done=done, last_day=last_day,
        to=lambda request, leaf="": paths.obligation(Address.of(ask.plan.slug, request), leaf),
        now=ask.now().astimezone(ask.plan.zone),
    )  # fmt: skip
