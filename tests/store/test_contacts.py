"""Who hears what is said to a unit, in which order, and who speaks for it by being told."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from duban.access.links import Link, signed
from duban.calendars import to_micros
from duban.doors.mailbox import mailboxes
from duban.errors import BadInput, Permanent
from duban.ledger import entering, speaking
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.outbox.inviting import filled, link_mark
from duban.plan import Bundle, parse
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.admitting import enter_by_link, who_is
from duban.services.delivering import deliver
from duban.services.deputising import channels_of, prefer, preference
from duban.services.hearing import Person, hearers
from duban.services.linking import links, revoke_links
from duban.services.running import run_campaign
from duban.services.telling import tell
from tests.support.pier import DOOR, PIER, UNITS, Pier, at, bundle

EAST = ("unit:east", "unit:east/2", "unit:east/3")


def link(pier: Pier, name: str, generation: int = 0, unit: str = "east") -> str:
    """A link as messages of those days carry it."""
    until = to_micros(at("2019-02-10 00:00"))
    return signed(DOOR.secret, Link(PIER, unit, pier.contact(name), generation, until))


def let_in(pier: Pier, token: str, when: str) -> list[str]:
    """The units for which a link lets somebody in."""
    pier.ledger.set_clock(at(when))
    session = enter_by_link(pier.ledger, DOOR.secret, token)
    who = who_is(pier.ledger, session) if session else None
    return [held.unit for held in who.held] if who else []


# ---- ways ----------------------------------------------------------------------------------------


def test_deputies_come_before_liaisons_and_these_before_the_channels_of_the_table(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia")
    pier.deputy("east", "ding", "2018-12-03", "2018-12-07", "2018-12-03 10:00")
    assert pier.ways("unit:east") == {"unit:east": ["ding", "jia", "east", "wecom=east"]}


def test_heads_and_leaders_are_reached_by_the_table_and_a_leader_by_the_unit_above(pier: Pier) -> None:
    found = pier.ways()
    assert found["head:east"] == ["chief"]
    assert found["leader:west"] == ["vice-director"]
    assert found["leader:east"] == ["director"]  # of the office above it
    assert found["leader:office"] == ["director"]
    assert found["coordinator"] == ["office"]
    assert not {"head:west", "head:office", "leader:north", "leader:bureau"} & found.keys()


def test_the_leader_of_a_unit_outside_is_not_written_to() -> None:
    files = dict(bundle(units=UNITS.replace("安办,,offices,", "安办,,above,")).files)
    above = "  - {id: above, name: 上级, outside: true}\n"
    files["plan.yaml"] = (
        files["plan.yaml"].replace("groups:\n", f"groups:\n{above}").replace("{unit: office}", "{unit: west}")
    )
    plan = parse(Bundle(tuple(sorted(files.items()))))
    assert plan.unit["east"].parent == "office"
    assert plan.leader_of(plan.unit["east"]) == ()


def test_a_repeated_way_is_written_down_once(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "east", "jia")
    assert pier.ways(*EAST) == {
        "unit:east": ["jia", "wecom=east", "east"],
        "unit:east/2": ["east", "wecom=east", "jia"],
        "unit:east/3": [],
    }


# ---- several liaisons ----------------------------------------------------------------------------


def test_each_of_several_liaisons_has_a_way_of_their_own_and_is_nobodys_first_resort(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi", "bing")
    assert pier.ways(*EAST) == {
        "unit:east": ["jia", "east", "wecom=east", "yi", "bing"],
        "unit:east/2": ["yi", "east", "wecom=east", "jia", "bing"],
        "unit:east/3": ["bing", "east", "wecom=east", "jia", "yi"],
    }
    pier.liaisons("east", "2018-12-04 09:00", "jia")
    assert pier.ways(*EAST) == {"unit:east": ["jia", "east", "wecom=east"], EAST[1]: [], EAST[2]: []}


def test_where_the_first_one_hears_the_others_are_turned_to(pier: Pier) -> None:
    pier.deploy("first", "2018-12-02 09:00")
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    assert pier.ways(*EAST) == {"unit:east": ["jia", "yi", "east", "wecom=east"], EAST[1]: [], EAST[2]: []}
    assert pier.told("2018-12-04 08:40", "north", "west") == ["jia"]


def test_two_liaisons_get_one_digest_each_with_their_own_link(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    out = pier.morning("2018-12-04 08:40")
    mine = {p.address: p for p in out.parcels if p.address in ("jia@pier.example", "yi@pier.example")}
    assert len([p for p in out.parcels if p.address in mine]) == 2
    tokens = {}
    for address, parcel in mine.items():
        (tokens[address],) = re.findall(r"https://duban\.example/in/([\w.-]+)", parcel.plain)
        assert parcel.plain.startswith("东站：")
    assert len(set(tokens.values())) == 2
    for token in tokens.values():
        assert let_in(pier, token, "2018-12-04 10:00") == ["east"]
    again = pier.morning("2018-12-04 16:00")
    assert again.parcels == []


class Bouncing(PaperTransport):
    """Some mailboxes are not there."""

    def __init__(self, *gone: str) -> None:
        super().__init__()
        self.gone = {f"{name}@pier.example" for name in gone}

    def send(self, parcel: Parcel, message_id: str) -> None:
        """Keep it, or refuse it for good."""
        if parcel.address in self.gone:
            raise Permanent("550 no such mailbox")
        super().send(parcel, message_id)


def test_a_bounced_liaisons_message_goes_to_the_station_and_not_to_who_has_heard_it(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    out = Bouncing("jia")
    run_campaign(pier.ledger, PIER, texts=renderer(), documents=None, owner="r", as_of=at("2018-12-04 08:40"))
    for minute in (40, 50):
        deliver(pier.ledger, out, renderer(), owner="o", door=DOOR, as_of=at(f"2018-12-04 08:{minute}"))
    found = sorted(p.address for p in out.parcels)
    assert found == ["east@pier.example", "north@pier.example", "west@pier.example", "yi@pier.example"]


def test_a_deputy_hears_in_place_of_the_first_liaison_and_the_second_goes_on_hearing(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    pier.deputy("east", "ding", "2018-12-04", "2018-12-04", "2018-12-03 10:00")
    assert pier.told("2018-12-04 08:40", "north", "west") == ["ding", "yi"]
    assert pier.told("2018-12-05 08:40", "north", "west") == ["jia", "yi"]


def test_a_second_liaison_who_stands_in_for_the_first_is_told_once(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    pier.deputy("east", "yi", "2018-12-04", "2018-12-04", "2018-12-03 10:00")
    assert pier.told("2018-12-04 08:40", "north", "west") == ["yi"]


# ---- what a unit prefers -------------------------------------------------------------------------


def test_the_kind_that_the_table_prefers_comes_first_and_what_the_unit_asks_for_before_it(
    pier: Pier,
) -> None:
    assert pier.ways("unit:west") == {"unit:west": ["west", "wecom=west"]}  # prefers email
    prefer(pier.ledger, PIER, "west", "wecom", "西站", at("2018-12-03 09:00"))
    assert pier.ways("unit:west") == {"unit:west": ["wecom=west", "west"]}
    prefer(pier.ledger, PIER, "west", None, "西站", at("2018-12-03 09:10"))
    assert pier.ways("unit:west") == {"unit:west": ["west", "wecom=west"]}
    with pier.ledger.read() as conn:
        assert preference(conn, PIER, "west") is None
        assert channels_of(conn, pier.plan, "west") == ["wecom", "email"]
    a = t.act.c
    acts = pier.rows(select(a.kind, a.about, a.by).order_by(a.id))
    assert acts == [("prefer", "west wecom", "西站"), ("prefer", "west -", "西站")]


def test_a_preferred_chat_takes_no_liaisons_place(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    prefer(pier.ledger, PIER, "east", "wecom", "东站", at("2018-12-03 09:30"))
    assert pier.told("2018-12-04 08:40", "north", "west") == ["jia", "wecom=east", "yi"]


def test_a_kind_of_channel_that_the_unit_has_not_is_refused_with_those_it_has(pier: Pier) -> None:
    with pytest.raises(BadInput) as caught:
        prefer(pier.ledger, PIER, "east", "sms", "东站", at("2018-12-03 09:00"))
    assert (caught.value.code, caught.value.params["known"]) == ("unknown-channel", ["email", "wecom"])
    assert pier.rows(select(t.preference)) == pier.rows(select(t.act)) == []


def test_asking_for_the_same_again_changes_and_records_nothing(pier: Pier) -> None:
    for minute in ("00", "01"):
        prefer(pier.ledger, PIER, "east", "wecom", "东站", at(f"2018-12-03 09:{minute}"))
    assert len(pier.rows(select(t.act.c.id))) == 1


def test_another_return_or_plan_keeps_deputies_and_preferences(pier: Pier) -> None:
    pier.deputy("east", "ding", "2018-12-03", "2018-12-20", "2018-12-03 09:00")
    prefer(pier.ledger, PIER, "east", "wecom", "东站", at("2018-12-03 09:00"))
    pier.liaisons("east", "2018-12-04 09:00", "jia")
    assert pier.ways("unit:east") == {"unit:east": ["wecom=east", "ding", "jia", "east"]}
    moved = UNITS.replace("email=east@", "email=dongzhan@")
    pier.deploy("first", "2018-12-05 09:00", units=moved)
    assert pier.ways("unit:east") == {"unit:east": ["wecom=east", "ding", "jia", "dongzhan"]}


# ---- who speaks for a unit -----------------------------------------------------------------------


def test_a_second_liaison_and_the_head_speak_for_a_unit_and_the_leader_does_not(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    named = ("jia", "yi", "chief", "director", "west")
    with pier.ledger.read() as conn:
        speak = {x: entering.speaks_for(conn, pier.contact(x), PIER, "east") for x in named}
        units = {x: entering.units_of(conn, pier.contact(x)) for x in named}
        codes = {x: entering.known_contact(conn, f"{x}@pier.example", ["email"]) is not None for x in named}
        order = entering.contacts_of(conn, PIER, "east")
    assert speak == {"jia": True, "yi": True, "chief": True, "director": False, "west": False}
    mine = [(PIER, "east")]
    assert units == {"jia": mine, "yi": mine, "chief": mine, "director": [], "west": [(PIER, "west")]}
    assert codes == {"jia": True, "yi": True, "chief": True, "director": False, "west": True}
    assert order[0] == pier.contact("jia")
    assert order[-1] == pier.contact("chief")
    assert let_in(pier, link(pier, "chief"), "2018-12-04 10:00") == ["east"]
    assert let_in(pier, link(pier, "director"), "2018-12-04 10:00") == []


def test_a_message_to_the_head_carries_their_own_link_and_one_to_the_leader_none(pier: Pier) -> None:
    """The words are those of a receipt: what is asked here is only whom its link lets in."""
    with pier.ledger.write(PIER, as_of=at("2018-12-03 09:00")) as w:
        plain = f"[[duban:links]]\n{link_mark(PIER, 'east')}\n[[/duban:links]]\n"
        found = {}
        for name in ("chief", "director"):
            row = {
                "id": f"{name}/x", "contact": pier.contact(name), "channel": "email", "day": "2018-12-03",
                "occasion": "x", "sealed_at": w.micros, "subject": "", "plain": plain, "html": "",
            }  # fmt: skip
            w.conn.execute(t.digest.insert(), row)
            parcel = Parcel(f"{name}/x", "email", f"{name}@pier.example", "", plain, "")
            found[name] = filled(w.conn, parcel, DOOR).plain.strip()
    assert found["director"] == "https://duban.example/signin"
    token = found["chief"].removeprefix("https://duban.example/in/")
    assert let_in(pier, token, "2018-12-04 10:00") == ["east"]


def test_a_unit_reports_by_mail_from_any_of_its_peoples_mailboxes(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    assert mailboxes(pier.ledger, PIER, ["east"]) == {
        f"{name}@pier.example" for name in ("jia", "yi", "east", "chief")
    }


def test_a_replaced_liaisons_links_end_for_good_and_the_new_ones_hold(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    old, other = link(pier, "jia"), link(pier, "yi")
    assert let_in(pier, old, "2018-12-03 10:00") == ["east"]
    pier.liaisons("east", "2018-12-04 09:00", "yi")
    assert let_in(pier, old, "2018-12-04 10:00") == []
    pier.liaisons("east", "2018-12-05 09:00", "jia", "yi")
    assert let_in(pier, old, "2018-12-05 10:00") == []
    assert let_in(pier, link(pier, "jia", generation=1), "2018-12-05 10:00") == ["east"]
    assert let_in(pier, other, "2018-12-05 10:00") == ["east"]


def test_each_contact_is_shown_once_with_what_they_are(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    pier.deputy("east", "ding", "2018-12-03", "2018-12-05", "2018-12-03 10:00")
    with pier.ledger.read() as conn:
        mine = [x for x in links(conn, pier.plan) if x.unit == "east"]
    assert [(x.address, x.person.role, x.name) for x in mine] == [
        ("ding@pier.example", "deputy", "ding代理"),
        ("jia@pier.example", "liaison", "jia站员"),
        ("east@pier.example", "channel", ""),
        ("east", "channel", ""),
        ("yi@pier.example", "liaison", "yi站员"),
        ("chief@pier.example", "head", ""),
    ]
    assert str(mine[0].person.until) == "2018-12-05"


def test_revoking_a_units_links_ends_its_heads_too(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    pier.ledger.set_clock(at("2018-12-03 10:00"))
    assert revoke_links(pier.ledger, PIER, "east", "安全办") == 5  # jia, yi, two channels, the head
    for name in ("jia", "yi", "chief"):
        assert let_in(pier, link(pier, name), "2018-12-03 11:00") == []
        assert let_in(pier, link(pier, name, generation=1), "2018-12-03 11:00") == ["east"]


def test_who_hears_is_listed_by_unit_then_recipient_then_rank(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    with pier.ledger.read() as conn:
        every, east = hearers(conn, pier.plan), hearers(conn, pier.plan, "east")
    assert [(x.recipient, x.rank, x.address.partition("@")[0]) for x in east] == [
        ("unit:east", 0, "jia"), ("unit:east", 1, "east"), ("unit:east", 2, "east"), ("unit:east", 3, "yi"),
        ("unit:east/2", 0, "yi"), ("unit:east/2", 1, "east"), ("unit:east/2", 2, "east"),
        ("unit:east/2", 3, "jia"), ("head:east", 0, "chief"), ("leader:east", 0, "director"),
    ]  # fmt: skip
    assert east[0].person == Person("liaison", "jia站员")
    assert [x.recipient for x in every][:3] == ["coordinator", "unit:office", "leader:office"]


def test_whoever_is_told_at_once_is_told_by_the_ways_of_then(pier: Pier) -> None:
    """A message that waits goes to whom the ways name when it is sealed."""
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    with pier.ledger.write(PIER, as_of=at("2018-12-03 09:30")) as w:
        made = tell(w, pier.plan, "unit:east", "thanks", f"{PIER}~t1")
    assert len(made) == 2
    pier.liaisons("east", "2018-12-03 10:00", "wu", "ji")
    with pier.ledger.read() as conn:
        waiting = speaking.at_once_messages(conn, to_micros(at("2018-12-03 10:00")))
    assert {x.recipient: x.contact for x in waiting} == {
        "unit:east": pier.contact("wu"), "unit:east/2": pier.contact("ji"),
    }  # fmt: skip
