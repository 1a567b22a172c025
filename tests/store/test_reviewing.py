"""Review: superiors first, acceptances withdrawn, honest files recognised, more time asked for."""

from __future__ import annotations

from typing import Any

import pytest

from duban.errors import NotAllowed
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.rehearsal import PaperTransport
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide, needs_endorsement
from duban.services.delivering import deliver
from duban.services.deploying import deploy
from duban.services.requesting import Request, open_requests, request_extension
from duban.services.trail import trail
from duban.services.watching import standing_of
from duban.standing import DecisionKind, Standing
from tests.support.pier import DOOR
from tests.support.plans import changed
from tests.support.town import FIGURES, HAIAN, Town, at

MONTHLY = Address(HAIAN, "libao", "monthly", "2018-09")
UNDER_HAIAN = changed(
    ("units.csv", "libao,李堡镇分局,李堡分局,branches,,", "libao,李堡镇分局,李堡分局,branches,haian,")
)


def stands(town: Town, when: str, to: Address = MONTHLY) -> Standing:
    with town.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        return standing_of(conn, plan, to.obligation, at(when))


def refused(town: Town, when: str) -> None:
    receipt = town.report("libao", "2018-09", when, {**FIGURES, "cases_closed": "二"})
    assert not receipt.valid


def asked(town: Town, when: str, until: str, reason: str = "人员集中办案") -> Request:
    to, by = MONTHLY, "李堡分局"
    return request_extension(town.ledger, to, until=at(until), by=by, reason=reason, as_of=at(when))


def requests(town: Town, when: str) -> list[Request]:
    with town.ledger.read() as conn:
        return open_requests(conn, deployed_plan(conn, HAIAN), at(when))


def code_of(refusal: Any) -> str:
    return str(refusal.value.code)


# ---- acceptance ----------------------------------------------------------------------------------


