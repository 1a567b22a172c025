"""Posting over HTTP with errors that tell what is known, and tell no secret: a URL may be one."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any, cast

import requests
from requests import exceptions
from urllib3.exceptions import NewConnectionError

from duban.errors import DeliveryFailed, Permanent, Retryable, TooFast, Unclear, Unreachable

LONGEST_ANSWER = 64 * 1024
SLOWEST_ANSWER = 30.0
"""Seconds for an answer as a whole; the timeouts of a URL hold for each of its parts."""
A_MINUTE = 60

Answer = tuple[int, bytes]


def post(
    session: requests.Session, url: str, body: bytes, *, timeout: tuple[float, float], method: str = "POST",
    headers: Mapping[str, str] | None = None, **more: Any,
) -> Answer:  # fmt: skip
    """Status and body of the answer. Redirects are not followed: a POST that becomes a GET says nothing.
    Raises Unreachable, Unclear."""
    try:
        with session.request(
            method, url, data=body, headers=headers, timeout=timeout, stream=True, allow_redirects=False,
            **more,
        ) as answer:  # fmt: skip
            return answer.status_code, _read(answer)
    except DeliveryFailed:
        raise
    except Exception as error:  # its words name the URL
        raise _failed(error) from None


def _read(answer: requests.Response) -> bytes:
    until, found = time.monotonic() + SLOWEST_ANSWER, b""
    for chunk in answer.iter_content(4096):
        found += chunk
        if len(found) > LONGEST_ANSWER:
            break
        if time.monotonic() > until:
            raise Unclear("an answer without an end")
    return found


def _failed(error: Exception) -> DeliveryFailed:
    name = type(error).__name__
    never_left = (
        exceptions.ConnectTimeout, exceptions.SSLError, exceptions.ProxyError, exceptions.InvalidURL,
        exceptions.InvalidSchema, exceptions.InvalidHeader,
    )  # fmt: skip
    if isinstance(error, never_left) or isinstance(_reason(error), NewConnectionError):
        return Unreachable(name)
    return Unclear(f"no answer: {name}")


def _reason(error: Exception) -> object:
    """What a connection that was never made failed with."""
    return getattr(error.args[0] if error.args else None, "reason", None)


def by_status(status: int) -> DeliveryFailed | None:
    """What an HTTP status means; None for one that says it was taken."""
    if 200 <= status < 300:
        return None
    said = f"HTTP {status}"
    if status == 429:
        return TooFast(said, A_MINUTE)
    if status == 504:
        return Unclear(said)  # a gateway gave up waiting; whom it passed the message to may have it
    return Retryable(said) if status >= 500 or status in (408, 425) else Permanent(said)


def said(answer: bytes) -> Mapping[str, Any]:
    """A JSON object, or an empty one for anything else: a sign-in page of a proxy is an answer too."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


class _Quiet(logging.Filter):
    """Lets nothing through. `disabled` would be undone by the next configuration of logging."""

    def filter(self, record: logging.LogRecord) -> bool:
        return False


def keep_quiet() -> None:
    """Apprise logs a URL it cannot read with its password, and chat tokens at DEBUG; urllib3 logs the
    paths of requests, tokens and all. What went wrong reaches us by answers, so their logs stay shut."""
    for name in ("apprise", "urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(f, _Quiet) for f in logger.filters):
            logger.addFilter(_Quiet())
