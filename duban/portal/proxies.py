"""A reverse proxy before us: only one that the settings name is believed, about who is behind it."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from duban.portal.sessions import BY_PROXY
from duban.settings import Settings


class Proxies:
    """The middleware: the client's own address, and the login that the proxy names."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.believed = settings.proxy_from
        self.header = settings.proxy_header.lower().encode("ascii", "ignore")
        networks = [str(network) for network in settings.proxy_from]
        self.forwarded = ProxyHeadersMiddleware(cast("Any", app), networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; what anybody else says in such headers is not looked at."""
        if scope["type"] != "http" or not self._believes(scope):
            await self.app(scope, receive, send)
            return
        named = [value for name, value in scope["headers"] if self.header and name == self.header]
        if len(named) == 1:
            scope[BY_PROXY] = named[0].decode("utf-8", "replace").strip()[:100]
        forwarded: Any = self.forwarded  # uvicorn has its own, narrower types of the same things
        await forwarded(scope, receive, send)

    def _believes(self, scope: Scope) -> bool:
        try:
            peer = ip_address((scope.get("client") or ("",))[0])
        except ValueError:
            return False
        return any(peer in network for network in self.believed)
