"""The application: routes, middleware, what a failure gets."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from duban.errors import DubanError
from duban.portal.api import calls
from duban.portal.failures import Failures, answer
from duban.portal.headers import Headers
from duban.portal.limits import Limits
from duban.portal.office import Office
from duban.portal.pages import (
    accounts,
    approving,
    board,
    calling,
    circulating,
    contacts,
    entrance,
    extending,
    filed,
    filling,
    outgoing,
    owing,
    people,
    reviewing,
    totals,
)  # fmt: skip
from duban.portal.proxies import Proxies
from duban.portal.refusals import Refusal
from duban.portal.sessions import is_secure

PAGES = (  # in the order in which a path is looked for: programs ask most often
    calls.routes, entrance.routes, owing.routes, filling.routes, filed.routes, board.routes,
    totals.routes, reviewing.routes, extending.routes, calling.routes, contacts.routes, people.routes,
    outgoing.routes, approving.routes, circulating.routes, accounts.routes,
)  # fmt: skip


def make_app(office: Office) -> FastAPI:
    """The portal of one office."""
    app = FastAPI(
        title="Duban", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
        middleware=[
            Middleware(Proxies, settings=office.settings),
            Middleware(Headers, secure=is_secure(office)),
            Middleware(Failures),
            Middleware(Limits),
        ],
    )  # fmt: skip
    app.state.office = office
    for routes in PAGES:
        app.include_router(routes, include_in_schema=False)
    for error in (Refusal, DubanError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, _answer)
    return app


async def _answer(request: Request, error: Exception) -> Response:
    return answer(request, error)
