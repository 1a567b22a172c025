"""Taking out what must never have been sent, as classified content 涉密: bytes, texts and figures go, the
digests, the receipt and the reason stay, and the journal still holds (docs/decisions/0016)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from duban.calendars import to_micros
from duban.errors import BadInput, NotAllowed, Problem
from duban.ledger import Ledger, Writer
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.plan import Plan
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.copying import COPY, copies_of, original_of, record_ruling
from duban.services.deciding import rule
from duban.services.drafting import drop_form_of
from duban.services.reporting import period_folder
from duban.services.watching import standings
from duban.standing import Standing


def expunge(
    ledger: Ledger, to: Address, version: int, *, by: str, reason: str, until: datetime,
    as_of: datetime | None = None,
) -> None:  # fmt: skip
    """Expunge one version of a return, every copy that it made elsewhere, the draft of the next one, which
    may say the same, and the documents of its period, which the next run drafts anew. A version that counts
    is returned as no report, to be sent again before `until` (exclusive). Raises BadInput when there is no
    such version, NotAllowed without a reason or a second time."""
    if not reason.strip():
        raise NotAllowed("reason-missing")
    with ledger.write(to.campaign, as_of=as_of) as w:
        plan = deployed_plan(w.conn, to.campaign)
        _check(w, f"{to.obligation}@{version}")
        gone = _sent_with(w, plan, to, version)
        files = {digest for submission in gone for digest in _files(w, submission)}
        for submission in gone:
            drop_form_of(w, submission.rpartition("@")[0])
            _expunge(w, plan, submission, by, reason.strip(), until)
        for digest in sorted(files):
            w.conn.execute(t.file.update().where(t.file.c.digest == digest).values(content=b""))
            w.conn.execute(t.held_file.delete().where(t.held_file.c.digest == digest))
        if ledger.keeps:
            _remove_documents(w, plan.slug, {submission.rpartition("@")[0] for submission in gone})


def _check(w: Writer, submission: str) -> None:
    s, x = t.submission.c, t.expunged.c
    if w.conn.scalar(select(s.id).where(s.id == submission)) is None:
        problem = Problem("unknown-obligation", key="obligation", value=submission)
        raise BadInput("bad-address", (problem,), count=1)
    if w.conn.scalar(select(x.submission).where(x.submission == submission)):
        raise NotAllowed("already-expunged", submission=submission)


def _remove_documents(w: Writer, campaign: str, obligations: Iterable[str]) -> None:
    """Remove what was drafted from a return, now or as of a past day. It goes before this is committed: what
    is removed in vain is drafted again."""
    d = t.draft.c
    for duty, period in {(o.split("/")[1], o.split("/")[3]) for o in obligations}:
        mine = (d.campaign == campaign) & (d.duty == duty) & (d.period == period)
        drafted = w.conn.scalar(select(d.folder).where(mine))
        if drafted is None:
            continue
        for place in _places(Path(drafted), period_folder(campaign, duty, period)):
            shutil.rmtree(place)
        w.conn.execute(t.draft.delete().where(mine))


def _places(drafted: Path, name: Path) -> Iterator[Path]:
    """Every folder with documents of a period that lies where it was drafted last."""
    root = drafted.parents[len(name.parts) - 1]
    if root / name == drafted:
        yield from (place / name for place in (root, *root.glob("as-of-*")) if (place / name).is_dir())


def _files(w: Writer, submission: str) -> set[str]:
    """Digests of all files of a return."""
    s, a = t.submission.c, t.attachment.c
    form = select(s.file).where(s.id == submission)
    return set(w.conn.scalars(form.union(select(a.file).where(a.submission == submission))))


def _sent_with(w: Writer, plan: Plan, to: Address, version: int) -> list[str]:
    """The return itself, what it is a copy of, and all copies of that; the original first, which is returned
    and told once for all."""
    mine = w.conn.execute(select(t.submission).where(t.submission.c.id == f"{to.obligation}@{version}")).one()
    root = (plan.duty[to.duty].copy_of if mine.door == COPY and to.duty in plan.duty else None) or to.duty
    of = replace(to, duty=root)
    original = original_of(w.conn, of, mine) if root != to.duty else mine.id
    copies = (
        copy for d in plan.file.duties if d.copy_of == root
        for copy in copies_of(w.conn, replace(to, duty=d.id), of, original or "")
    )  # fmt: skip
    return list(dict.fromkeys((original or mine.id, mine.id, *copies)))


def _expunge(w: Writer, plan: Plan, submission: str, by: str, reason: str, until: datetime) -> None:
    key, _, version = submission.rpartition("@")
    row = {"submission": submission, "campaign": plan.slug, "by": by, "reason": reason}
    w.record("expunged", plan.slug, [{**row, "recorded_at": w.micros}])
    for table in (t.cell, t.note, t.entry_cell):
        digests = select(table.c.text).where(table.c.submission == submission, table.c.text.is_not(None))
        w.conn.execute(t.personal.delete().where(t.personal.c.digest.in_(digests)))
    for table in (t.cell, t.note, t.entry_cell, t.entry):
        w.conn.execute(table.delete().where(table.c.submission == submission))
    _void(w, plan, key, int(version), by, reason, until)


def _void(w: Writer, plan: Plan, key: str, version: int, by: str, reason: str, until: datetime) -> None:
    """What is expunged never counts again: it was no report, and one is still owed. Where another version
    counts, whether that came in time is not touched."""
    o = t.obligation.c
    named = w.conn.execute(select(o.unit, o.duty, o.period, o.subject).where(o.id == key)).one()
    to = Address(plan.slug, named.unit, named.duty, named.period, named.subject or None)
    stands = _standing(w, plan, key)
    if stands is not None and stands.version == version and stands.accepted is not None:
        rule(w, plan, to, "withdraw", by=by, reason=reason)
        stands = _standing(w, plan, key)
    if stands is not None and stands.version == version:
        rule(w, plan, to, "return", by=by, reason=reason, until=until, not_a_report=True)
    elif _may_count(w, key, version):
        ruling = {"kind": "return", "version": version, "until": to_micros(until), "not_a_report": False}
        record_ruling(w, to, {**ruling, "by": by, "reason": reason})


def _standing(w: Writer, plan: Plan, key: str) -> Standing | None:
    """None for what an amendment has dropped since."""
    return next(iter(standings(w.conn, plan, Scope(plan.slug, key=key), w.at)), None)


def _may_count(w: Writer, key: str, version: int) -> bool:
    """Whether a version that does not count now would, when those that do are returned."""
    s, d = t.submission.c, t.decision.c
    returned = select(d.id).where(d.obligation == key, d.kind == "return", d.version == version)
    valid = w.conn.scalar(select(s.valid).where(s.id == f"{key}@{version}"))
    return bool(valid) and w.conn.execute(returned).first() is None
