"""Sealing each recipient's digest of the day, then sending what is sealed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import bindparam

from duban import agenda, calendars, notices
from duban.ledger import Ledger, Writer, journal, queries, speaking
from duban.ledger import tables as t
from duban.ledger.queries import Scope
from duban.ledger.speaking import Decided
from duban.notices import About, Line
from duban.outbox import Transport, send_ready
from duban.plan import Duty, Plan
from duban.rendering import Renderer
from duban.services.campaigns import deployed_plan
from duban.services.watching import standings
from duban.standing import Standing


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one delivery run did."""

    sealed: int = 0
    withdrawn: int = 0
    """Messages that were no longer owed when their digest was sealed."""
    sent: int = 0
    failed: int = 0


def deliver(
    ledger: Ledger, transport: Transport, texts: Renderer, *, owner: str, as_of: datetime | None = None
) -> Delivered:
    """Seal and send. Anybody may run it at any time: a digest is sealed once a day per recipient, and
    sent by whoever claims it."""
    sealed, withdrawn = seal(ledger, texts, as_of=as_of)
    sent, failed = send_ready(ledger, transport, owner=owner, as_of=as_of)
    return Delivered(sealed, withdrawn, sent, failed)


CHUNK = 500
"""Obligations looked up by one statement."""
BATCH = 200
"""Recipients per sealing transaction: short enough that nobody waits long for the lock."""


def seal(ledger: Ledger, texts: Renderer, *, as_of: datetime | None = None) -> tuple[int, int]:
    """Make each waiting recipient's digest of the day, not before the morning. Returns how many were
    sealed, and how many messages were withdrawn because the unit has reported in between."""
    waiting = _waiting(ledger, as_of)
    contacts = list(dict.fromkeys(m.contact for m in waiting))
    sealed = withdrawn = 0
    for start in range(0, len(contacts), BATCH):
        batch = set(contacts[start : start + BATCH])
        campaigns = {m.campaign for m in waiting if m.contact in batch}
        with ledger.write(journal.INSTALLATION, *campaigns, as_of=as_of) as w:
            made, dropped = _seal_batch(w, texts, campaigns, batch)
        sealed, withdrawn = sealed + made, withdrawn + dropped
    return sealed, withdrawn


def _seal_batch(w: Writer, texts: Renderer, campaigns: set[str], batch: set[int]) -> tuple[int, int]:
    plans = {c: deployed_plan(w.conn, c) for c in campaigns}
    day = _day(w.at, plans.values())
    # Read again under the locks: another run may have sealed these in the meantime.
    waiting = speaking.unsealed_messages(w.conn, w.micros, day, batch)
    by_contact: dict[int, list[Decided]] = defaultdict(list)
    for message in waiting:
        if message.campaign in campaigns:
            by_contact[message.contact].append(message)
    stands = _standings(w, plans, waiting)
    sealed = withdrawn = 0
    for contact, mine in by_contact.items():
        kept = [m for m in mine if _still_owed(m, stands, w.at)]
        withdrawn += len(mine) - len(kept)
        digest = _seal_one(w, texts, plans, stands, contact, day, kept) if kept else None
        sealed += digest is not None
        _fates(w, mine, {m.id for m in kept}, digest)
    return sealed, withdrawn


def _waiting(ledger: Ledger, as_of: datetime | None) -> list[Decided]:
    now = ledger.now(as_of)
    with ledger.read() as conn:
        plans = [deployed_plan(conn, c) for c in queries.campaigns(conn)]
        if not plans:
            return []
        waiting = speaking.unsealed_messages(conn, calendars.to_micros(now), _day(now, plans))
        mine = [p for p in plans if p.slug in {m.campaign for m in waiting}]
    # What could not go with yesterday's digest waits for the morning, not for midnight.
    early = any(
        now < calendars.at_local(now.astimezone(p.zone).date(), p.file.office.morning, p.zone) for p in mine
    )
    return [] if early else waiting


def _day(now: datetime, plans: Iterable[Plan]) -> str:
    """The local day of the installation. Campaigns of one installation share a zone in practice; where
    they do not, the first one's day counts."""
    return now.astimezone(next(iter(plans)).zone).date().isoformat()


def _standings(w: Writer, plans: dict[str, Plan], waiting: Sequence[Decided]) -> dict[str, Standing]:
    """How what these messages are about stands now."""
    found: dict[str, Standing] = {}
    for campaign, plan in plans.items():
        keys = sorted({m.obligation for m in waiting if m.campaign == campaign})
        for start in range(0, len(keys), CHUNK):
            scope = Scope(campaign, keys=tuple(keys[start : start + CHUNK]))
            found |= {s.owed.key: s for s in standings(w.conn, plan, scope, w.at)}
    return found


