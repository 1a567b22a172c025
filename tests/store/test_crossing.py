"""What happens while messages are on their way: a return that comes in during a send that fails, a recipient
who is none any more, one message that cannot be made."""

from __future__ import annotations

import re

from sqlalchemy import select

from duban.errors import NoSuchAddress, Retryable
from duban.ledger import Writer
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.outbox import send_ready
from duban.plan import Bundle
from duban.rehearsal import PaperTransport
from duban.rendering import renderer
from duban.services.campaigns import deployed_plan
from duban.services.circulating import draft_circular
from duban.services.delivering import deliver, second_look
from duban.services.deploying import deploy
from duban.services.proposing import proposals, propose
from duban.services.receiving import Address, receive
from duban.services.telling import tell
from tests.support.announcing import speaking
from tests.support.pier import PIER, Pier, bundle
from tests.support.pier import at as pier_at
from tests.support.plans import with_cells
from tests.support.town import BRANCHES, HAIAN, Town, at, haian_bundle

MORNING = "2018-10-08 08:30"
"""First chase of the September return."""


def edited(*edits: tuple[str, str]) -> Bundle:
    """Hai'an with another table of units."""
    files = dict(haian_bundle().files)
    for pattern, by in edits:
        files["units.csv"], n = re.subn(pattern, by, files["units.csv"], flags=re.MULTILINE)
        assert n == 1, pattern
    return Bundle(tuple(sorted(files.items())))


def put(town: Town, bundle: Bundle, when: str = "2018-09-06 08:30") -> None:
    deploy(town.ledger, bundle, reason="test", as_of=at(when))


def only(town: Town, *units: str) -> None:
    """Everybody else has reported."""
    for unit in set(BRANCHES) - set(units):
        town.report(unit, "2018-09", "2018-10-01 09:00")


class Crossing(PaperTransport):
    """Knows no `gone@…`; a return comes in while it looks."""

    def __init__(self, town: Town, when: str) -> None:
        super().__init__()
        self.town, self.when = town, when

    def send(self, parcel: Parcel, message_id: str) -> None:
        if parcel.address.startswith("gone@"):
            self.town.report("haian", "2018-09", self.when)
            raise NoSuchAddress("nobody is there")
        super().send(parcel, message_id)


class Away:
    def send(self, parcel: Parcel, message_id: str) -> None:
        raise Retryable("away")


def test_who_reports_while_a_send_fails_is_not_chased_by_the_next_channel(town: Town) -> None:
    two = "email=gone@haian.example;email=haian@haian.example"
    put(town, edited((r"^(haian,.*?)email=haian@haian.example", rf"\1{two}")))
    only(town, "haian")
    town.run(MORNING)
    assert town.deliver(Away(), MORNING).failed == 1
    # The second try begins at 08:40; the return is recorded before that try has failed.
    crossing = Crossing(town, "2018-10-08 08:36")
    done = town.deliver(crossing, "2018-10-08 08:40")
    assert (done.sent, crossing.parcels) == (0, [])
    assert town.count(t.turn, t.turn.c.reason == "withdrawn") == 1
    assert town.count(t.turn, t.turn.c.reason == "undelivered") == 0
    assert town.deliver(crossing, "2018-10-09 08:30").sent == 0


