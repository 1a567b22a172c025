"""Accounts of people of the bureau, for who looks after the installation."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from fastapi import APIRouter
from starlette.responses import Response

from duban.access.roles import EVERY, STAFF
from duban.errors import DubanError
from duban.ledger import queries
from duban.portal.asking import Ask
from duban.portal.granting import give, held, take
from duban.portal.guards import Installation
from duban.portal.refusals import Forbidden
from duban.services.accounts import (
    accounts,
    disable,
    enable,
    give_role,
    make_account,
    set_password,
)
from duban.services.campaigns import deployed_plan

routes = APIRouter(include_in_schema=False)
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of an initial password: none that is easily taken for another when it is read out."""
FIELD = {
    "bad-login": "login", "account-exists": "login", "bad-name": "name", "password-too-short": "password",
    "password-too-long": "password", "password-too-common": "password", "bad-role": "role",
}  # fmt: skip


@routes.get("/accounts")
def listed(ask: Installation, did: str = "") -> Response:
    """Every account with its roles."""
    done = ask.office.texts.words["portal"]["accounts"]["done"]
    return _accounts(ask, done=str(done[did]) if did in done else "")


@routes.post("/accounts")
def change(ask: Installation) -> Response:
    """Make an account, set its password, let it in no more or again, give or take a role."""
    act = ask.text("act")
    if act not in ACTS:
        raise Forbidden()
    if act in ("disable", "take") and f"account:{ask.text('login').lower()}" == ask.me.id:
        own = str(ask.office.texts.words["portal"]["accounts"]["not-yourself"])
        return _accounts(ask, act=act, errors={"": own}, status=409)
    try:
        password = ACTS[act](ask)
    except DubanError as error:
        wrong = {FIELD.get(error.code, ""): ask.office.texts.error(error)}
        return _accounts(ask, act=act, errors=wrong, status=422)
    if password:
        return _accounts(ask, made=(ask.text("login").lower(), password))
    return ask.go(f"/accounts?did={act}")


def initial_password() -> str:
    """A password to be told once, in groups of four: `k7mp-…`."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def _make(ask: Ask) -> str:
    """Returns the password where it was made here."""
    given, by_proxy = ask.text("password"), bool(ask.text("by_proxy"))
    password = None if by_proxy else given or initial_password()
    make_account(ask.office.ledger, ask.text("login"), ask.text("name"), password, ask.me.name)
    if ask.text("role"):
        give_role(ask.office.ledger, ask.text("login"), held(ask), ask.me.name)
    return "" if given else password or ""


def _password(ask: Ask) -> str:
    given = ask.text("password")
    made = given or initial_password()
    set_password(ask.office.ledger, ask.text("login"), made, ask.me.name)
    return "" if given else made


def _disable(ask: Ask) -> str:
    disable(ask.office.ledger, ask.text("login"), ask.me.name)
    return ""


def _enable(ask: Ask) -> str:
    enable(ask.office.ledger, ask.text("login"), ask.me.name)
    return ""


ACTS: dict[str, Callable[[Ask], str]] = {
    "make": _make, "password": _password, "disable": _disable, "enable": _enable, "give": give,
    "take": take,
}  # fmt: skip
"""What can be done; each returns a password to show once, or nothing."""


def _accounts(
    ask: Ask, *, done: str = "", made: tuple[str, str] = ("", ""), act: str = "",
    errors: dict[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    with ask.office.ledger.read() as conn:
        found = accounts(conn, ask.office.settings.zone)
        campaigns = {slug: deployed_plan(conn, slug) for slug in queries.campaigns(conn)}
    entered = {name: ask.text(name) for name in ("login", "name", "role", "campaign")} if errors else {}
    return ask.page(
        "accounts.html", status, accounts=found, campaigns=campaigns, known=STAFF, every=EVERY, done=done,
        made=made, act=act, errors=errors or {}, entered=entered,
    )  # fmt: skip
