"""Ends processes that take too long. One thread watches all of them, since starting one for each file takes
longer than reading a form."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import Popen


class Watchdog:
    """Kills whatever is still watched at its deadline."""

    def __init__(self) -> None:
        self._due: dict[Popen[bytes], float] = {}
        self._changed = threading.Condition()
        self._wakes = float("inf")
        """When the thread looks again by itself."""
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, process: Popen[bytes], seconds: float) -> Iterator[None]:
        """Give a process so many seconds."""
        due = time.monotonic() + seconds
        with self._changed:
            self._due[process] = due
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True)
                self._thread.start()
            elif due < self._wakes:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:  # so that nothing is killed that has just answered
                del self._due[process]

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for process in [p for p, due in self._due.items() if due <= now]:
                    process.kill()
                waiting = [due for due in self._due.values() if due > now]
                self._wakes = min(waiting, default=float("inf"))
                self._changed.wait(self._wakes - now if waiting else None)
