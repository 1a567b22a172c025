"""One obligation on somebody's desk: how it stands, what was sent, and the form as far as it is filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from duban.ledger.queries import Scope
from duban.plan import Duty, Form, Plan, Unit
from duban.plan.duties import Attachment
from duban.portal import form_fields, paths
from duban.portal.asking import Ask
from duban.portal.form_fields import Typed
from duban.registers import Row
from duban.services.addresses import Address, check_owed, owed, resolved
from duban.services.carrying import carried_rows
from duban.services.drafting import SavedFile, SavedForm, saved_form
from duban.services.reading import Filed, Version, content_of, filed, filed_before, versions
from duban.services.receiving import wanted_files
from duban.services.requesting import Request, request_of
from duban.services.trail import Step, trail
from duban.services.watching import standings
from duban.standing import Standing


@dataclass(frozen=True)
class Desk:
    """What a page about one obligation shows."""

    to: Address
    here: Address
    """The same under the unit of the address: a successor reports for a closed unit."""
    plan: Plan
    stands: Standing | None
    """None for an event that nobody has reported yet."""
    limit: datetime | None
    versions: Sequence[Version]
    draft: SavedForm | None
    request: Request | None
    outcome: Step | None
    """The last answer to a request for more time."""
    carried: tuple[Row, ...]
    past: Mapping[str, str]
    """Last time's figures by indicator, as they are typed."""
    past_period: str
    typed: Typed
    """The draft, or what was sent last, or what is carried on."""
    kept: tuple[SavedFile, ...]
    """Files of the version before, offered again where there is no draft."""

    next_number: int = 0
    """Of a quota 每周二期: the next one that may be sent in this period; 0 for anything else."""

    @property
    def another(self) -> Address:
        """One more than a quota wants."""
        return replace(self.here, subject=str(self.next_number))

    @property
    def duty(self) -> Duty:
        """What is owed."""
        return self.plan.duty[self.to.duty]

    @property
    def unit(self) -> Unit:
        """Who owes it."""
        return self.plan.unit[self.to.unit]

    @property
    def form(self) -> Form | None:
        """The form, as this unit sees it."""
        return self.plan.form_for(self.to.duty, self.to.unit)

    @property
    def wanted(self) -> tuple[Attachment, ...]:
        """Kinds of files that may come with it."""
        return wanted_files(self.plan, self.to)

    @property
    def last(self) -> Version | None:
        """The last version."""
        return self.versions[0] if self.versions else None

    @property
    def is_frozen(self) -> bool:
        """Whether no more is taken: accepted, waived or given up."""
        s = self.stands
        return s is not None and (s.accepted is not None or s.came_in == "waived" or s.state == "closed")

    @property
    def is_met(self) -> bool:
        """Whether something counts."""
        return self.stands is not None and self.stands.met


def address_of(ask: Ask, campaign: str, unit: str, duty: str, period: str) -> Address:
    """What a page's path names."""
    return paths.address(campaign, unit, duty, period, ask.request.query_params.get("subject"))


def meant(ask: Ask, here: Address) -> Address:
    """The obligation that an address names today: of the unit itself, or of a closed one that it follows."""
    return resolved(ask.plan, here, ask.now().astimezone(ask.plan.zone).date())


def may_read(ask: Ask, form: Form | None, unit: str) -> bool:
    """Whether who asks may read what a unit says in a form: personal answers are for the unit itself and
    the coordinator."""
    return form is None or not form.is_personal or ask.may("unit.report", unit)


