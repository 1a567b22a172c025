"""The whole corpus against a service at once: its memory, its ledger, and a good return meanwhile."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from duban.documents.blank import blank_form
from duban.doors.mailbox import LARGEST
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from tests.attacks import test_files
from tests.support.corpus.case import Refused, Understood
from tests.support.town import BRANCHES, FIGURES, HAIAN
from tests.support.workbooks import MARKS, PLAN

pytestmark = pytest.mark.xdist_group("service")  # in one process: one attack for all of them
SENT = (*test_files.CASES, *test_files.SPOILED[::4])
ROOT = Path(__file__).parents[2]
MEGABYTES = 512
SECONDS = 15.0
"""For the slowest file, behind four threads of large ones on a busy machine."""


@dataclass(frozen=True)
class Attack:
    """What became of every file, and what the process took."""

    bad: dict[str, Any]
    good: dict[str, Any]
    mail: list[int]
    peak: int
    url: str


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Attack:
    folder = tmp_path_factory.mktemp("attack")
    _lay(folder)
    url = f"sqlite:///{folder}/ledger.sqlite"
    command = [sys.executable, "-m", "tests.attacks.service", url, str(folder)]
    with subprocess.Popen(command, cwd=ROOT) as service:
        peak = 0
        while service.poll() is None:
            peak = max(peak, sum(_peak(pid) for pid in _family(service.pid)))
            time.sleep(0.05)
    assert service.returncode == 0
    said = json.loads((folder / "found.json").read_text())
    return Attack(said["bad"], said["good"], said["mail"], peak, url)


def _lay(folder: Path) -> None:
    for kind in ("bad", "good"):
        (folder / kind).mkdir()
    for n, case in enumerate(SENT):
        (folder / "bad" / f"{n:04d}{Path(case.file_name).suffix}").write_bytes(case.make())
    for unit in BRANCHES:
        if unit != "qutang":
            data = blank_form(PLAN, "monthly", unit, "2018-10", words=MARKS, values=FIGURES)
            (folder / "good" / f"{unit}.xlsx").write_bytes(data)
    head = (
        b"From: east@harbour.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    line = base64.encodebytes(bytes(57)).replace(b"\n", b"\r\n")
    (folder / "mail").write_bytes(head + line * ((LARGEST - 1000) // len(line)) + b"\r\n--b--\r\n")


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        threads = os.listdir(f"/proc/{pid}/task")
        for thread in threads:
            children += Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    except OSError:
        return
    program = _program(pid)
    for child in {int(c) for c in children}:
        if _program(child) != program:  # until it runs a program of its own, its memory is its parent's
            yield from _family(child)


def _program(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _peak(pid: int) -> int:
    """The most memory a process has held so far, in megabytes."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_nothing_in_the_corpus_makes_the_service_take_more_than_512_megabytes(
    attack: Attack, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\npeak of the service and its reader under attack: {attack.peak} MB")
    assert 50 < attack.peak <= MEGABYTES
    assert attack.mail == [(LARGEST - 1000) // 78 * 57]


def test_every_file_is_stored_with_the_verdict_it_deserves_and_none_is_lost(attack: Attack) -> None:
    for n, case in enumerate(SENT):
        found = attack.bad[f"{n:04d}{Path(case.file_name).suffix}"]
        assert found["seconds"] < SECONDS, case.title
        if isinstance(case.verdict, Understood):
            assert found["valid"], (case.title, found)
        elif isinstance(case.verdict, Refused):
            assert not found["valid"], case.title
            assert case.verdict.code in found["codes"], (case.title, found)
        else:
            assert found["valid"] or found["codes"], (case.title, found)
    kept = {f["number"] for f in attack.bad.values() if not f["repeated"]}
    assert len(kept) + sum(f["repeated"] for f in attack.bad.values()) == len(SENT)
    ledger = open_ledger(attack.url, kind="virtual")
    with ledger.read() as conn:
        stored = conn.scalar(select(func.count()).select_from(t.submission))
        assert stored == len(kept) + len(attack.good)
        assert verify(conn, HAIAN).broken_at is None
    ledger.close()


def test_a_good_return_that_arrives_during_the_attack_has_its_receipt_within_seconds(attack: Attack) -> None:
    assert len(attack.good) == len(BRANCHES) - 1
    for unit, found in attack.good.items():
        assert found["valid"], (unit, found)
        assert found["seconds"] < SECONDS, (unit, found)
