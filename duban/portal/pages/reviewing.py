"""Returns that wait for a decision: the coordinator's queue, a superior's queue, the page to decide one."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter
from starlette.responses import Response

from duban.access.roles import inferiors, superiors
from duban.errors import DubanError
from duban.ledger.queries import Scope
from duban.portal import paths
from duban.portal.asking import Ask
from duban.portal.dates import limit_of
from duban.portal.desk import may_read
from duban.portal.examining import examined
from duban.portal.guards import ReviewCampaign, ReviewUnit, SeeUnit
from duban.portal.refusals import Forbidden
from duban.services.addresses import Address
from duban.services.awaiting import Waiting, awaiting_review
from duban.services.deciding import decide

routes = APIRouter(include_in_schema=False)
MOST_ROWS = 100
NEEDS = {
    "accept": "campaign.review", "withdraw": "campaign.review", "recognise": "campaign.decide",
    "return": "unit.review", "endorse": "unit.review",
}  # fmt: skip
"""What each decision needs besides being let in."""
FIELD = {"reason-missing": "reason", "return-needs-until": "until"}
"""The field at which an error stands; others stand at the top."""


@routes.get("/c/{campaign}/review")
def queue(
    ask: ReviewCampaign, campaign: str, duty: str = "", period: str = "", did: str = "", of: str = "",
    n: int = 0, tick: str = "",
) -> Response:  # fmt: skip
    """What came in and is neither accepted nor returned, the oldest first; `tick` ticks what is not odd."""
    return _queue(ask, duty, period, done=_done(ask, did, of, n), tick=bool(tick))


@routes.post("/c/{campaign}/review")
def accept_ticked(ask: ReviewCampaign, campaign: str) -> Response:
    """Accept the ticked rows, each by itself: what cannot be accepted is named with its reason."""
    accepted, failed = _decide_each(ask, "accept", ask.plan.unit)
    if failed or not accepted:
        return _queue(ask, ask.text("duty"), ask.text("period"), accepted=accepted, failed=failed, status=409)
    kept = {"duty": ask.text("duty"), "period": ask.text("period"), "did": "accept", "n": str(accepted)}
    return ask.go(f"{paths.campaign(campaign, 'review')}?{urlencode(kept)}")


@routes.get("/c/{campaign}/u/{unit}/review")
def children(
    ask: SeeUnit, campaign: str, unit: str, did: str = "", of: str = "", n: int = 0, tick: str = ""
) -> Response:
    """What the units below a superior sent, as far as who asks may review it; `tick` as in the queue."""
    return _children(ask, unit, done=_done(ask, did, of, n), tick=bool(tick))


@routes.post("/c/{campaign}/u/{unit}/review")
def endorse_ticked(ask: SeeUnit, campaign: str, unit: str) -> Response:
    """Endorse the ticked rows, each by itself: what cannot be endorsed is named with its reason."""
    endorsed, failed = _decide_each(ask, "endorse", _below(ask, unit))
    if failed or not endorsed:
        return _children(ask, unit, endorsed=endorsed, failed=failed, status=409)
    return ask.go(f"{paths.unit(campaign, unit)}/review?{urlencode({'did': 'endorse', 'n': str(endorsed)})}")


@routes.get("/c/{campaign}/u/{unit}/d/{duty}/{period}/review")
def one(
    ask: ReviewUnit, campaign: str, unit: str, duty: str, period: str, subject: str | None = None
) -> Response:
    """A return beside the last period's, with what can be decided about it."""
    return _one(ask, paths.address(campaign, unit, duty, period, subject))


@routes.post("/c/{campaign}/u/{unit}/d/{duty}/{period}/review")
def decide_one(
    ask: ReviewUnit, campaign: str, unit: str, duty: str, period: str, subject: str | None = None
) -> Response:
    """Accept, return, withdraw an acceptance, endorse or recognise, unless somebody else was faster."""
    to, kind = paths.address(campaign, unit, duty, period, subject), ask.text("decision")
    if kind not in NEEDS or not ask.may(NEEDS[kind], unit):  # type: ignore[arg-type]
        raise Forbidden()
    wrong = _wrong_day(ask) if kind == "return" else {}
    if wrong:
        return _one(ask, to, kind, wrong, status=422)
    try:
        version = ask.text("version")[:9]
        _decide(ask, to, kind, int(version) if version.isdecimal() else None, ask.text("reason"))
    except DubanError as error:
        at = FIELD.get(error.code, "")
        return _one(ask, to, kind, {at: ask.office.texts.error(error)}, status=422 if at else 409)
    return ask.go(f"{_after(ask, to)}?{urlencode({**_filter(ask), 'did': kind, 'of': unit})}")


def _decide_each(ask: Ask, kind: str, units: Collection[str]) -> tuple[int, list[tuple[Address, str]]]:
    """Decide about the ticked rows of these units; how many were, and why others were not."""
    picked = [_picked(ask.plan.slug, str(pick)) for pick in ask.sent.getlist("pick")[:MOST_ROWS]]
    if any(to.unit not in units for to, _ in picked):
        raise Forbidden()
    failed = []
    for to, version in picked:
        try:
            _decide(ask, to, kind, version, "")
        except DubanError as error:
            failed.append((to, ask.office.texts.error(error)))
    return len(picked) - len(failed), failed


def _decide(ask: Ask, to: Address, kind: str, version: int | None, reason: str) -> None:
    if kind in ("accept", "endorse") and not reason:
        reason = str(ask.office.texts.words["portal"]["review"]["reasons"][kind])
    returning = kind == "return"
    decide(
        ask.office.ledger, to, kind, by=ask.me.name, reason=reason, version=version,  # type: ignore[arg-type]
        until=limit_of(ask.text("until"), ask.plan.zone) if returning else None,
        not_a_report=returning and bool(ask.text("not_a_report")),
    )  # fmt: skip


