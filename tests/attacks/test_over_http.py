"""The same files against the live server, requests that no client would send, and good returns meanwhile."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import httpx
import pytest

from duban.documents.blank import blank_form
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.services.keys import make_key
from tests.attacks.test_files import CASES, SECONDS
from tests.support.corpus.case import Case, Refused, Understood, outset
from tests.support.gate import Gate, furnish, plain_client
from tests.support.gate import gate as opened
from tests.support.town import BRANCHES, FIGURES, HAIAN
from tests.support.workbooks import MARKS, PLAN

CALL = f"/api/v1/campaigns/{HAIAN}/submissions"
pytestmark = pytest.mark.xdist_group("siege")  # in one process: one siege for all of them
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ITSELF = "whose: another period's form"
"""Here it says itself what it answers: September's return."""
GOOD = [u for u in BRANCHES if u not in ("qutang", "haian")]
NAMED = b'--b\r\nContent-Disposition: form-data; name="document"; filename="../../x"\r\n\r\nx\r\n--b--\r\n'
BOMB = gzip.compress(bytes(50 << 20))
PARTS = b"".join(b'--b\r\nContent-Disposition: form-data; name="x%d"\r\n\r\ny\r\n' % n for n in range(3000))
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
ODD: dict[str, tuple[dict[str, str], bytes | Callable[[], bytes]]] = {
    "3,000 parts": (FORM, PARTS + b"--b--\r\n"),
    "parts never closed": (FORM, PARTS),
    "no boundary": ({"Content-Type": "multipart/form-data"}, b"--b--"),
    "boundary of 5,000": ({"Content-Type": "multipart/form-data; boundary=" + "b" * 5000}, b"--b--"),
    "part without a name": (FORM, b"--b\r\n\r\nx\r\n--b--\r\n"),
    "part with a path": (FORM, NAMED),
    "head of a part of a megabyte": (FORM, b"--b\r\nX: " + b"y" * (1 << 20) + b"\r\n\r\nx\r\n--b--\r\n"),
    "gzip body": ({"Content-Type": SHEET, "Content-Encoding": "gzip"}, gzip.compress(outset())),
    "gzip bomb": ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, BOMB),
    "no body": ({"Content-Type": "application/json"}, b""),
    "unknown type": ({"Content-Type": "application/xml"}, b"<x/>"),
    "type of nonsense": ({"Content-Type": ";;;"}, b"{}"),
    "100 MB": ({"Content-Type": SHEET}, lambda: b"PK" + bytes(100 << 20)),
}  # fmt: skip


@dataclass
class Siege:
    """What was answered: by case, by oddity, and to the good."""

    gate: Gate
    files: dict[str, int] = field(default_factory=dict)
    odd: dict[str, int] = field(default_factory=dict)
    good: dict[str, tuple[int, float]] = field(default_factory=dict)
    slowest: float = 0.0


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    folder: Path = tmp_path_factory.mktemp("siege")
    ledger = open_ledger(f"sqlite:///{folder}/ledger.sqlite", kind="virtual")
    furnish(ledger)
    ledger.close()
    with opened(f"sqlite:///{folder}/ledger.sqlite", folder) as gate:
        made = Siege(gate)
        _besiege(made)
        yield made


def _besiege(siege: Siege) -> None:
    waiting: SimpleQueue[Case] = SimpleQueue()
    for case in CASES:
        waiting.put(case)
    key = make_key(siege.gate.town.ledger, HAIAN, "qutang", "attack", "jicha")
    threads = [threading.Thread(target=_files, args=(siege, key, waiting)) for _ in range(3)]
    threads.append(threading.Thread(target=_odd, args=(siege, key)))
    for thread in threads:
        thread.start()
    for unit in GOOD:
        _good(siege, unit)
    for thread in threads:
        thread.join()


def _client(siege: Siege, key: str) -> httpx.Client:
    return plain_client(siege.gate.url, headers={"Authorization": f"Bearer {key}"})


def _files(siege: Siege, key: str, waiting: SimpleQueue[Case]) -> None:
    with _client(siege, key) as client:
        while True:
            try:
                case = waiting.get_nowait()
            except Empty:
                return
            data, began = case.make(), time.monotonic()
            kind = "application/json" if case.file_name.endswith("json") else SHEET
            siege.files[case.title] = _status(client, {"Content-Type": kind}, data)
            siege.slowest = max(siege.slowest, time.monotonic() - began)


def _odd(siege: Siege, key: str) -> None:
    with _client(siege, key) as client:
        for name, (headers, body) in ODD.items():
            siege.odd[name] = _status(client, headers, body if isinstance(body, bytes) else body())
    place = urlsplit(siege.gate.url)
    head = f"POST {CALL} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    head += "Content-Type: application/json\r\n"
    for length in ("5", "-1", "999999999999", "x"):
        with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
            raw.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + b'{"a": 1}')


def _status(client: httpx.Client, headers: dict[str, str], body: bytes) -> int:
    try:
        return client.post(CALL, headers=headers, content=body).status_code
    except httpx.TransportError:
        return 0  # the server hung up on too much


def _good(siege: Siege, unit: str) -> None:
    data = blank_form(PLAN, "monthly", unit, "2018-10", words=MARKS, values=FIGURES)
    with _client(siege, make_key(siege.gate.town.ledger, HAIAN, unit, "good", "jicha")) as client:
        began = time.monotonic()
        answer = client.post(CALL, headers={"Content-Type": SHEET}, content=data)
        siege.good[unit] = answer.status_code, time.monotonic() - began


def test_good_returns_meanwhile_have_their_receipts_within_seconds(siege: Siege) -> None:
    assert {status for status, _ in siege.good.values()} == {201}
    assert len(siege.good) == len(GOOD)
    assert max(seconds for _, seconds in siege.good.values()) < 5
    s = t.submission.c
    assert siege.gate.town.count(t.submission, s.valid, s.obligation.not_like("%/qutang/%")) == len(GOOD)


def test_no_file_makes_the_server_fail_and_each_has_its_verdict(siege: Siege) -> None:
    assert len(siege.files) == len(CASES)
    assert siege.slowest < 4 * SECONDS
    for case in CASES:
        status = siege.files[case.title]
        if case.file_name.endswith("json"):  # these do not say whose they are
            assert 400 <= status < 500, case.title
        elif isinstance(case.verdict, Understood) or case.title == ITSELF:
            assert status == 201, case.title
        else:
            assert isinstance(case.verdict, Refused)
            assert 400 <= status < 500, case.title


@pytest.mark.parametrize("name", ODD)
def test_no_request_makes_the_server_fail(siege: Siege, name: str) -> None:
    assert siege.odd[name] == 0 or 400 <= siege.odd[name] < 500
    with siege.gate.client() as client:
        assert client.get("/healthz").status_code == 200