def _still_owed(message: Decided, stands: dict[str, Standing], now: datetime) -> bool:
    if message.obligation not in stands:  # an amendment dropped it
        return False
    due_at = calendars.from_micros(message.due_at, UTC)
    stale = message.kind == "remind" and now >= due_at
    return notices.still_owed(stands[message.obligation], due_at) and not stale


def _seal_one(
    w: Writer, texts: Renderer, plans: dict[str, Plan], stands: dict[str, Standing], contact: int, day: str,
    kept: list[Decided],
) -> str:  # fmt: skip
    lines = [_line(m, plans[m.campaign], stands[m.obligation], w.at) for m in kept]
    owed = _told(x for x in lines if x.kind != "escalate")
    escalated = _told(x for x in lines if x.kind == "escalate")
    for_others = any(
        m.recipient not in (notices.COORDINATOR, f"unit:{stands[m.obligation].owed.unit}") for m in kept
    )
    values = {
        "owed": owed, "escalated": escalated, "day": date.fromisoformat(day),
        "issuer": plans[kept[0].campaign].file.issuer,
        "recipient": "、".join(dict.fromkeys(_name(m, plans[m.campaign]) for m in kept)),
        "several": len({m.recipient for m in kept}) > 1 or len({m.campaign for m in kept}) > 1 or for_others,
    }  # fmt: skip
    row = {
        "id": f"{contact}/{day}", "contact": contact, "channel": kept[0].channel, "day": day, "occasion": "",
        "sealed_at": w.micros,
        "subject": texts.render("messages/digest-subject.txt", **values),
        "plain": texts.render("messages/digest-body.txt", **values),
        "html": texts.render("messages/digest-body.html", **values),
    }  # fmt: skip
    w.record("digest", journal.INSTALLATION, [row])
    ready = {"digest": row["id"], "state": "ready", "owner": "", "until": 0, "tries": 0, "next_at": w.micros}
    w.conn.execute(t.delivery.insert(), ready)
    return str(row["id"])


def _told(lines: Iterable[Line]) -> list[Line]:
    return notices.together(notices.latest_per_obligation(lines))


def _name(message: Decided, plan: Plan) -> str:
    """Who is spoken to: the coordinator's unit, or the unit itself."""
    unit = message.recipient.removeprefix("unit:")
    return (plan.coordinator if unit == notices.COORDINATOR else plan.unit[unit]).name


def _line(message: Decided, plan: Plan, stands: Standing, now: datetime) -> Line:
    unit = plan.unit[stands.owed.unit]
    due_at = stands.limit or now
    late = max(timedelta(), now.astimezone(plan.zone).date() - agenda.day_before(due_at)).days
    duty = plan.duty[stands.owed.duty]
    recipient = plan.recipient(duty, unit)
    return Line(
        campaign=message.campaign,
        title=plan.file.title,
        short=plan.file.short,
        kind=message.kind,
        unit=unit.name,
        duty=duty.name,
        to=recipient.name if recipient else "",
        period=stands.owed.period,
        due_at=due_at,
        days_late=late,
        refused=stands.came_in in ("refused", "returned"),
        key=message.obligation,
        grace=stands.state == "late",
        about=_about(duty),
        subjects=_subjects(plan, duty, stands.owed.subject),
        measure=duty.quota.unit_of_measure if duty.quota else "",
        zero_report=duty.zero_report,
    )


def _about(duty: Duty) -> About:
    if duty.quota:
        return "number"
    return "" if not duty.per else "task" if duty.per == "task" else "subject"


def _subjects(plan: Plan, duty: Duty, subject: str) -> tuple[tuple[str, str], ...]:
    return ((subject, plan.subject_name(duty, subject)),) if subject else ()


def _fates(w: Writer, mine: list[Decided], kept: set[str], digest: str | None) -> None:
    by_campaign: dict[str, list[dict[str, object]]] = defaultdict(list)
    for message in mine:
        sealed = message.id in kept
        by_campaign[message.campaign].append(
            {
                "message": message.id, "digest": digest if sealed else None,
                "reason": "sealed" if sealed else "no-longer-owed", "at": w.micros,
            }
        )  # fmt: skip
    for campaign, rows in by_campaign.items():
        w.record("fate", campaign, rows)
    done = t.unsealed.delete().where(t.unsealed.c.message == bindparam("id"))
    w.conn.execute(done, [{"id": m.id} for m in mine])  # one by one: no statement takes 40,000 names