def test_a_withdrawn_acceptance_lets_the_unit_send_again_and_needs_a_reason(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    deployed.decide("libao", "2018-09", "accept", "2018-10-02 09:00")
    later = deployed.report("libao", "2018-09", "2018-10-03 09:00", {**FIGURES, "clues": 10})
    assert later.valid
    assert stands(deployed, "2018-10-03 10:00").version == 1  # frozen
    with pytest.raises(NotAllowed) as without:
        decide(deployed.ledger, MONTHLY, "withdraw", by="jicha", reason=" ", as_of=at("2018-10-04 09:00"))
    assert code_of(without) == "reason-missing"
    after = deployed.decide("libao", "2018-09", "withdraw", "2018-10-04 09:00")
    assert (after.came_in, after.version, after.accepted) == ("received", 2, None)
    # What was seen on the 3rd is still seen on the 3rd.
    assert stands(deployed, "2018-10-03 10:00").came_in == "accepted"
    again = deployed.decide("libao", "2018-09", "accept", "2018-10-05 09:00")
    assert (again.came_in, again.version, again.on_time) == ("accepted", 2, True)


def test_only_an_acceptance_can_be_withdrawn(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    with pytest.raises(NotAllowed) as nothing:
        deployed.decide("libao", "2018-09", "withdraw", "2018-10-02 09:00")
    assert code_of(nothing) == "nothing-to-withdraw"


def test_who_has_looked_at_an_older_version_decides_nothing(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    deployed.report("libao", "2018-09", "2018-10-02 09:00", {**FIGURES, "clues": 10})
    with pytest.raises(NotAllowed) as moved:
        deployed.decide("libao", "2018-09", "accept", "2018-10-03 09:00", version=1)
    assert code_of(moved) == "version-moved"
    assert deployed.decide("libao", "2018-09", "accept", "2018-10-03 09:00", version=2).came_in == "accepted"


# ---- the superior looks first --------------------------------------------------------------------


def test_a_return_is_endorsed_by_the_superior_before_the_coordinator_accepts_it(town: Town) -> None:
    deploy(town.ledger, UNDER_HAIAN, reason="test", as_of=at("2018-09-06 08:30"))
    town.report("libao", "2018-09", "2018-10-01 09:00")
    with pytest.raises(NotAllowed) as early:
        town.decide("libao", "2018-09", "accept", "2018-10-02 09:00")
    assert (code_of(early), early.value.params["superior"]) == ("superior-reviews-first", "海安镇分局")
    endorsed = town.decide("libao", "2018-09", "endorse", "2018-10-02 10:00")
    assert (endorsed.came_in, endorsed.endorsed) == ("received", at("2018-10-02 10:00"))
    assert town.decide("libao", "2018-09", "accept", "2018-10-02 11:00").came_in == "accepted"


def test_a_new_version_has_to_be_endorsed_again(town: Town) -> None:
    deploy(town.ledger, UNDER_HAIAN, reason="test", as_of=at("2018-09-06 08:30"))
    town.report("libao", "2018-09", "2018-10-01 09:00")
    town.decide("libao", "2018-09", "endorse", "2018-10-02 10:00")
    town.report("libao", "2018-09", "2018-10-03 09:00", {**FIGURES, "clues": 10})
    assert stands(town, "2018-10-03 10:00").endorsed is None
    with pytest.raises(NotAllowed):
        town.decide("libao", "2018-09", "accept", "2018-10-03 11:00")


def test_nobody_endorses_where_there_is_no_superior_in_between(deployed: Town) -> None:
    assert needs_endorsement(deployed.plan, "monthly", "libao") is None
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    with pytest.raises(NotAllowed) as unasked:
        deployed.decide("libao", "2018-09", "endorse", "2018-10-02 09:00")
    assert code_of(unasked) == "no-endorsement-wanted"


# ---- recognised 认定 -----------------------------------------------------------------------------


def test_a_refused_but_honest_file_is_recognised_as_on_time(deployed: Town) -> None:
    refused(deployed, "2018-10-05 23:00")
    deployed.report("libao", "2018-09", "2018-10-06 09:00")
    assert not stands(deployed, "2018-10-06 10:00").on_time
    after = deployed.decide("libao", "2018-09", "recognise", "2018-10-06 10:00")
    assert (after.came_in, after.on_time) == ("received", True)


def test_a_file_refused_after_the_deadline_stays_late_when_recognised(deployed: Town) -> None:
    refused(deployed, "2018-10-06 00:00")
    deployed.report("libao", "2018-09", "2018-10-06 09:00")
    assert not deployed.decide("libao", "2018-09", "recognise", "2018-10-06 10:00").on_time


def test_recognition_alone_meets_nothing(deployed: Town) -> None:
    refused(deployed, "2018-10-05 23:00")
    after = deployed.decide("libao", "2018-09", "recognise", "2018-10-06 10:00")
    assert (after.came_in, after.on_time, after.open) == ("refused", False, True)


def test_what_was_never_refused_cannot_be_recognised(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    with pytest.raises(NotAllowed) as nothing:
        deployed.decide("libao", "2018-09", "recognise", "2018-10-02 09:00")
    assert code_of(nothing) == "nothing-to-recognise"


# ---- more time -----------------------------------------------------------------------------------


def test_a_request_waits_until_it_is_granted(deployed: Town) -> None:
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    (request,) = requests(deployed, "2018-10-04 10:00")
    assert (request.unit, request.until, request.reason) == ("libao", at("2018-10-11"), "人员集中办案")
    assert stands(deployed, "2018-10-04 10:00").due_at == at("2018-10-06")  # it moves nothing by itself
    deployed.decide("libao", "2018-09", "extend", "2018-10-05 09:00", until=at("2018-10-10"))
    assert requests(deployed, "2018-10-05 10:00") == []
    assert [r.id for r in requests(deployed, "2018-10-04 10:00")] == [request.id]  # as of then


def test_a_refused_request_leaves_the_deadline_and_may_be_made_again(deployed: Town) -> None:
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    after = deployed.decide("libao", "2018-09", "refuse", "2018-10-05 09:00")
    assert after.due_at == at("2018-10-06")
    assert requests(deployed, "2018-10-05 10:00") == []
    with pytest.raises(NotAllowed) as nothing:
        deployed.decide("libao", "2018-09", "refuse", "2018-10-05 11:00")
    assert code_of(nothing) == "nothing-requested"
    second = asked(deployed, "2018-10-05 12:00", "2018-10-09")
    assert [r.id for r in requests(deployed, "2018-10-05 13:00")] == [second.id]


def test_a_later_request_takes_the_place_of_an_open_one(deployed: Town) -> None:
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    second = asked(deployed, "2018-10-04 10:00", "2018-10-09")
    assert [r.id for r in requests(deployed, "2018-10-04 11:00")] == [second.id]


@pytest.mark.parametrize(
    ("until", "reason", "code"),
    [
        ("2018-10-06", "忙", "extension-not-later"),  # the due time itself
        ("2018-10-11", "  ", "reason-missing"),
    ],
)
def test_a_request_names_a_later_day_and_a_reason(deployed: Town, until: str, reason: str, code: str) -> None:
    with pytest.raises(NotAllowed) as refusal:
        asked(deployed, "2018-10-04 09:00", until, reason)
    assert code_of(refusal) == code


def test_a_request_made_in_the_very_instant_of_an_answer_is_a_new_one(deployed: Town) -> None:
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    deployed.decide("libao", "2018-09", "refuse", "2018-10-04 09:00")
    second = asked(deployed, "2018-10-04 09:00", "2018-10-09")
    assert [r.id for r in requests(deployed, "2018-10-04 09:00")] == [second.id]
    deployed.decide("libao", "2018-09", "extend", "2018-10-04 09:00", until=at("2018-10-09"))
    assert requests(deployed, "2018-10-04 09:00") == []


def test_a_request_about_what_an_amendment_drops_is_gone_and_stops_no_message(deployed: Town) -> None:
    to, now = Address(HAIAN, "libao", "monthly", "2018-12"), at("2018-10-08 09:00")
    request_extension(deployed.ledger, to, until=at("2019-02-01"), by="李堡分局", reason="忙", as_of=now)
    shorter = changed(("plan.yaml", "last: 2018-12", "last: 2018-10"))
    deploy(deployed.ledger, shorter, reason="缩短", as_of=at("2018-10-08 09:01"))
    paper = PaperTransport()
    assert deployed.deliver(paper, "2018-10-08 09:05").withdrawn == 1
    assert requests(deployed, "2018-10-08 09:05") == []
    assert len(requests(deployed, "2018-10-08 09:00")) == 1  # as of then


def test_more_time_cannot_be_asked_for_what_is_done(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    with pytest.raises(NotAllowed) as refusal:
        asked(deployed, "2018-10-04 09:00", "2018-10-11")
    assert code_of(refusal) == "already-met"


# ---- what goes at once ---------------------------------------------------------------------------


def subjects(paper: PaperTransport) -> list[tuple[str, str]]:
    return [(p.address, p.subject) for p in paper.parcels]


def test_a_return_is_told_at_once_with_its_reason_and_its_day(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    deployed.decide("libao", "2018-09", "return", "2018-10-02 22:00", until=at("2018-10-09"))
    paper = PaperTransport()
    deployed.deliver(paper, "2018-10-02 22:05")  # at night: it does not wait for the morning
    assert subjects(paper) == [
        (
            "libao@haian.example",
            "【药品净网2018】2018年9月专项行动情况月报已退回，请于10月8日（周一）24时前重报",
        )
    ]
    assert "理由：test" in paper.parcels[0].plain
    deployed.deliver(paper, "2018-10-02 22:10")
    assert len(paper.parcels) == 1


def test_a_return_that_was_answered_before_the_message_left_is_not_told(deployed: Town) -> None:
    deployed.report("libao", "2018-09", "2018-10-01 09:00")
    deployed.decide("libao", "2018-09", "return", "2018-10-02 09:00", until=at("2018-10-09"))
    deployed.report("libao", "2018-09", "2018-10-02 09:02", {**FIGURES, "clues": 10})
    paper = PaperTransport()
    assert deployed.deliver(paper, "2018-10-02 09:05").withdrawn == 1
    assert paper.parcels == []


def test_a_request_is_told_to_the_coordinator_and_its_refusal_to_the_unit(deployed: Town) -> None:
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    paper = PaperTransport()
    deployed.deliver(paper, "2018-10-04 09:05")
    deployed.decide("libao", "2018-09", "refuse", "2018-10-05 09:00")
    deployed.deliver(paper, "2018-10-05 09:05")
    assert subjects(paper) == [
        ("jicha@haian.example", "【药品净网2018】李堡镇分局申请延期报送2018年9月专项行动情况月报"),
        ("libao@haian.example", "【药品净网2018】2018年9月专项行动情况月报的延期申请未获同意"),
    ]
    assert "延至10月10日（周三）24时前，请答复" in paper.parcels[0].plain
    assert "仍请于10月5日（周五）24时前报送" in paper.parcels[1].plain


def test_requests_of_several_units_are_counted_by_unit_and_answered_where_the_link_leads(
    deployed: Town,
) -> None:
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    request_extension(
        deployed.ledger, Address(HAIAN, "yazhou", "monthly", "2018-09"), until=at("2018-10-11"),
        by="雅周分局", reason="核对数据", as_of=at("2018-10-04 09:01"),
    )  # fmt: skip
    paper = PaperTransport()
    deliver(deployed.ledger, paper, deployed.texts, owner="deliver", door=DOOR, as_of=at("2018-10-04 09:05"))
    assert subjects(paper) == [("jicha@haian.example", "【药品净网2018】2个单位申请延期，请答复")]
    (mail,) = paper.parcels
    assert "药品净网2018延期申请（须登录）：https://duban.example/c/haian-2018/requests\n" in mail.plain
    assert 'href="https://duban.example/c/haian-2018/requests"' in mail.html


@pytest.mark.parametrize("answer", ["extend", "refuse"])
def test_the_answer_to_a_request_is_not_told_to_who_has_reported_before_it_left(
    deployed: Town, answer: DecisionKind
) -> None:
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    until = at("2018-10-11") if answer == "extend" else None
    deployed.decide("libao", "2018-09", answer, "2018-10-05 09:00", until=until)
    deployed.report("libao", "2018-09", "2018-10-05 09:02")
    paper = PaperTransport()
    assert deployed.deliver(paper, "2018-10-05 09:05").withdrawn >= 1
    assert [p for p in paper.parcels if p.address == "libao@haian.example"] == []


def test_several_returns_to_one_unit_come_as_one_message(deployed: Town) -> None:
    for period, when in (("2018-09", "2018-10-01 09:00"), ("2018-10", "2018-11-01 09:00")):
        deployed.report("libao", period, when)
    for period in ("2018-09", "2018-10"):
        deployed.decide("libao", period, "return", "2018-11-02 09:00", until=at("2018-11-09"))
    paper = PaperTransport()
    deployed.deliver(paper, "2018-11-02 09:05")
    assert [p.subject.endswith("重报等2项") for p in paper.parcels] == [True]
    assert paper.parcels[0].plain.count("已退回") == 2


# ---- the trail -----------------------------------------------------------------------------------


def test_the_trail_tells_every_step_in_order_and_the_journal_holds(deployed: Town) -> None:
    refused(deployed, "2018-10-03 09:00")
    asked(deployed, "2018-10-04 09:00", "2018-10-11")
    deployed.decide("libao", "2018-09", "extend", "2018-10-05 09:00", until=at("2018-10-10"))
    deployed.report("libao", "2018-09", "2018-10-08 09:00")
    deployed.decide("libao", "2018-09", "accept", "2018-10-09 09:00")
    deployed.decide("libao", "2018-09", "withdraw", "2018-10-10 09:00")
    with deployed.ledger.read() as conn:
        plan = deployed_plan(conn, HAIAN)
        steps = trail(conn, plan, MONTHLY.obligation, at("2018-10-10 09:00"))
        until_the_8th = trail(conn, plan, MONTHLY.obligation, at("2018-10-08 10:00"))
        assert verify(conn, HAIAN).broken_at is None
    done = [(s.kind, s.version, s.valid) for s in steps if s.kind != "message"]
    assert done == [
        ("submission", 1, False), ("request", None, True), ("extend", None, True), ("submission", 2, True),
        ("accept", 2, True), ("withdraw", 2, True),
    ]  # fmt: skip
    assert [s.reason for s in steps if s.kind == "message"] == ["request", "extend", "withdraw"]
    assert [s for s in steps if s.at <= at("2018-10-08 10:00")] == until_the_8th
    assert deployed.count(t.request) == 1
