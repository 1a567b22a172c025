"""Whoever wants a bureau's figures, or to falsify them: what was tried against the portal and the API."""

from __future__ import annotations

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import select

from duban.access import devices
from duban.access.roles import Role
from duban.ledger import admission as a
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.plan import Bundle
from duban.portal.limits import client_of
from duban.services import admitting
from duban.services.addresses import Address
from duban.services.deploying import deploy
from duban.services.expunging import expunge
from duban.services.keys import make_key
from tests.support.gate import PASSWORD, SECRET, Gate, furnish
from tests.support.gate import gate as opened
from tests.support.harbour import HARBOUR, document, hazard
from tests.support.harbour import at as at_harbour
from tests.support.harbour_plan import BUNDLE
from tests.support.quay import Quay, quay
from tests.support.town import FIGURES, HAIAN, at

CALLS = f"/api/v1/campaigns/{HAIAN}"
REVIEW = "/c/haian-2018/u/libao/d/monthly/2018-10/review"


# ---- personal answers ----------------------------------------------------------------------------


@pytest.fixture
def harbour(tmp_path: Path) -> Iterator[Quay]:
    """The harbour on a day of February."""
    with quay(tmp_path, "2024-02-10 10:00") as made:
        yield made


def test_no_page_shows_personal_answers_to_who_only_reviews(harbour: Quay) -> None:
    words = {"liaison_name": "联络员甲", "liaison_position": "站务", "liaison_phone": "值班室转"}
    said = {**words, "deputies": 1}
    harbour.harbour.send("liaison", "east", "", "2024-01-19 09:00", document(said))
    seen = {}
    roles: tuple[Role, ...] = ("coordinator", "reviewer")
    for role in roles:
        with harbour.officer(role) as client:
            page = client.get(f"/c/{HARBOUR}/u/east/d/liaison/-/review")
            assert page.status_code == 200
            seen[role] = [one in page.text for one in words.values()]
            assert "备用联络员" in page.text
    assert seen == {"coordinator": [True] * 3, "reviewer": [False] * 3}


def test_no_page_shows_personal_columns_to_who_only_reviews(harbour: Quay) -> None:
    rows = [{**hazard("甲仓库"), "owner": "责任人乙"}]
    harbour.harbour.hazards("east", "2024-01", "2024-02-04 09:00", *rows)
    page, book = f"/c/{HARBOUR}/u/east/d/hazards/2024-01/review", "/c/%s/u/east/d/hazards/2024-02/workbook"
    with harbour.officer("coordinator") as client:
        assert "责任人乙" in client.get(page).text
        assert "责任人乙" in cells(client.get(book % HARBOUR))
    with harbour.officer("reviewer") as client:
        shown = client.get(page).text
        assert "甲仓库" in shown
        assert "责任人乙" not in shown
        assert client.get(book % HARBOUR).status_code == 403


def cells(answer: httpx.Response) -> set[Any]:
    """Everything that stands in a workbook."""
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return {value for sheet in book for row in sheet.iter_rows(values_only=True) for value in row}


def test_a_draft_is_nobodys_but_the_units_own(gate: Gate) -> None:
    here = "/c/haian-2018/u/baidian/d/monthly/2018-10"
    said = {"csrf": gate.csrf("unit"), "do": "save", "began": "0", "cells.summary": "还没有想好的话"}
    with gate.client("unit") as client:
        assert client.post(here, data=said).status_code == 303
        assert "还没有想好的话" in cells(client.get(f"{here}/workbook"))
    for role in ("leader", "reviewer", "superior", "parent"):
        with gate.client(role) as client:
            assert "还没有想好的话" not in client.get(here).text
            assert "还没有想好的话" not in cells(client.get(f"{here}/workbook"))


# ---- units that close ----------------------------------------------------------------------------


def closing() -> Bundle:
    """The harbour's plan, in which the west station closes at the end of May and the east one follows it."""
    files = dict(BUNDLE.files)
    files["units.csv"] = files["units.csv"].replace(
        "west@harbour.example,,,,coordinator", "west@harbour.example,,2024-05-31,east,coordinator"
    )
    return Bundle(tuple(sorted(files.items())))


