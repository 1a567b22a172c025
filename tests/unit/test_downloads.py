"""Files that leave: whole, under their names, and few of them in memory at once."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from starlette.responses import StreamingResponse

from duban.portal.downloads import PIECE, download_kept

LARGE = bytes(range(256)) * 4097
"""1 MiB and 256 bytes."""


async def pieces(answer: StreamingResponse) -> list[bytes]:
    return [bytes(piece) async for piece in answer.body_iterator]  # type: ignore[arg-type]


def test_a_large_file_leaves_whole_and_in_pieces() -> None:
    answer = download_kept(lambda: LARGE, "盖章.png")
    assert isinstance(answer, StreamingResponse)
    found = asyncio.run(pieces(answer))
    assert b"".join(found) == LARGE
    assert [len(x) for x in found] == [PIECE] * 4 + [256]
    assert answer.headers["Content-Length"] == "1048832"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="file.png"')


def test_what_is_not_there_is_no_file_and_what_is_empty_is_one() -> None:
    assert download_kept(lambda: None, "x.pdf") is None
    empty = download_kept(lambda: b"", "x.pdf")
    assert isinstance(empty, StreamingResponse)
    assert empty.headers["Content-Length"] == "0"
    assert asyncio.run(pieces(empty)) == []


def test_however_many_ask_at_once_few_files_are_in_memory() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def content() -> bytes:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.01)
        with lock:
            inside -= 1
        return LARGE

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: download_kept(content, "x.pdf"), range(16)))
    assert most <= 2
    for answer in answers:
        assert isinstance(answer, StreamingResponse)
        assert b"".join(asyncio.run(pieces(answer))) == LARGE
