"""Commands about who may come in: accounts and their roles, keys of the API, personal links."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from duban.access.roles import EVERY, STAFF, Held, Role
from duban.cli.options import WORDS, campaign_argument, cli, json_option
from duban.console import Console, emit_json
from duban.errors import BadInput

F = TypeVar("F", bound=Callable[..., Any])


def acting(function: F) -> F:
    """The option that says who does it, for the record."""
    return click.option("--by", default=lambda: _operator(), help=WORDS["acting_by"])(function)


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "operator"


@cli.group(help=WORDS["account"])
def account() -> None:
    """Accounts of people of the bureau."""


@account.command("add", help=WORDS["account_add"])
@click.argument("login")
@click.option("--name", required=True, help=WORDS["account_name"])
@click.option("--no-password", is_flag=True, help=WORDS["no_password"])
@acting
@click.pass_obj
def add_account(app: Console, login: str, name: str, no_password: bool, by: str) -> None:
    """Make an account."""
    from duban.services import accounts

    accounts.make_account(app.ledger, login, name, None if no_password else _password(app), by)
    click.echo(app.texts.say("people.account-made", login=login.strip().lower()))


@account.command("password", help=WORDS["account_password"])
@click.argument("login")
@acting
@click.pass_obj
def set_password(app: Console, login: str, by: str) -> None:
    """Give an account another password."""
    from duban.services import accounts

    accounts.set_password(app.ledger, login, _password(app), by)
    click.echo(app.texts.say("people.password-set", login=login))


def _password(app: Console) -> str:
    """Typed twice at a terminal, else the first line of stdin; never an argument, which others can see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass(app.texts.say("people.ask-password"))
    if getpass.getpass(app.texts.say("people.ask-again")) != first:
        raise BadInput("passwords-differ")
    return first


@account.command("role", help=WORDS["account_role"])
@click.argument("login")
@click.argument("role", type=click.Choice(STAFF))
@click.option("--campaign", default=EVERY, help=WORDS["role_campaign"])
@click.option("--unit", default="", help=WORDS["role_unit"])
@click.option("--take", is_flag=True, help=WORDS["role_take"])
@acting
@click.pass_obj
def role(app: Console, login: str, role: Role, campaign: str, unit: str, take: bool, by: str) -> None:
    """Give a role, or take it away."""
    from duban.services import accounts

    change = accounts.take_role if take else accounts.give_role
    change(app.ledger, login, Held(role, campaign, unit), by)
    click.echo(app.texts.say("people.role-taken" if take else "people.role-given", login=login, role=role))


@account.command("disable", help=WORDS["account_disable"])
@click.argument("login")
@click.option("--undo", is_flag=True, help=WORDS["account_enable"])
@acting
@click.pass_obj
def disable(app: Console, login: str, undo: bool, by: str) -> None:
    """Let an account in no more, or again."""
    from duban.services import accounts

    (accounts.enable if undo else accounts.disable)(app.ledger, login, by)
    click.echo(app.texts.say("people.enabled" if undo else "people.disabled", login=login))


@account.command("list", help=WORDS["account_list"])
@json_option
@click.pass_obj
def list_accounts(app: Console, as_json: bool) -> None:
    """Show every account with its roles."""
    from duban.services.accounts import accounts

    with app.ledger.read() as conn:
        found = accounts(conn, app.settings.zone)
    if not as_json:
        click.echo(app.texts.render("cli/accounts.txt", accounts=found))
        return
    emit_json([
        {
            "login": x.login, "name": x.name, "password": x.has_password, "disabled": x.disabled,
            "roles": [{"role": h.role, "campaign": h.campaign, "unit": h.unit} for h in x.held],
            "made_at": x.made_at.isoformat(), "seen_at": _iso(x.seen_at),
        }
        for x in found
    ])  # fmt: skip


@cli.group(help=WORDS["key"])
def key() -> None:
    """Keys of the HTTP API."""


@key.command("add", help=WORDS["key_add"])
@campaign_argument
@click.option("--unit", required=True, help=WORDS["unit"])
@click.option("--name", required=True, help=WORDS["key_name"])
@acting
@click.pass_obj
def add_key(app: Console, campaign: str, unit: str, name: str, by: str) -> None:
    """Make a key and print it this once."""
    from duban.services.keys import make_key

    made = make_key(app.ledger, app.deployed(campaign).slug, unit, name, by)
    click.echo(app.texts.say("people.key-made"), err=True)
    click.echo(made)


@key.command("revoke", help=WORDS["key_revoke"])
@campaign_argument
@click.argument("id")
@acting
@click.pass_obj
def revoke_key(app: Console, campaign: str, id: str, by: str) -> None:
    """Let a key in no more."""
    from duban.services import keys

    keys.revoke_key(app.ledger, app.deployed(campaign).slug, id, by)
    click.echo(app.texts.say("people.key-revoked", id=id))


@key.command("list", help=WORDS["key_list"])
@campaign_argument
@json_option
@click.pass_obj
def list_keys(app: Console, campaign: str, as_json: bool) -> None:
    """Show the keys of a campaign; none can be shown again itself."""
    from duban.services.keys import keys

    plan = app.deployed(campaign)
    with app.ledger.read() as conn:
        found = keys(conn, plan)
    if not as_json:
        click.echo(app.texts.render("cli/keys.txt", keys=found, plan=plan))
        return
    emit_json([
        {
            "id": x.id, "unit": x.unit, "name": x.name, "made_at": x.made_at.isoformat(),
            "revoked_at": _iso(x.revoked_at),
        }
        for x in found
    ])  # fmt: skip


@cli.command(help=WORDS["links"])
@campaign_argument
@click.option("--unit", help=WORDS["links_unit"])
@click.option("--revoke", metavar="UNIT", help=WORDS["links_revoke"])
@acting
@json_option
@click.pass_obj
def links(
    app: Console, campaign: str, unit: str | None, revoke: str | None, by: str, as_json: bool
) -> None:  # fmt: skip
    """Show who speaks for each unit and when they were here; one unit's links; or revoke them."""
    from duban.services import linking

    plan = app.deployed(campaign)
    if revoke:
        count = linking.revoke_links(app.ledger, plan.slug, revoke, by)
        click.echo(app.texts.say("people.links-revoked", unit=plan.unit[revoke], n=count))
        return
    if unit is not None and unit not in plan.unit:
        raise BadInput("bad-unit", value=unit, known=list(plan.unit))
    with app.ledger.read() as conn:
        mine = [x for x in linking.links(conn, plan) if unit in (None, x.unit)]
    urls = {
        x.contact: linking.show_link(app.ledger, app.settings, plan.slug, unit, x.contact, by) if unit else ""
        for x in mine
    }
    if not as_json:
        click.echo(app.texts.render("cli/links.txt", links=mine, urls=urls, plan=plan))
        return
    emit_json([
        {
            "unit": x.unit, "channel": x.channel, "address": x.address, "personal": x.personal,
            "name": x.name, "is": x.person.role,
            "until": x.person.until.isoformat() if x.person.until else None, "generation": x.generation,
            "seen_at": _iso(x.seen_at), "link": urls[x.contact] or None,
        }
        for x in mine
    ])  # fmt: skip


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
