"""Figures of a period, and the documents drafted from them."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

from sqlalchemy import Connection, func, select

from duban import agenda, calendars, figures
from duban.documents.consolidated import consolidated_workbook
from duban.documents.period import PeriodFigures, Return
from duban.errors import BadInput, Problem
from duban.ledger import Ledger, journal
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.plan.model import WHOLE, Stage
from duban.rendering import Renderer
from duban.services.campaigns import deployed_plan
from duban.services.summing import Content, content, source_of
from duban.services.watching import standings
from duban.standing import Standing, rates


def period_figures(conn: Connection, plan: Plan, duty: str, period: str, now: datetime) -> PeriodFigures:
    """The figures of one period of one duty. Raises BadInput for a period that is not due there."""
    found = standings(conn, plan, Scope(plan.slug, duty=duty, period=period), now)
    if duty not in plan.duty or not found:
        known = [f"{d} {p}".strip() for d, p in dict.fromkeys(_periods(plan))]
        problem = Problem("unknown-period", key="period", value=f"{duty} {period}", params={"known": known})
        raise BadInput("bad-address", (problem,), count=1)
    form, held = plan.form_of(duty), content(conn, plan, duty, found)
    expected = [source_of(s.owed) for s in found if s.expected or s.met]
    asked = figures.figure_columns(plan, form, expected) if form else []
    totals = figures.totals(figures.frame(held.cells), asked, expected)
    returns = [_return(plan, s, held) for s in found]
    seq, head = journal_head(conn, plan.slug, now)
    return PeriodFigures(
        plan, duty, period, form, now, found, rates(found), totals, held.cells, returns, head, seq
    )


def _return(plan: Plan, stands: Standing, held: Content) -> Return:
    source, duty = source_of(stands.owed), plan.duty[stands.owed.duty]
    names = {a.id: a.name for a in duty.attachments}
    return Return(
        source=source,
        standing=stands,
        unit=plan.unit[source.unit].name,
        subject=plan.subject_name(duty, source.subject) if source.subject else "",
        texts=held.texts.get(source, {}),
        notes=held.notes.get(source, {}),
        files=tuple((names.get(kind, kind), name) for kind, name in held.files.get(source, [])),
    )


def _periods(plan: Plan) -> list[tuple[str, str]]:
    return [(o.duty, o.period or "") for o in agenda.obligations(plan) if not o.is_event]


def journal_head(conn: Connection, campaign: str, now: datetime) -> tuple[int, str]:
    """Seq and digest of the last record up to `now`."""
    j = t.journal.c
    row = conn.execute(
        select(j.seq, j.digest)
        .where(j.campaign == campaign, j.recorded_at <= calendars.to_micros(now))
        .order_by(j.seq.desc())
        .limit(1)
    ).first()
    return (row.seq, row.digest) if row else (0, journal.GENESIS)


def due_periods(plan: Plan, now: datetime) -> list[tuple[str, str]]:
    """(duty, period) of every return whose deadline has passed, in order of time; copies have nothing
    of their own to show, and what cannot be sent has no documents."""
    passed = takewhile(lambda x: x[0] <= now, plan.memo("deadlines", lambda: _deadlines(plan)))
    return [(duty, period) for _, duty, period in passed]


def _deadlines(plan: Plan) -> tuple[tuple[datetime, str, str], ...]:
    """The first due time of each duty's periods, in order."""
    found: dict[tuple[str, str], datetime] = {}
    for o in agenda.obligations(plan):
        duty = plan.duty[o.duty]
        if o.due_at and not duty.copy_of and (duty.form or duty.attachments):
            found.setdefault((o.duty, o.period or ""), o.due_at)
    return tuple((due_at, *key) for key, due_at in found.items())


def phase_periods(plan: Plan, phase: Stage, now: datetime) -> list[tuple[str, str]]:
    """The due periods that a phase touches."""
    mine = {(o.duty, o.period or "") for o in agenda.obligations(plan) if phase.id in (*o.phases, WHOLE)}
    return [found for found in due_periods(plan, now) if found in mine]


