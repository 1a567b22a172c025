"""The process that serves: an office over the settings, a socket, uvicorn."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import re
import socket
from contextlib import suppress

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from duban.errors import BadInput
from duban.ledger import Ledger
from duban.outbox.channels import AppriseTransport
from duban.portal.app import make_app
from duban.portal.office import Office
from duban.rendering import Renderer
from duban.settings import Settings

TIME_TO_FINISH = 20
"""Seconds that open requests get when we are told to stop."""
MOST_CONNECTIONS = 1000
M_MMAP_THRESHOLD = -3
"""As <malloc.h> numbers it."""
LINK = re.compile(r"^/in/[^?]*")


class Protocol(H11Protocol):
    """uvicorn's, which closes a connection that does not get its headers said."""

    headers_within = 20.0
    """Seconds; a body has its own time (limits.py)."""
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stop waiting once the headers are there; begin again with the next ones."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._overdue is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._overdue = self.loop.call_later(self.headers_within, self._give_up)

    def _stop_waiting(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _give_up(self) -> None:
        self._overdue = None
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


class WithoutSecrets(logging.Filter):
    """Lets no link and no query into the access log: a link lets in whoever reads it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """uvicorn's arguments: client, method, path with its query, version, status."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, path, *rest = record.args
            shown = LINK.sub("/in/…", str(path)).partition("?")[0]
            record.args = (client, method, shown, *rest)
        return True


def office(settings: Settings, ledger: Ledger, texts: Renderer) -> Office:
    """What the portal works with. Raises NotAllowed for a virtual ledger with channels to the world."""
    transport = AppriseTransport(settings.channels, loopback_only=ledger.kind == "virtual")
    return Office(settings, ledger, texts, transport)


def listening(host: str, port: int) -> socket.socket:
    """A socket there. Raises BadInput where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise BadInput("cannot-listen", host=host, port=port, detail=str(error)) from None
    # Head and body of an answer are sent apart: without this the body waits 40 ms. asyncio would set it, but
    # only where it made the socket itself.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def server(served: Office, protocol: type[Protocol] = Protocol) -> uvicorn.Server:
    """uvicorn, as we want it."""
    config = uvicorn.Config(
        make_app(served), http=protocol, ws="none", lifespan="off", log_config=None, server_header=False,
        proxy_headers=False,  # proxies.py looks at them
        limit_concurrency=MOST_CONNECTIONS, timeout_graceful_shutdown=TIME_TO_FINISH,
    )  # fmt: skip
    return uvicorn.Server(config)


def run(served: Office, at: socket.socket) -> None:
    """Serve until interrupted; what is open then may finish."""
    _give_large_blocks_back()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn.access").addFilter(WithoutSecrets())
    server(served).run(sockets=[at])


def _give_large_blocks_back() -> None:
    """Let the C library return each large block when it is freed: by default it learns to keep them, for
    every thread, and the process stays as large as the uploads of a busy minute."""
    with suppress(OSError, AttributeError):  # other systems than glibc's do so by themselves
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 1 << 20)
