"""What a request that fails gets: a page that helps, or for the API a problem document (RFC 9457)."""

from __future__ import annotations

import logging
import secrets
import traceback
from typing import Any
from urllib.parse import urlencode

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duban.errors import BadInput, DubanError, NotAllowed
from duban.portal.asking import Ask
from duban.portal.office import Office
from duban.portal.origins import check_origin
from duban.portal.refusals import Refusal, SignInFirst

log = logging.getLogger("duban.portal")
BY_STATUS = {
    400: "bad-form", 401: "sign-in", 403: "forbidden", 404: "missing", 405: "method", 406: "bad-form",
    408: "too-slow", 413: "too-large", 415: "bad-form", 422: "unreadable", 429: "too-often", 503: "too-busy",
}  # fmt: skip
"""Keys of `portal.refused`."""
RETRY = {408: "5", 429: "60", 503: "5"}
"""Seconds after which trying again makes sense."""


def answer(request: Request, error: Exception) -> Response:
    """The answer to a request that ended with an error."""
    body = request.scope.get("duban.body")
    if body is not None and body.refusal is not None:
        error = body.refusal
    if isinstance(error, SignInFirst) and request.method == "GET" and not _is_api(request):
        return RedirectResponse(f"/signin?{urlencode({'next': error.path})}", 303)
    if isinstance(error, Refusal):
        return _refused(request, error.status, error.reason)
    if isinstance(error, RequestValidationError):
        return _refused(request, 422, "unreadable")
    if isinstance(error, HTTPException):
        refused = _refused(request, error.status_code, BY_STATUS.get(error.status_code, "failed"))
        refused.headers.update(error.headers or {})  # with 405, what is allowed
        return refused
    if isinstance(error, BadInput | NotAllowed):
        return _refused(request, 422, "unreadable", detail=_office(request).texts.error(error))
    return _refused(request, 500, "failed", incident=_incident(request, error))


def _refused(request: Request, status: int, reason: str, **more: str) -> Response:
    office = _office(request)
    said = (
        office.texts.say(f"portal.refused.{reason}.title"),
        office.texts.say(f"portal.refused.{reason}.say"),
    )
    headers = {"Retry-After": RETRY[status]} if status in RETRY else {}
    if _is_api(request):
        problem = {"type": "about:blank", "title": said[0], "status": status, "code": reason}
        problem |= {"detail": more.get("detail") or said[1]} | {
            k: v for k, v in more.items() if k != "detail"
        }
        return JSONResponse(problem, status, headers, media_type="application/problem+json")
    ask = getattr(request.state, "ask", None) or Ask(request, office, None, "", FormData())
    values: dict[str, Any] = {"title": said[0], "say": said[1], "detail": "", "incident": "", **more}
    values["typed"] = _typed(ask) if reason in ("sign-in", "stale-form") else []
    response: Response = ask.page("refused.html", status, **values)
    response.headers.update(headers)
    return response


def _typed(ask: Ask) -> list[tuple[str, str]]:
    """What was typed into a campaign's form that came without a session, or with another one's: it is not
    lost, whoever typed it sends it again themselves. Nothing of a form from elsewhere gets here."""
    if not ask.request.url.path.startswith("/c/"):
        return []
    try:
        check_origin(ask.request, strictly=True)
    except Refusal:
        return []
    return [(k, v) for k, v in ask.sent.multi_items() if isinstance(v, str) and k != "csrf"]


def _incident(request: Request, error: Exception) -> str:
    """Log what broke and where, under a number; not what was sent, nor the error's own words, which
    may quote it."""
    number = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in reversed(frames[-12:]))
    route = getattr(request.scope.get("route"), "path", "")
    code = error.code if isinstance(error, DubanError) else ""
    log.error(
        "incident %s: %s %s at %s %s: %s", number, type(error).__name__, code, request.method, route, where
    )
    return number


def _office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


class Failures:
    """The middleware that answers what the application itself could not: nothing goes up to the server,
    which would write down the error's words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answer what fails before an answer was begun."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            await answer(Request(scope), error)(scope, receive, send)
