"""Accounts, roles and keys: who may have them, and what of it stands on record."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from duban.access.links import Link, signed
from duban.access.roles import EVERY, Held
from duban.calendars import to_micros
from duban.errors import BadInput, NotAllowed
from duban.ledger import journal
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.plan import Bundle
from duban.services import accounts
from duban.services.admitting import enter_by_link, who_has_key, who_is
from duban.services.deploying import deploy
from duban.services.keys import keys, make_key, revoke_key
from duban.services.linking import revoke_links
from tests.support.town import HAIAN, ZONE, Town, at, haian_bundle

PASSWORD = "correct horse battery staple"


@pytest.fixture
def town_(deployed: Town) -> Town:
    """Hai'an, where it is 10 September."""
    deployed.ledger.set_clock(at("2018-09-10 09:00"))
    return deployed


def code_of(error: pytest.ExceptionInfo[BadInput]) -> str:
    return error.value.code


def acts(town: Town, campaign: str) -> list[tuple[str, str, str]]:
    a = t.act.c
    with town.ledger.read() as conn:
        rows = conn.execute(select(a.kind, a.about, a.by).where(a.campaign == campaign).order_by(a.id))
        return list(rows.tuples())


def test_what_was_granted_and_taken_stands_in_the_journals_without_secrets(town_: Town) -> None:
    ledger = town_.ledger
    accounts.make_account(ledger, "Zhang", "张科长", PASSWORD, "信息科")
    accounts.give_role(ledger, "zhang", Held("leader", EVERY), "信息科")
    accounts.give_role(ledger, "zhang", Held("reviewer", HAIAN, "nanmo"), "信息科")
    accounts.give_role(ledger, "zhang", Held("reviewer", HAIAN, "nanmo"), "信息科")
    accounts.set_password(ledger, "zhang", "quite another phrase", "信息科")
    accounts.take_role(ledger, "zhang", Held("leader", EVERY), "信息科")
    accounts.disable(ledger, "zhang", "信息科")
    accounts.disable(ledger, "zhang", "信息科")
    accounts.enable(ledger, "zhang", "信息科")
    key = make_key(ledger, HAIAN, "libao", "审批系统", "张科长")
    revoke_links(ledger, HAIAN, "libao", "张科长")
    id_, _, secret = key.partition(".")
    revoke_key(ledger, HAIAN, id_, "张科长")
    kinds = ["account", "role", "password", "unrole", "disable", "enable"]
    assert [kind for kind, _, _ in acts(town_, journal.INSTALLATION)] == kinds
    assert acts(town_, HAIAN) == [
        ("role", "zhang reviewer nanmo", "信息科"),
        ("key", f"{id_} libao", "张科长"),
        ("links", "libao", "张科长"),
        ("unkey", f"{id_} libao", "张科长"),
    ]
    with ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None
        assert verify(conn, journal.INSTALLATION).broken_at is None
        said = json.dumps([list(r) for r in conn.execute(select(t.act))], ensure_ascii=False)
    for secret_ in (PASSWORD, secret, "argon2", "@"):
        assert secret_ not in said


def test_accounts_are_listed_with_their_roles(town_: Town) -> None:
    accounts.make_account(town_.ledger, "zhang", "张科长", PASSWORD, "信息科")
    accounts.make_account(town_.ledger, "li", "李科员", None, "信息科")
    accounts.give_role(town_.ledger, "zhang", Held("coordinator", HAIAN), "信息科")
    with town_.ledger.read() as conn:
        li, zhang = accounts.accounts(conn, ZONE)
    assert (li.login, li.has_password, li.held) == ("li", False, ())
    assert (zhang.name, zhang.has_password, zhang.held) == ("张科长", True, (Held("coordinator", HAIAN),))
    assert zhang.seen_at is None


@pytest.mark.parametrize("login", ["", "张", "zhang wei", "zhang@haian.example", "a" * 41, "../x", "-x"])
def test_a_login_is_short_plain_and_no_address(town_: Town, login: str) -> None:
    with pytest.raises(BadInput) as caught:
        accounts.make_account(town_.ledger, login, "某人", PASSWORD, "信息科")
    assert code_of(caught) == "bad-login"


