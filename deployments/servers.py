"""Servers of the demo, all on loopback, all ended by pid: Prefect, a mail server, a webhook."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
STARTING = 90.0
"""Seconds a server may take until it is healthy; Prefect's usually takes 10 to 20."""


def free_port(wanted: int = 0) -> int:
    """`wanted` if nobody listens there, else any free port of loopback."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port")


def prefect_env(home: Path, port: int) -> dict[str, str]:
    """Environment of a Prefect server and its clients with all state under `home`."""
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_API_URL": f"http://{HOST}:{port}/api",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_CLI_PROMPT": "false",
        "NO_PROXY": HOST,
    }


@contextmanager
def process(
    module: str, *arguments: str, log: Path, env: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module as a process of its own group, ended with everything it started."""
    with log.open("ab") as stream:
        started = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdout=stream, stderr=subprocess.STDOUT,
            env=os.environ | env, start_new_session=True,
        )  # fmt: skip
    try:
        yield started
    finally:
        _end(started)


def _end(started: subprocess.Popen[bytes]) -> None:
    for sign, patience in ((signal.SIGINT, 15), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        if started.poll() is not None:
            return
        os.killpg(started.pid, sign)
        try:
            started.wait(patience)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def prefect_server(home: Path, port: int) -> Iterator[str]:
    """A Prefect server on its own SQLite database; yields its URL once it is healthy."""
    home.mkdir(parents=True, exist_ok=True)
    env, log = prefect_env(home, port), home / "server.log"
    with process(
        "prefect", "server", "start", "--host", HOST, "--port", str(port), log=log, env=env
    ) as server:
        url = f"http://{HOST}:{port}"
        wait_until_healthy(f"{url}/api/health", server, log)
        yield url


def wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server says that it is well. Raises RuntimeError when it ended or takes too long."""
    deadline = time.monotonic() + STARTING
    while not _healthy(url):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"a server did not start, see {log}")
        time.sleep(0.3)


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def mail_server(folder: Path, port: int) -> Iterator[int]:
    """A real SMTP server that keeps every mail as a file."""
    from aiosmtpd.controller import Controller

    folder.mkdir(parents=True, exist_ok=True)
    lock = threading.Lock()

    class Keep:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            with lock:
                number = len(list(folder.glob("*.eml"))) + 1
                name = f"{number:03d}-{envelope.rcpt_tos[0].replace('@', '-at-')}.eml"
                (folder / name).write_bytes(envelope.content)
            return "250 OK"

    controller = Controller(Keep(), hostname=HOST, port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@contextmanager
def webhook_server(folder: Path, port: int) -> Iterator[int]:
    """A real HTTP server that keeps every JSON body as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = threading.Lock()

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                number = len(list(folder.glob("*.json"))) + 1
                name = f"{number:03d}-{self.path.strip('/').replace('/', '-')}.json"
                text = json.dumps(json.loads(body), ensure_ascii=False, indent=1)
                (folder / name).write_text(text, encoding="utf-8")
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer((HOST, port), Keep)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
