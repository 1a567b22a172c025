"""What came in, read and checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from duban.debtors import attachments_of
from duban.errors import BadInput, Problem, SubmissionInvalid
from duban.intake import reader
from duban.intake.attachments import (
    SEALED_PAGE,
    Attached,
    attachment_problems,
    names,
    sound,
    tally_problems,
)
from duban.intake.file_kinds import plain_name
from duban.intake.stated import is_document
from duban.intake.submission import Parsed, read_submission
from duban.ledger import journal
from duban.plan import Plan
from duban.plan.duties import Attachment
from duban.registers import Row
from duban.services import storing
from duban.services.addresses import Address, check_known, copied, known_keys, resolved
from duban.services.carrying import carried_rows
from duban.services.history import Past, pasts, series

LIST = "attachments.json"
"""What the file is called that stands for a return of attachments alone: the list of them."""
MOST = 100
"""Returns read and stored together; so long waits whoever else writes to their campaign."""
ROOM = 32 * 2**20
"""Bytes that they may have together, when they are more than one."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An officer's word for a return on paper or by telephone, which they put in for its unit."""

    by: str
    how: str
    """How it had come, in their words."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came in through a door: a form, or nothing where a duty has none, and the files that belong to
    it. Without `received_at` it came in now."""

    to: Address
    data: bytes | None
    file_name: str = ""
    door: str = field(kw_only=True)
    attachments: Sequence[Attached] = ()
    received_at: datetime | None = None
    stated: Stated | None = None

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return len(self.data or b"") + sum(len(f.data) for f in self.attachments)


