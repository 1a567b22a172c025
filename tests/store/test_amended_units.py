"""An amended plan: who is touched by it is told what changes for them, once; nobody else is."""

from __future__ import annotations

from duban.ledger.parcels import Parcel
from tests.support.announcing import Edit, Listener, joining, put, speaking, to, told
from tests.support.town import BRANCHES, Town, at

FIRST = "2018-09-06 08:30"
EIGHTH: Edit = ("plan.yaml", "on: 5", "on: 8")
TENTH: Edit = ("plan.yaml", "on: 5", "on: 10")
NO_TASK: Edit = ("plan.yaml", "lead: 市场主体信用监管科\n    cooperating: 各分局", "lead: 市场主体信用监管科")


def changes(heard: list[Parcel]) -> list[Parcel]:
    """What is told of amendments."""
    return [p for p in heard if "工作方案调整" in p.subject]


def begun(town: Town, messages: str = "kickoff: true, amendments: true") -> Listener:
    """The campaign has begun, and everybody knows what is asked."""
    put(town, speaking(messages=messages), FIRST)
    listener = Listener(town)
    listener.run(FIRST)
    return listener


def test_moved_days_are_told_to_who_owes_them_with_the_reason(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(EIGHTH), "2018-10-10 09:00", "与省局一致")
    # What is decided at night waits for the morning.
    assert listener.run("2018-10-11 00:05") == []
    heard = changes(listener.run("2018-10-11 08:30"))
    assert told(town, "amendment") == [f"unit:{u}" for u in BRANCHES]
    mail = to(heard, "libao@haian.example")
    assert mail.subject == "【药品净网2018】工作方案调整：与省局一致"
    assert "理由：与省局一致。" in mail.plain
    # 8 November 2018 is a Thursday, 8 December a Saturday, 8 January a Tuesday.
    for line in (
        "“专项行动情况月报”2018年10月的时限由2018年11月5日（周一）24时前改为2018年11月8日（周四）24时前。",
        "“专项行动情况月报”2018年11月的时限由2018年12月5日（周三）24时前改为2018年12月8日（周六）24时前。",
        "“专项行动情况月报”2018年12月的时限由2019年1月5日（周六）24时前改为2019年1月8日（周二）24时前。",
    ):
        assert line in mail.plain
    # September was due on the 5th, before the plan was amended.
    assert "”2018年9月" not in mail.plain
    assert changes(listener.run("2018-10-12 08:30")) == []


def test_of_two_amendments_in_one_night_only_what_differs_in_the_end_is_told(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(EIGHTH), "2018-10-10 20:00", "与省局一致")
    put(town, speaking(TENTH), "2018-10-10 23:00", "再作调整")
    mail = to(changes(listener.run("2018-10-11 08:30")), "haian@haian.example")
    assert "11月5日（周一）24时前改为2018年11月10日（周六）24时前" in mail.plain
    assert "11月8日" not in mail.plain
    assert "与省局一致；再作调整" in mail.plain
    assert len(told(town, "amendment")) == 10


def test_what_was_taken_back_before_anybody_was_told_is_not_told(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(EIGHTH), "2018-10-10 20:00")
    put(town, speaking(), "2018-10-10 23:00")
    listener.run("2018-10-11 08:30")
    assert told(town, "amendment") == []


def test_a_second_amendment_is_told_as_a_change_of_the_first(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(EIGHTH), "2018-10-10 09:00")
    listener.run("2018-10-11 08:30")
    put(town, speaking(TENTH), "2018-10-12 09:00")
    mail = to(changes(listener.run("2018-10-15 08:30")), "haian@haian.example")
    assert "11月8日（周四）24时前改为2018年11月10日（周六）24时前" in mail.plain
    assert "11月5日" not in mail.plain


def test_who_has_reported_is_not_told_of_a_new_day_for_it(town: Town) -> None:
    listener = begun(town)
    last: Edit = ("plan.yaml", "last: 2018-12", "last: 2018-10")
    put(town, speaking(last), "2018-10-08 20:00")
    listener.run("2018-10-09 08:30")
    town.report("libao", "2018-10", "2018-11-01 09:00")
    put(town, speaking(last, EIGHTH), "2018-11-02 07:00")
    # Only October's return is still to come.
    listener.run("2018-11-02 08:30")
    assert sorted(told(town, "amendment")[10:]) == sorted(f"unit:{u}" for u in BRANCHES if u != "libao")


