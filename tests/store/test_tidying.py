"""What is cleared away, and what is not: to the second, and never a record."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Table

from duban.calendars import to_micros
from duban.intake.attachments import Attached
from duban.ledger import admission as a
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.services import accounts, keys
from duban.services.addresses import Address
from duban.services.deciding import decide
from duban.services.drafting import save_form
from duban.services.tidying import (
    BATCH,
    LEFT,
    Tidied,
    tidy,
    tidy_codes,
    tidy_counts,
    tidy_drafts,
    tidy_mails,
    tidy_requests,
    tidy_sessions,
)
from duban.services.watching import standings
from tests.support.town import HAIAN, Town, at

NOW = at("2018-12-20 03:00")
SECOND = timedelta(seconds=1)
PDF = Attached("sealed-page", "盖章.pdf", b"%PDF-1.4\n1")


def put(town: Town, table: Table, *rows: dict[str, object]) -> None:
    with town.ledger.write() as w:
        w.conn.execute(table.insert(), list(rows))


def session(digest: str, until: datetime) -> dict[str, object]:
    return {
        "digest": digest, "login": "jicha", "contact": None, "campaign": "", "unit": "", "generation": 0,
        "made_at": 0, "seen_at": 0, "until": to_micros(until),
    }  # fmt: skip


@pytest.fixture
def staffed(deployed: Town) -> Town:
    deployed.ledger.set_clock(at("2018-09-06 09:00"))
    accounts.make_account(deployed.ledger, "jicha", "稽查科", "correct horse battery", "test")
    deployed.ledger.set_clock(NOW)
    return deployed


def test_sessions_go_when_they_have_run_out_however_many_there_are(staffed: Town) -> None:
    put(staffed, a.session, *(session(f"{n:04d}", NOW) for n in range(2 * BATCH + 1)))
    put(staffed, a.session, session("kept", NOW + SECOND))
    assert tidy_sessions(staffed.ledger, NOW) == 2 * BATCH + 1
    assert staffed.count(a.session) == staffed.count(a.session, a.session.c.digest == "kept") == 1


def test_codes_go_at_their_end_and_counts_after_a_day(staffed: Town) -> None:
    with staffed.ledger.read() as conn:
        one, other = conn.scalars(t.contact.select().with_only_columns(t.contact.c.id).limit(2)).all()
    about = {"digest": "x", "tries": 0, "made_at": 0}
    put(staffed, a.code, about | {"contact": one, "until": to_micros(NOW)},
        about | {"contact": other, "until": to_micros(NOW + SECOND)})  # fmt: skip
    assert tidy_codes(staffed.ledger, NOW) == 1
    assert staffed.count(a.code, a.code.c.contact == other) == staffed.count(a.code) == 1
    yesterday = at("2018-12-19 03:00")
    put(staffed, a.throttle, {"name": "old", "since": to_micros(yesterday), "count": 3},
        {"name": "new", "since": to_micros(yesterday + SECOND), "count": 3})  # fmt: skip
    assert tidy_counts(staffed.ledger, NOW) == 1
    assert staffed.count(a.throttle, a.throttle.c.name == "new") == 1


def test_a_programs_requests_are_known_for_ninety_days(staffed: Town) -> None:
    key = keys.make_key(staffed.ledger, HAIAN, "haian", "系统", "test")
    with staffed.ledger.read() as conn:
        of = conn.scalar(a.api_key.select().with_only_columns(a.api_key.c.id))
    assert key
    past = at("2018-09-21 03:00")  # ninety days before: 10 + 31 + 30 + 19
    about = {"api_key": of, "request": "x", "receipt": "r"}
    put(staffed, a.answered, about | {"key": "old", "made_at": to_micros(past)},
        about | {"key": "new", "made_at": to_micros(past + SECOND)})  # fmt: skip
    assert tidy_requests(staffed.ledger, NOW) == 1
    assert staffed.count(a.answered, a.answered.c.key == "new") == 1


def test_mails_are_known_for_ninety_days_of_the_real_clock_and_until_they_are_answered(
    staffed: Town,
) -> None:
    past = staffed.ledger.clock() - timedelta(days=90)
    put(staffed, t.mail_seen,
        {"key": "old", "owner": "x", "until": to_micros(past - SECOND), "verdict": "accepted"},
        {"key": "new", "owner": "x", "until": to_micros(past + timedelta(hours=1)), "verdict": "accepted"},
        {"key": "open", "owner": "x", "until": to_micros(past - SECOND), "verdict": None})  # fmt: skip
    assert tidy_mails(staffed.ledger, NOW) == 1
    assert staffed.count(t.mail_seen, t.mail_seen.c.key == "old") == 0


def draft(town: Town, unit: str, period: str, when: str, duty: str = "monthly") -> None:
    to = Address(HAIAN, unit, duty, period)
    save_form(town.ledger, to, {"said": "旧"}, by="甲", files=[PDF], as_of=at(when))


def left(town: Town) -> set[tuple[str, str]]:
    with town.ledger.read() as conn:
        found = conn.execute(a.saved_form.select().with_only_columns(a.saved_form.c.obligation)).scalars()
        keys_ = {tuple(key.split("/")[2:4]) for key in found}
    assert town.count(a.saved_file) == len(keys_)
    return keys_


def test_a_draft_goes_a_month_after_it_was_left_where_nothing_can_be_sent_any_more(deployed: Town) -> None:
    """October's: haian's was accepted, libao's given up, nanmo's is overdue and could still be sent."""
    for unit in ("haian", "chengdong"):
        deployed.report(unit, "2018-10", "2018-11-01 09:00")
    for unit in ("haian", "libao", "nanmo"):
        draft(deployed, unit, "2018-10", "2018-11-20 03:00")
    draft(deployed, "chengdong", "2018-10", "2018-11-20 03:00:01")
    draft(deployed, "yazhou", "2018-11-19", "2018-11-19 03:00", duty="major-case")  # never reported
    deployed.decide("haian", "2018-10", "accept", "2018-12-19 09:00")
    deployed.decide("chengdong", "2018-10", "accept", "2018-12-19 09:00")
    deployed.decide("libao", "2018-10", "give-up", "2018-12-19 09:00")
    records = deployed.records()
    # 30 days before NOW is 20 November, 03:00: chengdong's was saved a second later
    assert tidy_drafts(deployed.ledger, NOW) == 2
    kept = {("nanmo", "2018-10"), ("chengdong", "2018-10"), ("yazhou", "2018-11-19")}
    assert left(deployed) == kept
    assert tidy_drafts(deployed.ledger, NOW) == 0
    assert tidy_drafts(deployed.ledger, NOW + SECOND) == 1
    # nanmo's still could, but not for ever
    assert tidy_drafts(deployed.ledger, at("2019-11-20 02:59")) == 1  # yazhou's, a year old on the 19th
    assert left(deployed) == {("nanmo", "2018-10")}
    assert tidy_drafts(deployed.ledger, at("2019-11-20 03:00")) == 1
    assert left(deployed) == set()
    assert deployed.records() == records


def test_when_a_campaign_is_over_its_drafts_go_a_month_later(deployed: Town) -> None:
    """Nothing of it is owed any more: every return that was due was given up."""
    over = at("2019-06-01 09:00")
    with deployed.ledger.read() as conn:
        owed = [s.owed for s in standings(conn, deployed.plan, Scope(HAIAN), over) if s.open]
    for o in owed[1:]:
        decide(deployed.ledger, Address.of(HAIAN, o), "give-up", by="jicha", reason="结束", as_of=over)
    draft(deployed, "yazhou", "2019-06-01", "2019-06-01 09:00", duty="major-case")  # never reported
    assert tidy_drafts(deployed.ledger, over + LEFT) == 0  # one return could still be sent, and any event
    last = Address.of(HAIAN, owed[0])
    decide(deployed.ledger, last, "give-up", by="jicha", reason="结束", as_of=over + LEFT)
    assert tidy_drafts(deployed.ledger, over + LEFT - SECOND) == 0
    assert tidy_drafts(deployed.ledger, over + LEFT) == 1
    assert left(deployed) == set()


def test_when_nothing_has_run_its_course_nothing_goes(staffed: Town) -> None:
    put(staffed, a.session, session("mine", NOW + SECOND))
    assert tidy(staffed.ledger, as_of=NOW) == Tidied(0, 0, 0, 0, 0, 0)
    assert staffed.count(a.session) == 1
