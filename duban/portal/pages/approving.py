"""What waits for a person before it leaves: letters of an escalation, circulars 通报, thanks. Several letters
are approved by ticks, each by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response

from duban.errors import DubanError
from duban.portal import paths
from duban.portal.approving import MOST_PICKS, Became, papers, role_of
from duban.portal.asking import Ask
from duban.portal.guards import ApproveCampaign
from duban.portal.refusals import Forbidden
from duban.services.addresses import Address
from duban.services.approving import answer
from duban.services.proposing import Proposal, Verdict, proposal_of

routes = APIRouter(include_in_schema=False)
VERDICTS: tuple[Verdict, ...] = ("approve", "return")


@routes.get("/c/{campaign}/approvals")
def approvals(ask: ApproveCampaign, campaign: str, did: str = "", n: int = 0) -> Response:
    """What waits, what fell away because its unit reported, what was answered."""
    known = did in ask.office.texts.words["portal"]["approvals"]["done"]
    return _page(ask, done=ask.office.texts.say(f"portal.approvals.done.{did}", n=n) if known else "")


@routes.post("/c/{campaign}/approvals")
def answer_them(ask: ApproveCampaign, campaign: str) -> Response:
    """Approve or return: one by its own button, or every ticked one. One that is stale harms no other."""
    verdict, picked = _asked(ask)
    became = [_answered(ask, x, verdict) for x in picked]
    done = sum(b.done for b in became)
    if became and done == len(became):
        query = urlencode({"did": verdict, "n": done})
        return ask.go(f"{paths.campaign(campaign, 'approvals')}?{query}")
    wrong = {x: ask.text(f"reason-{x}") for x in picked} if verdict == "return" else {}
    status = 422 if not became or any(b.code == "reason-missing" for b in became) else 409
    return _page(ask, became=became, nothing=not became, entered=wrong, status=status)


def _asked(ask: Ask) -> tuple[Verdict, Sequence[str]]:
    """What is to be done with which: the button of one names it, that of all goes by the ticks."""
    for verdict in VERDICTS:
        if one := ask.text(verdict):
            return verdict, [one]
    if not ask.text("ticked"):
        raise Forbidden()
    return "approve", list(dict.fromkeys(str(x) for x in ask.sent.getlist("pick")))[:MOST_PICKS]


def _answered(ask: Ask, name: str, verdict: Verdict) -> Became:
    """What became of one. Raises Forbidden for what no page of ours has sent."""
    proposal = _proposal(ask, name)
    try:
        answer(
            ask.office.ledger, ask.plan.slug, name, verdict, by=ask.me.name, role=role_of(ask),
            reason=ask.text(f"reason-{name}"),
        )  # fmt: skip
    except DubanError as error:
        return Became(proposal, error.code, ask.office.texts.error(error))
    return Became(proposal)


def _proposal(ask: Ask, name: str) -> Proposal:
    with ask.office.ledger.read() as conn:
        found = proposal_of(conn, ask.plan, name, ask.now()) if name.isprintable() else None
    if found is None:
        raise Forbidden()
    return found


def _page(
    ask: Ask, *, done: str = "", became: Sequence[Became] = (), nothing: bool = False,
    entered: Mapping[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    with ask.office.ledger.read() as conn:
        found = papers(ask, conn)
    return ask.page(
        "approvals.html", status, found=found, done=done, became=became, nothing=nothing,
        entered=entered or {}, now=ask.now().astimezone(ask.plan.zone),
        trail=lambda owed: paths.obligation(Address.of(ask.plan.slug, owed), "trail"),
    )  # fmt: skip
