"""What a form page does with what was posted: keep it as a draft, look it over, send it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import UploadFile

from duban.calendars import at_local
from duban.errors import NotAllowed, Problem
from duban.intake.attachments import Attached, attachment_problems
from duban.ledger import journal
from duban.portal.asking import Ask
from duban.portal.desk import Desk, desk, file_number
from duban.portal.form_fields import MORE, document, of_posted, whole_number
from duban.portal.turns import one_of_few
from duban.services.drafting import drop_form, look_over, save_form, saved_files
from duban.services.receiving import Receipt, Stated, receive
from duban.services.storing import digest_of

PORTAL, OFFICER = "portal", "officer"


@dataclass(frozen=True)
class Saved:
    """What saving came to."""

    desk: Desk
    """The obligation with the draft as it is now."""
    problems: tuple[Problem, ...] = ()
    """Of files that were not taken."""
    changed: NotAllowed | None = None
    """Somebody else has changed the draft meanwhile, or it has become too large."""


def is_officer(ask: Ask) -> bool:
    """Whether somebody of the bureau fills in for the unit, who has to say when and how it came."""
    return ask.me.door == "account"


def save(ask: Ask, d: Desk) -> Saved:
    """Keep what was typed, with the files that came; nothing that was typed is lost by it."""
    files, problems = _uploads(ask, d)
    saved, changed = None, None
    if d.form is not None:
        rows = whole_number(ask.text("rows")) + (MORE if ask.text("do") == "rows" else 0)
        saved = {"document": _document(ask, d), "rows": rows, "form_version": d.form.version}
    dropped = whole_number(ask.text("do").removeprefix("drop:"))
    try:
        save_form(
            ask.office.ledger, d.to, saved, by=ask.me.name, files=files, began=_began(ask),
            dropped=[dropped] if dropped else [],
        )  # fmt: skip
    except NotAllowed as error:
        changed = error
    return Saved(desk(ask, d.here), problems, changed)


def sent_before(ask: Ask, d: Desk) -> int | None:
    """The version that this very form has become already, when it is sent once more."""
    last = d.last
    if ask.text("do") != "submit" or last is None or not last.counts or d.draft is not None:
        return None
    new_files = any(ask.files(f"files.{a.id}") for a in d.wanted)
    left_out = bool(ask.text("kept")) and len(_kept(ask, d)) != len(d.kept)
    same = d.form is None or digest_of(journal.canonical(_document(ask, d)).encode()) == last.file
    return last.version if same and not new_files and not left_out else None


def received_at(ask: Ask, d: Desk) -> tuple[datetime | None, tuple[Problem, ...]]:
    """When an officer says that it came, and by which statement; None for what comes now."""
    if not is_officer(ask):
        return None, ()
    text, problems, at = ask.text("received_at"), [], None
    if text:
        try:
            naive = datetime.fromisoformat(text)
            at = at_local(naive.date(), naive.time(), d.plan.zone)
        except ValueError:
            problems.append(Problem("received-unclear", key="received_at", value=text[:40]))
        if at is not None and at > ask.now():
            problems.append(Problem("received-unclear", key="received_at", value=text[:40]))
    if not ask.text("statement"):
        problems.append(Problem("statement-missing", key="statement"))
    return at, tuple(problems)


@one_of_few
def examined(ask: Ask, d: Desk) -> tuple[Problem, ...]:
    """Everything wrong or odd about the draft."""
    data, name, files = _return(ask, d)
    return look_over(ask.office.ledger, d.to, data, name, files=files)


def mark(problem: Problem) -> str:
    """How a page remembers that it has asked about something: about another figure it asks again."""
    return "".join(f"{problem.code}:{problem.place or problem.key}:{problem.value}".split())


@one_of_few
def send(ask: Ask, d: Desk, stated: datetime | None) -> Receipt:
    """Send the draft; it is gone once it has been received."""
    data, name, files = _return(ask, d)
    return _sent(ask, d, data, name, files, stated)


@one_of_few
def send_workbook(ask: Ask, d: Desk, workbook: UploadFile, stated: datetime | None) -> Receipt:
    """Send a filled workbook, with the files that lie with the draft."""
    with ask.office.ledger.read() as conn:
        files = saved_files(conn, d.to)
    return _sent(ask, d, workbook.file.read(), workbook.filename or "", files, stated)


def _sent(
    ask: Ask, d: Desk, data: bytes, name: str, files: Sequence[Attached], stated: datetime | None
) -> Receipt:
    officer = is_officer(ask)
    receipt = receive(
        ask.office.ledger, d.to, data, name, door=OFFICER if officer else PORTAL, attachments=files,
        received_at=stated, stated=Stated(ask.me.name, ask.text("statement")[:200]) if officer else None,
    )  # fmt: skip
    if receipt.valid:
        drop_form(ask.office.ledger, d.to)
    return receipt


def _return(ask: Ask, d: Desk) -> tuple[bytes, str, tuple[Attached, ...]]:
    with ask.office.ledger.read() as conn:
        files = saved_files(conn, d.to)
    if d.form is None or d.draft is None:
        return b"", "", files
    said = d.draft.document.get("document", {})
    return journal.canonical(said).encode(), ask.office.texts.say("portal.unit.page_file"), files


def _document(ask: Ask, d: Desk) -> dict[str, Any]:
    to = d.to
    identity = {
        "campaign": to.campaign, "unit": to.unit, "duty": to.duty, "period": to.period,
        "subject": to.subject or "",
    }  # fmt: skip
    return document(identity, of_posted(d.form, ask.sent)) if d.form else identity


def _uploads(ask: Ask, d: Desk) -> tuple[list[Attached], tuple[Problem, ...]]:
    """The files that came, those of the version before that are to come along, and what is wrong with any."""
    found, problems = [], []
    for wanted in d.wanted:
        for upload in ask.files(f"files.{wanted.id}"):
            file = Attached(wanted.id, upload.filename or wanted.id, upload.file.read())
            wrong = [p for p in attachment_problems(d.wanted, [file]) if p.code != "attachments-too-few"]
            problems += wrong
            found += [] if wrong else [file]
    for n in _kept(ask, d):
        kept = next(f for f in d.kept if f.n == n)
        data = file_number(ask, d, n)
        found += [] if data is None else [Attached(kept.id, kept.name, data)]
    return found, tuple(problems)


def _kept(ask: Ask, d: Desk) -> list[int]:
    ticked = {str(value) for value in ask.sent.getlist("keep")}
    return [f.n for f in d.kept if str(f.n) in ticked]


def _began(ask: Ask) -> int | None:
    text = ask.text("began")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
