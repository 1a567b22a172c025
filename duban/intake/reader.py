"""Reads sheets with calamine in a child process, because a bad workbook can abort its reader.

A plain child and not a ProcessPoolExecutor: a spawned pool imports the caller's `__main__` again
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

from duban.intake.refusal import refusal

SECONDS = 20.0
"""A file that takes longer is refused; a form takes a millisecond."""
PROGRAM = Path(__file__).with_name("worker.py")

_lock = threading.Lock()
_worker: subprocess.Popen[bytes] | None = None


def read_sheets(data: bytes, seconds: float = SECONDS) -> dict[str, list[list[object]]]:
    """Every sheet by name, rows from A1 on. Only for bytes the guard let pass; SubmissionInvalid
    `workbook-broken` when the reader fails, dies or takes longer than `seconds`."""
    with _lock:
        began = time.monotonic()
        answer = _ask(_running(), data, seconds)
        if not answer or time.monotonic() - began >= seconds:
            # dead or just killed, though the system may not say so yet
            _discard()
    sheets: dict[str, list[list[object]]] | None = pickle.loads(answer) if answer else None
    if sheets is None:
        raise refusal("workbook-broken")
    return sheets


def close() -> None:
    """End the worker; the next file starts another."""
    with _lock:
        _discard()


def _running() -> subprocess.Popen[bytes]:
    global _worker
    if _worker is not None and _worker.poll() is not None:
        _discard()
    if _worker is None:
        # -P keeps this folder off the child's path; its own session keeps Ctrl-C from the child
        _worker = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    return _worker


def _ask(worker: subprocess.Popen[bytes], data: bytes, seconds: float) -> bytes:
    """The worker's answer; empty when it died, or was killed because time ran out."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    timer = threading.Timer(seconds, worker.kill)
    timer.daemon = True
    timer.start()
    try:
        worker.stdin.write(struct.pack("<Q", len(data)) + data)
        worker.stdin.flush()
        header = worker.stdout.read(8)
        size = struct.unpack("<Q", header)[0] if len(header) == 8 else 0
        body = worker.stdout.read(size)
        return body if len(body) == size else b""
    except OSError:
        return b""
    finally:
        timer.cancel()


def _discard() -> None:
    global _worker
    worker, _worker = _worker, None
    if worker is None:
        return
    worker.kill()
    for pipe in (worker.stdin, worker.stdout):
        # what was not yet written has no reader any more
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    worker.wait()


def _forget() -> None:
    """A forked child must not read answers meant for its parent."""
    global _worker, _lock
    _worker, _lock = None, threading.Lock()


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
