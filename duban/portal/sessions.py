"""Who asks, by the session cookie; and what a form of theirs must send back.

The cookie holds a random token, of which the ledger keeps a digest. `csrf` is the token's HMAC under the
installation's secret: whoever cannot read the cookie cannot make it, and it tells nothing of the token.
"""

from __future__ import annotations

import hashlib
import hmac

from starlette.requests import HTTPConnection
from starlette.responses import Response

from duban.access import devices
from duban.access.roles import Principal
from duban.portal.office import Office
from duban.services import admitting

COOKIE = "duban"
LONGEST_TOKEN = 200
BY_PROXY = "duban.proxy"
"""Of a request's scope: the login that a trusted proxy names."""
LIFETIME = 30 * 24 * 3600
"""Seconds for which a browser keeps the cookie; the session itself ends earlier, in the ledger."""
KNOWN_FOR = 180 * 24 * 3600
"""Seconds for which a browser keeps that somebody has signed in there."""


def is_secure(office: Office) -> bool:
    """Whether people reach the portal by https."""
    return office.settings.url.startswith("https://")


def cookie_name(office: Office) -> str:
    """The cookie's name: by https one that no other host can set."""
    return f"__Host-{COOKIE}" if is_secure(office) else COOKIE


def token_of(request: HTTPConnection) -> str | None:
    """The session token that a request shows, whatever it is worth."""
    token = request.cookies.get(cookie_name(request.app.state.office), "")
    return token if 0 < len(token) <= LONGEST_TOKEN and token.isascii() else None


def principal_of(office: Office, token: str | None) -> Principal | None:
    """Whose session that is; None for one that has ended or never was."""
    return admitting.who_is(office.ledger, token) if token else None


def who_asks(office: Office, request: HTTPConnection) -> tuple[Principal | None, str]:
    """Who asks, and what a form of theirs must send back: by session, or as a trusted proxy names them."""
    token = token_of(request)
    who = principal_of(office, token)
    if who is not None:
        return who, csrf_of(office, token)
    login = request.scope.get(BY_PROXY, "")
    who = admitting.enter_by_proxy(office.ledger, login) if login else None
    return who, csrf_of(office, f"proxy {login}") if who else ""


def csrf_of(office: Office, token: str | None) -> str:
    """What a form of this session has to send back; "" without a session."""
    if not token:
        return ""
    key = office.settings.secret.encode()
    return hmac.new(key, f"csrf:{token}".encode(), hashlib.sha256).hexdigest()


def matches(wanted: str, given: str) -> bool:
    """Whether a form came with the right value; nothing matches an empty one."""
    return bool(wanted) and hmac.compare_digest(wanted.encode(), given.encode())


def keep(office: Office, response: Response, token: str) -> Response:
    """Let the browser keep a session."""
    response.set_cookie(
        cookie_name(office), token, max_age=LIFETIME, path="/", httponly=True, samesite="lax",
        secure=is_secure(office),
    )  # fmt: skip
    return response


def device_of(request: HTTPConnection, login: str) -> str:
    """Which browser of an account this is; "" for one that it has not signed in from."""
    office: Office = request.app.state.office
    return devices.device_of(office.settings.secret, request.cookies.get(_device_cookie(office), ""), login)


def mark(office: Office, response: Response, login: str) -> Response:
    """Let the browser keep that this account has signed in there."""
    response.set_cookie(
        _device_cookie(office), devices.marked(office.settings.secret, login), max_age=KNOWN_FOR, path="/",
        httponly=True, samesite="strict", secure=is_secure(office),
    )  # fmt: skip
    return response


def _device_cookie(office: Office) -> str:
    return f"{cookie_name(office)}-device"


def forget(office: Office, response: Response) -> Response:
    """Let the browser forget its session."""
    response.delete_cookie(
        cookie_name(office), path="/", httponly=True, samesite="lax", secure=is_secure(office)
    )
    return response
