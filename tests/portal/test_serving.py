"""`duban serve` as a process, and a reverse proxy before it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import httpx

from duban.settings import ROOT
from tests.support.gate import gate as opened


@contextmanager
def served(folder: Path, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`duban serve` on any free port; yields the process and where it says that it listens."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith("DUBAN_")}
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "duban", "serve", "--port", "0"], cwd=ROOT, text=True, encoding="utf-8",
        env=mine | {"DUBAN_VAR": str(folder), "PYTHONIOENCODING": "utf-8"} | env,
        stdout=subprocess.PIPE, stderr=log,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        where = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert where is not None, said
        yield process, where[0]
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()
        log.close()


def test_a_fresh_machine_serves_and_stops_when_told(tmp_path: Path) -> None:
    with served(tmp_path) as (process, where):
        assert httpx.get(f"{where}/healthz", timeout=30).json() == {"status": "ok"}
        assert httpx.get(f"{where}/in/a-link-of-somebody?x=secret", timeout=30).status_code == 403
        assert httpx.get(f"{where}/", timeout=30).headers["Location"] == "/signin?next=%2F"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    log = (tmp_path / "log").read_text("utf-8")
    assert '"GET /in/… HTTP/1.1" 403' in log
    assert "a-link-of-somebody" not in log
    assert "x=secret" not in log
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert (tmp_path / "ledger.sqlite").exists()


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with served(tmp_path) as (_, where):
        port = where.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "duban", "serve", "--port", port], cwd=ROOT, capture_output=True,
            text=True, encoding="utf-8", env=os.environ | {"DUBAN_VAR": str(tmp_path)}, timeout=60,
        )  # fmt: skip
    assert second.returncode == 2
    assert f"不能在 127.0.0.1 的端口 {port} 上提供服务" in second.stderr
    assert "Traceback" not in second.stderr


def test_an_open_request_is_answered_before_the_server_stops(tmp_path: Path) -> None:
    with served(tmp_path) as (process, where), httpx.Client(base_url=where, timeout=30) as client:
        client.get("/healthz")

        def slowly() -> Iterator[bytes]:
            yield b"address="
            process.send_signal(signal.SIGTERM)
            time.sleep(1)
            yield b"nobody%40haian.example"

        headers = {"Origin": where, "Content-Type": "application/x-www-form-urlencoded"}
        answer = client.post("/signin", content=slowly(), headers=headers)
        assert (answer.status_code, "输入验证码" in answer.text) == (200, True)


def test_a_proxy_that_is_believed_names_the_account_and_the_client(furnished: Path, tmp_path: Path) -> None:
    shutil.copyfile(furnished, tmp_path / "ledger.sqlite")
    url, here = f"sqlite:///{tmp_path / 'ledger.sqlite'}", (ip_network("127.0.0.0/8"),)
    with opened(url, tmp_path, proxy_header="X-Account", proxy_from=here) as gate, gate.client() as client:
        leader = {"X-Account": "fenguan"}
        page = client.get("/c/haian-2018", headers=leader)
        assert page.status_code == 200
        assert client.get("/c/haian-2018").status_code == 303
        assert client.get("/c/haian-2018", headers={"X-Account": "nobody"}).status_code == 303
        assert client.get("/c/haian-2018", headers=[("X-Account", "fenguan")] * 2).status_code == 303
        csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        assert client.post("/signout", data={"csrf": csrf}, headers=leader).status_code == 303
        assert client.post("/signout", data={"csrf": "x"}, headers=leader).status_code == 403
        tries = [
            client.get("/in/x", headers={"X-Forwarded-For": f"10.0.0.{n % 2}"}).status_code
            for n in range(122)
        ]
        assert tries == [403] * 120 + [429] * 2  # 60 for each of the two


def test_a_proxy_that_is_not_believed_is_nobody(furnished: Path, tmp_path: Path) -> None:
    shutil.copyfile(furnished, tmp_path / "ledger.sqlite")
    url, there = f"sqlite:///{tmp_path / 'ledger.sqlite'}", (ip_network("10.0.0.0/8"),)
    with opened(url, tmp_path, proxy_header="X-Account", proxy_from=there) as gate, gate.client() as client:
        forged = {"X-Account": "fenguan", "X-Forwarded-For": "10.0.0.1"}
        assert client.get("/c/haian-2018", headers=forged).status_code == 303
        tries = [
            client.get("/in/x", headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(61)
        ]
        assert tries == [403] * 60 + [429]
