"""The world outside: a mail server and a host of webhooks and chats that write down what reached them, and
that are away, refuse, hang, answer 4xx and 5xx and drop the line when a seed says so."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP

from deployments.servers import HOST, free_port
from tests.faults.logs import HANGS, Log, Moods

logging.getLogger("mail.log").disabled = True  # callers that are killed are no news here

PATIENCE = 0.4
"""Seconds that a client of these servers waits for an answer."""
MESSAGE_ID = re.compile(rb"^Message-ID:\s*(\S+)", re.MULTILINE)
LOOKS = 0.004
"""Seconds between looks at whether a server is to be there."""


def _cut(transport: Any) -> None:
    """Drop the line as a router that died does."""
    raw = transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _hang(log: Log, reader: asyncio.StreamReader) -> None:
    """Say nothing until the caller gives up."""
    began = time.monotonic()
    with suppress(asyncio.TimeoutError, OSError):
        await asyncio.wait_for(reader.read(1), HANGS)
    log.waited.append(time.monotonic() - began)


class Desk(SMTP):
    """One conversation of the mail server."""

    log: Log
    moods: Moods
    mood: str | None = None

    async def smtp_RCPT(self, arg: str) -> None:
        address = arg.partition("<")[2].partition(">")[0]
        self.mood = self.moods.about("email", address, self.log.stage())
        self.log.note("email", address, self.mood)
        if self.mood == "reset":
            _cut(self.transport)
        elif self.mood in ("451", "550"):
            await self.push(f"{self.mood} not now, or never")
        else:
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if self.mood == "dropped":
            await self.push("354 go on")
            await asyncio.sleep(0.002)
            _cut(self.transport)
        elif self.mood == "hangs":
            await _hang(self.log, self._reader)
        else:
            await super().smtp_DATA(arg)


class Post:
    """The mail server's last word."""

    def __init__(self, log: Log) -> None:
        self.log = log

    async def handle_DATA(self, server: Desk, session: Any, envelope: Any) -> str:
        if server.mood in ("452 after the text", "554 after the text"):
            return f"{server.mood[:3]} no"
        found = MESSAGE_ID.search(envelope.content)
        name = found[1].decode() if found else ""
        for address in envelope.rcpt_tos:
            self.log.take("email", address, name, envelope.content)
        if server.mood == "mute":
            self.log.mute.add(("email", name))
            _cut(server.transport)
        return "250 OK"


def _desk(log: Log, moods: Moods) -> SMTP:
    desk = Desk(Post(log), enable_SMTPUTF8=True, ident="post", hostname=HOST)
    desk.log, desk.moods = log, moods
    return desk


class Hooks:
    """Webhooks by their path, and chats by their token."""

    def __init__(self, log: Log, moods: Moods) -> None:
        self.log, self.moods = log, moods

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(OSError, asyncio.IncompleteReadError):  # who called was killed
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *headers = head.decode().split("\r\n")
                given = {k.lower(): v.strip() for k, _, v in (h.partition(":") for h in headers)}
                body = await reader.readexactly(int(given.get("content-length", 0)))
                if not await self._answer(reader, writer, line.split()[1], given, body):
                    break
        writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: str,
        given: dict[str, str], body: bytes,
    ) -> bool:  # fmt: skip
        parts = urlsplit(target)
        channel = "dingtalk" if parts.path == "/robot/send" else "webhook"
        address = parse_qs(parts.query).get("access_token", [""])[0] or parts.path.strip("/")
        mood = self.moods.about(channel, address, self.log.stage())
        self.log.note(channel, address, mood)
        name = f"<{given['idempotency-key']}>" if channel == "webhook" else ""
        if mood in (None, "mute"):
            self.log.take(channel, address, name, body)
        if mood in ("reset", "dropped", "mute"):
            self.log.mute |= {(channel, name or address)} if mood == "mute" else set()
            _cut(writer.transport)
            return False
        if mood == "hangs":
            await _hang(self.log, reader)
            return False
        writer.write(_response(channel, mood))
        return True


def _response(channel: str, mood: str | None) -> bytes:
    """What is answered: an HTTP status, or a chat's own number."""
    robot = channel == "dingtalk" and mood != "500"
    status = 200 if robot else int(mood or 200)
    body = json.dumps({"errcode": int(mood or 0), "errmsg": ""}).encode() if robot else b""
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


Start = Callable[[], Awaitable[asyncio.Server]]


class World:
    """Both servers on a loop of their own, there or away as their mood at each stage is."""

    def __init__(self, log: Log, moods: Moods, ports: dict[str, int]) -> None:
        self.log, self.moods, self.ports = log, moods, ports
        self.ready, self.over = threading.Event(), threading.Event()

    def run(self) -> None:
        """Serve until it is over."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop, hooks = asyncio.get_running_loop(), Hooks(self.log, self.moods)
        loop.set_exception_handler(lambda *_: None)  # callers that are killed are no news here
        starts: dict[str, Start] = {
            "email": lambda: loop.create_server(
                lambda: _desk(self.log, self.moods), HOST, self.ports["email"]
            ),
            "hooks": lambda: asyncio.start_server(hooks.serve, HOST, self.ports["hooks"]),
        }
        there = {name: await start() for name, start in starts.items()}
        self.ready.set()
        while not self.over.is_set():
            stage = self.log.stage()
            for name, start in starts.items():
                if self.moods.is_away(name, stage) != (name not in there):
                    await self._turn(name, start, there)
            await asyncio.sleep(LOOKS)
        for server in there.values():
            server.close()

    async def _turn(self, name: str, start: Start, there: dict[str, asyncio.Server]) -> None:
        if name in there:
            there.pop(name).close()
            self.log.troubles[f"{name} away"] += 1
        else:
            there[name] = await start()


@contextmanager
def outside(log: Log, moods: Moods) -> Iterator[dict[str, str]]:
    """Both servers, running; yields the channels that lead there."""
    ports = {"email": free_port(), "hooks": free_port()}
    world = World(log, moods, ports)
    thread = threading.Thread(target=world.run, name="outside")
    thread.start()
    wait = f"cto={PATIENCE}&rto={PATIENCE}"
    hooks = f"{HOST}:{ports['hooks']}"
    try:
        assert world.ready.wait(10)
        yield {
            "email": f"mailto://{HOST}:{ports['email']}/?mode=insecure&from=duban@stations.example"
            f"&to={{address}}&{wait}",
            "webhook": f"json://{hooks}/{{address}}?{wait}",
            "dingtalk": f"dingtalk://{{address}}/?via=http://{hooks}&{wait}",
        }
    finally:
        world.over.set()
        thread.join()