def test_an_account_is_made_once_and_has_to_be_there(town_: Town) -> None:
    accounts.make_account(town_.ledger, "zhang", "张科长", PASSWORD, "信息科")
    with pytest.raises(BadInput) as caught:
        accounts.make_account(town_.ledger, "ZHANG", "另一人", PASSWORD, "信息科")
    assert code_of(caught) == "account-exists"
    for change in (
        lambda: accounts.disable(town_.ledger, "nobody", "信息科"),
        lambda: accounts.set_password(town_.ledger, "nobody", PASSWORD, "信息科"),
        lambda: accounts.give_role(town_.ledger, "nobody", Held("leader", HAIAN), "信息科"),
    ):
        with pytest.raises(BadInput) as caught:
            change()
        assert code_of(caught) == "unknown-account"
    with pytest.raises(BadInput) as caught:
        accounts.make_account(town_.ledger, "li", " ", PASSWORD, "信息科")
    assert code_of(caught) == "bad-name"


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (Held("unit", HAIAN, "libao"), "bad-role"),
        (Held("reviewer", HAIAN, "nobody"), "bad-unit"),
        (Held("coordinator", HAIAN, "libao"), "unit-only-for-reviewers"),
        (Held("reviewer", EVERY, "libao"), "unit-only-for-reviewers"),
    ],
)
def test_a_role_that_makes_no_sense_is_not_given(town_: Town, held: Held, code: str) -> None:
    accounts.make_account(town_.ledger, "zhang", "张科长", PASSWORD, "信息科")
    with pytest.raises(BadInput) as caught:
        accounts.give_role(town_.ledger, "zhang", held, "信息科")
    assert code_of(caught) == code


def test_a_role_in_a_campaign_that_is_not_deployed_is_not_given(town_: Town) -> None:
    accounts.make_account(town_.ledger, "zhang", "张科长", PASSWORD, "信息科")
    with pytest.raises(NotAllowed, match="not-deployed"):
        accounts.give_role(town_.ledger, "zhang", Held("leader", "zhanjiang-2017"), "信息科")


# ---- keys ----------------------------------------------------------------------------------------


def test_a_key_speaks_for_its_unit_until_it_is_revoked(town_: Town) -> None:
    ledger = town_.ledger
    key = make_key(ledger, HAIAN, "libao", "审批系统", "张科长")
    who = who_has_key(ledger, key)
    assert who is not None
    assert (who.door, who.held, who.name) == ("key", (Held("unit", HAIAN, "libao"),), "李堡镇分局")
    id_, _, secret = key.partition(".")
    assert who_has_key(ledger, f"{id_}.{secret[:-1]}") is None
    assert who_has_key(ledger, secret) is None
    assert who_has_key(ledger, "") is None
    revoke_key(ledger, HAIAN, id_, "张科长")
    assert who_has_key(ledger, key) is None
    with ledger.read() as conn:
        (kept,) = keys(conn, town_.plan)
    assert kept.revoked_at is not None
    assert (kept.id, kept.unit, kept.name) == (id_, "libao", "审批系统")


def test_a_key_of_another_campaign_is_not_revoked_here(town_: Town) -> None:
    id_ = make_key(town_.ledger, HAIAN, "libao", "审批系统", "张科长").partition(".")[0]
    with pytest.raises(BadInput) as caught:
        revoke_key(town_.ledger, "zhanjiang-2017", id_, "张科长")
    assert code_of(caught) == "unknown-key"
    with pytest.raises(BadInput) as caught:
        make_key(town_.ledger, HAIAN, "nobody", "审批系统", "张科长")
    assert code_of(caught) == "bad-unit"


# ---- units that close ----------------------------------------------------------------------------


def test_who_took_over_a_closed_unit_speaks_for_it_and_its_old_liaison_no_more(town: Town) -> None:
    files = dict(haian_bundle().files)
    header, *rows = files["units.csv"].rstrip("\n").split("\n")
    assert header == "id,name,short,groups,parent,channels,opens,closes,origin"
    rows = [
        r.replace(",,,coordinator", ",,2018-10-31,coordinator") if r.startswith("baidian,") else r
        for r in rows
    ]
    merged = [f"{r},{'nanmo' if r.startswith('baidian,') else ''}" for r in rows]
    files["units.csv"] = "\n".join([f"{header},successor", *merged]) + "\n"
    deploy(town.ledger, Bundle(tuple(sorted(files.items()))), reason="", as_of=at("2018-09-06 08:30"))
    secret = "a secret of this test, and of nothing else"

    def units(of: str) -> set[str]:
        with town.ledger.read() as conn:
            recipient = t.contact_of.c.recipient == f"unit:{of}"
            contact = conn.scalars(select(t.contact_of.c.contact).where(recipient)).first()
        until = to_micros(at("2018-12-31 00:00"))
        session = enter_by_link(town.ledger, secret, signed(secret, Link(HAIAN, of, contact or 0, 0, until)))
        who = who_is(town.ledger, session) if session else None
        return {h.unit for h in who.held} if who else set()

    town.ledger.set_clock(at("2018-10-31 23:00"))
    assert (units("nanmo"), units("baidian")) == ({"nanmo"}, {"baidian"})
    town.ledger.set_clock(at("2018-11-01 00:01"))
    assert (units("nanmo"), units("baidian")) == ({"nanmo", "baidian"}, set())
