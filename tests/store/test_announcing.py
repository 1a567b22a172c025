"""The beginning of a campaign: each unit is told once what is asked of it, whatever happens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from duban.errors import Permanent
from duban.ledger import open_ledger
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.ledger.proof import verify
from duban.services.announcing import decide_announcements
from tests.support.announcing import (
    OFFICES,
    Listener,
    joining,
    put,
    reached_by,
    speaking,
    statements,
    to,
    told,
)
from tests.support.plans import with_cells
from tests.support.town import BRANCHES, HAIAN, Town, at

FIRST = "2018-09-06 08:30"
"""The first morning, a Thursday."""


def announced(town: Town, when: str) -> int:
    return decide_announcements(town.ledger, HAIAN, as_of=at(when))


def test_every_unit_that_has_something_to_do_is_told_once_on_the_first_morning(town: Town) -> None:
    put(town, speaking(), "2018-09-05 20:00")
    assert announced(town, "2018-09-06 00:05") == 0
    # Ten branches owe returns, three offices lead tasks; the bureau only gets the commendation.
    assert announced(town, FIRST) == 13
    assert told(town, "kickoff") == [f"unit:{u}" for u in (*OFFICES, *BRANCHES)]
    assert announced(town, FIRST) == announced(town, "2018-09-07 08:30") == 0


def test_a_plan_that_does_not_ask_for_it_tells_nobody(town: Town) -> None:
    put(town, speaking(messages="kickoff: false"), FIRST)
    assert announced(town, FIRST) == 0


def test_on_a_day_off_it_waits_for_the_working_morning_after(town: Town) -> None:
    # 8 September 2018 is a Saturday.
    begun = ("plan.yaml", "start: {date: 2018-09-06, source: 从即日起}", "start: 2018-09-08")
    put(town, speaking(begun, begun), "2018-09-07 08:00")
    assert [announced(town, f"2018-09-{day} 08:30") for day in ("07", "08", "09", "10")] == [0, 0, 0, 13]


def test_what_was_missed_is_told_with_the_next_run_and_not_after_the_end(town: Town) -> None:
    put(town, speaking(), FIRST)
    heard = Listener(town).run("2018-10-15 08:30")
    letter = next(p for p in heard if p.address == "libao@haian.example" and "专项行动启动" in p.subject)
    # The September return was due on the 5th; what is told is the next one.
    assert "最近一次：2018年11月5日（周一）24时前报2018年10月。" in letter.plain
    late = put(town, speaking(joining()), "2018-12-30 20:00")
    assert late.version == 2
    assert announced(town, "2019-01-02 08:30") == 0


def test_it_says_what_this_unit_has_to_do_and_by_when(town: Town) -> None:
    put(town, speaking(), FIRST)
    heard = Listener(town).run(FIRST)
    assert len(heard) == 13
    branch = to(heard, "libao@haian.example")
    assert branch.subject == "【药品净网2018】专项行动启动：任务分工和报送要求"
    for line in (
        "李堡镇分局：", "时间为2018年9月6日至12月31日", "集中打击阶段　2018年9月21日至11月30日",
        "2.2 加强对网络售药药品生产经营企业的日常监管（药品医疗器械监管科牵头）",
        "专项行动情况月报，报稽查科", "每月5日前报上月（2018年9月至2018年12月）；",
        "最近一次：2018年10月5日（周五）24时前报2018年9月。",
        "不得通过本渠道报送涉密内容。",
    ):  # fmt: skip
        assert line in branch.plain
    assert "牵头任务" not in branch.plain
    # Each duty once, though the monthly one is owed four times.
    assert branch.plain.count("专项行动情况月报，") == 1
    office = to(heard, "yaoxie@haian.example").plain
    assert "牵头任务：\n  2.1 完善互联网药品交易服务监管制度\n" in office
    assert "月报" not in office


def test_two_runs_at_once_tell_it_once(town: Town, url: str) -> None:
    put(town, speaking(), FIRST)
    ledgers = [open_ledger(url, kind="virtual") for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda x: decide_announcements(x, HAIAN, as_of=at(FIRST)), ledgers))
    for ledger in ledgers:
        ledger.close()
    assert sorted(done) == [0, 13]
    assert town.count(t.message) == 13


def test_what_was_told_is_known_from_the_records_alone(town: Town) -> None:
    put(town, speaking(), FIRST)
    announced(town, FIRST)
    with town.ledger.write(as_of=at(FIRST)) as w:
        w.conn.execute(t.look.delete())
    assert announced(town, FIRST) == 0
    with town.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_a_unit_that_opens_later_is_told_then(town: Town) -> None:
    put(town, speaking(joining("2018-10-10")), FIRST)
    assert announced(town, FIRST) == 13
    assert announced(town, "2018-10-09 08:30") == 0
    assert announced(town, "2018-10-10 08:30") == 1
    assert told(town, "kickoff")[-1] == "unit:laoba"
    assert announced(town, "2018-10-11 08:30") == 0


def test_a_unit_of_a_later_version_is_told_and_the_others_are_not_told_again(town: Town) -> None:
    put(town, speaking(), FIRST)
    announced(town, FIRST)
    put(town, speaking(joining()), "2018-09-20 09:00")
    assert announced(town, "2018-09-21 08:30") == 1
    assert told(town, "kickoff")[13:] == ["unit:laoba"]
    assert told(town, "amendment") == []


def test_a_renamed_unit_is_told_under_its_new_name_and_the_old_one_no_more(town: Town) -> None:
    put(town, speaking(messages="kickoff: true"), FIRST)
    announced(town, FIRST)
    joined = speaking(joining("2018-10-01"), messages="kickoff: true")
    closed = {"libao": {"closes": "2018-09-30", "successor": "laoba"}}
    put(town, with_cells(joined, closed), "2018-09-20 09:00")
    assert announced(town, "2018-09-21 08:30") == 0
    # 1 to 7 October are off; the 8th is the first working day that it exists.
    assert announced(town, "2018-10-08 08:30") == 1
    assert told(town, "kickoff")[13:] == ["unit:laoba"]


def test_who_cannot_be_reached_is_on_record_and_holds_up_nobody(town: Town) -> None:
    put(town, speaking(reached_by("libao", "")), FIRST)
    assert len(Listener(town).run(FIRST)) == 12
    assert town.count(t.message, t.message.c.kind == "kickoff", t.message.c.channel == "none") == 1


def test_who_speaks_for_two_units_gets_one_message(town: Town) -> None:
    put(town, speaking(reached_by("libao", "email=chengdong@haian.example")), FIRST)
    heard = Listener(town).run(FIRST)
    assert len(heard) == 12
    both = to(heard, "chengdong@haian.example").plain
    assert both.startswith("城东镇分局、李堡镇分局：")
    assert "【城东镇分局】" in both
    assert "【李堡镇分局】" in both


def test_a_group_chat_hears_that_there_is_news_and_for_nobody_in_particular(town: Town) -> None:
    put(town, speaking(reached_by("libao", "dingtalk=libao")), FIRST)
    (chat,) = [p for p in Listener(town).run(FIRST) if p.channel == "dingtalk"]
    assert chat.subject == "【药品净网2018】有1条通知"
    assert "李堡" not in chat.subject + chat.plain + chat.html


class NoWebhooks:
    """A transport whose webhooks are gone for good."""

    def __init__(self) -> None:
        self.sent: list[Parcel] = []

    def send(self, parcel: Parcel, message_id: str) -> None:
        if parcel.channel == "webhook":
            raise Permanent("410 Gone")
        self.sent.append(parcel)


def test_when_the_first_channel_fails_for_good_the_next_one_carries_it(town: Town) -> None:
    put(town, speaking(), FIRST)
    announced(town, FIRST)
    post = NoWebhooks()
    town.deliver(post, FIRST)
    town.deliver(post, "2018-09-06 08:40")
    # Three branches prefer a webhook; all thirteen units have mail.
    assert len(post.sent) == 13
    (mail,) = [p for p in post.sent if p.address == "qutang@haian.example"]
    assert "曲塘镇分局：" in mail.plain
    assert town.count(t.turn, t.turn.c.reason == "next-channel") == 3


def test_a_run_with_nothing_to_tell_writes_nothing_and_asks_little(town: Town) -> None:
    put(town, speaking(joining("2018-12-03")), FIRST)
    announced(town, FIRST)
    with statements(town) as asked:
        assert announced(town, "2018-10-10 08:30") == 0
    assert len(asked) <= 5
    assert all(x.startswith("SELECT") for x in asked if not x.startswith(("BEGIN", "SET", "SHOW")))
