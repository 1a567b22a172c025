"""A dry run does everything and keeps nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from duban.errors import NotAllowed
from duban.ledger import Ledger
from duban.ledger import tables as t
from duban.ledger.columns import metadata
from duban.ledger.proof import verify
from duban.rehearsal import PaperTransport
from duban.services.campaigns import deployed_plan
from duban.services.deploying import deploy
from duban.services.foretelling import foretell
from tests.store.test_speaking import with_unit
from tests.support.town import HAIAN, Town, at


def everything(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with ledger.read() as conn:
        return {
            table.name: sorted(map(tuple, conn.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def test_what_is_foretold_is_what_is_then_sent_and_telling_it_changes_nothing(deployed: Town) -> None:
    deployed.report("haian", "2018-09", "2018-10-04 09:00")
    before = everything(deployed.ledger)
    with deployed.ledger.trial() as trial:
        run, parcels = foretell(trial, HAIAN, deployed.texts, at("2018-10-08 08:30"))
    assert everything(deployed.ledger) == before
    assert sum(said.chase for said in run.said) == 9  # all but Hai'an itself, of ten branches
    paper = PaperTransport()
    deployed.run("2018-10-08 08:30")
    deployed.deliver(paper, "2018-10-08 08:30")
    assert {p.address: (p.subject, p.plain) for p in parcels} == {
        p.address: (p.subject, p.plain) for p in paper.parcels
    }
    assert len(parcels) == 9
    with deployed.ledger.read() as conn:
        assert verify(conn, HAIAN).broken_at is None


def test_within_a_trial_what_was_written_is_read(deployed: Town) -> None:
    before = everything(deployed.ledger)
    with deployed.ledger.trial() as trial:
        town = Town(trial, deployed.folder)
        town.report("baidian", "2018-09", "2018-10-04 09:00")
        assert town.count(t.submission) == 1
        with trial.read() as conn:
            assert verify(conn, HAIAN).broken_at is None
    assert everything(deployed.ledger) == before


def report_backwards(town: Town) -> None:
    """Within a trial, two returns of which the second comes before the first."""
    with town.ledger.trial() as trial:
        tried = Town(trial, town.folder)
        tried.report("baidian", "2018-09", "2018-10-04 09:00")
        tried.report("libao", "2018-09", "2018-10-04 08:00")


def test_a_trial_that_fails_half_way_keeps_nothing_either(deployed: Town) -> None:
    before = everything(deployed.ledger)
    with pytest.raises(NotAllowed, match="time-runs-backwards"):
        report_backwards(deployed)
    assert everything(deployed.ledger) == before


def test_one_refusal_within_a_trial_undoes_only_itself(deployed: Town) -> None:
    with deployed.ledger.trial() as trial:
        town = Town(trial, deployed.folder)
        town.report("baidian", "2018-09", "2018-10-04 09:00")
        with pytest.raises(NotAllowed):
            town.report("libao", "2018-09", "2018-10-04 08:00")
        assert town.count(t.submission) == 1


def test_deploying_can_be_tried(deployed: Town) -> None:
    before = everything(deployed.ledger)
    with deployed.ledger.trial() as trial:
        bundle = with_unit("baidian", closes="2018-10-31", successor="nanmo")
        tried = deploy(trial, bundle, reason="test", as_of=at("2018-10-01 09:00"))
        with trial.read() as conn:
            assert deployed_plan(conn, HAIAN).unit["baidian"].successor == "nanmo"
    assert (tried.version, tried.changed) == (2, True)
    assert everything(deployed.ledger) == before
