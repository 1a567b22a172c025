"""Files that came in together → one return: whose it is, which file is what, and the answer to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from duban.debtors import attachments_of
from duban.errors import BadInput, DubanError, Problem
from duban.intake.attachments import Attached
from duban.intake.file_kinds import plain_name
from duban.intake.refusal import shown
from duban.intake.stated import is_document, stated_identity
from duban.ledger import Ledger, queries
from duban.plan import Plan
from duban.plan.duties import Attachment
from duban.services.addresses import Address, resolved
from duban.services.campaigns import deployed_plan
from duban.services.receiving import Receipt, receive


@dataclass(frozen=True, slots=True)
class File:
    """A file that came in."""

    name: str
    data: bytes
    group: str = ""
    """The sub-folder it lay in."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What makes one return: the file that says whose it is, or the address known otherwise, and the rest."""

    name: str
    main: File | None
    others: tuple[File, ...] = ()
    to: Address | None = None
    campaign: str = ""
    """The campaign where the file names none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of it: a receipt, or why it could not be taken."""

    name: str
    plan: Plan | None = None
    receipt: Receipt | None = None
    error: DubanError | None = None

    @property
    def accepted(self) -> bool:
        """Whether the return is in and valid."""
        return self.receipt is not None and self.receipt.valid


Guard = Callable[[Plan, Address], Problem | None]
"""Says why whoever sent it may not report for that unit."""


def anybody(plan: Plan, to: Address) -> Problem | None:
    """Who may write into the folder may report."""
    return None


def take(
    ledger: Ledger, given: Incoming, *, door: str, received_at: datetime, may: Guard = anybody,
    as_of: datetime | None = None,
) -> Answer:  # fmt: skip
    """Receive one return. What is wrong with it becomes the answer; what is wrong with us is raised."""
    plan = None
    try:
        to, plan = _addressed(ledger, given, as_of)
        if problem := may(plan, to):
            return Answer(given.name, plan, error=BadInput("not-taken", (problem,)))
        data, attached = _parts(plan, to, given)
        receipt = receive(
            ledger, to, data, given.main.name if given.main else given.name, door=door,
            attachments=attached, received_at=min(received_at, ledger.now(as_of)), as_of=as_of,
        )  # fmt: skip
    except BadInput as error:
        return Answer(given.name, plan, error=error)
    return Answer(given.name, plan, receipt)


def campaigns(conn: Connection) -> dict[str, str]:
    """Slugs of the deployed campaigns by every name a folder may carry: slug, and short name and title where
    no other campaign has the same."""
    slugs = queries.campaigns(conn)
    files = {slug: deployed_plan(conn, slug).file for slug in slugs}
    said = [(name, slug) for slug, file in files.items() for name in {file.title, file.short}]
    counts = Counter(name for name, _ in said)
    return {name: slug for name, slug in said if counts[name] == 1} | {slug: slug for slug in slugs}


def _addressed(ledger: Ledger, given: Incoming, as_of: datetime | None) -> tuple[Address, Plan]:
    """The address a return bears, its unit by id. Raises BadInput."""
    to = given.to
    if to is None:
        main = given.main or File(given.name, b"")
        said = stated_identity(main.data, plain_name(main.name))
        campaign = said["campaign"] or given.campaign
        to = Address(campaign, said["unit"], said["duty"], said["period"], said["subject"] or None)
    with ledger.read() as conn:
        known = campaigns(conn)
        if to.campaign not in known:
            running = "、".join(dict.fromkeys(known.values()))
            problem = Problem(
                "campaign-not-known", given.name, value=shown(to.campaign), params={"known": running}
            )
            raise BadInput("not-taken", (problem,))
        to = replace(to, campaign=known[to.campaign])
        plan = deployed_plan(conn, to.campaign)
    return resolved(plan, to, ledger.now(as_of).astimezone(plan.zone).date()), plan


def _parts(plan: Plan, to: Address, given: Incoming) -> tuple[bytes | None, list[Attached]]:
    """The form and the attachments; a document that only names a duty without form is neither."""
    duty, unit = plan.duty.get(to.duty), plan.unit.get(to.unit)
    if duty is None or unit is None:
        return None, []  # receiving says what is wrong with the address
    wanted = attachments_of(plan, duty, unit)
    attached = [Attached(kind_of(wanted, file), file.name, file.data) for file in given.others]
    if given.main is None or (duty.form is None and is_document(given.main.data)):
        return None, attached
    return given.main.data, attached


def kind_of(wanted: Sequence[Attachment], file: File) -> str:
    """The plan's name for a file: by its sub-folder, else by how its own name begins, else the only kind
    there is. A file that fits nothing keeps its own name, which receiving refuses, naming those there are."""
    names = {name: a.id for a in wanted for name in (a.name, a.id)}
    if file.group:
        return names.get(file.group, file.group)
    begins = [name for name in names if file.name.startswith(name)]
    if begins:
        return names[max(begins, key=len)]
    return wanted[0].id if len(wanted) == 1 else plain_name(file.name)
