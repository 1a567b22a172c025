"""What a client may take of the server; the middleware by itself with small bounds, and the real server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from duban.portal.limits import Allowance, Bounds, Limits
from duban.portal.refusals import Refusal, TooBusy, TooLarge, TooOften, TooSlow
from duban.portal.serving import Protocol, listening
from tests.support.gate import PASSWORD, Gate, serving

SMALL = Bounds(
    form=1000, plain=100, plain_together=150, large=50, large_together=70, turn_within=0.1, patience=0.5,
    pace=1000, pages=Allowance(a_minute=3, at_once=2),
    api=Allowance(a_minute=5, at_once=3),
)  # fmt: skip
FORM = "multipart/form-data; boundary=x"


def scope(path: str = "/", kind: str = "text/plain", host: str = "10.0.0.1") -> dict[str, Any]:
    """A request's scope."""
    return {"type": "http", "path": path, "headers": [(b"content-type", kind.encode())], "client": (host, 1)}


class Reader:
    """An application that reads the whole body, then waits until it may answer."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.read: list[int] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read and answer."""
        size = 0
        while True:
            message = await receive()
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        self.read.append(size)
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})


async def ask(limits: Limits, sizes: list[int], pause: float = 0.0, **about: Any) -> type[Refusal] | None:
    """Send a body in pieces of these sizes; the refusal that came of it."""

    async def pieces() -> AsyncIterator[Any]:
        for n, size in enumerate(sizes):
            await asyncio.sleep(pause)
            yield {"type": "http.request", "body": b"x" * size, "more_body": n < len(sizes) - 1}

    async def send(message: Any) -> None:
        pass

    try:
        await limits(scope(**about), pieces().__anext__, send)
    except Refusal as refusal:
        return type(refusal)
    return None


async def test_a_body_is_cut_off_where_it_gets_too_large_and_not_at_its_end() -> None:
    reader = Reader()
    assert await ask(Limits(reader, SMALL), [100]) is None
    assert await ask(Limits(reader, SMALL), [60, 41, 10**6]) is TooLarge
    assert await ask(Limits(reader, SMALL), [1000], kind=FORM) is None
    assert await ask(Limits(reader, SMALL), [999, 2], kind=FORM) is TooLarge
    assert reader.read == [100, 1000]


async def test_a_body_that_stands_still_or_trickles_is_given_up() -> None:
    assert await ask(Limits(Reader(), SMALL), [1, 1], pause=0.8) is TooSlow
    assert await ask(Limits(Reader(), SMALL), [1] * 20, pause=0.05) is TooSlow  # 1 s for 20 bytes
    assert await ask(Limits(Reader(), SMALL), [90] * 10, pause=0.05, kind=FORM) is None  # 1,800 a second


async def test_large_bodies_are_handled_one_after_another_and_small_ones_beside_them() -> None:
    reader = Reader()
    limits = Limits(reader, SMALL)
    reader.may_answer.clear()
    first = asyncio.create_task(ask(limits, [60], kind=FORM))
    await asyncio.sleep(0.02)
    assert reader.read == [60]
    assert await ask(limits, [60], kind=FORM, host="10.0.0.2") is TooBusy
    small = asyncio.create_task(ask(limits, [40], kind=FORM, host="10.0.0.3"))
    await asyncio.sleep(0.02)
    assert reader.read == [60, 40]
    reader.may_answer.set()
    assert (await first, await small) == (None, None)
    assert await ask(limits, [60], kind=FORM, host="10.0.0.2") is None
    assert await ask(limits, [900], kind=FORM, host="10.0.0.4") is None  # alone, it has all the room it needs


async def test_bodies_in_memory_are_bounded_together_and_leave_their_room() -> None:
    reader = Reader()
    limits = Limits(reader, SMALL)
    reader.may_answer.clear()
    waiting = [asyncio.create_task(ask(limits, [50], host=f"10.0.0.{n}")) for n in range(3)]
    await asyncio.sleep(0.02)
    assert await ask(limits, [1], host="10.0.0.9") is TooBusy
    reader.may_answer.set()
    assert await asyncio.gather(*waiting) == [None, None, None]
    assert await ask(limits, [50], host="10.0.0.9") is None
    assert limits.held == 0


