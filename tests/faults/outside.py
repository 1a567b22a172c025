"""The world outside: a mail server and a webhook that write down what reached them, and that refuse, hang,
answer 4xx and 5xx and drop the line when a seed says so."""

from __future__ import annotations

import asyncio
import email
import json
import logging
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.policy import default
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from deployments.servers import HOST, free_port

logging.getLogger("mail.log").disabled = True  # callers that are killed are no news here

PATIENCE = 0.4
"""Seconds that a client of these servers waits for an answer."""
HANGS = 20.0
"""Seconds that a hanging server says nothing: far more than anybody may wait."""
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE)
TROUBLES = ("refused", "hangs", "4xx", "5xx", "dropped")
LIKELY = (4, 1, 4, 1, 3)
"""Hanging and final refusals are rarer."""


@dataclass(frozen=True)
class Arrived:
    """A message that a server has taken; read only afterwards, so that the server answers at once."""

    stage: int
    channel: str
    address: str
    name: str
    """What tells one message from another: the Message-ID, or the key that a webhook was given."""
    content: bytes

    @cached_property
    def text(self) -> str:
        """What it says, in plain text."""
        if self.channel == "webhook":
            return str(json.loads(self.content)["message"])
        body = email.message_from_bytes(self.content, policy=default).get_body(("plain",))
        return str(body.get_content()) if body else ""


@dataclass
class Log:
    """What reached the servers, in order, and what they did to those who called."""

    stage: Callable[[], int]
    """What time it is in the campaign."""
    arrived: list[Arrived] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    refused_for_good: set[tuple[int, str]] = field(default_factory=set)
    """Stage and address of each final refusal."""
    waited: list[float] = field(default_factory=list)
    """Seconds after which a caller gave up on a server that hung."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, channel: str, address: str, name: str, content: bytes) -> None:
        """A message has come."""
        with self.lock:
            self.arrived.append(Arrived(self.stage(), channel, address, name, content))


@dataclass(frozen=True)
class Moods:
    """How the servers feel, for each address at each stage: the same whenever asked."""

    seed: int
    share: float
    """Of a hundred calls so many go wrong, as a fraction."""

    def about(self, address: str, stage: int) -> str | None:
        """What goes wrong, if anything."""
        chance = Random(f"{self.seed} {address} {stage}")
        return chance.choices(TROUBLES, LIKELY)[0] if chance.random() < self.share else None


class Desk(SMTP):
    """One conversation of the mail server."""

    log: Log
    moods: Moods

    def _mood(self) -> str | None:
        address = self.envelope.rcpt_tos[0] if self.envelope and self.envelope.rcpt_tos else ""
        return self.moods.about(address, self.log.stage())

    def _cut(self) -> None:
        """Drop the line as a router that died does."""
        raw = self.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def smtp_RCPT(self, arg: str) -> None:
        address = arg.partition("<")[2].partition(">")[0]
        stage = self.log.stage()
        mood = self.moods.about(address, stage)
        if mood:
            self.log.troubles[mood] += 1
        if mood == "refused":
            self._cut()
            return
        if mood == "4xx":
            await self.push("451 try later")
            return
        if mood == "5xx":
            self.log.refused_for_good.add((stage, address))
            await self.push("550 no such mailbox")
            return
        await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        mood = self._mood()
        if mood == "dropped":
            await self.push("354 go on")
            await asyncio.sleep(0.002)
            self._cut()
            return
        if mood == "hangs":
            began = time.monotonic()
            try:  # whoever hangs up ends this
                await asyncio.sleep(HANGS)
            finally:
                self.log.waited.append(time.monotonic() - began)
            return
        await super().smtp_DATA(arg)


class Post(Controller):
    """The mail server."""

    def __init__(self, log: Log, moods: Moods, port: int) -> None:
        self.log, self.moods = log, moods
        super().__init__(self, hostname=HOST, port=port)

    def factory(self) -> SMTP:
        desk = Desk(self, enable_SMTPUTF8=True, ident="post")
        desk.log, desk.moods = self.log, self.moods
        return desk

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        found = MESSAGE_ID.search(envelope.content)
        name = found[1].decode() if found else ""
        for address in envelope.rcpt_tos:
            self.log.take("email", address, name, envelope.content)
        return "250 OK"


def _webhook(log: Log, moods: Moods, port: int) -> ThreadingHTTPServer:
    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            address, stage = self.path.strip("/"), log.stage()
            mood = moods.about(address, stage)
            if mood:
                log.troubles[mood] += 1
            if mood in ("refused", "dropped"):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            if mood == "hangs":
                began = time.monotonic()
                self.connection.settimeout(HANGS)
                self.connection.recv(1)
                log.waited.append(time.monotonic() - began)
                self.close_connection = True
                return
            if mood is None:
                log.take("webhook", address, f"<{self.headers['Idempotency-Key']}>", body)
            self.send_response({None: 200, "4xx": 429, "5xx": 500}[mood])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # who called was killed

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                return

        def log_message(self, format: str, *args: Any) -> None:
            return

    return ThreadingHTTPServer((HOST, port), Hook)


@contextmanager
def outside(log: Log, moods: Moods) -> Iterator[dict[str, str]]:
    """Both servers, running; yields the channels that lead there."""
    smtp, hook = free_port(), free_port()
    post, server = Post(log, moods, smtp), _webhook(log, moods, hook)
    post.start()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    wait = f"cto={PATIENCE}&rto={PATIENCE}"
    try:
        yield {
            "email": f"mailto://{HOST}:{smtp}/?mode=insecure&from=duban@stations.example&to={{address}}&{wait}",
            "webhook": f"json://{HOST}:{hook}/{{address}}?{wait}",
        }
    finally:
        post.stop()
        server.shutdown()
        server.server_close()
