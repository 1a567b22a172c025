"""Blank forms that come with mails asking for them: said when a mail is sealed, made as it leaves, and on no
record."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from sqlalchemy import Connection, select

from duban.ledger import Ledger, carried, entering
from duban.ledger import tables as t
from duban.ledger.parcels import File
from duban.ledger.queries import Scope
from duban.ledger.speaking import Decided
from duban.notices import UNIT, unit_of
from duban.outbox.inviting import MAIL
from duban.outbox.lanes import Enclosing
from duban.plan import Plan
from duban.rendering import Renderer
from duban.services.addresses import Address
from duban.services.campaigns import deployed_plan
from duban.services.issuing import form_name, issue_form
from duban.services.watching import standings
from duban.standing import Owed, Standing

ASKING = frozenset({"remind", "chase", "blue", "return"})
"""Kinds of messages that ask a unit for a return."""
MOST = 5
"""So many forms come with a mail, those that are due first."""
LOOKED_AT = 200
"""So many of a mail's returns are looked at for them."""
MOST_KEPT = 256
"""So many forms are kept during a delivery."""
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
LATEST = datetime.max.replace(tzinfo=UTC)

log = logging.getLogger(__name__)

Enclosure = Literal["", "all", "some"]
"""Which of the forms that a mail asks for come with it."""


def enclosed(plans: Mapping[str, Plan], stands: Mapping[str, Standing], kept: Sequence[Decided]) -> Enclosure:
    """What a mail that carries these messages is to say about forms."""
    found = _wanted(plans, stands, kept) if kept[0].channel == MAIL else []
    return "" if not found else "some" if len(found) > MOST else "all"


def enclosing(ledger: Ledger, texts: Renderer, as_of: datetime | None = None) -> Enclosing:
    """How the mail of a digest gets its forms."""

    @lru_cache(maxsize=MOST_KEPT)
    def form(to: Address, head: int) -> bytes:
        """Further liaisons of a unit get the same one; nothing of its campaign was recorded in between."""
        return issue_form(ledger, to, words=texts.words["blank"], as_of=as_of)

    def make(digest: str) -> Sequence[File]:
        try:
            return list(_files(ledger, form, digest, as_of))
        except Exception as error:  # a mail without its forms is better than none
            log.error("no forms for digest %s: %s", digest, type(error).__name__)  # its words may quote them
            return []

    return make


def _files(
    ledger: Ledger, form: Callable[[Address, int], bytes], digest: str, as_of: datetime | None
) -> Iterator[File]:
    now = ledger.now(as_of)
    with ledger.read() as conn:
        asking = sorted(_asking(conn, digest), key=lambda m: m.due_at)[:LOOKED_AT]
        plans = {c: deployed_plan(conn, c) for c in dict.fromkeys(m.campaign for m in asking)}
        stands = {
            s.owed.key: s
            for c, plan in plans.items()
            for s in standings(conn, plan, Scope(c, keys=_keys(asking, c)), now)
        }
        heads = {c: conn.scalar(select(t.head.c.seq).where(t.head.c.campaign == c)) or 0 for c in plans}
    taken: set[str] = set()
    for campaign, owed in _wanted(plans, stands, asking)[:MOST]:
        to = Address.of(campaign, owed)
        try:
            data = form(to, heads[campaign])
        except Exception as error:  # one that cannot be made must not keep back the others
            log.error("no form for %s: %s", owed.key, type(error).__name__)
            continue
        yield File(_name(plans[campaign], to, taken), data, WORKBOOK)


def _asking(conn: Connection, digest: str) -> list[Decided]:
    """What a mail asks for. Who does not speak for a unit any more gets none of its forms: what the unit has
    stated stands in them."""
    contact, _ = entering.sealed_for(conn, digest)
    asking = [m for m in carried.messages_in(conn, digest) if m.kind in ASKING]
    spoken = {
        (c, u)
        for c, u in {(m.campaign, unit_of(m.recipient)) for m in asking}
        if entering.speaks_for(conn, contact, c, u)
    }
    return [m for m in asking if (m.campaign, unit_of(m.recipient)) in spoken]


def _keys(messages: Iterable[Decided], campaign: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(m.obligation for m in messages if m.campaign == campaign))


def _wanted(
    plans: Mapping[str, Plan], stands: Mapping[str, Standing], messages: Iterable[Decided]
) -> list[tuple[str, Owed]]:
    """The returns that messages ask for and that have a form, those due first at the head. Rows about persons
    that a register carries on are for whoever signs in."""
    found: dict[str, tuple[str, Standing]] = {}
    for m in messages:
        plan, about = plans[m.campaign], stands.get(m.obligation)
        if m.kind not in ASKING or not m.recipient.startswith(UNIT) or about is None:
            continue
        form = plan.form_for(about.owed.duty, about.owed.unit) if plan.file.messages.forms else None
        if form is not None and not (form.register_ and any(c.personal for c in form.register_.columns)):
            found[m.obligation] = (m.campaign, about)
    by_time = sorted(found.values(), key=lambda x: (x[1].limit or LATEST, x[1].owed.key))
    return [(campaign, about.owed) for campaign, about in by_time]


def _name(plan: Plan, to: Address, taken: set[str]) -> str:
    """As `duban form` calls it, and different from the others of the mail."""
    name = NOT_IN_NAMES.sub("-", form_name(plan, to))
    if name in taken:
        name = NOT_IN_NAMES.sub("-", f"{plan.duty[to.duty].name}-{name}")
    stem, n = name.removesuffix(".xlsx"), 1
    while name in taken:
        n += 1
        name = f"{stem}({n}).xlsx"
    taken.add(name)
    return name
