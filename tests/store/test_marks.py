"""What was sent and not yet on record when its process ended is not sent again by this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.outbox import marks
from duban.rehearsal import PaperTransport
from duban.services.delivering import Delivered, deliver
from tests.support.town import BRANCHES, Town, at

MORNING = "2018-10-08 08:30"


@pytest.fixture
def one_waits(deployed: Town) -> Town:
    """One branch has not reported; its chase is decided."""
    for unit in BRANCHES[1:]:
        deployed.report(unit, "2018-09", "2018-10-01 09:00")
    deployed.run(MORNING)
    return deployed


def sent_by(town: Town, transport: PaperTransport, when: str, noted: Path) -> Delivered:
    return deliver(town.ledger, transport, town.texts, owner=when, as_of=at(when), noted=noted)


class CutOff(PaperTransport):
    """Its database is gone as soon as a message has left."""

    town: Town

    def send(self, parcel: Parcel, message_id: str) -> None:
        super().send(parcel, message_id)
        with self.town.ledger.engine.begin() as conn:
            conn.exec_driver_sql("ALTER TABLE outcome RENAME TO outcome_gone")


def test_word_left_at_the_provider_s_answer_stands_for_the_outcome(one_waits: Town, tmp_path: Path) -> None:
    noted, paper = tmp_path / "sent", CutOff()
    paper.town = one_waits
    with pytest.raises(Exception, match="outcome"):
        sent_by(one_waits, paper, MORNING, noted)
    with one_waits.ledger.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE outcome_gone RENAME TO outcome")
    assert one_waits.count(t.attempt) - one_waits.count(t.outcome) == 1
    after = PaperTransport()
    # Even before the claim of the one that failed has run out.
    assert sent_by(one_waits, after, "2018-10-08 08:31", noted).sent == 0
    assert one_waits.count(t.attempt) == one_waits.count(t.outcome) == 1
    assert sent_by(one_waits, after, "2018-10-08 08:45", noted).sent == 0
    assert (len(paper.parcels), after.parcels) == (1, [])
    assert list(noted.iterdir()) == []


def test_a_living_process_s_word_is_left_alone(tmp_path: Path) -> None:
    found: list[list[tuple[str, int]]] = []
    with marks.noting(tmp_path) as note:
        note("1/2018-10-08", 1)
        marks.left(tmp_path, found.append)
        assert found == []
    marks.left(tmp_path, found.append)
    assert found == []


def test_a_line_that_was_not_finished_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.marks").write_bytes(b'["1/2018-10-08", 2]\n["1/2018-1')
    found: list[list[tuple[str, int]]] = []
    marks.left(tmp_path, found.append)
    assert found == [[("1/2018-10-08", 2)]]
    assert list(tmp_path.iterdir()) == []
