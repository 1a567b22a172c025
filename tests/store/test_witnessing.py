"""Paper originals and reports sent to bodies outside, put on record by a person."""

from __future__ import annotations

import json

import pytest

from duban.errors import BadInput, NotAllowed
from duban.ledger.proof import verify
from duban.ledger.queries import Scope
from duban.plan import parse
from duban.services.campaigns import read_bundle
from duban.services.deploying import deploy
from duban.services.receiving import Address, receive
from duban.services.witnessing import Leg, legs, witness
from duban.settings import ROOT
from tests.support.town import Town, at

ZHANJIANG = "zhanjiang-2017"
FINAL = Address(ZHANJIANG, "kaifaqu", "final-up", "")


@pytest.fixture
def zhanjiang(town: Town) -> Town:
    """Zhanjiang's campaign with its final report sent on 19 December 2017, a day before it is due."""
    bundle = read_bundle(ROOT / "data" / "campaigns" / ZHANJIANG)
    plan = parse(bundle)
    deploy(town.ledger, bundle, reason="test", as_of=at("2017-06-12 08:30"))
    form = plan.form_of("final-up")
    assert form
    document = {
        "cells": {i.code: "情况" for i in form.indicators},
        "signed": {"filler": "填报员", "reviewer": "审核员", "head": "局长"},
    }
    receipt = receive(
        town.ledger, FINAL, json.dumps(document).encode(), "final.json", door="api",
        as_of=at("2017-12-19 10:00"),
    )  # fmt: skip
    assert receipt.valid
    return town


def standing_legs(town: Town, when: str) -> dict[str, Leg]:
    plan = parse(read_bundle(ROOT / "data" / "campaigns" / ZHANJIANG))
    with town.ledger.read() as conn:
        return {leg.kind: leg for leg in legs(conn, plan, Scope(ZHANJIANG), at(when))}


def test_a_report_to_the_city_wants_proof_of_sending_and_a_paper_original(zhanjiang: Town) -> None:
    found = standing_legs(zhanjiang, "2017-12-19 12:00")
    assert {kind: leg.at for kind, leg in found.items()} == {"original": None, "sent": None}
    # due on the 20th inclusive; the original five days later
    assert found["sent"].due_at == at("2017-12-21 00:00")
    assert found["original"].due_at == at("2017-12-26 00:00")
    assert not found["original"].is_late(at("2017-12-25 23:59:59"))
    assert found["original"].is_late(at("2017-12-26 00:00"))


def test_what_happened_is_on_record_from_then_on_and_not_before(zhanjiang: Town) -> None:
    witness(
        zhanjiang.ledger, FINAL, "sent", at=at("2017-12-20 09:00"), by="稽查科", note="公文系统",
        as_of=at("2017-12-20 15:00"),
    )  # fmt: skip
    assert standing_legs(zhanjiang, "2017-12-20 14:59")["sent"].at is None
    assert standing_legs(zhanjiang, "2017-12-20 15:00")["sent"].at == at("2017-12-20 09:00")
    with zhanjiang.ledger.read() as conn:
        assert verify(conn, ZHANJIANG).broken_at is None


def test_of_an_original_that_came_twice_the_first_counts(zhanjiang: Town) -> None:
    for when in ("2017-12-22 09:00", "2017-12-28 09:00"):
        witness(zhanjiang.ledger, FINAL, "original", at=None, by="稽查科", as_of=at(when))
    assert standing_legs(zhanjiang, "2018-01-01 00:00")["original"].at == at("2017-12-22 09:00")


def test_an_original_may_arrive_before_the_return(town: Town) -> None:
    deploy(
        town.ledger, read_bundle(ROOT / "data" / "campaigns" / ZHANJIANG), reason="test",
        as_of=at("2017-06-12 08:30"),
    )  # fmt: skip
    leg = witness(town.ledger, FINAL, "original", at=None, by="稽查科", as_of=at("2017-12-18 09:00"))
    assert (leg.kind, leg.at) == ("original", at("2017-12-18 09:00"))
    assert standing_legs(town, "2017-12-18 10:00") == {}  # shown once there is a return that it belongs to


def test_nothing_can_have_arrived_tomorrow(zhanjiang: Town) -> None:
    with pytest.raises(BadInput, match="received-in-future"):
        witness(
            zhanjiang.ledger, FINAL, "sent", at=at("2017-12-21 09:00"), by="稽查科",
            as_of=at("2017-12-20 15:00"),
        )  # fmt: skip


def test_where_no_original_is_wanted_none_is_recorded(zhanjiang: Town) -> None:
    to = Address(ZHANJIANG, "kaifaqu", "monthly-up", "2017-06")
    with pytest.raises(NotAllowed, match="no-original-wanted"):
        witness(zhanjiang.ledger, to, "original", at=None, by="稽查科", as_of=at("2017-12-20 15:00"))
    inside = Address(ZHANJIANG, _sections()[0], "monthly", "2017-06")
    with pytest.raises(NotAllowed, match="no-sent-wanted"):
        witness(zhanjiang.ledger, inside, "sent", at=None, by="稽查科", as_of=at("2017-12-20 15:00"))


def _sections() -> list[str]:
    plan = parse(read_bundle(ROOT / "data" / "campaigns" / ZHANJIANG))
    return [u.id for u in plan.members("sections")]