def desk(ask: Ask, here: Address) -> Desk:
    """Everything about one obligation. Raises BadInput where there is no such thing."""
    plan, to, now = ask.plan, meant(ask, here), ask.now()
    with ask.office.ledger.read() as conn:
        check_owed(conn, plan, to, now)
        found = standings(conn, plan, Scope(to.campaign, key=to.obligation), now)
        stands = found[0] if found else None
        sent, draft = versions(conn, plan, to, now), saved_form(conn, plan, to)
        carried = carried_rows(conn, plan, to, now)
        period, figures = _past(conn, plan, to, now)
        last = filed(conn, plan, to, sent[0].version) if sent else None
        return Desk(
            to=to, here=here, plan=plan, stands=stands, limit=_limit(plan, to, stands), versions=sent,
            draft=draft, request=request_of(conn, plan, to.obligation, now),
            outcome=_outcome(conn, plan, to, now), carried=carried, past=figures, past_period=period,
            typed=_typed(conn, plan, to, draft, last),
            kept=_kept(last) if draft is None else (), next_number=_next_number(conn, plan, to, now),
        )  # fmt: skip


def file_number(ask: Ask, d: Desk, number: int) -> bytes | None:
    """The content of one of the files of the version before."""
    if d.last is None:
        return None
    with ask.office.ledger.read() as conn:
        last = filed(conn, d.plan, d.to, d.last.version)
        found = next((a for a in last.attachments if a.n == number), None) if last else None
        return content_of(conn, found.digest) if found else None


def _next_number(conn: Connection, plan: Plan, to: Address, now: datetime) -> int:
    if plan.duty[to.duty].quota is None:
        return 0
    scope = Scope(to.campaign, duty=to.duty, unit=to.unit, period=to.period)
    numbers = [int(s.owed.subject) for s in standings(conn, plan, scope, now) if s.owed.subject.isdigit()]
    return max(numbers, default=0) + 1


def _outcome(conn: Connection, plan: Plan, to: Address, now: datetime) -> Step | None:
    steps = trail(conn, plan, to.obligation, now)
    return next((step for step in reversed(steps) if step.kind in ("extend", "refuse")), None)


def _limit(plan: Plan, to: Address, stands: Standing | None) -> datetime | None:
    if stands is not None:
        return stands.limit
    planned = owed(plan, to)
    return planned.due_at if planned else None


def _past(conn: Connection, plan: Plan, to: Address, now: datetime) -> tuple[str, dict[str, str]]:
    """The last counting return's period and figures."""
    form = plan.form_for(to.duty, to.unit)
    numbers = {i.code: i for i in form.indicators if i.is_number} if form else {}
    before = filed_before(conn, plan, to, now) if numbers else None
    if before is None:
        return "", {}
    return before.period, {c: form_fields.figure(v) for c, v in before.values.items() if c in numbers}


def _typed(
    conn: Connection, plan: Plan, to: Address, draft: SavedForm | None, last: Filed | None
) -> Typed:  # fmt: skip
    form = plan.form_for(to.duty, to.unit)
    if form is None:
        return Typed()
    if draft is not None and "document" in draft.document:
        return _room(form_fields.of_document(form, draft.document["document"]), draft)
    if last is None:
        return Typed()
    if last.version.valid:
        return form_fields.of_values(
            form, last.values, last.notes, last.signed, last.rows, zero=last.version.zero
        )
    return _as_sent(conn, form, last)


def _room(typed: Typed, draft: SavedForm) -> Typed:
    """With the blank rows that the page had."""
    room = draft.document.get("rows", 0)
    lacking = room - len(typed.rows) if isinstance(room, int) else 0
    return replace(typed, rows=(*typed.rows, *({} for _ in range(min(lacking, form_fields.MOST_ROWS)))))


def _as_sent(conn: Connection, form: Form, last: Filed) -> Typed:
    """A refused form of the portal as it was typed; of any other file nothing was read."""
    content = content_of(conn, last.version.file) or b""
    try:
        # figures as they were written: a float has not every digit
        found = content.lstrip().startswith(b"{")
        said = json.loads(content, parse_int=str, parse_float=str) if found else {}
    except (ValueError, RecursionError):
        return Typed()
    return form_fields.of_document(form, said)


def _kept(last: Filed | None) -> tuple[SavedFile, ...]:
    files = last.attachments if last else ()
    return tuple(SavedFile(f.n, f.id, f.name, f.size) for f in files)
