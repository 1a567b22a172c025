"""The calls of the API: what a unit owes, its forms, its returns and receipts."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from duban.ledger.queries import Scope
from duban.plan.identity import answer_form
from duban.portal.api import answers, schemas
from duban.portal.api.bodies import addressed, read_given
from duban.portal.api.guards import Anybody, Call, ReportOwn, SeeOwn
from duban.portal.api.openapi import BODY, openapi, responses
from duban.portal.api.reception import reception_of
from duban.portal.api.refused import Refused, Route, answer
from duban.portal.downloads import WORKBOOK
from duban.portal.paths import address
from duban.services.addresses import Address, check_owed, resolved
from duban.services.carrying import carried_rows
from duban.services.filing import Filing
from duban.services.issuing import issue_form
from duban.services.numbering import by_number, number_in, receipts_of
from duban.services.reading import receipt_of, versions
from duban.services.receiving import wanted_files
from duban.services.watching import standing_of, standings
from duban.standing import State
from duban.views.ledger import receipt_json

routes = APIRouter(prefix=answers.BASE, route_class=Route)
CAMPAIGN = "/campaigns/{campaign}"
ONE = CAMPAIGN + "/obligations/{duty}/{period}"
MOST = 500

Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many")]
Cursor = Annotated[str | None, Query(max_length=400, description="`next` of the page before")]
Subject = Annotated[str | None, Query(max_length=200, description="Of an obligation that has one")]
Text = Annotated[str | None, Query(max_length=200)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=200, pattern="^[!-~]+$",
        description="Sent again with the same body, a request gets the same answer and is done once",
    ),
]  # fmt: skip


@routes.get("/openapi.json", include_in_schema=False)
def description(anybody: Anybody) -> Response:
    """This API as an OpenAPI document."""
    return JSONResponse(_described())


@cache
def _described() -> dict[str, Any]:
    return openapi(routes.routes)


@routes.get(
    CAMPAIGN + "/obligations", operation_id="list_obligations", responses=responses(200, schemas.Obligations)
)
def list_obligations(
    call: SeeOwn, state: Annotated[State | None, Query()] = None, duty: Text = None, period: Text = None,
    limit: Limit = 100, cursor: Cursor = None,
) -> Response:  # fmt: skip
    """What the unit owes, by due time 应报事项."""
    with call.office.ledger.read() as conn:
        found = standings(conn, call.plan, Scope(call.plan.slug, unit=call.unit), call.now())
    wanted = [
        s for s in found
        if state in (None, s.state) and duty in (None, s.owed.duty) and period in (None, s.owed.period)
    ]  # fmt: skip
    page, following = _page([s.owed.key for s in wanted], limit, cursor)
    return JSONResponse(
        {"obligations": [answers.obligation_json(call.plan, wanted[n]) for n in page], "next": following}
    )


def _page(keys: list[str], limit: int, cursor: str | None) -> tuple[range, str | None]:
    """Which of them come after the cursor, and the cursor of the page after that."""
    if cursor is not None and cursor not in keys:
        raise Refused(400, "bad-cursor")
    first = 0 if cursor is None else keys.index(cursor) + 1
    last = min(first + limit, len(keys))
    return range(first, last), keys[last - 1] if last < len(keys) else None


@routes.get(ONE, operation_id="get_obligation", responses=responses(200, schemas.ObligationInFull, 404))
def get_obligation(call: SeeOwn, duty: str, period: str, subject: Subject = None) -> Response:
    """One obligation with all versions sent for it. `-` stands for the period of a duty that has none."""
    to = _address(call, duty, period, subject)
    with call.office.ledger.read() as conn:
        stands = standing_of(conn, call.plan, to.obligation, call.now())
        sent = versions(conn, call.plan, to, call.now())
    said = answers.obligation_json(call.plan, stands)
    return JSONResponse(said | {"versions": [answers.version_json(v) for v in sent]})


@routes.get(ONE + "/form", operation_id="get_form", responses=responses(200, schemas.Form, 404))
def get_form(call: SeeOwn, duty: str, period: str, subject: Subject = None) -> Response:
    """What a return for it has to say 报表; also for an event that is yet to be reported."""
    to = _address(call, duty, period, subject)
    with call.office.ledger.read() as conn:
        check_owed(conn, call.plan, to, call.now())
        carried = carried_rows(conn, call.plan, to, call.now())
    form = call.plan.form_for(to.duty, to.unit)
    return JSONResponse(answers.form_json(call.plan, to, form, wanted_files(call.plan, to), carried))


@routes.get(ONE + "/workbook", operation_id="get_workbook", responses=responses(200, WORKBOOK, 404))
def get_workbook(call: SeeOwn, duty: str, period: str, subject: Subject = None) -> Response:
    """The blank form as a workbook 空白报表; filled in, it can be posted as it is."""
    to = _address(call, duty, period, subject)
    with call.office.ledger.read() as conn:
        check_owed(conn, call.plan, to, call.now())
    answer_form(call.plan, to.duty, to.unit)
    data = issue_form(call.office.ledger, to, words=call.office.texts.words["blank"])
    name = "-".join(part for part in (to.unit, to.duty, to.period, to.subject) if part)
    disposition = f'attachment; filename="{name}.xlsx"'
    return Response(data, headers={"Content-Disposition": disposition}, media_type=WORKBOOK)


def _address(call: Call, duty: str, period: str, subject: str | None) -> Address:
    today = call.now().astimezone(call.plan.zone).date()
    to = resolved(call.plan, address(call.plan.slug, call.unit, duty, period, subject), today)
    if not f"{to.duty}{to.period}{to.subject or ''}".isprintable():
        raise Refused(404, "not-owed")
    return to


@routes.post(
    CAMPAIGN + "/submissions", operation_id="submit", status_code=201, openapi_extra=BODY,
    responses=responses(201, schemas.Receipt, 404, 408, 409, 413, 415, 422, 503),
)  # fmt: skip
async def submit(call: ReportOwn, idempotency_key: Key = None) -> Response:
    """Send a return 报送. 201 with its receipt, also when it was here already; 422 with the receipt of a
    refused one and everything that is wrong with it. Answered after it is safe on disk."""
    given = await read_given(call.request)
    received_at = call.now()  # not before all of it is here
    to, data = await run_in_threadpool(addressed, call, given)
    key = (call.who.id.removeprefix("key:"), idempotency_key) if idempotency_key else None
    filing = Filing(to, data, given.name, given.attached, received_at, key, given.digest if key else "")
    stored = await reception_of(call.request).receive(filing)
    said = receipt_json(stored, call.office.texts)
    where = {"Location": answers.receipt_path(stored.campaign, stored.number)}
    if stored.valid:
        return JSONResponse(said, 201, where)
    refused = Refused(422, "invalid", stored.problems, {"receipt": said})
    return answer(refused, call.office.texts, where)


@routes.get(CAMPAIGN + "/receipts", operation_id="list_receipts", responses=responses(200, schemas.Receipts))
def list_receipts(call: SeeOwn, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """The unit's receipts, the newest first 回执."""
    before = None if cursor is None else number_in(call.plan.slug, cursor)
    if cursor is not None and before is None:
        raise Refused(400, "bad-cursor")
    with call.office.ledger.read() as conn:
        found = receipts_of(conn, call.plan, call.unit, limit=limit + 1, before=before)
    page = found[:limit]
    following = page[-1].number if len(found) > limit else None
    said: dict[str, Any] = {"receipts": [answers.numbered_json(n) for n in page], "next": following}
    return JSONResponse(said)


@routes.get(
    CAMPAIGN + "/receipts/{number}",
    operation_id="get_receipt",
    responses=responses(200, schemas.Receipt, 404),
)
def get_receipt(call: SeeOwn, number: str) -> Response:
    """One receipt, as it was given 回执."""
    with call.office.ledger.read() as conn:
        found = by_number(conn, call.plan, number)
        given = None
        if found is not None and call.who.may("unit.see", call.plan, found.to.unit):
            given = receipt_of(conn, call.plan, found.to, found.version)
    if given is None:
        raise Refused(404, "no-receipt")
    return JSONResponse(receipt_json(given, call.office.texts))
