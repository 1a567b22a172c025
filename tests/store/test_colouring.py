"""Three colours in the ledger: one after another, whatever happens to the runs, the plan or the due time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from duban.errors import NotAllowed
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.rehearsal import rehearse
from duban.rendering import renderer
from duban.services.approving import answer
from duban.services.calling import call_list
from duban.services.campaigns import deployed_plan
from duban.services.chasing import Said, decide_messages
from duban.services.colouring import propose_by_hand
from duban.services.proposing import Proposal
from duban.settings import Settings
from tests.support import colours as c
from tests.support.colours import DECEMBER, OCTOBER, approve, coloured, key, kinds, only, said, told, waiting
from tests.support.town import HAIAN, Town, at

HEAD, LIAISON = "head-libao@haian.example", "libao@haian.example"
FOR_BRANCHES = "{for: 各分局, blue: 3, orange: 7, red: 14, origin: coordinator}"


@pytest.fixture
def owing(town: Town) -> Iterator[Town]:
    """Only Libao owes October's return."""
    only(town, "libao")
    yield town
    with town.ledger.read() as conn:
        for journal in (HAIAN, "*"):
            assert verify(conn, journal).broken_at is None


def until(town: Town, *days: str) -> None:
    for day in days:
        told(town, f"{day} 08:30")


def test_each_colour_is_said_on_its_day(owing: Town) -> None:
    until(owing, "2018-11-06")
    assert told(owing, "2018-11-08 08:30") == {
        LIAISON: ["【药品净网2018】蓝色督办：2018年10月专项行动情况月报逾期未报，请尽快补报"],
    }  # fmt: skip
    until(owing, "2018-11-12")
    approve(owing, "2018-11-12 10:00", role="coordinator")
    assert told(owing, "2018-11-12 10:05", run=False) == {
        HEAD: ["【药品净网2018】橙色督办函：李堡镇分局2018年10月专项行动情况月报逾期未报"],
    }  # fmt: skip
    assert "fenguan@haian.example" not in told(owing, "2018-11-16 08:30")
    assert told(owing, "2018-11-19 08:30") == {
        c.CHIEF: ["【药品净网2018】请批准：红色督办　李堡镇分局　2018年10月专项行动情况月报"],
    }  # fmt: skip
    approve(owing, "2018-11-19 09:00")
    assert list(told(owing, "2018-11-19 09:05", run=False)) == [c.LEADER]
    assert said(owing, "libao") == [
        ("blue", "2018-11-08"), ("orange", "2018-11-12"), ("red", "2018-11-19"),
    ]  # fmt: skip
    assert told(owing, "2018-12-28 08:30").keys().isdisjoint({HEAD, c.LEADER, c.CHIEF})


