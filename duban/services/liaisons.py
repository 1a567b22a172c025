"""Liaisons 联络员: a return of who speaks for a unit says whom messages go to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from duban.intake.submission import Parsed
from duban.ledger import Writer
from duban.ledger import tables as t
from duban.plan import Plan
from duban.plan.forms import Form
from duban.plan.identity import LIAISON_EMAIL
from duban.services.contacts import renew_contacts

EMAIL = "email"
"""The channel a mailbox is reached by."""


def name_liaisons(
    w: Writer, plan: Plan, unit: str, submission: str, people: Sequence[Mapping[str, str]]
) -> None:
    """Let a unit's messages go to the liaisons it has just named, the first before the others, as far as
    they have a mailbox."""
    x = t.liaison.c
    rows = [
        {part: said.get(f"liaison_{part}", "") for part in ("name", "position", "phone")}
        | {"campaign": plan.slug, "unit": unit, "rank": rank, "submission": submission}
        | {"channel": EMAIL if said.get(LIAISON_EMAIL) else None, "address": said.get(LIAISON_EMAIL)}
        for rank, said in enumerate(people)
    ]
    w.conn.execute(t.liaison.delete().where(x.campaign == plan.slug, x.unit == unit))
    if rows:
        w.conn.execute(t.liaison.insert(), rows)
    renew_contacts(w, plan, unit)


def people(form: Form, parsed: Parsed) -> list[Mapping[str, str]]:
    """Whom a return names: the one its form asks for, or those in its register."""
    if any(code.startswith("liaison_") for code in form.by_code):
        return [parsed.texts]
    return [row.texts for row in parsed.rows if not row.closed]
