"""The board of a campaign, its matrix of units, and its drafted documents."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from duban.ledger.queries import Scope
from duban.portal import overview, paths
from duban.portal.asking import Ask
from duban.portal.downloads import download
from duban.portal.guards import SeeCampaign
from duban.portal.matrix import Asked, matrix
from duban.portal.refusals import Forbidden
from duban.portal.tags import FILTERS, shown
from duban.services.addresses import Address
from duban.services.awaiting import latest_returns, unreviewed
from duban.services.reporting import document, document_name, due_periods, period_figures
from duban.services.requesting import open_requests
from duban.services.watching import is_closed, progress_of, standings
from duban.standing import Owed

routes = APIRouter(include_in_schema=False)
KINDS = ("workbook.xlsx", "summary.html")


def to(ask: Ask, owed: Owed, leaf: str = "") -> str:
    """The page of an obligation."""
    return paths.obligation(Address.of(ask.plan.slug, owed), leaf)


@routes.get("/c/{campaign}")
def board(ask: SeeCampaign, campaign: str) -> Response:
    """How the campaign stands, on one page."""
    plan, now = ask.plan, ask.now().astimezone(ask.plan.zone)
    with ask.office.ledger.read() as conn:
        found = standings(conn, plan, Scope(plan.slug), now)
        latest, asked = latest_returns(conn, plan, now), open_requests(conn, plan, now)
        closed = is_closed(conn, plan, now)
    return ask.page(
        "board.html", now=now, phases=[(p, progress_of(plan, p, found, now)) for p in plan.stages],
        rates=overview.so_far(found), debtors=overview.debtors(plan, found),
        ahead=overview.ahead(found, now), waiting=sum(unreviewed(plan, s) for s in found),
        documents=list(reversed(due_periods(plan, now))), to=lambda owed: to(ask, owed), latest=latest,
        requests=asked, closed=closed,
    )  # fmt: skip


@routes.get("/c/{campaign}/units")
def units(
    ask: SeeCampaign, campaign: str, duty: str = "", period: str = "", group: str = "", state: str = ""
) -> Response:
    """Units × duties and periods, with how each stands."""
    plan, now = ask.plan, ask.now().astimezone(ask.plan.zone)
    with ask.office.ledger.read() as conn:
        found = standings(conn, plan, Scope(plan.slug), now)
    known = sorted({s.owed.period for s in found if s.first_due is not None and s.owed.period})
    groups = {g.id: g.name for g in plan.file.groups if g.id not in plan.outside and plan.members(g.id)}
    asked = Asked(
        duty if duty in plan.duty else "", period if period in known else "",
        group if group in groups else "", state if state in FILTERS else "",
    )  # fmt: skip
    return ask.page(
        "units.html", now=now, table=matrix(plan, found, asked, now), asked=asked, periods=known,
        groups=groups, states=list(FILTERS), shown=shown, to=lambda owed: to(ask, owed),
    )  # fmt: skip


@routes.get("/c/{campaign}/documents")
def documents(ask: SeeCampaign, campaign: str) -> Response:
    """The workbook and the summary of every period whose deadline has passed."""
    now = ask.now().astimezone(ask.plan.zone)
    listed = list(reversed(due_periods(ask.plan, now)))
    return ask.page("documents.html", now=now, documents=listed)


@routes.get("/c/{campaign}/documents/{duty}/{period}/{kind}")
def one_document(ask: SeeCampaign, campaign: str, duty: str, period: str, kind: str) -> Response:
    """One of them, drafted from the figures of this moment, to be kept."""
    plan, texts = ask.plan, ask.office.texts
    wanted = "" if period == paths.NO_PERIOD else period
    if kind not in KINDS or (duty, wanted) not in due_periods(plan, ask.now()):
        raise Forbidden()
    with ask.office.ledger.read() as conn:
        data = period_figures(conn, plan, duty, wanted, ask.now())
    name = document_name(plan, duty, wanted, texts) + kind[kind.index(".") :]
    return download(document(data, kind.partition(".")[2], texts), name)
