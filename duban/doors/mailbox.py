"""The mailbox: returns come as attachments, the answer goes back as a reply at once.

A mail is received as of its INTERNALDATE. Order of steps: receive, answer, note the answer, move the mail.
Whatever crashes between two of them, the next drain repeats: receiving twice is once, an answer sent twice
bears the same Message-ID, and a mail whose answer is noted is only moved.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select

from duban.doors.answers import answer_text, verdict
from duban.doors.drained import Drained, Outcome, failed, outcome
from duban.doors.imap import Account, Arrived, Mailbox, opened
from duban.doors.letters import MOST, Letter, read_letter
from duban.doors.returns import Answer, File, Guard, Incoming, anybody, take
from duban.doors.seen import THEIRS, claim_mail, release_mail, settle_mail
from duban.errors import BadInput, DoorShut, NoSuchAddress, Problem, SubmissionInvalid
from duban.intake.guard import MEGABYTE
from duban.intake.stated import is_document, stated_identity
from duban.ledger import Ledger
from duban.ledger import tables as t
from duban.ledger.parcels import Parcel
from duban.notices import HEAD, UNIT
from duban.outbox.sending import message_id
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services.addresses import Address
from duban.services.liaisons import EMAIL

DOOR = "mailbox"
LARGEST = 60 * MEGABYTE
"""A mail beyond this is not even fetched; it holds 44 MB of attachments. Reading one takes four
times its size in memory."""
ADDRESS = re.compile(r"[^\s@<>\"',;:%{}]+@[^\s@<>\"',;:%{}]+")


class Post(Protocol):
    """Takes an answer to whoever wrote. Raises DeliveryFailed."""

    def reply(self, parcel: Parcel, message_id: str, headers: Mapping[str, str]) -> None: ...


@dataclass(frozen=True)
class MailDoor:
    """What the mailbox door works with."""

    ledger: Ledger
    account: Account
    post: Post
    texts: Renderer
    own: frozenset[str] = frozenset()
    """Our own addresses: what they send is no return."""
    known_only: bool = True
    """Whether a unit's returns are taken from its own contacts only."""


def own_addresses(account: Account, mail_url: str) -> frozenset[str]:
    """The mailbox's own address, and the one our mails come from."""
    sender = parse_qs(urlsplit(mail_url.replace("{address}", "")).query).get("from", [])
    return frozenset(a.lower() for a in (account.user, *sender) if "@" in a)


def drain_mailbox(door: MailDoor, *, owner: str, as_of: datetime | None = None) -> Drained:
    """Take in every mail of the folder. Raises DoorShut when it cannot be reached."""
    outcomes: list[Outcome] = []
    with opened(door.account) as box:
        drain = _Drain(door, box, owner, as_of)
        try:
            for mail in box.arrived():
                outcomes += drain.take_up(mail)
        except (OSError, imaplib.IMAP4.error) as error:  # the connection broke; the rest stays where it is
            place, detail = f"{door.account.host}:{door.account.port}", type(error).__name__
            raise DoorShut("door-shut", place=place, detail=detail) from None
    return Drained(tuple(outcomes))