def test_of_blue_and_a_chase_on_one_morning_only_blue_is_said(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08")
    m = t.message.c
    mine = select(m.kind, m.days, m.verdict).where(m.obligation == key("libao"), m.days == 3)
    with owing.ledger.read() as conn:
        found = {tuple(r) for r in conn.execute(mine)}
    assert found == {("chase", 3, "superseded"), ("blue", 3, "send")}


def test_a_run_says_how_many_it_said_and_proposed_and_the_next_one_nothing(owing: Town) -> None:
    until(owing, "2018-11-06")

    def run(when: str) -> Said:
        return decide_messages(owing.ledger, HAIAN, as_of=at(when))

    assert run("2018-11-08 08:30") == Said(blue=1, superseded=1)
    assert run("2018-11-08 08:30") == Said()
    assert run("2018-11-12 08:30") == Said(chase=1, proposed=1)
    assert run("2018-11-12 08:31") == Said()
    assert Said(blue=1, proposed=1).sent == 1


def test_after_a_month_of_downtime_the_first_colour_is_said_and_none_skipped(owing: Town) -> None:
    until(owing, "2018-11-06")
    # Every colour's day has passed on Monday 10 December. Libao has also owed November's since the 5th.
    until(owing, "2018-12-10")
    assert said(owing, "libao") == [("blue", "2018-12-10")]
    assert waiting(owing, "2018-12-10 12:00") == []
    # Four days later is Friday the 14th; orange answered then, red seven days later, on the 21st.
    until(owing, "2018-12-11", "2018-12-12", "2018-12-13")
    assert [x.period for x in waiting(owing, "2018-12-13 12:00")] == []
    until(owing, "2018-12-14")
    assert (OCTOBER, "orange") in [(x.period, x.kind) for x in waiting(owing, "2018-12-14 12:00")]


def test_what_waits_leaves_nothing_to_look_at(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-26")
    assert said(owing, "libao") == [("blue", "2018-11-26")]
    assert c.moments(owing, "libao")["orange"] == (at("2018-11-30 08:30"), False)
    before = owing.records()
    until(owing, "2018-11-27")
    assert owing.records() == before  # no write, no message
    until(owing, "2018-11-30")
    approve(owing, "2018-12-04 11:00", role="coordinator")
    # Red seven days after Tuesday 4 December, though its own day was 19 November.
    assert c.moments(owing, "libao")["red"] == (at("2018-12-11 08:30"), False)


def test_red_waits_for_orange_without_busy_work_and_follows_a_late_approval(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12", "2018-11-15", "2018-11-19")
    assert c.moments(owing, "libao")["red"][1]  # its day came while orange had no answer
    assert kinds(waiting(owing, "2018-11-19 12:00")) == [("libao", "orange")]
    approve(owing, "2018-11-28 15:00", role="coordinator")
    until(owing, "2018-11-29", "2018-12-04")
    assert [x.kind for x in waiting(owing, "2018-12-04 12:00") if x.period == OCTOBER] == []
    until(owing, "2018-12-05")
    assert kinds(waiting(owing, "2018-12-05 12:00")) == [("libao", "red")]


def test_a_refused_orange_is_not_proposed_again_and_no_red_follows(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12")
    approve(owing, "2018-11-12 10:00", role="coordinator", verdict="return", reason="已电话说明")
    until(owing, "2018-11-13", "2018-11-19", "2018-11-30")
    assert waiting(owing, "2018-11-30 12:00") == []
    assert said(owing, "libao") == [("blue", "2018-11-08")]


def test_nothing_more_is_said_once_the_return_is_in(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08")
    owing.report("libao", OCTOBER, "2018-11-09 09:00")
    until(owing, "2018-11-12", "2018-11-19")
    assert waiting(owing, "2018-11-19 12:00") == []
    assert said(owing, "libao") == [("blue", "2018-11-08")]


def test_what_was_proposed_falls_off_when_the_return_comes_in(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12")
    owing.report("libao", OCTOBER, "2018-11-12 09:00")
    assert waiting(owing, "2018-11-12 09:01") == []


def test_an_approved_letter_is_withdrawn_when_the_return_comes_before_it_leaves(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12")
    approve(owing, "2018-11-12 09:00", role="coordinator")
    owing.report("libao", OCTOBER, "2018-11-12 09:01")
    assert told(owing, "2018-11-12 09:02", run=False) == {}


def test_an_extension_between_orange_and_red_begins_with_blue_again(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12")
    approve(owing, "2018-11-12 10:00", role="coordinator")
    # Until the end of Friday 16 November: blue is Monday the 19th, orange Friday the 23rd.
    owing.decide("libao", OCTOBER, "extend", "2018-11-13 09:00", until=at("2018-11-17 00:00"))
    until(owing, "2018-11-14", "2018-11-15", "2018-11-16")
    assert len(said(owing, "libao")) == 2
    until(owing, "2018-11-19", "2018-11-20", "2018-11-21", "2018-11-22")
    assert said(owing, "libao")[2:] == [("blue", "2018-11-19")]
    assert waiting(owing, "2018-11-22 12:00") == []
    until(owing, "2018-11-23")
    assert kinds(waiting(owing, "2018-11-23 12:00")) == [("libao", "orange")]
    assert waiting(owing, "2018-11-23 12:00")[0].due_at == at("2018-11-17 00:00")


def test_a_returned_report_is_escalated_for_the_time_to_answer_by(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08")
    owing.report("libao", OCTOBER, "2018-11-09 09:00")
    until(owing, "2018-11-12")
    owing.decide("libao", OCTOBER, "return", "2018-11-12 09:00", until=at("2018-11-15 00:00"))
    # Blue three days after Wednesday the 14th is Saturday: Monday the 19th.
    until(owing, "2018-11-13", "2018-11-15", "2018-11-16", "2018-11-19")
    assert said(owing, "libao") == [("blue", "2018-11-08"), ("blue", "2018-11-19")]


@pytest.mark.parametrize("rule", ["", FOR_BRANCHES])
def test_what_was_due_keeps_its_colours_under_an_amended_plan(owing: Town, rule: str) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12")
    c.put_in_force(owing, "2018-11-12 09:00", coloured(rule))
    approve(owing, "2018-11-12 10:00", role="coordinator")
    until(owing, "2018-11-15", "2018-11-19")
    (red,) = waiting(owing, "2018-11-19 12:00")
    # Who approves is as the plan said when it fell due: neither amendment leaves red to the leader.
    assert (red.kind, red.approver) == ("red", "leader")


def test_what_falls_due_after_colours_were_switched_off_has_none(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08")
    c.put_in_force(owing, "2018-11-09 09:00", coloured(""))
    c.others_report(owing, "libao", period="2018-11", when="2018-12-05 09:00")
    until(owing, "2018-12-06", "2018-12-10", "2018-12-12")
    assert said(owing, "libao", "2018-11") == []


def test_colours_that_an_amendment_switches_on_begin_with_what_is_not_due_yet(town: Town) -> None:
    only(town, "libao", bundle=coloured(""))
    until(town, "2018-11-06")
    c.put_in_force(town, "2018-11-07 09:00", coloured())
    until(town, "2018-11-08", "2018-11-12", "2018-11-19")
    assert said(town, "libao") == []
    # November's is due on Wednesday 5 December: blue on Monday the 10th, since the 8th is a Saturday.
    c.others_report(town, "libao", period="2018-11", when="2018-12-05 09:00")
    until(town, "2018-12-06", "2018-12-10")
    assert said(town, "libao", "2018-11") == [("blue", "2018-12-10")]


def test_an_amendment_between_two_colours_changes_nothing(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12", "2018-11-19")
    before = c.moments(owing, "libao")
    c.put_in_force(owing, "2018-11-19 09:00", coloured(chase="[1, 3, 8]"))
    assert c.moments(owing, "libao") == before
    until(owing, "2018-11-20")
    assert kinds(waiting(owing, "2018-11-20 12:00")) == [("libao", "orange")]


def test_colours_go_on_over_the_turn_of_a_year(town: Town) -> None:
    only(town, "libao")
    c.others_report(town, period="2018-11", when="2018-12-03 09:00")
    town.report("libao", OCTOBER, "2018-12-03 10:00")
    # December's return is due on Saturday 5 January 2019. Blue on Tuesday the 8th, orange on Monday the 14th
    # (the 12th is a Saturday), red seven days later.
    c.others_report(town, "libao", period=DECEMBER, when="2019-01-03 09:00")
    until(town, "2019-01-07", "2019-01-08", "2019-01-11")
    assert said(town, "libao", DECEMBER) == [("blue", "2019-01-08")]
    until(town, "2019-01-14")
    approve(town, "2019-01-14 09:00", role="coordinator")
    until(town, "2019-01-18")
    assert waiting(town, "2019-01-18 12:00") == []
    until(town, "2019-01-21")
    assert kinds(waiting(town, "2019-01-21 12:00")) == [("libao", "red")]


def test_a_crash_before_the_end_of_a_run_leaves_nothing_half_done(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08")
    before = (owing.records(), c.moments(owing, "libao"))
    with owing.ledger.trial() as trial:  # what a run writes that is never committed
        assert decide_messages(trial, HAIAN, as_of=at("2018-11-12 08:30")).proposed == 1
    assert (owing.records(), c.moments(owing, "libao")) == before
    until(owing, "2018-11-12")
    assert kinds(waiting(owing, "2018-11-12 09:00")) == [("libao", "orange")]


def test_two_workers_at_once_propose_once(url: str, town: Town) -> None:
    only(town, "libao", "qutang", "dagong")
    until(town, "2018-11-06", "2018-11-08")

    def run(_: int) -> Said:
        with closing(open_ledger(url, kind="virtual")) as ledger:
            return decide_messages(ledger, HAIAN, as_of=at("2018-11-12 08:30"))

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, range(2)))
    assert sorted(x.proposed for x in found) == [0, 3]
    assert town.count(t.proposal) == 3


def test_a_partner_is_asked_and_not_supervised(town: Town) -> None:
    only(town, "yazhou")
    until(town, "2018-11-06")
    found = c.parcels(town, "2018-11-08 08:30")
    until(town, "2018-11-12")
    approve(town, "2018-11-12 10:00", role="coordinator")
    found += c.parcels(town, "2018-11-12 10:05", run=False)
    until(town, "2018-11-19")
    approve(town, "2018-11-19 10:00")
    found += c.parcels(town, "2018-11-19 10:05", run=False)
    assert [p.address for p in found] == ["yazhou@haian.example", "head-yazhou@haian.example", c.LEADER]
    for parcel in found:
        assert "商请" in parcel.subject
        assert "商请" in parcel.plain
        assert "督办" not in parcel.subject + parcel.plain + parcel.html


def test_a_letter_tells_what_was_owed_said_and_is_asked(town: Town) -> None:
    c.put_in_force(town)
    c.others_report(town, period="2018-09", when="2018-10-05 09:00")
    until(town, "2018-10-31")
    c.others_report(town, "libao")
    until(town, "2018-11-02", "2018-11-06", "2018-11-08", "2018-11-12")
    approve(town, "2018-11-12 10:00", role="coordinator")
    (letter,) = c.parcels(town, "2018-11-12 10:05", run=False)
    told_ = letter.plain
    assert "李堡镇分局负责人：" in told_
    assert "应于2018年11月5日（周一）24时前报稽查科，已逾期7天" in told_
    assert "此前：10月31日、11月2日提醒；11月6日、11月12日催报；11月8日蓝色督办" in told_
    # Red follows on Monday the 19th.
    assert "于11月16日（周五）24时前补报" in told_


def test_a_letter_names_nothing_that_did_not_arrive(owing: Town) -> None:
    owing.run("2018-11-06 08:30")  # decided and never sent
    until(owing, "2018-11-08", "2018-11-12")
    approve(owing, "2018-11-12 10:00", role="coordinator")
    (letter,) = c.parcels(owing, "2018-11-12 10:05", run=False)
    assert "11月6日" not in letter.plain


def test_two_returns_of_a_unit_are_one_letter_and_two_units_two(town: Town) -> None:
    c.put_in_force(town)
    c.others_report(town, "libao", "dagong", period="2018-09", when="2018-10-05 09:00")
    c.others_report(town, "libao")
    # Libao owes September's and October's: both are blue when runs begin again on 8 November, Dagong one.
    until(town, "2018-11-08", "2018-11-12")
    for proposal in waiting(town, "2018-11-12 09:00"):
        answer(
            town.ledger, HAIAN, proposal.id, "approve", by="x", role="leader", as_of=at("2018-11-12 09:00")
        )
    found = told(town, "2018-11-12 09:05", run=False)
    assert found == {
        HEAD: ["【药品净网2018】橙色督办函：李堡镇分局2018年9月专项行动情况月报等2项逾期未报"],
        "head-dagong@haian.example": [
            "【药品净网2018】橙色督办函：大公镇分局2018年9月专项行动情况月报逾期未报"
        ],
    }  # fmt: skip


def test_the_liaison_is_told_with_the_next_chase_that_a_letter_has_gone(town: Town) -> None:
    only(town, "libao", bundle=coloured(chase="[1, 3, 9]"))
    until(town, "2018-11-06", "2018-11-08", "2018-11-12")
    approve(town, "2018-11-12 10:00", role="coordinator")
    (chase,) = [p for p in c.parcels(town, "2018-11-14 08:30") if p.address == LIAISON]
    assert "橙色督办函已送负责人。" in chase.plain
    assert "橙色督办函已送负责人。" in chase.html


def by_hand(town: Town, unit: str, when: str, reason: str = "群众反映强烈") -> Proposal:
    """The coordinator proposes a unit's next colour."""
    return propose_by_hand(town.ledger, c.to(unit), by="稽查科", reason=reason, as_of=at(when))


def test_the_coordinator_may_propose_the_next_colour_early_and_never_skip_one(owing: Town) -> None:
    until(owing, "2018-11-06")
    with pytest.raises(NotAllowed, match="blue-first"):
        by_hand(owing, "libao", "2018-11-07 09:00")
    until(owing, "2018-11-08")
    made = by_hand(owing, "libao", "2018-11-09 09:00")
    (laid,) = waiting(owing, "2018-11-09 09:01")
    assert (laid.id, laid.kind, laid.by) == (made.id, "orange", "稽查科")
    assert made.content["reason"] == "群众反映强烈"
    with pytest.raises(NotAllowed, match="already-proposed"):
        by_hand(owing, "libao", "2018-11-09 09:02")
    approve(owing, "2018-11-09 10:00", role="coordinator")
    until(owing, "2018-11-12")  # orange's own day: it has been said
    assert waiting(owing, "2018-11-12 12:00") == []
    assert c.moments(owing, "libao")["red"] == (at("2018-11-19 08:30"), False)


def test_a_refused_colour_may_be_proposed_again_by_hand(owing: Town) -> None:
    until(owing, "2018-11-06", "2018-11-08", "2018-11-12")
    approve(owing, "2018-11-12 10:00", role="coordinator", verdict="return", reason="已电话说明")
    by_hand(owing, "libao", "2018-11-20 09:00")
    approve(owing, "2018-11-20 10:00", role="coordinator")
    assert said(owing, "libao")[1:] == [("orange", "2018-11-20")]
    until(owing, "2018-11-27")
    assert kinds(waiting(owing, "2018-11-27 12:00")) == [("libao", "red")]


def test_what_is_not_owed_or_all_said_is_not_proposed_by_hand(owing: Town) -> None:
    with pytest.raises(NotAllowed, match="not-overdue"):
        by_hand(owing, "haian", "2018-11-09 09:00")
    until(owing, "2018-11-12", "2018-11-16")
    approve(owing, "2018-11-16 10:00", role="coordinator")
    by_hand(owing, "libao", "2018-11-16 11:00")
    approve(owing, "2018-11-16 12:00")
    with pytest.raises(NotAllowed, match="reason-missing"):
        by_hand(owing, "libao", "2018-11-16 13:00", " ")
    with pytest.raises(NotAllowed, match="no-colour-left"):
        by_hand(owing, "libao", "2018-11-16 13:00")


def test_a_unit_that_colours_are_not_meant_for_has_none(town: Town) -> None:
    only(town, "libao", "dagong", bundle=coloured("{for: 大公分局, blue: 3, origin: coordinator}"))
    until(town, "2018-11-06", "2018-11-08")
    assert (said(town, "libao"), said(town, "dagong")) == ([], [("blue", "2018-11-08")])


def test_the_telephone_list_marks_what_a_letter_went_out_about(owing: Town) -> None:
    def marked(when: str) -> bool:
        with owing.ledger.read() as conn:
            (call,) = call_list(conn, deployed_plan(conn, HAIAN), at(when))
        return call.escalated

    until(owing, "2018-11-06", "2018-11-08", "2018-11-12")
    assert not marked("2018-11-12 09:00")
    approve(owing, "2018-11-12 10:00", role="coordinator")
    assert marked("2018-11-12 10:01")


def test_a_plan_with_colours_is_rehearsed_up_to_what_a_person_would_approve(tmp_path: Path) -> None:
    for name, text in coloured().files:
        (tmp_path / "plan" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plan" / name).write_text(text, "utf-8")
    settings = Settings(var=tmp_path / "var", ledger_url="")
    played = rehearse(settings, str(tmp_path / "plan"), renderer())
    lines = [line.text for day in played.days for line in day.lines]
    assert any("】蓝色督办：" in line for line in lines)
    assert any("】请批准：橙色" in line for line in lines)
    assert not any("督办函" in line for line in lines)