def _wrong_day(ask: Ask) -> dict[str, str]:
    """What is wrong with the resubmit-by day."""
    words = ask.office.texts.words["portal"]["review"]
    limit = limit_of(ask.text("until"), ask.plan.zone)
    if limit is None:
        return {"until": str(words["until-missing"])}
    return {} if limit > ask.now() else {"until": str(words["until-past"])}


def _one(
    ask: Ask, to: Address, kind: str = "", errors: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    """The page to decide about one return; with what was entered, where it was wrong."""
    with ask.office.ledger.read() as conn:
        found = examined(conn, ask.plan, to, ask.now())
    may = {k for k, right in NEEDS.items() if ask.may(right, to.unit)}  # type: ignore[arg-type]
    entered = {name: ask.text(name) for name in ("reason", "until", "not_a_report")} if errors else {}
    return ask.page(
        "review.html", status, to=to, f=found, may=may, kind=kind, errors=errors or {}, entered=entered,
        now=ask.now().astimezone(ask.plan.zone), queue=urlencode(_filter(ask)),
        back="?".join(filter(None, (_after(ask, to), urlencode(_filter(ask))))),
        readable=found.current is None or may_read(ask, found.current.form, to.unit),
    )  # fmt: skip


def _filter(ask: Ask) -> dict[str, str]:
    """How the queue was filtered from which a return was opened."""
    text = ask.text("queue") or ask.request.query_params.get("queue", "")
    found = dict(parse_qsl(text[:300]))
    return {name: found[name] for name in ("duty", "period") if name in found}


def _after(ask: Ask, to: Address) -> str:
    """The queue that who asks works through: the campaign's, or that of the superior they speak for."""
    if ask.may("campaign.review"):
        return paths.campaign(to.campaign, "review")
    mine = (u for u in superiors(ask.plan, to.unit) if ask.may("unit.see", u))
    return f"{paths.unit(to.campaign, next(mine, to.unit))}/review"


def _queue(
    ask: Ask, duty: str, period: str, *, done: str = "", accepted: int = 0, tick: bool = False,
    failed: Sequence[tuple[Address, str]] = (), status: int = 200,
) -> Response:  # fmt: skip
    plan = ask.plan
    queue = urlencode({name: x for name, x in (("duty", duty), ("period", period)) if x})
    more = {"queue": queue} if queue else {}
    with ask.office.ledger.read() as conn:
        found = awaiting_review(conn, plan, Scope(plan.slug), ask.now())
    wanted = [
        w for w in found
        if duty in ("", w.standing.owed.duty) and period in ("", w.standing.owed.period)
    ]  # fmt: skip
    return ask.page(
        "queue.html", status, waiting=wanted[:MOST_ROWS], n=len(wanted), most=MOST_ROWS, duty=duty,
        period=period, duties=list(dict.fromkeys(w.standing.owed.duty for w in found)), done=done,
        accepted=accepted,
        periods=sorted({w.standing.owed.period for w in found if w.standing.owed.period}), failed=failed,
        tick=tick, ticked=ask.request.method == "POST", now=ask.now().astimezone(plan.zone), pick=_pick,
        page=lambda w: paths.obligation(Address.of(plan.slug, w.standing.owed), "review", **more),
    )  # fmt: skip


def _below(ask: Ask, unit: str) -> list[str]:
    """The units below one whose returns who asks may review."""
    return [u for u in inferiors(ask.plan, unit) if ask.may("unit.review", u)]


def _children(
    ask: Ask, unit: str, *, done: str = "", endorsed: int = 0, tick: bool = False,
    failed: Sequence[tuple[Address, str]] = (), status: int = 200,
) -> Response:  # fmt: skip
    plan, below = ask.plan, _below(ask, unit)
    with ask.office.ledger.read() as conn:
        found = awaiting_review(conn, plan, Scope(plan.slug), ask.now(), below)
    waiting = [w for w in found if w.superior == unit]
    return ask.page(
        "children.html", status, unit=plan.unit[unit], waiting=waiting, below=below, done=done,
        others=[w for w in found if w not in waiting], endorsed=endorsed, failed=failed, tick=tick,
        ticked=ask.request.method == "POST", now=ask.now().astimezone(plan.zone), pick=_pick,
        page=lambda w: paths.obligation(Address.of(plan.slug, w.standing.owed), "review"),
    )  # fmt: skip


def _pick(w: Waiting) -> str:
    """A row as its tick sends it back, with the version that was looked at."""
    o = w.standing.owed
    return json.dumps([o.unit, o.duty, o.period, o.subject, w.version])


def _picked(campaign: str, text: str) -> tuple[Address, int]:
    """What a tick names. Raises Forbidden for what no page of ours has sent."""
    try:
        unit, duty, period, subject, version = json.loads(text)
        to = Address(campaign, str(unit), str(duty), str(period), str(subject) or None)
        if not to.obligation.isprintable():  # no database takes every character
            raise ValueError(text)
        return to, int(version)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Forbidden() from error


def _done(ask: Ask, did: str, of: str, n: int) -> str:
    """What was done just now, in words; "" for nothing."""
    words = ask.office.texts.words["portal"]["review"]["done"]
    if did not in words or (of and of not in ask.plan.unit):
        return ""
    unit = ask.plan.unit[of].name if of else ""
    return ask.office.texts.say(f"portal.review.done.{did}", unit=unit, n=n)
