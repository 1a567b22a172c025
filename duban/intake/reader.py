"""Reads sheets with calamine in child processes, because a bad workbook can abort its reader.

Plain children and not a ProcessPoolExecutor: a spawned pool imports the caller's `__main__` again
(under Prefect, seconds), and a hung one can be killed only through private attributes.
"""

from __future__ import annotations

import atexit
import os
import pickle
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from duban.intake.guard import LIGHT
from duban.intake.refusal import refusal
from duban.intake.watchdog import Watchdog

SECONDS = 20.0
"""A file that takes longer is refused; a form takes a millisecond."""
PROGRAM = Path(__file__).with_name("worker.py")

WORKERS = max(1, min(os.cpu_count() or 1, 4))
"""Files are read by so many processes at once; they are started when they are wanted."""

_idle: list[subprocess.Popen[bytes]] = []
_places = threading.BoundedSemaphore(WORKERS)
_watchdog = Watchdog()


def read_sheets(data: bytes, seconds: float = SECONDS) -> dict[str, list[list[object]]]:
    """Every sheet by name, rows from A1 on. Only for bytes the guard let pass; SubmissionInvalid
    `workbook-broken` when the reader fails, dies or takes longer than `seconds`."""
    with _places:
        worker, fit = _running(), False
        try:
            began = time.monotonic()
            answer = _ask(worker, data, seconds)
            # one that was just killed is dead, though the system may not say so yet
            fit = bool(answer) and time.monotonic() - began < seconds
            # memory that a large file took is not given back
            fit = fit and len(data) <= LIGHT
        finally:
            if fit:
                _idle.append(worker)
            else:
                _discard(worker)
    sheets: dict[str, list[list[object]]] | None = pickle.loads(answer) if answer else None
    if sheets is None:
        raise refusal("workbook-broken")
    return sheets


def close() -> None:
    """End the workers that wait; the next file starts another."""
    while (worker := _waiting()) is not None:
        _discard(worker)


def _waiting() -> subprocess.Popen[bytes] | None:
    try:
        return _idle.pop()
    except IndexError:
        return None


def _running() -> subprocess.Popen[bytes]:
    while (worker := _waiting()) is not None:
        if worker.poll() is None:
            return worker
        _discard(worker)
    # -P keeps this folder off the child's path; its own session keeps Ctrl-C from the child
    return subprocess.Popen(
        [sys.executable, "-P", str(PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ask(worker: subprocess.Popen[bytes], data: bytes, seconds: float) -> bytes:
    """The worker's answer; empty when it died, or was killed because time ran out."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    with _watchdog.watching(worker, seconds), suppress(OSError):
        worker.stdin.write(struct.pack("<Q", len(data)) + data)
        worker.stdin.flush()
        header = worker.stdout.read(8)
        size = struct.unpack("<Q", header)[0] if len(header) == 8 else 0
        body = worker.stdout.read(size)
        return body if len(body) == size else b""
    return b""


def _discard(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        # what was not yet written has no reader any more
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    worker.wait()


def _forget() -> None:
    """A forked child must not read answers meant for its parent."""
    global _idle, _places, _watchdog
    _idle, _places, _watchdog = [], threading.BoundedSemaphore(WORKERS), Watchdog()


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
