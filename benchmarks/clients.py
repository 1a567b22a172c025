"""Programs that send returns over HTTP/1.1, with as little work of their own as there can be: they share two
cores with the server and its database."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

HOST = "127.0.0.1"
AGAIN = 0.05
"""Seconds until a refused connection is tried again."""


@dataclass(frozen=True, slots=True)
class Order:
    """One return to be sent, under a name of its own."""

    name: str
    key: str
    body: bytes


@dataclass(slots=True)
class Tally:
    """What came back."""

    receipts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Receipt number and chain digest by order."""
    took: list[float] = field(default_factory=list)
    """Seconds from sending a return to its receipt, of those sent once."""
    resent: int = 0
    """Orders sent again because the connection broke before an answer."""
    wrong: list[str] = field(default_factory=list)
    """Answers that were no receipt."""


async def drive(port: int, path: str, orders: Iterator[Order], clients: int, seconds: float) -> Tally:
    """Send orders over so many connections, each waiting for its receipt before it sends the next. What was
    begun is brought to its end, however often the server dies."""
    tally, until = Tally(), time.perf_counter() + seconds
    await asyncio.gather(*(_client(port, path, orders, until, tally) for _ in range(clients)))
    return tally


async def _client(port: int, path: str, orders: Iterator[Order], until: float, tally: Tally) -> None:
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while time.perf_counter() < until and (order := next(orders, None)):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {order.key}\r\n"
            f"Idempotency-Key: {order.name}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(order.body)}\r\n\r\n"
        )
        began, tries, answer = time.perf_counter(), 0, None
        while answer is None:
            tries += 1
            try:
                connection = connection or await asyncio.open_connection(HOST, port)
                connection[1].write(head.encode() + order.body)
                answer = await _answer(connection[0])
            except (OSError, asyncio.IncompleteReadError):
                connection = None
                await asyncio.sleep(AGAIN)
        status, said = answer
        if status != 201:
            tally.wrong.append(f"{status} {said[:200]!r}")
            continue
        receipt = json.loads(said)
        tally.receipts[order.name] = (receipt["receipt"], receipt["chain"])
        tally.resent += tries > 1
        tally.took += [time.perf_counter() - began] if tries == 1 else []
    if connection:
        connection[1].close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    return int(head[9:12]), await reader.readexactly(length)
