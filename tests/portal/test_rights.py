"""Role by route: the whole table, each field of it really called."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from duban.intake.attachments import Attached
from duban.portal import guards
from duban.portal.api import guards as calls
from duban.portal.app import make_app
from duban.services.addresses import Address
from duban.services.receiving import receive
from tests.support.gate import ROLES, UNIT, Gate
from tests.support.gate import gate as opened
from tests.support.town import HAIAN, at

TABLE = """
     coo lea rev sup rea uni par oth nob
GET  200 303 303 303 303 303 303 303 303 /
GET  303 303 303 303 303 303 303 303 200 /signin
POST 422 422 422 422 422 422 422 422 422 /signin
POST 422 422 422 422 422 422 422 422 422 /signin/code
POST 422 422 422 422 422 422 422 422 422 /signin/password
GET  403 403 403 403 403 403 403 403 403 /in/{token}
POST 303 303 303 303 303 303 303 303 401 /signout
GET  200 200 200 200 200 200 200 200 200 /static/{name}
GET  200 200 200 200 200 200 200 200 200 /healthz
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}
GET  200 403 403 403 403 200 403 403 303 /c/{campaign}/u/{unit}/d/{duty}/new
POST 422 403 403 403 403 422 403 403 401 /c/{campaign}/u/{unit}/d/{duty}/new
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}
POST 303 403 403 403 403 303 403 403 401 /c/{campaign}/u/{unit}/d/{duty}/{period}
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/workbook
POST 422 403 403 403 403 422 403 403 401 /c/{campaign}/u/{unit}/d/{duty}/{period}/workbook
POST 422 403 403 403 403 422 403 403 401 /c/{campaign}/u/{unit}/d/{duty}/{period}/extension
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/v/{version}
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/v/{version}/receipt
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/v/{version}/file
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/v/{version}/files/{number}
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/units
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/documents
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/documents/{duty}/{period}/{kind}
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/totals
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/totals/{indicator}
GET  200 403 200 403 403 403 403 403 303 /c/{campaign}/review
POST 409 403 409 403 403 403 403 403 401 /c/{campaign}/review
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/review
POST 409 409 409 409 403 409 409 403 401 /c/{campaign}/u/{unit}/review
GET  200 403 200 200 403 403 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/review
POST 422 403 422 422 403 403 422 403 401 /c/{campaign}/u/{unit}/d/{duty}/{period}/review
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/requests
GET  200 403 403 403 403 403 403 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/decide
POST 422 403 403 403 403 403 403 403 401 /c/{campaign}/u/{unit}/d/{duty}/{period}/decide
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/d/{duty}/{period}/trail
GET  200 200 200 200 403 200 200 403 303 /c/{campaign}/u/{unit}/contacts
POST 422 403 403 403 403 422 403 403 401 /c/{campaign}/u/{unit}/contacts
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/outbox
GET  200 200 200 403 200 403 403 403 303 /c/{campaign}/calls
POST 422 403 403 403 403 403 403 403 401 /c/{campaign}/calls
GET  200 403 403 403 403 403 403 403 303 /c/{campaign}/people
POST 422 403 403 403 403 403 403 403 401 /c/{campaign}/people
GET  200 200 403 403 403 403 403 403 303 /c/{campaign}/approvals
POST 422 422 403 403 403 403 403 403 401 /c/{campaign}/approvals
GET  200 403 403 403 403 403 403 403 303 /c/{campaign}/circular
POST 422 403 403 403 403 403 403 403 401 /c/{campaign}/circular
POST 422 403 403 403 403 422 403 403 401 /c/{campaign}/u/{unit}/acknowledge
GET  200 403 403 403 403 403 403 403 303 /accounts
POST 422 403 403 403 403 403 403 403 401 /accounts
GET  200 200 200 200 200 200 200 200 200 /api/v1/openapi.json
GET  401 401 401 401 401 200 200 200 401 /api/v1/campaigns/{campaign}/obligations
GET  401 401 401 401 401 200 200 200 401 /api/v1/campaigns/{campaign}/obligations/{duty}/{period}
GET  401 401 401 401 401 200 200 200 401 /api/v1/campaigns/{campaign}/obligations/{duty}/{period}/form
GET  401 401 401 401 401 200 200 200 401 /api/v1/campaigns/{campaign}/obligations/{duty}/{period}/workbook
POST 401 401 401 401 401 415 415 415 401 /api/v1/campaigns/{campaign}/submissions
GET  401 401 401 401 401 200 200 200 401 /api/v1/campaigns/{campaign}/receipts
GET  401 401 401 401 401 404 404 404 401 /api/v1/campaigns/{campaign}/receipts/{number}
"""
"""Status by the roles of `gate.ROLES`, in that order: coordinator, leader, reviewer, one who reviews for the
superior unit, reader, liaison of the unit, of its superior, of another unit; nobody."""

ABOUT = {
    "campaign": "haian-2018", "unit": "baidian", "duty": "monthly", "period": "2018-10", "version": 1,
    "number": 1, "kind": "workbook.xlsx", "indicator": "fines", "name": "portal.css", "token": "no-such-link",
}  # fmt: skip
"""What the calls are about: always baidian, whose superior is nanmo."""
EVENT = {"duty": "materials", "period": "2018-10-22"}
ELSEWHERE = {
    "/c/{campaign}/u/{unit}/d/{duty}/new": EVENT,
    "/c/{campaign}/u/{unit}/d/{duty}/{period}/v/{version}/files/{number}": EVENT,
    "/api/v1/campaigns/{campaign}/receipts/{number}": {"number": "nobodys"},
}  # fmt: skip
QUERIES = {"/c/{campaign}/totals/{indicator}": {"duty": "monthly"}}
FORMS = {
    "/c/{campaign}/u/{unit}/d/{duty}/{period}/review": {"decision": "return"},
    "/c/{campaign}/u/{unit}/d/{duty}/{period}/decide": {"decision": "extend"},
    "/c/{campaign}/u/{unit}/contacts": {"act": "deputy"},
    "/c/{campaign}/calls": {"unit": "libao"},
    "/c/{campaign}/approvals": {"ticked": "1"},
    "/c/{campaign}/people": {"act": "make-key"},
    "/accounts": {"act": "make"},
}
"""What a form needs to be looked at; always too little for anything to be done."""
NOTE = json.dumps(
    {"cells": {"topic": "检查", "narrative": "已开展"}, "signed": {"filler": "甲", "head": "乙"}}
)
FILES = (Attached("files", "照片.pdf", b"%PDF-1.4\n"),)


def rows() -> dict[tuple[str, str], dict[str, int]]:
    """Expected status by route and role."""
    lines = [line.split() for line in TABLE.strip().splitlines()]
    assert lines[0] == [role[:3] for role in ROLES]
    return {
        (method, path): dict(zip(ROLES, map(int, statuses), strict=True))
        for method, *statuses, path in lines[1:]
    }


def api_routes(routes: object) -> Iterator[APIRoute]:
    """Every route below, however routers are nested."""
    for route in getattr(routes, "routes", ()):
        if isinstance(route, APIRoute):
            yield route
        else:
            inner = getattr(route, "original_router", route)
            assert getattr(inner, "routes", ()), f"{route} is a route without a rule"
            yield from api_routes(inner)


def rules(dependant: Dependant) -> list[object]:
    """The rules that a route's endpoint depends on."""
    kinds = (guards.Rule, calls.Rule, calls.Open)
    mine = [dependant.call] if isinstance(dependant.call, kinds) else []
    return [*mine, *(rule for inner in dependant.dependencies for rule in rules(inner))]


