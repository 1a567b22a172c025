"""What each role may do, what a link says, which passwords are taken, how settings are read."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from duban.access.links import Doorway, Link, doorway, read, signed
from duban.access.passwords import digest, fits, hashed, new_code, new_token, weakness
from duban.access.roles import EVERY, RIGHTS, Held, Principal, Right, Role, inferiors, superiors
from duban.calendars import to_micros
from duban.errors import BadInput
from duban.plan import Plan
from duban.settings import Settings, kept_secret
from tests.support.plans import remade
from tests.support.town import HAIAN, ZONE, at

# ---- roles ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def family(haian: Plan) -> Plan:
    """Hai'an, but baidian stands below nanmo, and duntou below baidian."""
    above = {"baidian": "nanmo", "duntou": "baidian"}
    return remade(haian, units=(u.model_copy(update={"parent": above.get(u.id)}) for u in haian.units))


def person(*held: Held) -> Principal:
    return Principal("account:x", "某人", held, "account")


def rights(who: Principal, plan: Plan, unit: str) -> set[Right]:
    return {r for r in RIGHTS if who.may(r, plan, unit)}


ALL: set[Right] = {"anyone", "person"}
SEES: set[Right] = ALL | {"unit.see", "campaign.see"}
REVIEWS: set[Right] = SEES | {"unit.review", "campaign.review"}
APPROVES: set[Right] = SEES | {"campaign.approve"}
RUNS: set[Right] = REVIEWS | {"unit.report", "campaign.decide", "campaign.approve", "campaign.manage"}

TABLE: list[tuple[Role, str, dict[str, set[Right]]]] = [
    # role, the unit it is about, and what it may do about a unit
    ("coordinator", "", {"nanmo": RUNS, "libao": RUNS}),
    ("leader", "", {"nanmo": APPROVES, "libao": APPROVES}),
    ("reviewer", "", {"nanmo": REVIEWS, "libao": REVIEWS}),
    ("reader", "", {"nanmo": ALL | {"campaign.see"}, "libao": ALL | {"campaign.see"}}),
    (
        "reviewer",
        "nanmo",
        {
            "nanmo": ALL | {"unit.see"},
            "baidian": ALL | {"unit.see", "unit.review"},
            "duntou": ALL | {"unit.see", "unit.review"},
            "libao": ALL,
        },
    ),
    (
        "unit",
        "nanmo",
        {
            "nanmo": ALL | {"unit.see", "unit.report"},
            "baidian": ALL | {"unit.see", "unit.review"},
            "duntou": ALL | {"unit.see", "unit.review"},
            "libao": ALL,
        },
    ),
    ("unit", "baidian", {"nanmo": ALL, "baidian": ALL | {"unit.see", "unit.report"}, "libao": ALL}),
]


@pytest.mark.parametrize(("role", "of", "about"), TABLE)
def test_each_role_may_do_what_the_table_says_and_no_more(
    family: Plan, role: Role, of: str, about: dict[str, set[Right]]
) -> None:
    who = person(Held(role, HAIAN, of))
    assert {unit: rights(who, family, unit) for unit in about} == about


def test_a_role_in_one_campaign_is_none_in_another(family: Plan) -> None:
    assert rights(person(Held("coordinator", "zhanjiang-2017")), family, "nanmo") == ALL
    assert rights(person(Held("unit", "zhanjiang-2017", "nanmo")), family, "nanmo") == ALL


def test_only_who_coordinates_every_campaign_makes_accounts(family: Plan) -> None:
    assert rights(person(Held("coordinator", EVERY)), family, "nanmo") == RUNS | {"installation"}
    assert not person(Held("coordinator", HAIAN)).may("installation")
    assert not person(Held("leader", EVERY)).may("installation")


def test_nothing_is_allowed_about_a_unit_that_is_not_there(family: Plan) -> None:
    about_units = {r for r in RIGHTS if r.startswith("unit.")}
    assert not rights(person(Held("coordinator", EVERY)), family, "nobody") & about_units
    assert rights(person(), family, "nanmo") == ALL


def test_who_is_above_and_below_a_unit(family: Plan) -> None:
    assert superiors(family, "duntou") == ("baidian", "nanmo")
    assert inferiors(family, "nanmo") == ("duntou", "baidian")  # as units.csv has them
    assert superiors(family, "libao") == ()


# ---- links ---------------------------------------------------------------------------------------

SECRET = "one secret of this test, long enough"
LINK = Link(HAIAN, "libao", 7, 2, to_micros(at("2018-10-26 00:00")))


def test_a_link_is_made_the_same_each_time_and_says_what_it_was_made_of() -> None:
    token = signed(SECRET, LINK)
    assert token == signed(SECRET, LINK)
    assert read(SECRET, token, LINK.until - 1) == LINK
    assert read(SECRET, token, LINK.until) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "线索", "x" * 100_000, "\ud800", "e30.x"])
