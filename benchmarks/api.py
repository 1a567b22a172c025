"""The API takes a hundred returns of 60 figures a second, and loses none when its server is killed.

Client, server and PostgreSQL share two cores. The server is killed (SIGKILL) in the middle and started again;
what was not answered is sent again. Then the ledger is compared with every receipt that was given.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median, quantiles

from sqlalchemy import func, select

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import county, side
from benchmarks.clients import Order, Tally, drive
from benchmarks.served import Served, database, two_cores
from duban.agenda import obligation_key, of_duty
from duban.ledger import Ledger, open_ledger
from duban.ledger import tables as t
from duban.ledger.proof import verify
from duban.services.deploying import deploy
from duban.services.keys import make_key
from duban.services.receipts import receipt_number

GOAL = 100
"""Returns a second."""
P99 = 2.0
"""Seconds within which 99 of 100 are answered."""
CLIENTS = 32
PATH = f"/api/v1/campaigns/{county.SLUG}/submissions"


def orders(keys: dict[str, str]) -> Iterator[Order]:
    """A return for every office and week, each once; its name is its obligation."""
    chance = Random(60)
    filled = [county.document(county.LONG, chance)[1:] for _ in range(200)]
    for o in of_duty(county.plan(), county.LONG):
        said = json.dumps({"duty": o.duty, "period": o.period}).encode()
        yield Order(obligation_key(*_parts(o.unit, o.period or "")), keys[o.unit],
                    said[:-1] + b"," + chance.choice(filled))  # fmt: skip


def _parts(unit: str, period: str) -> tuple[str, str, str, str]:
    return county.SLUG, county.LONG, unit, period


def measured(ledger: Ledger, url: str, seconds: float, turn: float) -> list[side.Case]:
    """Drive the API, kill it on the way, and look at what is left."""
    deploy(ledger, county.bundle(), reason="benchmark")
    keys = {u: make_key(ledger, county.SLUG, u, "benchmark", "benchmark") for u in county.offices()}
    waiting = iter(list(orders(keys)))  # made beforehand: while it runs, the machine is the server's
    with tempfile.TemporaryDirectory() as var:
        served = Served(url, var)
        try:
            first = _rate(served, waiting, 1, 0.1)
            load, down = _under_fire(served, waiting, seconds)
            turns = [n for _ in range(side.TURNS) for n in (CLIENTS, 1)]
            rates = [_rate(served, waiting, clients, turn) for clients in turns]
        finally:
            served.stop()
    rate = len(load.receipts) / seconds
    log(f"{len(load.receipts)} receipts in {seconds:g} s, {down:.1f} s of them without a server; "
        f"{load.resent} sent again")  # fmt: skip
    for wrong in load.wrong[:5]:
        log(wrong)
    together, single = (median(r for r, _ in rates[n::2]) for n in (0, 1))
    given = load.receipts | {k: v for _, tally in (first, *rates) for k, v in tally.receipts.items()}
    lost, doubled, sound = _compared(ledger, given)
    cents = quantiles(load.took, n=100)
    return [
        side.at_least("returns of 60 figures, server killed once", rate, GOAL, unit="/s"),
        side.more("32 programs at once, and one alone", together, single, goal=1),
        side.at_most("half are answered within", median(load.took), P99, unit="s"),
        side.at_most("99 of 100 are answered within", cents[98], P99, unit="s"),
        side.at_most("answers that are no receipt", len(load.wrong), 0, unit=""),
        side.at_most("receipts lost or changed", lost, 0, unit=""),
        side.at_most("returns received twice", doubled, 0, unit=""),
        side.at_least("journal proved", sound, 1, unit=""),
    ]


def _under_fire(served: Served, waiting: Iterator[Order], seconds: float) -> tuple[Tally, float]:
    """The load, the server killed in the middle of it."""
    down: list[float] = []
    killer = threading.Timer(seconds / 2, lambda: down.append(served.die()))
    killer.start()
    tally = asyncio.run(drive(served.port, PATH, waiting, CLIENTS, seconds))
    killer.join()
    return tally, sum(down)


def _rate(served: Served, waiting: Iterator[Order], clients: int, seconds: float) -> tuple[float, Tally]:
    began = time.perf_counter()
    tally = asyncio.run(drive(served.port, PATH, waiting, clients, seconds))
    return len(tally.receipts) / (time.perf_counter() - began), tally


def _compared(ledger: Ledger, given: dict[str, tuple[str, str]]) -> tuple[int, int, int]:
    """Receipts not in the ledger as they were given; obligations met twice; whether all is proved."""
    s, j = t.submission.c, t.journal.c
    with ledger.read() as conn:
        joined = t.submission.join(
            t.journal, (j.ref == s.id) & (j.kind == "submission") & (j.campaign == s.campaign)
        )
        rows = conn.execute(select(s.obligation, s.receipt_no, j.digest).select_from(joined).where(s.valid))
        kept = {r.obligation: (receipt_number(county.SLUG, r.receipt_no), r.digest) for r in rows}
        twice = select(s.obligation).group_by(s.obligation).having(func.count() > 1)
        doubled = len(conn.execute(twice).all())
        proved = verify(conn, county.SLUG).broken_at is None
    lost = sum(kept.get(name) != receipt for name, receipt in given.items())
    return lost, doubled, int(proved)


def log(text: str) -> None:
    """A line for whoever watches."""
    print(text, file=sys.stderr)


def main() -> int:
    """Measure, print, say whether the goals were met."""
    given = side.arguments(__doc__)
    two_cores()
    with database() as url:
        ledger = open_ledger(url)
        cases = measured(ledger, url, 16.0 if given.quick else 30.0, 0.5 if given.quick else 2.0)
        ledger.close()
    return side.report(cases, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
