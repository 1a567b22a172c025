"""A provider of group chats on loopback, that answers as it is told: like DingTalk, WeCom or Feishu, or not
at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from deployments.servers import HOST


@dataclass(frozen=True)
class Call:
    """One request that came in."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Provider:
    """What it answers next: a status and a body; `hang` seconds later."""

    port: int = 0
    status: int = 200
    answer: Any = field(default_factory=lambda: {"errcode": 0, "errmsg": "ok"})
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0
    calls: list[Call] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.port}"

    def says(self, answer: Any, status: int = 200) -> None:
        """From now on."""
        self.answer, self.status = answer, status


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider, running."""
    told = Provider()
    over = threading.Event()

    class Talk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            where = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(where.query).items()}
            told.calls.append(Call(where.path, query, dict(self.headers), json.loads(raw)))
            if told.hang:
                over.wait(told.hang)
                self.close_connection = True
                return
            said = told.answer if isinstance(told.answer, bytes) else json.dumps(told.answer).encode()
            self.send_response(told.status)
            for name, value in ({"Content-Length": str(len(said))} | told.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            return  # whoever waited too long has gone

    server = Server((HOST, 0), Talk)
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        over.set()
        server.shutdown()
        server.server_close()
