"""Why a call gets no result: problem documents (RFC 9457) with Chinese titles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from duban.errors import BadInput, Problem, SubmissionInvalid
from duban.intake.refusal import shown
from duban.rendering import Renderer
from duban.views.problems import problem_json

MEDIA_TYPE = "application/problem+json"
SHOWN = 10
"""So many wrong parameters are named."""
BEARER = {"WWW-Authenticate": 'Bearer realm="duban"'}
SOON = {"Retry-After": "1"}
HEADERS: Mapping[int, Mapping[str, str]] = {401: BEARER, 429: SOON}


class Refused(Exception):
    """A call that is refused; `code` names its title under `portal.api` in templates/wording.yaml."""

    def __init__(
        self, status: int, code: str, problems: Sequence[Problem] = (), more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.problems = problems
        self.more = more or {}
        """Members of the document besides."""


class Route(APIRoute):
    """A route of the API: what is wrong with a call becomes a problem document. What is wrong with us, and
    what the server refuses whoever asks, is answered by the application."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with our answers to what it raises."""
        handle = super().get_route_handler()
        known = {p.alias for p in self.dependant.query_params}

        async def handled(request: Request) -> Response:
            try:
                _only(request, known)
                return await handle(request)
            except (Refused, BadInput, RequestValidationError) as error:
                return answer(_refusal(error), request.app.state.office.texts)

        return handled


def _refusal(error: Refused | BadInput | RequestValidationError) -> Refused:
    if isinstance(error, Refused):
        return error
    if isinstance(error, RequestValidationError):
        return Refused(400, "bad-parameter", [_parameter(e) for e in error.errors()])
    if isinstance(error, SubmissionInvalid):
        too_large = any(p.code == "file-too-large" for p in error.problems)
        return (
            Refused(413, "too-large", error.problems)
            if too_large
            else Refused(400, "unreadable", error.problems)
        )
    if error.code == "key-reused":
        return Refused(409, "key-reused")
    return Refused(404 if error.code == "bad-address" else 400, "not-owed", error.problems)


def _only(request: Request, known: Collection[str]) -> None:
    """Nothing unknown is let pass, which may be a slip of the pen, nor anything said twice."""
    names = Counter(name for name, _ in request.query_params.multi_items())
    odd = [name for name, count in names.items() if count > 1 or name not in known]
    if odd:
        params = {"known": sorted(known)}
        problems = [Problem("odd-parameter", key=shown(name), params=params) for name in odd[:SHOWN]]
        raise Refused(400, "bad-parameter", problems)


def _parameter(error: Mapping[str, Any]) -> Problem:
    known = (error.get("ctx") or {}).get("expected", "")
    value = error.get("input")
    return Problem(
        "bad-parameter", key=shown(error["loc"][-1]), value=shown("" if value is None else value),
        params={"expected": shown(known)},
    )  # fmt: skip


def answer(refused: Refused, texts: Renderer, headers: Mapping[str, str] = {}) -> Response:
    """The problem document."""
    said: dict[str, Any] = {
        "type": "about:blank", "title": texts.say(f"portal.api.{refused.code}"), "status": refused.status,
        "code": refused.code, "problems": [problem_json(p, texts) for p in refused.problems],
    }  # fmt: skip
    headers = {**HEADERS.get(refused.status, {}), **headers}
    return JSONResponse(said | dict(refused.more), refused.status, headers, media_type=MEDIA_TYPE)