@pytest.fixture
def merging(tmp_path: Path) -> Iterator[Quay]:
    """The harbour in March, when the west station still stands."""
    url = f"sqlite:///{tmp_path}/harbour.sqlite"
    ledger = open_ledger(url, kind="virtual")
    deploy(ledger, closing(), reason="test", as_of=at_harbour("2024-01-01 08:30"))
    ledger.close()
    with opened(url, tmp_path, "2024-03-31 10:00") as gate:
        yield Quay(gate)


def test_who_is_to_follow_a_unit_neither_reads_nor_reports_for_it_before_it_has_closed(merging: Quay) -> None:
    merging.harbour.send(
        "progress", "west", "", "2024-03-30 09:00", document({"narrative": "西站查了仓库"}), subject="1.2"
    )
    west = f"/c/{HARBOUR}/u/east/d/progress/-"
    key = make_key(merging.gate.office.ledger, HARBOUR, "east", "系统", "test")
    ask = {"Authorization": f"Bearer {key}"}
    leaves = ("/v/1", "/v/1/receipt", "/v/1/file", "", "/workbook")
    api = f"/api/v1/campaigns/{HARBOUR}/obligations/progress/-"
    with httpx.Client(base_url=merging.url, cookies={"duban": merging.token("east")}) as client:
        before = [client.get(west + leaf, params={"subject": "1.2"}).status_code for leaf in leaves]
        calls = [
            client.get(api + leaf, params={"subject": "1.2"}, headers=ask).status_code
            for leaf in ("", "/form", "/workbook")
        ]
        assert (set(before) & {200}, set(calls)) == (set(), {404})
    merging.gate.office.ledger.set_clock(at_harbour("2024-06-01 09:00"))
    with httpx.Client(base_url=merging.url, cookies={"duban": merging.token("east")}) as client:
        after = client.get(f"{west}/v/1", params={"subject": "1.2"})
        assert (after.status_code, "西站查了仓库" in after.text) == (200, True)
        assert client.get(api, params={"subject": "1.2"}, headers=ask).status_code == 200


def test_a_closed_units_key_is_worth_nothing_and_its_followers_key_reports_for_it(merging: Quay) -> None:
    ledger = merging.gate.office.ledger
    old, new = (make_key(ledger, HARBOUR, unit, "系统", "test") for unit in ("west", "east"))
    said = {"duty": "progress", "unit": "west", "subject": "1.2", "cells": {"narrative": "西站查了仓库"}}

    def send(key: str) -> int:
        where = f"{merging.url}/api/v1/campaigns/{HARBOUR}/submissions"
        return httpx.post(where, json=said, headers={"Authorization": f"Bearer {key}"}).status_code

    assert send(new) == 403
    ledger.set_clock(at_harbour("2024-06-01 09:00"))
    assert (send(old), send(new)) == (401, 201)


# ---- times ---------------------------------------------------------------------------------------


