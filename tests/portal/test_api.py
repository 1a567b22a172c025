"""The HTTP API: what a unit's program may ask and send, and what it is answered."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from duban.intake.stated import stated_identity
from duban.ledger import tables as t
from duban.portal import api
from duban.portal.api.bodies import WORKBOOK
from duban.rendering import renderer
from duban.services.keys import make_key, revoke_key
from tests.support.gate import Gate, plain_client
from tests.support.town import FIGURES, HAIAN

HERE = f"/api/v1/campaigns/{HAIAN}"
CELLS = {code: str(value) if code == "fines" else value for code, value in FIGURES.items()}
MATERIALS = {
    "duty": "materials", "period": "2018-10-22", "cells": {"topic": "资料", "narrative": "见附件"},
}  # fmt: skip
OCTOBER = {"duty": "monthly", "period": "2018-10", "cells": CELLS}


def program(gate: Gate, key: str) -> httpx.Client:
    """A unit's program with its key."""
    return plain_client(gate.url, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def libao(gate: Gate) -> Iterator[httpx.Client]:
    """Libao's program."""
    with program(gate, make_key(gate.town.ledger, HAIAN, "libao", "业务系统", "jicha")) as made:
        yield made


@pytest.fixture
def nanmo(gate: Gate) -> Iterator[httpx.Client]:
    """Another branch's program."""
    with program(gate, make_key(gate.town.ledger, HAIAN, "nanmo", "业务系统", "jicha")) as made:
        yield made


def send(client: httpx.Client, document: Any = OCTOBER, key: str = "") -> httpx.Response:
    """Post a JSON document."""
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"{HERE}/submissions", json=document, headers=headers)


