"""A service under attack, as a process of its own: several threads send what lies in a folder, one sends good
returns meanwhile. Run by test_service.py, which watches its memory; writes down what became of each."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from duban.doors.letters import read_letter
from duban.errors import DubanError
from duban.intake import reader
from duban.ledger import Ledger, open_ledger
from duban.services.deploying import deploy
from duban.services.receiving import Address, receive
from tests.support.town import HAIAN, at, haian_bundle

THREADS = 4
WHEN = at("2018-11-03 10:00")


def main(url: str, folder: Path) -> None:
    """Attack, and write what became of it beside the files."""
    ledger = open_ledger(url, kind="virtual")
    deploy(ledger, haian_bundle(), reason="test", as_of=at("2018-09-06 08:30"))
    bad: SimpleQueue[Path] = SimpleQueue()
    for path in sorted((folder / "bad").iterdir()):
        bad.put(path)
    found: dict[str, Any] = {"bad": {}, "good": {}}
    attackers = [threading.Thread(target=_attack, args=(ledger, bad, found["bad"])) for _ in range(THREADS)]
    for thread in attackers:
        thread.start()
    for path in sorted((folder / "good").iterdir()):
        found["good"][path.name] = _timed(
            lambda path=path: _receive(ledger, path, path.name.partition(".")[0])
        )
        time.sleep(0.2)
    for thread in attackers:
        thread.join()
    mail = read_letter((folder / "mail").read_bytes())
    found["mail"] = [len(f.data) for f in mail.files]
    reader.close()
    ledger.close()
    (folder / "found.json").write_text(json.dumps(found))


def _attack(ledger: Ledger, bad: SimpleQueue[Path], found: dict[str, Any]) -> None:
    while True:
        try:
            path = bad.get_nowait()
        except Empty:
            return
        found[path.name] = _timed(lambda path=path: _receive(ledger, path, "qutang"))


def _receive(ledger: Ledger, path: Path, unit: str) -> dict[str, Any]:
    to = Address(HAIAN, unit, "monthly", "2018-10")
    try:
        receipt = receive(ledger, to, path.read_bytes(), path.name, door="api", received_at=WHEN, as_of=WHEN)
    except DubanError as error:
        return {"error": error.code}
    codes = [p.code for p in receipt.problems]
    return {"valid": receipt.valid, "codes": codes, "repeated": receipt.repeated, "number": receipt.number}


def _timed(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began = time.monotonic()
    try:
        found = work()
    except Exception as error:  # what nobody expected, told by its type
        found = {"crash": repr(error)[:300]}
    return {**found, "seconds": time.monotonic() - began}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