@dataclass(frozen=True, slots=True)
class Expected:
    """An arrival at its obligation, with what went before."""

    arrival: Arrival
    to: Address
    carried: tuple[Row, ...]
    past: tuple[Past, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """What came in for an obligation, read and checked."""

    arrival: Arrival
    to: Address
    data: bytes
    file_name: str
    parsed: Parsed
    problems: tuple[Problem, ...]
    attached: tuple[Attached, ...]

    @property
    def valid(self) -> bool:
        """Whether it counts."""
        return not any(p.refuses for p in self.problems)


def expect(
    conn: Connection, plan: Plan, arrivals: Sequence[Arrival], now: datetime
) -> list[Expected | BadInput]:
    """The first of these arrivals, each with its obligation: as many as can be read before one of them is
    stored. BadInput stands for one that answers nothing owed."""
    day = now.astimezone(plan.zone).date()
    named = _apart(plan, [resolved(plan, a.to, day) for a in fitting(arrivals)])
    known, history = known_keys(conn, [to.obligation for to in named]), pasts(conn, plan, named, now)
    found: list[Expected | BadInput] = []
    for arrival, to, past in zip(arrivals, named, history, strict=False):
        try:
            check_known(plan, to, known, now)
            found.append(Expected(arrival, to, carried_rows(conn, plan, to, now), past))
        except BadInput as error:
            found.append(error)
    return found


def _apart(plan: Plan, named: Sequence[Address]) -> list[Address]:
    """The first addresses, up to one whose return cannot be read before those ahead of it are stored."""
    before = _Before()
    for n, to in enumerate(named):
        if to.duty in plan.duty and to.unit in plan.unit:
            if before.matters(plan, to):
                return list(named[:n])
            before.note(plan, to)
    return list(named)


def fitting(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The first of them, bounded in number and size; one at least."""
    found: list[Arrival] = []
    size = 0
    for arrival in arrivals[:MOST]:
        size += arrival.size
        if found and size > ROOM:
            break
        found.append(arrival)
    return found


class _Before:
    """What the arrivals that are read together will have changed, once they are stored."""

    def __init__(self) -> None:
        self.answered: set[tuple[str, str]] = set()
        """Units with their duties."""

    def note(self, plan: Plan, to: Address) -> None:
        """A return comes in for this address."""
        self.answered |= {(a.unit, a.duty) for a in (to, *copied(plan, to))}

    def matters(self, plan: Plan, to: Address) -> bool:
        """Whether a return for this address cannot be read before them: it carries on what they say, or is
        measured by it."""
        form = plan.form_for(to.duty, to.unit)
        register = form.register_ if form else None
        carries = register is not None and register.closed is not None
        if form is None or not (carries or form.looks_back):
            return False
        units, duties = series(plan, to)
        return not self.answered.isdisjoint((unit, duty) for unit in units for duty in duties)


def read_all(plan: Plan, expected: Sequence[Expected | BadInput]) -> list[Sent | BadInput]:
    """Each of them read. Workbooks are read by several threads: while one waits for the process that
    opens its workbook, another one works."""
    books = sum(isinstance(x, Expected) and not is_document(x.arrival.data or b"{") for x in expected)
    if books < 2:
        return [_read(plan, x) for x in expected]
    with ThreadPoolExecutor(min(books, reader.WORKERS)) as pool:
        return list(pool.map(lambda x: _read(plan, x), expected))


def _read(plan: Plan, expected: Expected | BadInput) -> Sent | BadInput:
    if isinstance(expected, BadInput):
        return expected
    arrival, to = expected.arrival, expected.to
    try:
        content, name, files = _alone(plan, to, arrival)
    except BadInput as error:
        return error
    parsed, problems = _checked(plan, expected, content, name, files)
    kept = sound(wanted_files(plan, to), files)
    return _discreet(plan, Sent(arrival, to, content, name, parsed, problems, kept))


def _discreet(plan: Plan, sent: Sent) -> Sent:
    """Files with personal answers are not put on record by names that may tell whose they are."""
    form = plan.form_for(sent.to.duty, sent.to.unit)
    if form is None or not form.is_personal:
        return sent
    files = (replace(f, file_name=storing.neutral_name(f.id, f.file_name)) for f in sent.attached)
    name = storing.neutral_name(sent.to.duty, sent.file_name)
    return replace(sent, file_name=name, attached=tuple(files))


def wanted_files(plan: Plan, to: Address) -> tuple[Attachment, ...]:
    """The kinds of files that may come with a return: those its duty names, and a form's sealed page."""
    duty = plan.duty[to.duty]
    wanted = attachments_of(plan, duty, plan.unit[to.unit])
    welcome = duty.form is not None and SEALED_PAGE.id not in {a.id for a in wanted}
    return (*wanted, SEALED_PAGE) if welcome else wanted


def _alone(plan: Plan, to: Address, arrival: Arrival) -> tuple[bytes, str, Sequence[Attached]]:
    """A duty without a form is answered by files alone; a single kind of file needs not be named."""
    data, file_name, attachments = arrival.data, plain_name(arrival.file_name), arrival.attachments
    if plan.duty[to.duty].form is not None:
        return data or b"", file_name, attachments
    if data:
        wanted = wanted_files(plan, to)
        if len(wanted) != 1:
            problem = Problem("attachments-only", file_name, params={"known": names(wanted)})
            raise BadInput("bad-address", (problem,), count=1)
        attachments = [Attached(wanted[0].id, file_name, data), *attachments]
    listed = [[f.id, f.name, storing.digest_of(f.data)] for f in attachments]
    return journal.canonical(listed).encode(), LIST, attachments


def _checked(
    plan: Plan, expected: Expected, data: bytes, file_name: str, attachments: Sequence[Attached]
) -> tuple[Parsed, tuple[Problem, ...]]:
    """What a return says, and everything that is wrong with its form and files or wants an explanation."""
    parsed = Parsed(zero=False, cells={}, texts={}, signed={}, form_version=0)
    to, wanted = expected.to, wanted_files(plan, expected.to)
    problems = attachment_problems(wanted, attachments)
    form = plan.form_for(to.duty, to.unit)
    if form is None:
        return parsed, tuple(problems if attachments or problems else [Problem("file-empty")])
    try:
        found = read_submission(
            data, file_name, plan=plan, duty=to.duty, unit=to.unit, period=to.period, subject=to.subject,
            carried=expected.carried, past=expected.past,
        )  # fmt: skip
    except SubmissionInvalid as error:
        return parsed, (*error.problems, *problems)
    problems += tally_problems(wanted, attachments, form, found.cells, found.notes)
    refused = any(p.refuses for p in problems)
    return (parsed if refused else found), (*found.problems, *problems)
