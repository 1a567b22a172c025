"""Who is let in: links, passwords, codes; sessions that end when what let them in does."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from duban.access.links import Link, signed
from duban.access.roles import Held, Principal
from duban.calendars import to_micros
from duban.errors import Retryable
from duban.ledger import Ledger, entering
from duban.ledger import admission as a
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.rendering import renderer
from duban.services import accounts, linking
from duban.services.admitting import (
    enter_by_code,
    enter_by_link,
    enter_by_password,
    enter_by_proxy,
    leave,
    send_code,
    throttled,
    who_is,
)  # fmt: skip
from duban.services.liaisons import name_liaisons
from tests.support.town import HAIAN, ZONE, Town, at

SECRET = "a secret of this test, and of nothing else"
PASSWORD = "correct horse battery staple"
LIBAO = Held("unit", HAIAN, "libao")


@dataclass
class Postman:
    """Takes parcels, and keeps or refuses them."""

    parcels: list[Parcel] = field(default_factory=list)
    refuses: bool = False

    def send(self, parcel: Parcel, message_id: str) -> None:
        if self.refuses:
            raise Retryable("busy")
        self.parcels.append(parcel)

    @property
    def code(self) -> str:
        """The code in the last one."""
        found = re.search(r"\b\d{6}\b", self.parcels[-1].plain)
        assert found
        return found[0]


@pytest.fixture
def on_monday(deployed: Town) -> Town:
    """Hai'an a few days after its plan came into force."""
    deployed.ledger.set_clock(at("2018-09-10 09:00"))
    return deployed


def contact_of(ledger: Ledger, unit: str) -> int:
    with ledger.read() as conn:
        return entering.contacts_of(conn, HAIAN, unit)[0]


def token(ledger: Ledger, unit: str = "libao", until: str = "2018-10-25 00:00", **more: Any) -> str:
    said = {"contact": contact_of(ledger, unit), "generation": 0} | more
    return signed(SECRET, Link(HAIAN, unit, until=to_micros(at(until)), **said))


def entered(ledger: Ledger, unit: str = "libao") -> str:
    session = enter_by_link(ledger, SECRET, token(ledger, unit))
    assert session
    return session


def name_liaison(town: Town, unit: str, *addresses: str) -> None:
    """A unit's return of liaisons, as far as it says whom messages go to."""
    people = [{"liaison_name": "王某", "liaison_email": address} for address in addresses]
    town.report(unit, "2018-09", "2018-09-28 09:00")
    with town.ledger.read() as conn:
        submission = conn.scalar(select(t.submission.c.id).where(t.submission.c.campaign == HAIAN))
    with town.ledger.write(HAIAN, as_of=at("2018-09-28 09:30")) as w:
        name_liaisons(w, town.plan, unit, str(submission), people)


# ---- links ---------------------------------------------------------------------------------------


def test_a_link_lets_its_liaison_in_for_that_unit_and_no_other(on_monday: Town) -> None:
    who = who_is(on_monday.ledger, entered(on_monday.ledger))
    assert who is not None
    assert who == Principal(
        f"contact:{contact_of(on_monday.ledger, 'libao')}", "李堡镇分局", (LIBAO,), "link"
    )
    assert who.may("unit.report", on_monday.plan, "libao")
    assert not who.may("unit.see", on_monday.plan, "nanmo")
    assert not who.may("campaign.see", on_monday.plan)


