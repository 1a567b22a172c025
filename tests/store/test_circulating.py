"""Circulars 通报: who has reported, drafted for a person, told to all once it is approved."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from duban.circulars import Circular
from duban.errors import BadInput, NotAllowed
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.services.announcing import decide_announcements
from duban.services.approving import answer
from duban.services.campaigns import deployed_plan
from duban.services.circulating import circular_of, draft_circular
from duban.services.proposing import Proposal, proposals
from tests.support.announcing import Edit, Listener, circular, put, speaking, to, told
from tests.support.town import BRANCHES, FIGURES, HAIAN, Town, at

FIRST = "2018-09-06 08:30"
DRAFTED = "2018-10-08 08:30"
"""Three days after the 5th, a Monday and the first working day after the holidays."""
ON_TIME = ("haian", "chengdong", "jiaoxie", "dagong")
QUIET = "kickoff: false"
MOMENTS_AND_CIRCULAR = circular()[2]


def october(town: Town) -> None:
    """September's returns: four in time, one late, one with more time, one returned, one waived, one that
    could not be read, one that never came."""
    put(town, speaking(circular(), messages=QUIET), FIRST)
    town.decide("nanmo", "2018-09", "waive", "2018-10-02 09:00")
    for unit in (*ON_TIME, "yazhou"):
        town.report(unit, "2018-09", "2018-10-04 09:00")
    town.decide("qutang", "2018-09", "extend", "2018-10-04 10:00", until=at("2018-10-12"))
    town.decide("yazhou", "2018-09", "return", "2018-10-05 10:00", until=at("2018-10-10"))
    town.send("duntou", "2018-09", "2018-10-05 11:00", b"no workbook", "x.xlsx")
    town.report("libao", "2018-09", "2018-10-07 09:00")


def announced(town: Town, when: str) -> int:
    return decide_announcements(town.ledger, HAIAN, as_of=at(when))


def drafts(town: Town, when: str) -> list[Proposal]:
    with town.ledger.read() as conn:
        return proposals(conn, deployed_plan(conn, HAIAN), at(when))


def read(town: Town, proposal: Proposal) -> Circular:
    with town.ledger.read() as conn:
        return circular_of(deployed_plan(conn, HAIAN), proposal.content)


def test_it_is_drafted_on_its_morning_once(town: Town) -> None:
    october(town)
    assert announced(town, "2018-10-08 08:29") == 0
    assert announced(town, DRAFTED) == 1
    assert announced(town, DRAFTED) == announced(town, "2018-10-09 08:30") == 0
    (draft,) = drafts(town, DRAFTED)
    assert (draft.kind, draft.about, draft.duty, draft.period) == (
        "circular", "monthly/2018-09", "monthly", "2018-09",
    )  # fmt: skip
    assert (draft.open, draft.approver, draft.by) == (True, "coordinator", "")
    assert told(town, "approve") == ["coordinator"]
    assert told(town, "circular") == []


def test_its_figures_are_those_of_the_period(town: Town) -> None:
    october(town)
    announced(town, DRAFTED)
    found = read(town, drafts(town, DRAFTED)[0])
    # Ten branches, one of them waived.
    assert (found.expected, found.met, found.on_time, found.late) == (9, 5, 4, 1)
    assert (found.reporting, found.punctuality) == (Fraction(5, 9), Fraction(4, 9))
    assert {r.unit: (r.state, r.why, r.days) for r in found.rows} == {
        **{u: ("on-time", "", 0) for u in ON_TIME},
        "libao": ("late", "", 2),
        "qutang": ("pending", "extended", 0),
        "yazhou": ("pending", "returned", 0),
        "nanmo": ("waived", "", 0),
        "duntou": ("missing", "refused", 0),
        "baidian": ("missing", "", 0),
    }
    assert [r.until for r in found.rows if r.until] == [at("2018-10-12"), at("2018-10-10")]
    # Ties share a place; who has time left or is waived has none.
    assert {p.unit: p.place for p in found.places} == {
        **dict.fromkeys(ON_TIME, 1), "libao": 5, "duntou": 6, "baidian": 6,
    }  # fmt: skip


def test_it_names_the_place_in_the_journal_that_it_stands_on(town: Town) -> None:
    october(town)
    announced(town, DRAFTED)
    found = read(town, drafts(town, DRAFTED)[0])
    with town.ledger.read() as conn:
        j = t.journal.c
        row = conn.execute(t.journal.select().where(j.campaign == HAIAN, j.seq == found.seq)).one()
        assert (row.digest, row.kind) == (found.head, "submission")
        assert verify(conn, HAIAN).broken_at is None


def test_approved_it_goes_to_all_who_owe_it_as_it_was_drafted(town: Town) -> None:
    october(town)
    listener = Listener(town)
    listener.run(DRAFTED)
    (draft,) = drafts(town, DRAFTED)
    town.report("baidian", "2018-09", "2018-10-08 10:00")
    answer(town.ledger, HAIAN, draft.id, "approve", by="jicha", role="coordinator",
           as_of=at("2018-10-08 11:00"))  # fmt: skip
    heard = listener.deliver("2018-10-08 11:01")
    assert told(town, "circular") == [*(f"unit:{u}" for u in BRANCHES), "coordinator"]
    assert len(heard) == 11
    mail = to(heard, "libao@haian.example")
    assert mail.subject == "【药品净网2018】2018年9月专项行动情况月报报送情况通报"
    for line in (
        "应报9份，已报5份，其中按时4份、迟报1份。报送率55.6%（5/9），按时率44.4%（4/9）。",
        "按时报齐（4个单位）：海安镇分局、城东镇分局、角斜镇分局、大公镇分局。",
        "迟报（1个单位）：李堡镇分局（迟2天）。",
        "未报（2个单位）：墩头镇分局（所报材料未通过校验）、白甸镇分局。",
        "尚在时限内（2个单位）：曲塘镇分局（准予延期至10月11日（周四）24时前）、雅周镇分局（已退回，限10月9日（周二）24时前重报）。",
        "免报（1个单位）：南莫镇分局。",
        "数据截至2018-10-08 08:30，",
    ):
        assert line in mail.plain
    assert "<table" in mail.html
    assert to(heard, "jicha@haian.example").plain.startswith("稽查科：")


def test_returned_it_goes_to_nobody_and_can_be_drafted_anew(town: Town) -> None:
    october(town)
    announced(town, DRAFTED)
    (draft,) = drafts(town, DRAFTED)
    answer(town.ledger, HAIAN, draft.id, "return", by="jicha", role="coordinator", reason="白甸已电话说明",
           as_of=at("2018-10-08 11:00"))  # fmt: skip
    assert announced(town, "2018-10-09 08:30") == 0
    assert told(town, "circular") == []
    town.report("baidian", "2018-09", "2018-10-09 10:00")
    again = draft_circular(town.ledger, HAIAN, "monthly", "2018-09", by="jicha", as_of=at("2018-10-09 11:00"))
    new = drafts(town, "2018-10-09 11:00")[-1]
    assert (new.id, new.by, new.open, read(town, new).met) == (again, "jicha", True, 6)


def test_a_draft_that_nobody_has_answered_gives_way_to_the_next(town: Town) -> None:
    october(town)
    announced(town, DRAFTED)
    draft_circular(town.ledger, HAIAN, "monthly", "2018-09", by="jicha", as_of=at("2018-10-09 11:00"))
    assert [p.open for p in drafts(town, "2018-10-09 11:00")] == [False, True]


def test_what_is_not_due_or_not_there_cannot_be_drafted(town: Town) -> None:
    october(town)
    with pytest.raises(NotAllowed, match="circular-too-early"):
        draft_circular(town.ledger, HAIAN, "monthly", "2018-10", by="jicha", as_of=at("2018-11-05 23:59"))
    draft_circular(town.ledger, HAIAN, "monthly", "2018-10", by="jicha", as_of=at("2018-11-06"))
    for duty, period in (("weekly", "2018-09"), ("monthly", "2018-08"), ("materials", "")):
        with pytest.raises(BadInput, match="bad-address"):
            draft_circular(town.ledger, HAIAN, duty, period, by="jicha", as_of=at("2018-11-07"))


def test_what_was_due_before_the_campaign_came_here_is_not_drafted(town: Town) -> None:
    put(town, speaking(circular(), messages=QUIET), "2018-10-08 08:00")
    assert announced(town, DRAFTED) == 0
    # October's return is due on Monday the 5th of November.
    assert announced(town, "2018-11-07 08:30") == 0
    assert announced(town, "2018-11-08 08:30") == 1


def test_after_a_long_time_down_only_the_last_period_is_drafted(town: Town) -> None:
    put(town, speaking(circular(), messages=QUIET), FIRST)
    announced(town, FIRST)
    assert announced(town, "2018-12-20 08:30") == 1
    assert [p.period for p in drafts(town, "2018-12-20 08:30")] == ["2018-11"]


def test_the_plans_own_ranking_is_that_of_the_campaign_so_far(town: Town) -> None:
    rule = (
        "    ranking:\n      origin: coordinator\n      units: 各分局\n"
        "      measures: [{by: indicator, duty: monthly, indicator: cases_filed}]\n"
    )
    ranked: Edit = ("plan.yaml", MOMENTS_AND_CIRCULAR, MOMENTS_AND_CIRCULAR + rule)
    put(town, speaking(circular(), ranked, messages=QUIET), FIRST)
    for n, unit in enumerate(BRANCHES[:3]):
        # 4, 5 and 5 cases
        filed = 4 + min(n, 1)
        values = FIGURES | {"cases_filed": filed, "cases_closed": 2, "cases_open": filed - 2}
        town.report(unit, "2018-09", "2018-10-04 09:00", values)
    announced(town, DRAFTED)
    found = read(town, drafts(town, DRAFTED)[0])
    assert found.whole
    assert [(p.unit, p.place) for p in found.places[:3]] == [("chengdong", 1), ("jiaoxie", 1), ("haian", 3)]
    assert [p.values for p in found.places[:3]] == [(Decimal(n),) for n in (5, 5, 4)]
    assert found.measures == (("indicator", "立案查处网售药品违法案件"),)