@dataclass(frozen=True, slots=True)
class Drafted:
    """Documents of one period."""

    duty: str
    period: str
    folder: Path
    workbook: Path
    summary: Path
    changed: bool
    """False when they stand as they were: no figure of theirs has changed."""


def draft_documents(
    ledger: Ledger, campaign: str, duty: str, period: str, *, texts: Renderer, folder: Path,
    as_of: datetime | None = None,
) -> Drafted:  # fmt: skip
    """Draft the consolidated workbook and the summary of a period into `folder`.

    Raises BadInput, NotAllowed. Files are replaced whole, so a reader never sees half of one; those of
    a past instant get a folder of their own beside the current ones.
    """
    now = ledger.now(as_of)
    d = t.draft.c
    mine = (d.campaign == campaign) & (d.duty == duty) & (d.period == period)
    with ledger.read() as conn:
        plan = deployed_plan(conn, campaign, now)
        past = as_of is not None and (ledger.kind == "wall" or now < _last_recorded(conn, campaign))
        root = folder / f"as-of-{now:%Y%m%dT%H%M}" if past else folder
        place = root / period_folder(campaign, duty, period)
        data = period_figures(conn, plan, duty, period, now)
        stem = document_name(plan, duty, period, texts)
        made = Drafted(duty, period, place, place / f"{stem}.xlsx", place / f"{stem}.html", False)
        last = None if past else conn.scalar(select(d.figures).where(mine))
        there = made.workbook.exists() and made.summary.exists()
    digest = _digest(data)
    changed = last != digest or not there
    if changed:
        place.mkdir(parents=True, exist_ok=True)
        _replace(made.workbook, document(data, "xlsx", texts))
        _replace(made.summary, document(data, "html", texts))
    if past or not changed:
        return replace(made, changed=changed)
    with ledger.write(campaign, as_of=as_of) as w:  # its lock keeps two runs from inserting one row
        row = {"campaign": campaign, "duty": duty, "period": period}
        w.conn.execute(t.draft.delete().where(mine))
        w.conn.execute(t.draft.insert(), row | {"figures": digest, "folder": str(place), "made_at": w.micros})
    return replace(made, changed=changed)


def document(data: PeriodFigures, kind: str, texts: Renderer) -> bytes:
    """A period's consolidated workbook (`xlsx`) or its summary (`html`)."""
    if kind == "xlsx":
        return consolidated_workbook(data, texts)
    return texts.render("reports/monthly.html", f=data).encode()


def period_folder(campaign: str, duty: str, period: str) -> Path:
    """Where a period's documents lie among all documents."""
    return Path(campaign) / "-".join(filter(None, (duty, period)))


def document_name(plan: Plan, duty: str, period: str, texts: Renderer) -> str:
    """What a period's documents are called, without a suffix."""
    return file_name(texts.say("documents.stem", plan=plan, duty=plan.duty[duty], period=period))


def _last_recorded(conn: Connection, campaign: str) -> datetime:
    """When the campaign's last record was made."""
    at = conn.scalar(select(func.max(t.journal.c.recorded_at)).where(t.journal.c.campaign == campaign))
    return calendars.from_micros(at or 0, UTC)


def file_name(text: str) -> str:
    """A text as a file's name: no separators, nothing that a file system of an office PC refuses."""
    return re.sub(r'[\\/:*?"<>|\x00-\x1f]', "_", text).strip(". ") or "_"


def _digest(data: PeriodFigures) -> str:
    """What the documents say, so that they are drafted again only when it changes."""
    said = [
        [(r.source, s.came_in, s.version, s.on_time, s.state) for r in data.returns for s in [r.standing]],
        [(t.indicator.code, str(t.value), t.missing) for t in data.totals],
    ]
    return hashlib.sha256(journal.canonical(said).encode()).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as part:
        part.write(content)
    os.chmod(part.name, 0o644)
    os.replace(part.name, path)
