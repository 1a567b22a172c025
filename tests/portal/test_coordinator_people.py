"""Liaisons with their links, keys of the API, roles and accounts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from duban.ledger import admission as a
from duban.ledger import tables as t
from duban.services import admitting
from duban.services.hearing import masked
from tests.portal.test_coordinator_board import CAMPAIGN, rows, text
from tests.portal.test_coordinator_review import post
from tests.support.gate import PASSWORD, Gate

PEOPLE = f"{CAMPAIGN}/people"


def acts(gate: Gate, campaign: str) -> list[tuple[Any, ...]]:
    """Kind, about and by of the acts on record since the portal was furnished."""
    x = t.act.c
    mine = (x.campaign == campaign) & (x.by != "test")
    with gate.town.ledger.read() as conn:
        found = conn.execute(select(x.kind, x.about, x.by).where(mine).order_by(x.id))
        return [tuple(row) for row in found]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("libao@haian.example", "lib***@haian.example"),
        ("wl@haian.example", "w***@haian.example"),
        ("10800001234", "108****1234"),
        ("qutang", "q***"),
    ],
)
def test_an_address_is_masked(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_an_address_and_a_link_are_shown_only_when_asked_for(gate: Gate) -> None:
    with gate.client("coordinator") as client:
        page = client.get(PEOPLE)
    assert "lib***@haian.example" in page.text
    assert "libao@haian.example" not in page.text
    assert "/in/" not in page.text
    shown = post(gate, "coordinator", PEOPLE, act="show", unit="libao", contact=str(gate.contact("libao")))
    assert "libao@haian.example" in shown.text
    link = re.search(r"<code>http://[^/]+(/in/[^<]+)</code>", shown.text)
    assert link is not None
    with gate.client() as liaison:
        assert liaison.get(link[1]).headers["Location"] == f"{CAMPAIGN}/u/libao"


def test_the_unit_that_telephones_is_found_by_a_part_of_its_name(gate: Gate) -> None:
    with gate.client("coordinator") as client:
        found = rows(client.get(PEOPLE, params={"find": "城东"}))
        none = client.get(PEOPLE, params={"find": "县城"}).text
    assert [row[0] for row in found if row[0].endswith("分局")] == ["城东镇分局"]
    assert "没有名称含“县城”的单位" in none
    assert "白甸镇分局" in none  # among the choices of a key


def test_a_group_chat_gets_no_personal_link(gate: Gate) -> None:
    shown = post(gate, "coordinator", PEOPLE, act="show", unit="nanmo", contact=str(gate.contact("nanmo")))
    assert "这是群渠道，不发专用链接" in shown.text
    assert "/in/" not in shown.text


def test_a_contact_of_another_unit_is_not_shown(gate: Gate) -> None:
    shown = post(gate, "coordinator", PEOPLE, act="show", unit="libao", contact=str(gate.contact("nanmo")))
    assert "/in/" not in shown.text
    assert "libao@haian.example" not in shown.text


def test_revoked_links_let_nobody_in_any_more(gate: Gate) -> None:
    link = gate.link("libao")
    answer = post(gate, "coordinator", PEOPLE, act="revoke", unit="libao")
    assert answer.headers["Location"] == f"{PEOPLE}?did=revoke"
    with gate.client() as liaison:
        assert liaison.get(link).status_code != 303
    assert acts(gate, "haian-2018") == [("links", "libao", "稽查科")]


def test_a_key_is_shown_once_and_revoked(gate: Gate) -> None:
    made = post(gate, "coordinator", PEOPLE, act="make-key", unit="libao", name="执法办案系统")
    key = re.search(r"<code>([0-9a-f]{12}\.[^<]+)</code>", made.text)
    assert key is not None
    ledger = gate.town.ledger
    who = admitting.who_has_key(ledger, key[1])
    assert who is not None
    assert who.held[0].unit == "libao"
    with gate.client("coordinator") as client:
        page = client.get(PEOPLE)
    assert "执法办案系统" in page.text
    assert key[1].partition(".")[2] not in page.text
    post(gate, "coordinator", PEOPLE, act="revoke-key", key=key[1].partition(".")[0])
    assert admitting.who_has_key(ledger, key[1]) is None


def test_a_key_without_a_name_is_said_at_its_field(gate: Gate) -> None:
    answer = post(gate, "coordinator", PEOPLE, act="make-key", unit="libao", name="")
    assert answer.status_code == 422
    assert 'id="make-key-name-error">' in answer.text
    assert acts(gate, "haian-2018") == []


def test_a_role_is_given_in_this_campaign_and_taken_back(gate: Gate) -> None:
    post(gate, "coordinator", PEOPLE, act="give", login="chayue", role="reviewer", unit="")
    with gate.client("reader") as client:
        assert client.get(f"{CAMPAIGN}/review").status_code == 200
    post(gate, "coordinator", PEOPLE, act="take", login="chayue", role="reviewer", unit="")
    with gate.client("reader") as client:
        assert client.get(f"{CAMPAIGN}/review").status_code == 403
    assert [kind for kind, _, _ in acts(gate, "haian-2018")] == ["role", "unrole"]


@pytest.mark.parametrize(
    ("form", "field"),
    [({"login": "nobody", "role": "reader"}, "login"), ({"login": "chayue", "role": "unit"}, "role")],
)
def test_a_role_that_cannot_be_given_is_said_at_its_field(
    gate: Gate, form: dict[str, str], field: str
) -> None:
    answer = post(gate, "coordinator", PEOPLE, act="give", **form)
    assert answer.status_code == 422
    assert f'id="give-{field}-error">' in answer.text
    assert acts(gate, "haian-2018") == []


@pytest.mark.parametrize("role", ["leader", "reviewer", "reader", "unit", "parent"])
@pytest.mark.parametrize("path", [PEOPLE, "/accounts"])
def test_nobody_but_the_coordinator_sees_or_changes_people(gate: Gate, role: str, path: str) -> None:
    with gate.client(role) as client:
        page = client.get(path)
    assert page.status_code == 403
    assert "haian.example" not in page.text
    form = {"act": "give", "login": "chayue", "role": "coordinator", "campaign": "*"}
    assert post(gate, role, path, **form).status_code == 403
    assert acts(gate, "haian-2018") + acts(gate, "*") == []


def test_an_account_is_made_with_a_password_that_is_shown_once(gate: Gate) -> None:
    form = {"act": "make", "login": "wanglei", "name": "王磊", "role": "leader", "campaign": "haian-2018"}
    made = post(gate, "coordinator", "/accounts", **form)
    password = re.search(r"<code>([a-z0-9-]{19})</code>", made.text)
    assert password is not None
    with gate.client("coordinator") as client:
        listed = client.get("/accounts")
    assert password[1] not in listed.text
    assert "分管领导 药品净网2018" in text(listed)
    token = admitting.enter_by_password(gate.town.ledger, "wanglei", password[1])
    assert token is not None
    who = admitting.who_is(gate.town.ledger, token)
    assert who is not None
    assert who.may("campaign.see", gate.town.plan)
    assert not who.may("campaign.review", gate.town.plan)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"login": "Wang Lei", "name": "王磊"}, "login"),
        ({"login": "jicha", "name": "王磊"}, "login"),
        ({"login": "wanglei", "name": ""}, "name"),
        ({"login": "wanglei", "name": "王磊", "password": "12345"}, "password"),
    ],
)
def test_a_wrong_account_is_said_at_its_field_and_its_password_is_not_repeated(
    gate: Gate, form: dict[str, str], field: str
) -> None:
    answer = post(gate, "coordinator", "/accounts", act="make", **form)
    assert answer.status_code == 422
    assert f'id="make-{field}-error">' in answer.text
    assert "12345" not in answer.text
    with gate.town.ledger.read() as conn:
        assert conn.scalars(select(a.account.c.login).where(a.account.c.login == "wanglei")).all() == []


def test_a_disabled_account_is_out_at_once_and_can_come_back(gate: Gate) -> None:
    with gate.client("leader") as leader:
        assert leader.get(CAMPAIGN).status_code == 200
        post(gate, "coordinator", "/accounts", act="disable", login="fenguan")
        assert leader.get(CAMPAIGN).status_code == 303
    assert admitting.enter_by_password(gate.town.ledger, "fenguan", PASSWORD) is None
    post(gate, "coordinator", "/accounts", act="enable", login="fenguan")
    assert admitting.enter_by_password(gate.town.ledger, "fenguan", PASSWORD) is not None


def test_a_password_is_set_anew_and_the_old_one_is_worth_nothing(gate: Gate) -> None:
    made = post(gate, "coordinator", "/accounts", act="password", login="fenguan")
    password = re.search(r"<code>([a-z0-9-]{19})</code>", made.text)
    assert password is not None
    assert admitting.enter_by_password(gate.town.ledger, "fenguan", PASSWORD) is None
    assert admitting.enter_by_password(gate.town.ledger, "fenguan", password[1]) is not None


@pytest.mark.parametrize("act", ["disable", "take"])
def test_nobody_shuts_themselves_out(gate: Gate, act: str) -> None:
    form = {"act": act, "login": "jicha", "role": "coordinator", "campaign": "*", "unit": ""}
    answer = post(gate, "coordinator", "/accounts", **form)
    assert answer.status_code == 409
    assert "不能停用自己的账号" in answer.text
    with gate.client("coordinator") as client:
        assert len(rows(client.get("/accounts"))) == 6