def test_a_return_has_come_when_all_of_it_has_come(gate: Gate) -> None:
    """Else headers sent before the deadline would hold the place of figures that are made up after it."""
    ledger = gate.town.ledger
    ledger.set_clock(at("2018-11-06 09:00"))
    key = make_key(ledger, HAIAN, "libao", "系统", "test")
    body = json.dumps({"duty": "monthly", "period": "2018-10", "cells": FIGURES}, default=str).encode()
    head = (
        f"POST {CALLS}/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    host, _, port = gate.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as slow:
        slow.sendall(head.encode() + body[:20])
        time.sleep(0.5)
        ledger.set_clock(at("2018-11-06 09:01"))
        slow.sendall(body[20:])
        answer = b"".join(iter(lambda: slow.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 201")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["received_at"] > "2018-11-06T09:01:00"


# ---- made-up forms -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pick",
    [
        '["libao","monthly","2018-10","",Infinity]',
        '["libao","monthly","2018-10","",1e999]',
        "[" * 100_000,
        '["\\ud800","monthly","2018-10","",1]',
        '["libao","monthly","2018-10\\u0000","",1]',
    ],
    ids=["infinity", "overflow", "nested", "surrogate", "nul"],
)
def test_a_made_up_tick_is_refused_and_breaks_nothing(gate: Gate, pick: str) -> None:
    with gate.client("reviewer") as client:
        sent = client.post("/c/haian-2018/review", data={"csrf": gate.csrf("reviewer"), "pick": pick})
    assert sent.status_code in (403, 409)


def test_a_version_of_endless_digits_breaks_nothing(gate: Gate) -> None:
    gate.town.report("libao", "2018-10", "2018-11-06 08:00")
    said = {"csrf": gate.csrf("reviewer"), "decision": "accept", "version": "9" * 5000}
    with gate.client("reviewer") as client:
        assert client.post(REVIEW, data=said).status_code == 409
    assert gate.town.count(t.decision) == 0


def test_what_no_database_takes_is_refused_by_every_page(
    new_postgres: Callable[..., str], tmp_path: Path
) -> None:
    url = new_postgres()
    ledger = open_ledger(url, kind="virtual")
    furnish(ledger)
    ledger.close()
    unit, got = "/c/haian-2018/u/baidian/d/monthly", []
    with opened(url, tmp_path) as gate:
        with gate.client() as client:
            for path, form in (
                ("/signin", {"address": "a\0@b"}), ("/signin/password", {"login": "a\0", "password": "\0"}),
                ("/signin/code", {"address": "a\0@b", "code": "1"}),
            ):  # fmt: skip
                got.append(client.post(path, data=form).status_code)
        with gate.client("coordinator") as client:
            for leaf in ("2018%00/trail", "2018%00/review", "2018-10/v/1?subject=%00"):
                got.append(client.get(f"{unit}/{leaf}").status_code)
            said = {"csrf": gate.csrf("coordinator"), "until": "2018-12-01", "reason": "a\0b"}
            more = client.post(f"{unit}/2018-10/decide", data=said | {"decision": "extend"})
            assert more.status_code == 303
            assert "ab" in client.get(more.headers["Location"]).text
    assert got == [200, 422, 422, 403, 403, 403]


# ---- guessing ------------------------------------------------------------------------------------


def sign_in(client: httpx.Client, password: str = PASSWORD) -> int:
    """Try to sign in as the coordinator."""
    return client.post("/signin/password", data={"login": " Jicha", "password": password}).status_code


def test_who_guesses_a_password_does_not_shut_its_owner_out(gate: Gate) -> None:
    ledger = gate.office.ledger
    with gate.client() as mine, gate.client() as guessing:
        assert sign_in(mine) == 303
        mine.cookies.delete("duban")
        assert {sign_in(guessing, f"guess {n}") for n in range(11)} == {422}
        assert sign_in(guessing) == 422
        assert sign_in(mine) == 303
        mine.cookies.delete("duban")
        while not admitting.throttled(ledger, "guess", most=admitting.GUESSES, seconds=60):
            pass
        assert sign_in(mine) == 303
        mine.cookies.delete("duban")
        assert {sign_in(mine, f"guess {n}") for n in range(10)} == {422}
        assert sign_in(mine) == 422


def test_the_mark_of_one_browser_says_nothing_of_another_account(gate: Gate) -> None:
    mark = devices.marked(SECRET, "jicha")
    assert devices.device_of(SECRET, mark, "Jicha ") != ""
    for secret, said, login in (
        (SECRET, mark, "fenguan"), ("another secret", mark, "jicha"), (SECRET, mark[:-1], "jicha"),
        (SECRET, "", "jicha"), (SECRET, "x" * 5000, "jicha"),
    ):  # fmt: skip
        assert devices.device_of(secret, said, login) == ""


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::4", "2001:db8:1:3::/64"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"), ("", ""),
    ],
)  # fmt: skip
def test_a_network_of_addresses_is_one_client(address: str, client: str) -> None:
    assert client_of({"type": "http", "client": (address, 1)}) == client


# ---- what is left --------------------------------------------------------------------------------


def test_whose_link_a_coordinator_has_shown_is_on_record(gate: Gate) -> None:
    """Whoever sees a link can report in its unit's name."""
    contact = gate.contact("libao")
    said = {"csrf": gate.csrf("coordinator"), "act": "show", "unit": "libao", "contact": str(contact)}
    with gate.client("coordinator") as client:
        assert "/in/" in client.post("/c/haian-2018/people", data=said).text
    with gate.office.ledger.read() as conn:
        mine = select(t.act).where(t.act.c.campaign == HAIAN).order_by(t.act.c.id.desc())
        last = conn.execute(mine).first()
    assert last is not None
    assert (last.kind, last.about, last.by) == ("link", f"libao {contact}", "稽查科")