async def test_one_address_asks_so_often_and_so_much_at_once_and_others_as_before() -> None:
    reader = Reader()
    limits = Limits(reader, SMALL)
    assert [await ask(limits, [1]) for _ in range(4)] == [None, None, None, TooOften]
    assert await ask(limits, [1], host="10.0.0.2") is None
    assert [await ask(limits, [1], path="/api/v1/x") for _ in range(6)] == [*[None] * 5, TooOften]
    reader.may_answer.clear()
    waiting = [asyncio.create_task(ask(limits, [1], host="10.0.0.3")) for _ in range(2)]
    await asyncio.sleep(0.02)
    assert await ask(limits, [1], host="10.0.0.3") is TooOften
    reader.may_answer.set()
    assert await asyncio.gather(*waiting) == [None, None]


# ---- the real server -----------------------------------------------------------------------------


def chunks(size: int) -> Iterator[bytes]:
    """A body without a Content-Length."""
    for _ in range(size >> 16):
        yield b"x" * (1 << 16)


def test_nobody_who_is_not_signed_in_gets_a_large_body_read(client: httpx.Client) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/signin/password", content=b"login=" + b"x" * 70_000, headers=kind).status_code == 413
    with suppress(httpx.WriteError):  # it was answered and hung up on in the middle
        assert client.post("/signin/password", content=chunks(8 << 20), headers=kind).status_code == 413
    form = {"login": (None, "jicha"), "password": (None, PASSWORD), "big": ("a", b"x" * 70_000)}
    assert client.post("/signin/password", files=form).status_code == 413


def test_a_form_of_too_many_or_broken_parts_is_refused(gate: Gate) -> None:
    with gate.client("leader") as client:
        files = [("f", (f"{n}.txt", b"x")) for n in range(201)]
        assert client.post("/signout", data={"csrf": gate.csrf("leader")}, files=files).status_code == 400
        fields = {f"f{n}": "x" for n in range(20_001)}
        assert client.post("/signout", data=fields).status_code == 400
        for kind in (FORM, "multipart/form-data", f"{FORM}; charset=utf-7"):
            answer = client.post("/signout", content=b"broken", headers={"Content-Type": kind})
            assert answer.status_code == 400
        text = {"csrf": gate.csrf("leader"), "long": "x" * (5 << 20)}
        assert client.post("/signout", data=text).status_code == 413
        assert client.post("/signout", files={k: (None, v) for k, v in text.items()}).status_code == 413
        assert client.get("/c/haian-2018").status_code == 200


def test_a_large_form_of_a_known_person_is_read_to_disk_and_refused_only_beyond_60_megabytes(
    gate: Gate,
) -> None:
    with gate.client("leader") as client:
        about = {"csrf": "wrong"}
        large = {"f": ("a.bin", b"x" * (59 << 20))}
        assert (
            client.post("/signout", data=about, files=large).status_code == 403
        )  # read, and its value wrong
        larger = {"f": ("a.bin", b"x" * (61 << 20))}
        with suppress(httpx.WriteError):  # it was answered and hung up on in the middle
            assert client.post("/signout", data=about, files=larger).status_code == 413


class Hasty(Protocol):
    """Waits half a second for headers."""

    headers_within = 0.5


def test_a_request_that_does_not_finish_its_headers_is_hung_up_on(gate: Gate) -> None:
    with listening("127.0.0.1", 0) as at, serving(gate.office, at, Hasty):
        with socket.create_connection(at.getsockname(), timeout=10) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            assert slow.recv(1000) == b""
        with httpx.Client(base_url=f"http://127.0.0.1:{at.getsockname()[1]}") as kept:
            for _ in range(4):  # one connection, which is older than that and well
                assert kept.get("/healthz").status_code == 200
                time.sleep(0.3)


TWO_LENGTHS = (
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
)


@pytest.mark.parametrize("raw", [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", TWO_LENGTHS])
def test_what_is_no_http_harms_nobody(gate: Gate, raw: bytes, client: httpx.Client) -> None:
    host, port = gate.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as odd:
        odd.sendall(raw)
        odd.shutdown(socket.SHUT_WR)
        assert b" 200 " not in odd.recv(1000)
    assert client.get("/healthz").status_code == 200