def test_what_is_no_link_is_none(token: str) -> None:
    assert read(SECRET, token, 0) is None


def test_no_letter_of_a_link_can_be_changed() -> None:
    token = signed(SECRET, LINK)
    said, sign, signature = token.partition(".")
    for place in range(len(said)):
        other = "B" if said[place] == "A" else "A"
        assert read(SECRET, said[:place] + other + said[place + 1 :] + sign + signature, 0) is None
    assert (
        read(SECRET, said + sign + signed(SECRET, replace(LINK, unit="nanmo")).partition(".")[2], 0) is None
    )
    assert read(SECRET + "x", token, 0) is None


def test_a_link_holds_for_whole_days_after_its_own(tmp_path: Path) -> None:
    door = Doorway("https://duban.example", SECRET, 45, ZONE)
    # 10 September and 45 days is 25 October, all of which is within.
    assert door.until(date(2018, 9, 10)) == to_micros(at("2018-10-26 00:00"))
    assert doorway(Settings(var=tmp_path, ledger_url="")) is None
    assert SECRET not in repr(door)


# ---- passwords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "too-short"),
        ("x" * 257, "too-long"),
        ("aaaaaaaaaaaaaa", "too-common"),
        ("123456789012", "too-common"),
        ("abcdefghijkl", "too-common"),
        ("password1234", "too-common"),
        ("Zhangwei1234", "too-common"),  # the login and four digits
        ("correct horse battery", None),
        ("海安药品净网二零一八行动", None),
    ],
)
def test_a_password_is_long_and_not_easily_guessed(password: str, reason: str | None) -> None:
    assert weakness(password, "zhangwei") == reason


def test_a_password_is_known_again_and_never_kept() -> None:
    kept = hashed("correct horse battery")
    assert "correct" not in kept
    assert kept != hashed("correct horse battery"), "each has its own salt"
    assert fits(kept, "correct horse battery")
    assert not fits(kept, "correct horse batterz")
    assert not fits("not a hash", "correct horse battery")
    assert not fits(kept, "\ud800")


def test_tokens_and_codes_are_random_and_of_their_length() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert {len(new_code()) for _ in range(100)} == {6}
    assert all(new_code().isdigit() for _ in range(100))
    assert len(digest("\ud800")) == 64


# ---- settings ------------------------------------------------------------------------------------


def settings(tmp_path: Path, **env: str) -> Settings:
    return Settings.from_env({"DUBAN_VAR": str(tmp_path), **env})


def test_settings_of_the_portal_have_quiet_defaults(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert (found.url, found.link_days, found.host, found.port) == ("", 45, "127.0.0.1", 8400)
    assert (found.proxy_header, found.proxy_from) == ("", ())
    assert list(tmp_path.iterdir()) == [], "no secret is made before one is wanted"


def test_settings_of_the_portal_are_read(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("s" * 40 + "\n")
    found = settings(
        tmp_path, DUBAN_URL="https://duban.example/", DUBAN_SECRET_FILE=str(given), DUBAN_LINK_DAYS="10",
        DUBAN_PROXY_HEADER="X-User", DUBAN_PROXY_FROM="10.1.2.3, 10.2.0.0/16", DUBAN_PORT="8080",
    )  # fmt: skip
    assert (found.url, found.link_days, found.port) == ("https://duban.example", 10, 8080)
    assert found.proxy_from == (ip_network("10.1.2.3/32"), ip_network("10.2.0.0/16"))
    assert found.secret == "s" * 40
    assert "s" * 40 not in repr(found)
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DUBAN_URL", "duban.example", "bad-url"),
        ("DUBAN_URL", "https://duban.example/portal", "bad-url"),
        ("DUBAN_URL", "https://x@duban.example", "bad-url"),
        ("DUBAN_SECRET", "short", "secret-too-short"),
        ("DUBAN_LINK_DAYS", "0", "bad-number"),
        ("DUBAN_LINK_DAYS", "forever", "bad-number"),
        ("DUBAN_PORT", "70000", "bad-number"),
        ("DUBAN_PROXY_FROM", "everybody", "bad-network"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(tmp_path: Path, name: str, value: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        settings(tmp_path, **{name: value})
    assert caught.value.code == code


def test_a_secret_is_made_once_by_whoever_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret"
    found: list[str] = []
    begin = threading.Barrier(8)

    def come() -> None:
        begin.wait()
        found.append(kept_secret(path))

    comers = [threading.Thread(target=come) for _ in range(8)]
    for one in comers:
        one.start()
    for one in comers:
        one.join()
    assert len(found) == 8
    assert set(found) == {path.read_text()}
    assert len(found[0]) == 64  # 48 bytes in base64
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["secret"]
