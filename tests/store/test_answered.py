"""A program's request is done once: sent again it gets the same answer, whatever died on the way."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from duban.errors import BadInput
from duban.ledger import tables as t
from duban.ledger.admission import answered
from duban.portal.api.reception import WAITING, Reception
from duban.portal.api.refused import Refused
from duban.services import answering
from duban.services.addresses import Address
from duban.services.answering import Asked, Before
from duban.services.filing import Filing, receive_each
from duban.services.keys import make_key
from duban.services.receipts import Receipt
from duban.services.storing import digest_of
from tests.support.town import FIGURES, HAIAN, Town, at

NOW = "2018-11-02 09:00"


@pytest.fixture
def key(deployed: Town) -> str:
    """The id of libao's key; the ledger's clock shows the morning of 2 November."""
    deployed.ledger.set_clock(at(NOW))
    return make_key(deployed.ledger, HAIAN, "libao", "业务系统", "jicha").partition(".")[0]


def filing(
    key: str, named: str | None = "r1", request: str = "", duty: str = "monthly", **more: Any
) -> Filing:
    """October's return of libao, as a program sends it."""
    cells = {c: str(v) if c == "fines" else v for c, v in FIGURES.items()} | more
    data = json.dumps({"duty": duty, "period": "2018-10", "cells": cells}).encode()
    to = Address(HAIAN, "libao", duty, "2018-10")
    asked = (key, named) if named else None
    return Filing(to, data, "document.json", (), at(NOW), asked, digest_of(data))


def received(town: Town, *filings: Filing) -> list[Any]:
    """What they are answered with."""
    return list(receive_each(town.ledger, filings))


def test_a_request_sent_again_gets_the_same_receipt(deployed: Town, key: str) -> None:
    (first,) = received(deployed, filing(key))
    (again,) = received(deployed, filing(key))
    assert (again.number, again.chain, again.valid) == (first.number, first.chain, True)
    assert (first.repeated, again.repeated) == (False, True)
    assert deployed.count(t.submission) == 1


def test_a_request_sent_again_after_a_correction_does_not_undo_it(deployed: Town, key: str) -> None:
    (first,) = received(deployed, filing(key))
    (corrected,) = received(deployed, filing(key, "r2", inspected=31))
    (again,) = received(deployed, filing(key))
    assert (first.version, corrected.version, again.version) == (1, 2, 1)
    assert deployed.count(t.submission) == 2


def test_a_refused_return_is_refused_again_with_the_same_receipt(deployed: Town, key: str) -> None:
    # 7 of 6 samples failed: a part above its total
    (first,) = received(deployed, filing(key, samples_failed=7))
    (again,) = received(deployed, filing(key, samples_failed=7))
    assert (first.valid, again.valid, again.number) == (False, False, first.number)
    assert [p.code for p in again.problems] == [p.code for p in first.problems] == ["part-exceeds-total"]
    assert deployed.count(t.submission) == 1


def test_a_key_stands_for_one_request_only(deployed: Town, key: str) -> None:
    received(deployed, filing(key))
    (other,) = received(deployed, filing(key, inspected=31))
    assert isinstance(other, BadInput)
    assert other.code == "key-reused"
    assert deployed.count(t.submission) == 1


def test_two_units_may_call_their_requests_alike(deployed: Town, key: str) -> None:
    others = make_key(deployed.ledger, HAIAN, "nanmo", "业务系统", "jicha").partition(".")[0]
    mine, to = filing(key), Address(HAIAN, "nanmo", "monthly", "2018-10")
    theirs = Filing(to, mine.data, mine.name, (), at(NOW), (others, "r1"), "other")
    first, second = received(deployed, mine, theirs)
    assert (first.unit, second.unit) == ("libao", "nanmo")


def test_a_request_that_nothing_came_of_gives_its_key_free(deployed: Town, key: str) -> None:
    (nothing,) = received(deployed, filing(key, duty="no-such-duty"))
    assert isinstance(nothing, BadInput)
    assert deployed.count(answered) == 0
    (receipt,) = received(deployed, filing(key))
    assert receipt.valid


