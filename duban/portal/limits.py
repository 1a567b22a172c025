"""What one client may take of the server: size and pace of a body, requests a minute, large bodies at once.

An ASGI middleware, so that a body is bounded as it streams in, whatever its Content-Length says. Forms of
parts lie on disk while they come, and the large ones among them are handled, in memory, as far as there is
room; other bodies are in memory from their first byte, and are bounded together.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duban.portal.refusals import Refusal, TooBusy, TooLarge, TooOften, TooSlow

A_MINUTE = 60.0
MOST_CLIENTS = 10_000
"""Addresses that are remembered; the one unheard of the longest is forgotten first."""


@dataclass(frozen=True)
class Allowance:
    """What one address may ask."""

    a_minute: int
    at_once: int


@dataclass(frozen=True)
class Bounds:
    """How much of everything; sizes in bytes, times in seconds."""

    form: int = 60 << 20
    """A form of parts."""
    plain: int = 12 << 20
    """Any other body."""
    plain_together: int = 64 << 20
    large: int = 1 << 20
    """From here a body is a large one."""
    large_together: int = 56 << 20
    """Of large ones that are handled at once, unless there is a single one."""
    turn_within: float = 80.0
    """So long a large one waits for its turn to be handled."""
    patience: float = 20.0
    """So long a body may stand still."""
    pace: int = 8 << 10
    """Bytes a second that it has to come at, on the whole, once patience is at an end."""
    pages: Allowance = Allowance(a_minute=3_000, at_once=64)
    """A whole bureau may come from behind one address."""
    api: Allowance = Allowance(a_minute=60_000, at_once=256)


@dataclass
class Body:
    """How much of a request's body has come."""

    most: int
    on_disk: bool
    size: int = 0
    waited: float = 0.0
    complete: bool = False
    refusal: Refusal | None = None
    """Why it was not read to its end: FastAPI makes one error of all that happen while it reads."""


@dataclass
class Client:
    """What one address has been doing."""

    since: float
    count: int = 0
    open: int = 0


def client_of(scope: Scope) -> str:
    """Whom tries are counted of: an address, or the network of an IPv6 address, since whoever has one there
    has all of them."""
    said = (scope.get("client") or ("",))[0]
    try:
        address = ip_address(said)
    except ValueError:
        return str(said)
    if isinstance(address, IPv4Address):
        return str(address)
    plain = address.ipv4_mapped
    return str(plain or ip_network((int(address), 64), strict=False))


def bound(scope: Scope, most: int) -> None:
    """Let a request's body be no larger than that."""
    body: Body | None = scope.get("duban.body")
    if body is not None:
        body.most = min(body.most, most)


class Turns:
    """Room for so many bytes at once, given to whoever came first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.used = 0
        self._queue = asyncio.Lock()
        self._freed = asyncio.Event()

    async def take(self, size: int) -> None:
        """Wait until there is room; what is larger than all of it gets it alone."""
        async with self._queue:
            while self.used and self.used + size > self.most:
                self._freed.clear()
                await self._freed.wait()
            self.used += size

    def give_back(self, size: int) -> None:
        """Let the next one have it."""
        self.used -= size
        self._freed.set()


class Limits:
    """The middleware."""

    def __init__(self, app: ASGIApp, bounds: Bounds | None = None) -> None:
        self.app = app
        self.bounds = bounds or Bounds()
        self.clients: OrderedDict[tuple[str, bool], Client] = OrderedDict()
        self.turns = Turns(self.bounds.large_together)
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. Raises the refusals that say what was too much."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = self._let_in(scope)
        taken = Taken(self, self._body(scope))
        scope["duban.body"] = taken.body
        try:
            await self.app(scope, taken.receiving(receive), taken.sending(send))
        finally:
            taken.let_go()
            client.open -= 1

    def _let_in(self, scope: Scope) -> Client:
        api, now = str(scope["path"]).startswith("/api/"), time.monotonic()
        who = (client_of(scope), api)
        client = self.clients.setdefault(who, Client(now))
        self.clients.move_to_end(who)
        while len(self.clients) > MOST_CLIENTS:
            self.clients.popitem(last=False)
        if now - client.since > A_MINUTE:
            client.since, client.count = now, 0
        client.count += 1
        allowed = self.bounds.api if api else self.bounds.pages
        if client.count > allowed.a_minute or client.open >= allowed.at_once:
            raise TooOften()
        client.open += 1
        return client

    def _body(self, scope: Scope) -> Body:
        kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
        on_disk = kind.strip().lower().startswith(b"multipart/form-data")
        return Body(self.bounds.form if on_disk else self.bounds.plain, on_disk)


@dataclass
class Taken:
    """One request's body, its room in memory, and its turn among the large ones."""

    limits: Limits
    body: Body
    room: int = 0
    has_turn: bool = False

    def receiving(self, receive: Receive) -> Receive:
        """`receive`, counted and timed; the last piece of a large body waits for its turn."""

        async def counted() -> Message:
            if self.body.complete:  # what still comes is the news that the client has gone
                return await receive()
            try:
                return await self._piece(receive)
            except Refusal as refusal:
                self.body.refusal = refusal
                raise

        return counted

    async def _piece(self, receive: Receive) -> Message:
        bounds, began = self.limits.bounds, time.monotonic()
        try:
            message = await asyncio.wait_for(receive(), bounds.patience)
        except TimeoutError:
            raise TooSlow() from None
        self.body.waited += time.monotonic() - began  # our own time is not held against the client
        if message["type"] == "http.request":
            self._take(len(message.get("body", b"")))
            self.body.complete = not message.get("more_body", False)
            if self.body.complete and self.body.size > bounds.large:
                await self._turn()
        return message

    def _take(self, size: int) -> None:
        body, bounds = self.body, self.limits.bounds
        body.size += size
        if body.size > body.most:
            raise TooLarge()
        if body.waited > bounds.patience + body.size / bounds.pace:
            raise TooSlow()
        if not body.on_disk:
            self.room += size
            self.limits.held += size
            if self.limits.held > bounds.plain_together:
                raise TooBusy()

    async def _turn(self) -> None:
        try:
            await asyncio.wait_for(self.limits.turns.take(self.body.size), self.limits.bounds.turn_within)
        except TimeoutError:
            raise TooBusy() from None
        self.has_turn = True

    def sending(self, send: Send) -> Send:
        """`send`, giving the turn back as soon as there is an answer: a client may be slow to read it."""

        async def answered(message: Message) -> None:
            self.let_go()
            await send(message)

        return answered

    def let_go(self) -> None:
        """Give back the turn and the room."""
        if self.has_turn:
            self.has_turn = False
            self.limits.turns.give_back(self.body.size)
        self.limits.held -= self.room
        self.room = 0
