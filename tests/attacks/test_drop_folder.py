"""Whatever lies in the drop folder, it is taken, refused or left, and a good return beside it comes in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from duban.intake import reader
from duban.ledger import open_ledger
from tests.support.corpus.drops import DROPS, Drop
from tests.support.doors import Share, ages_ago
from tests.support.harbour import SIGNED, Harbour, form


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    ledger = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('l')}/ledger.sqlite", kind="virtual")
    made = Harbour(ledger)
    made.deploy()
    yield made
    ledger.close()
    reader.close()


@pytest.mark.parametrize("drop", DROPS, ids=lambda d: d.name)
def test_whatever_is_dropped_gets_its_verdict_and_a_good_return_beside_it_comes_in(
    drop: Drop, port: Harbour, tmp_path: Path
) -> None:
    share = Share(tmp_path / "drop", port.ledger)
    drop.lay(share.root)
    _aged(share.root)
    good = form("hazards", "east", "2024-01", values={"visits": 3}, signed=SIGNED)
    ages_ago(share.put("好.xlsx", good, "2024-02-05 09:00"))
    began = time.monotonic()
    outcomes = share.drain("2024-02-05 10:00").outcomes
    assert time.monotonic() - began < 10
    others = [o for o in outcomes if o.name != "好.xlsx"]
    assert len(others) == len(outcomes) - 1
    assert [o.verdict for o in outcomes if o.name == "好.xlsx"] == ["accepted"]
    assert tuple(o.verdict for o in others) == drop.verdicts
    assert {p for o in others for p in o.problems} == set(drop.problems)
    assert all(o.name.isprintable() for o in others)


def _aged(root: Path) -> None:
    """Nothing waits for what may still come."""
    for parent, _, names in os.walk(root):
        for name in names:
            path = Path(parent) / name
            if path.is_file() and not path.is_symlink():
                ages_ago(path)
