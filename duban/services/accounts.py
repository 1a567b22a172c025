"""Accounts of people of the bureau and the roles they hold. Each change is an act on record."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import cast

from sqlalchemy import Connection, Row, delete, func, select

from duban import calendars
from duban.access import passwords
from duban.access.roles import EVERY, STAFF, Held, Role
from duban.errors import BadInput
from duban.ledger import Ledger, Writer, entering, insert_once, journal
from duban.ledger import admission as a
from duban.services.acting import record_act
from duban.services.campaigns import deployed_plan

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the bureau."""

    login: str
    name: str
    has_password: bool
    """Without one they come in by the proxy only."""
    disabled: bool
    held: tuple[Held, ...]
    made_at: datetime
    seen_at: datetime | None
    """Of their last session that has not been cleared away."""


def make_account(ledger: Ledger, login: str, name: str, password: str | None, by: str) -> None:
    """Make an account, without a password for who comes in by the proxy. Raises BadInput."""
    login, name = login.strip().lower(), name.strip()
    if not LOGIN.fullmatch(login):
        raise BadInput("bad-login", value=login)
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput("bad-name", value=name, most=LONGEST_NAME)
    kept = None if password is None else _hashed(login, password)
    with ledger.write(journal.INSTALLATION) as w:
        row = {"login": login, "name": name, "password": kept, "disabled": False, "made_at": w.micros}
        if not insert_once(w.conn, a.account, row):
            raise BadInput("account-exists", login=login)
        record_act(w, journal.INSTALLATION, "account", login, by)


def set_password(ledger: Ledger, login: str, password: str, by: str) -> None:
    """Give an account another password, which ends its sessions. Raises BadInput."""
    kept = _hashed(login, password)
    with ledger.write(journal.INSTALLATION) as w:
        found = _account(w.conn, login)
        w.conn.execute(a.account.update().where(a.account.c.login == found.login).values(password=kept))
        _end_sessions(w, found.login)
        record_act(w, journal.INSTALLATION, "password", found.login, by)


def _hashed(login: str, password: str) -> str:
    weakness = passwords.weakness(password, login)
    if weakness == "too-short":
        raise BadInput("password-too-short", least=passwords.SHORTEST)
    if weakness == "too-long":
        raise BadInput("password-too-long", most=passwords.LONGEST)
    if weakness:
        raise BadInput("password-too-common")
    return passwords.hashed(password)


def disable(ledger: Ledger, login: str, by: str) -> None:
    """Let an account in no more, and end its sessions; its name stays with what it did. Raises BadInput."""
    _switch(ledger, login, True, by)


def enable(ledger: Ledger, login: str, by: str) -> None:
    """Let a disabled account in again, with the roles it had. Raises BadInput."""
    _switch(ledger, login, False, by)


def _switch(ledger: Ledger, login: str, disabled: bool, by: str) -> None:
    with ledger.write(journal.INSTALLATION) as w:
        found = _account(w.conn, login)
        if found.disabled == disabled:
            return
        w.conn.execute(a.account.update().where(a.account.c.login == found.login).values(disabled=disabled))
        _end_sessions(w, found.login)
        record_act(w, journal.INSTALLATION, "disable" if disabled else "enable", found.login, by)


def give_role(ledger: Ledger, login: str, held: Held, by: str) -> None:
    """Let an account hold a role, in one campaign or in all. Raises BadInput, and NotAllowed for a
    campaign that is not deployed."""
    with ledger.write(held.campaign) as w:
        found = _account(w.conn, login)
        _check(w.conn, held)
        row = {"login": found.login, "campaign": held.campaign, "role": held.role, "unit": held.unit}
        if insert_once(w.conn, a.account_role, row):
            record_act(w, held.campaign, "role", _said(found.login, held), by)


def take_role(ledger: Ledger, login: str, held: Held, by: str) -> None:
    """Take a role away again. Raises BadInput."""
    r = a.account_role.c
    with ledger.write(held.campaign) as w:
        found = _account(w.conn, login)
        that = (r.login == found.login) & (r.campaign == held.campaign)
        that &= (r.role == held.role) & (r.unit == held.unit)
        if w.conn.execute(delete(a.account_role).where(that)).rowcount:
            record_act(w, held.campaign, "unrole", _said(found.login, held), by)


def _check(conn: Connection, held: Held) -> None:
    if held.role not in STAFF:
        raise BadInput("bad-role", value=held.role, known=STAFF)
    if held.unit and (held.campaign == EVERY or held.role != "reviewer"):
        raise BadInput("unit-only-for-reviewers", value=held.unit)
    if held.campaign == EVERY:
        return
    plan = deployed_plan(conn, held.campaign)
    if held.unit and held.unit not in plan.unit:
        raise BadInput("bad-unit", value=held.unit, known=list(plan.unit))


def _said(login: str, held: Held) -> str:
    return " ".join(filter(None, (login, held.role, held.unit)))


def _account(conn: Connection, login: str) -> Row[tuple[object, ...]]:
    found = entering.account(conn, login.strip().lower())
    if found is None:
        raise BadInput("unknown-account", login=login)
    return found


def _end_sessions(w: Writer, login: str) -> None:
    w.conn.execute(delete(a.session).where(a.session.c.login == login))


def accounts(conn: Connection, zone: tzinfo) -> list[Account]:
    """Every account, by login."""
    held: dict[str, list[Held]] = defaultdict(list)
    r, s = a.account_role.c, a.session.c
    for row in conn.execute(select(a.account_role).order_by(r.campaign, r.role, r.unit)):
        held[row.login].append(Held(cast(Role, row.role), row.campaign, row.unit))
    last = select(s.login, func.max(s.seen_at)).where(s.login.is_not(None)).group_by(s.login)
    seen = {login: calendars.from_micros(at, zone) for login, at in conn.execute(last).tuples()}
    return [
        Account(
            row.login, row.name, row.password is not None, row.disabled, tuple(held[row.login]),
            calendars.from_micros(row.made_at, zone), seen.get(row.login),
        )
        for row in conn.execute(select(a.account).order_by(a.account.c.login))
    ]  # fmt: skip