def refused(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of a call that was refused so."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    said: dict[str, Any] = answer.json()
    assert (said["status"], said["code"]) == (status, code)
    return said


# ---- sending -------------------------------------------------------------------------------------


def test_a_return_is_answered_with_its_receipt(gate: Gate, libao: httpx.Client) -> None:
    answer = send(libao)
    said = answer.json()
    assert answer.status_code == 201
    assert (said["receipt"], said["unit"], said["version"]) == ("haian-2018-000001", "libao", 1)
    assert (said["valid"], said["repeated"], said["problems"]) == (True, False, [])
    assert said["received_at"].startswith("2018-11-06T09:00:")
    assert libao.get(answer.headers["location"]).json() == said
    assert gate.town.count(t.submission, t.submission.c.door == "api") == 1


def test_a_refused_return_is_told_every_mistake_with_its_place(libao: httpx.Client) -> None:
    cells = {**CELLS, "fines": "3.255", "samples_failed": 7}
    said = refused(send(libao, {**OCTOBER, "cells": cells}), 422, "invalid")
    places = {(p["place"], p["code"], p["value"]) for p in said["problems"]}
    assert places == {
        ("cells.fines", "too-many-decimals", "3.255"), ("cells.samples_failed", "part-exceeds-total", "7"),
    }  # fmt: skip
    assert all(p["grade"] == "error" and "“" in p["text"] for p in said["problems"])
    assert (said["receipt"]["valid"], said["receipt"]["version"]) == (False, 1)
    assert libao.get(f"{HERE}/receipts/{said['receipt']['receipt']}").json() == said["receipt"]


def test_the_same_request_sent_again_gets_the_same_answer(libao: httpx.Client) -> None:
    first, again = send(libao, key="r1"), send(libao, key="r1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json() | {"repeated": True}


def test_a_key_for_another_request_is_a_conflict(libao: httpx.Client) -> None:
    send(libao, key="r1")
    refused(send(libao, {**OCTOBER, "cells": {**CELLS, "inspected": 31}}, key="r1"), 409, "key-reused")


def test_the_same_file_without_a_key_is_received_once(gate: Gate, libao: httpx.Client) -> None:
    first, again = send(libao), send(libao)
    assert again.json() == first.json() | {"repeated": True}
    assert gate.town.count(t.submission) == 1


def test_the_blank_workbook_filled_in_is_a_return(gate: Gate, libao: httpx.Client) -> None:
    blank = libao.get(f"{HERE}/obligations/monthly/2018-10/workbook")
    assert blank.headers["content-disposition"] == 'attachment; filename="libao-monthly-2018-10.xlsx"'
    said = stated_identity(blank.content, "monthly.xlsx")
    assert [said[part] for part in ("campaign", "unit", "duty", "period")] == [
        HAIAN, "libao", "monthly", "2018-10",
    ]  # fmt: skip
    filled = gate.town.form("libao", "2018-10")
    answer = libao.post(f"{HERE}/submissions", content=filled, headers={"Content-Type": WORKBOOK})
    assert (answer.status_code, answer.json()["valid"]) == (201, True)


def test_files_come_in_a_form_under_their_names(libao: httpx.Client) -> None:
    files = [("files", ("图片.png", b"\x89PNG\r\n\x1a\n12345")), ("files", ("说明.txt", "情况".encode()))]
    answer = libao.post(f"{HERE}/submissions", data={"document": json.dumps(MATERIALS)}, files=files)
    assert answer.status_code == 201, answer.text
    assert answer.json()["attachments"] == ["图片.png", "说明.txt"]


def test_a_file_by_a_name_the_plan_does_not_know_is_a_problem(libao: httpx.Client) -> None:
    files = {"photo": ("a.png", b"1")}
    answer = libao.post(f"{HERE}/submissions", data={"document": json.dumps(MATERIALS)}, files=files)
    assert [p["code"] for p in refused(answer, 422, "invalid")["problems"]] == ["attachment-unknown"]


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "application/json", 400, "not-a-document"),
        (b"[]", "application/json", 400, "not-a-document"),
        (b'{"duty": ', "application/json", 400, "unreadable"),
        (b'{"duty": "\xff"}', "application/json", 400, "unreadable"),
        (b'{"duty": ' + b"[" * 100_000, "application/json", 400, "unreadable"),
        (b'{"period": "2018-10"}', "application/json", 400, "unreadable"),
        (b'{"duty": "x"}', "application/json", 404, "not-owed"),
        (b'{"duty": "monthly", "period": "2018-13"}', "application/json", 404, "not-owed"),
        (b'{"duty": "monthly", "period": "2018-10\\u0000"}', "application/json", 400, "unreadable"),
        (b'{"duty": "monthly", "period": "\\ud800"}', "application/json", 400, "unreadable"),
        (b'{"duty": "monthly", "period": "2018-10", "unit": "nanmo"}', "application/json", 403, "other-unit"),
        (b"PK\x03\x04 no workbook", WORKBOOK, 400, "unreadable"),
        (b"{}", WORKBOOK, 400, "not-a-workbook"),
        (b"duty=monthly", "application/x-www-form-urlencoded", 415, "unsupported"),
        (b"", "", 415, "unsupported"),
        (b"--x\r\n\r\n", "multipart/form-data; boundary=x", 400, "bad-form"),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 400, "no-document"),
        (b"", "multipart/form-data", 400, "bad-form"),
    ],
)
def test_what_is_no_return_is_refused(
    gate: Gate, libao: httpx.Client, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = libao.post(
        f"{HERE}/submissions", content=content, headers={"Content-Type": kind} if kind else {}
    )
    refused(answer, status, code)
    assert gate.town.count(t.submission) == 0


def test_a_body_larger_than_any_return_is_not_read(gate: Gate, libao: httpx.Client) -> None:
    answer = libao.post(
        f"{HERE}/submissions", content=b"{" + b" " * (25 << 20), headers={"Content-Type": "application/json"}
    )
    refused(answer, 413, "too-large")


def test_odd_texts_in_a_document_are_problems_and_no_failures(libao: httpx.Client) -> None:
    cells = '{"summary": "\\ud800", "\\u0000": 1}'
    text = f'{{"duty": "monthly", "period": "2018-10", "cells": {cells}, "\\ud800": 1}}'
    answer = libao.post(f"{HERE}/submissions", content=text, headers={"Content-Type": "application/json"})
    assert {"text-unprintable", "unknown-code", "unknown-member"} <= {
        p["code"] for p in refused(answer, 422, "invalid")["problems"]
    }


# ---- asking --------------------------------------------------------------------------------------


def test_a_unit_lists_what_it_owes_and_nothing_else(libao: httpx.Client) -> None:
    # on 6 November, September's and October's returns were due; November's and December's are not
    said = libao.get(f"{HERE}/obligations", params={"duty": "monthly"}).json()
    assert [(o["period"], o["state"]) for o in said["obligations"]] == [
        ("2018-09", "overdue"), ("2018-10", "overdue"), ("2018-11", "not-due"), ("2018-12", "not-due"),
    ]  # fmt: skip
    assert said["next"] is None
    assert said["obligations"][1]["due_at"] == "2018-11-06T00:00:00+08:00"


def test_a_list_is_read_page_by_page(libao: httpx.Client) -> None:
    whole = libao.get(f"{HERE}/obligations").json()["obligations"]
    pages, cursor = [], {}
    while True:
        said = libao.get(f"{HERE}/obligations", params={"limit": 3, **cursor}).json()
        pages.append(said["obligations"])
        if said["next"] is None:
            break
        cursor = {"cursor": said["next"]}
    assert [o for page in pages for o in page] == whole
    assert [len(page) for page in pages[:-1]] == [3] * (len(pages) - 1)


def test_an_obligation_tells_its_versions(libao: httpx.Client) -> None:
    send(libao)
    said = libao.get(f"{HERE}/obligations/monthly/2018-10").json()
    assert (said["came_in"], said["version"]) == ("received", 1)
    assert [
        (v["version"], v["receipt"], v["door"], v["counts"], v["returned"]) for v in said["versions"]
    ] == [(1, "haian-2018-000001", "api", True, None)]


def test_the_form_tells_what_a_return_has_to_say(libao: httpx.Client) -> None:
    said = libao.get(f"{HERE}/obligations/monthly/2018-10/form").json()
    known = {i["code"]: i for section in said["sections"] for i in section["indicators"]}
    assert set(known) == set(FIGURES)
    assert (known["fines"]["type"], known["fines"]["scale"], known["fines"]["unit_of_measure"]) == (
        "decimal", 2, "万元",
    )  # fmt: skip
    assert known["samples_failed"]["within"] == "samples"
    assert (known["sellers"]["cumulative"], known["inspected"]["cumulative"]) == (True, False)
    assert said["zero_report"] is True


def test_the_form_of_an_event_is_there_before_it_is_reported(libao: httpx.Client) -> None:
    said = libao.get(f"{HERE}/obligations/materials/2018-10-22/form").json()
    assert [a["id"] for a in said["attachments"]][:1] == ["files"]
    refused(libao.get(f"{HERE}/obligations/materials/2018-10-22"), 404, "not-owed")


@pytest.mark.parametrize(
    "path",
    [
        "obligations/monthly/2019-10", "obligations/x/2018-10", "obligations/monthly/-",
        "obligations/monthly/2018-10%00", "obligations/monthly/2018-10/form?subject=1",
        "obligations/x/-/workbook", "receipts/haian-2018-000001", "receipts/1",
        "receipts/haian-2018-9999999999", "receipts/%00",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(libao: httpx.Client, path: str) -> None:
    refused(libao.get(f"{HERE}/{path}"), 404, "no-receipt" if path.startswith("receipts") else "not-owed")


@pytest.mark.parametrize(
    "query",
    ["obligations?limit=0", "obligations?limit=501", "obligations?state=gone", "obligations?cursor=x",
     "receipts?cursor=x", "receipts?limit=a"],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_said_to_be_so(libao: httpx.Client, query: str) -> None:
    answer = libao.get(f"{HERE}/{query}")
    refused(answer, 400, "bad-cursor" if "cursor" in query else "bad-parameter")


def test_receipts_are_listed_the_newest_first(libao: httpx.Client, nanmo: httpx.Client) -> None:
    send(libao)
    send(nanmo)
    send(libao, {**OCTOBER, "period": "2018-09"})
    said = libao.get(f"{HERE}/receipts", params={"limit": 1}).json()
    assert [(r["receipt"], r["period"]) for r in said["receipts"]] == [("haian-2018-000003", "2018-09")]
    more = libao.get(f"{HERE}/receipts", params={"cursor": said["next"]}).json()
    assert [r["receipt"] for r in more["receipts"]] == ["haian-2018-000001"]
    assert more["next"] is None


# ---- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer x", "Basic YTpi", "Bearer " + "x" * 5000, "Bearer \xff"]
)
def test_without_a_key_nobody_is_let_in(gate: Gate, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    answer = httpx.get(f"{gate.url}{HERE}/obligations", headers=headers)
    refused(answer, 401, "no-key")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_session_cookie_is_no_key(gate: Gate) -> None:
    with gate.client("unit") as signed_in:
        refused(signed_in.get(f"{HERE}/obligations"), 401, "no-key")


def test_a_revoked_key_lets_nobody_in_any_more(gate: Gate) -> None:
    key = make_key(gate.town.ledger, HAIAN, "libao", "业务系统", "jicha")
    with program(gate, key) as client:
        assert client.get(f"{HERE}/obligations").status_code == 200
        revoke_key(gate.town.ledger, HAIAN, key.partition(".")[0], "jicha")
        refused(client.get(f"{HERE}/obligations"), 401, "no-key")


def test_of_another_campaign_a_key_is_told_nothing(libao: httpx.Client) -> None:
    for campaign in ("sanming-2023", "no-such", "%00"):
        refused(libao.get(f"/api/v1/campaigns/{campaign}/obligations"), 403, "forbidden")


def test_another_units_receipt_is_not_found(libao: httpx.Client, nanmo: httpx.Client) -> None:
    number = send(libao).json()["receipt"]
    refused(nanmo.get(f"{HERE}/receipts/{number}"), 404, "no-receipt")


def test_what_the_api_has_not_is_a_problem_document_too(libao: httpx.Client) -> None:
    assert libao.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
    answer = libao.put(f"{HERE}/obligations")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")


def test_every_refusal_has_its_title() -> None:
    codes = {
        node.args[1].value
        for path in Path(api.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused" and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }  # fmt: skip
    assert codes | {"not-a-document", "not-a-workbook"} == set(renderer().words["portal"]["api"])


def test_returns_at_once_are_received_together(gate: Gate, libao: httpx.Client) -> None:
    documents = [{**OCTOBER, "cells": {**CELLS, "inspected": n}} for n in range(20)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda d: send(libao, d), documents))
    assert {a.status_code for a in answers} == {201}
    assert sorted(a.json()["version"] for a in answers) == list(range(1, 21))
    assert len({a.json()["receipt"] for a in answers}) == 20