def report(gate: Gate) -> None:
    """What baidian has sent."""
    gate.town.report("baidian", "2018-10", "2018-11-06 08:00")
    to, when = Address(HAIAN, "baidian", EVENT["duty"], EVENT["period"]), at("2018-11-06 08:30")
    sent = receive(gate.town.ledger, to, NOTE.encode(), door="api", attachments=FILES, as_of=when)
    assert sent.valid, sent.problems


@pytest.fixture(scope="module")
def gate(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """The portal, after baidian's return of October has come in."""
    folder = tmp_path_factory.mktemp("rights")
    shutil.copyfile(furnished, folder / "ledger.sqlite")
    with opened(f"sqlite:///{folder / 'ledger.sqlite'}", folder) as made:
        report(made)
        yield made


@pytest.fixture(scope="module")
def app(gate: Gate) -> FastAPI:
    """The application."""
    return make_app(gate.office)


def test_no_route_is_without_exactly_one_rule(app: FastAPI) -> None:
    found = {route.path: len(rules(route.dependant)) for route in api_routes(app)}
    assert found
    assert {path: count for path, count in found.items() if count != 1} == {}


def test_every_route_stands_in_the_table_and_nothing_else_does(app: FastAPI) -> None:
    made = [(method, route.path) for route in api_routes(app) for method in route.methods]
    assert len(made) == len(set(made))
    assert set(rows()) == set(made)


def test_the_table_holds_for_every_role(gate: Gate) -> None:
    wrong = [
        (method, path, role, status, got)
        for (method, path), statuses in rows().items()
        for role, status in statuses.items()
        if (got := call(gate, method, path, role)) != status
    ]
    assert wrong == []


def call(gate: Gate, method: str, path: str, role: str) -> int:
    """What somebody gets there, by the session of their role, or the key of their unit."""
    if path == "/signout":  # on a session of its own
        gate.forget(role)
    with gate.client(role) as client:
        if path.startswith("/api/") and role in UNIT:
            client.headers["Authorization"] = f"Bearer {gate.key(role)}"
        form = {"csrf": gate.csrf(role), **FORMS.get(path, {})} if method == "POST" else None
        where = path.format(**(ABOUT | ELSEWHERE.get(path, {})))
        status = client.request(method, where, params=QUERIES.get(path), data=form).status_code
    if path == "/signout":
        gate.forget(role)
    return status
