"""Deciding what to say: each moment that has come becomes a message, or is noted as superseded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam

from duban import calendars, notices
from duban.ledger import Ledger, Writer, speaking
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.ledger.speaking import UnsettledMoment
from duban.plan import Plan
from duban.plan.duties import COLOURS
from duban.services.campaigns import deployed_plan
from duban.services.colouring import Coloured, decide_colours
from duban.services.contacts import renew_when_due
from duban.services.watching import scope_of_phase, standings
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class Said:
    """What one run decided to say, by kind; superseded ones are on record, moot ones are not."""

    remind: int = 0
    chase: int = 0
    escalate: int = 0
    superseded: int = 0
    blue: int = 0
    """Obligations of which the first colour was said."""
    proposed: int = 0
    """Further colours that wait for a person because of this run."""
    announced: int = 0
    """Messages to all whom something concerns, and drafts of such."""

    @property
    def sent(self) -> int:
        """How many messages wait for their recipients' digests because of this run."""
        return self.remind + self.chase + self.escalate + self.blue


def decide_messages(
    ledger: Ledger, campaign: str, *, phase: str | None = None, as_of: datetime | None = None
) -> Said:
    """Decide about every moment that has come, in one transaction under the campaign's lock: whoever
    runs twice, or at the same time, finds nothing left to decide."""
    renew_when_due(ledger, campaign, as_of=as_of)
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plan = deployed_plan(conn, campaign)
        scope = scope_of_phase(plan, plan.stage[phase]) if phase else Scope(campaign)
        if not speaking.unsettled_moments(conn, scope, calendars.to_micros(now), plan.zone):
            return Said()
    with ledger.write(campaign, as_of=as_of) as w:
        return _decide(w, deployed_plan(w.conn, campaign), scope)


def _decide(w: Writer, plan: Plan, scope: Scope) -> Said:
    moments = speaking.unsettled_moments(w.conn, scope, w.micros, plan.zone)
    by_obligation: dict[str, list[UnsettledMoment]] = defaultdict(list)
    for moment in moments:
        by_obligation[moment.obligation].append(moment)
    found = standings(w.conn, plan, replace(scope, unsettled_until=w.micros), w.at)
    contacts = speaking.first_contacts(w.conn, plan.slug)
    _settle(w, moments)
    coloured = {m.obligation for m in moments if m.kind in COLOURS}
    colours = decide_colours(w, plan, [s for s in found if s.owed.key in coloured], contacts)
    counts: dict[str, int] = defaultdict(int, {"proposed": colours.proposed})
    messages, waiting = [], []
    for stands in found:
        for moment, verdict in _verdicts(by_obligation[stands.owed.key], stands, colours, w):
            counts[moment.kind if verdict == "send" else "superseded"] += 1
            unit = notices.speaker(plan, stands.owed.unit, w.at.astimezone(plan.zone).date())
            for hearer in speaking.hearers(contacts, notices.recipient_of(moment.kind, unit)):
                row = message_row(plan.slug, moment, hearer.recipient, hearer.channel) | {
                    "verdict": verdict, "decided_at": w.micros,
                }  # fmt: skip
                messages.append(row)
                if verdict == "send" and hearer.contact is not None:
                    waiting.append({"message": row["id"], "contact": hearer.contact})
    w.record("message", plan.slug, messages)
    if waiting:
        w.conn.execute(t.unsealed.insert(), waiting)
    return Said(**counts)


def _verdicts(
    mine: list[UnsettledMoment], stands: Standing, colours: Coloured, w: Writer
) -> Iterator[tuple[UnsettledMoment, str]]:
    """What is said about one obligation and what is put aside; of a chase and blue on one morning, blue is
    said."""
    plain, blue = [m for m in mine if m.kind not in COLOURS], colours.blue.get(stands.owed.key)
    for moment, verdict in zip(plain, notices.choose(plain, stands, w.at), strict=True):
        if verdict != "moot":
            yield moment, "superseded" if blue and moment.kind == "chase" else verdict
    if blue is not None:
        yield blue, "send"


def message_row(campaign: str, moment: UnsettledMoment, recipient: str, channel: str) -> dict[str, object]:
    """A message under its natural key (rule 6); a decision by hand brings its own occasion."""
    due, at = calendars.to_micros(moment.due_at), calendars.to_micros(moment.at)
    key = f"{moment.obligation}~{moment.kind}{moment.days}~{due}~{recipient}~{channel}~0"
    return {
        "id": key, "campaign": campaign, "obligation": moment.obligation, "kind": moment.kind,
        "days": moment.days, "moment_at": at, "due_at": due, "recipient": recipient, "channel": channel,
        "occasion": "0",
    }  # fmt: skip


def _settle(w: Writer, moments: list[UnsettledMoment]) -> None:
    m = t.moment.c
    key = (m.obligation == bindparam("o")) & (m.kind == bindparam("k")) & (m.days == bindparam("n"))
    rows = [
        {"o": x.obligation, "k": x.kind, "n": x.days, "d": calendars.to_micros(x.due_at)} for x in moments
    ]
    if rows:
        w.conn.execute(t.moment.update().where(key, m.due_at == bindparam("d")).values(settled=True), rows)
