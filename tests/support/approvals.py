"""The portal when letters wait for approval: Hai'an with colours, three branches late with October.

Libao and qutang are subordinates, yazhou is a partner. Run on each working morning from 6 November, blue is
said on Thursday the 8th; on Monday the 12th orange is proposed for all three. Nobody has a red letter yet.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duban.ledger import Ledger, open_ledger
from duban.rehearsal import PaperTransport
from tests.support.colours import coloured, others_report
from tests.support.gate import Gate, furnish, gate
from tests.support.town import Town

LATE = ("libao", "qutang", "yazhou")
MORNINGS = ("11-06", "11-07", "11-08", "11-09", "11-12")
NOW = "2018-11-12 09:10"


def stand(ledger: Ledger, folder: Path) -> Town:
    """The town on the morning of the 12th, after the run and its delivery."""
    furnish(ledger, coloured())
    town = Town(ledger, folder)
    others_report(town, period="2018-09", when="2018-10-05 09:00")
    others_report(town, *LATE)
    for day in MORNINGS:
        town.run(f"2018-{day} 08:30")
        town.deliver(PaperTransport(), f"2018-{day} 08:35")
    return town


def make(path: Path) -> Path:
    """A ledger of it, to be copied."""
    ledger = open_ledger(f"sqlite:///{path}", kind="virtual")
    stand(ledger, path.parent)
    ledger.close()
    return path


@contextmanager
def morning(ready: Path, folder: Path) -> Iterator[Gate]:
    """The portal on the morning of the 12th, on a copy of such a ledger; its browsers go there too."""
    shutil.copyfile(ready, folder / "ledger.sqlite")
    with gate(f"sqlite:///{folder / 'ledger.sqlite'}", folder, now=NOW) as made:
        yield made