def test_who_reports_before_the_message_leaves_is_not_told_either(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(("plan.yaml", "last: 2018-12", "last: 2018-10")), "2018-10-08 20:00")
    listener.run("2018-10-09 08:30")
    put(town, speaking(("plan.yaml", "last: 2018-12", "last: 2018-10"), EIGHTH), "2018-11-02 07:00")
    town.run("2018-11-02 08:30")
    town.report("libao", "2018-10", "2018-11-02 08:31")
    heard = [p.address for p in changes(listener.deliver("2018-11-02 08:32"))]
    assert len(heard) == 9
    assert "libao@haian.example" not in heard


def test_who_was_given_more_time_keeps_it_and_is_not_told_of_an_earlier_day(town: Town) -> None:
    listener = begun(town)
    town.decide("libao", "2018-10", "extend", "2018-10-09 09:00", until=at("2018-11-20"))
    put(town, speaking(EIGHTH), "2018-10-10 09:00")
    mail = to(changes(listener.run("2018-10-11 08:30")), "libao@haian.example")
    assert "”2018年10月" not in mail.plain
    assert "”2018年11月的时限由2018年12月5日（周三）24时前改为" in mail.plain


def test_periods_that_fall_away_are_named(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(("plan.yaml", "last: 2018-12", "last: 2018-11")), "2018-10-10 09:00")
    mail = to(changes(listener.run("2018-10-11 08:30")), "haian@haian.example")
    assert "  1. “专项行动情况月报”2018年12月的不再报送。\n" in mail.plain
    assert "  2." not in mail.plain


def test_a_task_that_is_taken_away_is_told_to_who_had_it(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(NO_TASK), "2018-09-10 09:00")
    heard = listener.run("2018-09-11 08:30")
    assert sorted(told(town, "amendment")) == sorted(f"unit:{u}" for u in BRANCHES)
    assert "不再承担任务：3.2 查处违法发布药品广告行为。" in to(heard, "haian@haian.example").plain


def test_a_changed_form_is_told_to_who_fills_it_in(town: Town) -> None:
    listener = begun(town)
    renamed: Edit = ("forms/monthly.yaml", "name: 开展安全购药宣传活动", "name: 开展宣传活动")
    put(town, speaking(renamed), "2018-09-10 09:00")
    heard = listener.run("2018-09-11 08:30")
    assert "月报表》有调整，修改“开展宣传活动”，请用新表报送。" in to(heard, "haian@haian.example").plain
    assert len(told(town, "amendment")) == 10


def test_another_signature_is_told_and_other_days_of_reminding_are_not(town: Town) -> None:
    listener = begun(town)
    put(town, speaking(("plan.yaml", "remind: [5, 1]", "remind: [3]")), "2018-09-10 09:00")
    assert listener.run("2018-09-11 08:30") == []
    signed: Edit = ("plan.yaml", "    zero_report: true\n", "    sign: [reviewer]\n    zero_report: true\n")
    put(town, speaking(("plan.yaml", "remind: [5, 1]", "remind: [3]"), signed), "2018-09-11 09:00")
    mail = to(listener.run("2018-09-12 08:30"), "haian@haian.example")
    assert "  1. “专项行动情况月报”的报送要求有调整：须有审核人签署。\n" in mail.plain


def test_who_joins_where_no_beginning_is_told_is_told_what_is_asked(town: Town) -> None:
    listener = begun(town, messages="amendments: true")
    put(town, speaking(joining(), messages="amendments: true"), "2018-10-10 09:00")
    (mail,) = changes(listener.run("2018-10-11 08:30"))
    assert mail.address == "laoba@haian.example"
    assert "新增报送要求：\n  1. 专项行动情况月报，报稽查科\n" in mail.plain


def test_a_plan_that_says_nothing_of_changes_leaves_them_to_be_told_by_others(town: Town) -> None:
    listener = begun(town, messages="kickoff: true")
    put(town, speaking(EIGHTH, messages="kickoff: true"), "2018-09-10 09:00")
    assert listener.run("2018-09-11 08:30") == []
    # Switched on since, it tells of what comes from then on, and not of the eighth.
    put(town, speaking(EIGHTH), "2018-09-11 09:00")
    assert listener.run("2018-09-12 08:30") == []
    put(town, speaking(TENTH), "2018-09-12 09:00")
    mail = to(listener.run("2018-09-13 08:30"), "haian@haian.example")
    assert "10月8日（周一）24时前改为2018年10月10日（周三）24时前" in mail.plain


def test_a_run_that_died_after_deciding_changes_nothing(town: Town) -> None:
    begun(town)
    put(town, speaking(EIGHTH), "2018-09-10 09:00")
    town.run("2018-09-11 08:30")
    once = town.records()
    town.run("2018-09-11 08:31")
    assert town.records() == once
