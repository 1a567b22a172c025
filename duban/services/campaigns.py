"""Finding a campaign's plan: a deployed slug is read from the ledger, a folder from its files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection

from duban import calendars
from duban.errors import BadInput, NotAllowed, Problem
from duban.ledger import queries
from duban.plan import Bundle, Plan, lineage, parse

PARTS = ("plan.yaml", "given.yaml", "units.csv", "forms/*.yaml", "templates/**/[!.]*")


def folder_of(name: str, campaigns: Path) -> Path:
    """The folder of a slug under `campaigns`, or the folder `name` itself. Raises BadInput."""
    for folder in (campaigns / name, Path(name)):
        if (folder / "plan.yaml").is_file():
            return folder
    known = sorted(p.parent.name for p in campaigns.glob("*/plan.yaml"))
    raise BadInput("unknown-campaign", name=name, known=known)


def read_bundle(folder: Path) -> Bundle:
    """The campaign's files as texts. Raises BadInput for a file that is not UTF-8, and for a link out of the
    folder: whoever has made it is not to read what else is on this machine."""
    files, inside = [], folder.resolve()
    for pattern in PARTS:
        for path in sorted(p for p in folder.glob(pattern) if p.is_file()):
            name = path.relative_to(folder).as_posix()
            if not path.resolve().is_relative_to(inside):
                raise BadInput("plan-invalid", (Problem("leads-elsewhere", name),), count=1)
            try:
                files.append((name, path.read_text(encoding="utf-8")))
            except UnicodeDecodeError as error:
                line = str(path.read_bytes().count(b"\n", 0, error.start) + 1)
                raise BadInput("plan-invalid", (Problem("not-utf-8", name, line),), count=1) from error
    return Bundle(tuple(sorted(files)))


_plans: dict[str, Plan] = {}
"""Plans by their bundle's digest: read once in a process, however often it asks which one is in force."""
MOST_PLANS = 32
_parsing = Lock()
"""One thread reads a plan; the others that want it wait, instead of all reading it at once."""


def deployed_plan(conn: Connection, campaign: str, at: datetime | None = None) -> Plan:
    """The plan in force at `at`. Raises NotAllowed for a campaign that is not deployed."""
    digest = queries.plan_in_force(conn, campaign, None if at is None else calendars.to_micros(at))
    if digest is None:
        raise NotAllowed("not-deployed", campaign=campaign)
    return _plan(conn, digest)


def versions(conn: Connection, campaign: str) -> list[Plan]:
    """Every plan that was ever in force, the first one first."""
    return [_plan(conn, digest) for digest in queries.plan_digests(conn, campaign)]


def replaced(conn: Connection, plan: Plan, duty: str) -> dict[str, tuple[str, int]]:
    """Code that a duty was once answered with → the code that stands for it now, and what its stored values
    are multiplied by."""

    def look_back() -> dict[str, tuple[str, int]]:
        form = plan.form_of(duty)
        if form is None or not any(i.replaces for i in lineage.codes(form).values()):
            return {}
        return lineage.replacements(versions(conn, plan.slug), plan, duty)

    return plan.memo(("replaced", duty), look_back)


def _plan(conn: Connection, digest: str) -> Plan:
    found = _plans.get(digest)
    if found is None:
        with _parsing:
            found = _plans.get(digest) or _parsed(conn, digest)
    return found


def _parsed(conn: Connection, digest: str) -> Plan:
    while len(_plans) >= MOST_PLANS:
        _plans.pop(next(iter(_plans)), None)
    return _plans.setdefault(digest, parse(Bundle.from_text(queries.bundle_text(conn, digest))))