def test_after_a_crash_before_anything_was_received_it_is_received(deployed: Town, key: str) -> None:
    answering.claim(deployed.ledger, [_asked(filing(key))])
    (receipt,) = received(deployed, filing(key))
    assert receipt.number == "haian-2018-000001"
    assert not receipt.repeated


def test_after_a_crash_before_its_answer_was_noted_the_receipt_is_found(deployed: Town, key: str) -> None:
    answering.claim(deployed.ledger, [_asked(filing(key))])
    (first,) = received(deployed, filing(key, None))  # received, and then the process died
    received(deployed, filing(key, None, inspected=31))
    (again,) = received(deployed, filing(key))
    assert (again.number, again.version, again.repeated) == (first.number, 1, True)
    assert deployed.count(t.submission) == 2


def _asked(one: Filing) -> Asked:
    assert one.key is not None
    return Asked(*one.key, one.request, one.to.obligation, digest_of(one.data or b""))


def test_a_claim_tells_what_was_there_before(deployed: Town, key: str) -> None:
    one, other = _asked(filing(key)), _asked(filing(key, inspected=31))
    assert answering.claim(deployed.ledger, [one]) == {}
    assert answering.claim(deployed.ledger, [one]) == {one.name: Before(True, None)}
    assert answering.claim(deployed.ledger, [other]) == {one.name: Before(False, None)}
    answering.note(deployed.ledger, {one.name: "some submission"})
    assert answering.claim(deployed.ledger, [one]) == {one.name: Before(True, "some submission")}


def test_what_was_noted_once_stays(deployed: Town, key: str) -> None:
    one = _asked(filing(key))
    answering.claim(deployed.ledger, [one])
    answering.note(deployed.ledger, {one.name: "the first"})
    answering.note(deployed.ledger, {one.name: "another"})
    answering.note(deployed.ledger, {one.name: None})
    assert answering.claim(deployed.ledger, [one])[one.name].submission == "the first"


def test_requests_with_one_key_at_once_are_one_return(deployed: Town, key: str) -> None:
    reception = Reception(deployed.ledger)
    with ThreadPoolExecutor(8) as pool:
        futures = [f for f in pool.map(lambda _: reception.hand_in(filing(key)), range(24))]
    receipts: list[Receipt] = [f.result(30) for f in futures]
    assert len({r.number for r in receipts}) == 1
    assert sum(not r.repeated for r in receipts) == 1
    assert deployed.count(t.submission) == 1


def test_two_processes_with_one_key_at_once_make_one_return(deployed: Town, key: str) -> None:
    places = [Reception(deployed.ledger), Reception(deployed.ledger)]
    futures = [place.hand_in(filing(key)) for place in places for _ in range(4)]
    assert len({f.result(30).number for f in futures}) == 1
    assert deployed.count(t.submission) == 1


def test_when_too_many_wait_a_program_is_told_to_come_again(deployed: Town, key: str) -> None:
    reception = Reception(deployed.ledger)
    with deployed.ledger.write(HAIAN):  # nothing can be received meanwhile
        futures = [reception.hand_in(filing(key, None))]
        while not futures[0].running():
            time.sleep(0.01)
        futures += [reception.hand_in(filing(key, None)) for _ in range(WAITING)]
        with pytest.raises(Refused) as caught:
            reception.hand_in(filing(key, None))
    assert (caught.value.status, caught.value.code) == (429, "too-many")
    assert {f.result(60).number for f in futures} == {"haian-2018-000001"}


def test_one_that_is_wrong_harms_none_of_those_received_with_it(deployed: Town, key: str) -> None:
    good, lost, bad = received(
        deployed, filing(key, "a"), filing(key, "b", duty="no-such-duty"), filing(key, "c", samples_failed=7)
    )
    assert (good.valid, bad.valid) == (True, False)
    assert lost.code == "bad-address"