def test_a_message_that_cannot_be_made_keeps_nobody_else_from_theirs(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-01 09:00")
    with deployed.ledger.write(HAIAN, as_of=at("2018-10-01 09:30")) as w:
        plan = deployed_plan(w.conn, HAIAN)
        broken = propose(w, plan, "circular", "monthly/2018-09", {"rows": []}, "稽查科")
        tell(w, plan, "unit:chengdong", "circular", broken)  # its content lacks all that is to be said
        key = f"{HAIAN}/monthly/dagong/2018-09"
        tell(w, plan, "unit:haian", "extend", f"{key}#9", obligation=key)  # nobody has decided that
    deployed.decide("haian", "2018-09", "return", "2018-10-01 10:00", until=at("2018-10-10"))
    out = PaperTransport()
    done = deployed.deliver(out, "2018-10-01 10:01")
    assert sorted(p.address for p in out.parcels) == ["haian@haian.example", "jicha@haian.example"]
    assert (done.sealed, done.sent, done.withdrawn) == (2, 2, 0)
    # It waits: nothing is lost, and nothing else is told twice.
    assert deployed.count(t.unsealed) == 2
    assert deployed.deliver(out, "2018-10-01 10:11").sealed == 0


def merged(heir: bool) -> Bundle:
    """Libao closes on 5 October; a branch that is set up for it takes over, or nobody does."""
    row = "laoba,老坝港分局,老坝分局,offices,,email=laoba@haian.example,,,coordinator\n"
    bundle = edited((r"^baidian,", f"{row}baidian,")) if heir else haian_bundle()
    closes = {"libao": {"closes": "2018-10-05", "successor": "laoba" if heir else ""}}
    return with_cells(bundle, closes)


def test_a_recipient_who_has_left_the_plan_is_told_nothing_and_holds_up_nobody(town: Town) -> None:
    put(town, haian_bundle())
    only(town, "libao", "haian")
    put(town, merged(heir=True), "2018-10-02 09:00")
    town.run("2018-10-08 08:20")  # the morning is 08:30
    town.run(MORNING)
    heard = [r for (r,) in rows(town) if "laoba" in r]
    assert heard == ["unit:laoba"]
    put(town, merged(heir=False), "2018-10-08 08:31")
    out = PaperTransport()
    done = town.deliver(out, "2018-10-08 08:32")
    assert (done.sent, done.withdrawn) == (1, 1)
    assert [p.address for p in out.parcels] == ["haian@haian.example"]


def rows(town: Town) -> list[tuple[str]]:
    m = t.message.c
    with town.ledger.read() as conn:
        return [(r.recipient,) for r in conn.execute(select(m.recipient).where(m.verdict == "send"))]


def test_a_second_liaison_who_is_one_no_more_hears_nothing_that_was_decided_before(pier: Pier) -> None:
    pier.liaisons("east", "2018-12-03 09:00", "jia", "yi")
    pier.deploy("all", "2018-12-03 09:30")
    with pier.ledger.write(PIER, as_of=at("2018-12-03 10:00")) as w:
        plan = deployed_plan(w.conn, PIER)
        key = f"{PIER}/liaison/east/"
        tell(w, plan, "unit:east", "receipt", f"{key}@2", obligation=key, due_at=1)
    pier.liaisons("east", "2018-12-03 10:01", "jia")
    out = PaperTransport()
    deliver(pier.ledger, out, renderer(), owner="out", as_of=at("2018-12-03 10:02"))
    assert [p.address for p in out.parcels] == ["jia@pier.example"]


def test_who_reports_while_a_digest_is_sealed_anew_gets_none_of_it(deployed: Town) -> None:
    """The return is recorded at 08:38, and the digest sealed anew at 08:40 did not know of it yet."""
    only(deployed, "haian", "libao")
    deployed.run("2018-10-15 08:30")  # ten days late: the coordinator hears of both
    deployed.deliver(Away(), "2018-10-15 08:30")
    deployed.report("haian", "2018-09", "2018-10-15 08:33")
    deployed.deliver(Away(), "2018-10-15 08:40")
    deployed.report("libao", "2018-09", "2018-10-15 08:38")
    out = PaperTransport()
    assert deployed.deliver(out, "2018-10-15 12:00").sent == 0
    assert out.parcels == []


def test_an_event_from_before_its_duty_goes_by_the_plan_that_asks_for_it(pier: Pier) -> None:
    """Asked for since the 10th; it happened on Monday the 3rd, was due by Wednesday and came unreadable."""
    duty = """  - id: accident
    name: 事故
    by: 各站
    to: office
    rhythm: {when: event, within: {working_days: 2}}
    attachments:
      - {id: account, name: 经过, kinds: [document]}
    escalation: {blue: 1, orange: 3, red: 5, leader_approves: [orange]}
"""
    files = dict(bundle().files)
    files["plan.yaml"] += duty
    deploy(
        pier.ledger, Bundle(tuple(files.items())), reason="事故要报", as_of=pier_at("2018-12-10 08:00")
    )  # fmt: skip
    to = Address(PIER, "east", "accident", "2018-12-03")
    came = receive(pier.ledger, to, b"?", "a.xlsx", door="portal", as_of=pier_at("2018-12-11 09:00"))
    assert not came.valid
    for day in (12, 13, 14):
        pier.morning(f"2018-12-{day} 08:40")
    with pier.ledger.read() as conn:
        (orange,) = proposals(conn, deployed_plan(conn, PIER), pier_at("2018-12-14 09:00"))
    assert (orange.kind, orange.unit, orange.approver) == ("orange", "east", "leader")


def test_who_reports_while_an_amendment_waits_to_be_sent_again_is_not_told_of_the_new_day(town: Town) -> None:
    last, eighth = ("plan.yaml", "last: 2018-12", "last: 2018-10"), ("plan.yaml", "on: 5", "on: 8")
    put(town, speaking(last, messages="amendments: true"))
    put(town, speaking(last, eighth, messages="amendments: true"), "2018-11-02 07:00")
    town.run("2018-11-02 08:30")
    town.deliver(Away(), "2018-11-02 08:30")
    town.report("libao", "2018-10", "2018-11-02 08:31")
    out = PaperTransport()
    town.deliver(out, "2018-11-02 12:00")
    told = {p.address for p in out.parcels if "工作方案调整" in p.subject}
    assert len(told) == len(BRANCHES) - 1
    assert "libao@haian.example" not in told


def test_nobody_is_asked_to_approve_a_draft_that_was_made_anew_while_the_mail_waited(deployed: Town) -> None:
    for when in ("2018-10-08 09:00", "2018-10-08 09:10"):
        draft_circular(deployed.ledger, HAIAN, "monthly", "2018-09", by="jicha", as_of=at(when))
        deployed.deliver(Away(), when)
    out = PaperTransport()
    deployed.deliver(out, "2018-10-08 12:00")
    assert [p.address for p in out.parcels] == ["jicha@haian.example"]


def test_a_digest_that_cannot_be_looked_at_again_waits_and_holds_up_no_other(deployed: Town) -> None:
    only(deployed, "haian", "libao", "dagong")
    deployed.run(MORNING)
    deployed.deliver(Away(), MORNING)
    again, out = second_look(deployed.texts), PaperTransport()

    class Broken:
        def still_true(self, w: Writer, digest: str) -> int | None:
            if digest == mine:
                raise KeyError("what it is about")
            return again.still_true(w, digest)

        quiet_until, give_up = again.quiet_until, again.give_up

    with deployed.ledger.read() as conn:
        mine = str(conn.scalars(select(t.delivery.c.digest).order_by(t.delivery.c.digest).limit(1)).one())
    send_ready(deployed.ledger, out, owner="out", look=Broken(), as_of=at("2018-10-08 08:40"))
    assert len(out.parcels) == 2
    assert mine not in {p.digest for p in out.parcels}
    assert deployed.deliver(out, "2018-10-08 08:45").sent == 1
    assert sorted(p.address for p in out.parcels) == [
        f"{unit}@haian.example" for unit in ("dagong", "haian", "libao")
    ]
