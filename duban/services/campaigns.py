"""Finding a campaign's plan: a deployed slug is read from the ledger, a folder from its files."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from duban import calendars
from duban.errors import BadInput, NotAllowed, Problem
from duban.ledger import queries
from duban.plan import Bundle, Plan, parse

PARTS = ("plan.yaml", "units.csv", "forms/*.yaml")


def folder_of(name: str, campaigns: Path) -> Path:
    """The folder of a slug under `campaigns`, or the folder `name` itself. Raises BadInput."""
    for folder in (campaigns / name, Path(name)):
        if (folder / "plan.yaml").is_file():
            return folder
    known = sorted(p.parent.name for p in campaigns.glob("*/plan.yaml"))
    raise BadInput("unknown-campaign", name=name, known=known)


def read_bundle(folder: Path) -> Bundle:
    """The campaign's files as texts. Raises BadInput for a file that is not UTF-8."""
    files = []
    for pattern in PARTS:
        for path in sorted(folder.glob(pattern)):
            name = path.relative_to(folder).as_posix()
            try:
                files.append((name, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError as error:
                line = str(path.read_bytes().count(b"\n", 0, error.start) + 1)
                raise BadInput("plan-invalid", (Problem("not-utf-8", name, line),), count=1) from error
    return Bundle(tuple(sorted(files)))


@lru_cache(maxsize=32)
def _parsed(text: str) -> Plan:
    return parse(Bundle.from_text(text))


def deployed_plan(conn: Connection, campaign: str, at: datetime | None = None) -> Plan:
    """The plan in force at `at`. Raises NotAllowed for a campaign that is not deployed."""
    found = queries.newest_plan(conn, campaign, None if at is None else calendars.to_micros(at))
    if found is None:
        raise NotAllowed("not-deployed", campaign=campaign)
    return _parsed(found[1])
