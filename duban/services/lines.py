"""One return in the words of a digest or a letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection

from duban import agenda, calendars
from duban.ledger.speaking import Decided
from duban.notices import About, Line
from duban.plan import Duty, Plan
from duban.plan.duties import Colour
from duban.services.colouring import Chain, chains_of, next_of
from duban.services.turning import Plans, Stands
from duban.standing import Standing


def lines_of(
    conn: Connection, kept: Sequence[Decided], plans: Plans, stands: Stands, now: datetime, *,
    proposed: bool = False,
) -> list[Line]:  # fmt: skip
    """A line for each message, with what is known of its colours where it has any; of what is only proposed,
    as if it had been approved now."""
    found = [_line(m, plans[m.campaign], stands[m.obligation], now) for m in kept]
    chains: dict[str, Chain] = {}
    for campaign, plan in plans.items():
        asked = {m.obligation for m in kept if m.campaign == campaign and _coloured(m, plan, stands)}
        chains |= chains_of(conn, plan, [stands[key] for key in sorted(asked)], now) if asked else {}
    if proposed:
        chains = {x.key: _approved(chains[x.key], x.kind, now) for x in found if x.key in chains}
    return [
        _with_colours(x, plans[x.campaign], stands[x.key], chains[x.key], now) if x.key in chains else x
        for x in found
    ]


def _approved(chain: Chain, kind: str, now: datetime) -> Chain:
    return replace(chain, said={**chain.said, cast("Colour", kind): now}, held=frozenset())


def _coloured(message: Decided, plan: Plan, stands: Stands) -> bool:
    if message.kind == "chase":  # many: not looked up where no colour can have been said
        return plan.duty[stands[message.obligation].owed.duty].escalation is not None
    return message.kind in ("blue", "orange", "red")


def _with_colours(line: Line, plan: Plan, stands: Standing, chain: Chain, now: datetime) -> Line:
    letter = next((c for c in ("red", "orange") if c in chain.said), "")
    return replace(line, letter=letter, until=_until(plan, stands, chain, now))


def _until(plan: Plan, stands: Standing, chain: Chain, now: datetime) -> datetime | None:
    """Until when it should be remedied: the working day before the next colour, as far as that is to come."""
    following = next_of(plan, stands, chain)
    if following is None:
        return None
    end = calendars.end_of(plan.days.on_or_before(following.at.date() - calendars.A_DAY), plan.zone)
    return end if end > now else None


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
        peer=unit.id in plan.peers,
    )


def _about(duty: Duty) -> About:
    if duty.quota:
        return "number"
    return "" if not duty.per else "task" if duty.per == "task" else "subject"


def _subjects(plan: Plan, duty: Duty, subject: str) -> tuple[tuple[str, str], ...]:
    return ((subject, plan.subject_name(duty, subject)),) if subject else ()