def test_a_link_of_another_secret_or_with_a_changed_letter_lets_nobody_in(on_monday: Town) -> None:
    ledger = on_monday.ledger
    good = token(ledger)
    assert enter_by_link(ledger, SECRET + "x", good) is None
    for place in (0, len(good) // 2, good.index(".") + 3):
        other = "A" if good[place] != "A" else "B"
        assert enter_by_link(ledger, SECRET, good[:place] + other + good[place + 1 :]) is None
    assert enter_by_link(ledger, SECRET, "") is None
    assert enter_by_link(ledger, SECRET, "线索." * 200) is None


def test_a_link_runs_out_at_its_instant(on_monday: Town) -> None:
    ledger = on_monday.ledger
    ledger.set_clock(at("2018-10-24 23:59"))
    assert enter_by_link(ledger, SECRET, token(ledger))
    ledger.set_clock(at("2018-10-25 00:00"))
    assert enter_by_link(ledger, SECRET, token(ledger)) is None


def test_a_session_of_a_link_ends_with_the_link_or_after_thirty_days(on_monday: Town) -> None:
    ledger = on_monday.ledger
    short = enter_by_link(ledger, SECRET, token(ledger, until="2018-09-12 00:00"))
    long = entered(ledger)
    assert short
    ledger.set_clock(at("2018-09-12 00:01"))
    assert who_is(ledger, short) is None
    assert who_is(ledger, long) is not None
    ledger.set_clock(at("2018-10-10 08:59"))  # 30 days after 10 September, 9:00, less a minute
    assert who_is(ledger, long) is not None
    ledger.set_clock(at("2018-10-10 09:01"))
    assert who_is(ledger, long) is None


def test_revoking_a_units_links_ends_them_and_their_sessions_and_no_others(on_monday: Town) -> None:
    ledger = on_monday.ledger
    mine, other = entered(ledger), entered(ledger, "nanmo")
    old = token(ledger)
    assert linking.revoke_links(ledger, HAIAN, "libao", "jicha") == 1
    assert who_is(ledger, mine) is None
    assert enter_by_link(ledger, SECRET, old) is None
    assert who_is(ledger, other) is not None
    assert enter_by_link(ledger, SECRET, token(ledger, generation=1))
    assert enter_by_link(ledger, SECRET, token(ledger, generation=2)) is None


def test_a_session_falls_with_the_generation_even_where_its_row_is_still_there(on_monday: Town) -> None:
    ledger = on_monday.ledger
    mine = entered(ledger)
    row = {"campaign": HAIAN, "unit": "libao", "contact": contact_of(ledger, "libao"), "generation": 1}
    with ledger.write() as w:
        w.conn.execute(a.link.insert(), row)
    assert who_is(ledger, mine) is None


def test_when_a_unit_names_another_liaison_the_old_links_and_sessions_end(on_monday: Town) -> None:
    ledger = on_monday.ledger
    ledger.set_clock(at("2018-09-28 10:00"))
    name_liaison(on_monday, "libao", "wang@libao.example")
    mine, old = entered(ledger), token(ledger)
    with ledger.read() as conn:
        assert len(entering.contacts_of(conn, HAIAN, "libao")) == 2  # the mailbox of units.csv stays
    name_liaison_again(on_monday, "libao", "li@libao.example")
    assert who_is(ledger, mine) is None
    assert enter_by_link(ledger, SECRET, old) is None
    assert enter_by_link(ledger, SECRET, token(ledger)), "the new liaison's own"


def name_liaison_again(town: Town, unit: str, address: str) -> None:
    with town.ledger.read() as conn:
        submission = conn.scalar(select(t.submission.c.id).where(t.submission.c.campaign == HAIAN))
    with town.ledger.write(HAIAN, as_of=at("2018-09-28 09:40")) as w:
        said = {"liaison_name": "李某", "liaison_email": address}
        name_liaisons(w, town.plan, unit, str(submission), [said])


def test_each_entry_makes_a_token_of_its_own_which_the_ledger_does_not_keep(on_monday: Town) -> None:
    ledger = on_monday.ledger
    first, second = entered(ledger), entered(ledger)
    assert first != second
    with ledger.read() as conn:
        kept = set(conn.scalars(select(a.session.c.digest)))
    assert len(kept) == 2
    assert not {first, second} & kept
    assert who_is(ledger, kept.pop()) is None, "a digest lets nobody in"
    leave(ledger, first)
    assert who_is(ledger, first) is None
    assert who_is(ledger, second) is not None


def test_a_token_somebody_brings_along_never_becomes_a_session(on_monday: Town) -> None:
    ledger = on_monday.ledger
    brought = "a-token-that-an-attacker-planted"
    assert who_is(ledger, brought) is None
    assert entered(ledger) != brought
    assert who_is(ledger, brought) is None


# ---- passwords -----------------------------------------------------------------------------------


@pytest.fixture
def staffed(on_monday: Town) -> Town:
    """Hai'an with an account."""
    accounts.make_account(on_monday.ledger, "zhang", "张科长", PASSWORD, by="信息科")
    accounts.give_role(on_monday.ledger, "zhang", Held("coordinator", HAIAN), by="信息科")
    return on_monday


def test_a_password_lets_its_account_in_with_its_roles(staffed: Town) -> None:
    session = enter_by_password(staffed.ledger, " Zhang ", PASSWORD)
    assert session
    held = (Held("coordinator", HAIAN),)
    assert who_is(staffed.ledger, session) == Principal("account:zhang", "张科长", held, "account")


def test_a_wrong_password_and_a_login_that_is_nobodys_are_told_the_same(staffed: Town) -> None:
    assert enter_by_password(staffed.ledger, "zhang", PASSWORD + "!") is None
    assert enter_by_password(staffed.ledger, "nobody", PASSWORD) is None
    accounts.make_account(staffed.ledger, "li", "李科员", None, by="信息科")
    assert enter_by_password(staffed.ledger, "li", "") is None, "an account of a proxy has no password"


def test_after_ten_wrong_passwords_even_the_right_one_waits_a_quarter_of_an_hour(staffed: Town) -> None:
    ledger = staffed.ledger
    for _ in range(10):
        assert enter_by_password(ledger, "zhang", "wrong") is None
    assert enter_by_password(ledger, "zhang", PASSWORD) is None
    ledger.set_clock(at("2018-09-10 09:16"))
    assert enter_by_password(ledger, "zhang", PASSWORD)


def test_an_accounts_session_ends_after_twelve_idle_hours_and_in_any_case_after_a_week(staffed: Town) -> None:
    ledger = staffed.ledger
    session = enter_by_password(ledger, "zhang", PASSWORD)
    assert session
    ledger.set_clock(at("2018-09-10 21:01"))
    assert who_is(ledger, session) is None
    for hours in range(11, 168, 11):  # a request every eleven hours, until a week is over
        ledger.set_clock(at("2018-09-10 09:00") + timedelta(hours=hours))
        assert who_is(ledger, session) is not None
    ledger.set_clock(at("2018-09-17 09:01"))
    assert who_is(ledger, session) is None


def test_reading_pages_writes_when_a_session_was_seen_only_now_and_then(staffed: Town) -> None:
    ledger = staffed.ledger
    session = enter_by_password(ledger, "zhang", PASSWORD)
    assert session

    def seen() -> datetime:
        with ledger.read() as conn:
            return datetime.fromtimestamp(conn.scalars(select(a.session.c.seen_at)).one() / 1e6, ZONE)

    first = seen()
    ledger.set_clock(at("2018-09-10 09:04"))
    who_is(ledger, session)
    assert seen() == first
    ledger.set_clock(at("2018-09-10 09:07"))
    who_is(ledger, session)
    assert seen() >= at("2018-09-10 09:07")


@pytest.mark.parametrize("by", ["password", "disable"])
def test_a_new_password_or_a_disabled_account_ends_every_session(staffed: Town, by: str) -> None:
    ledger = staffed.ledger
    session = enter_by_password(ledger, "zhang", PASSWORD)
    assert session
    if by == "password":
        accounts.set_password(ledger, "zhang", "quite another phrase", by="信息科")
    else:
        accounts.disable(ledger, "zhang", by="信息科")
    assert who_is(ledger, session) is None
    assert enter_by_password(ledger, "zhang", PASSWORD) is None


def test_a_role_taken_away_is_gone_with_the_next_request(staffed: Town) -> None:
    session = enter_by_password(staffed.ledger, "zhang", PASSWORD)
    assert session
    accounts.take_role(staffed.ledger, "zhang", Held("coordinator", HAIAN), by="信息科")
    who = who_is(staffed.ledger, session)
    assert who is not None
    assert who.held == ()


def test_a_proxys_word_lets_in_only_who_has_an_account(staffed: Town) -> None:
    who = enter_by_proxy(staffed.ledger, "ZHANG")
    assert who is not None
    assert who.id == "account:zhang"
    assert enter_by_proxy(staffed.ledger, "wang") is None
    accounts.disable(staffed.ledger, "zhang", by="信息科")
    assert enter_by_proxy(staffed.ledger, "zhang") is None


# ---- codes ---------------------------------------------------------------------------------------


def ask(town: Town, address: str = "libao@haian.example", within: float = 0.0) -> Postman:
    post = Postman()
    send_code(town.ledger, post, renderer(), address, within=within)
    for _ in range(100):  # it goes on by itself
        if post.parcels or within:
            break
        time.sleep(0.01)
    return post


def test_a_code_goes_to_the_registered_address_and_lets_in_once(on_monday: Town) -> None:
    ledger = on_monday.ledger
    post = ask(on_monday, "LIBAO@haian.example ")
    assert [p.address for p in post.parcels] == ["libao@haian.example"]
    session = enter_by_code(ledger, "libao@haian.example", f" {post.code} ")
    assert session
    who = who_is(ledger, session)
    assert who is not None
    assert (who.held, who.door) == ((LIBAO,), "code")
    assert enter_by_code(ledger, "libao@haian.example", post.code) is None


def test_a_code_is_kept_as_a_slow_hash_and_leaves_no_record(on_monday: Town) -> None:
    before = on_monday.records()
    post = ask(on_monday)
    with on_monday.ledger.read() as conn:
        kept = conn.scalars(select(a.code.c.digest)).one()
    assert kept.startswith("$argon2id$")
    assert post.code not in kept
    assert on_monday.records() == before


def test_a_code_runs_out_after_ten_minutes(on_monday: Town) -> None:
    post = ask(on_monday)
    on_monday.ledger.set_clock(at("2018-09-10 09:10:30"))
    assert enter_by_code(on_monday.ledger, "libao@haian.example", post.code) is None


def test_a_code_can_be_tried_five_times(on_monday: Town) -> None:
    ledger, post = on_monday.ledger, ask(on_monday)
    wrong = "000000" if post.code != "000000" else "111111"
    for _ in range(5):
        assert enter_by_code(ledger, "libao@haian.example", wrong) is None
    assert enter_by_code(ledger, "libao@haian.example", post.code) is None


def test_a_new_code_ends_the_one_before_and_a_sixth_in_an_hour_is_not_sent(on_monday: Town) -> None:
    ledger = on_monday.ledger
    first = ask(on_monday).code
    second = ask(on_monday).code
    if first != second:
        assert enter_by_code(ledger, "libao@haian.example", first) is None
    assert enter_by_code(ledger, "libao@haian.example", second)
    for _ in range(3):
        assert ask(on_monday).parcels
    assert not ask(on_monday, within=0.3).parcels
    on_monday.ledger.set_clock(at("2018-09-10 10:01"))
    assert ask(on_monday).parcels


def test_nobody_learns_whether_an_address_is_known(on_monday: Town) -> None:
    took = {}
    for address in ("libao@haian.example", "nobody@haian.example"):
        began = time.monotonic()
        post = ask(on_monday, address, within=0.6)
        took[address] = time.monotonic() - began
        assert bool(post.parcels) == address.startswith("libao")
    assert abs(took["libao@haian.example"] - took["nobody@haian.example"]) < 0.2
    assert min(took.values()) >= 0.6


def test_a_channel_that_fails_changes_nothing_for_who_asks(
    on_monday: Town, caplog: pytest.LogCaptureFixture
) -> None:
    send_code(on_monday.ledger, Postman(refuses=True), renderer(), "libao@haian.example", within=0.5)
    assert "busy" in caplog.text
    assert "libao@" not in caplog.text


def test_no_code_goes_to_a_groups_channel(on_monday: Town) -> None:
    assert ask(on_monday, "qutang@haian.example").parcels
    assert not ask(on_monday, "qutang", within=0.3).parcels, "qutang's webhook is read by a group"


# ---- tries ---------------------------------------------------------------------------------------


def test_tries_are_counted_for_their_time_and_by_their_name(on_monday: Town) -> None:
    ledger = on_monday.ledger
    said = [throttled(ledger, "x", most=3, seconds=60) for _ in range(5)]
    assert said == [False, False, False, True, True]
    assert not throttled(ledger, "y", most=3, seconds=60)
    ledger.set_clock(at("2018-09-10 09:02"))
    assert not throttled(ledger, "x", most=3, seconds=60)


def test_what_has_run_out_is_cleared_away_by_the_next_entry(on_monday: Town) -> None:
    ledger = on_monday.ledger
    entered(ledger)
    throttled(ledger, "x", most=3, seconds=60)
    ledger.set_clock(at("2018-10-20 09:00"))
    entered(ledger)
    assert on_monday.count(a.session) == 1
    assert on_monday.count(a.throttle) == 0


# ---- at the same moment --------------------------------------------------------------------------


def at_once(times: int, act: Callable[[], Any]) -> list[Any]:
    """What comes of doing something several times at the same moment."""
    begin = threading.Barrier(times)

    def one() -> Any:
        begin.wait()
        return act()

    with ThreadPoolExecutor(times) as pool:
        return [f.result() for f in [pool.submit(one) for _ in range(times)]]


def test_a_code_lets_in_once_even_at_the_same_moment(on_monday: Town) -> None:
    ledger, code = on_monday.ledger, ask(on_monday).code
    came = at_once(4, lambda: enter_by_code(ledger, "libao@haian.example", code))
    assert sum(token is not None for token in came) == 1


def test_guesses_at_the_same_moment_are_all_counted(on_monday: Town) -> None:
    ledger, code = on_monday.ledger, ask(on_monday).code
    wrong = "000000" if code != "000000" else "111111"
    at_once(6, lambda: enter_by_code(ledger, "libao@haian.example", wrong))
    assert enter_by_code(ledger, "libao@haian.example", code) is None


def test_tries_at_the_same_moment_are_all_counted(on_monday: Town) -> None:
    said = at_once(8, lambda: throttled(on_monday.ledger, "x", most=3, seconds=60))
    assert sorted(said) == [False] * 3 + [True] * 5