def test_the_draft_goes_with_what_is_expunged(gate: Gate) -> None:
    """A refused workbook's files still lie with the draft."""
    here = "/c/haian-2018/u/baidian/d/monthly/2018-10"
    said = {"csrf": gate.csrf("unit"), "do": "save", "began": "0", "cells.summary": "不该写的"}
    with gate.client("unit") as client:
        page = ("盖章页.pdf", b"%PDF-1.4\nsecret", "application/pdf")
        assert client.post(here, data=said, files={"files.sealed-page": page}).status_code == 303
        book = {"workbook": ("表.xlsx", b"nothing of the kind")}
        refused = client.post(f"{here}/workbook", data={"csrf": said["csrf"]}, files=book)
        assert refused.status_code == 422
    to = Address(HAIAN, "baidian", "monthly", "2018-10")
    expunge(gate.office.ledger, to, 1, by="保密办", reason="涉密", until=at("2018-11-20"))
    assert (gate.town.count(a.saved_form), gate.town.count(a.saved_file)) == (0, 0)
    with gate.office.ledger.read() as conn:
        assert {bytes(x) for x in conn.scalars(select(t.file.c.content))} <= {b""}


def test_what_was_wrong_with_what_is_expunged_is_not_quoted_any_more(gate: Gate) -> None:
    key = make_key(gate.office.ledger, HAIAN, "libao", "系统", "test")
    said = {"duty": "monthly", "period": "2018-10", "cells": {**FIGURES, "inspected": "机密数字"}}
    here = "/c/haian-2018/u/libao/d/monthly/2018-10"
    with httpx.Client(base_url=gate.url, headers={"Authorization": f"Bearer {key}"}) as program:
        sent = program.post(f"{CALLS}/submissions", json=json.loads(json.dumps(said, default=str)))
        assert (sent.status_code, "机密数字" in sent.text) == (422, True)
        to = Address(HAIAN, "libao", "monthly", "2018-10")
        expunge(gate.office.ledger, to, 1, by="保密办", reason="涉密", until=at("2018-11-20"))
        assert "机密数字" not in program.get(sent.headers["Location"]).text
    for role, leaves in (("other", ("", "/v/1", "/v/1/receipt")), ("reviewer", ("/review", "/v/1"))):
        with gate.client(role) as client:
            for leaf in leaves:
                page = client.get(here + leaf)
                assert (page.status_code, "机密数字" in page.text) == (200, False), leaf


# ---- accounts ------------------------------------------------------------------------------------


def test_nobody_shuts_themselves_out_by_writing_their_name_in_capitals(gate: Gate) -> None:
    said = {"csrf": gate.csrf("coordinator"), "act": "disable", "login": "JICHA"}
    with gate.client("coordinator") as client:
        assert client.post("/accounts", data=said).status_code == 409
        assert client.get("/accounts").status_code == 200


def test_a_role_without_a_campaign_is_not_one_in_all_of_them(gate: Gate) -> None:
    said = {"csrf": gate.csrf("coordinator"), "act": "give", "login": "chayue", "role": "coordinator"}
    with gate.client("coordinator") as client:
        assert client.post("/accounts", data=said).status_code == 422
    with gate.client("reader") as client:
        assert client.get("/accounts").status_code == 403


# ---- whether something is there ------------------------------------------------------------------


def test_what_may_not_be_seen_looks_like_what_is_not_there_whatever_is_asked_of_it(gate: Gate) -> None:
    gate.town.report("baidian", "2018-10", "2018-11-06 08:00")
    there = "/c/haian-2018/u/baidian/d/monthly/2018-10"
    leaves = ("", "/v/1", "/v/x", "/v/1/files/x", "/trail")
    elsewhere = (
        "/c/haian-2018/u/nobody/d/monthly/2018-10", "/c/nowhere/u/baidian/d/monthly/2018-10",
        "/c/haian-2018/u/Baidian/d/monthly/2018-10", "/c/haian-2018/u/白甸镇分局/d/monthly/2018-10",
    )  # fmt: skip
    with gate.client("other") as client:
        said = {client.get(place + leaf).text for place in (there, *elsewhere) for leaf in leaves}
    assert len({page.partition("<main")[2] for page in said}) == 1