class _Drain:
    """One drain of the mailbox."""

    def __init__(self, door: MailDoor, box: Mailbox, owner: str, as_of: datetime | None) -> None:
        self.door, self.box, self.owner, self.as_of = door, box, owner, as_of
        self.folders: Mapping[str, str] = door.texts.words["doors"]["folders"]

    def take_up(self, mail: Arrived) -> list[Outcome]:
        """One mail, from its arrival to its folder."""
        too_large = mail.size > LARGEST
        data = self.box.read(mail.uid, "HEADER" if too_large else "")
        if not data:
            return []  # another worker has put it away
        letter = read_letter(data)
        if letter.automatic or letter.sender in self.door.own or not ADDRESS.fullmatch(letter.sender):
            self.box.put(mail.uid, self.folders["ignored"])
            return [Outcome(DOOR, letter.subject, "ignored")]
        before = claim_mail(self.door.ledger, letter.key, self.owner)
        if before == THEIRS:
            return []
        if before is not None:  # answered; only the move was missing, or the server delivered it twice
            self.box.put(mail.uid, self.folders[before])
            return []
        try:
            answers = self._too_large(mail) if too_large else self._answers(letter, mail.received_at)
            kind = verdict(answers)
            answered = self._reply(letter, answers, kind)
        except Exception as error:  # one mail that cannot be taken now must not stop all the others
            release_mail(self.door.ledger, letter.key, self.owner)
            return [failed(DOOR, letter.subject, error)]
        settle_mail(self.door.ledger, letter.key, kind)
        self.box.put(mail.uid, self.folders[kind])
        done = [outcome(DOOR, a) for a in answers]
        return done if answered else [replace(o, problems=(*o.problems, "not-answered")) for o in done]

    def _too_large(self, mail: Arrived) -> list[Answer]:
        params = {"limit": LARGEST // MEGABYTE}
        return [_refusal("", Problem("mail-too-large", value=f"{mail.size / MEGABYTE:.0f}", params=params))]

    def _answers(self, letter: Letter, received_at: datetime) -> list[Answer]:
        if len(letter.files) > MOST:
            return [
                _refusal("", Problem("mail-too-many", value=str(len(letter.files)), params={"most": MOST}))
            ]
        forms, others, wrong = sorted_out(letter.files)
        if not forms:
            return [_without_form(letter, wrong)]
        together = others if len(forms) == 1 else ()
        returns = [Incoming(form.name, form, tuple(together)) for form in forms]
        answers = [self._take(given, letter, received_at) for given in returns]
        if others and not together:
            answers.append(_refusal("、".join(f.name for f in others), Problem("mail-several-forms")))
        return answers

    def _take(self, given: Incoming, letter: Letter, received_at: datetime) -> Answer:
        ledger = self.door.ledger
        may = from_contacts(ledger, letter.sender) if self.door.known_only else anybody
        at = received_at + ledger.offset  # a virtual ledger's clock is not the mail server's
        return take(ledger, given, door=DOOR, received_at=at, may=may, as_of=self.as_of)

    def _reply(self, letter: Letter, answers: list[Answer], kind: str) -> bool:
        """Whether the answer went out; one for an address that takes no mail is not tried for ever, since
        the return stands in the ledger. Raises DeliveryFailed for what may be mended on our side."""
        texts = self.door.texts
        subject = texts.say("doors.subject", verdict=kind, subject=letter.subject)
        plain = answer_text(answers, texts)
        html = texts.render("doors/answer.html", subject=subject, text=plain)
        headers = {"Auto-Submitted": "auto-replied"}
        if letter.message_id:
            headers["In-Reply-To"] = letter.message_id
            headers["References"] = f"{letter.references} {letter.message_id}".strip()
        parcel = Parcel(letter.key, EMAIL, letter.sender, subject, plain, html)
        try:
            self.door.post.reply(parcel, message_id(letter.key, kind), headers)
        except NoSuchAddress:
            return False
        return True


def sorted_out(files: Iterable[File]) -> tuple[list[File], list[File], tuple[Problem, ...]]:
    """The forms, by what they say of themselves; the other files; and why what looks like a form is none."""
    forms: list[File] = []
    others: list[File] = []
    wrong: tuple[Problem, ...] = ()
    for file in files:
        if not (file.name.lower().endswith((".xlsx", ".xls", ".et", ".json")) or is_document(file.data)):
            others.append(file)
            continue
        try:
            stated_identity(file.data, file.name)
            forms.append(file)
        except SubmissionInvalid as error:
            others.append(file)
            wrong += error.problems
    return forms, others, wrong


def from_contacts(ledger: Ledger, sender: str) -> Guard:
    """Lets a unit's returns in from the mailboxes it is reached by, or those of a unit that follows it."""

    def may(plan: Plan, to: Address) -> Problem | None:
        unit = plan.unit.get(to.unit)
        if unit is None:  # receiving lists the units there are, which is nothing for a stranger
            known = sender in mailboxes(ledger, plan.slug, plan.unit)
            return (
                None if known else Problem("sender-unknown", value=sender, params={"unit": plan.file.short})
            )
        names = [unit.id]
        while (unit := plan.unit[names[-1]]).successor and unit.successor not in names:
            names.append(unit.successor)
        if sender in mailboxes(ledger, plan.slug, names):
            return None
        return Problem("sender-unknown", value=sender, params={"unit": plan.unit[to.unit].name})

    return may


def mailboxes(ledger: Ledger, campaign: str, units: Iterable[str]) -> set[str]:
    """The mail addresses that units are reached by."""
    c, of = t.contact.c, t.contact_of.c
    named = [name + unit for unit in units for name in (UNIT, HEAD)]
    wanted = (
        select(c.address)
        .join(t.contact_of, of.contact == c.id)
        .where(of.campaign == campaign, of.recipient.in_(named), c.channel == EMAIL)
    )
    with ledger.read() as conn:
        return {address.lower() for address in conn.scalars(wanted)}


def _without_form(letter: Letter, wrong: tuple[Problem, ...]) -> Answer:
    problems = (Problem("mail-winmail"),) if letter.winmail else wrong
    return _refusal(letter.subject, *(problems or (Problem("mail-without-form"),)))


def _refusal(name: str, *problems: Problem) -> Answer:
    return Answer(name, error=BadInput("not-taken", problems))
