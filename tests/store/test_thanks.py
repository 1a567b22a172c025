"""Thanks when a campaign is closed: drafted once, approved by a person, told to all."""

from __future__ import annotations

from duban.services.announcing import decide_announcements
from duban.services.approving import answer
from duban.services.campaigns import deployed_plan
from duban.services.deciding import decide
from duban.services.proposing import Proposal, proposals
from duban.services.receiving import Address
from duban.services.thanking import Thanks, thanks_of
from tests.support.announcing import Edit, Listener, circular, put, speaking, to, told
from tests.support.town import BRANCHES, FIGURES, HAIAN, Town, at

SHORT: Edit = ("plan.yaml", "last: 2018-12", "last: 2018-10")
"""Two returns a branch, for September and for October, due on 5 October and on 5 November."""
COMMENDED = Address(HAIAN, "jicha", "commendation", "")
CLOSED = "2019-01-02 08:30"
"""The first working morning after the last day, 31 December; New Year's Day is off."""


def announced(town: Town, when: str) -> int:
    return decide_announcements(town.ledger, HAIAN, as_of=at(when))


def drafts(town: Town, when: str) -> list[Proposal]:
    with town.ledger.read() as conn:
        return proposals(conn, deployed_plan(conn, HAIAN), at(when))


def lived(town: Town, *edits: Edit) -> None:
    """Chengdong files more cases than the others, libao is late once, baidian gives one return up; the
    office's list of commendations is given up as well."""
    put(town, speaking(SHORT, *edits, messages="thanks: true"), "2018-09-06 08:30")
    more = FIGURES | {"cases_filed": 9, "cases_closed": 2, "cases_open": 7}
    for unit in BRANCHES:
        town.report(unit, "2018-09", "2018-10-04 09:00", more if unit == "chengdong" else FIGURES)
    for unit in BRANCHES:
        if unit not in ("libao", "baidian"):
            same = {"cases_open": 9} if unit == "chengdong" else {"cases_open": 4}
            town.report(unit, "2018-10", "2018-11-05 09:00", FIGURES | same)
    town.report("libao", "2018-10", "2018-11-07 09:00")
    town.decide("baidian", "2018-10", "give-up", "2018-12-03 09:00")


def give_up_the_list(town: Town) -> None:
    decide(town.ledger, COMMENDED, "give-up", by="jicha", reason="另行上报", as_of=at("2018-12-28 09:00"))


def thanks(town: Town) -> Thanks:
    return thanks_of(drafts(town, CLOSED)[0].content)


def test_it_is_drafted_once_when_nothing_is_owed_any_more(town: Town) -> None:
    lived(town)
    assert announced(town, "2018-12-27 08:30") == 0
    give_up_the_list(town)
    # Nothing is owed, and the campaign still lasts.
    assert announced(town, "2018-12-29 08:30") == 0
    assert announced(town, CLOSED) == 1
    assert announced(town, "2019-01-03 08:30") == 0
    assert [p.kind for p in drafts(town, CLOSED)] == ["thanks"]
    assert told(town, "approve") == ["coordinator"]


def test_it_waits_for_what_is_still_owed(town: Town) -> None:
    lived(town)
    assert announced(town, CLOSED) == 0


def test_its_figures_are_those_of_the_whole_campaign(town: Town) -> None:
    lived(town)
    give_up_the_list(town)
    announced(town, CLOSED)
    found = thanks(town)
    # Ten branches with two returns each, one of them given up and one of them late.
    assert (found.expected, found.met, found.on_time) == (20, 19, 18)
    assert {r.unit: (r.expected, r.met, r.on_time) for r in found.rows if r.expected} == {
        u: (2, 2, 1) if u == "libao" else (2, 1, 1) if u == "baidian" else (2, 2, 2) for u in BRANCHES
    }
    assert {r.unit for r in found.in_full} == set(BRANCHES) - {"libao", "baidian"}
    # The offices that lead tasks are thanked, too; the coordinator does not thank itself.
    assert {r.unit for r in found.rows if not r.expected} == {"yaoxie", "xinyong"}
    # By the plan: on time, reported, cases filed.
    assert found.first == ("城东镇分局",)


def test_approved_it_goes_to_every_unit_and_names_the_best(town: Town) -> None:
    lived(town)
    give_up_the_list(town)
    listener = Listener(town)
    listener.run(CLOSED)
    (draft,) = drafts(town, CLOSED)
    answer(town.ledger, HAIAN, draft.id, "approve", by="jicha", role="coordinator",
           as_of=at("2019-01-02 09:00"))  # fmt: skip
    heard = listener.deliver("2019-01-02 09:01")
    assert told(town, "thanks") == [
        "unit:yaoxie",
        "unit:xinyong",
        *(f"unit:{u}" for u in BRANCHES),
        "coordinator",
    ]
    assert len(heard) == 13
    mail = to(heard, "libao@haian.example")
    assert mail.subject == "【药品净网2018】专项行动报送工作结束，感谢各单位支持配合"
    assert "应报20份，实报19份，其中按时18份。" in mail.plain
    named = mail.plain.partition("特予表扬的有8个单位：")[2].partition("。")[0].split("、")
    assert len(named) == 8
    assert not {"李堡镇分局", "白甸镇分局"} & set(named)
    assert "成绩突出的单位：城东镇分局。" in mail.plain


def test_returned_it_is_told_to_nobody(town: Town) -> None:
    lived(town)
    give_up_the_list(town)
    announced(town, CLOSED)
    (draft,) = drafts(town, CLOSED)
    answer(town.ledger, HAIAN, draft.id, "return", by="jicha", role="coordinator", reason="暂缓",
           as_of=at("2019-01-02 09:00"))  # fmt: skip
    assert announced(town, "2019-01-03 08:30") == 0
    assert told(town, "thanks") == []


def test_it_does_not_overtake_a_circular_that_waits_for_a_person(town: Town) -> None:
    lived(town, circular())
    give_up_the_list(town)
    assert announced(town, CLOSED) == 1
    [waits] = drafts(town, CLOSED)
    assert (waits.kind, waits.period) == ("circular", "2018-10")
    assert announced(town, "2019-01-03 08:30") == 0
    answer(town.ledger, HAIAN, waits.id, "return", by="jicha", role="coordinator", reason="不再通报",
           as_of=at("2019-01-03 09:00"))  # fmt: skip
    assert announced(town, "2019-01-04 08:30") == 1
    assert {p.kind for p in drafts(town, "2019-01-04 08:31")} == {"circular", "thanks"}
